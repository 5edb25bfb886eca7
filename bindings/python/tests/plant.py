"""Servers of another stack, each in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path
from types import TracebackType
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SERVERS = ROOT / "simulation/peers/python"
PEERS = Path(os.environ.get("IIOT_PEERS", ROOT / "target/peers"))
PYTHON = PEERS / "python/bin/python"

NAMESPACE = "nsu=urn:iiot:peer:interop;s="
FOLDER = NAMESPACE + "Interop"
SETPOINT = NAMESPACE + "Setpoint"
COUNTER = NAMESPACE + "Counter"


class Server:
    """``with Server() as server: server.url``"""

    def __init__(self, script: str = "interop_server.py", *flags: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        truth = str(Path(self._folder.name) / "truth.jsonl")
        common = ["--port", str(free_port()), "--data", self._folder.name]
        written = ["--truth", truth] if script != "alarms_server.py" else []
        command = [str(PYTHON), str(SERVERS / script), *common, *written, *flags]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
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


def cpu(process: int) -> float:
    """Seconds of a processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def documents() -> list[dict[str, Any]]:
    """What is known of the operations."""
    return [json.loads(file.read_text("utf-8")) for file in sorted((ROOT / "docs").glob("openapi*.json"))]
