"""Subscribes and unsubscribes, again and again, and tells whether memory stays.

    python memory.py [--seconds 3600]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
from pathlib import Path

import iiot
from plant import COUNTER, NAMESPACE, SETPOINT, Server

SAMPLES = 40
WARM_UP = 0.25
"""This part of the time is not judged: allocator, caches and the server's session settle."""
GROWTH = 4 * 2**20
"""Bytes that the mean of the last third may lie above that of the first."""


async def stream(url: str, seconds: float) -> list[int]:
    """Resident memory, at equal distances."""
    begun, samples = time.monotonic(), [0]
    rounds = 0
    async with iiot.Twin(url) as plc:
        while (passed := time.monotonic() - begun) < seconds:
            await once(plc, rounds)
            rounds += 1
            if passed >= len(samples) * seconds / SAMPLES:
                gc.collect()
                samples.append(resident())
                print(f"{passed:6.0f} s {rounds:7} rounds {samples[-1] / 2**20:7.1f} MiB", flush=True)
    return samples[1:]


async def once(plc: iiot.Twin, number: int) -> None:
    """In columns and as values in turns; every tenth is left without a word, some while they wait."""
    streams = plc.watch_columns if number % 2 else plc.watch_values
    values = streams([COUNTER, SETPOINT, NAMESPACE + "Double.Array"], publishing_interval_ms=50)
    first = await values.__anext__()
    if isinstance(first, iiot.Columns):
        assert list(first.arrays) == [row for row, node in enumerate(first.node) if node == 2]
    if number % 3 == 0:
        waiting = asyncio.ensure_future(values.__anext__())
        await asyncio.sleep(0)
        waiting.cancel()
    if number % 10:
        await values.close()


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(samples: list[int]) -> float:
    judged = samples[int(len(samples) * WARM_UP) :]
    third = len(judged) // 3
    return sum(judged[-third:]) / third - sum(judged[:third]) / third


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3600)
    seconds = parser.parse_args().seconds
    with Server() as server:
        samples = asyncio.run(stream(server.url, seconds))
    grown = growth(samples)
    print(f"memory grew by {grown / 2**20:.1f} MiB from the first third to the last, {GROWTH / 2**20:.0f} are allowed")
    return grown > GROWTH


if __name__ == "__main__":
    sys.exit(main())
