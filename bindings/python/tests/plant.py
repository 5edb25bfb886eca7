"""Servers of another stack, each in a process of its own."""

from __future__ import annotations

import functools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SERVERS = ROOT / "simulation/peers"
PEERS = Path(os.environ.get("IIOT_PEERS", ROOT / "target/peers"))
PYTHON = PEERS / "python/bin/python"

NAMESPACE = "nsu=urn:iiot:peer:interop;s="
FOLDER = NAMESPACE + "Interop"
SETPOINT = NAMESPACE + "Setpoint"
COUNTER = NAMESPACE + "Counter"

# Those that write down what is true.
TRUE = {"interop_server.py", "counter_server.py"}


class Server:
    """``with Server() as server: server.url``"""

    def __init__(self, script: str = "interop_server.py", *flags: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        truth = str(Path(self._folder.name) / "truth.jsonl")
        common = ["--port", str(free_port()), "--data", self._folder.name]
        written = ["--truth", truth] if script in TRUE else []
        command = [*interpreted(script), *common, *written, *flags]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.url = self.line("READY").split()[1]

    def line(self, start: str) -> str:
        """The next line that it prints which starts like this."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(start):
                return line
        raise AssertionError(f"the server ended before it said {start}")

    def say(self, command: str) -> None:
        """Writes a line to it, and waits until that is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        self.line("DONE")

    def cpu(self) -> float:
        """Seconds of a processor that it has used."""
        return cpu(self._process.pid)

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()


class ServerTest(unittest.IsolatedAsyncioTestCase):
    """Tests that share a server."""

    script = "interop_server.py"
    flags: tuple[str, ...] = ()
    server: Server
    url: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(cls.script, *cls.flags)
        cls.addClassCleanup(cls.server.stop)
        cls.url = cls.server.url


def interpreted(script: str) -> list[str]:
    """How a server is started; those of Node.js find their packages beside them."""
    if script.endswith(".py"):
        return [str(PYTHON), str(SERVERS / "python" / script)]
    return ["node", str(Path(beside_packages().name) / "node" / script)]


@functools.cache
def beside_packages() -> tempfile.TemporaryDirectory[str]:
    folder: tempfile.TemporaryDirectory[str] = tempfile.TemporaryDirectory()
    place = Path(folder.name) / "node"
    shutil.copytree(SERVERS / "node", place)
    for shared in SERVERS.glob("*.*"):
        shutil.copy(shared, folder.name)
    (place / "node_modules").symlink_to(PEERS / "node/node_modules")
    return folder


def cpu(process: int) -> float:
    """Seconds of a processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass(frozen=True)
class Operation:
    """An operation, as the OpenAPI documents have it."""

    capability: str
    name: str
    summary: str
    role: str
    path: str
    request: dict[str, Any]
    is_stream: bool
    schemas: dict[str, Any]


@functools.cache
def operations() -> list[Operation]:
    """All there are, by capability and name; without those of one of many places, which are the same."""
    found: dict[tuple[str, str], Operation] = {}
    for file in sorted((ROOT / "docs").glob("openapi*.json")):
        document = json.loads(file.read_text("utf-8"))
        for path, methods in document["paths"].items():
            call = methods.get("post", {})
            capability, _, name = call.get("operationId", "").partition(".")
            if name and "." not in name and len(path.split("/")) <= 5:
                found[capability, name] = operation(capability, name, path, call, document["components"]["schemas"])
    return [found[key] for key in sorted(found)]


def operation(capability: str, name: str, path: str, call: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    is_stream = "text/event-stream" in call["responses"]["200"]["content"]
    request = resolved(body, schemas)
    return Operation(capability, name, call["summary"], call["x-iiot-role"], path, request, is_stream, schemas)


def resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where a reference leads to it."""
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
