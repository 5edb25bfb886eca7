"""Prints the value of one variable, as this client reads it.

    python value.py opc.tcp://127.0.0.1:4844 'nsu=urn:iiot:peer:interop;s=Setpoint'
"""

import asyncio
import json
import sys

from asyncua import Client, ua


async def main(url, node):
    uri, identifier = node.removeprefix("nsu=").split(";s=")
    async with Client(url) as client:
        index = await client.get_namespace_index(uri)
        print(json.dumps(await client.get_node(ua.NodeId(identifier, index)).read_value()))


asyncio.run(main(*sys.argv[1:]))
