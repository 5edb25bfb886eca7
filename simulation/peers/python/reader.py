"""A client that reads what another one has done.

    python reader.py --port 0 --url opc.tcp://127.0.0.1:4844

Prints READY. A line `NODE PATH` on standard input, as `nsu=urn:iiot:peer:events;s=SpeedAlarm AckedState/Id`, is answered by
a line `READ` with the value of the variable at the end of the path: JSON, a LocalizedText as its text.
"""

import argparse
import asyncio
import json
import sys

from asyncua import Client, ua


async def main():
    parser = argparse.ArgumentParser()
    for name in ("--port", "--data", "--url"):
        parser.add_argument(name)
    options = parser.parse_args()
    async with Client(options.url) as client:
        print(f"READY {options.url}", flush=True)
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            node, path = line.split(" ", 1)
            uri, identifier = node.removeprefix("nsu=").split(";s=")
            start = client.get_node(ua.NodeId(identifier, await client.get_namespace_index(uri)))
            found = await start.get_child([f"0:{name}" for name in path.split("/")])
            print("READ", json.dumps(plain(await found.read_value())), flush=True)


def plain(value):
    return value.Text if isinstance(value, ua.LocalizedText) else value


asyncio.run(main())
