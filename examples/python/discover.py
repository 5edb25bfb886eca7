"""Finds the OPC UA servers of a network and shows what lies in them.

    python discover.py 192.168.1.0/24
    python discover.py 127.0.0.1 --ports 4840-4850
"""

from __future__ import annotations

import argparse
import asyncio

import iiot
from iiot.operations import FoundServer, ScanPlan


async def discover(addresses: list[str], ports: list[str]) -> None:
    plan: ScanPlan = {"addresses": addresses, "ports": ports}
    async with iiot.Discovery() as discovery:
        started = await discovery.start(plan)
        print(f"{started['planned']} addresses and ports to try", flush=True)
        async for _ in discovery.progress(started["run"]):
            pass
        answer = await discovery.results(started["run"], limit=1000)
        for result in answer["results"]:
            if result["is"] == "server":
                await show(result)


async def show(server: FoundServer) -> None:
    uri, endpoints = server["description"]["applicationUri"], server["endpoints"]
    print(f"{uri} at {', '.join(server['addresses'])}")
    for endpoint in endpoints:
        print(f"  {endpoint['description']['securityMode']} {endpoint['description']['securityPolicyUri']}")
    for finding in server["findings"]:
        print(f"  ! {finding['message']}")
    async with iiot.Twin(endpoints[0]["description"]["url"]) as twin:
        for reference in (await twin.browse(["i=85"]))["results"][0].get("references", []):
            print(f"  {reference['node']} {reference['displayName']}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="finds OPC UA servers and browses them")
    parser.add_argument("addresses", nargs="+", help="10.0.0.0/24, 10.0.0.1-10.0.0.99, plc-7.plant.example")
    parser.add_argument("--ports", nargs="+", default=["4840"], help="4840, 48000-48100")
    flags = parser.parse_args()
    asyncio.run(discover(flags.addresses, flags.ports))


if __name__ == "__main__":
    main()
