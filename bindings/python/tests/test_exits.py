"""Processes that end in every way; more of them in `cargo xtask soak`."""

from __future__ import annotations

import unittest

import exits
from ending import ENDINGS, FEATURES
from plant import ServerTest


class Exits(ServerTest):
    def test_no_process_ends_otherwise_than_it_should(self) -> None:
        self.assertEqual(exits.run(len(FEATURES) * len(ENDINGS), self.url), [])


if __name__ == "__main__":
    unittest.main()
