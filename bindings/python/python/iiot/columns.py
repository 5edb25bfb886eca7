"""Values in masses, as columns that numpy, pandas, polars and Arrow take as they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars
    import pyarrow  # type: ignore
    from numpy.typing import NDArray

    from ._native import _Buffers as Buffers
    from .operations import StreamGap, StreamState, WatchedState

__all__ = ["Columns"]


class Columns:
    """Values row by row, in columns of one type each; all columns are equally long.

    Each column is one buffer that was filled in Rust: an array, a frame or an Arrow array is made of it without touching the
    values. ``pip install "iiot[numpy]"``, ``"iiot[pandas]"``, ``"iiot[polars]"`` or ``"iiot[arrow]"`` brings what a face needs.
    """

    def __init__(self, nodes: Sequence[str], buffers: Buffers) -> None:
        self.nodes = nodes
        """What was asked for; ``node`` says by its place which of them a row is of."""
        self._node, self._source, self._server, self._status, self._value = buffers[:5]
        self._array_rows, self._array_ends, self._elements = buffers[5:8]
        self._other_rows, self._others, self._told = buffers[8:]

    def __len__(self) -> int:
        return len(self._value) // 8

    def __repr__(self) -> str:
        return f"<Columns {len(self)} values of {len(self.nodes)} nodes>"

    @cached_property
    def node(self) -> NDArray[numpy.uint32]:
        """The node of each row, by its place in ``nodes``."""
        return _array(self._node, "u4")

    @cached_property
    def source_timestamp(self) -> NDArray[numpy.datetime64]:
        """When the value came about at its source, in UTC; ``NaT`` for none."""
        return _array(self._source, "M8[ns]")

    @cached_property
    def server_timestamp(self) -> NDArray[numpy.datetime64]:
        """When the server got it, in UTC; ``NaT`` for none."""
        return _array(self._server, "M8[ns]")

    @cached_property
    def status(self) -> NDArray[numpy.uint32]:
        """The StatusCode; 0 is ``Good``."""
        return _array(self._status, "u4")

    @cached_property
    def value(self) -> NDArray[numpy.float64]:
        """Numbers, and booleans as 0 and 1; ``NaN`` where there is no value, or one that stands in ``arrays`` or ``others``."""
        return _array(self._value, "f8")

    @cached_property
    def arrays(self) -> dict[int, NDArray[numpy.float64]]:
        """By row the values that are arrays of one dimension, of numbers or booleans: parts of one column, not copies.

        An empty array that came as raw JSON, from a twin elsewhere, is one of numbers whatever its type was.
        """
        if not self._array_rows:
            return {}
        elements, ends = _array(self._elements, "f8"), memoryview(self._array_ends).cast("I")
        places = zip(memoryview(self._array_rows).cast("I"), (0, *ends), ends)
        return {row: elements[start:end] for row, start, end in places}

    @cached_property
    def others(self) -> dict[int, Any]:
        """By row what doubles do not hold exactly: texts, times, other arrays, structures, large integers."""
        return dict(zip(memoryview(self._other_rows).cast("I"), json.loads(self._others))) if self._others else {}

    @cached_property
    def _news(self) -> dict[str, Any]:
        return json.loads(self._told) if self._told else {}

    @property
    def items(self) -> list[WatchedState]:
        """How items of a stream stand: at its start, and when that changes."""
        return self._news.get("items", [])

    @property
    def state(self) -> StreamState | None:
        """The connection changed before these values."""
        return self._news.get("state")

    @property
    def gap(self) -> StreamGap | None:
        """Values are missing before these."""
        return self._news.get("gap")

    def to_pandas(self) -> pandas.DataFrame:
        """A frame with a row for each value; ``array`` and ``other`` are columns only where there are such values."""
        import pandas

        codes, names = self._categories()
        columns: dict[str, Any] = {
            "node": pandas.Categorical.from_codes(codes, pandas.Index(names)),
            "source_timestamp": pandas.DatetimeIndex(self.source_timestamp, tz="UTC", copy=False),
            "server_timestamp": pandas.DatetimeIndex(self.server_timestamp, tz="UTC", copy=False),
            "status": self.status,
            "value": self.value,
        }
        for name, values in (("array", self.arrays), ("other", self.others)):
            if values:
                columns[name] = pandas.Series(values, dtype=object).reindex(range(len(self)))
        return pandas.DataFrame(columns, copy=False)

    def to_polars(self) -> polars.DataFrame:
        """A frame with a row for each value; ``array`` and ``other``, which is JSON, are columns only where there are such values."""
        import polars

        codes, names = self._categories()
        columns = [
            polars.Series("node", names, polars.Enum(names)).gather(polars.Series(codes)),
            polars.Series("source_timestamp", self.source_timestamp).dt.replace_time_zone("UTC"),
            polars.Series("server_timestamp", self.server_timestamp).dt.replace_time_zone("UTC"),
            polars.Series("status", self.status),
            polars.Series("value", self.value, nan_to_null=False),
        ]
        if self.arrays:
            place = dict(zip(self.arrays, range(len(self))))
            places = polars.Series([place.get(row) for row in range(len(self))], dtype=polars.UInt32)
            # Arrays of one length would be a type of their own.
            lists = polars.Series("array", list(self.arrays.values())).cast(polars.List(polars.Float64))
            columns.append(lists.gather(places))
        if self.others:
            columns.append(polars.Series("other", self._written(), dtype=polars.String))
        return polars.DataFrame(columns)

    def to_arrow(self) -> pyarrow.RecordBatch:
        """A batch of records; ``array`` and ``other``, which is JSON, are columns only where there are such values."""
        import pyarrow

        codes, names = self._categories()
        columns = {
            "node": pyarrow.DictionaryArray.from_arrays(codes, pyarrow.array(names, pyarrow.string())),
            "source_timestamp": _times(pyarrow, self.source_timestamp, self._source),
            "server_timestamp": _times(pyarrow, self.server_timestamp, self._server),
            "status": _plain(pyarrow, pyarrow.uint32(), len(self), self._status),
            "value": _plain(pyarrow, pyarrow.float64(), len(self), self._value),
        }
        if self.arrays:
            columns["array"] = self._lists(pyarrow)
        if self.others:
            columns["other"] = pyarrow.array(self._written(), pyarrow.string())
        return pyarrow.RecordBatch.from_pydict(columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """What pandas, polars, DuckDB and others take (Arrow's PyCapsule interface)."""
        import pyarrow

        return pyarrow.Table.from_batches([self.to_arrow()]).__arrow_c_stream__(requested_schema)

    def _categories(self) -> tuple[NDArray[numpy.uint32], list[str]]:
        """Names that are given once each; nodes may be asked for twice."""
        names = list(dict.fromkeys(self.nodes))
        if len(names) == len(self.nodes):
            return self.node, names
        import numpy

        place = {name: number for number, name in enumerate(names)}
        return numpy.array([place[name] for name in self.nodes], "u4")[self.node], names

    def _lists(self, pyarrow: Any) -> Any:
        """The arrays as lists, without copying their elements."""
        import numpy

        rows, ends = _array(self._array_rows, "u4"), _array(self._array_ends, "u4")
        lengths, missing = numpy.zeros(len(self) + 1, "i4"), numpy.ones(len(self), bool)
        lengths[rows + 1] = numpy.diff(ends, prepend=numpy.uint32(0))
        missing[rows] = False
        elements = _plain(pyarrow, pyarrow.float64(), len(self._elements) // 8, self._elements)
        offsets = pyarrow.array(numpy.cumsum(lengths, dtype="i4"))
        return pyarrow.ListArray.from_arrays(offsets, elements, mask=pyarrow.array(missing))

    def _written(self) -> list[str | None]:
        others = self.others
        return [json.dumps(others[row], ensure_ascii=False) if row in others else None for row in range(len(self))]


def _array(buffer: bytearray, kind: str) -> NDArray[Any]:
    import numpy

    return numpy.frombuffer(buffer, kind)


def _plain(pyarrow: Any, kind: Any, rows: int, buffer: bytearray) -> Any:
    return pyarrow.Array.from_buffers(kind, rows, [None, pyarrow.py_buffer(buffer)])


def _times(pyarrow: Any, times: NDArray[numpy.datetime64], buffer: bytearray) -> Any:
    """Without a copy, unless times are missing."""
    import numpy

    kind, missing = pyarrow.timestamp("ns", "UTC"), numpy.isnat(times)
    if missing.any():
        return pyarrow.array(times.view("i8"), kind, mask=missing)
    return _plain(pyarrow, kind, len(times), buffer)
