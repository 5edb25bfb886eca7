"""What type checkers say of the package as it is installed, and of what users write with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import typing
import unittest

from iiot import operations

from plant import HERE, PEERS, ROOT

TYPED = HERE / "typed"
APART = TYPED / "apart.ini"
LIGHTLY = ("-m", "mypy", "--strict", "--config-file", str(APART))


class Types(unittest.TestCase):
    cache: str

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cache = folder.name

    def test_mypy_finds_nothing(self) -> None:
        # What an operation answers is JSON, which is of the type that its description says.
        self.assert_clean("-m", "mypy", "--strict", "--no-warn-return-any", "--cache-dir", self.cache, "--package", "iiot")
        self.assert_clean(*LIGHTLY, "--cache-dir", self.cache, str(TYPED), str(ROOT / "examples/python"))

    def test_mypy_finds_what_is_wrong(self) -> None:
        wrong = "import iiot\nasync def f() -> None:\n    await iiot.Twin('opc.tcp://x').read(5)\n"
        found = self.run_python(*LIGHTLY, "--cache-dir", self.cache, "--command", wrong)
        self.assertIn('Argument 1 to "read" of "TwinOperations" has incompatible type "int"', found.stdout)

    def test_pyright_finds_nothing(self) -> None:
        command = ["-m", "pyright", "--project", str(TYPED), "--pythonpath", sys.executable, "--outputjson"]
        found = json.loads(self.run_python(*command).stdout)
        self.assertEqual(found["generalDiagnostics"], [])
        self.assertEqual(found["summary"]["filesAnalyzed"], len(list(TYPED.glob("*.py"))))

    def test_the_stub_says_what_the_native_part_has(self) -> None:
        self.assert_clean("-m", "mypy.stubtest", "--mypy-config-file", str(APART), "iiot._native")

    def test_what_operations_take_and_give_can_be_evaluated(self) -> None:
        described = [one for one in map(vars(operations).get, operations.__all__) if typing.is_typeddict(one)]
        self.assertGreater(len(described), 200)
        for one in described:
            self.assertTrue(typing.get_type_hints(one), one)

    def assert_clean(self, *arguments: str) -> None:
        found = self.run_python(*arguments)
        self.assertEqual(found.returncode, 0, found.stdout + found.stderr)

    def run_python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            cwd=tempfile.gettempdir(),
            env={**os.environ, "PYRIGHT_PYTHON_CACHE_DIR": str(PEERS / "bindings/pyright")},
        )


if __name__ == "__main__":
    unittest.main()
