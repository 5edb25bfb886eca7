"""Uses a server by the client that openapi-python-client has generated in the folder `plant` beside this file."""

import json
import sys

from plant import AuthenticatedClient
from plant.api.twin import (
    twin_acknowledge,
    twin_alarms,
    twin_browse,
    twin_call,
    twin_read,
    twin_read_get,
    twin_write,
)
from plant.models import (
    AlarmsRequest,
    BrowseRequest,
    CallRequest,
    ConditionEvent,
    ConditionEventsRequest,
    MethodCall,
    ReadItem,
    ReadRequest,
    WriteItem,
    WriteRequest,
)

url, key, endpoint, alarming = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True)
NAMESPACE = "nsu=urn:iiot:peer:interop;s="


def ask(operation, body):
    return operation.sync(endpoint, client=client, body=body).results


def acknowledge():
    """Acknowledges the one alarm of the other server."""
    (alarm,) = twin_alarms.sync(alarming, client=client, body=AlarmsRequest()).alarms
    event = ConditionEvent(condition=alarm.condition, event_id=alarm.event_id, comment="by a generated client")
    body = ConditionEventsRequest(events=[event])
    results = twin_acknowledge.sync(alarming, client=client, body=body).results
    return {"before": alarm.acknowledged, "acknowledged": results[0].status.symbol}


def main():
    browsed = ask(twin_browse, BrowseRequest(nodes=[NAMESPACE + "Interop"]))
    names = [reference.display_name for reference in browsed[0].references]
    write = WriteItem(node=NAMESPACE + "Setpoint", value=17.5)
    written = ask(twin_write, WriteRequest(nodes=[write]))
    read = ask(twin_read, ReadRequest(nodes=[ReadItem(node=NAMESPACE + "Setpoint")], encoding="raw"))
    got = twin_read_get.sync(endpoint, client=client, node=[NAMESPACE + "Setpoint"], encoding="raw")
    call = MethodCall(object_=NAMESPACE + "Interop", method=NAMESPACE + "Add", inputs=[2, 40])
    called = ask(twin_call, CallRequest(calls=[call], encoding="raw"))
    return {
        "browsed": sorted(name for name in names if name in ("Add", "Setpoint")),
        "written": written[0].status.symbol,
        "read": read[0].value,
        "got": got.results[0].value,
        "called": called[0].outputs[0].value,
        "alarm": acknowledge(),
    }


print(json.dumps(main()))
