"""What the operations are called through: JSON to the native part and back."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from ._native import Face as NativeFace
    from ._native import Items

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


def encode(members: dict[str, Any]) -> bytes:
    """JSON without what was left out."""
    given = {name: value for name, value in members.items() if value is not UNSET}
    return json.dumps(given, default=_plain, separators=(",", ":")).encode()


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


class _Reached:
    """What both faces hold."""

    _capability: str
    _of: str | None = None

    def __init__(self, options: dict[str, Any], of: str | None = None) -> None:
        self._options = encode(options)
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
            from ._native import Face as native

            if self._reaching is None or (self._reaching.done() and self._reaching.exception()):
                self._reaching = asyncio.ensure_future(native.reach(self._capability, self._options))
            self._native = await asyncio.shield(self._reaching)
        return self._native

    async def _call(self, name: str, members: dict[str, Any]) -> Any:
        face = self._native or await self._reach()
        return json.loads(await face.call(name, self._request(members)))

    def _open(self, name: str, members: dict[str, Any]) -> Stream[Any]:
        request = self._request(members)

        async def opened() -> Items:
            return await (await self._reach()).open(name, request)

        return Stream(opened)

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
            from ._native import Face as native

            self._native = native.reach_sync(self._capability, self._options)
        return self._native

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


class Stream(Generic[Item], AsyncIterator[Item]):
    """Items as they come. ``async for batch in stream.batches()`` is faster than one by one; leaving the loop of an
    ``async with`` ends the operation."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self._items: Items | None = None
        self._at_hand: list[Item] = []

    async def _batch(self, most: int) -> list[Item] | None:
        if self._items is None:
            self._items = await self._opened()
        batch = await self._items.next(most)
        return None if batch is None else json.loads(batch)

    async def __anext__(self) -> Item:
        if not self._at_hand:
            batch = await self._batch(BATCH)
            if batch is None:
                raise StopAsyncIteration
            batch.reverse()
            self._at_hand = batch
        return self._at_hand.pop()

    async def batches(self, most: int = BATCH) -> AsyncIterator[list[Item]]:
        """Lists of what is at hand, ``most`` together; the first item is never held back for others."""
        while (batch := await self._batch(most)) is not None:
            yield batch

    async def close(self) -> None:
        """Ends the operation."""
        if self._items is not None:
            self._items.close()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class SyncStream(Generic[Item], Iterator[Item]):
    """Items as they come; the loop waits. Leaving the ``with`` ends the operation."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._at_hand: list[Item] = []

    def _batch(self, most: int) -> list[Item] | None:
        batch = self._items.next_sync(most)
        return None if batch is None else json.loads(batch)

    def __next__(self) -> Item:
        if not self._at_hand:
            batch = self._batch(BATCH)
            if batch is None:
                raise StopIteration
            batch.reverse()
            self._at_hand = batch
        return self._at_hand.pop()

    def batches(self, most: int = BATCH) -> Iterator[list[Item]]:
        """Lists of what is at hand, ``most`` together; the first item is never held back for others."""
        while (batch := self._batch(most)) is not None:
            yield batch

    def close(self) -> None:
        """Ends the operation."""
        self._items.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
