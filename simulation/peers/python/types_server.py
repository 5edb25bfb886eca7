"""A server with variables of every built-in type, which writes what they hold to a file.

    python types_server.py --port 4841 --truth FILE [--pki DIR --certificate self-signed|leaf|chain]

Prints READY <url>. A line `set` on standard input gives every variable its next value and answers SET <generation>.
"""

import asyncio
import json
import sys

from asyncua import ua

from catalogue import catalogue
from server import flags, now, run, startable
from values import ticks, variant

NAMESPACE = "urn:iiot:peer:types"


async def main():
    options = flags(truth=None)
    server = await startable(options, NAMESPACE)
    uris = [await server.register_namespace(NAMESPACE)]
    variables = Variables(server, lambda _: uris[0], open(options.truth, "a", encoding="utf-8"))
    await variables.create()
    await variables.set(0)
    asyncio.create_task(commands(variables))
    await run(server, options)


async def commands(variables):
    generation = 0
    async for line in lines():
        if line == "set":
            generation += 1
            await variables.set(generation)
            print(f"SET {generation}", flush=True)


async def lines():
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line.strip()


class Variables:
    def __init__(self, server, index_of, truth):
        self.server, self.index_of, self.truth, self.nodes = server, index_of, truth, {}

    async def create(self):
        index = self.index_of(NAMESPACE)
        for entry in catalogue(1):  # the stack wants a first value that is neither null nor empty
            rank = -1 if entry["dimensions"] is None else len(entry["dimensions"])
            node = ua.NodeId(entry["name"], index)
            self.nodes[entry["name"]] = await self.server.nodes.objects.add_variable(
                node, ua.QualifiedName(entry["name"], index), variant(entry, self.index_of), datatype=data_type(entry)
            )
            await self.nodes[entry["name"]].write_attribute(
                ua.AttributeIds.ValueRank, ua.DataValue(ua.Variant(rank, ua.VariantType.Int32))
            )

    async def set(self, generation):
        for index, entry in enumerate(catalogue(generation)):
            # Times that use all seven digits, and no two alike for one variable.
            moment = now() // 10_000 * 10_000 + (index * 7919 + generation * 13) % 10_000
            line = {"node": f"nsu={NAMESPACE};s={entry['name']}", "generation": generation, **entry}
            # The stack takes the value away when it is bad.
            line["has_value"] = entry["status"] < 0x80000000
            self.truth.write(json.dumps({**line, "source_ticks": str(moment)}, ensure_ascii=False) + "\n")
            self.truth.flush()
            value = ua.DataValue(
                variant(entry, self.index_of),
                StatusCode=ua.StatusCode(entry["status"]),
                SourceTimestamp=ticks(moment),
                ServerTimestamp=ticks(moment),
            )
            await self.server.write_attribute_value(self.nodes[entry["name"]].nodeid, value)


def data_type(entry):
    names = {"Variant": "BaseDataType", "ExtensionObject": "Structure"}
    return ua.NodeId(getattr(ua.ObjectIds, names.get(entry["type"], entry["type"])))


asyncio.run(main())
