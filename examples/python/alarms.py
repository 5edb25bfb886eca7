"""Watches the alarms of a server and acknowledges them.

    python alarms.py opc.tcp://plc:4840 --acknowledge "on my way"

Prints a line for each change; ends by Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib

import iiot
from iiot.operations import Alarm, ConditionEvent


async def watch(url: str, comment: str | None) -> None:
    async with iiot.Twin(url) as plc, plc.watch_alarms() as updates:
        async for update in updates:
            for alarm in update.get("changed", []):
                print(described(alarm), flush=True)
                if comment and alarm.get("active") and alarm.get("acknowledged") is False:
                    await acknowledge(plc, alarm, comment)


async def acknowledge(plc: iiot.Twin, alarm: Alarm, comment: str) -> None:
    event: ConditionEvent = {"condition": alarm["condition"], "eventId": alarm["eventId"], "comment": comment}
    answer = await plc.acknowledge([event])
    print(f"acknowledged {alarm.get('conditionName')}: {answer['results'][0]['status']['symbol']}", flush=True)


def described(alarm: Alarm) -> str:
    state = "active" if alarm.get("active") else "ended"
    seen = "seen" if alarm.get("acknowledged") else "new"
    return f"{alarm.get('severity')} {state} {seen} {alarm.get('sourceName')}/{alarm.get('conditionName')}: {alarm.get('message')}"


def main() -> None:
    parser = argparse.ArgumentParser(description="watches alarms and acknowledges them")
    parser.add_argument("url", help="opc.tcp://HOST:PORT/PATH")
    parser.add_argument("--acknowledge", metavar="COMMENT", help="acknowledges each alarm, with this comment")
    flags = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(watch(flags.url, flags.acknowledge))


if __name__ == "__main__":
    main()
