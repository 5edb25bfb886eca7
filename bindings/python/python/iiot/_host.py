"""Calls of the native part into Python: each is a task of an event loop, whose answer goes back when it is there."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from .errors import Error
from .ports import Message, Registry, Transport

if TYPE_CHECKING:
    from ._native import Answer

Given = tuple[Any, bytes]


class Host:
    """An implementation, called in the threads of the native part and carried out in an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: dict[int, AsyncIterator[Any]] = {}
        self._waiting: dict[int, asyncio.Task[Any]] = {}

    def ask(self, method: str, members: bytes, payload: bytes, answer: Answer) -> None:
        """Any thread calls it; it returns at once."""
        self._loop.call_soon_threadsafe(self._begin, method, members, payload, answer)

    def _begin(self, method: str, members: bytes, payload: bytes, answer: Answer) -> None:
        task = self._loop.create_task(self._carry_out(method, members, payload, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, method: str, members: bytes, payload: bytes, answer: Answer) -> None:
        try:
            given, content = await getattr(self, method)(json.loads(members or b"null"), payload)
            answer.give(json.dumps(given).encode(), content)
        except BaseException as error:
            code, retryable = told(error)
            answer.fail(method, code, str(error) or type(error).__name__, retryable)
            if not isinstance(error, Exception):
                raise

    def _keep(self, stream: AsyncIterator[Any]) -> Given:
        number = max(self._streams, default=0) + 1
        self._streams[number] = stream
        return {"subscription": number}, b""

    async def _next(self, number: int) -> Any:
        """The next item, or ``None`` at the end."""
        stream = self._streams.get(number)
        if stream is None:
            return None
        self._waiting[number] = waiting = asyncio.ensure_future(anext(stream, None))
        try:
            return await waiting
        except asyncio.CancelledError:
            if number in self._streams:
                raise
            return None
        finally:
            self._waiting.pop(number, None)

    async def _drop(self, number: int) -> None:
        """Nobody reads it any more."""
        stream, waiting = self._streams.pop(number, None), self._waiting.get(number)
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait([waiting])
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


class TransportHost(Host):
    """A transport that Python implements."""

    def __init__(self, transport: Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._transport = transport

    async def describe(self, _members: Any, _payload: bytes) -> Given:
        about: dict[str, Any] = {"address": self._transport.address, "maxPayload": self._transport.max_payload}
        return about | {"carries": self._transport.carries}, b""

    async def publish(self, members: dict[str, Any], payload: bytes) -> Given:
        await self._transport.publish(message(members, payload))
        return None, b""

    async def subscribe(self, members: dict[str, Any], _payload: bytes) -> Given:
        return self._keep(await self._transport.subscribe(members["filter"]))

    async def next(self, members: dict[str, Any], _payload: bytes) -> Given:
        received = await self._next(members["subscription"])
        return (None, b"") if received is None else (head(received), received.payload)

    async def unsubscribe(self, members: dict[str, Any], _payload: bytes) -> Given:
        await self._drop(members["subscription"])
        return None, b""

    async def close(self, _members: Any, _payload: bytes) -> Given:
        # It stays the program's own.
        return None, b""


class RegistryHost(Host):
    """A registry that Python implements."""

    def __init__(self, registry: Registry, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._registry = registry

    async def get(self, members: dict[str, Any], _payload: bytes) -> Given:
        return await self._registry.get(members["key"]), b""

    async def commit(self, members: dict[str, Any], _payload: bytes) -> Given:
        return await self._registry.commit(members["changes"]), b""

    async def query(self, members: dict[str, Any], _payload: bytes) -> Given:
        return await self._registry.query(members), b""

    async def watch(self, members: dict[str, Any], _payload: bytes) -> Given:
        return self._keep(await self._registry.watch(members["after"]))

    async def next(self, members: dict[str, Any], _payload: bytes) -> Given:
        return await self._next(members["subscription"]), b""

    async def unwatch(self, members: dict[str, Any], _payload: bytes) -> Given:
        await self._drop(members["subscription"])
        return None, b""


MEMBERS = {
    "topic": "topic",
    "contentType": "content_type",
    "quality": "quality",
    "retain": "retain",
    "expiry": "expiry",
    "responseTopic": "response_topic",
    "id": "id",
}


def message(members: dict[str, Any], payload: bytes) -> Message:
    given = {name: members[member] for member, name in MEMBERS.items() if member in members}
    correlation = base64.b64decode(members["correlation"]) if "correlation" in members else None
    properties = [(name, value) for name, value in members.get("properties", [])]
    return Message(payload=payload, correlation=correlation, properties=properties, **given)


def head(message: Message) -> dict[str, Any]:
    """All but the payload."""
    members = {member: getattr(message, name) for member, name in MEMBERS.items()}
    members["properties"] = message.properties
    if message.correlation is not None:
        members["correlation"] = base64.b64encode(message.correlation).decode()
    return {member: value for member, value in members.items() if value is not None}


def told(error: BaseException) -> tuple[str, bool]:
    """The kind of an exception, and whether the same may be tried again."""
    if isinstance(error, Error):
        return error.code, error.retryable
    if isinstance(error, TimeoutError):
        return "timeout", True
    if isinstance(error, OSError):
        return "unavailable", True
    return ("cancelled", False) if isinstance(error, asyncio.CancelledError) else ("internal", False)


def hosts(
    transports: Mapping[str, Transport] | None, registry: Registry | None, loop: asyncio.AbstractEventLoop
) -> tuple[dict[str, Host], Host | None]:
    """As the native part takes them."""
    of_transports: dict[str, Host] = {key: TransportHost(one, loop) for key, one in (transports or {}).items()}
    return of_transports, None if registry is None else RegistryHost(registry, loop)


def own_loop() -> asyncio.AbstractEventLoop:
    """A loop in a thread of its own, for programs that have none."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="iiot ports", daemon=True).start()
    return loop
