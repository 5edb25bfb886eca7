"""Writes the pages of the reference, from the package that is installed and its docstrings.

    python reference.py OUT

It takes pdoc. Until Python 3.13 ``inspect`` parses a whole file to find one class in it, which are 700 in ``operations.py``: minutes
instead of seconds. So each file is parsed once here.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdoc

find_any = inspect.findsource


def find(thing: Any) -> tuple[list[str], int]:
    """The lines of a file, and the place of what is looked for."""
    file = inspect.getsourcefile(thing) if inspect.isclass(thing) else None
    line = lines(file).get(thing.__qualname__) if file else None
    return find_any(thing) if file is None or line is None else (linecache.getlines(file), line - 1)


@functools.cache
def lines(file: str) -> dict[str, int]:
    """Where the classes of a file begin."""
    return dict(classes(ast.parse(Path(file).read_text("utf-8"))))


def classes(node: ast.AST, within: str = "") -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield within + child.name, min([child, *child.decorator_list], key=lambda part: part.lineno).lineno
            yield from classes(child, f"{within}{child.name}.")


if __name__ == "__main__":
    inspect.findsource = find
    # Of every member of a dictionary type, whose place it does not find.
    warnings.filterwarnings("ignore", module="pdoc")
    pdoc.pdoc("iiot", output_directory=Path(sys.argv[1]))
