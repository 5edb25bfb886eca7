"""A server with structures of its own: nested, optional, unions, enumerations, arrays of them.

    python structures_server.py --port 4842 --truth FILE [--shifted yes]

Prints READY <url>. On standard input: `set` gives every variable its next value and answers SET <generation>; `tell`
writes what every variable holds now, writes of clients included, and answers TOLD. With --shifted another namespace
comes before that of the types. The method Shift of the Server object moves a Point.

What the stack (asyncua 2.1) lacks is left out: option sets as fields, arrays in unions, fields with subtypes.
"""

import asyncio
import json
import pathlib

from asyncua import ua, uamethod

import holding
from server import flags, run, startable

NAMESPACE = "urn:iiot:peer:structures"
HERE = pathlib.Path(__file__).parent.parent
CATALOGUE = [
    entry for entry in json.loads((HERE / "structures.json").read_text(encoding="utf-8")) if "needs" not in entry
]


async def main():
    options = flags(truth=None, shifted="")
    server = await startable(options, NAMESPACE + ":server")
    if options.shifted:
        await server.register_namespace("urn:iiot:peer:other")
    await server.import_xml(xmlstring=nodeset())
    await server.load_data_type_definitions()
    entries = {entry["name"]: (entry["type"], entry["values"]) for entry in CATALOGUE}
    variables = Structures(server, NAMESPACE, await server.get_namespace_index(NAMESPACE), entries, options.truth)
    await variables.learn()
    await variables.create()
    await add_method(server, variables.index)
    await variables.tell()
    asyncio.create_task(holding.commands(variables))
    await run(server, options)


async def add_method(server, index):
    point, double = ua.Point.data_type, ua.NodeId(ua.ObjectIds.Double)
    inputs = [ua.Argument("point", point, -1), ua.Argument("by", double, -1)]
    name = ua.NodeId("Shift", index), ua.QualifiedName("Shift", index)
    await server.nodes.server.add_method(*name, shift, inputs, [ua.Argument("shifted", point, -1)])


@uamethod
def shift(_parent, point, by):
    return ua.Point(X=point.X + by, Y=point.Y + by, Label=point.Label)


def nodeset():
    """The types as this stack can read them; it also wants inherited fields repeated."""
    text = (HERE / "structures.xml").read_text(encoding="utf-8")
    text = text.replace('DataType="ns=1;i=2"', 'DataType="i=5"')
    text = text.replace('      <Field Name="Points" DataType="ns=1;i=10" ValueRank="1"/>\n', "")
    inherited = text.split('<Definition Name="1:Point">\n')[1].split("    </Definition>")[0]
    return text.replace('<Definition Name="1:Point3">\n', f'<Definition Name="1:Point3">\n{inherited}')


class Structures(holding.Variables):
    async def learn(self):
        """The types of the namespace as the stack made them."""
        self.types = {}
        for kind in list(ua.extension_objects_by_datatype.values()):
            if kind.data_type.NamespaceIndex == self.index:
                definition = await self.server.get_node(kind.data_type).read_data_type_definition()
                self.types[kind.data_type] = (kind, definition)

    def data_type(self, kind):
        return getattr(ua, kind).data_type

    def native(self, kind, value):
        return self.made(self.data_type(kind), value)

    def made(self, data_type, plain):
        """The stack's value of a plain one."""
        if plain is None:
            return None
        if isinstance(plain, list):
            return [self.made(data_type, one) for one in plain]
        if data_type in self.types:
            kind, definition = self.types[data_type]
            made = kind()
            for field in definition.Fields:
                if field.Name in plain:
                    setattr(made, field.Name, self.made(field.DataType, plain[field.Name]))
            return made
        if data_type in ua.enums_by_datatype:
            return ua.enums_by_datatype[data_type](plain)
        if data_type == ua.NodeId(ua.ObjectIds.ByteString):
            return bytes.fromhex(plain)
        wide = (ua.NodeId(ua.ObjectIds.Int64), ua.NodeId(ua.ObjectIds.UInt64))
        return int(plain) if data_type in wide else plain

    def plain(self, value, data_type=None):
        """The plain form of what the stack holds."""
        if isinstance(value, list):
            return [self.plain(one, data_type) for one in value]
        if isinstance(value, bytes):
            return value.hex()
        if getattr(type(value), "data_type", None) in self.types:
            _, definition = self.types[type(value).data_type]
            union = definition.StructureType == ua.StructureType.Union
            held = {field.Name: (getattr(value, field.Name), field) for field in definition.Fields}
            present = {n: held for n, held in held.items() if held[0] is not None or not (union or held[1].IsOptional)}
            return {name: self.plain(one, field.DataType) for name, (one, field) in present.items()}
        wide = (ua.NodeId(ua.ObjectIds.Int64), ua.NodeId(ua.ObjectIds.UInt64))
        return str(int(value)) if data_type in wide else value


asyncio.run(main())
