"""The examples as they are run."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from collections.abc import Iterator
from pathlib import Path

import nbclient
import nbformat
from cryptography import x509
from jupyter_client.manager import AsyncKernelManager

from plant import COUNTER, ROOT, SETPOINT, Server, ServerTest
from platforms import Broker, Manager, Received

EXAMPLES = ROOT / "examples/python"
PATIENCE = 60.0


class Example:
    """``with Example("alarms.py", url) as alarms: alarms.line("acknowledged")``"""

    def __init__(self, script: str, *arguments: str) -> None:
        command = [sys.executable, str(EXAMPLES / script), *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said: list[str] = []

    def line(self, part: str) -> str:
        """The next line with this in it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            if part in line:
                return line
        raise AssertionError(f"it ended without {part!r}: {self.said}")

    def end(self, code: int = 0) -> list[str]:
        """All that it said, once it has ended."""
        out, _ = self._process.communicate(timeout=PATIENCE)
        self.said += out.splitlines()
        if self._process.returncode != code:
            raise AssertionError(f"it ended with {self._process.returncode}: {self.said}")
        return self.said

    def interrupt(self) -> int:
        """Ctrl-C; how it ended."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(PATIENCE)

    def __enter__(self) -> Example:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


class Examples(unittest.TestCase):
    def test_alarms_are_told_and_acknowledged(self) -> None:
        with Server("events.mjs") as plant, Example("alarms.py", plant.url, "--acknowledge", "on my way") as alarms:
            plant.say("speed 150")
            alarms.line("active new")
            alarms.line("acknowledged SpeedAlarm: Good")
            alarms.line("active seen")
            self.assertEqual(alarms.interrupt(), 0)

    def test_certificates_are_enrolled(self) -> None:
        with Manager() as manager, tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "token").write_text(manager.invitation(), "utf-8")
            flags = ["--token-file", str(folder / "token"), "--uri", "urn:plant:press", "--host", "press.plant"]
            flags += ["--pki", str(folder / "pki")]
            with Example("enroll.py", manager.url, *flags) as enroll:
                self.assertIn(": pending", enroll.end(code=4)[0])
            manager.agree()
            with Example("enroll.py", manager.url, *flags) as enroll:
                said = enroll.end()
            self.assertIn(": issued", said[0])
            self.assertIn("trust lists", said[-1])
            certificate = x509.load_der_x509_certificate((folder / "pki/own/certs/certificate.der").read_bytes())
            issuer = x509.load_der_x509_certificate((folder / "pki/own/issuers/0.der").read_bytes())
            certificate.verify_directly_issued_by(issuer)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            self.assertEqual(names.get_values_for_type(x509.UniformResourceIdentifier), ["urn:plant:press"])


class OnAServer(ServerTest):
    def test_servers_are_found_and_browsed(self) -> None:
        port = self.url.rpartition(":")[2]
        with Example("discover.py", "127.0.0.1", "--ports", port) as discover:
            said = discover.end()
        self.assertTrue(any("urn:iiot:peer:interop" in line for line in said), said)
        self.assertTrue(any("Interop" in line for line in said), said)

    def test_values_are_gathered_and_plotted(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "values.png"
            flags = ["--seconds", "2", "--plot", str(file)]
            with Example("to_pandas.py", self.url, COUNTER, SETPOINT, *flags) as gather:
                said = gather.end()
            self.assertIn("plotted", said[-1])
            self.assertEqual(file.read_bytes()[:4], b"\x89PNG")

    def test_the_notebook_runs(self) -> None:
        notebook = nbformat.read(EXAMPLES / "values.ipynb", as_version=4)
        environment = {"IIOT_URL": self.url, "IIOT_NODES": f"{COUNTER} {SETPOINT}"}
        with unittest.mock.patch.dict("os.environ", environment), kernel() as manager:
            nbclient.NotebookClient(notebook, timeout=PATIENCE, km=manager).execute(cleanup_kc=True)
        frames = [str(output.get("data")) for cell in notebook.cells for output in cell.get("outputs", [])]
        self.assertTrue(any(COUNTER in frame for frame in frames), frames)
        self.assertTrue(any("image/png" in frame for frame in frames), frames)


class AtABroker(unittest.TestCase):
    def test_values_reach_an_mqtt_broker(self) -> None:
        with Broker() as broker, Received(broker.port, "plant/press/#") as received:
            with Example("publish_mqtt.py", f"mqtt://127.0.0.1:{broker.port}", "--seconds", "2") as publish:
                self.assertIn("everything is with the broker", publish.end())
            text = received.until(lambda payloads: any("pressure" in one and "running" in one for one in payloads))
        self.assertIn("press-1", text)


@contextlib.contextmanager
def kernel() -> Iterator[AsyncKernelManager]:
    """Of this Python, wherever others are registered."""
    manager = AsyncKernelManager()
    manager.kernel_spec.argv[0] = sys.executable
    yield manager


if __name__ == "__main__":
    unittest.main()
