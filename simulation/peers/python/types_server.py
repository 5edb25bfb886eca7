"""A server with variables of every built-in type, which writes what they hold to a file.

    python types_server.py --port 4841 --truth FILE [--pki DIR --certificate self-signed|leaf|chain] [--writable yes]

Prints READY <url>. A line `set` on standard input gives every variable its next value and answers SET <generation>;
`holds 3` compares what every variable holds with the values of generation 3, whoever wrote it, and answers HOLDS with
the names of those that differ.
"""

import asyncio
import json
import sys

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import variant_from_binary, variant_to_binary

from catalogue import catalogue
from server import flags, now, run, startable
from values import ticks, variant

NAMESPACE = "urn:iiot:peer:types"


async def main():
    options = flags(truth=None, writable="")
    server = await startable(options, NAMESPACE)
    uris = [await server.register_namespace(NAMESPACE)]
    variables = Variables(server, lambda _: uris[0], open(options.truth, "a", encoding="utf-8"))
    await variables.create(options.writable)
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
        elif line.startswith("holds "):
            print(f"HOLDS {json.dumps(await variables.differing(int(line[6:])))}", flush=True)


async def lines():
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line.strip()


class Variables:
    def __init__(self, server, index_of, truth):
        self.server, self.index_of, self.truth, self.nodes = server, index_of, truth, {}

    async def create(self, writable):
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
            if writable:
                await self.nodes[entry["name"]].set_writable()

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

    async def differing(self, generation):
        """Names of the variables whose values are not those of this generation, byte for byte."""

        async def differs(entry):
            held = await self.nodes[entry["name"]].read_data_value(raise_on_bad_status=False)
            sent = variant_to_binary(variant(entry, self.index_of))
            # The stack keeps only the microseconds of times, and the form in which a NodeId came, which says nothing.
            kept = variant_from_binary(Buffer(sent))
            return variant_to_binary(held.Value) != variant_to_binary(kept) and held.Value != kept

        return [entry["name"] for entry in catalogue(generation) if await differs(entry)]


def data_type(entry):
    names = {"Variant": "BaseDataType", "ExtensionObject": "Structure"}
    return ua.NodeId(getattr(ua.ObjectIds, names.get(entry["type"], entry["type"])))


asyncio.run(main())
