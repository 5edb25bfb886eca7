"""Starts short processes that use every feature and end in every way, and tells which did not end as they should.

    python exits.py [--processes 1000]
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from ending import ENDINGS, FEATURES
from plant import HERE, Server

AT_ONCE = 4
PATIENCE = 60


def run(processes: int, url: str) -> list[str]:
    """What went wrong."""
    ways = itertools.islice(itertools.cycle(itertools.product(FEATURES, ENDINGS)), processes)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [wrong for wrong in pool.map(lambda way: end(*way, url), ways) if wrong]


def end(feature: str, ending: str, url: str) -> str | None:
    command = [sys.executable, "-X", "faulthandler", str(HERE / "ending.py"), feature, ending, url]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"{feature} {ending}: did not end"
    allowed = ENDINGS[ending][1]
    if ran.returncode in allowed and "panicked" not in ran.stderr and "Fatal Python" not in ran.stderr:
        return None
    return f"{feature} {ending}: ended with {ran.returncode}\n{ran.stderr}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=1000)
    processes = parser.parse_args().processes
    begun = time.monotonic()
    with Server() as server:
        wrong = run(processes, server.url)
    for text, count in Counter(wrong).items():
        print(f"{count} x {text}")
    ways = len(FEATURES) * len(ENDINGS)
    took = time.monotonic() - begun
    print(f"{processes} processes, {ways} ways to end, {took:.0f} s: {len(wrong)} ended otherwise than they should")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
