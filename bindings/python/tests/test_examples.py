"""The examples as they are run."""

from __future__ import annotations

import signal
import subprocess
import sys
import unittest

from plant import ROOT, Server

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


if __name__ == "__main__":
    unittest.main()
