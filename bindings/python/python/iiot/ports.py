"""Ports that a program can implement itself: a message hub, and a store of records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

__all__ = ["Carries", "Message", "Registry", "Transport"]

Quality = Literal["atMostOnce", "atLeastOnce", "exactlyOnce"]
"""How often a message arrives."""


@dataclass
class Message:
    """A message of a hub."""

    topic: str
    payload: bytes
    content_type: str | None = None
    properties: list[tuple[str, str]] = field(default_factory=list)
    quality: Quality = "atLeastOnce"
    retain: bool = False
    """The hub keeps it for those who subscribe later."""
    expiry: float | None = None
    """After so many seconds the hub may drop it."""
    response_topic: str | None = None
    correlation: bytes | None = None
    id: str | None = None
    """What names its content: a second message with it has the same, and may be dropped."""


class Carries(TypedDict, total=False):
    """What of a message a hub carries; what is left out it does not."""

    retain: bool
    exactlyOnce: bool
    expiry: bool


class Transport(ABC):
    """A message hub. What its methods raise goes to whoever publishes, by its kind: an :class:`iiot.Error` as it is, a
    ``ConnectionError`` as :class:`iiot.errors.Unavailable`, which is tried again. It stays yours: nobody else
    closes it."""

    max_payload: int | None = None
    """The longest payload that it takes, in bytes."""
    carries: Carries | None = None
    """What it carries, where it is not all."""

    @property
    @abstractmethod
    def address(self) -> str:
        """What logs call it. It holds no secret."""

    @abstractmethod
    async def publish(self, message: Message) -> None:
        """Returns once the hub has the message."""

    async def subscribe(self, filter: str) -> AsyncIterator[Message]:
        """Returns once the hub has confirmed it; the filter is that of MQTT. What comes then is iterated over, and the iterator is
        closed when nobody reads it any more."""
        from .errors import Unsupported

        raise Unsupported(f"{self.address} only sends")


class Registry(ABC):
    """Where records of the plant are kept. Keys, records and changes are dictionaries as JSON has them."""

    @abstractmethod
    async def get(self, key: dict[str, Any]) -> dict[str, Any] | None:
        """The record with ``key``, ``revision`` and ``record``, or ``None``."""

    @abstractmethod
    async def commit(self, changes: list[dict[str, Any]]) -> list[int]:
        """Carries out all of ``changes`` or none, and returns their revisions, which only rise.

        Each has ``key``, ``record`` (``None`` deletes it), ``labels`` and ``text`` of the record, and ``expected``: ``"absent"``,
        ``"any"`` or a revision. Where something else is there, :class:`iiot.errors.Conflict` or
        :class:`iiot.errors.AlreadyExists` is raised.
        """

    @abstractmethod
    async def query(self, query: dict[str, Any]) -> dict[str, Any]:
        """``records`` of one ``kind``, ordered by id, behind ``after`` and ``limit`` at most; ``next`` where there may be more.

        A record fits if each of ``filters`` is one of its ``labels``, and its ``text`` contains ``contains``.
        """

    @abstractmethod
    async def watch(self, after: int | None) -> AsyncIterator[dict[str, Any] | Literal["missed"]]:
        """Changes behind a revision, or from now on: ``{"put": record}``, ``{"deleted": {"key", "revision"}}``, or ``"missed"``
        where some can no longer be told."""
