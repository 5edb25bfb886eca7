"""A small server on an address of its own, for those who search networks.

    python plain_server.py --host 10.77.0.11 --port 4840 --uri urn:plant:press --name Press [--reported 192.168.9.2]

It reports the host that it listens at, or another one. Prints READY <url>.
"""

import argparse
import asyncio
import signal

from asyncua import Server, ua


async def main(options):
    server = Server()
    await server.init()
    await server.set_application_uri(options.uri)
    server.set_server_name(options.name)
    server.product_uri = f"{options.uri}:product"
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    host = f"[{options.host}]" if ":" in options.host else options.host
    server.set_endpoint(f"opc.tcp://{host}:{options.port}/plain")
    if options.reported:
        report_as(server, options.reported, options.port)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with server:
        print(f"READY opc.tcp://{host}:{options.port}/plain", flush=True)
        await stopped.wait()


def report_as(server, host, port):
    """Has every endpoint say that it is elsewhere, as servers behind address translation do."""
    told = server.iserver.get_endpoints

    async def elsewhere(*arguments, **more):
        endpoints = await told(*arguments, **more)
        for endpoint in endpoints:
            endpoint.EndpointUrl = f"opc.tcp://{host}:{port}/plain"
        return endpoints

    server.iserver.get_endpoints = elsewhere


parser = argparse.ArgumentParser()
for flag in ("host", "port", "uri", "name"):
    parser.add_argument(f"--{flag}", required=True)
parser.add_argument("--reported")
asyncio.run(main(parser.parse_args()))
