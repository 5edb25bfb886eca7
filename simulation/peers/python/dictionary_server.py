"""A server as before OPC UA 1.04: its structures are described in a type dictionary alone.

    python dictionary_server.py --port 4843 --truth FILE [--shifted yes]

Prints READY <url>. On standard input: `set` gives every variable its next value and answers SET <generation>; `tell`
writes what every variable holds now, writes of clients included, and answers TOLD. With --shifted another namespace
comes before that of the types.
"""

import asyncio
import dataclasses
import json
import sys

from asyncua import ua
from asyncua.common.type_dictionary_builder import DataTypeDictionaryBuilder, get_ua_class

from server import flags, run, startable

NAMESPACE = "urn:iiot:peer:structures"
VALUES = {
    "Point": ("Point", [{"X": 1.5, "Label": "start"}, {"X": -2.0, "Label": "end"}]),
    "Points": ("Point", [[{"X": 1.0, "Label": "a"}, {"X": 2.0, "Label": "grün"}], [{"X": 3.0, "Label": "b"}]]),
    "Path": (
        "Path",
        [
            {"Name": "n", "Values": [1, -2], "First": {"X": 1.0, "Label": "l"}, "Points": [{"X": 2.0, "Label": "m"}]},
            {"Name": "o", "Values": [3], "First": {"X": 4.0, "Label": "p"}, "Points": []},
        ],
    ),
}


async def main():
    options = flags(truth=None, shifted="")
    server = await startable(options, NAMESPACE + ":server")
    if options.shifted:
        await server.register_namespace("urn:iiot:peer:other")
    index = await server.register_namespace(NAMESPACE)
    types = await define(server, index)
    variables = Variables(server, index, types, open(options.truth, "a", encoding="utf-8"))
    await variables.create()
    asyncio.create_task(commands(variables))
    await run(server, options)


async def define(server, index):
    """The DataTypes by name; they have no DataTypeDefinition."""
    builder = DataTypeDictionaryBuilder(server, index, NAMESPACE, "Dictionary")
    await builder.init()
    point = await builder.create_data_type("Point")
    point.add_field("X", ua.VariantType.Double)
    point.add_field("Label", ua.VariantType.String)
    path = await builder.create_data_type("Path")
    path.add_field("Name", ua.VariantType.String)
    path.add_field("Values", ua.VariantType.Int32, is_array=True)
    path.add_field("First", point)
    path.add_field("Points", point, is_array=True)
    await builder.set_dict_byte_string()
    await server.load_type_definitions()
    return {"Point": point.data_type, "Path": path.data_type}


async def commands(variables):
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "set":
            print(f"SET {await variables.set()}", flush=True)
        elif line.strip() == "tell":
            await variables.tell()
            print("TOLD", flush=True)


class Variables:
    def __init__(self, server, index, types, truth):
        self.server, self.index, self.types, self.truth = server, index, types, truth
        self.nodes, self.generation = {}, 0

    async def create(self):
        for name, (kind, _) in VALUES.items():
            self.nodes[name] = await self.server.nodes.objects.add_variable(
                ua.NodeId(name, self.index),
                ua.QualifiedName(name, self.index),
                self.variant(name),
                datatype=self.types[kind],
            )
            await self.nodes[name].set_writable()

    async def set(self):
        self.generation += 1
        for name, node in self.nodes.items():
            await self.server.write_attribute_value(node.nodeid, ua.DataValue(self.variant(name)))
        await self.tell()
        return self.generation

    async def tell(self):
        for name, node in self.nodes.items():
            held = await node.read_value()
            value = [plain(one) for one in held] if isinstance(held, list) else plain(held)
            line = {"node": f"nsu={NAMESPACE};s={name}", "generation": self.generation, "name": name}
            self.truth.write(json.dumps({**line, "type": VALUES[name][0], "value": value}, ensure_ascii=False) + "\n")
        self.truth.flush()

    def variant(self, name):
        kind, values = VALUES[name]
        value = values[self.generation % len(values)]
        if isinstance(value, list):
            return ua.Variant([native(kind, one) for one in value], ua.VariantType.ExtensionObject, is_array=True)
        return ua.Variant(native(kind, value), ua.VariantType.ExtensionObject)


def native(kind, value):
    made = get_ua_class(kind)()
    for name, one in value.items():
        if name == "First":
            one = native("Point", one)
        elif name == "Points":
            one = [native("Point", each) for each in one]
        setattr(made, name, one)
    return made


def plain(value):
    if isinstance(value, list):
        return [plain(one) for one in value]
    if type(value).__name__ in ("Point", "Path"):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


asyncio.run(main())
