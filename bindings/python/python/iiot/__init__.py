"""OPC UA for industry.

    import asyncio, iiot

    async def main():
        async with iiot.Twin("opc.tcp://plc:4840") as plc:
            answer = await plc.read(["i=2258"])
            print(answer["results"][0]["value"])

    asyncio.run(main())

``iiot.sync`` has the same without ``async``.
"""

from __future__ import annotations

import atexit

from . import _native, errors, operations, ports, sync
from ._face import UNSET, ColumnStream, Stream
from ._native import command
from ._process import FieldValue, ProcessStatus
from ._reach import Certificates, Http, Hub, Place, Twin
from ._running import App, Discovery, Field, Publisher
from .columns import Columns
from .errors import Error
from .ports import Message, Registry, Transport

__all__ = [
    "UNSET",
    "App",
    "Certificates",
    "ColumnStream",
    "Columns",
    "Discovery",
    "Error",
    "Field",
    "FieldValue",
    "Http",
    "Hub",
    "Message",
    "Place",
    "ProcessStatus",
    "Publisher",
    "Registry",
    "Stream",
    "Transport",
    "Twin",
    "command",
    "errors",
    "operations",
    "ports",
    "sync",
]

# Nothing of ours calls into Python while it is being taken down.
atexit.register(_native.leave)
