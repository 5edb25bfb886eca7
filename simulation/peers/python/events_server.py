"""A server that raises events when told and keeps history, which can be changed.

    python events_server.py --port 4845 [--values 250] [--pki DIR --certificate self-signed|leaf|chain]

Prints READY <url>. `Trend` holds the values 0, 1, 2, … one second apart from 2026-01-01T00:00:00Z on; an answer has 100
of them at most. A line `raise SEVERITY PRESSURE TEXT` on standard input raises a PumpEventType and is answered by DONE.

The stack refuses every change of history, so the HistoryUpdate service is added here, and what was changed is kept; requests
and answers still pass its own encoding.
"""

import asyncio
import datetime
import sys

from asyncua import ua
from asyncua.common.events import Event
from asyncua.server.history import HistoryDict
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua.ua_binary import struct_from_binary

from server import flags, run, startable

NAMESPACE = "urn:iiot:peer:events"
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
PAGE = 100


async def main():
    options = flags(values=250)
    server = await startable(options, NAMESPACE)
    index = await server.register_namespace(NAMESPACE)
    pump_event = await server.create_custom_event_type(
        index, "PumpEventType", ua.ObjectIds.BaseEventType, [("Pressure", ua.VariantType.Double)]
    )
    pump = await server.nodes.objects.add_object(ua.NodeId("Pump", index), ua.QualifiedName("Pump", index))
    trend = await pump.add_variable(ua.NodeId("Trend", index), ua.QualifiedName("Trend", index), 0.0)
    history = HistoryDict(PAGE)
    server.iserver.history_manager.set_storage(history)
    # The stack stores events of the Server object alone.
    generator = await server.get_event_generator(pump_event)
    await server.historize_node_event(server.nodes.server)
    history._datachanges[trend.nodeid] = [value(n) for n in range(int(options.values))]
    offer_history_update(history)
    offer_modified(server.iserver.history_manager)
    asyncio.create_task(commands(generator))
    await run(server, options)


def value(number):
    moment = START + datetime.timedelta(seconds=number)
    return ua.DataValue(ua.Variant(float(number)), SourceTimestamp=moment, ServerTimestamp=moment)


async def commands(generator):
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        _, severity, pressure, text = line.split(" ", 3)
        generator.event.Severity = int(severity)
        generator.event.Pressure = float(pressure)
        await generator.trigger(message=text)
        print("DONE", flush=True)


def offer_history_update(history):
    process = UaProcessor._process_message

    async def with_update(self, typeid, header, sequence, body):
        if typeid != ua.NodeId(ua.ObjectIds.HistoryUpdateRequest_Encoding_DefaultBinary):
            return await process(self, typeid, header, sequence, body)
        request = struct_from_binary(ua.HistoryUpdateParameters, body)
        response = ua.HistoryUpdateResponse()
        response.Results = [update(history, details) for details in request.HistoryUpdateDetails]
        self.send_response(header.RequestHandle, sequence, response)
        return True

    UaProcessor._process_message = with_update


def update(history, details):
    if isinstance(details, ua.UpdateEventDetails):
        events = history._events[details.NodeId]
        results = [put_event(events, details, fields.EventFields) for fields in details.EventData]
        return ua.HistoryUpdateResult(ua.StatusCode(ua.StatusCodes.Good), [ua.StatusCode(result) for result in results])
    values = history._datachanges
    if details.NodeId not in values:
        return ua.HistoryUpdateResult(ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown))
    stored = {value.SourceTimestamp: value for value in values[details.NodeId]}
    if isinstance(details, ua.UpdateDataDetails):
        results = [put(details.NodeId, stored, value, details.PerformInsertReplace) for value in details.UpdateValues]
    elif isinstance(details, ua.DeleteAtTimeDetails):
        results = [ua.StatusCodes.Good if stored.pop(moment, None) else ua.StatusCodes.BadNoEntryExists for moment in details.ReqTimes]
    else:
        for at, value in stored.items():
            if details.StartTime <= at < details.EndTime:
                keep(details.NodeId, value, ua.HistoryUpdateType.Delete)
        stored = {at: value for at, value in stored.items() if not details.StartTime <= at < details.EndTime}
        results = []
    values[details.NodeId] = [stored[moment] for moment in sorted(stored)]
    return ua.HistoryUpdateResult(ua.StatusCode(ua.StatusCodes.Good), [ua.StatusCode(result) for result in results])


def put(node, stored, value, how):
    exists = value.SourceTimestamp in stored
    if exists and how == ua.PerformUpdateType.Insert:
        return ua.StatusCodes.BadEntryExists
    if not exists and how == ua.PerformUpdateType.Replace:
        return ua.StatusCodes.BadNoEntryExists
    if exists:
        keep(node, stored[value.SourceTimestamp], ua.HistoryUpdateType.Replace)
    else:
        keep(node, value, ua.HistoryUpdateType.Insert)
    stored[value.SourceTimestamp] = value
    return ua.StatusCodes.GoodEntryReplaced if exists else ua.StatusCodes.GoodEntryInserted


def put_event(events, details, fields):
    event = Event.from_event_fields(details.Filter.SelectClauses, fields)
    exists = [known for known in events if known.EventId == event.EventId]
    if exists and details.PerformInsertReplace == ua.PerformUpdateType.Insert:
        return ua.StatusCodes.BadEntryExists
    if not exists and details.PerformInsertReplace == ua.PerformUpdateType.Replace:
        return ua.StatusCodes.BadNoEntryExists
    for known in exists:
        events.remove(known)
    events.append(event)
    return ua.StatusCodes.GoodEntryReplaced if exists else ua.StatusCodes.GoodEntryInserted


MODIFIED = {}


def keep(node, value, how):
    now = datetime.datetime.now(datetime.timezone.utc)
    MODIFIED.setdefault(node, []).append((value, ua.ModificationInfo(now, how, "operator of asyncua")))


def offer_modified(manager):
    read = manager._read_history

    async def with_modified(details, rv):
        if not (isinstance(details, ua.ReadRawModifiedDetails) and details.IsReadModified):
            return await read(details, rv)
        kept = [
            (value, info) for value, info in MODIFIED.get(rv.NodeId, [])
            if details.StartTime <= value.SourceTimestamp <= details.EndTime
        ]
        result = ua.HistoryReadResult()
        result.HistoryData = ua.HistoryModifiedData([value for value, _ in kept], [info for _, info in kept])
        return result

    manager._read_history = with_modified


asyncio.run(main())
