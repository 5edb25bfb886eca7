"""The same work in asyncua; run by the Python of the peers.

    python theirs.py encode VALUES FILE        writes an encoded PublishResponse
    python theirs.py subscribe URL SECONDS N   takes the values of N nodes, prints {"values", "cpu"}
    python theirs.py read URL NODES            prints the microseconds of a read
"""

from __future__ import annotations

import asyncio
import datetime
import json
import pathlib
import sys
import time

from asyncua import Client, ua
from asyncua.ua.ua_binary import nodeid_to_binary, struct_to_binary

INTERVAL_MS = 100
PUBLISHING_MS = 500
QUEUE = 10


def encode(count: int, file: str) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    items = [
        ua.MonitoredItemNotification(
            ClientHandle=number, Value=ua.DataValue(ua.Variant(number * 0.5), SourceTimestamp=now, ServerTimestamp=now)
        )
        for number in range(count)
    ]
    response = ua.PublishResponse()
    response.Parameters = ua.PublishResult(
        SubscriptionId=1,
        NotificationMessage=ua.NotificationMessage(
            SequenceNumber=1, PublishTime=now, NotificationData=[ua.DataChangeNotification(MonitoredItems=items)]
        ),
    )
    pathlib.Path(file).write_bytes(struct_to_binary(response))


class Counting:
    values = 0

    def datachange_notification(self, _node: object, _value: object, _data: object) -> None:
        self.values += 1


async def subscribe(url: str, seconds: float, count: int) -> None:
    counting = Counting()
    async with Client(url) as client:
        subscription = await client.create_subscription(PUBLISHING_MS, counting)
        nodes = [client.get_node(name) for name in names(count)]
        await subscription.subscribe_data_change(nodes, queuesize=QUEUE, sampling_interval=INTERVAL_MS)
        print("READY", flush=True)
        sys.stdin.readline()
        values, cpu = counting.values, time.process_time()
        await asyncio.sleep(seconds)
        print(json.dumps({"values": counting.values - values, "cpu": time.process_time() - cpu}), flush=True)


async def read(url: str, count: int) -> None:
    async with Client(url) as client:
        nodes = [client.get_node(name) for name in names(count)]
        rounds = max(20, 2000 // count)
        begun = time.perf_counter()
        for _ in range(rounds):
            await client.read_values(nodes)
        print((time.perf_counter() - begun) / rounds * 1e6)


def names(count: int) -> list[str]:
    return json.loads(pathlib.Path(sys.argv[-1]).read_text("utf-8"))[:count]


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "encode":
        encode(int(rest[0]), rest[1])
    elif what == "subscribe":
        asyncio.run(subscribe(rest[0], float(rest[1]), int(rest[2])))
    else:
        asyncio.run(read(rest[0], int(rest[1])))
