"""The README: its quick starts run as written, its tables say what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest

from plant import HERE, ServerTest, operations

README = HERE.parent / "README.md"
ADDRESS = "opc.tcp://localhost:4840"


TABLE = re.compile(r"(?<=<!-- operations -->\n).*?(?=<!-- end -->)", re.DOTALL)


class Tables(unittest.TestCase):
    def test_the_table_of_operations_names_them_all(self) -> None:
        text = README.read_text("utf-8")
        wanted = TABLE.sub(lambda _: table(), text)
        if os.environ.get("IIOT_UPDATE"):
            README.write_text(wanted, "utf-8")
            text = wanted
        self.assertEqual(text, wanted, "the README is out of date: run the tests with IIOT_UPDATE=1")


def table() -> str:
    rows = ["| capability | operation | what it does | role |", "|---|---|---|---|"]
    for one in operations():
        name = f"`{one.name}`" + (" (stream)" if one.is_stream else "")
        rows.append(f"| {one.capability} | {name} | {one.summary} | {one.role} |")
    return "\n".join(rows) + "\n"


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
