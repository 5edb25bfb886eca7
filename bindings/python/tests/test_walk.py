"""Every operation that there is, and every kind of error, through both faces."""

from __future__ import annotations

import asyncio
import inspect
import re
import unittest
from typing import Any

import iiot
import iiot.sync
from iiot import errors
from iiot._native import kinds

from plant import Operation, operations, resolved
from stub import KEY, Stub

ENDPOINT = "opc.tcp://plc:4840"
CAPABILITIES = {"edge": "publisher"}


class Walk(unittest.TestCase):
    def setUp(self) -> None:
        self.stub = Stub()
        self.addCleanup(self.stub.stop)

    def test_every_operation_is_asked_for_as_it_is_described(self) -> None:
        self.assertGreaterEqual(len(operations()), 100)
        for operation in operations():
            request = sample(operation.request, operation.schemas)
            for ask in (self.asynchronously, self.waiting):
                with self.subTest(f"{operation.capability}.{operation.name} {ask.__name__}"):
                    self.stub.asked.clear()
                    answer = ask(operation, request)
                    self.assertEqual(answer, [{}] if operation.is_stream else {})
                    self.assert_asked(operation, request)

    def assert_asked(self, operation: Operation, request: dict[str, Any]) -> None:
        [(path, body)] = self.stub.asked
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))
        self.assertRegex(path, f"^{pattern}$")
        self.assertEqual({name: body[name] for name in request}, request)

    def test_every_kind_of_error_is_an_exception_of_its_own(self) -> None:
        twin = {one.name: one for one in operations() if one.capability == "twin"}
        codes = [code for code, _ in kinds()]
        self.assertEqual(set(codes), set(errors.KINDS))
        for code in codes:
            for name in ("browse", "watch_values"):
                for ask in (self.asynchronously, self.waiting):
                    with self.subTest(f"{code} {name} {ask.__name__}"):
                        self.stub.problem = code
                        with self.assertRaises(iiot.Error) as raised:
                            ask(twin[name], {"nodes": ["i=85"]})
                        self.assert_is(raised.exception, code, f"twin.{name}")

    def test_a_stream_ends_with_its_error_behind_its_items(self) -> None:
        with iiot.sync.Http(self.stub.url, api_key=KEY).twin(ENDPOINT) as plc:
            for code, _ in kinds():
                self.stub.breaks = code
                items = plc.watch_values(["i=85"])
                self.assertEqual(next(items), {})
                with self.assertRaises(iiot.Error) as raised:
                    next(items)
                self.assert_is(raised.exception, code, "twin.watch_values")
                self.assertIsNone(next(items, None))

    def assert_is(self, error: iiot.Error, code: str, operation: str) -> None:
        self.assertIs(type(error), errors.KINDS[code])
        self.assertEqual((error.code, error.retryable), (code, code != "unavailable"))
        self.assertEqual((error.operation, error.context["node"]), (operation, "i=85"))
        self.assertIn(f"it is {code}", str(error))

    def asynchronously(self, operation: Operation, request: dict[str, Any]) -> Any:
        async def ask() -> Any:
            async with face(iiot.Http(self.stub.url, api_key=KEY), operation) as reached:
                answer = getattr(reached, operation.name)(**arguments(request))
                if isinstance(answer, iiot.Stream):
                    return [item async for item in answer]
                return await answer

        return asyncio.run(ask())

    def waiting(self, operation: Operation, request: dict[str, Any]) -> Any:
        with face(iiot.sync.Http(self.stub.url, api_key=KEY), operation) as reached:
            answer = getattr(reached, operation.name)(**arguments(request))
            return list(answer) if isinstance(answer, iiot.sync.Stream) else answer


def face(place: Any, operation: Operation) -> Any:
    """The capability there; that of a twin is of an endpoint."""
    reached = getattr(place, CAPABILITIES.get(operation.capability, operation.capability))
    return reached(*[ENDPOINT] * len(inspect.signature(reached).parameters))


def arguments(request: dict[str, Any]) -> dict[str, Any]:
    """As Python spells them."""
    names = {name: re.sub("([A-Z])", lambda letter: "_" + letter[1].lower(), name) for name in request}
    return {names[name] + "_" * (names[name] in WORDS): value for name, value in request.items()}


def sample(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The smallest value that a schema takes."""
    schema = resolved(schema, schemas)
    for one in ("oneOf", "anyOf", "allOf"):
        if one in schema:
            return sample(schema[one][0], schemas)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: sample(schema["properties"][name], schemas) for name in schema.get("required", [])}
    return {"array": [], "integer": 1, "number": 1.5, "boolean": True, "null": None}.get(str(kind), "x")


WORDS = {"from", "class", "in", "global"}

if __name__ == "__main__":
    unittest.main()
