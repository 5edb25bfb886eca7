"""What else may listen at the port of OPC UA: a web server, one that says nothing, one that hangs up.

    python bystander.py --host 10.77.0.31 --port 4840 --kind http|silent|reset

Prints READY <kind>.
"""

import argparse
import socket
import struct
import threading

PAGE = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def http(connection):
    connection.recv(4096)
    connection.sendall(PAGE)
    connection.close()


def silent(connection):
    # Until the other side has had enough.
    while connection.recv(4096):
        pass


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


parser = argparse.ArgumentParser()
for flag in ("host", "port", "kind"):
    parser.add_argument(f"--{flag}", required=True)
options = parser.parse_args()
listener = socket.create_server((options.host, int(options.port)))
print(f"READY {options.kind}", flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target={"http": http, "silent": silent, "reset": reset}[options.kind], args=(connection,), daemon=True).start()
