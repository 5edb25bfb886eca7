"""A server of another stack, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

PEERS = Path(__file__).parents[3] / "simulation/peers/python"


class Server:
    """`with Server() as url`"""

    def __enter__(self) -> str:
        port = _free_port()
        self._folder = tempfile.TemporaryDirectory()
        truth = str(Path(self._folder.name) / "truth.jsonl")
        server = [str(PEERS / "interop_server.py"), "--port", str(port), "--data", self._folder.name, "--truth", truth]
        command = [sys.executable, *server]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("READY"):
                return line.split()[1]
        raise AssertionError("the server did not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def environment() -> dict[str, str]:
    """So that a new process finds the same package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
