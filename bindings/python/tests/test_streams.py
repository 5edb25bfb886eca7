"""Streams whose reader gives up: what had come is there for whoever asks next."""

from __future__ import annotations

import asyncio
import gc
import unittest
from collections.abc import Callable
from typing import Any, cast

from iiot._face import Stream


class Source:
    """Hands out batches when it is told to."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[bytes | None]] = []

    async def open(self, name: str, request: bytes) -> Source:
        return self

    def next(self, most: int) -> asyncio.Future[bytes | None]:
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]


async def until(holds: Callable[[], bool]) -> None:
    async def waited() -> None:
        while not holds():
            await asyncio.sleep(0)

    await asyncio.wait_for(waited(), 10)


async def until_asked(source: Source, times: int) -> None:
    await until(lambda: len(source.asked) >= times)


class Streams(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.source = Source()

        async def reach() -> Any:
            return self.source

        self.stream: Stream[int] = Stream(lambda face: cast(Any, face.open("watch", b"")), reach)

    async def test_a_batch_that_comes_while_its_reader_gives_up_is_not_lost(self) -> None:
        reader = asyncio.ensure_future(self.stream.__anext__())
        await until_asked(self.source, 1)
        self.source.asked[0].set_result(b"[1,2]")
        reader.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await reader
        again = [await asyncio.wait_for(self.stream.__anext__(), 5) for _ in range(2)]
        self.assertEqual((again, len(self.source.asked)), ([1, 2], 1))

    async def test_who_gives_up_leaves_the_wait_to_the_next(self) -> None:
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.stream.__anext__(), 0.01)
        reader = asyncio.ensure_future(self.stream.__anext__())
        self.source.asked[0].set_result(b"[3]")
        self.assertEqual((await reader, len(self.source.asked)), (3, 1))

    async def test_a_stream_that_is_dropped_leaves_no_wait_behind(self) -> None:
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.stream.__anext__(), 0.01)
        del self.stream
        gc.collect()
        await until(self.source.asked[0].cancelled)

    async def test_two_readers_share_no_item(self) -> None:
        readers = [asyncio.ensure_future(self.stream.__anext__()) for _ in range(2)]
        for times, batch in ((1, b"[1]"), (2, b"[2]")):
            await until_asked(self.source, times)
            self.source.asked[times - 1].set_result(batch)
        self.assertEqual(sorted(await asyncio.gather(*readers)), [1, 2])

    async def test_after_an_error_it_is_asked_again(self) -> None:
        reader = asyncio.ensure_future(self.stream.__anext__())
        await until_asked(self.source, 1)
        self.source.asked[0].set_exception(ValueError("broken"))
        with self.assertRaises(ValueError):
            await reader
        reader = asyncio.ensure_future(self.stream.__anext__())
        await until_asked(self.source, 2)
        self.source.asked[1].set_result(None)
        with self.assertRaises(StopAsyncIteration):
            await reader
