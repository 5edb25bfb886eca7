"""Where capabilities are."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any, Literal

from ._face import UNSET
from .operations import (
    AccessOperations,
    ConfigurationOperations,
    DiscoveryOperations,
    EdgeOperations,
    RegistryOperations,
    TwinOperations,
)

Security = Literal["any", "secure", "none"]


def local(
    url: str,
    *,
    pki: str | PathLike[str] | None,
    name: str,
    security: Security,
    trust_all: bool,
    user: str | None,
    password: str | None,
) -> dict[str, Any]:
    """The options of a server that this process reaches itself."""
    options = {"kind": "local", "url": url, "name": name, "security": security, "trustAll": trust_all}
    more = {"pki": None if pki is None else fspath(pki), "user": user, "password": password}
    return options | {member: value for member, value in more.items() if value is not None}


class Twin(TwinOperations):
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


class Hub:
    """An edge or a cloud at a broker, and what it offers.

    Args:
        transport: ``mqtt://HOST:PORT``.
        place: Its topic: ``iiot/edge``.
        place_key: Its public key, as ``edge place`` prints it.
        api_key: An API key of its.
        timeout: For so long an answer is waited for, in seconds.
    """

    def __init__(
        self, transport: str, *, place: str, place_key: str, api_key: str, timeout: float | None = None
    ) -> None:
        self._options = {
            "kind": "hub",
            "transport": transport,
            "place": place,
            "placeKey": place_key,
            "apiKey": api_key,
            "timeout": UNSET if timeout is None else timeout,
        }

    def twin(self, endpoint: str) -> TwinOperations:
        """A server behind it, by its EndpointUrl or the id of its record."""
        return TwinOperations(self._options, endpoint)

    def discovery(self) -> DiscoveryOperations:
        """Its searches."""
        return DiscoveryOperations(self._options)

    def registry(self) -> RegistryOperations:
        """What is on record there."""
        return RegistryOperations(self._options)

    def publisher(self) -> EdgeOperations:
        """How its publisher stands."""
        return EdgeOperations(self._options)

    def configuration(self) -> ConfigurationOperations:
        """What it publishes."""
        return ConfigurationOperations(self._options)

    def access(self) -> AccessOperations:
        """Its API keys and its audit record."""
        return AccessOperations(self._options)
