"""Publishes values of this program as OPC UA PubSub messages to an MQTT broker.

    python publish_mqtt.py mqtt://localhost:1883 --topic plant/press --data press-data

With ``--data`` values are safe on the disk until the broker has them, also while it is away.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import time

import iiot


async def publish(broker: str, topic: str, data: str | None, seconds: float) -> None:
    fields: list[str | iiot.Field] = ["speed", "pressure", {"name": "state", "dataType": "String"}]
    data_set = {"DataSetWriterId": "press", "QueueName": topic, "BatchSize": 1}
    async with iiot.Publisher(broker, fields=fields, publisher_id="press-1", data_set=data_set, data=data) as publisher:
        begun = time.monotonic()
        while (now := time.monotonic() - begun) < seconds:
            await publisher.publish(measured(now))
            await asyncio.sleep(0.1)
    print("everything is with the broker")


def measured(now: float) -> dict[str, float | str]:
    """In place of a device."""
    speed = 50 + 10 * math.sin(now)
    return {"speed": speed, "pressure": 2 + speed / 100, "state": "running"}


def main() -> None:
    parser = argparse.ArgumentParser(description="publishes values to an MQTT broker")
    parser.add_argument("broker", help="mqtt://HOST:PORT")
    parser.add_argument("--topic", default="plant/press")
    parser.add_argument("--data", metavar="DIR", help="keeps values here until the broker has them")
    parser.add_argument("--seconds", type=float, default=math.inf)
    flags = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(publish(flags.broker, flags.topic, flags.data, flags.seconds))


if __name__ == "__main__":
    main()
