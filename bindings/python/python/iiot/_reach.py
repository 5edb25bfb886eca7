"""Where capabilities are."""

from __future__ import annotations

from os import PathLike

from ._options import Security, Way, http, hub, local
from ._twin import RemoteTwin
from .operations import (
    AccessOperations,
    CertificatesOperations,
    ConfigurationOperations,
    DevicesOperations,
    DiscoveryOperations,
    EdgeOperations,
    EnrolmentOperations,
    RegistryOperations,
)
from .ports import Transport

__all__ = ["Certificates", "Http", "Hub", "Place", "Twin"]


class Twin(RemoteTwin):
    """An OPC UA server in your hands, which this process reaches itself.

    Args:
        url: ``opc.tcp://HOST:PORT/PATH``.
        pki: Folder of certificates; ours is made there on the first start. Without one there is no security.
        name: Our name, in our certificate.
        security: Which of the server's endpoints may be taken; the most secure of them is.
        trust_all: Danger: takes certificates that nobody trusted.
        user: Who we are to the server; nobody in particular where it is left out.
        password: The password of the user.
    """

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
    """An edge, a cloud or a certificate manager, and what it offers. What it does not offer is
    :class:`iiot.errors.NotFound` when it is used."""

    def __init__(self, way: Way) -> None:
        self._way = way

    def twin(self, endpoint: str) -> RemoteTwin:
        """A server behind it, by its EndpointUrl or the id of its record."""
        return RemoteTwin(self._way, endpoint)

    def discovery(self) -> DiscoveryOperations:
        """Its searches."""
        return DiscoveryOperations(self._way)

    def registry(self) -> RegistryOperations:
        """What is on record there."""
        return RegistryOperations(self._way)

    def publisher(self) -> EdgeOperations:
        """How its publisher stands."""
        return EdgeOperations(self._way)

    def configuration(self) -> ConfigurationOperations:
        """What it publishes."""
        return ConfigurationOperations(self._way)

    def certificates(self) -> CertificatesOperations:
        """Its authorities, certificates and trust lists."""
        return CertificatesOperations(self._way)

    def devices(self) -> DevicesOperations:
        """Its devices, which get certificates and trust lists pushed."""
        return DevicesOperations(self._way)

    def enrolment(self) -> EnrolmentOperations:
        """How an application gets a certificate for itself."""
        return EnrolmentOperations(self._way)

    def access(self) -> AccessOperations:
        """Its API keys and its audit record."""
        return AccessOperations(self._way)


class Hub(Place):
    """A place at a broker.

    Args:
        transport: ``mqtt://HOST:PORT``, or a hub that the program implements.
        place: Its topic: ``iiot/edge``.
        place_key: Its public key, as ``edge place`` prints it.
        api_key: An API key of its.
        timeout: For so long an answer is waited for, in seconds. Default 30.
    """

    def __init__(
        self, transport: str | Transport, *, place: str, place_key: str, api_key: str, timeout: float | None = None
    ) -> None:
        super().__init__(hub(transport, place=place, place_key=place_key, api_key=api_key, timeout=timeout))


class Http(Place):
    """A place that is called over HTTP.

    Args:
        url: ``https://HOST:PORT``; ``http://`` on this machine alone.
        api_key: An API key of its, or a token of the identity provider that it trusts.
        authorities: File with the authorities that vouch for it (PEM). Default those of the system.
        fingerprint: SHA-256 of its certificate, in hexadecimal digits, where nobody vouches for it.
        timeout: For so long an answer is waited for, in seconds, and the next sign of life of a stream. Default 60.
    """

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


class Certificates(CertificatesOperations):
    """A certificate manager, over HTTP: authorities, groups, certificates, trust lists.

    Args:
        url: ``https://HOST:PORT``; ``http://`` on this machine alone.
        api_key: An API key of its, or a token of the identity provider that it trusts.
        authorities: File with the authorities that vouch for it (PEM). Default those of the system.
        fingerprint: SHA-256 of its certificate, in hexadecimal digits, where nobody vouches for it.
        timeout: For so long an answer is waited for, in seconds. Default 60.
    """

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
