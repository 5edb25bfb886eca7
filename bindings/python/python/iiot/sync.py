"""The same without ``async``.

    from iiot.sync import Twin

    with Twin("opc.tcp://plc:4840") as plc:
        print(plc.read(["i=2258"], encoding="raw")["results"][0]["value"])
"""

from __future__ import annotations

from os import PathLike

from ._face import SyncColumnStream as ColumnStream
from ._face import SyncStream as Stream
from ._options import Security, Way, http, hub, local
from ._running import SyncApp as App
from ._running import SyncDiscovery as Discovery
from ._running import SyncPublisher as Publisher
from ._twin import SyncRemoteTwin
from .operations import (
    AccessSyncOperations,
    CertificatesSyncOperations,
    ConfigurationSyncOperations,
    DevicesSyncOperations,
    DiscoverySyncOperations,
    EdgeSyncOperations,
    EnrolmentSyncOperations,
    RegistrySyncOperations,
)
from .ports import Transport

__all__ = [
    "App",
    "Certificates",
    "ColumnStream",
    "Discovery",
    "Http",
    "Hub",
    "Place",
    "Publisher",
    "Stream",
    "Twin",
]


class Twin(SyncRemoteTwin):
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


class Place:
    """As :class:`iiot.Place`."""

    def __init__(self, way: Way) -> None:
        self._way = way

    def twin(self, endpoint: str) -> SyncRemoteTwin:
        """A server behind it, by its EndpointUrl or the id of its record."""
        return SyncRemoteTwin(self._way, endpoint)

    def discovery(self) -> DiscoverySyncOperations:
        """Its searches."""
        return DiscoverySyncOperations(self._way)

    def registry(self) -> RegistrySyncOperations:
        """What is on record there."""
        return RegistrySyncOperations(self._way)

    def publisher(self) -> EdgeSyncOperations:
        """How its publisher stands."""
        return EdgeSyncOperations(self._way)

    def configuration(self) -> ConfigurationSyncOperations:
        """What it publishes."""
        return ConfigurationSyncOperations(self._way)

    def certificates(self) -> CertificatesSyncOperations:
        """Its authorities, certificates and trust lists."""
        return CertificatesSyncOperations(self._way)

    def devices(self) -> DevicesSyncOperations:
        """Its devices, which get certificates and trust lists pushed."""
        return DevicesSyncOperations(self._way)

    def enrolment(self) -> EnrolmentSyncOperations:
        """How an application gets a certificate for itself."""
        return EnrolmentSyncOperations(self._way)

    def access(self) -> AccessSyncOperations:
        """Its API keys and its audit record."""
        return AccessSyncOperations(self._way)


class Hub(Place):
    """As :class:`iiot.Hub`."""

    def __init__(
        self, transport: str | Transport, *, place: str, place_key: str, api_key: str, timeout: float | None = None
    ) -> None:
        super().__init__(hub(transport, place=place, place_key=place_key, api_key=api_key, timeout=timeout))


class Http(Place):
    """As :class:`iiot.Http`."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str,
        authorities: str | PathLike[str] | None = None,
        fingerprint: str | None = None,
        timeout: float | None = None,
    ) -> None:
        super().__init__(
            http(url, api_key=api_key, authorities=authorities, fingerprint=fingerprint, timeout=timeout)
        )


class Certificates(CertificatesSyncOperations):
    """As :class:`iiot.Certificates`."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str,
        authorities: str | PathLike[str] | None = None,
        fingerprint: str | None = None,
        timeout: float | None = None,
    ) -> None:
        super().__init__(
            http(url, api_key=api_key, authorities=authorities, fingerprint=fingerprint, timeout=timeout)
        )
