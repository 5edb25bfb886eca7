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

from . import _native, errors, operations, sync
from ._face import UNSET, ColumnStream, Stream
from ._reach import Http, Hub, Place, Twin
from .columns import Columns
from .errors import Error

__all__ = ["UNSET", "ColumnStream", "Columns", "Error", "Http", "Hub", "Place", "Stream", "Twin", "errors", "operations", "sync"]

# Nothing of ours calls into Python while it is being taken down.
atexit.register(_native.leave)
