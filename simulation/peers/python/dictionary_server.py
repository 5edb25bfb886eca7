"""A server as before OPC UA 1.04: its structures are described in a type dictionary alone.

    python dictionary_server.py --port 4843 --truth FILE [--shifted yes]

Prints READY <url>. On standard input: `set` gives every variable its next value and answers SET <generation>; `tell`
writes what every variable holds now, writes of clients included, and answers TOLD. With --shifted another namespace
comes before that of the types.
"""

import asyncio
import dataclasses

from asyncua import ua
from asyncua.common.type_dictionary_builder import DataTypeDictionaryBuilder, get_ua_class

import holding
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
    variables = Structures(server, NAMESPACE, index, VALUES, options.truth)
    variables.types = await define(server, index)
    await variables.create()
    asyncio.create_task(holding.commands(variables))
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


class Structures(holding.Variables):
    types = {}

    def data_type(self, kind):
        return self.types[kind]

    def native(self, kind, value):
        made = get_ua_class(kind)()
        for name, one in value.items():
            if name == "First":
                one = self.native("Point", one)
            elif name == "Points":
                one = [self.native("Point", each) for each in one]
            setattr(made, name, one)
        return made

    def plain(self, value):
        if isinstance(value, list):
            return [self.plain(one) for one in value]
        if type(value).__name__ in ("Point", "Path"):
            return {field.name: self.plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return value


asyncio.run(main())
