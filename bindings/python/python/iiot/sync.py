"""The same without ``async``.

    from iiot.sync import Twin

    with Twin("opc.tcp://plc:4840") as plc:
        print(plc.read(["i=2258"])["results"][0]["value"])
"""

from __future__ import annotations

from os import PathLike

from ._face import SyncStream as Stream
from ._reach import Security, local
from .operations import TwinSyncOperations

__all__ = ["Stream", "Twin"]


class Twin(TwinSyncOperations):
    """As :class:`iiot.Twin`."""

    def __init__(
        self,
        url: str,
        *,
        pki: str | PathLike[str] | None = None,
        name: str = "python",
        security: Security = "any",
        trust_all: bool = False,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        options = local(
            url, pki=pki, name=name, security=security, trust_all=trust_all, user=user, password=password
        )
        super().__init__(options, url)
