"""Ports as a program implements them, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import iiot
from iiot import Message, errors


class MemoryHub(iiot.Transport):
    """A hub of this process; ``failing`` is raised by the next messages, one each."""

    address = "memory of the test"

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.failing: list[Exception] = []
        self._queues: list[tuple[str, asyncio.Queue[Message]]] = []
        self.published = asyncio.Event()

    async def publish(self, message: Message) -> None:
        await asyncio.sleep(0)
        if self.failing:
            raise self.failing.pop()
        self.messages.append(message)
        self.published.set()
        for filter, queue in self._queues:
            if fits(filter, message.topic):
                queue.put_nowait(message)

    async def subscribe(self, filter: str) -> AsyncIterator[Message]:
        queue: asyncio.Queue[Message] = asyncio.Queue()
        entry = (filter, queue)
        self._queues.append(entry)
        return self._received(entry)

    async def _received(self, entry: tuple[str, asyncio.Queue[Message]]) -> AsyncIterator[Message]:
        try:
            while True:
                yield await entry[1].get()
        finally:
            self._queues.remove(entry)

    async def until(self, count: int) -> list[Message]:
        """All messages, once there are so many."""
        while len(self.messages) < count:
            self.published.clear()
            await asyncio.wait_for(self.published.wait(), 30)
        return self.messages


def fits(filter: str, topic: str) -> bool:
    """Filters of MQTT."""
    wanted, given = filter.split("/"), topic.split("/")
    for place, part in enumerate(wanted):
        if part == "#":
            return True
        if place >= len(given) or part not in ("+", given[place]):
            return False
    return len(wanted) == len(given)


class MemoryRegistry(iiot.Registry):
    """Records in a dictionary."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self._labels: dict[str, tuple[list[dict[str, Any]], str]] = {}
        self._revision = 0
        self._watchers: list[asyncio.Queue[dict[str, Any]]] = []

    async def get(self, key: dict[str, Any]) -> dict[str, Any] | None:
        return self.records.get(name(key))

    async def commit(self, changes: list[dict[str, Any]]) -> list[int]:
        for change in changes:
            self.check(change)
        return [self.put(change) for change in changes]

    def check(self, change: dict[str, Any]) -> None:
        there, expected = self.records.get(name(change["key"])), change["expected"]
        if expected == "absent" and there is not None:
            raise errors.AlreadyExists("it is there already")
        if isinstance(expected, int) and (there is None or there["revision"] != expected):
            raise errors.Conflict("somebody else was quicker")

    def put(self, change: dict[str, Any]) -> int:
        self._revision += 1
        key, revision = change["key"], self._revision
        if change["record"] is None:
            self.records.pop(name(key), None)
            told: dict[str, Any] = {"deleted": {"key": key, "revision": revision}}
        else:
            self.records[name(key)] = {"key": key, "revision": revision, "record": change["record"]}
            self._labels[name(key)] = change["labels"], change["text"]
            told = {"put": self.records[name(key)]}
        for watcher in self._watchers:
            watcher.put_nowait(told)
        return revision

    async def query(self, query: dict[str, Any]) -> dict[str, Any]:
        found = [one for one in self.records.values() if self.fits(one, query)]
        found.sort(key=lambda one: one["key"]["id"])
        page = found[: query["limit"]]
        return {"records": page, "next": page[-1]["key"]["id"] if len(found) > len(page) else None}

    def fits(self, one: dict[str, Any], query: dict[str, Any]) -> bool:
        labels, text = self._labels[name(one["key"])]
        is_behind = query["after"] is None or one["key"]["id"] > query["after"]
        is_of_kind = one["key"]["kind"] == query["kind"]
        has = query["contains"] is None or query["contains"] in (text or "")
        return is_behind and is_of_kind and has and all(filter in labels for filter in query["filters"])

    async def watch(self, after: int | None) -> AsyncIterator[dict[str, Any] | Literal["missed"]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._watchers.append(queue)
        return self._told(queue, after is not None and after < self._revision)

    async def _told(
        self, queue: asyncio.Queue[dict[str, Any]], missed: bool
    ) -> AsyncIterator[dict[str, Any] | Literal["missed"]]:
        if missed:
            yield "missed"
        try:
            while True:
                yield await queue.get()
        finally:
            self._watchers.remove(queue)


def name(key: dict[str, Any]) -> str:
    return f"{key['kind']}/{key['id']}"
