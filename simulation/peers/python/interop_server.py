"""The address space of the interop peers (see ../README.md) on asyncua.

    python interop_server.py --port 4841 --data DIR --truth FILE [--pki DIR]

Prints READY <url>.
"""

import asyncio
import datetime
import json
import pathlib
import struct

from asyncua import ua, uamethod
from asyncua.common.callback import CallbackType
from asyncua.server.history import HistoryDict

from server import flags, run, startable
from values import variant

NAMESPACE = "urn:iiot:peer:interop"
TICK = 0.1
SAMPLES = json.loads((pathlib.Path(__file__).parent.parent / "interop.json").read_text("utf-8"))
KEPT = 1000
PER_ANSWER = 4


async def main():
    options = flags(truth=None)
    options.legacy = "yes"  # every policy that the stack has
    server = await startable(options, NAMESPACE)
    index = await server.register_namespace(NAMESPACE)
    folder = await server.nodes.objects.add_folder(ua.NodeId("Interop", index), ua.QualifiedName("Interop", index))
    for sample in SAMPLES:
        await add(folder, sample["name"], sample["type"], variant(sample, None))
    setpoint = await add(folder, "Setpoint", "Double", ua.Variant(0.0, ua.VariantType.Double))
    await setpoint.set_writable()
    record(server, setpoint.nodeid, options.truth)
    counter = await add(folder, "Counter", "UInt32", uint32(0))
    await folder.add_method(
        ua.NodeId("Add", index), ua.QualifiedName("Add", index), plus, [argument("a"), argument("b")], [argument("sum")]
    )
    asyncio.create_task(tick(server, counter))
    await run(server, options)


async def add(folder, name, kind, value):
    index = folder.nodeid.NamespaceIndex
    return await folder.add_variable(
        ua.NodeId(name, index), ua.QualifiedName(name, index), value, datatype=ua.NodeId(getattr(ua.ObjectIds, kind))
    )


def uint32(value):
    return ua.Variant(value, ua.VariantType.UInt32)


def argument(name):
    return ua.Argument(name, ua.NodeId(ua.ObjectIds.Int32), -1)


@uamethod
def plus(_parent, a, b):
    return ua.Variant(a + b, ua.VariantType.Int32)


def record(server, setpoint, path):
    """Every write of a client is on disk before the answer."""
    truth = open(path, "a", encoding="utf-8") if path else None

    def written(event, _service):
        for each in event.request_params.NodesToWrite if truth and event.is_external else []:
            if each.NodeId == setpoint:
                bits = struct.pack(">d", each.Value.Value.Value).hex()
                line = {"node": f"nsu={NAMESPACE};s=Setpoint", "type": "Double", "value": bits}
                truth.write(json.dumps(line) + "\n")
                truth.flush()

    server.subscribe_server_callback(CallbackType.PostWrite, written)


async def tick(server, counter):
    """Counts, which is kept as history, and emits an event."""
    while server.bserver is None:  # history can be kept once the server runs
        await asyncio.sleep(TICK)
    server.iserver.history_manager.set_storage(HistoryDict(PER_ANSWER))
    await server.historize_node_data_change(counter, period=None, count=KEPT)
    events = await server.get_event_generator()
    events.event.Severity = 500
    count = 0
    while True:
        count += 1
        now = datetime.datetime.now(datetime.timezone.utc)
        value = ua.DataValue(uint32(count), SourceTimestamp=now, ServerTimestamp=now)
        await server.write_attribute_value(counter.nodeid, value)
        await events.trigger(message=f"tick {count}")
        await asyncio.sleep(TICK)


asyncio.run(main())
