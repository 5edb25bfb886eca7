"""A broker, and processes of the platform, as operators start them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt

import iiot.sync
from plant import ROOT, free_port

BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/examples"
PATIENCE = 60.0


class Started:
    """A process in a folder of its own."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name)
        self._process: subprocess.Popen[str] | None = None

    def start(self, *command: str | Path, env: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)

    def line(self, part: str) -> str:
        """The next line with this in it."""
        assert self._process and self._process.stdout
        said = []
        for line in self._process.stdout:
            said.append(line)
            if part in line:
                return line
        raise AssertionError(f"it ended without {part!r}: {said}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=PATIENCE)
        self._temporary.cleanup()


class Broker(Started):
    """``with Broker() as broker: broker.port``"""

    def __enter__(self) -> Broker:
        self.port = free_port()
        settings = self.folder / "mosquitto.conf"
        settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n", "utf-8")
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
        mosquitto = shutil.which("mosquitto", path=path)
        assert mosquitto, "please install mosquitto"
        self.start(mosquitto, "-v", "-c", settings)
        self.line("running")
        # What it says else is of no interest, but must not fill the pipe.
        threading.Thread(target=self._drain, daemon=True).start()
        return self

    def _drain(self) -> None:
        assert self._process and self._process.stdout
        for _ in self._process.stdout:
            pass

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._temporary.cleanup()


class Received:
    """What an independent client receives of a topic."""

    def __init__(self, port: int, topic: str) -> None:
        self._payloads: list[str] = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _data, message: self._take(message.payload.decode())
        self._client.connect("127.0.0.1", port)

    def _take(self, payload: str) -> None:
        with self._changed:
            self._payloads.append(payload)
            self._changed.notify_all()

    def until(self, is_enough: Callable[[list[str]], bool]) -> str:
        """All of it, once there is enough."""
        with self._changed:
            if not self._changed.wait_for(lambda: is_enough(self._payloads), PATIENCE):
                raise AssertionError(f"there is only {self._payloads}")
            return "\n".join(self._payloads)

    def __enter__(self) -> Received:
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Manager(Started):
    """A certificate manager with authorities: ``with Manager() as manager: manager.url, manager.invitation()``"""

    def __enter__(self) -> Manager:
        passphrase = self.folder / "passphrase"
        passphrase.write_text("correct horse battery staple", "utf-8")
        env = {**os.environ, "IIOT_KEY_PASSPHRASE_FILE": str(passphrase)}
        public, command = f"http://127.0.0.1:{free_port()}", [str(BUILT / "gds"), "--data", str(self.folder / "data")]
        setup = ["setup", "--organization", "Plant", "--by", "alice", "--authority-key", "p256", "--public-url", public]
        subprocess.run([*command, *setup], env=env, check=True, capture_output=True)
        first = subprocess.run([*command, "key", "first", "alice"], env=env, check=True, capture_output=True, text=True)
        self._key = first.stdout.split()[-1]
        self.start(*command, "--http", f"127.0.0.1:{free_port()}", "--public", public, env=env)
        self.url = self.line("HTTP is served at").split("served at ")[1].split()[0]
        return self

    def place(self) -> iiot.sync.Http:
        """For its administrator."""
        return iiot.sync.Http(self.url, api_key=self._key)

    def invitation(self) -> str:
        """The token of one."""
        with self.place().enrolment() as enrolment:
            return enrolment.invite()["token"]

    def agree(self) -> None:
        """Approves the one request that waits."""
        with self.place().certificates() as certificates:
            [waiting] = certificates.requests(state="new")["requests"]
            certificates.vote(choice="approve", digest=waiting["digest"], id=waiting["request"]["id"], of="request")

    def __exit__(self, *_: object) -> None:
        self.stop()
