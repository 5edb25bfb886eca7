"""What a program can run itself: a publisher, searches, a whole edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from . import _options
from ._options import Full, Path
from ._process import FieldValue, Process, Running, SyncProcess, SyncRunning, values_of
from ._twin import RemoteTwin, SyncRemoteTwin
from .operations import (
    ConfigurationOperations,
    ConfigurationSyncOperations,
    DiscoveryOperations,
    DiscoverySyncOperations,
    EdgeOperations,
    EdgeSyncOperations,
    RegistryOperations,
    RegistrySyncOperations,
)
from .ports import Registry, Transport

__all__ = ["App", "Discovery", "Field", "Publisher", "SyncApp", "SyncDiscovery", "SyncPublisher"]


class Field(TypedDict):
    """A field that the program gives values for."""

    name: str
    dataType: str
    """A built-in type: ``Boolean``, ``SByte``, ``Byte``, ``Int16``, …, ``Double``, ``String``, ``DateTime``; of an array with ``[]``
    behind it."""


class _PublisherOptions:
    """Publishes values that the program gives, and nodes of servers, as OPC UA PubSub messages.

    Args:
        sink: Where messages go: ``mqtt://HOST:PORT``, ``file:PATH``, ``stdout``, ``https://…``, ``nats://…``, or ``host:KEY`` for one of
            ``transports``; several, with names.
        fields: What values are given for: names, whose values are Double, or with their data type.
        publisher_id: PublisherId in messages and topics. Default ``iiot``.
        data_set: How fields are published: members of an entry of published nodes, such as ``DataSetWriterId``,
            ``DataSetWriterGroup``, ``MessagingMode``, ``QueueName``, ``BatchSize``.
        published_nodes: Nodes of servers: entries as a file of published nodes has them.
        compatible: Messages as OPC Publisher sends them by default.
        data: Folder where values are safe until the sink has them. Without it they wait in memory.
        log_mib: Values of each writer group that wait for the sink in the data folder, in MiB. Default 1024.
        when_full: What happens to values when that is full. Default ``pause``.
        pki: Folder of certificates, for servers. Without one we have none.
        trust_all: Danger: connects to servers that nobody trusted.
        status_interval: How often a broker is told that the publisher works, in seconds; 0 never. Default 60.
        schemas: Publishes the JSON Schema of each data set beside its metadata.
        transports: Hubs that the program implements, by the keys that ``sink`` names as ``host:KEY``.
    """

    _kind: type[Process] | type[SyncProcess]

    def __init__(
        self,
        sink: str | Sequence[str],
        *,
        fields: Sequence[str | Field] | None = None,
        publisher_id: str | None = None,
        data_set: Mapping[str, Any] | None = None,
        published_nodes: Sequence[Mapping[str, Any]] | None = None,
        compatible: bool | None = None,
        data: Path | None = None,
        log_mib: int | None = None,
        when_full: Full | None = None,
        pki: Path | None = None,
        trust_all: bool | None = None,
        status_interval: int | None = None,
        schemas: bool | None = None,
        transports: Mapping[str, Transport] | None = None,
    ) -> None:
        options = _options.publisher(
            sink,
            fields=fields and list(fields),
            publisher_id=publisher_id,
            data_set=data_set and dict(data_set),
            published_nodes=published_nodes and [dict(entry) for entry in published_nodes],
            compatible=compatible,
            data=data,
            log_mib=log_mib,
            when_full=when_full,
            pki=pki,
            trust_all=trust_all,
            status_interval=status_interval,
            schemas=schemas,
        )
        self._process: Any = self._kind(options, transports)


class Publisher(_PublisherOptions, Running):
    __doc__ = _PublisherOptions.__doc__
    _kind = Process

    async def publish(self, values: Mapping[str, Any] | Sequence[FieldValue]) -> None:
        """Publishes values: ``{"speed": 4.5}``, or with their times and statuses. Returns when they are safe: in the log where there
        is one, else with the sink."""
        await (await self._process.native()).publish(values_of(values))

    def operations(self) -> EdgeOperations:
        """How it stands: diagnostics, what is missing, key frames."""
        return EdgeOperations(self._process)


class SyncPublisher(_PublisherOptions, SyncRunning):
    __doc__ = _PublisherOptions.__doc__
    _kind = SyncProcess

    def publish(self, values: Mapping[str, Any] | Sequence[FieldValue]) -> None:
        """As :meth:`iiot.Publisher.publish`."""
        self._process.native().publish_sync(values_of(values))

    def operations(self) -> EdgeSyncOperations:
        """How it stands: diagnostics, what is missing, key frames."""
        return EdgeSyncOperations(self._process)


class _DiscoveryOptions:
    """Finds OPC UA servers of a network from here, and explains what it found.

    Args:
        data: Folder for what outlasts the process. Without it, what was found is forgotten with the process.
        database: Where servers that were found are kept on record: ``memory:``, ``sqlite:PATH`` or ``postgres://…``.
        pki: Folder of certificates, by which explanations say whom we trust. Without one they say nothing of trust.
        name: Our name. Default ``iiot``.
        site: The site where this process is.
        registry: A store of records that the program implements, in place of a database.
    """

    _kind: type[Process] | type[SyncProcess]

    def _started(
        self,
        data: Path | None = None,
        database: str | None = None,
        pki: Path | None = None,
        name: str | None = None,
        site: str | None = None,
        registry: Registry | None = None,
    ) -> Any:
        options = _options.discovery(data=data, database=database, pki=pki, name=name, site=site)
        return self._kind(options, None, registry)


class Discovery(Running, _DiscoveryOptions, DiscoveryOperations):
    __doc__ = _DiscoveryOptions.__doc__
    _kind = Process

    def __init__(
        self,
        *,
        data: Path | None = None,
        database: str | None = None,
        pki: Path | None = None,
        name: str | None = None,
        site: str | None = None,
        registry: Registry | None = None,
    ) -> None:
        self._process = self._started(data, database, pki, name, site, registry)
        DiscoveryOperations.__init__(self, self._process)

    def registry(self) -> RegistryOperations:
        """What was found, on record."""
        return RegistryOperations(self._process)


class SyncDiscovery(SyncRunning, _DiscoveryOptions, DiscoverySyncOperations):
    __doc__ = _DiscoveryOptions.__doc__
    _kind = SyncProcess

    def __init__(
        self,
        *,
        data: Path | None = None,
        database: str | None = None,
        pki: Path | None = None,
        name: str | None = None,
        site: str | None = None,
        registry: Registry | None = None,
    ) -> None:
        self._process = self._started(data, database, pki, name, site, registry)
        DiscoverySyncOperations.__init__(self, self._process)

    def registry(self) -> RegistrySyncOperations:
        """What was found, on record."""
        return RegistrySyncOperations(self._process)


class _AppOptions:
    """A whole edge in this process: publisher, twin, discovery and record, over HTTP and at a broker too.

    Args:
        published_nodes: File that says what to publish; a change of it is applied at once.
        sink: Where messages go, as of :class:`Publisher`.
        publisher_id: PublisherId in messages and topics. Default ``edge``.
        data: Folder for what outlasts the process.
        http: Serves HTTP there: ``127.0.0.1:9702``. Needs ``data``.
        http_certificate: Certificate and issuers for HTTPS, as PEM file.
        http_key: Its private key, as PEM file.
        transport: Takes remote calls at this broker, or at ``host:KEY``. Needs ``data``.
        cloud: Takes remote calls of this cloud too: what ``cloud caller`` prints.
        site: The site where the edge stands.
        database: Where servers that were found are kept on record.
        pki: Folder of certificates. Default ``pki`` below the data.
        trust_all: Danger: connects to servers that nobody trusted.
        guard: What may be written, called and changed on which server; a JSON file.
        compatible: Messages as OPC Publisher sends them by default.
        transports: Hubs that the program implements, by the keys that ``sink`` and ``transport`` name as ``host:KEY``.
        registry: A store of records that the program implements, in place of a database.
        more: What else the example ``edge`` takes, spelled as Python does: ``log_mib``, ``when_full``, ``key``, ``certificates``,
            ``tokens``, ``otlp``, ``otlp_interval``, ``status_interval``, ``schemas``.
    """

    _kind: type[Process] | type[SyncProcess]

    def __init__(
        self,
        published_nodes: Path,
        sink: str | Sequence[str],
        *,
        publisher_id: str | None = None,
        data: Path | None = None,
        http: str | None = None,
        http_certificate: Path | None = None,
        http_key: Path | None = None,
        transport: str | None = None,
        cloud: str | None = None,
        site: str | None = None,
        database: str | None = None,
        pki: Path | None = None,
        trust_all: bool | None = None,
        guard: Path | None = None,
        compatible: bool | None = None,
        transports: Mapping[str, Transport] | None = None,
        registry: Registry | None = None,
        **more: Any,
    ) -> None:
        named = {
            "publisher_id": publisher_id,
            "data": data,
            "http": http,
            "http_certificate": http_certificate,
            "http_key": http_key,
            "transport": transport,
            "cloud": cloud,
            "site": site,
            "database": database,
            "pki": pki,
            "trust_all": trust_all,
            "guard": guard,
            "compatible": compatible,
        }
        self._process: Any = self._kind(_options.edge(published_nodes, sink, named | more), transports, registry)


class App(_AppOptions, Running):
    __doc__ = _AppOptions.__doc__
    _kind = Process

    def twin(self, endpoint: str) -> RemoteTwin:
        """A server that it publishes from or has on record, by its EndpointUrl or the id of its record."""
        return RemoteTwin(self._process, endpoint)

    def discovery(self) -> DiscoveryOperations:
        """Its searches."""
        return DiscoveryOperations(self._process)

    def registry(self) -> RegistryOperations:
        """What is on record."""
        return RegistryOperations(self._process)

    def publisher(self) -> EdgeOperations:
        """How its publisher stands."""
        return EdgeOperations(self._process)

    def configuration(self) -> ConfigurationOperations:
        """What it publishes."""
        return ConfigurationOperations(self._process)


class SyncApp(_AppOptions, SyncRunning):
    __doc__ = _AppOptions.__doc__
    _kind = SyncProcess

    def twin(self, endpoint: str) -> SyncRemoteTwin:
        """A server that it publishes from or has on record, by its EndpointUrl or the id of its record."""
        return SyncRemoteTwin(self._process, endpoint)

    def discovery(self) -> DiscoverySyncOperations:
        """Its searches."""
        return DiscoverySyncOperations(self._process)

    def registry(self) -> RegistrySyncOperations:
        """What is on record."""
        return RegistrySyncOperations(self._process)

    def publisher(self) -> EdgeSyncOperations:
        """How its publisher stands."""
        return EdgeSyncOperations(self._process)

    def configuration(self) -> ConfigurationSyncOperations:
        """What it publishes."""
        return ConfigurationSyncOperations(self._process)
