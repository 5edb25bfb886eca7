"""What a program runs itself: a publisher, searches, an edge; and ports that it implements."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import unittest
from pathlib import Path
from typing import Any

import iiot
import iiot.sync
from iiot import errors

from hub import MemoryHub, MemoryRegistry
from plant import NAMESPACE, SETPOINT, ServerTest, free_port

FIELDS: list[str | iiot.Field] = ["speed", {"name": "state", "dataType": "String"}]
AT_ONCE = {"BatchSize": 1, "QueueName": "line/1"}


async def filled(file: Path) -> None:
    while not file.exists() or not file.read_text("utf-8"):
        await asyncio.sleep(0.05)


class Publishes(unittest.IsolatedAsyncioTestCase):
    def publisher(self, hub: MemoryHub, **more: Any) -> iiot.Publisher:
        return iiot.Publisher(
            "host:hub", fields=FIELDS, transports={"hub": hub}, data_set=AT_ONCE, status_interval=0, **more
        )

    async def test_values_reach_a_hub_of_the_program(self) -> None:
        hub = MemoryHub()
        async with self.publisher(hub) as publisher:
            await publisher.publish({"speed": 4.5, "state": "running"})
            await publisher.publish([{"field": "speed", "value": 5.5, "sourceTimestamp": "2026-01-01T00:00:00Z"}])
            self.assertEqual((await publisher.status())["state"], "running")
        text = b"".join(message.payload for message in hub.messages).decode()
        for part in ("4.5", "5.5", "running", "2026-01-01T00:00:00Z"):
            self.assertIn(part, text)
        self.assertTrue(any(message.topic.startswith("line/1") for message in hub.messages), hub.messages)
        self.assertEqual((await publisher.status())["state"], "stopped")

    async def test_messages_reach_a_hub_in_their_order(self) -> None:
        hub, count = MemoryHub(), 500
        async with self.publisher(hub) as publisher:
            await publisher.publish([{"field": "speed", "value": float(number)} for number in range(count)])
        text = b"\n".join(message.payload for message in hub.messages).decode()
        speeds = [float(speed) for speed in re.findall(r'"speed":[^}]*?"Value":([\d.]+)', text)]
        self.assertEqual(speeds, [float(number) for number in range(count)])
        self.assertGreater(len(hub.messages), 10)

    async def test_what_the_hub_refuses_is_tried_again(self) -> None:
        hub = MemoryHub()
        hub.failing = [ConnectionError("the cable is out"), errors.TimedOut("no answer", retryable=True)]
        async with self.publisher(hub) as publisher:
            await publisher.publish({"speed": 7.25})
        self.assertEqual(hub.failing, [])
        self.assertIn(b"7.25", b"".join(message.payload for message in hub.messages))

    async def test_what_fits_no_field_is_named(self) -> None:
        async with self.publisher(MemoryHub()) as publisher:
            for wrong, part in (({"spede": 1.0}, "spede"), ({"speed": "fast"}, "speed"), ({"state": 3}, "state")):
                with self.assertRaises(errors.InvalidArgument) as raised:
                    await publisher.publish(wrong)
                self.assertIn(part, str(raised.exception))
        with self.assertRaises(errors.NotFound) as raised:
            await iiot.Publisher("host:nobody", fields=["speed"]).open()
        self.assertIn("nobody", str(raised.exception))

    async def test_its_log_keeps_what_the_hub_did_not_take(self) -> None:
        with tempfile.TemporaryDirectory() as data:
            away = MemoryHub()
            away.failing = [ConnectionError("away")] * 1000
            first = self.publisher(away, data=data)
            await asyncio.wait_for(first.publish({"speed": 1.25}), 30)
            await asyncio.wait_for(first.close(), 30)
            self.assertEqual(away.messages, [])
            back = MemoryHub()
            async with self.publisher(back, data=data) as second:
                await second.operations().diagnostics()
                messages = await back.until(1)
            self.assertIn(b"1.25", b"".join(message.payload for message in messages))

    def test_without_async(self) -> None:
        hub = MemoryHub()
        with iiot.sync.Publisher(
            "host:hub", fields=["speed"], transports={"hub": hub}, data_set=AT_ONCE, status_interval=0
        ) as publisher:
            publisher.publish({"speed": 2.5})
            self.assertIn("edge", publisher.status()["capabilities"])
        self.assertIn(b"2.5", b"".join(message.payload for message in hub.messages))


class Searches(ServerTest):
    async def found(self, discovery: iiot.Discovery) -> list[dict[str, Any]]:
        async with discovery:
            started = await discovery.start({"urls": [self.url]})
            async for _ in discovery.progress(started["run"]):
                pass
            results = await discovery.results(started["run"])
            explained = await discovery.explain(self.url)
            self.assertTrue(explained["steps"], explained)
            page = await discovery.registry().applications()
            self.assertEqual(len(page["applications"]), 1, page)
        return [dict(result) for result in results["results"]]

    async def test_a_search_of_this_process(self) -> None:
        [server] = await self.found(iiot.Discovery())
        self.assertIn("interop", json.dumps(server))

    async def test_what_it_finds_is_in_a_registry_of_the_program(self) -> None:
        registry = MemoryRegistry()
        await self.found(iiot.Discovery(registry=registry))
        kinds = {one["key"]["kind"] for one in registry.records.values()}
        self.assertTrue({"application", "endpoint"} <= kinds, kinds)


class Edge(ServerTest):
    async def test_an_edge_in_this_process(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder, port = Path(name), free_port()
            nodes = folder / "published_nodes.json"
            entry = {"EndpointUrl": self.url, "UseSecurity": False, "OpcNodes": [{"Id": NAMESPACE + "Counter"}]}
            nodes.write_text(json.dumps([entry]), "utf-8")
            key = iiot.command(folder, ["key", "first", "tester"]).split()[-1]
            out = folder / "out.jsonl"
            options = {"data": folder, "http": f"127.0.0.1:{port}"}
            async with iiot.App(nodes, f"file:{out}", **options) as app:
                status = await app.status()
                self.assertEqual((status["state"], status["http"]), ("running", f"http://127.0.0.1:{port}"), status)
                answer = await app.twin(self.url).read([SETPOINT], encoding="raw")
                self.assertEqual(answer["results"][0]["status"]["symbol"], "Good")
                await self.over_http(iiot.Http(f"http://127.0.0.1:{port}", api_key=key))
                await asyncio.wait_for(filled(out), 30)
            self.assertEqual((await app.status())["state"], "stopped")
            with self.assertRaises(errors.Closed):
                await app.publisher().diagnostics()

    async def test_calls_go_over_a_hub_of_the_program(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder, hub = Path(name), MemoryHub()
            nodes = folder / "published_nodes.json"
            entry = {"EndpointUrl": self.url, "UseSecurity": False, "OpcNodes": [{"Id": NAMESPACE + "Counter"}]}
            nodes.write_text(json.dumps([entry]), "utf-8")
            key = iiot.command(folder, ["key", "first", "tester"]).split()[-1]
            place_key = iiot.command(folder, ["place"]).strip()
            options = {"data": folder, "transport": "host:hub", "transports": {"hub": hub}, "status_interval": 0}
            async with iiot.App(nodes, "null", **options):
                place = iiot.Hub(hub, place="iiot/edge", place_key=place_key, api_key=key)
                async with place.twin(self.url) as plc:
                    answer = await plc.read([SETPOINT], encoding="raw")
                    self.assertEqual(answer["results"][0]["status"]["symbol"], "Good", answer)
                    with self.assertRaises(errors.InvalidArgument):
                        await plc.call([{"object": 7}])  # type: ignore[typeddict-item]
                    async with plc.watch_values([NAMESPACE + "Counter"]) as updates:
                        seen = [await updates.__anext__() for _ in range(3)]
                self.assertTrue(any(update.get("values") for update in seen), seen)

    async def over_http(self, edge: iiot.Http) -> None:
        async with edge.twin(self.url) as plc:
            columns = await plc.read_columns([SETPOINT, "i=2258"])
            self.assertEqual((len(columns), list(columns.others)), (2, [1]))
            async with plc.watch_columns([NAMESPACE + "Counter"], publishing_interval_ms=100) as stream:
                async for columns in stream:
                    if len(columns):
                        break
        self.assertTrue((await edge.configuration().entries())["entries"])

    async def test_wrong_options_are_named(self) -> None:
        for options, part in (({"http": "127.0.0.1:0"}, "data"), ({"colour": "red"}, "colour"), ({"tokens": {}}, "jwks")):
            with self.assertRaises(errors.InvalidArgument) as raised:
                await iiot.App("nodes.json", "stdout", **options).open()
            self.assertIn(part, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
