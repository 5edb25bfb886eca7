"""Walks a server one node after the other, as the stack's own API invites to.

    python crawl.py opc.tcp://host:port START [--nodes 2000]

Prints `CRAWLED <nodes> <seconds>` when it has looked into that many nodes, or all.
"""

import argparse
import asyncio
import time

from asyncua import Client


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("start")
    parser.add_argument("--nodes", type=int, default=2000)
    options = parser.parse_args()
    async with Client(options.url, timeout=60) as client:
        waiting = [client.get_node(options.start)]
        known = {waiting[0].nodeid}
        started = time.monotonic()
        found = looked = 0
        while waiting and looked < options.nodes:
            looked += 1
            for reference in await waiting.pop().get_children_descriptions():
                if reference.NodeId not in known:
                    known.add(reference.NodeId)
                    found += 1
                    waiting.append(client.get_node(reference.NodeId))
        print(f"CRAWLED {looked} {time.monotonic() - started}", flush=True)


asyncio.run(main())
