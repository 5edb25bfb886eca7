"""Figures: what a value costs, beside asyncua and beside Rust.

    python main.py [--seconds 20] [--nodes 1000]

The plant and the program that reads in Rust are those of the build that the package is of.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import numpy  # noqa: E402

import iiot  # noqa: E402
from iiot import Columns  # noqa: E402
from iiot._native import columns_of  # noqa: E402

from plant import PYTHON, free_port  # noqa: E402

BUILT = Path(os.environ["CARGO_TARGET_DIR"]) / os.environ.get("IIOT_PROFILE", "debug") / "examples"
BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--nodes", type=int, default=1000)
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        decoding(folder)
        with Plant(folder, flags.nodes) as plant:
            reading(plant)
            subscribing(plant, flags.seconds)


def decoding(folder: Path) -> None:
    """From encoded PublishResponses, as asyncua writes them, to arrays that somebody sums."""
    file = folder / "response"
    subprocess.run([PYTHON, HERE / "theirs.py", "encode", str(BATCH), file], check=True)
    bodies = [file.read_bytes()] * 100

    def once() -> float:
        begun = time.process_time()
        columns = Columns([], columns_of(bodies))
        assert columns.value.sum() == 100 * sum(number * 0.5 for number in range(BATCH))
        assert int(columns.node.max()) == BATCH - 1 and not columns.status.any()
        assert not numpy.isnat(columns.source_timestamp).any()
        return len(columns) / (time.process_time() - begun)

    rates = sorted(once() for _ in range(50))
    print(f"decode: {statistics.median(rates) / 1e6:.1f} M values a second of CPU into numpy, median of {len(rates)}; best {rates[-1] / 1e6:.1f}")


class Plant:
    """A simulated plant, and the names of its nodes."""

    def __init__(self, folder: Path, nodes: int) -> None:
        self.folder, published = folder, folder / "published.json"
        flags = ["--servers", "1", "--nodes", str(nodes), "--interval-ms", "100", "--port", str(free_port())]
        command = [BUILT / "plant", *flags, "--data", folder / "plant", "--published-nodes", published]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.url = self._process.stdout.readline().split(" on ")[1].split(",")[0]
        [entry] = json.loads(published.read_text("utf-8"))
        self.nodes = asyncio.run(self.indexed([node["Id"] for node in entry["OpcNodes"]]))
        self.file = folder / "nodes.json"
        self.file.write_text(json.dumps(self.nodes), "utf-8")

    async def indexed(self, names: list[str]) -> list[str]:
        """With namespaces by their index, which every client knows."""
        async with iiot.Twin(self.url) as plc:
            namespaces = (await plc.read(["i=2255"], encoding="raw"))["results"][0]["value"]
        index = {f"nsu={uri};": f"ns={number};" for number, uri in enumerate(namespaces)}
        return [index[name[: name.index(";") + 1]] + name[name.index(";") + 1 :] for name in names]

    def __enter__(self) -> Plant:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)


def reading(plant: Plant) -> None:
    """A read of one node and of a thousand: in Rust, from Python, and by asyncua."""
    for count in (1, len(plant.nodes)):
        rust, ours, columns = [], [], []
        for _ in range(5):
            rust.append(float(run(BUILT / "reads", plant.url, str(count), plant.file)))
            ours.append(asyncio.run(read(plant, count, "read")))
            columns.append(asyncio.run(read(plant, count, "read_columns")))
        theirs = float(run(PYTHON, HERE / "theirs.py", "read", plant.url, str(count), plant.file))
        told = [f"{statistics.median(times):.0f}" for times in (rust, ours, columns)]
        print(f"read of {count}: Rust {told[0]} µs, read {told[1]} µs, read_columns {told[2]} µs, asyncua {theirs:.0f} µs")


async def read(plant: Plant, count: int, method: str) -> float:
    """Microseconds."""
    async with iiot.Twin(plant.url) as plc:
        nodes, ask = plant.nodes[:count], getattr(plc, method)
        await ask(nodes)
        rounds = max(50, 5000 // count)
        begun = time.perf_counter()
        for _ in range(rounds):
            await ask(nodes)
        return (time.perf_counter() - begun) / rounds * 1e6


def subscribing(plant: Plant, seconds: float) -> None:
    """CPU time of a value, both clients at once at the same server."""
    count = str(len(plant.nodes))
    theirs = Client(PYTHON, HERE / "theirs.py", "subscribe", plant.url, str(seconds), count, plant.file)
    ours = Client(sys.executable, HERE / "ours.py", "subscribe", plant.url, str(seconds), plant.file)
    for client in (theirs, ours):
        client.begin()
    costs = []
    for name, client in (("asyncua", theirs), ("iiot", ours)):
        took = client.end()
        costs.append(took["cpu"] / took["values"])
        print(f"subscribe: {name} took {took['values']} values in {seconds:.0f} s, {costs[-1] * 1e6:.2f} µs of CPU each")
    print(f"subscribe: asyncua takes {costs[0] / costs[1]:.0f} times as much")


class Client:
    """A process that waits until all are ready."""

    def __init__(self, *command: str | Path) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout and self._process.stdout.readline() == "READY\n"

    def begin(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._process.communicate()[0])
        return told


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
