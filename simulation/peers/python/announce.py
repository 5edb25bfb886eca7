"""Announces OPC UA servers by multicast DNS, with a responder that shares no code with ours.

    python announce.py --address 10.77.0.12 --port 4840 --name Press --path /UA/Press --caps LDS,DA [--type _opcua-tcp._tcp]

There need not be a server. Prints READY <name>; stops on SIGTERM.
"""

import argparse
import signal
import socket
import threading

from zeroconf import ServiceInfo, Zeroconf

parser = argparse.ArgumentParser()
for flag in ("address", "port", "name", "path", "caps"):
    parser.add_argument(f"--{flag}", required=True)
parser.add_argument("--type", default="_opcua-tcp._tcp")
options = parser.parse_args()

kind = f"{options.type}.local."
service = ServiceInfo(
    kind,
    f"{options.name}.{kind}",
    addresses=[socket.inet_aton(options.address)],
    port=int(options.port),
    properties={"path": options.path, "caps": options.caps},
    server=f"{options.name.lower()}.local.",
)
responder = Zeroconf(interfaces=[options.address])
responder.register_service(service)
print(f"READY {options.name}", flush=True)

stopped = threading.Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: stopped.set())
stopped.wait()
responder.close()
