"""What runs in this process: a publisher, searches, an edge."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

from ._face import dumps, encode
from ._host import hosts, own_loop
from ._options import Options
from .ports import Registry, Transport

if TYPE_CHECKING:
    from ._native import Face as NativeFace
    from ._native import Process as NativeProcess

Started = TypeVar("Started", bound="Running")
StartedSync = TypeVar("StartedSync", bound="SyncRunning")


class _FieldValue(TypedDict):
    field: str
    value: Any


class FieldValue(_FieldValue, total=False):
    """A value of a field."""

    status: int
    """The StatusCode. Default ``Good``."""
    sourceTimestamp: datetime | str
    """When it came about. Default now."""


class ProcessStatus(TypedDict):
    """How it stands."""

    state: Literal["running", "stopped", "failed"]
    error: str | None
    """Why it has failed."""
    http: str | None
    """The URL that is served."""
    capabilities: list[str]
    """What can be asked of it."""


class _Process:
    def __init__(
        self, options: Options, transports: Mapping[str, Transport] | None = None, registry: Registry | None = None
    ) -> None:
        self._options = encode(options)
        self._transports, self._registry = transports, registry
        self._native: NativeProcess | None = None

    @staticmethod
    def _status(native: NativeProcess | None) -> ProcessStatus:
        if native is None:
            return {"state": "stopped", "error": None, "http": None, "capabilities": []}
        status: ProcessStatus = json.loads(native.status())
        return status


class Process(_Process):
    """Starts with whatever is asked of it first."""

    _starting: asyncio.Future[NativeProcess] | None = None

    async def native(self) -> NativeProcess:
        """Started once, for all who wait."""
        if self._native is None:
            from ._native import Process as native

            if self._starting is None or (self._starting.done() and self._starting.exception()):
                ports = hosts(self._transports, self._registry, asyncio.get_running_loop())
                self._starting = asyncio.ensure_future(native.start(self._options, *ports))
            self._native = await asyncio.shield(self._starting)
        return self._native

    async def face(self, capability: str) -> NativeFace:
        return (await self.native()).face(capability)

    async def status(self) -> ProcessStatus:
        return self._status(self._native)

    async def stop(self) -> None:
        if self._native is not None:
            await self._native.stop()


class SyncProcess(_Process):
    """As :class:`Process`, without ``async``; ports are called in a thread of their own."""

    def native(self) -> NativeProcess:
        if self._native is None:
            from ._native import Process as native

            has_ports = bool(self._transports) or self._registry is not None
            ports = hosts(self._transports, self._registry, own_loop()) if has_ports else ({}, None)
            self._native = native.start_sync(self._options, *ports)
        return self._native

    def face(self, capability: str) -> NativeFace:
        return self.native().face(capability)

    def status(self) -> ProcessStatus:
        return self._status(self._native)

    def stop(self) -> None:
        if self._native is not None:
            self._native.stop_sync()


class Running:
    """What can be said of everything that runs here."""

    _process: Process

    async def open(self: Started) -> Started:
        """Starts it; whatever is asked of it first does likewise."""
        await self._process.native()
        return self

    async def status(self) -> ProcessStatus:
        """How it stands."""
        return await self._process.status()

    async def ended(self) -> None:
        """Returns when it has ended, and raises why it could not go on."""
        await (await self._process.native()).ended()

    async def close(self) -> None:
        """Stops it in order: what has arrived is sent, sessions are closed."""
        await self._process.stop()

    async def __aenter__(self: Started) -> Started:
        await self._process.native()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class SyncRunning:
    """As :class:`Running`, without ``async``."""

    _process: SyncProcess

    def open(self: StartedSync) -> StartedSync:
        """Starts it; whatever is asked of it first does likewise."""
        self._process.native()
        return self

    def status(self) -> ProcessStatus:
        """How it stands."""
        return self._process.status()

    def ended(self) -> None:
        """Returns when it has ended, and raises why it could not go on."""
        self._process.native().ended_sync()

    def close(self) -> None:
        """Stops it in order: what has arrived is sent, sessions are closed."""
        self._process.stop()

    def __enter__(self: StartedSync) -> StartedSync:
        self._process.native()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def values_of(values: Mapping[str, Any] | Sequence[FieldValue]) -> bytes:
    """As the publisher takes them."""
    if isinstance(values, Mapping):
        return dumps([{"field": field, "value": value} for field, value in values.items()])
    return dumps(values)
