"""Counters that are on disk before a client can see them.

    python counter_server.py --port 4846 --truth FILE [--pki DIR] [--counters 10] [--interval-ms 100]
        [--namespaces URI,URI] [--max-items-per-call 5] [--max-sessions 4]

Prints READY <url>. `Counter.<n>` goes on behind the value that the truth file ends with. `--namespaces` says which
namespaces come first. The stack neither counts its sessions in its diagnostics nor has limits of operations: both are
added here.
"""

import asyncio
import json
import pathlib

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.internal_session import InternalSession

from server import flags, now, run, startable
from values import ticks

NAMESPACE = "urn:iiot:peer:counter"


async def main():
    options = flags(truth=None, counters=10, interval_ms=100, namespaces="", max_items_per_call="", max_sessions="")
    server = await startable(options, f"{NAMESPACE}-server" if options.namespaces else NAMESPACE)
    for uri in filter(None, options.namespaces.split(",")):
        await server.register_namespace(uri)
    index = await server.register_namespace(NAMESPACE)
    count_sessions(server)
    if options.max_items_per_call:
        await limit_items(server, int(options.max_items_per_call))
    if options.max_sessions:
        InternalSession.max_connections = int(options.max_sessions)
    counters = Counters(server, index, options)
    await counters.create()
    asyncio.create_task(counters.count(options.interval_ms / 1000))
    await run(server, options)


def count_sessions(server):
    count = ua.NodeId(ua.ObjectIds.Server_ServerDiagnostics_ServerDiagnosticsSummary_CurrentSessionCount)

    def sessions(_node, _attribute):
        return ua.DataValue(ua.Variant(len(server.iserver._external_sessions), ua.VariantType.UInt32))

    server.iserver.set_attribute_value_callback(count, sessions)


async def limit_items(server, most):
    """Announced and enforced."""
    node = ua.NodeId(ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall)
    await server.write_attribute_value(node, ua.DataValue(ua.Variant(most, ua.VariantType.UInt32)))
    create = InternalSession.create_monitored_items

    async def few(self, parameters):
        if len(parameters.ItemsToCreate) > most:
            raise ServiceError(ua.StatusCodes.BadTooManyOperations)
        return await create(self, parameters)

    InternalSession.create_monitored_items = few


class Counters:
    def __init__(self, server, index, options):
        self.server, self.index = server, index
        self.names = [f"Counter.{number}" for number in range(options.counters)]
        self.values = last_values(pathlib.Path(options.truth), self.names)
        self.truth = open(options.truth, "a", encoding="utf-8")
        self.nodes = {}

    async def create(self):
        for name in self.names:
            node, qualified = ua.NodeId(name, self.index), ua.QualifiedName(name, self.index)
            first = ua.Variant(0, ua.VariantType.Int64)
            self.nodes[name] = await self.server.nodes.objects.add_variable(node, qualified, first)
        await self.increment()

    async def count(self, interval):
        while True:
            await asyncio.sleep(interval)
            await self.increment()

    async def increment(self):
        for offset, name in enumerate(self.names):
            self.values[name] += 1
            moment = now() + offset
            line = {"node": f"nsu={NAMESPACE};s={name}", "name": name}
            line |= {"value": str(self.values[name]), "source_ticks": str(moment)}
            self.truth.write(json.dumps(line) + "\n")
            self.truth.flush()
            value = ua.DataValue(
                ua.Variant(self.values[name], ua.VariantType.Int64),
                SourceTimestamp=ticks(moment),
                ServerTimestamp=ticks(moment),
            )
            await self.server.write_attribute_value(self.nodes[name].nodeid, value)


def last_values(file, names):
    """The values that the truth file ends with; its last line may be half written."""
    values = dict.fromkeys(names, 0)
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []:
        if line.endswith("\n"):
            entry = json.loads(line)
            values[entry["name"]] = int(entry["value"])
    return values


asyncio.run(main())
