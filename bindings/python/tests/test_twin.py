"""A server of another stack, through the package as users have it."""

from __future__ import annotations

import asyncio
import pickle
import unittest

import iiot
import iiot.sync
from iiot import errors

from plant import COUNTER, FOLDER, NAMESPACE, SETPOINT, ServerTest


class Twin(ServerTest):
    async def test_what_is_written_is_read_and_streamed(self) -> None:
        async with iiot.Twin(self.url) as plc:
            written = await plc.write([{"node": SETPOINT, "value": 21.5}])
            self.assertEqual(status(written["results"][0]), "Good", written)
            read = await plc.read([SETPOINT, {"node": COUNTER}])
            self.assertEqual(read["results"][0]["value"], {"UaType": 11, "Value": 21.5})
            async with plc.watch_values([COUNTER]) as values:
                seen = [update async for update in first(values, 3)]
            self.assertEqual(len(seen), 3)

    async def test_browse_and_call(self) -> None:
        async with iiot.Twin(self.url) as plc:
            found = await plc.browse(["i=85"])
            names = [reference["displayName"] for reference in found["results"][0]["references"]]
            self.assertIn("Interop", names)
            answer = await plc.call([{"object": FOLDER, "method": NAMESPACE + "Add", "inputs": [2, 3]}])
            self.assertEqual(answer["results"][0]["outputs"][0]["value"]["Value"], 5, answer)

    async def test_one_bad_node_does_not_stop_the_rest(self) -> None:
        async with iiot.Twin(self.url) as plc:
            read = await plc.read(["ns=99;s=nowhere", "i=2258"])
            self.assertNotEqual(read["results"][0]["status"]["code"], 0)
            self.assertIsNotNone(read["results"][1]["value"])

    async def test_a_wrong_request_names_what_is_wrong(self) -> None:
        async with iiot.Twin(self.url) as plc:
            with self.assertRaises(errors.InvalidArgument) as raised:
                await plc.read([{"knot": "i=1"}])  # type: ignore[list-item]
        self.assertIn("knot", str(raised.exception))
        self.assertEqual(raised.exception.code, "invalid_argument")
        with self.assertRaises(TypeError):
            await plc.read("i=2258")

    async def test_nobody_there_is_unavailable_and_may_be_tried_again(self) -> None:
        async with iiot.Twin("opc.tcp://127.0.0.1:1") as plc:
            with self.assertRaises(errors.Unavailable) as raised:
                await plc.read(["i=2258"])
        self.assertTrue(raised.exception.retryable)
        again = pickle.loads(pickle.dumps(raised.exception))
        self.assertEqual((again.code, again.context, str(again)), ("unavailable", *told(raised.exception)))

    async def test_after_the_end_it_is_closed(self) -> None:
        plc = iiot.Twin(self.url)
        await plc.read(["i=2258"])
        await plc.close()
        await plc.close()
        with self.assertRaises(errors.Closed):
            await plc.read(["i=2258"])

    async def test_what_is_cancelled_ends(self) -> None:
        async with iiot.Twin(self.url) as plc:
            await plc.read(["i=2258"])
            for _ in range(20):
                reading = asyncio.ensure_future(plc.read(["i=2258"]))
                await asyncio.sleep(0)
                reading.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await reading
            self.assertEqual(len((await plc.read(["i=2258"]))["results"]), 1)

    async def test_a_thousand_at_once(self) -> None:
        async with iiot.Twin(self.url) as plc:
            answers = await asyncio.gather(*(plc.read(["i=2258"]) for _ in range(1000)))
        self.assertEqual(len(answers), 1000)

    def test_without_async(self) -> None:
        with iiot.sync.Twin(self.url) as plc:
            plc.write([{"node": SETPOINT, "value": 3.25}])
            self.assertEqual(plc.read([SETPOINT])["results"][0]["value"]["Value"], 3.25)
            with plc.watch_values([COUNTER]) as values:
                self.assertTrue(next(values))
                self.assertTrue(next(iter(values.batches(10))))


def status(result: dict[str, object]) -> object:
    inner = result.get("status", result)
    assert isinstance(inner, dict)
    return inner["symbol"]


def told(error: iiot.Error) -> tuple[dict[str, str], str]:
    return error.context, str(error)


async def first(items, count):  # type: ignore[no-untyped-def]
    async for item in items:
        yield item
        count -= 1
        if not count:
            return


if __name__ == "__main__":
    unittest.main()
