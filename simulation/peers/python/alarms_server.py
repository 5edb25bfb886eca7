"""A server with an alarm and a dialog as nodes, which does not know ConditionRefresh.

    python alarms_server.py --port 4846

Prints READY <url>. A line `heat TEXT` on standard input raises the alarm `Overheated` of `Oven` with another message, `cool`
ends it; each is answered by DONE. The dialog `Restart` asks whether to restart; an answer to it is printed as
RESPONDED with its number, and ends it.
"""

import asyncio
import sys

from asyncua import ua

from server import flags, run, startable

NAMESPACE = "urn:iiot:peer:alarms"


async def main():
    options = flags()
    server = await startable(options, NAMESPACE)
    index = await server.register_namespace(NAMESPACE)
    oven = await server.nodes.objects.add_object(ua.NodeId("Oven", index), ua.QualifiedName("Oven", index))
    alarm = await condition(oven, index, "Overheated", ua.ObjectIds.AlarmConditionType)
    await put(alarm, {
        "Message": ua.LocalizedText("too hot"), "Severity": ua.Variant(700, ua.VariantType.UInt16),
        "ActiveState/Id": True, "AckedState/Id": False, "EnabledState/Id": True,
    })
    dialog = await condition(oven, index, "Restart", ua.ObjectIds.DialogConditionType)
    await put(dialog, {
        "Message": ua.LocalizedText("shall it restart?"), "Prompt": ua.LocalizedText("Restart?"), "DialogState/Id": True,
        "ResponseOptionSet": [ua.LocalizedText("yes"), ua.LocalizedText("no")], "EnabledState/Id": True,
    })

    async def responded(parent, option):
        if not await (await dialog.get_child(["0:DialogState", "0:Id"])).read_value():
            return ua.StatusCode(ua.StatusCodes.BadDialogNotActive)
        print("RESPONDED", option.Value, flush=True)
        await put(dialog, {"DialogState/Id": False})
        return []

    server.link_method(server.get_node(ua.ObjectIds.DialogConditionType_Respond), responded)
    events = await server.get_event_generator(ua.ObjectIds.AlarmConditionType)
    asyncio.create_task(commands(events, alarm, oven))
    await run(server, options)


async def condition(source, index, name, kind):
    node = await source.add_object(ua.NodeId(name, index), ua.QualifiedName(name, index), kind)
    await source.add_reference(node, ua.ObjectIds.HasCondition)
    await put(node, {
        "EventId": ua.Variant(name.encode(), ua.VariantType.ByteString), "EventType": ua.NodeId(kind),
        "SourceNode": source.nodeid, "SourceName": "Oven", "ConditionName": name, "Retain": True,
    })
    return node


async def put(node, values):
    for path, value in values.items():
        child = await node.get_child([f"0:{name}" for name in path.split("/")])
        await child.write_value(value)


async def commands(events, alarm, oven):
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        command, _, text = line.partition(" ")
        event = events.event
        event.NodeId = alarm.nodeid
        event.SourceNode = oven.nodeid
        event.Retain = command == "heat"
        setattr(event, "ActiveState/Id", command == "heat")
        await events.trigger(message=text or "cool again")
        print("DONE", flush=True)


asyncio.run(main())
