"""What a process is besides its operations: forks, threads, loops, signals, notebooks."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
import unittest

import iiot
import iiot.sync
from iiot import errors

from plant import COUNTER, ServerTest


class Process(ServerTest):
    def test_a_fork_is_told_that_it_is_one(self) -> None:
        with iiot.sync.Twin(self.url) as plc:
            plc.read(["i=2258"])
            child = os.fork()
            if child == 0:
                os._exit(self.refused(plc))
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            plc.read(["i=2258"])

    def refused(self, plc: iiot.sync.Twin) -> int:
        for twin in (plc, iiot.sync.Twin(self.url)):
            try:
                twin.read(["i=2258"])
                return 1
            except errors.Unsupported as error:
                if "forked" not in str(error):
                    return 2
        return 0

    def test_threads_wait_side_by_side(self) -> None:
        wrong: list[BaseException] = []

        def use() -> None:
            try:
                with iiot.sync.Twin(self.url) as plc:
                    for _ in range(20):
                        plc.read(["i=2258"])
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_ctrl_c_ends_what_is_waited_for(self) -> None:
        with iiot.sync.Twin(self.url) as plc:
            updates = plc.watch_values([{"node": COUNTER}], publishing_interval_ms=60_000)
            next(updates)
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
            begun = time.monotonic()
            with self.assertRaises(KeyboardInterrupt):
                for _ in updates:
                    pass
            self.assertLess(time.monotonic() - begun, 5)
            plc.read(["i=2258"])

    def test_a_stream_that_is_left_alone_ends(self) -> None:
        async def use() -> None:
            async with iiot.Twin(self.url) as plc:
                for _ in range(5):
                    updates = plc.watch_values([COUNTER])
                    waiting = asyncio.ensure_future(updates.__anext__())
                    await asyncio.sleep(0)
                    waiting.cancel()
                    with self.assertRaises(asyncio.CancelledError):
                        await waiting
                    await updates.close()
                await plc.read(["i=2258"])

        asyncio.run(use())

    def test_each_loop_has_twins_of_its_own(self) -> None:
        async def use() -> None:
            async with iiot.Twin(self.url) as plc:
                await plc.read(["i=2258"])

        for _ in range(3):
            asyncio.run(use())

    @unittest.skipIf(os.name == "nt", "loops of Windows are such ones anyway")
    def test_a_loop_that_watches_no_sockets_is_told_too(self) -> None:
        class Blind(asyncio.SelectorEventLoop):
            def add_reader(self, *_: object) -> None:
                raise NotImplementedError

        async def use() -> None:
            async with iiot.Twin(self.url) as plc:
                answers = await asyncio.gather(*(plc.read(["i=2258"]) for _ in range(50)))
                self.assertEqual(len(answers), 50)
                with self.assertRaises(iiot.errors.InvalidArgument):
                    await plc.read([{"knot": "i=1"}])  # type: ignore[list-item]

        loop = Blind()
        try:
            loop.run_until_complete(use())
        finally:
            loop.close()


if __name__ == "__main__":
    unittest.main()
