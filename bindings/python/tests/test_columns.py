"""Values as columns, on a server of another stack, into what people compute with."""

from __future__ import annotations

import math
import unittest

import numpy
import pandas
import polars
import pyarrow

import iiot
import iiot.sync
from iiot import Columns, errors

from plant import COUNTER, NAMESPACE, SETPOINT, ServerTest

TEXT = NAMESPACE + "String"
NOWHERE = NAMESPACE + "Nowhere"
DOUBLES = NAMESPACE + "Double.Array"
INTEGERS = NAMESPACE + "Int32.Array"
NOW = "i=2258"


class Read(ServerTest):
    nodes = [SETPOINT, TEXT, NOWHERE, NOW, SETPOINT]

    async def test_columns_hold_what_values_say(self) -> None:
        async with iiot.Twin(self.url) as plc:
            await plc.write([{"node": SETPOINT, "value": 21.5}])
            columns = await plc.read_columns(self.nodes, encoding="raw")
            self.assertTrue(numpy.isnat(columns.source_timestamp).any() and not numpy.isnat(columns.source_timestamp).all())
            values = (await plc.read(self.nodes[:3], encoding="raw"))["results"]
        self.assertEqual(len(columns), 5)
        self.assertEqual(columns.node.tolist(), [0, 1, 2, 3, 4])
        self.assertEqual(columns.value[[0, 4]].tolist(), [21.5, 21.5])
        self.assertTrue(all(math.isnan(value) for value in columns.value[1:4]))
        self.assertEqual(columns.status.tolist()[:3], [value["status"]["code"] for value in values])
        self.assertNotEqual(columns.status[2], 0)
        self.assertEqual(columns.others[1], values[1]["value"])
        self.assertEqual(set(columns.others), {1, 3})
        for row, value in enumerate(values):
            self.assertEqual(text(columns.source_timestamp[row]), text(moment(value.get("sourceTimestamp"))))

    def test_they_are_frames(self) -> None:
        with iiot.sync.Twin(self.url) as plc:
            columns = plc.read_columns(self.nodes, encoding="raw")
        missing = numpy.isnat(columns.source_timestamp).tolist()
        for frame in (columns.to_pandas(), pandas.DataFrame.from_arrow(columns)):
            self.assertEqual(frame["node"].tolist(), self.nodes)
            self.assertEqual(frame["value"][0], columns.value[0])
            self.assertEqual(str(frame["source_timestamp"].dt.tz), "UTC")
            self.assertEqual(frame["source_timestamp"].isna().tolist(), missing)
            self.assertTrue(pandas.isna(frame["other"][0]))
        for table in (columns.to_polars(), polars.DataFrame(columns)):
            self.assertEqual(table["node"].cast(polars.String).to_list(), self.nodes)
            self.assertEqual(table["value"][0], columns.value[0])
            self.assertEqual(table["source_timestamp"].is_null().to_list(), missing)
            self.assertEqual(table["other"].is_null().to_list(), [True, False, True, False, True])
        self.assertEqual(pyarrow.table(columns).num_rows, 5)

    async def test_arrays_of_numbers_are_parts_of_one_array(self) -> None:
        nodes = [DOUBLES, SETPOINT, INTEGERS, TEXT]
        lists = [[0.5, -0.25], None, [1.0, -2.0, 3.0], None]
        async with iiot.Twin(self.url) as plc:
            columns = await plc.read_columns(nodes)
            async for first in plc.watch_columns([INTEGERS]):
                if len(first):
                    break
        self.assertEqual(first.arrays[0].tolist(), [1.0, -2.0, 3.0])
        self.assertEqual({row: array.tolist() for row, array in columns.arrays.items()}, {0: lists[0], 2: lists[2]})
        self.assertIs(columns.arrays[0].base, columns.arrays[2].base)
        self.assertEqual(set(columns.others), {3})
        arrow = columns.to_arrow()
        self.assertEqual(arrow["array"].to_pylist(), lists)
        self.assertEqual(arrow["array"].flatten().buffers()[1].address, address(columns.arrays[0]))
        self.assertEqual([None if array is None else array.to_list() for array in columns.to_polars()["array"]], lists)
        self.assertEqual(polars.DataFrame(columns)["array"].to_list(), lists)
        frame = columns.to_pandas()["array"]
        self.assertEqual([None if frame.isna()[row] else frame[row].tolist() for row in range(4)], lists)

    def test_no_value_is_copied(self) -> None:
        with iiot.sync.Twin(self.url) as plc:
            columns = plc.read_columns([SETPOINT, COUNTER, SETPOINT])
        value = address(columns.value)
        self.assertEqual(address(columns.to_pandas()["value"].to_numpy()), value)
        self.assertEqual(address(columns.to_polars()["value"].to_numpy(allow_copy=False)), value)
        arrow = columns.to_arrow()
        self.assertEqual([arrow["value"].buffers()[1].address, arrow["status"].buffers()[1].address], [value, address(columns.status)])
        self.assertEqual(arrow["source_timestamp"].buffers()[1].address, address(columns.source_timestamp))
        self.assertEqual(address(polars.DataFrame(columns)["value"].to_numpy(allow_copy=False)), value)

    def test_errors_are_those_of_a_read(self) -> None:
        with iiot.sync.Twin(self.url) as plc:
            with self.assertRaises(errors.InvalidArgument) as raised:
                plc.read_columns([{"node": SETPOINT, "attribute": "Wert"}])  # type: ignore[typeddict-item]
            self.assertIn("Wert", str(raised.exception))
            with self.assertRaises(TypeError):
                plc.read_columns(SETPOINT)
        with self.assertRaises(errors.Closed):
            plc.read_columns([SETPOINT])


class Watch(ServerTest):
    async def test_values_come_in_columns_in_order(self) -> None:
        seen: list[Columns] = []
        async with iiot.Twin(self.url) as plc:
            nodes = [{"node": COUNTER, "samplingIntervalMs": 0, "queueSize": 100}, SETPOINT]
            async with plc.watch_columns(nodes, publishing_interval_ms=200) as stream:  # type: ignore[arg-type]
                async for columns in stream:
                    seen.append(columns)
                    if sum(map(len, seen)) > 20:
                        break
        told = [state for columns in seen for state in columns.items]
        self.assertEqual([state["item"] for state in told][:2], [0, 1])
        self.assertEqual([state["status"]["symbol"] for state in told][:2], ["Good", "Good"])
        rows = numpy.concatenate([columns.value[columns.node == 0] for columns in seen])
        self.assertTrue((numpy.diff(rows) == 1).all(), rows)
        self.assertTrue(any(len(columns) > 1 for columns in seen))
        frame = pandas.concat([columns.to_pandas() for columns in seen], ignore_index=True)
        self.assertEqual(set(frame["node"]), {COUNTER, SETPOINT})
        self.assertEqual(frame["node"].dtype, "category")

    def test_without_async(self) -> None:
        with iiot.sync.Twin(self.url) as plc, plc.watch_columns([COUNTER], publishing_interval_ms=50) as stream:
            rows = sum(len(next(stream)) for _ in range(5))
        self.assertGreater(rows, 1)
        self.assertIsNone(next(stream, None))

    async def test_a_stream_that_is_forgotten_ends(self) -> None:
        async with iiot.Twin(self.url) as plc:
            for _ in range(3):
                stream = plc.watch_columns([COUNTER], publishing_interval_ms=50)
                await stream.__anext__()
                del stream
            await plc.read([NOW])


class Shape(unittest.TestCase):
    def test_nothing_is_an_empty_frame(self) -> None:
        from iiot._native import columns_of

        columns = Columns([], columns_of([]))
        self.assertEqual((len(columns), columns.arrays, columns.others, columns.items), (0, {}, {}, []))
        self.assertIsNone(columns.gap)
        self.assertEqual([len(columns.to_pandas()), len(columns.to_polars()), len(columns.to_arrow())], [0, 0, 0])

    def test_what_is_no_response_is_corrupt(self) -> None:
        from iiot._native import columns_of

        with self.assertRaises(errors.Corrupt):
            columns_of([b"\x01\x00\x3b\x03"])


def moment(time: str | None) -> numpy.datetime64:
    return numpy.datetime64(time.removesuffix("Z") if time else "NaT", "ns")


def text(time: numpy.datetime64) -> str:
    """``NaT`` is not even equal to itself."""
    return str(time)


def address(array: numpy.ndarray) -> int:  # type: ignore[type-arg]
    return int(array.__array_interface__["data"][0])


if __name__ == "__main__":
    unittest.main()
