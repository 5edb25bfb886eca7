"""A server in your hands: its operations, and its values in columns."""

from __future__ import annotations

from collections.abc import Sequence

from ._face import UNSET, ColumnStream, SyncColumnStream, named
from .columns import Columns
from .operations import (
    Header,
    ReadItem,
    Timestamps,
    TwinOperations,
    TwinSyncOperations,
    ValueEncoding,
    WatchedItem,
)

__all__ = ["RemoteTwin", "SyncRemoteTwin"]

MOST = 65_536


class RemoteTwin(TwinOperations):
    """An OPC UA server in your hands, wherever it is."""

    async def read_columns(
        self,
        nodes: Sequence[ReadItem | str],
        *,
        cache_ms: int = UNSET,
        encoding: ValueEncoding = UNSET,
        header: Header = UNSET,
        max_age_ms: int = UNSET,
        timestamps: Timestamps = UNSET,
    ) -> Columns:
        """As :meth:`read`, with the values in columns: a row for each node, in the order asked for.

        Args:
            nodes: What to read.
            cache_ms: As of :meth:`read`.
            encoding: How values are written that a number does not say.
            header: What all requests have in common.
            max_age_ms: How old a value may be that the server has at hand, in milliseconds. Default 0: it looks anew.
            timestamps: Which timestamps are wanted.
        """
        names, items = named(nodes)
        more = {"cacheMs": cache_ms, "encoding": encoding, "maxAgeMs": max_age_ms, "timestamps": timestamps}
        face = await self._reach()
        return Columns(names, await face.read_columns(self._request({"nodes": items, "header": header, **more})))

    def watch_columns(
        self,
        nodes: Sequence[WatchedItem | str],
        *,
        encoding: ValueEncoding = UNSET,
        header: Header = UNSET,
        publishing_interval_ms: int | None = UNSET,
        most: int = MOST,
    ) -> ColumnStream:
        """As :meth:`watch_values`, with the values in columns. What is not taken stays with the server.

        Args:
            nodes: What to watch.
            encoding: How values are written that a number does not say.
            header: What all requests have in common.
            publishing_interval_ms: How often the server sends, in milliseconds. Default 1,000.
            most: About so many rows come at once, at most; the first are never held back for others.
        """
        names, items = named(nodes)
        members = {"nodes": items, "encoding": encoding, "header": header}
        request = self._request({**members, "publishingIntervalMs": publishing_interval_ms})
        return ColumnStream(names, most, lambda face: face.open_columns(request), self._reach)


class SyncRemoteTwin(TwinSyncOperations):
    """As :class:`RemoteTwin`, without ``async``."""

    def read_columns(
        self,
        nodes: Sequence[ReadItem | str],
        *,
        cache_ms: int = UNSET,
        encoding: ValueEncoding = UNSET,
        header: Header = UNSET,
        max_age_ms: int = UNSET,
        timestamps: Timestamps = UNSET,
    ) -> Columns:
        """As :meth:`RemoteTwin.read_columns`."""
        names, items = named(nodes)
        more = {"cacheMs": cache_ms, "encoding": encoding, "maxAgeMs": max_age_ms, "timestamps": timestamps}
        request = self._request({"nodes": items, "header": header, **more})
        return Columns(names, self._reach().read_columns_sync(request))

    def watch_columns(
        self,
        nodes: Sequence[WatchedItem | str],
        *,
        encoding: ValueEncoding = UNSET,
        header: Header = UNSET,
        publishing_interval_ms: int | None = UNSET,
        most: int = MOST,
    ) -> SyncColumnStream:
        """As :meth:`RemoteTwin.watch_columns`."""
        names, items = named(nodes)
        members = {"nodes": items, "encoding": encoding, "header": header}
        request = self._request({**members, "publishingIntervalMs": publishing_interval_ms})
        return SyncColumnStream(names, most, self._reach().open_columns_sync(request))
