"""The pages of the reference."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from plant import ROOT


class Reference(unittest.TestCase):
    def test_it_is_made_of_the_docstrings(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            command = [sys.executable, ROOT / "bindings/python/reference.py", name]
            subprocess.run(command, check=True, timeout=300, capture_output=True)
            pages = {page: (Path(name) / f"iiot/{page}.html").read_text("utf-8") for page in ("operations", "errors", "sync")}
        self.assertIn("How long ago the value may have been read", pages["operations"])
        self.assertIn('id="Unavailable"', pages["errors"])
        self.assertIn('id="Twin"', pages["sync"])


if __name__ == "__main__":
    unittest.main()
