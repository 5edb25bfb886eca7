"""What the operations are called through: JSON to the native part and back."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from datetime import datetime, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ._host import hosts, own_loop
from ._options import Way
from .columns import Columns

if TYPE_CHECKING:
    from ._native import ColumnItems, Items
    from ._native import Face as NativeFace
    from ._process import Process, SyncProcess

    Reach = Callable[[], Coroutine[Any, Any, NativeFace]]

Item = TypeVar("Item")
Self = TypeVar("Self")

UNSET: Any = type("Unset", (), {"__repr__": lambda _: "UNSET", "__bool__": lambda _: False})()
"""What an argument is that was left out. ``None`` is not the same: it is sent as null."""

BATCH = 256
"""Items that cross at once, at most."""


def each(member: str, items: Any) -> Any:
    """Items of which a text says everything, as objects."""
    if items is UNSET:
        return UNSET
    if isinstance(items, str):
        raise TypeError(f"a list is needed, not one text: [{items!r}]")
    return [{member: item} if isinstance(item, str) else item for item in cast("Sequence[Any]", items)]


def named(items: Any) -> tuple[list[str], list[Any]]:
    """Nodes by their names, and as objects."""
    objects = each("node", items)
    return [item["node"] for item in objects], objects


def encode(members: dict[str, Any]) -> bytes:
    """JSON without what was left out."""
    return dumps({name: value for name, value in members.items() if value is not UNSET})


def dumps(value: Any) -> bytes:
    """JSON of what Python has: times in UTC, bytes in Base64, scalars and arrays of numpy."""
    return _JSON.encode(value).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    for method in ("item", "tolist"):
        if hasattr(value, method):
            return getattr(value, method)()
    raise TypeError(f"{type(value).__name__} has no JSON form")


_JSON = json.JSONEncoder(default=_plain, separators=(",", ":"))


class _Reached:
    """What both faces hold."""

    _capability: str
    _of: str | None = None

    def __init__(self, source: Way | Process | SyncProcess, of: str | None = None) -> None:
        self._source = source
        self._about = {} if self._of is None else {self._of: of}
        self._native: NativeFace | None = None

    def _request(self, members: dict[str, Any]) -> bytes:
        return encode({**self._about, **members})

    def __repr__(self) -> str:
        about = "".join(f" {value}" for value in self._about.values())
        return f"<{type(self).__name__}{about}>"


class Face(_Reached):
    """A capability; reached with its first operation, closed at the end of ``async with``."""

    _reaching: asyncio.Future[NativeFace] | None = None

    async def _reach(self) -> NativeFace:
        """Reached once, for all who wait; whoever gives up leaves it to the others."""
        if self._native is None:
            if self._reaching is None or (self._reaching.done() and self._reaching.exception()):
                self._reaching = asyncio.ensure_future(self._reached())
            self._native = await asyncio.shield(self._reaching)
        return self._native

    async def _reached(self) -> NativeFace:
        from ._native import Face as native

        if isinstance(self._source, Way):
            transports, _ = hosts(self._source.transports, None, asyncio.get_running_loop())
            return await native.reach(self._capability, encode(self._source.options), transports)
        return await cast("Process", self._source).face(self._capability)

    async def _call(self, name: str, members: dict[str, Any]) -> Any:
        face = self._native or await self._reach()
        return json.loads(await face.call(name, self._request(members)))

    def _open(self, name: str, members: dict[str, Any]) -> Stream[Any]:
        request = self._request(members)
        return Stream(lambda face: face.open(name, request), self._reach)

    async def close(self) -> None:
        """Ends sessions and connections. What is called afterwards raises :class:`iiot.errors.Closed`."""
        if self._native is not None:
            await self._native.close()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class SyncFace(_Reached):
    """A capability whose operations are waited for; closed at the end of ``with``."""

    def _reach(self) -> NativeFace:
        if self._native is None:
            self._native = self._reached()
        return self._native

    def _reached(self) -> NativeFace:
        from ._native import Face as native

        if isinstance(self._source, Way):
            transports = self._source.transports
            of_transports, _ = hosts(transports, None, own_loop()) if transports else ({}, None)
            return native.reach_sync(self._capability, encode(self._source.options), of_transports)
        return cast("SyncProcess", self._source).face(self._capability)

    def _call(self, name: str, members: dict[str, Any]) -> Any:
        return json.loads(self._reach().call_sync(name, self._request(members)))

    def _open(self, name: str, members: dict[str, Any]) -> SyncStream[Any]:
        return SyncStream(self._reach().open_sync(name, self._request(members)))

    def close(self) -> None:
        """Ends sessions and connections. What is called afterwards raises :class:`iiot.errors.Closed`."""
        if self._native is not None:
            self._native.close_sync()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Native = TypeVar("Native", "Items", "ColumnItems")


class _Opened(Generic[Native]):
    """What a stream is pulled from: opened once, with its first item."""

    _coming: asyncio.Future[Any] | None = None

    def __init__(self, opens: Callable[[NativeFace], Awaitable[Native]], reach: Reach) -> None:
        self._opens: Callable[[NativeFace], Awaitable[Native]] = opens
        self._reach = reach
        self._opening: asyncio.Future[Native] | None = None
        self._turn = asyncio.Lock()

    async def _open(self) -> Native:
        return await self._opens(await self._reach())

    async def _native(self) -> Native:
        """Opened once, for all who wait; whoever gives up leaves it to the others."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        return await asyncio.shield(self._opening)

    async def _next(self, most: int) -> Any:
        """What comes next. Whoever gives up leaves it to the one who asks then: nothing that has come is lost."""
        async with self._turn:
            if self._coming is None or self._coming.cancelled():
                self._coming = asyncio.ensure_future((await self._native()).next(most))
            try:
                batch = await asyncio.shield(self._coming)
            except Exception:
                self._coming = None
                raise
            self._coming = None
            return batch

    async def close(self) -> None:
        """Ends the operation."""
        if self._opening is not None and not (self._opening.done() and self._opening.exception()):
            await (await self._native()).close()

    def __del__(self) -> None:
        # Nobody asks again: what was left to the next one ends, and the operation with it. A collector may run in any thread.
        if self._coming is not None and not self._coming.done():
            with contextlib.suppress(RuntimeError):
                self._coming.get_loop().call_soon_threadsafe(self._coming.cancel)

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Stream(_Opened["Items"], AsyncIterator[Item]):
    """Items as they come. ``async for batch in stream.batches()`` is faster than one by one; leaving the loop of an
    ``async with`` ends the operation."""

    def __init__(self, opens: Callable[[NativeFace], Awaitable[Items]], reach: Reach) -> None:
        super().__init__(opens, reach)
        self._at_hand: list[Item] = []

    async def _batch(self, most: int) -> list[Item] | None:
        batch = await self._next(most)
        return None if batch is None else json.loads(batch)

    async def __anext__(self) -> Item:
        while not self._at_hand:
            batch = await self._batch(BATCH)
            if batch is None:
                raise StopAsyncIteration
            # Others may have waited for items too.
            self._at_hand[:0] = reversed(batch)
        return self._at_hand.pop()

    async def batches(self, most: int = BATCH) -> AsyncIterator[list[Item]]:
        """Lists of what is at hand, ``most`` together; the first item is never held back for others."""
        while (batch := await self._batch(most)) is not None:
            yield batch


class ColumnStream(_Opened["ColumnItems"], AsyncIterator[Columns]):
    """Values as they change, in columns; leaving the loop of an ``async with`` ends the subscription."""

    def __init__(
        self,
        nodes: list[str],
        most: int,
        opens: Callable[[NativeFace], Awaitable[ColumnItems]],
        reach: Reach,
    ) -> None:
        super().__init__(opens, reach)
        self._nodes, self._most = nodes, most

    async def __anext__(self) -> Columns:
        buffers = await self._next(self._most)
        if buffers is None:
            raise StopAsyncIteration
        return Columns(self._nodes, buffers)


class _OpenedSync:
    """What the streams of the other face have in common."""

    _items: Items | ColumnItems

    def close(self) -> None:
        """Ends the operation."""
        self._items.close_sync()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SyncStream(_OpenedSync, Iterator[Item]):
    """Items as they come; the loop waits. Leaving the ``with`` ends the operation."""

    _items: Items

    def __init__(self, items: Items) -> None:
        self._items = items
        self._at_hand: list[Item] = []

    def _batch(self, most: int) -> list[Item] | None:
        batch = self._items.next_sync(most)
        return None if batch is None else json.loads(batch)

    def __next__(self) -> Item:
        while not self._at_hand:
            batch = self._batch(BATCH)
            if batch is None:
                raise StopIteration
            self._at_hand[:0] = reversed(batch)
        return self._at_hand.pop()

    def batches(self, most: int = BATCH) -> Iterator[list[Item]]:
        """Lists of what is at hand, ``most`` together; the first item is never held back for others."""
        while (batch := self._batch(most)) is not None:
            yield batch


class SyncColumnStream(_OpenedSync, Iterator[Columns]):
    """Values as they change, in columns; the loop waits. Leaving the ``with`` ends the subscription."""

    _items: ColumnItems

    def __init__(self, nodes: list[str], most: int, items: ColumnItems) -> None:
        self._nodes, self._most, self._items = nodes, most, items

    def __next__(self) -> Columns:
        buffers = self._items.next_sync(self._most)
        if buffers is None:
            raise StopIteration
        return Columns(self._nodes, buffers)
