"""What iiot takes for it, in a process of its own.

    python ours.py subscribe URL SECONDS NODES   takes the values of the nodes, prints {"values", "cpu"}
"""

from __future__ import annotations

import asyncio
import json
import pathlib
import sys
import time

import iiot
from iiot.operations import WatchedItem

INTERVAL_MS = 100
PUBLISHING_MS = 500
QUEUE = 10


async def subscribe(url: str, seconds: float, nodes: list[str]) -> None:
    items: list[WatchedItem] = [{"node": node, "samplingIntervalMs": INTERVAL_MS, "queueSize": QUEUE} for node in nodes]
    async with iiot.Twin(url) as plc, plc.watch_columns(
        items, encoding="raw", publishing_interval_ms=PUBLISHING_MS
    ) as stream:
        # numpy is loaded with the first look.
        look(await stream.__anext__())
        print("READY", flush=True)
        sys.stdin.readline()
        values, cpu = 0, time.process_time()
        until = time.monotonic() + seconds
        async for columns in stream:
            values += look(columns)
            if time.monotonic() > until:
                break
        print(json.dumps({"values": values, "cpu": time.process_time() - cpu}), flush=True)


def look(columns: iiot.Columns) -> int:
    """As somebody who uses all of them; how many there are."""
    numbers = int((columns.value == columns.value).sum())
    assert numbers + len(columns.arrays) + len(columns.others) >= len(columns)
    return len(columns)


if __name__ == "__main__":
    asyncio.run(subscribe(sys.argv[2], float(sys.argv[3]), json.loads(pathlib.Path(sys.argv[4]).read_text("utf-8"))))
