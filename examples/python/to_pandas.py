"""Subscribes to values, gathers them in a pandas frame and plots them.

    pip install "iiot[pandas]" matplotlib
    python to_pandas.py opc.tcp://plc:4840 "ns=2;s=Speed" "ns=2;s=Pressure" --seconds 10 --plot values.png
"""

from __future__ import annotations

import argparse
import asyncio
import time

import matplotlib
import pandas

import iiot
from iiot.operations import WatchedItem


async def gather(url: str, nodes: list[str], seconds: float) -> pandas.DataFrame:
    items: list[WatchedItem] = [{"node": node, "samplingIntervalMs": 100, "queueSize": 20} for node in nodes]
    frames: list[pandas.DataFrame] = []
    async with iiot.Twin(url) as plc, plc.watch_columns(items, publishing_interval_ms=500) as values:
        until = time.monotonic() + seconds
        async for columns in values:
            if columns.gap is not None:
                print(f"values are missing: {columns.gap['reason']}")
            frames.append(columns.to_pandas())
            if time.monotonic() > until:
                break
    return pandas.concat(frames, ignore_index=True)


def plot(frame: pandas.DataFrame, file: str) -> None:
    matplotlib.use("agg")
    wide = frame.pivot_table(index="source_timestamp", columns="node", values="value", observed=True).ffill()
    axes = wide.plot(drawstyle="steps-post", figsize=(9, 4), title="values")
    axes.figure.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(description="values of a server in a pandas frame, and as a plot")
    parser.add_argument("url", help="opc.tcp://HOST:PORT/PATH")
    parser.add_argument("nodes", nargs="+", help="node ids")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--plot", metavar="FILE", default="values.png")
    flags = parser.parse_args()
    frame = asyncio.run(gather(flags.url, flags.nodes, flags.seconds))
    print(frame.groupby("node", observed=True)["value"].describe().to_string())
    plot(frame, flags.plot)
    print(f"plotted {len(frame)} values into {flags.plot}")


if __name__ == "__main__":
    main()
