"""Options as the native part takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, Literal

from .ports import Transport

Security = Literal["any", "secure", "none"]
"""Which endpoints of a server may be taken: all, those that sign or encrypt, those without security."""

Options = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """Where something is, and hubs that the program implements."""

    options: Options
    transports: Mapping[str, Transport]


def local(
    url: str,
    *,
    pki: str | PathLike[str] | None,
    name: str,
    security: Security,
    trust_all: bool,
    user: str | None,
    password: str | None,
) -> Way:
    """To a server that this process reaches itself."""
    options = {"kind": "local", "url": url, "name": name, "security": security, "trustAll": trust_all}
    return Way(options | given(pki=None if pki is None else fspath(pki), user=user, password=password), {})


def hub(transport: str | Transport, *, place: str, place_key: str, api_key: str, timeout: float | None) -> Way:
    """To a place at a broker."""
    address, transports = (transport, {}) if isinstance(transport, str) else ("host:hub", {"hub": transport})
    options = {"kind": "hub", "transport": address, "place": place, "placeKey": place_key, "apiKey": api_key}
    return Way(options | given(timeout=timeout), transports)


def http(
    url: str,
    *,
    api_key: str,
    authorities: str | PathLike[str] | None,
    fingerprint: str | None,
    timeout: float | None,
) -> Way:
    """To a place that is called over HTTP."""
    file = None if authorities is None else fspath(authorities)
    options = {"kind": "http", "url": url, "apiKey": api_key}
    return Way(options | given(authorities=file, fingerprint=fingerprint, timeout=timeout), {})


def given(**members: Any) -> Options:
    """Without what was left out."""
    return {name: value for name, value in members.items() if value is not None}


Path = str | PathLike[str]
Full = Literal["pause", "dropOldest", "dropNewest"]
"""What happens to values when the log is full."""


def publisher(sink: str | Sequence[str], **more: Any) -> Options:
    """Of a publisher of this process; what is ``None`` was left out."""
    return {"kind": "publisher", "sink": sink if isinstance(sink, str) else list(sink)} | members(more)


def discovery(**more: Any) -> Options:
    """Of searches of this process."""
    return {"kind": "discovery"} | members(more)


def edge(published_nodes: Path, sink: str | Sequence[str], more: Mapping[str, Any]) -> Options:
    """Of an edge of this process."""
    return {"kind": "edge", "sink": sink if isinstance(sink, str) else list(sink)} | members(
        {"published_nodes": published_nodes, **more}
    )


def members(arguments: Mapping[str, Any]) -> Options:
    """Arguments as JSON spells them, without what was left out."""
    return {camel(name): plain(value) for name, value in arguments.items() if value is not None}


def plain(value: Any) -> Any:
    return fspath(value) if isinstance(value, PathLike) else value


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
