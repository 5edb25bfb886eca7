"""A short process that uses one feature and ends in one way, to see whether it ends well.

    python ending.py FEATURE ENDING URL
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import iiot
import iiot.sync
from hub import MemoryHub
from plant import COUNTER, SETPOINT

Use = Callable[[str, Callable[[], None]], Coroutine[Any, Any, None]]


async def read(url: str, end: Callable[[], None]) -> None:
    async with iiot.Twin(url) as plc:
        await plc.read(["i=2258"])
        end()


async def reads_under_way(url: str, end: Callable[[], None]) -> None:
    plc = iiot.Twin(url)
    await plc.read(["i=2258"])
    reading = [asyncio.ensure_future(plc.read(["i=2258"])) for _ in range(20)]
    await asyncio.sleep(0)
    end()
    await asyncio.gather(*reading)


async def nobody_there(_url: str, end: Callable[[], None]) -> None:
    with contextlib.suppress(iiot.errors.Unavailable):
        await iiot.Twin("opc.tcp://127.0.0.1:1").read(["i=2258"])
    end()


async def write(url: str, end: Callable[[], None]) -> None:
    async with iiot.Twin(url) as plc:
        await plc.write([{"node": SETPOINT, "value": 1.5}])
        end()


async def stream(url: str, end: Callable[[], None]) -> None:
    async with iiot.Twin(url) as plc:
        async for _ in plc.watch_values([COUNTER], publishing_interval_ms=50):
            end()
            break


async def stream_in_the_middle(url: str, end: Callable[[], None]) -> None:
    plc = iiot.Twin(url)
    updates = plc.watch_values([COUNTER], publishing_interval_ms=50)
    await anext_(updates)
    waiting = asyncio.ensure_future(anext_(updates))
    await asyncio.sleep(0.02)
    end()
    await waiting


async def columns(url: str, end: Callable[[], None]) -> None:
    plc = iiot.Twin(url)
    await plc.read_columns([SETPOINT])
    stream = plc.watch_columns([COUNTER], publishing_interval_ms=50)
    await anext_(stream)
    waiting = asyncio.ensure_future(anext_(stream))
    await asyncio.sleep(0.02)
    end()
    await waiting


async def publisher(_url: str, end: Callable[[], None]) -> None:
    publisher = iiot.Publisher("null", fields=["speed"])
    await publisher.publish({"speed": 1.5})
    end()


async def hub_of_the_program(_url: str, end: Callable[[], None]) -> None:
    hub = MemoryHub()
    publisher = iiot.Publisher("host:hub", fields=["speed"], transports={"hub": hub})
    publishing = asyncio.ensure_future(publisher.publish({"speed": 1.5}))
    await hub.until(1)
    end()
    await publishing


async def searches(url: str, end: Callable[[], None]) -> None:
    async with iiot.Discovery() as discovery:
        started = await discovery.start({"urls": [url]})
        async for _ in discovery.progress(started["run"]):
            end()


async def without_async(url: str, end: Callable[[], None]) -> None:
    plc = iiot.sync.Twin(url)
    plc.read(["i=2258"])
    updates = plc.watch_values([COUNTER], publishing_interval_ms=50)
    next(updates)
    end()


async def thread_that_stays(url: str, end: Callable[[], None]) -> None:
    def forever() -> None:
        plc = iiot.sync.Twin(url)
        while True:
            plc.read(["i=2258"])
            begun.set()

    begun = threading.Event()
    threading.Thread(target=forever, daemon=True).start()
    begun.wait(20)
    end()


async def after_the_end(url: str, end: Callable[[], None]) -> None:
    plc = iiot.sync.Twin(url)
    plc.read(["i=2258"])
    # One that runs before the package's own, and one that runs after it.
    atexit.register(plc.close)
    leave = sys.modules["iiot._native"].leave
    atexit.unregister(leave)
    atexit.register(leave)
    end()


async def anext_(updates: Any) -> Any:
    return await updates.__anext__()


def normally() -> None:
    pass


def with_exception() -> None:
    raise LookupError("as it was meant")


def interrupted() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def exiting() -> None:
    sys.exit(3)


FEATURES: dict[str, Use] = {
    use.__name__: use
    for use in (
        read,
        reads_under_way,
        nobody_there,
        write,
        stream,
        stream_in_the_middle,
        columns,
        publisher,
        hub_of_the_program,
        searches,
        without_async,
        thread_that_stays,
        after_the_end,
    )
}
ENDINGS: dict[str, tuple[Callable[[], None], set[int]]] = {
    "normally": (normally, {0}),
    "with_exception": (with_exception, {1}),
    # Whoever is told to stop by Ctrl-C ends by that signal.
    "interrupted": (interrupted, {-signal.SIGINT, 130}),
    "exiting": (exiting, {3}),
}


if __name__ == "__main__":
    # Whoever starts us in the background may have us ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio.run(FEATURES[sys.argv[1]](sys.argv[3], ENDINGS[sys.argv[2]][0]))
