"""The cases that each face of a twin must pass, through the methods of the package, on servers of other stacks."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import time
import unittest
from collections.abc import Callable
from typing import Any

import iiot
import iiot.sync

from plant import ROOT, ServerTest

CASES = ROOT / "iiot-twin/tests/twin/cases"
PATIENCE = 10.0
Ask = Callable[[str, dict[str, Any]], Any]


class OnAsyncua(ServerTest):
    async def test_async(self) -> None:
        async with iiot.Twin(self.url) as plc:
            await passed(plc, ["interop", "reach"], "asyncua")

    async def test_sync(self) -> None:
        with iiot.sync.Twin(self.url) as plc:
            await passed(plc, ["interop", "reach"], "asyncua")


class OnNodeOpcua(ServerTest):
    script = "events.mjs"

    async def test_alarms(self) -> None:
        async with iiot.Twin(self.url) as plc:
            await passed(plc, ["alarms"], "node-opcua")


async def passed(twin: Any, files: list[str], server: str) -> None:
    """All that do not are told together."""
    cases = [case for file in files for case in json.loads((CASES / f"{file}.json").read_text("utf-8"))]
    cases = [case for case in cases if server not in case.get("lacks", [])]
    wrong = [f"{case['name']}: {why}" for case in cases if (why := await in_time(twin, case))]
    if wrong:
        raise AssertionError("\n".join(wrong))
    if len(cases) < 25:
        raise AssertionError(f"there are only {len(cases)} cases")


async def in_time(twin: Any, case: dict[str, Any]) -> str | None:
    """Until it is as expected, where that takes a moment."""
    until = time.monotonic() + (PATIENCE if case.get("eventually") else 0)
    while (why := await judged(twin, case)) and time.monotonic() < until:
        await asyncio.sleep(0.1)
    return why


async def judged(twin: Any, case: dict[str, Any]) -> str | None:
    try:
        found = await asked(twin, case["operation"], case["request"])
    except iiot.Error as error:
        return None if error.code == case.get("failure") else f"it failed: {error}"
    if "response" not in case:
        return f"it was answered {found}"
    why = misfit(found, case["response"], "#")
    return why and f"{why}\n  of {found}"


async def asked(twin: Any, operation: str, request: dict[str, Any]) -> Any:
    """By the method, with arguments as Python spells them. A twin is of one endpoint, but cases ask for others too."""
    arguments = {snake(name): value for name, value in request.items() if name != "endpoint"}
    twin = other(twin, request["endpoint"]) if "endpoint" in request else twin
    answer = getattr(twin, operation)(**arguments)
    if isinstance(answer, iiot.Stream):
        return [item async for item in answer]
    if isinstance(answer, iiot.sync.Stream):
        return list(answer)
    return await answer if asyncio.iscoroutine(answer) else answer


def other(twin: Any, endpoint: str) -> Any:
    """The same connection, asked for another endpoint."""
    same = copy.copy(twin)
    same._about = {"endpoint": endpoint}
    return same


def snake(name: str) -> str:
    return re.sub("([A-Z])", lambda letter: "_" + letter[1].lower(), name)


def misfit(found: Any, expected: Any, at: str) -> str | None:
    """Objects may have more members than expected. ``"$any"`` stands for anything but null, ``"$bad"`` for a bad status,
    ``{"$has": […]}`` for a list with at least these elements, ``{"$length": n}`` for one of that length."""
    wrong = f"{at} is {found} and not {expected}"
    if expected == "$any":
        return wrong if found is None else None
    if expected == "$bad" and isinstance(found, str) and found.startswith("Bad"):
        return None
    if isinstance(found, list) and isinstance(expected, dict):
        return has(found, expected, at, wrong)
    if isinstance(found, dict) and isinstance(expected, dict):
        return first(misfit(found.get(name), wanted, f"{at}/{name}") for name, wanted in expected.items())
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected))
        return first(misfit(one, wanted, f"{at}/{index}") for index, (one, wanted) in pairs)
    return None if found == expected and type(found) is type(expected) else wrong


def has(found: list[Any], matcher: dict[str, Any], at: str, wrong: str) -> str | None:
    if "$has" in matcher:
        absent = [wanted for wanted in matcher["$has"] if all(misfit(one, wanted, at) for one in found)]
        return f"{at} has no {absent[0]}" if absent else None
    return None if matcher.get("$length") == len(found) else wrong


def first(reasons: Any) -> str | None:
    return next((why for why in reasons if why), None)


if __name__ == "__main__":
    unittest.main()
