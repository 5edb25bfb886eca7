"""The README: its quick starts run as written, its tables say what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest

from plant import HERE, ServerTest

README = HERE.parent / "README.md"
ADDRESS = "opc.tcp://localhost:4840"


class QuickStart(ServerTest):
    def test_it_runs_as_written_with_nothing_but_the_package(self) -> None:
        programs = re.findall(r"<!-- quick start -->\n```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
        self.assertGreaterEqual(len(programs), 2)
        for program in programs:
            self.assertIn(ADDRESS, program)
            # The address alone is that of our server.
            self.run_alone(program.replace(ADDRESS, self.url))

    def run_alone(self, program: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        ran = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environment
        )
        self.assertEqual((ran.returncode, ran.stderr), (0, ""), program)
        self.assertGreater(len(ran.stdout.splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
