"""The operations, and what they take and give.

Objects are dictionaries whose members are spelled as in JSON; arguments are spelled as Python does. What is left out has
the default that its description names. Made from the operations themselves: do not change this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from ._face import UNSET, Face, Stream, SyncFace, SyncStream, each


class _Alarm(TypedDict):
    condition: str
    """The condition's node."""
    eventId: str
    """The event that this is the content of, in base64: what is acknowledged."""
    eventType: str
    """Its type."""
    retain: bool
    """Whether it is of interest still."""


class Alarm(_Alarm, total=False):
    """An alarm or another condition; what the server does not tell is absent."""

    acknowledged: bool | None
    """Whether somebody has seen it."""
    active: bool | None
    """Whether what it warns of is the case."""
    branch: str | None
    """An earlier state of it that still needs somebody's attention."""
    clientUser: str | None
    """Who commented, acknowledged or confirmed last."""
    comment: str | None
    """The last comment."""
    conditionName: str | None
    """The name of the condition."""
    confirmed: bool | None
    """Whether somebody has done what was to be done."""
    dialog: Dialog | None
    """Of a dialog: what it asks."""
    enabled: bool | None
    """Whether the condition is enabled."""
    lastSeverity: int | None
    """How urgent it was before."""
    message: str | None
    """What it says."""
    quality: Status | None
    """How good the values are that it is made from."""
    receiveTime: UtcTime | None
    """When the server learnt of it."""
    severity: int | None
    """How urgent it is, from 1 to 1,000."""
    shelving: Shelving | None
    """Whether somebody has put it aside."""
    source: str | None
    """What it is about."""
    sourceName: str | None
    """The name of what it is about."""
    suppressed: bool | None
    """Whether the server keeps it back."""
    suppressedOrShelved: bool | None
    """Whether it is one or the other."""
    time: UtcTime | None
    """When it happened."""


class _AlarmName(TypedDict):
    condition: str
    """The condition's node."""


class AlarmName(_AlarmName, total=False):
    """A condition, or a branch of one."""

    branch: str | None
    """An earlier state of it that still needs somebody's attention."""


class _AlarmUpdate(TypedDict):
    sequence: int
    """Identifies the update; for `after`."""


class AlarmUpdate(_AlarmUpdate, total=False):
    """What happened to the list. The first update has all alarms, unless it goes on behind another."""

    changed: list[Alarm]
    """Alarms that are new or other than before. One that has just ended is told a last time, with `retain` false."""
    complete: Basis | None
    """The list was rebuilt and is complete, by this means."""
    gap: StreamGap | None
    """Updates or events are missing before this."""
    removed: list[AlarmName]
    """Alarms that are no longer in the list: they have ended, also while nobody heard of it."""
    snapshot: bool
    """`changed` are all alarms there are: whatever was known before is to be forgotten."""
    state: StreamState | None
    """The connection changed."""
    status: Status | None
    """Why the server reports no events."""


class _AlarmsResponse(TypedDict):
    alarms: list[Alarm]
    """All that are retained, by condition and branch."""
    basis: Basis
    """What the list is made of."""
    sequence: int
    """For `watch_alarms`, to hear what comes next."""
    status: Status
    """`Good`, or why the server reports no events."""


class AlarmsResponse(_AlarmsResponse, total=False):
    """The alarms as they are now."""

    leftOut: int
    """Alarms that had no room in the list, which holds 10,000."""
    state: StreamState | None
    """The connection is lost, and this is how it was before."""


class _ApiKey(TypedDict):
    created: UtcTime
    """When it was made."""
    id: str
    """Names the key; the part of its text that is not secret."""
    name: str
    """Who uses it, for the audit record."""
    role: Role
    """What it may do."""


class ApiKey(_ApiKey, total=False):
    """What is known of an API key; its secret is not."""

    expires: UtcTime | None
    """From when on it is refused; never where it is absent."""
    lastUsed: UtcTime | None
    """When it was last used, to the minute; absent if it never was."""


class ApiKeyList(TypedDict):
    """The API keys, oldest first."""

    keys: list[ApiKey]
    """At most 1,000."""


class Applicant(TypedDict):
    """What a certificate may say of an application: what is on record of it, whatever it asks for."""

    application: str
    """The id of its record."""
    applicationName: str
    """The common name of its certificate."""
    applicationType: ApplicationType
    """Server, client or both: what its key may be used for."""
    applicationUri: str
    """The ApplicationUri: the only URI of its certificate."""
    hosts: list[str]
    """The hosts of its DiscoveryUrls, names and addresses, each once; those that it may be reached by."""


class _Application(TypedDict):
    approval: Approval
    """Whether it belongs to the plant."""
    description: ApplicationDescription
    """What it says of itself."""
    enabled: bool
    """Whether it may be used; what is not is also not activated."""


class Application(_Application, total=False):
    """An OPC UA application as it was found, and what was decided about it."""

    addresses: list[str]
    """Where it answered, `IP:PORT` each, as its edge sees it."""
    edge: str | None
    """The edge that looks after it: whose searches may say that it is gone."""
    edited: list[str]
    """What somebody has set by hand and searches leave as it is: members of the description, `site`."""
    findings: list[registry_Finding]
    """What is wrong with it."""
    runs: list[str]
    """The searches that found it first and last."""
    seen: Seen | None
    """Since when it is known. None of one that was entered by hand and never found."""
    site: str | None
    """The site where it stands, if its edge has one."""
    thumbprints: list[str]
    """SHA-1 of the certificates that it shows, hexadecimal; they name them, they prove nothing."""


class _ApplicationDescription(TypedDict):
    applicationName: str
    """For people."""
    applicationType: ApplicationType
    """Server, client or both."""
    applicationUri: str
    """Should be globally unique, and equal to the URI in its certificate."""


class ApplicationDescription(_ApplicationDescription, total=False):
    """An OPC UA application, as it describes itself (OPC 10000-4 §7.2)."""

    capabilities: list[str]
    """What it can do, by the identifiers of OPC 10000-12 Annex D: `DA`, `HD`, `LDS`."""
    discoveryProfileUri: str | None
    """How its discovery URLs are to be used, where not as usual."""
    discoveryUrls: list[str]
    """Where its endpoints can be asked for, as it says."""
    gatewayServerUri: str | None
    """The server that leads to it, where it is not reached directly."""
    locale: str | None
    """Language of the name: `de-AT`."""
    productUri: str
    """The product."""


class ApplicationWithEndpoints(TypedDict):
    """An application with its endpoints."""

    application: Application
    """The application."""
    endpoints: list[RecordedEndpoint]
    """Its endpoints, ordered by id."""
    id: str
    """Its id."""
    revision: Revision
    """Its revision."""


class _ApplicationsResponse(TypedDict):
    applications: list[RecordedApplication]
    """Those of the page."""


class ApplicationsResponse(_ApplicationsResponse, total=False):
    """Applications, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class ApprovalPolicyAutomatic(TypedDict):
    """One of several kinds."""

    kind: Literal['automatic']


class ApprovalPolicyVotesVotes(TypedDict):
    """One of several kinds."""

    kind: Literal['votes']


class _ArgumentDescription(TypedDict):
    dataType: DataTypeDescription
    """The type of it or its elements."""
    description: str
    """What it is for."""
    name: str
    """Its name."""
    valueRank: int
    """-1 scalar, 1 array, more for matrices; 0 any array, -2 anything, -3 scalar or array."""


class ArgumentDescription(_ArgumentDescription, total=False):
    """An argument (OPC 10000-3 §8.6)."""

    arrayDimensions: list[int]
    """The lengths of a matrix, where they are fixed."""


class Asked(TypedDict):
    """What a signing request asks for."""

    key: KeyAlgorithm
    """What kind of key it has."""
    keySha256: str
    """SHA-256 over the key (SubjectPublicKeyInfo), hexadecimal, to compare with what the application shows."""
    subject: str
    """The subject that it asks for; the certificate has that of the record."""
    unrecordedHosts: list[str]
    """The hosts that it asks for and will not have, since they are not on record."""


class _AuditCheck(TypedDict):
    newest: str
    """SHA-256 of the last of them: keep it somewhere else to notice later that lines were cut off."""
    records: int
    """Records that follow from each other, from the first one."""


class AuditCheck(_AuditCheck, total=False):
    """What a check of the whole record found."""

    broken: str | None
    """What is wrong behind them; absent if nothing is."""


class AuditFinding(TypedDict):
    """The first entry that is not as it was written."""

    message: str
    """What is wrong with it."""
    number: int
    """Its number."""


class AuditPage(TypedDict):
    """A page of the audit record."""

    records: list[AuditRecord]
    """Oldest first; the next page begins behind the last one's sequence. None of them: the end."""


class _AuditRecord(TypedDict):
    event: AuditEvent
    """Whether the operation begins, or how it ended."""
    operation: str
    """`capability.operation`"""
    previous: str
    """SHA-256 of the line before, in hexadecimal digits; zeros in the first one."""
    principal: str
    """Who asked."""
    request: str
    """SHA-256 of the request's body, in hexadecimal digits; where it holds secrets, of what is left without them, see
    [`recordable`](crate::operation::recordable).
    """
    sequence: int
    """1, 2, 3 …"""
    time: UtcTime
    """When it was written."""


class AuditRecord(_AuditRecord, total=False):
    """One line of the audit record.

    Each holds the SHA-256 of the line before it, so that nobody can change, remove or insert a line without
    changing all that follow. That lines were cut off at the end cannot be seen from the record alone: keep the newest hash
    somewhere else.
    """

    address: str | None
    """Where the request came from."""
    began: int | None
    """The sequence of the record of the beginning; absent there."""
    details: Any
    """What it did item by item, at most 16 KiB: what was asked, what was there before, what came of it. Absent where the
    operation does not tell.
    """
    key: str | None
    """The id of the API key; absent for a command on the machine itself."""
    reason: str | None
    """Why it failed or was refused."""
    role: Role | None
    """What that one may do; absent for a command on the machine itself."""


class _AuditResponse(TypedDict):
    entries: list[RecordedEntry]
    """Those of the page."""
    newest: int
    """The number of the last entry there is."""


class AuditResponse(_AuditResponse, total=False):
    """Entries, in order."""

    next: int | None
    """Where the next page begins, if there is one."""


class AuthoritiesResponse(TypedDict):
    """Authorities, ordered by id."""

    authorities: list[RecordedAuthority]
    """All of them."""


class AuthorityWithChain(TypedDict):
    """An authority with its chain."""

    authority: RecordedAuthority
    """The authority."""
    chain: list[Der]
    """Its certificate and those of the authorities above it, the root last. Empty while it is being made."""


class Believed(TypedDict):
    """What is believed."""

    time: UtcTime
    """The time."""


class _BrowsePath(TypedDict):
    elements: list[PathElement]
    """Step by step."""


class BrowsePath(_BrowsePath, total=False):
    """A path from a node."""

    start: str | None
    """Where it begins. Default the Objects folder (`i=85`)."""


class BrowseResponse(TypedDict):
    """References, a result for each node or token, in order."""

    results: list[BrowseResult]
    """One for each item of the request."""


class _BrowseResult(TypedDict):
    references: list[Reference]
    """What was found."""
    status: Status
    """How it went. `BadContinuationPointInvalid`: the token no longer holds, since the connection is another one or the
    server has forgotten it; browse again.
    """


class BrowseResult(_BrowseResult, total=False):
    """The references of one node."""

    next: str | None
    """For `browse_next`, if there is more. It holds as long as the connection."""


class BuildInfo(TypedDict):
    """Who made the server (OPC 10000-5 §12.4)."""

    buildNumber: str
    manufacturerName: str
    productName: str
    productUri: str
    softwareVersion: str


class CallResponse(TypedDict):
    """How it went."""

    results: list[CallResult]
    """One for each call."""


class _CallResult(TypedDict):
    outputs: list[Output]
    """What the method returned, in order."""
    status: Status
    """What the server said, or why it was not asked: `BadTypeMismatch` if a value does not fit its argument."""


class CallResult(_CallResult, total=False):
    """How one went."""

    inputs: list[Status]
    """What the server said of each input, if it said anything."""


class _CapabilitiesResponse(TypedDict):
    build: BuildInfo
    """Its make."""
    concerns: list[str]
    """What is wrong with its certificate although it is let pass."""
    history: dict[str, bool]
    """What it does with history, by the name of the capability (OPC 10000-11 §5.4.2): `AccessHistoryDataCapability`."""
    limits: dict[str, int]
    """Limits by their name: `MaxNodesPerRead`. Those that it does not know are left out."""
    locales: list[str]
    """Languages that it has texts in."""
    namespaces: list[str]
    """Namespace URIs by index."""
    profiles: list[str]
    """Profiles that it supports, by URI."""
    servers: list[str]
    """The server's own ApplicationUri, and those of others that it refers to."""


class CapabilitiesResponse(_CapabilitiesResponse, total=False):
    """What it says of itself; what it does not say is empty or absent."""

    startTime: UtcTime | None
    """When it was started."""


class CertificateGroup(TypedDict):
    """A group of certificates that are made by the same rules."""

    approval: ApprovalPolicy
    """Who must agree to a request."""
    authority: str
    """The issuing authority."""
    certificateTypes: list[CertificateType]
    """The types that an application may have, one certificate each."""
    id: str
    """Its id."""
    keys: KeyRules
    """Which keys are good enough."""
    purpose: Purpose
    """What its certificates are for."""
    validDays: int
    """For so many days a certificate is valid, 1 to 3,650; never longer than that of its issuer."""


class CertificateRequest(TypedDict):
    """Somebody wants a certificate for an application."""

    applicant: Applicant
    """For which application, as it was on record when it was asked for: what is approved is what is issued, whatever
    becomes of the record meanwhile.
    """
    at: UtcTime
    """When."""
    certificateType: CertificateType
    """The type of the certificate."""
    group: str
    """The certificate group."""
    id: str
    """Its id."""
    requester: str
    """Who asks."""
    state: RequestState
    """How far it is."""
    wanted: Wanted
    """What for."""


CertificateView = TypedDict("CertificateView", {"applicationUri": "str | None", "certificate": "Der", "fingerprint": "str", "from": "UtcTime", "issuer": "str", "subject": "str", "thumbprint": "str", "until": "UtcTime"}, total=False)
"""A certificate, for people."""


class CertificateWithChain(TypedDict):
    """A certificate with its chain."""

    certificate: Der
    """The certificate."""
    issuers: list[Der]
    """The certificates of the authorities above it, the root last."""
    record: RecordedCertificate
    """What is on record of it."""


class _CertificatesResponse(TypedDict):
    certificates: list[RecordedCertificate]
    """Those of the page."""


class CertificatesResponse(_CertificatesResponse, total=False):
    """Certificates, ordered by authority and serial number."""

    next: str | None
    """Where the next page begins, if there is one."""


class CertificatesStatus(TypedDict):
    """How it stands."""

    at: UtcTime
    """When this was so."""
    authorities: list[RecordedAuthority]
    """The authorities, each with its newest revocation list, whose `alarm` tells that it is late."""
    keysAhead: int
    """Keys that were made ahead of time, in this process."""
    keysHeld: int
    """Keys that wait to be fetched, in this process."""
    proposalsWaiting: int
    """Proposals that nobody has decided yet."""
    requestsWaiting: int
    """Requests that nobody has decided yet."""
    soonest: list[Expiring]
    """Applications whose newest certificate in a group ends soonest, 20 at most, the first to end first."""
    toRenew: int
    """How many of the newest certificates have two thirds of their life behind them."""
    unfinished: int
    """What is on record and not signed yet: more than a few for long means that a key cannot be used."""
    valid: int
    """Certificates of applications that are valid and not revoked."""


class CertificatesUpdate(TypedDict):
    """Something that was done: an entry of the audit record, without its details."""

    action: str
    """What: `request.submitted`, `certificate.issued`, `revocationList.signed`."""
    at: UtcTime
    """When."""
    by: str
    """Who."""
    sequence: int
    """Its number in the audit record, for `after`."""
    subject: str
    """To what: the id of a record, `AUTHORITY/SERIAL` of a certificate, `AUTHORITY#NUMBER` of a revocation list."""


class ChangeDeleteAtTimes(TypedDict):
    """One of several kinds."""

    kind: Literal['deleteAtTimes']
    times: list[UtcTime]
    """The times, at most 1,000."""


class ChangeDeleteEvents(TypedDict):
    """One of several kinds."""

    eventIds: list[str]
    """Their EventIds in base64, at most 1,000."""
    kind: Literal['deleteEvents']


class _ChangeDeleteRange(TypedDict):
    end: UtcTime
    """Before this."""
    kind: Literal['deleteRange']
    start: UtcTime
    """From here on."""


class ChangeDeleteRange(_ChangeDeleteRange, total=False):
    """One of several kinds."""

    modified: bool
    """Deletes what is kept of earlier changes, and no values."""


class ChangeInsert(TypedDict):
    """One of several kinds."""

    kind: Literal['insert']
    values: list[StoredValue]
    """The values, at most 1,000."""


class ChangeInsertEvents(TypedDict):
    """One of several kinds."""

    events: list[list[Any]]
    """The events, at most 1,000: of each as many values as there are fields, in their order. A Variant
    (`{"UaType": 13, "Value": "2026-01-01T00:00:00Z"}`), or a boolean, a number that fits into Int32, Int64 or Double, or a text.
    """
    fields: list[str]
    """Names of the fields that are given, as `EventId`, `Time`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100."""
    kind: Literal['insertEvents']


class ChangeReplace(TypedDict):
    """One of several kinds."""

    kind: Literal['replace']
    values: list[StoredValue]
    """The values, at most 1,000."""


class ChangeReplaceEvents(TypedDict):
    """One of several kinds."""

    events: list[list[Any]]
    """The events, at most 1,000: of each as many values as there are fields, in their order. A Variant
    (`{"UaType": 13, "Value": "2026-01-01T00:00:00Z"}`), or a boolean, a number that fits into Int32, Int64 or Double, or a text.
    """
    fields: list[str]
    """Names of the fields that are given, as `EventId`, `Time`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100."""
    kind: Literal['replaceEvents']


class ChangeResponse(TypedDict):
    """What became of a change."""

    findings: list[Finding]
    """What the author of the configuration should know of it; at most 1000."""
    results: list[ItemResult]
    """What became of each thing that was asked for, in its order."""
    revision: str
    """The configuration has this revision now."""


class ChangeUpdate(TypedDict):
    """One of several kinds."""

    kind: Literal['update']
    values: list[StoredValue]
    """The values, at most 1,000."""


class ChangeUpdateEvents(TypedDict):
    """One of several kinds."""

    events: list[list[Any]]
    """The events, at most 1,000: of each as many values as there are fields, in their order. A Variant
    (`{"UaType": 13, "Value": "2026-01-01T00:00:00Z"}`), or a boolean, a number that fits into Int32, Int64 or Double, or a text.
    """
    fields: list[str]
    """Names of the fields that are given, as `EventId`, `Time`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100."""
    kind: Literal['updateEvents']


class _ConditionEvent(TypedDict):
    condition: str
    """The condition's node."""


class ConditionEvent(_ConditionEvent, total=False):
    """An event of a condition."""

    branch: str | None
    """Where the event is taken from the live list: of which branch. Default the condition itself."""
    comment: str | None
    """What is to be said to it. Without it a comment made before stays."""
    eventId: str | None
    """Which event, in base64. Default the one of the live list."""


class ConditionResponse(TypedDict):
    """How it went."""

    results: list[ConditionResult]
    """One for each item of the request."""


class _ConditionResult(TypedDict):
    status: Status
    """What the server said, or why it was not asked: `BadEventIdUnknown` if the live list has no such alarm."""


class ConditionResult(_ConditionResult, total=False):
    """How one went."""

    eventId: str | None
    """The event that it was about, in base64."""


class _Connection(TypedDict):
    state: Connectivity
    """How it stands."""


class Connection(_Connection, total=False):
    """A connection as it is now."""

    reason: str | None
    """Why it was lost."""


class _ConnectionDiagnostics(TypedDict):
    attempts: int
    """Failed attempts since the connection was last there."""
    endpointUrl: str
    """`opc.tcp://host:port/path`"""
    state: ConnectionState
    """The connection as it is now."""
    writers: list[WriterDiagnostics]
    """Its writers."""


class ConnectionDiagnostics(_ConnectionDiagnostics, total=False):
    """How a session with a server stands."""

    concerns: list[str]
    """What is wrong with the server's certificate although the trust policy let it pass, and what to do about it."""
    reason: str | None
    """What is wrong, in one sentence; absent while connected."""
    session: SessionDiagnostics | None
    """What the server knew of the session when it was asked last; absent where that is not wanted or the server does
    not tell.
    """


class ConnectionResponse(TypedDict):
    """The connections with a server."""

    connections: list[Connection]
    """One for each user and choice of languages."""
    state: Connectivity
    """The best of them."""


class Counts(TypedDict):
    """How much a search has done."""

    answered: int
    """Those that speak OPC UA."""
    failed: int
    """Addresses and URLs that should be servers and could not be asked."""
    planned: int
    """Addresses and ports to be tried."""
    probed: int
    """Those that were tried."""
    servers: int
    """Servers that were found."""


class _CrawlBatch(TypedDict):
    found: int
    """Nodes told so far."""
    nodes: list[CrawledNode]
    """Nodes that were found, at most 1,000; each of them is in one batch of the crawl and no other."""
    waiting: int
    """Nodes that are known and still to be looked into."""


class CrawlBatch(_CrawlBatch, total=False):
    """Some of what was found. The last batch of a crawl has an `end`."""

    end: CrawlEnd | None
    """Why nothing follows."""
    failures: list[CrawlFailure]
    """Nodes that could not be looked into, or not to the end."""


class CrawlFailure(TypedDict):
    """A node that could not be looked into."""

    node: str
    """The node."""
    status: Status
    """Why."""


class _CrawledNode(TypedDict):
    browseName: str
    """Its name in browse paths."""
    displayName: str
    """Its name for people."""
    level: int
    """References from the start to it, the way that it was found. With `maxDepth` no way is shorter."""
    node: str
    """The node."""
    parent: str
    """Where it was found."""
    referenceType: str
    """The type of the reference from there."""


class CrawledNode(_CrawledNode, total=False):
    """A node, as it was found first."""

    nodeClass: NodeClass | None
    """Its class; absent if it is on another server, which is not entered."""
    path: list[str]
    """The browse names from the start to it, if they are wanted."""
    typeDefinition: str | None
    """Of objects and variables: the type."""


class CreatedKey(TypedDict):
    """A key that was made."""

    key: ApiKey
    """What is kept of it."""
    text: str
    """`iiot_ID_SECRET`, for the header `Authorization: Bearer`. It cannot be read again."""


class CrlRules(TypedDict):
    """How often revocation lists are published and for how long they hold.

    A plant stops when its lists expire, so they hold for much longer than the time to the next one.
    """

    reissueHours: int
    """A new one is made after so many hours, 1 to 168."""
    validDays: int
    """One holds for so many days, 30 to 3,650."""


class _DataTypeDescription(TypedDict):
    dataType: str
    """The DataType node."""


class DataTypeDescription(_DataTypeDescription, total=False):
    """The type of a value."""

    builtInType: int | None
    """How its values are encoded: the number of a built-in type (OPC 10000-6 Table 1), 22 for structures, 24 for any.
    Absent where the server does not tell.
    """
    fields: list[FieldDescription]
    """Of a structure: what it is made of, in order."""
    name: str | None
    """Its name, where it is known."""
    union: bool
    """Whether only one of the fields is there (OPC 10000-3 §8.36)."""
    values: list[EnumerationValue]
    """Of an enumeration: its values; of an option set: its bits."""


class _DataValue(TypedDict):
    status: Status
    """How it went, and how good the value is."""


class DataValue(_DataValue, total=False):
    """A value with its status and times."""

    ageMs: int | None
    """How many milliseconds ago it was read, where it was not read for this request."""
    serverTimestamp: UtcTime | None
    """When the server got it."""
    sourceTimestamp: UtcTime | None
    """When it came about."""
    value: Any
    """The value, in the encoding that was asked for; null where there is none."""


class Deadband(TypedDict):
    """By how much a number must change (OPC 10000-4 §7.22.2)."""

    kind: DeadbandKind
    """By what it is measured."""
    value: float
    """How much."""


class _DeclaredLoss(TypedDict):
    cause: LossCause
    """Why."""
    declared: UtcTime
    """When it was noticed, by our clock."""
    writerGroup: str
    """Name of the writer group."""


class DeclaredLoss(_DeclaredLoss, total=False):
    """Values that are or may be missing from what was published.

    Every missing value of the field has a source timestamp later than `after` and earlier than
    `before`. Some intervals hold no missing value: that a value did not change during an outage
    cannot be seen from outside.
    """

    after: UtcTime | None
    """Source timestamp of the last value before; absent if there was none."""
    before: UtcTime | None
    """Source timestamp of the first value behind; absent if there was none."""
    detail: str | None
    """More about the cause, for people."""
    field: str | None
    """The field; all of the writer's where it is absent."""
    node: str | None
    """The field's node as configured; absent together with `field`."""
    server: str | None
    """Endpoint URL of the server; all of the group's where it is absent."""
    values: int | None
    """How many values are missing; absent where that is not known."""
    writer: str | None
    """Name of the writer; all of the group's where it is absent."""


class Deviation(TypedDict):
    """Where a device differs from what was pushed to it, or did not do what it must."""

    expected: str
    """What should be there."""
    found: str
    """What is there."""
    step: devices_Step
    """The step that tells."""


DeviceChangeRemoved = TypedDict("DeviceChangeRemoved", {"device": "str", "is": "Literal['removed']"}, total=False)


DeviceChangeState = TypedDict("DeviceChangeState", {"is": "Literal['state']", "view": "DeviceView"}, total=False)


class DeviceIdentityAnonymous(TypedDict):
    """One of several kinds."""

    kind: Literal['anonymous']


class DeviceIdentityCertificate(TypedDict):
    """One of several kinds."""

    kind: Literal['certificate']
    subject: str
    """The name in the certificate."""


class DeviceIdentityUserName(TypedDict):
    """One of several kinds."""

    kind: Literal['userName']
    user: str
    """The name."""


class _DeviceSettings(TypedDict):
    certificateType: CertificateType
    """The type of its certificate."""
    endpointUrl: str
    """Where it listens: `opc.tcp://press:4840`."""
    identity: DeviceIdentity
    """Who administrates it."""


class DeviceSettings(_DeviceSettings, total=False):
    """How a device is reached and what it is given."""

    automatic: bool
    """Whether it is given what it should have by itself; else only when somebody asks for it. Default true."""
    certificateGroup: str
    """The certificate group that its certificates come from. Default `DefaultApplicationGroup`."""
    deviceGroup: str
    """The browse name of the certificate group at the device. Default `DefaultApplicationGroup`."""
    managesCertificate: bool
    """Whether it gets certificates. Default true."""
    managesTrustList: bool
    """Whether it gets trust lists. Default true."""
    newKey: bool
    """Whether it makes a new key for each certificate. Not where people vote on certificates: the key lives no longer than
    the session, and some devices lose it when they restart. Default false.
    """


class DeviceUpdate(TypedDict):
    """The state of a device."""

    change: DeviceChange
    """The device."""
    sequence: int
    """The entry of the audit record up to which it holds, for `after`: it rises."""


class _DeviceView(TypedDict):
    device: str
    """Its id."""
    differences: list[str]
    """What it should have and has not, or what is wrong, as sentences; the first 50."""
    failures: int
    """Pushes in a row that have failed."""
    revision: int
    """The revision of its settings."""
    settings: DeviceSettings
    """How it is reached and what it is given."""
    state: DeviceState
    """How it stands."""


class DeviceView(_DeviceView, total=False):
    """A device and how it stands with it."""

    confirmedBy: str | None
    """Who has confirmed its first one."""
    nextAttempt: UtcTime | None
    """When it is tried again by itself."""
    outOfDateSince: UtcTime | None
    """Since when it should have something else than it has, as far as that is known."""
    pin: CertificateView | None
    """The certificate that is known to be its own."""
    push: PushView | None
    """The last push."""
    renewAt: UtcTime | None
    """When its certificate is to be renewed; none where it gets none."""
    rollOut: str | None
    """The roll-out that it belongs to: nothing else is pushed to it meanwhile."""


class _DevicesResponse(TypedDict):
    devices: list[DeviceView]
    """Those of the page."""


class DevicesResponse(_DevicesResponse, total=False):
    """Devices, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class _Diagnostics(TypedDict):
    connections: list[ConnectionDiagnostics]
    """The servers, in the order of the plan."""
    losses: dict[str, int]
    """How many losses were declared, by cause; a cause that never occurred is absent."""
    newestLosses: list[DeclaredLoss]
    """The newest declared losses, oldest first; at most 100."""
    publisherId: str
    """PublisherId of the process."""
    sink: str
    """Where messages go."""
    started: UtcTime
    """When it was started."""
    taken: UtcTime
    """When this was taken."""
    writerGroups: list[WriterGroupDiagnostics]
    """The writer groups, in the order of the plan."""


class Diagnostics(_Diagnostics, total=False):
    """How a publisher stands. Counters count from its start."""

    expansions: list[ExpansionDiagnostics]
    """What nodes with `Expand` stand for."""


class _DiagnosticsResponse(TypedDict):
    enabled: DataValue
    """Whether it counts sessions and subscriptions at all, as a Boolean."""
    summary: DataValue
    """Of the server as a whole, as a ServerDiagnosticsSummaryDataType."""


class DiagnosticsResponse(_DiagnosticsResponse, total=False):
    """What it counts; each part has a status of its own."""

    sessions: DataValue | None
    """If they were asked for, as an array of SessionDiagnosticsDataType."""
    subscriptions: DataValue | None
    """If they were asked for, as an array of SubscriptionDiagnosticsDataType."""


class _Dialog(TypedDict):
    active: bool
    """Whether it waits for an answer."""
    options: list[str]
    """The answers to choose from, by their places."""


class Dialog(_Dialog, total=False):
    """What a dialog asks (OPC 10000-9 §5.6)."""

    prompt: str | None
    """The question."""


class DialogResponse(TypedDict):
    """An answer to a dialog."""

    condition: str
    """The condition's node."""
    option: int
    """The place of the answer among the options."""


class DisconnectResponse(TypedDict):
    """What was closed."""

    closed: int
    """Connections that were closed. The next request makes a new one."""


class _DiscoveryRun(TypedDict):
    requested: UtcTime
    """When it was asked for."""
    state: RunState
    """How far it is."""
    what: str
    """What is searched, in a line."""


class DiscoveryRun(_DiscoveryRun, total=False):
    """A search for servers, from its request to its end."""

    counts: Counts
    """How much was done."""
    diff: RunDiff | None
    """What it changed in the registry, once its results were entered."""
    edge: str | None
    """The edge that searches."""
    ended: UtcTime | None
    """When it ended."""
    error: str | None
    """Why it failed."""
    started: UtcTime | None
    """When it began."""


class _Edge(TypedDict):
    approval: Approval
    """Whether it belongs to the plant: nothing is sent to one that was not approved."""
    firstSeen: UtcTime
    """When it was heard of first."""
    placeKey: str
    """The key that requests to it are sealed for. Compare it with what the edge itself shows before it is approved."""
    presence: Presence
    """Whether it is there."""
    root: str
    """The topic below which it takes requests."""


class Edge(_Edge, total=False):
    """A process on a factory floor that searches, publishes and acts for others. Its id is the name that it announces."""

    capabilities: list[str]
    """What it can do: the names of capabilities."""
    problem: str | None
    """Why it is not used although it is there."""
    site: str | None
    """Where it stands."""
    version: str
    """Its version."""


class _EdgesResponse(TypedDict):
    edges: list[RecordedEdge]
    """Those of the page."""


class EdgesResponse(_EdgesResponse, total=False):
    """Edges, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class Elevation(TypedDict):
    """A user of the server, for one request."""

    password: str
    """The password; cleared from memory after use and never printed."""
    user: str
    """The name."""


class _EndpointDescription(TypedDict):
    reportedUrl: str
    """The URL that the server reports, which often only it can resolve."""
    securityMode: str
    """`None`, `Sign` or `SignAndEncrypt`."""
    securityPolicyUri: str
    """URI of the security policy."""
    url: str
    """The URL that reaches it from its edge."""


class EndpointDescription(_EndpointDescription, total=False):
    """One way to reach an application, as it describes it (OPC 10000-4 §7.14)."""

    certificate: str | None
    """The certificate with its issuers as the server sends them: DER, one after the other, in Base64."""
    certificateThumbprint: str | None
    """SHA-1 of the server's certificate, hexadecimal; names it, does not prove it."""
    securityLevel: int
    """0 to 255, what the server itself thinks of it; larger is more secure."""
    transportProfileUri: str
    """URI of the transport profile."""
    userTokens: list[UserTokenPolicy]
    """Who may log in, and how."""


class _EndpointsResponse(TypedDict):
    endpoints: list[registry_RecordedEndpoint]
    """Those of the page."""


class EndpointsResponse(_EndpointsResponse, total=False):
    """Endpoints, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class EnrollResponse(TypedDict):
    """What became of it."""

    application: str
    """The id of the application on record."""
    outcome: Enrolled
    """How far it is."""
    request: str
    """The id of the request."""


class EnrolledIssuedIssued(TypedDict):
    """One of several kinds."""

    kind: Literal['issued']


class EnrolledPending(TypedDict):
    """One of several kinds."""

    approved: int
    """How many have agreed."""
    kind: Literal['pending']
    needed: int
    """How many must; 0 while it is being made."""


class EnrolledRejected(TypedDict):
    """One of several kinds."""

    kind: Literal['rejected']
    reason: str
    """Why, as that person has put it."""


class _EntriesResponse(TypedDict):
    entries: list[dict[str, Any]]
    """As in the file, with secrets masked."""
    revision: str
    """Of the whole configuration. A change that names it is refused when there is another one."""
    stopped: list[WriterName]
    """Writers that are configured and stopped."""
    total: int
    """Entries in all."""


class EntriesResponse(_EntriesResponse, total=False):
    """Some entries."""

    next: int | None
    """Where the next page begins; absent on the last one."""


class EntryName(TypedDict, total=False):
    """Names entries by what they have in common; at least one of it."""

    endpointUrl: str | None
    """`opc.tcp://host:port/path`"""
    writer: str | None
    """DataSetWriterId"""
    writerGroup: str | None
    """DataSetWriterGroup"""


class EnumerationValue(TypedDict):
    """A value with a name."""

    name: str
    """The name."""
    value: int
    """The number, or the position of the bit."""


class EventCondition(TypedDict):
    """An operator with its operands, which may be conditions again (OPC 10000-4 §7.7.3). At most 256 in all."""

    operands: list[Operand]
    """As many as the operator takes."""
    operator: Operator
    """What is done with the operands."""


class EventField(TypedDict, total=False):
    """A field of events."""

    eventType: str | None
    """The type that has it. Default BaseEventType, under which servers find the fields of every type."""
    indexRange: str | None
    """Part of an array: `2`, `0:4`."""
    path: list[str]
    """BrowseNames from the event to the field: `["ActiveState", "Id"]`, `["nsu=urn:plant;Pressure"]`. Empty for the node
    of a condition.
    """


class _EventUpdate(TypedDict):
    sequence: int
    """Identifies the update; for `after`."""


class EventUpdate(_EventUpdate, total=False):
    """Events, or something else that happened to the stream."""

    events: list[dict[str, Any]]
    """Events in the order in which the server sent them: the fields by the names of their paths, joined by `/`."""
    gap: StreamGap | None
    """Updates or events are missing before this."""
    refused: dict[str, Status]
    """Fields, by name, that the server does not know; they are null in every event."""
    snapshot: bool
    """The stream begins here: no event before is told of."""
    state: StreamState | None
    """The connection changed."""
    status: Status | None
    """How the server takes the request, at the start and when that changes."""


class _ExpansionDiagnostics(TypedDict):
    endpointUrl: str
    """`opc.tcp://host:port/path`"""
    node: str
    """The node, or where the path to it begins."""
    variables: int
    """Variables that it stands for."""


class ExpansionDiagnostics(_ExpansionDiagnostics, total=False):
    """What a node that stands for those below it has come to."""

    error: str | None
    """Why the server could not be asked last; absent where it could."""
    path: str | None
    """The way from there; absent where the node itself is meant."""


class Expiring(TypedDict):
    """The newest certificate of an application in a group."""

    application: str
    """The application."""
    daysLeft: int
    """So many days are left."""
    group: str
    """The certificate group."""
    issuer: str
    """The id of its authority."""
    serial: str
    """Its serial number."""
    until: UtcTime
    """When it ends."""


class Explanation(TypedDict):
    """Why there is or is not a server somewhere."""

    reachable: bool
    """Whether a client can connect there as it should."""
    sentence: str
    """The whole of it, in a sentence, with what to do."""
    steps: list[Step]
    """Step by step, as far as they went."""
    target: str
    """What was asked for."""


class FailedField(TypedDict):
    """A field that the server refused."""

    field: str
    """Its name in messages."""
    node: str
    """Its node as configured."""
    status: str
    """Why, as a StatusCode's name."""
    willRetry: bool
    """Whether it will be tried again."""


class _FailedTarget(TypedDict):
    message: str
    """Why it could not be asked, in a sentence."""
    url: str
    """Its URL."""
    via: list[Via]
    """How it was found."""


class FailedTarget(_FailedTarget, total=False):
    """What should be a server and could not be asked."""

    address: str | None
    """Where it was tried: `IP:PORT`."""
    outcome: Outcome | None
    """What it turned out to be, where the connection itself is at fault."""


class FieldDescription(TypedDict):
    """A field of a structure."""

    dataType: str
    """The type of it or its elements: a DataType."""
    name: str
    """Its name."""
    optional: bool
    """Whether it may be absent."""
    rank: FieldRank
    """Scalar, array or matrix."""


class _FileChangeCopy(TypedDict):
    directory: str
    """Where it lies."""
    kind: Literal['copy']
    node: str
    """What."""
    target: str
    """Where the copy goes."""


class FileChangeCopy(_FileChangeCopy, total=False):
    """One of several kinds."""

    name: str
    """Its name; the old one where empty."""


class FileChangeCreateDirectory(TypedDict):
    """One of several kinds."""

    directory: str
    """Where."""
    kind: Literal['createDirectory']
    name: str
    """Its name."""


class FileChangeCreateFile(TypedDict):
    """One of several kinds."""

    directory: str
    """Where."""
    kind: Literal['createFile']
    name: str
    """Its name."""


class FileChangeDelete(TypedDict):
    """One of several kinds."""

    directory: str
    """Where it lies."""
    kind: Literal['delete']
    node: str
    """What."""


class _FileChangeMove(TypedDict):
    directory: str
    """Where it lies."""
    kind: Literal['move']
    node: str
    """What."""
    target: str
    """Where it goes."""


class FileChangeMove(_FileChangeMove, total=False):
    """One of several kinds."""

    name: str
    """Its new name; the old one where empty."""


class FileChangeResponse(TypedDict):
    """How it went."""

    results: list[FileChangeResult]
    """One for each change."""


class _FileChangeResult(TypedDict):
    status: Status
    """The server's answer."""


class FileChangeResult(_FileChangeResult, total=False):
    """How a change went."""

    node: str | None
    """What was made, moved or copied, as it is called now."""


class _FileEntry(TypedDict):
    directory: bool
    """It is a directory."""
    name: str
    """Its name."""
    node: str
    """Its node."""


class FileEntry(_FileEntry, total=False):
    """A file or directory."""

    openCount: int | None
    """Of files: how often it is open."""
    size: int | None
    """Of files: how many bytes it has; absent where the server does not know before it is read."""
    userWritable: bool | None
    """Of files: whether this user may write it."""
    writable: bool | None
    """Of files: whether it can be written."""


class FileListResponse(TypedDict):
    """What lies in directories."""

    results: list[FileListResult]
    """One for each directory."""


class FileListResult(TypedDict):
    """What lies in a directory."""

    entries: list[FileEntry]
    """Its files and directories."""
    status: Status
    """How it went."""


class FileReadResponse(TypedDict):
    """A part of a file."""

    data: str
    """The bytes in base64."""
    end: bool
    """Nothing follows."""
    status: Status
    """How it went. What came before a failure is in `data`."""


class FileWriteResponse(TypedDict):
    """How it went."""

    status: Status
    """The server's answer. A bad one may come after some of the bytes were written."""
    written: int
    """Bytes that the server has taken."""


class Finding(TypedDict):
    """Something in the configuration that has another effect than its author may expect.

    The text never holds values of secrets.
    """

    column: int
    """Its column in characters, from 1."""
    kind: FindingKind
    """What is wrong."""
    line: int
    """The line of the token that is wrong, from 1: a value, or a name that is unknown or there twice, or
    the object that lacks something.
    """
    message: str
    """The cause and what happens instead, as a sentence fragment."""
    path: str
    """Where: `[0].OpcNodes[3].BrowsePath`."""
    property: str
    """The property's name as it stands in the file."""


class _FinishResponse(TypedDict):
    certificate: Der
    """The certificate."""
    issuer: str
    """The id of the authority."""
    issuers: list[Der]
    """The certificates of the authorities above it, the root last."""
    serial: str
    """The serial number, hexadecimal, lower case."""


class FinishResponse(_FinishResponse, total=False):
    """What was made."""

    privateKey: Der | None
    """The key, if one was made: a PKCS #12 file with the certificate, or the text of a PEM file, encrypted with the password."""


class FoundEndpoint(TypedDict):
    """An endpoint, and what is wrong with it."""

    description: EndpointDescription
    """The endpoint."""
    findings: list[discovery_Finding]
    """What is wrong with it."""


class FoundServer(TypedDict):
    """A server, asked at one or several addresses."""

    addresses: list[str]
    """Where it answered: `IP:PORT` each. Several only where it is surely one server."""
    description: ApplicationDescription
    """What it says of itself."""
    endpoints: list[FoundEndpoint]
    """Its endpoints with the URLs that reach them."""
    findings: list[discovery_Finding]
    """What is wrong with it as a whole."""
    via: list[Via]
    """How it was found."""


class GroupsResponse(TypedDict):
    """Certificate groups, ordered by id."""

    groups: list[RecordedGroup]
    """All of them."""


class Header(TypedDict, total=False):
    """What all requests have in common; everything may be left out."""

    auditId: str | None
    """Goes into the server's own audit record (AuditEntryId, OPC 10000-4 §6.5.2)."""
    elevation: Elevation | None
    """Who asks the server, for this request alone. Default whom the endpoint is configured for. It has a session of its own, that
    is closed afterwards; where the password would travel in clear the server is not reached.
    """
    locales: list[str]
    """Languages of texts, the preferred first: `de-AT`. The server's own choice where empty."""
    timeoutMs: int | None
    """How long it may take in milliseconds, connecting included, up to 600,000. Default 15,000."""


class HistoryChange(TypedDict):
    """A change of the history of one node."""

    change: Change
    """What becomes of it."""
    node: str
    """The node; of events their notifier."""


class HistoryDetailsAtTimes(TypedDict):
    """One of several kinds."""

    kind: Literal['atTimes']
    times: list[UtcTime]
    """The times, at most 10,000."""


class _HistoryDetailsEvents(TypedDict):
    end: UtcTime
    """Where it ends."""
    kind: Literal['events']
    start: UtcTime
    """Where it begins. Later than `end`: the events come backwards."""


class HistoryDetailsEvents(_HistoryDetailsEvents, total=False):
    """One of several kinds."""

    eventType: str | None
    """Only events of this type and its subtypes."""
    fields: list[str]
    """Names of fields, as `Severity`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100. Default those that all events
    have.
    """


class HistoryDetailsModified(TypedDict):
    """One of several kinds."""

    end: UtcTime
    """Where it ends."""
    kind: Literal['modified']
    start: UtcTime
    """Where it begins. Later than `end`: the values come backwards."""


class _HistoryDetailsProcessed(TypedDict):
    aggregate: str
    """How: the node of an aggregate, as `i=2342` for the average."""
    end: UtcTime
    """Where it ends."""
    kind: Literal['processed']
    start: UtcTime
    """Where it begins."""


class HistoryDetailsProcessed(_HistoryDetailsProcessed, total=False):
    """One of several kinds."""

    intervalMs: int
    """The length of the span that each value stands for, in milliseconds; 0 makes one of all."""


class _HistoryDetailsRaw(TypedDict):
    kind: Literal['raw']


class HistoryDetailsRaw(_HistoryDetailsRaw, total=False):
    """One of several kinds."""

    bounds: bool
    """Whether the values at or around both ends belong to it."""
    end: UtcTime | None
    """Where it ends."""
    start: UtcTime | None
    """Where it begins. Later than `end`: the values come backwards."""


class HistoryReadResponse(TypedDict):
    """Stored values."""

    results: list[HistoryResult]
    """One for each node."""


class HistoryResponse(TypedDict):
    """Versions."""

    versions: list[Version]
    """Newest first."""


class _HistoryResult(TypedDict):
    more: bool
    """There are more of them, or there may be: go on behind the last one. Also if the status is bad and something was read before."""
    status: Status
    """How it went."""
    values: list[DataValue]
    """The values, in the order of the server."""


class HistoryResult(_HistoryResult, total=False):
    """Stored values of one node."""

    events: list[dict[str, Any]]
    """The events, each with its fields by name."""
    modifications: list[Modification | None]
    """Of modified values: what happened to each, in the same order; null where the server does not tell."""


class HistoryUpdateResponse(TypedDict):
    """How it went."""

    results: list[HistoryUpdateResult]
    """One for each change."""


class HistoryUpdateResult(TypedDict):
    """How a change went."""

    items: list[Status]
    """One for each value, time or event; none of a range, or if the change was refused as a whole."""
    status: Status
    """Of the change as a whole: the first bad one of its items, if there is any."""


class _Invitation(TypedDict):
    at: UtcTime
    """When."""
    by: str
    """Who has invited."""
    group: str
    """The certificate group."""
    id: str
    """Its id."""
    refused: int
    """How often somebody came with its token and another key: who else may have the token?"""
    state: InvitationState
    """How far it is."""
    until: UtcTime
    """Until when the token can be used for the first time."""


class Invitation(_Invitation, total=False):
    """An invitation for one application with one key."""

    application: str | None
    """The id of the application on record; absent until one has come."""
    key: str | None
    """The key that it is bound to since its first use: SHA-256 of its SubjectPublicKeyInfo, hexadecimal."""
    note: str
    """What it is for, for people."""
    request: str | None
    """The newest request for a certificate."""
    used: UtcTime | None
    """When it was first used."""


class _InvitationsResponse(TypedDict):
    invitations: list[Invitation]
    """Those of the page; there may be fewer than asked for."""


class InvitationsResponse(_InvitationsResponse, total=False):
    """Invitations, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class Invited(TypedDict):
    """An invitation with its token."""

    invitation: Invitation
    """The invitation."""
    token: Token
    """What the application shows, as an API key. Nobody can ask for it again."""


class IssuedCertificate(TypedDict):
    """A certificate with those above it."""

    certificate: Der
    """The certificate (DER)."""
    issuers: list[Der]
    """The authorities above it (DER), its issuer first, the root last."""
    validFrom: UtcTime
    """From when on it is valid."""
    validUntil: UtcTime
    """Until when it is valid."""


class _ItemResult(TypedDict):
    changed: int
    """How many entries or nodes it changed."""


class ItemResult(_ItemResult, total=False):
    """What became of one thing."""

    error: str | None
    """Why it changed nothing; absent where it was done."""


class KeyAlgorithmEc(TypedDict):
    """One of several kinds."""

    ec: Curve


class KeyAlgorithmRsa(TypedDict):
    """One of several kinds."""

    rsa: int


class _KeyFrameOf(TypedDict):
    writerGroup: str
    """Its group."""


class KeyFrameOf(_KeyFrameOf, total=False):
    """A writer, or all of a group."""

    writer: str | None
    """Its name; all of the group where it is absent."""


class KeyFramesResponse(TypedDict):
    """What became of it."""

    errors: list[str | None]
    """For each in the order asked for: why there is no key frame; null where one is sent."""


class KeyRules(TypedDict):
    """Which keys are good enough for a group, within what the type of the certificate allows."""

    curves: list[Curve]
    """Which curves there may be."""
    leastRsaBits: int
    """RSA keys have at least so many bits."""
    mostRsaBits: int
    """RSA keys have at most so many bits: old devices take no longer ones."""


class LogDiagnostics(TypedDict):
    """How the log of a writer group stands."""

    bytes: int
    """Its size on the disk in bytes."""
    paused: bool
    """Whether it takes no values because it is full or the disk fails; then they wait in the servers."""


class _MethodCall(TypedDict):
    method: str
    """The method."""
    object: str
    """The object whose method it is."""


class MethodCall(_MethodCall, total=False):
    """A call."""

    inputs: Inputs
    """What it is given."""


class MethodDescription(TypedDict):
    """What one takes and returns."""

    inputs: list[ArgumentDescription]
    """What it takes, in order."""
    outputs: list[ArgumentDescription]
    """What it returns, in order."""
    status: Status
    """How it went."""


class MethodResponse(TypedDict):
    """What they take and return."""

    results: list[MethodDescription]
    """One for each method."""


class MissingResponse(TypedDict):
    """What is missing, as far as it is known."""

    intervals: list[DeclaredLoss]
    """The intervals that reach into the time, in the order in which they were declared."""
    notShown: int
    """Intervals that are not shown because of the limit."""
    uncounted: int
    """Intervals of which nobody knows how many values are missing."""
    unobservable: list[UnobservableField]
    """Fields of which values can be missing without anybody knowing."""
    values: int
    """Values counted in all of these intervals, those beyond the time included."""


class _Modification(TypedDict):
    kind: ModificationKind
    """What was done."""
    user: str
    """Who did it."""


class Modification(_Modification, total=False):
    """A change of a stored value (OPC 10000-11 §6.6.6)."""

    time: UtcTime | None
    """When."""


class _NamedApplication(TypedDict):
    id: str
    """Its record id."""
    name: str
    """Its name."""


class NamedApplication(_NamedApplication, total=False):
    """An application in a list."""

    what: list[str]
    """What has changed, by name; empty where all is new or gone."""


class _NewAuthority(TypedDict):
    commonName: str
    """Its name, which no other one has: devices tell authorities apart by their names."""
    id: str
    """Its id: letters, digits, `-`, `_` and `.`."""
    key: AuthorityKey
    """Which key it gets."""
    organization: str
    """The organization."""
    validDays: int
    """For so many days its certificate is valid; never longer than that of its issuer."""


class NewAuthority(_NewAuthority, total=False):
    """An authority that somebody wants."""

    crl: CrlRules
    """When it publishes revocation lists. A new one every day, each for 30 days, where nothing is said."""
    crlUrls: list[str]
    """Where its revocation list is found; stands in the certificates that it issues."""
    group: str | None
    """The trust group that it is for alone; none if it issues certificates for all."""
    issuer: str | None
    """The authority that issues its certificate; none for a root."""
    issuerUrls: list[str]
    """Where its certificate is found; stands in the certificates that it issues."""
    replaces: str | None
    """The authority whose place it takes. Until it is activated it issues nothing, but is trusted already."""


class _Node(TypedDict):
    field: str
    """Its name in messages."""
    node: str
    """As configured."""
    state: NodeCondition
    """How it stands."""
    writer: str
    """The writer."""
    writerGroup: str
    """The writer's group."""


class Node(_Node, total=False):
    """How a node stands."""

    lastStatus: str | None
    """Its status, as a StatusCode's name."""
    lastValueTime: UtcTime | None
    """Source timestamp of the last value received."""
    reason: str | None
    """Why it does not report; absent while it does."""


class _NodeDescription(TypedDict):
    attributes: dict[str, DataValue]
    """The attributes that it has, by name. One that cannot be read says why."""
    browseName: str
    """Its name in browse paths."""
    displayName: str
    """Its name for people."""
    hasChildren: bool
    """Whether anything is below it, by hierarchical references."""
    node: str
    """The node, its namespace by URI."""
    status: Status
    """How it went; `BadNodeIdUnknown` if there is no such node."""


class NodeDescription(_NodeDescription, total=False):
    """A node."""

    dataType: DataTypeDescription | None
    """Of a variable or a variable type: the type of its values."""
    nodeClass: NodeClass | None
    """What kind of node it is."""
    typeDefinition: str | None
    """Of an object or a variable: the type."""


class NodeResponse(TypedDict):
    """All that is known of them."""

    results: list[NodeDescription]
    """One for each node."""


class _NodesResponse(TypedDict):
    nodes: list[Node]
    """In the order of groups, writers and fields."""


class NodesResponse(_NodesResponse, total=False):
    """Some nodes."""

    next: int | None
    """Where the next page begins; absent on the last one."""


class OfficePolicy(TypedDict):
    """Who must agree to changes of authorities, groups and this policy, and to revocations.

    Nobody but the one who wants it, where nothing is said: otherwise nobody could set up the first authority. Whoever sets
    a policy with votes cannot take it back alone.
    """

    changes: ApprovalPolicy
    """To changes of authorities and groups, to the end of an authority, and to changes of this policy."""
    revocations: ApprovalPolicy
    """To revocations of the certificates of applications. They are urgent: more than one vote costs the time in which a
    stolen key is good.
    """


class Operand(TypedDict, total=False):
    """What an operator works on: exactly one of these."""

    condition: EventCondition | None
    """What another operator yields."""
    field: EventField | None
    """A field of the event."""
    node: str | None
    """A node, of a type for instance."""
    value: Any
    """A Variant (`{"UaType": 5, "Value": 500}`), or a boolean, number or text alone."""


OutcomeClosed = TypedDict("OutcomeClosed", {"is": "Literal['closed']"}, total=False)


OutcomeFiltered = TypedDict("OutcomeFiltered", {"is": "Literal['filtered']"}, total=False)


OutcomeHangup = TypedDict("OutcomeHangup", {"is": "Literal['hangup']"}, total=False)


OutcomeNotTried = TypedDict("OutcomeNotTried", {"is": "Literal['notTried']", "message": "str"}, total=False)


OutcomeOpcUa = TypedDict("OutcomeOpcUa", {"is": "Literal['opcUa']"}, total=False)


OutcomeOther = TypedDict("OutcomeOther", {"begins": "str", "is": "Literal['other']"}, total=False)


OutcomeRefused = TypedDict("OutcomeRefused", {"code": "int", "is": "Literal['refused']", "reason": "str", "symbol": "str"}, total=False)


OutcomeSilent = TypedDict("OutcomeSilent", {"is": "Literal['silent']"}, total=False)


OutcomeUnreachable = TypedDict("OutcomeUnreachable", {"is": "Literal['unreachable']", "message": "str"}, total=False)


class Output(TypedDict):
    """Something that a method returned."""

    name: str
    """The name of the argument; empty if the server names none."""
    value: Any
    """The value, in the encoding that was asked for."""


class PartyApplication(TypedDict):
    """One of several kinds."""

    application: str


class PartyGroup(TypedDict):
    """One of several kinds."""

    group: str


class _PathElement(TypedDict):
    targetName: str
    """The BrowseName of the next node: `nsu=urn:plant;Boiler`, `2:Boiler`."""


class PathElement(_PathElement, total=False):
    """A step of a path."""

    inverse: bool
    """Goes against their direction."""
    referenceType: str | None
    """By references of this type. Default all hierarchical ones (`i=33`)."""
    withoutSubtypes: bool
    """Leaves out references of its subtypes."""


class _PathTarget(TypedDict):
    node: str
    """The node."""


class PathTarget(_PathTarget, total=False):
    """The end of a path."""

    remainingPathIndex: int | None
    """The path goes on in another server, with this element."""


class Presence(TypedDict):
    """Whether an edge is there."""

    connected: bool
    """Whether it was heard of lately."""
    since: UtcTime
    """Since when that is so."""


class PresentedResponse(TypedDict):
    """What a device presents."""

    certificates: list[CertificateView]
    """The certificates at its endpoints with encryption, each once; most devices have one."""


class _Progress(TypedDict):
    at: UtcTime
    """When."""
    counts: Counts
    """How much was done."""
    sequence: int
    """Rises."""
    state: RunState
    """How far it is."""


class Progress(_Progress, total=False):
    """How a search stands at a moment: at each change of its state, at each server, and every second."""

    message: str | None
    """What has just been found, in a line."""


class _Proposal(TypedDict):
    at: UtcTime
    """When he said so."""
    change: certificates_Change
    """What is to be done."""
    id: str
    """Its id."""
    requester: str
    """Who wants it."""
    state: ProposalState
    """How far it is."""


class Proposal(_Proposal, total=False):
    """Something that somebody wants to be done, and that others may have to agree to."""

    reason: str
    """Why, for people."""


class ProposalStateApproved(TypedDict):
    """One of several kinds."""

    by: list[str]
    """By whom; by nobody where nobody had to be asked."""
    kind: Literal['approved']
    policy: ApprovalPolicy
    """The policy that it met."""


class ProposalStateDone(TypedDict):
    """One of several kinds."""

    by: list[str]
    """Who had approved it."""
    kind: Literal['done']


class ProposalStateFailed(TypedDict):
    """One of several kinds."""

    kind: Literal['failed']
    reason: str
    """Why."""


class ProposalStateNew(TypedDict):
    """One of several kinds."""

    kind: Literal['new']


class ProposalStateRejected(TypedDict):
    """One of several kinds."""

    by: str
    """By whom."""
    kind: Literal['rejected']
    reason: str
    """Why."""


class _ProposalsResponse(TypedDict):
    proposals: list[RecordedProposal]
    """Those of the page."""


class ProposalsResponse(_ProposalsResponse, total=False):
    """Proposals, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class PurgeResponse(TypedDict):
    """What was deleted, or would be."""

    applications: list[str]
    """The ids of applications, all their endpoints with them; the first thousand."""
    dryRun: bool
    """Whether they are still there."""
    endpoints: list[str]
    """The ids of endpoints of applications that stay; the first thousand."""
    records: int
    """Records, all together."""


class _PushView(TypedDict):
    bringsCertificate: bool
    """Whether it brings a certificate."""
    bringsTrustList: bool
    """Whether it brings a trust list."""
    deviations: list[Deviation]
    """What the device did otherwise than it should."""
    number: int
    """Which of the device's."""
    since: UtcTime
    """Since when."""
    step: devices_Step
    """What comes next, or how it ended."""


class PushView(_PushView, total=False):
    """A push, as far as it is."""

    request: str | None
    """The request on which people must vote."""
    rollBack: RollBack | None
    """What became of its old trust list."""
    trouble: Trouble | None
    """What went wrong last."""


class PushedLists(TypedDict, total=False):
    """What a trust list holds (TrustListDataType, OPC 10000-12 §7.8.2.6)."""

    issuerCertificates: list[Der]
    """Authorities that complete chains and are not trusted by themselves."""
    issuerCrls: list[Der]
    """Their revocation lists."""
    trustedCertificates: list[Der]
    """Applications and authorities that are trusted."""
    trustedCrls: list[Der]
    """Revocation lists of trusted authorities."""


QuietHours = TypedDict("QuietHours", {"from": "str", "to": "str", "utcOffsetMinutes": "int"}, total=False)
"""Hours of each day in which nothing is contacted, in the time of the zone."""


class _ReadItem(TypedDict):
    node: str
    """The node."""


class ReadItem(_ReadItem, total=False):
    """Something to read."""

    attribute: Attribute
    """Which attribute of it. Default `Value`."""
    indexRange: str | None
    """Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27)."""


class ReadResponse(TypedDict):
    """What was read."""

    results: list[DataValue]
    """One for each item."""


class RecordApplicationApplication(TypedDict):
    """One of several kinds."""

    kind: Literal['application']


RecordChangeDeleted = TypedDict("RecordChangeDeleted", {"is": "Literal['deleted']", "key": "RecordKey"}, total=False)


RecordChangeMissed = TypedDict("RecordChangeMissed", {"is": "Literal['missed']"}, total=False)


RecordChangePut = TypedDict("RecordChangePut", {"id": "str", "is": "Literal['put']", "record": "Record"}, total=False)


class RecordDiscoveryRunDiscoveryRun(TypedDict):
    """One of several kinds."""

    kind: Literal['discoveryRun']


class RecordEdgeEdge(TypedDict):
    """One of several kinds."""

    kind: Literal['edge']


class RecordEndpointEndpoint(TypedDict):
    """One of several kinds."""

    kind: Literal['endpoint']


class RecordKey(TypedDict):
    """Names a record."""

    id: str
    """Which one."""
    kind: RecordKind
    """What it is."""


class RecordSiteSite(TypedDict):
    """One of several kinds."""

    kind: Literal['site']


class RecordedApplication(TypedDict):
    """An application as it stands on record."""

    application: registry_Application
    """The application."""
    id: str
    """Its id."""
    revision: Revision
    """Its revision."""


RecordedAuthority = TypedDict("RecordedAuthority", {"commonName": "str", "crl": "CrlRules", "crlUrls": "list[str]", "from": "UtcTime | None", "group": "str | None", "id": "str", "issuer": "str | None", "issuerUrls": "list[str]", "organization": "str", "replaces": "str | None", "revocationList": "RevocationListState | None", "serial": "str", "stage": "Stage", "successor": "str | None", "until": "UtcTime | None"}, total=False)
"""An authority as it stands on record."""


RecordedCertificate = TypedDict("RecordedCertificate", {"application": "str", "from": "UtcTime", "group": "str", "issuer": "str", "request": "str", "revoked": "Revoked | None", "serial": "str", "thumbprint": "str", "until": "UtcTime"}, total=False)
"""A certificate as it stands on record."""


class RecordedEdge(TypedDict):
    """An edge as it stands on record."""

    edge: Edge
    """The edge."""
    id: str
    """Its id."""
    revision: Revision
    """Its revision."""


class RecordedEndpoint(TypedDict):
    """An endpoint as it stands on record."""

    endpoint: registry_Endpoint
    """The endpoint."""
    id: str
    """Its id."""
    revision: Revision
    """Its revision."""


class RecordedEntry(TypedDict):
    """An entry of the audit record, exactly as it is kept."""

    at: UtcTime
    """When, by the clock of the one who did it."""
    event: str
    """What was done, exactly the text that the hash covers (JSON)."""
    hash: str
    """SHA-256, hexadecimal, over the number, the time, the text and the hash before."""
    number: int
    """Its number: 1, 2, 3 …"""
    previous: str
    """The hash of the entry before it; empty in the first one."""


class RecordedGroup(TypedDict):
    """A certificate group as it stands on record."""

    group: CertificateGroup
    """The group."""
    revision: int
    """Its revision."""


class _RecordedPolicy(TypedDict):
    policy: OfficePolicy
    """The policy."""


class RecordedPolicy(_RecordedPolicy, total=False):
    """The policy of the office as it stands on record."""

    revision: int | None
    """Its revision; none while nobody has said anything, and the default holds."""


class _RecordedProposal(TypedDict):
    digest: Digest
    """What a vote on it must name."""
    proposal: Proposal
    """The proposal."""
    votes: list[Vote]
    """The votes, in the order in which they were cast."""


class RecordedProposal(_RecordedProposal, total=False):
    """A proposal as it stands on record."""

    progress: certificates_Progress | None
    """How far the approval is; none once it is decided."""


class _RecordedRequest(TypedDict):
    digest: Digest
    """What a vote on it must name: it covers all that will stand in the certificate."""
    request: CertificateRequest
    """The request."""
    votes: list[Vote]
    """The votes, in the order in which they were cast."""


class RecordedRequest(_RecordedRequest, total=False):
    """A request as it stands on record."""

    asked: Asked | None
    """What is asked for, as whoever votes should see it; of a signing request."""
    progress: certificates_Progress | None
    """How far the approval is; none once it is decided."""


class RecordedRevocationList(TypedDict):
    """A revocation list."""

    authority: str
    """The id of the authority."""
    revocationList: Der
    """The list itself."""
    state: RevocationListState
    """How it stands with it."""


class RecordedRollOut(TypedDict):
    """A roll-out as it stands on record."""

    revision: int
    """Its revision."""
    rollOut: RollOutRecord
    """It."""


class RecordedRun(TypedDict):
    """A search as it stands on record."""

    id: str
    """Its id."""
    revision: Revision
    """Its revision."""
    run: DiscoveryRun
    """The search."""


class _RecordedRunsResponse(TypedDict):
    runs: list[RecordedRun]
    """Those of the page."""


class RecordedRunsResponse(_RecordedRunsResponse, total=False):
    """Searches, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class RecordedSite(TypedDict):
    """A site as it stands on record."""

    id: str
    """Its id."""
    revision: Revision
    """Its revision."""
    site: Site
    """The site."""


class RecordedTrustGraph(TypedDict):
    """The trust graph as it stands on record."""

    graph: TrustGraph
    """The graph."""
    revision: int
    """Its revision; 0 before there is one on record."""


class _Reference(TypedDict):
    browseName: str
    """The other node's name in browse paths."""
    displayName: str
    """The other node's name for people."""
    forward: bool
    """Whether it goes from the node that was asked for."""
    node: str
    """The other node."""
    referenceType: str
    """Its type."""


class Reference(_Reference, total=False):
    """A reference and the node at its other end."""

    nodeClass: NodeClass | None
    """The other node's class; absent if it is on another server."""
    typeDefinition: str | None
    """Of objects and variables: the type."""


class Refusal(TypedDict):
    """A connection that will not come about."""

    by: RefusedBy
    """Who refuses."""
    isSoAlready: bool
    """Whether it is so already."""
    peer: str
    """The peer."""
    problem: str
    """What is wrong."""
    remedy: str
    """What to do about it."""
    status: str
    """The status code, by name."""


class _RegistryUpdate(TypedDict):
    change: RecordChange
    """What has changed."""


class RegistryUpdate(_RegistryUpdate, total=False):
    """A change on record."""

    sequence: int | None
    """The revision of the change, for `after`: it rises, with gaps. None where changes are missing."""


class _RehearsalResponse(TypedDict):
    changes: list[str]
    """What would change in its trust list, as sentences; the first 1,000."""
    refusals: list[Refusal]
    """Connections that would not come about, by the trust lists that are known: those that were pushed, and for others
    those that they should have.
    """


class RehearsalResponse(_RehearsalResponse, total=False):
    """What a push would bring about."""

    newCertificate: str | None
    """Whether it would get a new certificate, and why."""


class Relation(TypedDict):
    """Whether clients may talk to servers."""

    client: Party
    """Who talks."""
    effect: Effect
    """Whether they may."""
    server: Party
    """To whom."""


class ReleaseResponse(TypedDict):
    """What became of it."""

    released: bool
    """Whether it was in use until now."""


class Removed(TypedDict):
    """What was deleted."""

    id: str
    """Its id."""
    revision: Revision
    """The revision that was deleted."""


class RemovedDevice(TypedDict):
    """A device that was forgotten."""

    device: str
    """Its id."""


class RequestStateAccepted(TypedDict):
    """One of several kinds."""

    issuer: str
    """The authority."""
    kind: Literal['accepted']
    serial: str
    """The serial number, hexadecimal, lower case."""


class RequestStateApproved(TypedDict):
    """One of several kinds."""

    kind: Literal['approved']


class RequestStateFailed(TypedDict):
    """One of several kinds."""

    kind: Literal['failed']
    reason: str
    """Why, and what to do."""
    status: StatusCode
    """What the application is answered."""


class RequestStateIssued(TypedDict):
    """One of several kinds."""

    issuer: str
    """The authority."""
    kind: Literal['issued']
    serial: str
    """The serial number, hexadecimal, lower case."""


class RequestStateNew(TypedDict):
    """One of several kinds."""

    kind: Literal['new']


class RequestStateRejected(TypedDict):
    """One of several kinds."""

    by: str
    """By whom."""
    kind: Literal['rejected']
    reason: str
    """Why."""


class _RequestsResponse(TypedDict):
    requests: list[RecordedRequest]
    """Those of the page."""


class RequestsResponse(_RequestsResponse, total=False):
    """Requests, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class _ResultsResponse(TypedDict):
    results: list[SearchResult]
    """Servers, and what should be a server and could not be asked."""
    run: DiscoveryRun
    """How it stands."""
    scope: Scope
    """What it covers: who stands there and was not found is gone."""


class ResultsResponse(_ResultsResponse, total=False):
    """What a search found."""

    next: int | None
    """Where the next page begins, if there is one."""


class _RevocationListState(TypedDict):
    nextUpdate: UtcTime
    """Until when it holds: devices begin to refuse connections then."""
    number: int
    """Its number."""
    thisUpdate: UtcTime
    """From when on it holds."""


class RevocationListState(_RevocationListState, total=False):
    """How it stands with the newest revocation list of an authority."""

    alarm: int | None
    """So much of its time is over, in percent, where it is so much that somebody must see to it."""


class Revoked(TypedDict):
    """When and why a certificate was revoked."""

    at: UtcTime
    """When."""
    reason: RevocationReason
    """Why."""


class RollBackDone(TypedDict):
    """One of several kinds."""

    kind: Literal['done']


class RollBackFailed(TypedDict):
    """One of several kinds."""

    because: str
    """Why."""
    kind: Literal['failed']


class RollBackUnderWay(TypedDict):
    """One of several kinds."""

    kind: Literal['underWay']


class RollOut(TypedDict):
    """A roll-out as far as it is.

    ```
    use iiot_gds::push::{FleetMember, RollOut, RollOutAction, RollOutPlan};

    let fleet = ["press", "lathe", "mill"].map(String::from).to_vec();
    let begun = RollOut::new(RollOutPlan::default(), fleet);
    assert_eq!(begun.next(), RollOutAction::Push(vec!["press".into()]));
    let stopped = begun.finished("press", FleetMember::Failed);
    assert_eq!(stopped.next(), RollOutAction::Rest);
    ```
    """

    fleet: list[str]
    """The devices in their order."""
    members: dict[str, FleetMember]
    """What became of each so far."""
    phase: RollOutPhase
    """How it stands."""
    plan: RollOutPlan
    """How."""
    wave: int
    """The wave that is under way."""


class RollOutPlan(TypedDict, total=False):
    """How to roll out."""

    maxFailures: int
    """So many failures are borne in all; one more stops it. Default 0."""
    parallel: int
    """Pushes at a time. Default 8."""
    rollBack: bool
    """Whether what was done is taken back when it stops. Default true."""
    waves: list[WaveSize]
    """How far each wave goes; what is left after the last one is never pushed to. Default: one device, a tenth, all."""


class _RollOutRecord(TypedDict):
    at: UtcTime
    """When."""
    by: str
    """Who has begun it."""
    id: str
    """Its id."""
    pushes: dict[str, list[int]]
    """The number of the push of each device that was begun, and of the one that takes it back."""
    released: bool
    """Whether its devices are looked after by themselves again."""
    renew: bool
    """Whether each device gets a new certificate in any case."""
    state: RollOut
    """How far it is."""


class RollOutRecord(_RollOutRecord, total=False):
    """What is kept of a roll-out."""

    stoppedBy: str | None
    """Who has stopped it."""


class _RollOutsResponse(TypedDict):
    rollOuts: list[RecordedRollOut]
    """Those of the page."""


class RollOutsResponse(_RollOutsResponse, total=False):
    """Roll-outs, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class RunDiff(TypedDict):
    """What a search changed in the registry."""

    back: list[NamedApplication]
    """Those that had been gone."""
    changed: list[NamedApplication]
    """Those that say something else of themselves, or are elsewhere."""
    gone: list[NamedApplication]
    """Those that should have been found and were not."""
    new: list[NamedApplication]
    """Applications that were not known."""
    summary: str
    """`2 new, 1 gone, 3 changed, 40 as before`"""
    unchanged: int
    """Those that are as they were."""


class RunResponse(TypedDict):
    """A search."""

    id: str
    """Its id."""
    run: DiscoveryRun
    """How it stands."""


class _RunsResponse(TypedDict):
    runs: list[RunResponse]
    """Those of the page."""


class RunsResponse(_RunsResponse, total=False):
    """Searches, the newest first."""

    next: str | None
    """Where the next page begins, if there is one."""


class ScanPlan(TypedDict, total=False):
    """What is searched, and how quickly. Only what it names is contacted; with the preset `off` and nothing else that is nothing."""

    addresses: list[str]
    """Addresses to try: `10.0.0.0/24`, `10.0.0.1-10.0.0.99`, `10.0.0.7`, `fd00::17`, `plc-7.plant.example`. IPv6 networks are
    /112 at the largest.
    """
    concurrency: int
    """Open connections, at most."""
    deny: list[str]
    """Addresses that are never contacted, written as `addresses` are; it goes before everything else."""
    follow: Follow
    """Which URLs are visited that servers and discovery servers report."""
    locales: list[str]
    """Languages of names, the preferred first."""
    multicast: bool
    """Whether servers that announce themselves by multicast DNS are asked, as far as `follow` says. It takes three seconds."""
    ports: list[str]
    """Ports to try at each of them: `4840`, `48000-48100`. Default those of the preset, else 4840."""
    preset: Preset
    """Fills in addresses and ports where there are none."""
    probeTimeoutMs: int
    """How long a connection and its first answer may take, in milliseconds."""
    quietHours: list[QuietHours]
    """Hours in which nothing is contacted; a search waits for their end."""
    rate: int
    """New connections in a second, at most."""
    serverTimeoutMs: int
    """How long a server may take to tell all about itself, in milliseconds."""
    urls: list[str]
    """Servers to ask, whatever the addresses say: `opc.tcp://plc-7:4840/path`."""


class Scope(TypedDict):
    """What a search covers."""

    addresses: list[str]
    """Addresses: `10.0.0.0/24`, `10.0.0.7`, `fd00::17`; those that are denied are left out by `deny`."""
    complete: bool
    """Whether all of that was tried: a search that was ended covers nothing."""
    deny: list[str]
    """Addresses that were left out."""
    places: list[str]
    """Single places that were asked by URL: `IP:PORT`."""
    ports: list[str]
    """Ports that were tried at each: `4840`, `48000-48100`."""


SearchResultFailedFailed = TypedDict("SearchResultFailedFailed", {"is": "Literal['failed']"}, total=False)


SearchResultServerServer = TypedDict("SearchResultServerServer", {"is": "Literal['server']"}, total=False)


class _Seen(TypedDict):
    first: UtcTime
    """When it was found first."""
    last: UtcTime
    """When it was found last."""


class Seen(_Seen, total=False):
    """Since when something is known, and whether it is still there."""

    goneSince: UtcTime | None
    """When a search that should have found it did not, for the first time since then."""


class SessionDiagnostics(TypedDict):
    """What a server knows of our session (SessionDiagnosticsDataType, OPC 10000-5 §12.11). It counts from when the session
    was created.
    """

    connected: UtcTime
    """When the session was created."""
    failedRequests: int
    """Those of them that failed."""
    lastContact: UtcTime
    """When the server heard of us last."""
    monitoredItems: int
    """Items of all subscriptions."""
    publishRequests: int
    """Publish requests that wait at the server."""
    published: int
    """Publish requests."""
    republished: int
    """Messages that had to be asked for again (Republish)."""
    requests: int
    """Requests of all services."""
    subscriptions: int
    """Subscriptions."""
    taken: UtcTime
    """When it was asked."""
    unauthorizedRequests: int
    """Requests that were refused for want of rights."""


class _ShelvedAlarm(TypedDict):
    condition: str
    """The condition's node."""


class ShelvedAlarm(_ShelvedAlarm, total=False):
    """An alarm to put aside."""

    durationMs: float | None
    """For how many milliseconds. Without it the alarm is put aside until it ends."""


class Site(TypedDict):
    """A plant, or a part of one. Its id is what edges are told to be at."""

    created: UtcTime
    """When it was first named."""
    name: str
    """For people."""


class _SitesResponse(TypedDict):
    sites: list[RecordedSite]
    """Those of the page."""


class SitesResponse(_SitesResponse, total=False):
    """Sites, ordered by id."""

    next: str | None
    """Where the next page begins, if there is one."""


class _Standing(TypedDict):
    application: str
    """Its id on record."""
    renew: bool
    """Whether it should ask for a new one now: two thirds of its life are over, another authority issues certificates now,
    or what is on record of the application was changed.
    """
    revision: str
    """The revision of its trust lists: SHA-256 over what they hold; see [`lists_revision`](super::lists_revision)."""


class Standing(_Standing, total=False):
    """How an application stands."""

    certificate: IssuedCertificate | None
    """Its newest certificate by this invitation."""
    lists: PushedLists | None
    """The trust lists; absent if the application has this revision."""
    revoked: RevocationReason | None
    """Whether that was revoked, and why."""


class StartResponse(TypedDict):
    """A search that was taken."""

    plan: ScanPlan
    """The plan with what the preset and the defaults have put into it."""
    planned: int
    """Addresses and ports that will be tried."""
    position: int
    """Searches that come first."""
    run: str
    """Its id."""


class _Status(TypedDict):
    code: int
    """The number, info bits included (OPC 10000-4 §7.39)."""
    symbol: str
    """The name: `Good`, `BadNodeIdUnknown`; hexadecimal for those without one."""


class Status(_Status, total=False):
    """An OPC UA StatusCode with its name."""

    reason: str | None
    """Why, where more is known than the code says."""


class StatusCode(TypedDict, total=False):
    """One of several kinds."""

    Code: int
    Symbol: str


class _Step(TypedDict):
    detail: str
    """What was seen."""
    step: StepName
    """Which."""
    tookMs: int
    """How long it took, in milliseconds."""
    verdict: Verdict
    """How it went."""


class Step(_Step, total=False):
    """One step towards a server."""

    address: str | None
    """Where, if the step is made at one of several addresses."""
    fix: str | None
    """What to do about it."""


class _StoredValue(TypedDict):
    sourceTimestamp: UtcTime
    """When it came about."""
    value: Any
    """A Variant as answers have it, or the value alone, of the type of the variable."""


class StoredValue(_StoredValue, total=False):
    """A value with its time."""

    status: int | None
    """How good it is. Default 0, good."""


class _StreamGap(TypedDict):
    reason: StreamGapReason
    """Why."""


class StreamGap(_StreamGap, total=False):
    """Something is missing in a stream."""

    after: UtcTime | None
    """The last that is surely there was sent by the server at this time."""
    before: UtcTime | None
    """The first behind it was sent by the server at this time."""
    items: list[int]
    """Which items of the request it concerns, by their places; all where empty."""


class _StreamState(TypedDict):
    state: Connectivity
    """How it stands. The stream goes on by itself when it is back."""


class StreamState(_StreamState, total=False):
    """The connection changed."""

    reason: str | None
    """Why it was lost."""


class SwitchResponse(TypedDict):
    """What became of starting or stopping."""

    results: list[ItemResult]
    """What became of each, in the order asked for."""
    stopped: list[WriterName]
    """All writers that are stopped now."""


class _TestConnectionResponse(TypedDict):
    state: Connectivity
    """How it stands."""
    status: Status
    """The server's answer, or what failed and why."""


class TestConnectionResponse(_TestConnectionResponse, total=False):
    """How the connection stands. That a server cannot be reached is an answer and no failure."""

    failure: str | None
    """Name of the kind of failure, as problems have it: `untrusted`, `unauthenticated`, `unavailable`."""
    roundTripMs: int | None
    """How long the server took to answer, in milliseconds."""
    serverState: int | None
    """What the server says of itself (OPC 10000-5 §12.6): 0 running, 1 failed, 3 suspended, 4 shutting down."""


class TranslateResponse(TypedDict):
    """Where they lead."""

    results: list[TranslateResult]
    """One for each path."""


class TranslateResult(TypedDict):
    """Where one leads."""

    status: Status
    """How it went; `BadNoMatch` if it leads nowhere."""
    targets: list[PathTarget]
    """The nodes at its end; several where names are not unique."""


class Trouble(TypedDict):
    """What went wrong."""

    at: UtcTime
    """When."""
    message: str
    """What happened and what to do, for people."""
    status: str
    """The status code, by name."""
    step: devices_Step
    """At which step."""


class TrustGraph(TypedDict):
    """Which client may talk to which server: what no relation allows is not allowed, and an exception stands above all that
    allow.

    ```
    use iiot_gds::trust::{Party, Relation, TrustGraph};

    let mut graph = TrustGraph::default();
    graph.groups.insert("line 1".into(), ["press".to_owned(), "oven".to_owned()].into());
    graph.relations.push(Relation::allow(Party::application("mes"), Party::group("line 1")));
    graph.relations.push(Relation::except(Party::application("mes"), Party::application("oven")));
    assert!(graph.allows("mes", "press"));
    assert!(!graph.allows("mes", "oven") && !graph.allows("press", "mes"));
    ```
    """

    groups: dict[str, list[str]]
    """Groups of applications, each by its members. An application may be in several."""
    relations: list[Relation]
    """What is allowed, and what is not after all, in any order."""


class TrustListResponse(TypedDict):
    """A trust list."""

    digest: str
    """Tells one content from another: SHA-256, hexadecimal."""
    lists: PushedLists
    """The content."""


class UncountedVote(TypedDict):
    """A vote that does not count."""

    at: UtcTime
    """When it was cast."""
    because: str
    """Why it does not count."""
    by: str
    """Whose."""


class UnobservableField(TypedDict):
    """A field whose server keeps only the newest value although it samples faster than it publishes."""

    field: str
    """Name of the field."""
    server: str
    """Endpoint URL of the server."""
    writer: str
    """Name of the writer."""


class _UserTokenPolicy(TypedDict):
    policyId: str
    """The server's name for it."""
    tokenType: str
    """`Anonymous`, `UserName`, `Certificate` or `IssuedToken`."""


class UserTokenPolicy(_UserTokenPolicy, total=False):
    """One way to log in (OPC 10000-4 §7.42)."""

    securityPolicyUri: str | None
    """What protects the secret; that of the endpoint where there is none."""


class _ValueUpdate(TypedDict):
    sequence: int
    """Identifies the update; for `after`."""


class ValueUpdate(_ValueUpdate, total=False):
    """Values, or something else that happened to the stream. The first update has the present values as far as they are known."""

    gap: StreamGap | None
    """Updates or values are missing before this."""
    items: list[WatchedState]
    """How items stand, at the start and when that changes."""
    snapshot: bool
    """`items` and `values` are all that is known, whatever was known before."""
    state: StreamState | None
    """The connection changed."""
    values: list[WatchedValue]
    """Values in the order in which the server sent them."""


class Version(TypedDict):
    """A version of the configuration."""

    author: str
    """Who changed it: the holder of an API key, or `file` for whoever may write that."""
    number: int
    """Rises by one with each change."""
    revision: str
    """The revision that it was."""
    time: UtcTime
    """When it was applied."""
    what: str
    """What was done."""


class ViaMulticast(TypedDict):
    """One of several kinds."""

    by: Literal['multicast']
    name: str
    """The name of its service."""


class ViaReported(TypedDict):
    """One of several kinds."""

    by: Literal['reported']
    server: str
    """The URL of that server."""


class ViaScan(TypedDict):
    """One of several kinds."""

    address: str
    """`IP:PORT`"""
    by: Literal['scan']


class ViaUrl(TypedDict):
    """One of several kinds."""

    by: Literal['url']
    url: str
    """The URL."""


class _View(TypedDict):
    node: str
    """Its node."""


class View(_View, total=False):
    """A view of the address space (OPC 10000-3 §5.4)."""

    timestamp: UtcTime | None
    """As it was then, where the server keeps earlier versions."""
    version: int | None
    """This version of it. Not together with `timestamp`."""


class _Vote(TypedDict):
    at: UtcTime
    """When."""
    by: str
    """Who."""
    choice: Choice
    """What he thinks."""
    digest: Digest
    """Of what: the [digest](Approvable::digest) of what he has seen."""


class Vote(_Vote, total=False):
    """What somebody thinks of a request."""

    reason: str
    """Why, for people."""


class _VotePolicy(TypedDict):
    needed: int
    """So many. The one who asks never counts."""
    role: Role
    """Who have this role or a higher one, when the votes are counted."""
    validHours: int
    """A vote counts for so many hours."""


class VotePolicy(_VotePolicy, total=False):
    """How many people must agree, and which."""

    people: list[str]
    """Only these people; all with the role if it is empty."""


class Voted(TypedDict, total=False):
    """What was voted on, as it stands now."""

    proposal: RecordedProposal | None
    """The proposal."""
    request: RecordedRequest | None
    """The request."""


class WantedNewKeyPair(TypedDict):
    """One of several kinds."""

    domainNames: list[str]
    """The hosts; none for those on record."""
    format: PrivateKeyFormat
    """How the key is to be delivered."""
    kind: Literal['newKeyPair']
    subjectName: str
    """The subject, as in `CN=Press,O=Works`; empty for the name on record."""


class WantedSigningRequest(TypedDict):
    """One of several kinds."""

    csr: Der
    """PKCS#10 (DER)."""
    kind: Literal['signingRequest']


class _WatchedItem(TypedDict):
    node: str
    """The node."""


class WatchedItem(_WatchedItem, total=False):
    """Something to watch."""

    attribute: Attribute
    """Which attribute of it. Default `Value`."""
    deadband: Deadband | None
    """By how much a number must change to be told."""
    indexRange: str | None
    """Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27)."""
    queueSize: int | None
    """Values that the server keeps between two messages. Default 1: only the last one is sent."""
    samplingIntervalMs: float | None
    """How often the server looks, in milliseconds; 0: as often as it can. Default as often as it sends."""


class _WatchedState(TypedDict):
    item: int
    """The item, by its place in the request."""
    status: Status
    """`Good` if it is watched; else why not. Unless the reason is final the server is asked again from time to time."""


class WatchedState(_WatchedState, total=False):
    """How an item stands."""

    queueSize: int | None
    """What the server made of the queue."""
    samplingIntervalMs: float | None
    """What the server made of the sampling interval."""


class _WatchedValue(TypedDict):
    item: int
    """The item, by its place in the request."""
    status: Status
    """How it went, and how good the value is."""


class WatchedValue(_WatchedValue, total=False):
    """A value of an item."""

    ageMs: int | None
    """How many milliseconds ago it was read, where it was not read for this request."""
    serverTimestamp: UtcTime | None
    """When the server got it."""
    sourceTimestamp: UtcTime | None
    """When it came about."""
    value: Any
    """The value, in the encoding that was asked for; null where there is none."""


class WaveSizeAll(TypedDict):
    """One of several kinds."""

    kind: Literal['all']


class WaveSizeDevices(TypedDict):
    """One of several kinds."""

    count: int
    """The number."""
    kind: Literal['devices']


class WaveSizePercent(TypedDict):
    """One of several kinds."""

    kind: Literal['percent']
    percent: int
    """1 to 100."""


class _WriteItem(TypedDict):
    node: str
    """The node."""
    value: Any
    """A Variant as answers have it (`{"UaType": 11, "Value": 21.5}`), or the value alone. The type of such a one is that
    of the variable, or of its present value where any type will do; structures are then objects of their fields,
    elements of enumerations numbers or names, matrices arrays of arrays.
    """


class WriteItem(_WriteItem, total=False):
    """Something to write."""

    attribute: Attribute
    """Which attribute of it. Default `Value`."""
    indexRange: str | None
    """Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27)."""
    sourceTimestamp: UtcTime | None
    """Writes this time too; most servers refuse that (`BadWriteNotSupported`)."""
    status: int | None
    """Writes this status too; most servers refuse that (`BadWriteNotSupported`)."""


class WritePlaceAppend(TypedDict):
    """One of several kinds."""

    kind: Literal['append']


class WritePlaceAt(TypedDict):
    """One of several kinds."""

    kind: Literal['at']
    offset: int
    """The first byte."""


class WritePlaceReplace(TypedDict):
    """One of several kinds."""

    kind: Literal['replace']


class WriteResponse(TypedDict):
    """How it went."""

    results: list[WriteResult]
    """One for each item."""


class _WriteResult(TypedDict):
    status: Status
    """What the server said, or why it was not asked: `BadTypeMismatch` if the value does not fit the type."""


class WriteResult(_WriteResult, total=False):
    """How one went."""

    readBack: DataValue | None
    """What the server has now, if that was asked for and it took the value."""


class WriterDiagnostics(TypedDict):
    """How a writer's subscription stands."""

    failed: list[FailedField]
    """Fields that the server refused."""
    fields: int
    """Fields in the plan."""
    id: int
    """DataSetWriterId."""
    lossUnobservable: int
    """Fields whose server keeps one value only although it samples faster than it publishes, so
    that it cannot tell when it drops one.
    """
    name: str
    """DataSetWriterName."""
    reporting: int
    """Fields whose monitored item reports."""
    values: int
    """Values received."""


class _WriterGroupDiagnostics(TypedDict):
    bytes: int
    """Bytes of their payloads."""
    messages: int
    """Messages that the sink has taken, metadata included."""
    name: str
    """Its name."""
    topic: str
    """Topic of its data."""
    valuesIn: int
    """Values taken in from servers."""
    valuesOut: int
    """Values in messages that the sink has taken."""
    waiting: int
    """Messages that wait for the sink."""


class WriterGroupDiagnostics(_WriterGroupDiagnostics, total=False):
    """How a writer group stands."""

    log: LogDiagnostics | None
    """Its log; absent where there is none."""
    sinkError: str | None
    """What is wrong with the sink, in one sentence; absent while it takes messages."""


class _WriterName(TypedDict):
    writerGroup: str
    """Its group."""


class WriterName(_WriterName, total=False):
    """A writer, or all of a group."""

    writer: str | None
    """Its name; all of the group where it is absent."""


class _certificates_AuditCheck(TypedDict):
    entries: int
    """How many entries it has."""
    intact: bool
    """Whether the record is as it was written."""
    signed: int
    """Up to which number a checkpoint is signed: whoever can write to the database can have exchanged those behind it."""


class certificates_AuditCheck(_certificates_AuditCheck, total=False):
    """What a check has come to."""

    finding: AuditFinding | None
    """The first entry that is not as it was written, if there is one."""


class certificates_ChangeActivateAuthority(TypedDict):
    """One of several kinds."""

    authority: str
    """Its id."""
    kind: Literal['activateAuthority']


class certificates_ChangeCreateAuthority(TypedDict):
    """One of several kinds."""

    authority: NewAuthority
    """What it is to be."""
    kind: Literal['createAuthority']


class _certificates_ChangePutGroup(TypedDict):
    group: CertificateGroup
    """What it is to be."""
    kind: Literal['putGroup']


class certificates_ChangePutGroup(_certificates_ChangePutGroup, total=False):
    """One of several kinds."""

    revision: int | None
    """The revision that it takes the place of; none for a new one."""


class _certificates_ChangePutPolicy(TypedDict):
    kind: Literal['putPolicy']
    policy: OfficePolicy
    """What it is to be."""


class certificates_ChangePutPolicy(_certificates_ChangePutPolicy, total=False):
    """One of several kinds."""

    revision: int | None
    """The revision that it takes the place of; none for the first one."""


class certificates_ChangeRetireAuthority(TypedDict):
    """One of several kinds."""

    authority: str
    """Its id."""
    kind: Literal['retireAuthority']


class certificates_ChangeRevoke(TypedDict):
    """One of several kinds."""

    because: RevocationReason
    """Why."""
    issuer: str
    """The id of its authority."""
    kind: Literal['revoke']
    serial: str
    """Its serial number."""


class certificates_ChangeRevokeApplication(TypedDict):
    """One of several kinds."""

    application: str
    """The id of the application."""
    because: RevocationReason
    """Why."""
    kind: Literal['revokeApplication']


class certificates_ChangeRevokeAuthority(TypedDict):
    """One of several kinds."""

    authority: str
    """The id of the authority that is ended."""
    because: RevocationReason
    """Why."""
    issuer: str
    """The id of the authority above it."""
    kind: Literal['revokeAuthority']
    serial: str
    """The serial number of its certificate."""


class certificates_Progress(TypedDict):
    """How far an approval is."""

    by: list[str]
    """Whose votes to approve count now."""
    needed: int
    """How many must agree."""
    uncounted: list[UncountedVote]
    """The votes that do not count, and why."""


class _devices_Explanation(TypedDict):
    allowed: bool
    """Whether it may."""
    sentence: str
    """The same for people."""


class devices_Explanation(_devices_Explanation, total=False):
    """Whether a client may talk to a server, and why."""

    relation: Relation | None
    """The relation that says so; none where nothing is said."""


class discovery_Finding(TypedDict):
    """Something about an application or an endpoint that its operator should know."""

    code: FindingCode
    """What it is, for programs."""
    fix: str
    """What to do."""
    message: str
    """What it is, in a sentence."""
    severity: Severity
    """How bad it is."""


class _registry_Application(TypedDict):
    approval: Approval
    """Whether it belongs to the plant."""
    description: ApplicationDescription
    """What it says of itself."""
    enabled: bool
    """Whether it may be used; what is not is also not activated."""


class registry_Application(_registry_Application, total=False):
    """An OPC UA application as it was found, and what was decided about it."""

    addresses: list[str]
    """Where it answered, `IP:PORT` each, as its edge sees it."""
    edge: str | None
    """The edge that looks after it: whose searches may say that it is gone."""
    edited: list[str]
    """What somebody has set by hand and searches leave as it is: members of the description, `site`."""
    findings: list[registry_Finding]
    """What is wrong with it."""
    runs: list[str]
    """The searches that found it first and last."""
    seen: Seen | None
    """Since when it is known. None of one that was entered by hand and never found."""
    site: str | None
    """The site where it stands, if its edge has one."""
    thumbprints: list[str]
    """SHA-1 of the certificates that it shows, hexadecimal; they name them, they prove nothing."""


class registry_ApplicationWithEndpoints(TypedDict):
    """An application with its endpoints."""

    application: registry_Application
    """The application."""
    endpoints: list[registry_RecordedEndpoint]
    """Its endpoints, ordered by id."""
    id: str
    """Its id."""
    revision: Revision
    """Its revision."""


class _registry_Endpoint(TypedDict):
    activated: bool
    """Whether somebody wants it to be used."""
    application: str
    """The application's record id."""
    description: EndpointDescription
    """What the server says of it."""


class registry_Endpoint(_registry_Endpoint, total=False):
    """One way to reach an application, and whether it is used."""

    edge: str | None
    """The edge through which it is used while it is activated; none while no edge can."""
    findings: list[registry_Finding]
    """What is wrong with it."""
    problem: str | None
    """Why it is not used although it is activated."""
    seen: Seen | None
    """Since when it is known. None of one that was entered by hand and never found."""
    site: str | None
    """The site of its application."""
    unreleased: list[str]
    """Edges that may still use it, because they could not be told otherwise yet."""


class registry_Finding(TypedDict):
    """Something about an application or an endpoint that its operator should know."""

    code: FindingCode
    """What it is, for programs."""
    fix: str
    """What to do."""
    message: str
    """What it is, in a sentence."""
    severity: Severity
    """How bad it is."""


class registry_RecordedEndpoint(TypedDict):
    """An endpoint as it stands on record."""

    endpoint: registry_Endpoint
    """The endpoint."""
    id: str
    """Its id."""
    revision: Revision
    """Its revision."""


ApplicationType: TypeAlias = Literal['server', 'client', 'clientAndServer', 'discoveryServer']
"""What an application is."""


Approval: TypeAlias = Literal['discovered', 'approved', 'rejected']
"""What was decided about something that was found."""


ApprovalPolicy: TypeAlias = ApprovalPolicyAutomatic | Any
"""Who must agree."""


Attribute: TypeAlias = Literal['NodeId', 'NodeClass', 'BrowseName', 'DisplayName', 'Description', 'WriteMask', 'UserWriteMask', 'IsAbstract', 'Symmetric', 'InverseName', 'ContainsNoLoops', 'EventNotifier', 'Value', 'DataType', 'ValueRank', 'ArrayDimensions', 'AccessLevel', 'UserAccessLevel', 'MinimumSamplingInterval', 'Historizing', 'Executable', 'UserExecutable', 'DataTypeDefinition', 'RolePermissions', 'UserRolePermissions', 'AccessRestrictions', 'AccessLevelEx']
"""An attribute of a node, by its name."""


AuditEvent: TypeAlias = Literal['began', 'done', 'failed', 'refused']
"""Whether an operation begins, or how it ended."""


AuthorityKey: TypeAlias = Literal['rsa2048', 'rsa3072', 'rsa4096', 'nistP256', 'nistP384', 'brainpoolP256r1', 'brainpoolP384r1']
"""Which key an authority has."""


Basis: TypeAlias = Literal['refresh', 'nodes', 'events']
"""What a list of alarms is made of."""


CertificateType: TypeAlias = Literal['rsaSha256', 'nistP256', 'nistP384', 'brainpoolP256r1', 'brainpoolP384r1', 'https', 'user']
"""What a certificate is for and which key it has."""


Change: TypeAlias = ChangeInsert | ChangeReplace | ChangeUpdate | ChangeDeleteRange | ChangeDeleteAtTimes | ChangeInsertEvents | ChangeReplaceEvents | ChangeUpdateEvents | ChangeDeleteEvents
"""What becomes of history."""


Choice: TypeAlias = Literal['approve', 'reject']
"""Yes or no."""


ConnectionState: TypeAlias = Literal['connecting', 'connected', 'reconnecting', 'closed']
"""The connection as it is now."""


Connectivity: TypeAlias = Literal['connected', 'reconnecting', 'unreachable', 'connecting', 'disconnected']
"""How a connection stands."""


CrawlEnd: TypeAlias = Literal['complete', 'maxNodes']
"""Why a crawl has ended."""


Curve: TypeAlias = Literal['nistP256', 'nistP384', 'brainpoolP256r1', 'brainpoolP384r1']
"""An elliptic curve."""


DeadbandKind: TypeAlias = Literal['absolute', 'percent']
"""By what a deadband is measured."""


Der: TypeAlias = str


DeviceChange: TypeAlias = DeviceChangeState | DeviceChangeRemoved
"""What is to be said of a device."""


DeviceIdentity: TypeAlias = DeviceIdentityAnonymous | DeviceIdentityUserName | DeviceIdentityCertificate
"""Who administrates a device."""


DeviceState: TypeAlias = Literal['unconfirmed', 'managed', 'outOfDate', 'waitingForVotes', 'pushing', 'failed', 'deviating']
"""How it stands with a device."""


Digest: TypeAlias = str
"""SHA-256 of something that is voted on, hexadecimal in lower case."""


Direction: TypeAlias = Literal['forward', 'inverse', 'both']
"""Which way references go."""


Effect: TypeAlias = Literal['allow', 'except']
"""What a relation does."""


Enrolled: TypeAlias = Any | EnrolledPending | EnrolledRejected
"""How far a request of an application is."""


FieldRank: TypeAlias = Literal['scalar', 'array', 'matrix']
"""The shape of a field."""


FileChange: TypeAlias = FileChangeCreateFile | FileChangeCreateDirectory | FileChangeDelete | FileChangeMove | FileChangeCopy
"""A change of what lies in a directory."""


FindingCode: TypeAlias = Literal['anonymous', 'noSecurity', 'notEncrypted', 'deprecatedPolicy', 'passwordInClear', 'weakSignature', 'shortKey', 'certificateExpired', 'certificateExpiresSoon', 'certificateInvalid', 'certificateMissing', 'applicationUriMismatch', 'sharedCertificate', 'sharedApplicationUri', 'unreachableUrl', 'malformed']
"""What was found to be wrong."""


FindingKind: TypeAlias = Literal['unknownProperty', 'notSupportedYet', 'invalidValue', 'duplicate', 'overridden']
"""What is wrong."""


FleetMember: TypeAlias = Literal['managed', 'failed', 'takenBack', 'notTakenBack']
"""What became of a device in a roll-out."""


Follow: TypeAlias = Literal['never', 'inside', 'everywhere']
"""Which URLs are visited that a server reports of itself or of others."""


HistoryDetails: TypeAlias = HistoryDetailsRaw | HistoryDetailsProcessed | HistoryDetailsAtTimes | HistoryDetailsModified | HistoryDetailsEvents
"""Which values."""


Inputs: TypeAlias = list[Any] | dict[str, Any]
"""What a method is given. Values are as those that are written: Variants, or values alone, whose types are looked up."""


InvitationState: TypeAlias = Literal['open', 'used', 'expired', 'withdrawn']
"""How far an invitation is."""


KeyAlgorithm: TypeAlias = KeyAlgorithmRsa | KeyAlgorithmEc
"""The key of a certificate."""


LossCause: TypeAlias = Literal['subscriptionLost', 'notAvailableForRepublish', 'notRead', 'serverQueueOverflow', 'tooLarge', 'refusedBySink', 'notEncodable', 'stopped', 'logFull', 'logDamaged', 'noLongerWanted']
"""Why values are missing."""


ModificationKind: TypeAlias = Literal['insert', 'replace', 'update', 'delete']
"""What was done to a stored value."""


NodeClass: TypeAlias = Literal['object', 'variable', 'method', 'objectType', 'variableType', 'referenceType', 'dataType', 'view']
"""What kind of node it is (OPC 10000-3 §8.29)."""


NodeCondition: TypeAlias = Literal['waiting', 'reporting', 'retrying', 'failed']
"""How a node stands."""


Operator: TypeAlias = Literal['equals', 'isNull', 'greaterThan', 'lessThan', 'greaterThanOrEqual', 'lessThanOrEqual', 'like', 'not', 'between', 'inList', 'and', 'or', 'cast', 'inView', 'ofType', 'bitwiseAnd', 'bitwiseOr']
"""What is done with operands (OPC 10000-4 Tables 119 and 120)."""


Outcome: TypeAlias = OutcomeClosed | OutcomeFiltered | OutcomeUnreachable | OutcomeNotTried | OutcomeSilent | OutcomeHangup | OutcomeOther | OutcomeRefused | OutcomeOpcUa
"""What an address and port turned out to be."""


Party: TypeAlias = PartyApplication | PartyGroup
"""One application or several."""


Password: TypeAlias = str


Preset: TypeAlias = Literal['off', 'local', 'fast', 'network', 'scan']
"""What is searched where a plan names no addresses or no ports."""


PrivateKeyFormat: TypeAlias = Literal['pfx', 'pem']
"""How a private key is delivered."""


ProposalStage: TypeAlias = Literal['new', 'approved', 'done', 'failed', 'rejected']
"""How far a proposal is, as it is looked for."""


ProposalState: TypeAlias = ProposalStateNew | ProposalStateApproved | ProposalStateDone | ProposalStateFailed | ProposalStateRejected
"""How far a proposal is."""


Purpose: TypeAlias = Literal['application', 'https', 'userToken']
"""What certificates are for."""


Record: TypeAlias = Any | Any | Any | Any | Any
"""What a registry stores."""


RecordChange: TypeAlias = RecordChangePut | RecordChangeDeleted | RecordChangeMissed
"""What has changed."""


RecordKind: TypeAlias = Literal['application', 'endpoint', 'edge', 'site', 'discoveryRun']
"""What a record is."""


RefusedBy: TypeAlias = Literal['device', 'peer']
"""Who refuses."""


RequestStage: TypeAlias = Literal['new', 'approved', 'rejected', 'failed', 'issued', 'accepted']
"""How far a request is."""


RequestState: TypeAlias = RequestStateNew | RequestStateApproved | RequestStateRejected | RequestStateFailed | RequestStateIssued | RequestStateAccepted
"""How far a request is."""


Revision: TypeAlias = int
"""Counts the changes of a registry; larger is later."""


RevocationReason: TypeAlias = Literal['unspecified', 'keyCompromise', 'caCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation']
"""Why a certificate was revoked (RFC 5280 §5.3.1)."""


Role: TypeAlias = Literal['applicant', 'reader', 'operator', 'approver', 'administrator']
"""What a principal may do; each includes those before it."""


RollBack: TypeAlias = RollBackUnderWay | RollBackDone | RollBackFailed
"""What became of the saved trust list after a failed read-back."""


RollOutPhase: TypeAlias = Literal['underWay', 'takingBack', 'stopped', 'done']
"""How a roll-out stands."""


RunState: TypeAlias = Literal['pending', 'running', 'finished', 'cancelled', 'failed']
"""How far a search is."""


SearchResult: TypeAlias = Any | Any
"""One thing that was found."""


Severity: TypeAlias = Literal['info', 'low', 'medium', 'high']
"""How bad a finding is."""


Shelving: TypeAlias = Literal['unshelved', 'timed', 'oneShot']
"""Whether an alarm was put aside (OPC 10000-9 §5.8.17)."""


Stage: TypeAlias = Literal['making', 'prepared', 'active', 'retiring', 'retired']
"""How far an authority is."""


StepName: TypeAlias = Literal['name', 'route', 'port', 'hello', 'endpoints', 'certificate', 'identity']
"""The steps towards a server, in their order."""


StreamGapReason: TypeAlias = Literal['tooOld', 'notKept', 'unknown', 'readerTooSlow', 'subscriptionLost', 'notAvailable', 'serverQueueOverflow', 'undecodable']
"""Why something is missing."""


Timestamps: TypeAlias = Literal['source', 'server', 'both', 'neither']
"""Which timestamps are wanted."""


Token: TypeAlias = str


UtcTime: TypeAlias = str


ValueEncoding: TypeAlias = Literal['compact', 'verbose', 'raw']
"""How values are written in answers."""


Verdict: TypeAlias = Literal['good', 'doubtful', 'bad']
"""How a step went."""


Via: TypeAlias = ViaUrl | ViaScan | ViaMulticast | ViaReported
"""How something was found."""


Votable: TypeAlias = Literal['request', 'proposal']
"""What is voted on."""


Wanted: TypeAlias = WantedSigningRequest | WantedNewKeyPair
"""What is asked for. There is no password in it: whoever asks gives it when the key is delivered."""


WaveSize: TypeAlias = WaveSizeDevices | WaveSizePercent | WaveSizeAll
"""How far a wave goes, counted from the first device of the fleet."""


WritePlace: TypeAlias = WritePlaceReplace | WritePlaceAppend | WritePlaceAt
"""Where bytes of a file go."""


certificates_Change: TypeAlias = certificates_ChangeCreateAuthority | certificates_ChangeActivateAuthority | certificates_ChangeRetireAuthority | certificates_ChangePutGroup | certificates_ChangePutPolicy | certificates_ChangeRevoke | certificates_ChangeRevokeAuthority | certificates_ChangeRevokeApplication
"""What is to be done."""


devices_Step: TypeAlias = Literal['connect', 'saveTrustList', 'writeTrustList', 'requestCertificate', 'issue', 'updateCertificate', 'applyChanges', 'readBack', 'managed', 'deviating', 'failed']
"""A step of a push. All but the last three are work."""


class AccessOperations(Face):
    """The operations of `access`."""

    _capability = "access"

    async def check_audit(self) -> AuditCheck:
        """Checks that no line of the audit record was changed, removed or put in between.

        Needs the role administrator.
        """
        return await self._call("check_audit", {})

    async def create_key(self, *, name: str, role: Role, valid_days: int | None = UNSET) -> CreatedKey:
        """Makes an API key. Its text is in this answer and nowhere else.

        Needs the role administrator. It is recorded.

        Args:
            name: Who will use it: letters, digits, spaces and `._@-`, a letter or digit first.
            role: What it may do.
            valid_days: After how many days it expires; never where it is absent.
        """
        return await self._call("create_key", {"name": name, "role": role, "validDays": valid_days})

    def follow_audit(self, *, after: int | None = UNSET) -> Stream[AuditRecord]:
        """Follows the audit record: what is in it, then each new record.

        Needs the role administrator.

        Args:
            after: The sequence behind which to begin; with the first record where it is absent.
        """
        return self._open("follow_audit", {"after": after})

    async def list_keys(self) -> ApiKeyList:
        """Lists the API keys, without their secrets.

        Needs the role administrator.
        """
        return await self._call("list_keys", {})

    async def read_audit(self, *, after: int | None = UNSET, limit: int | None = UNSET) -> AuditPage:
        """Reads the audit record, oldest first.

        Needs the role administrator.

        Args:
            after: The sequence behind which to read on; from the first record where it is absent.
            limit: How many at most: 1 to 1,000, of which 100 is the default.
        """
        return await self._call("read_audit", {"after": after, "limit": limit})

    async def revoke_key(self, id: str) -> ApiKey:
        """Revokes an API key at once: calls with it are refused, and streams that it opened end.

        Needs the role administrator. It is recorded.

        Args:
            id: The id of the key.
        """
        return await self._call("revoke_key", {"id": id})


class AccessSyncOperations(SyncFace):
    """The operations of `access`."""

    _capability = "access"

    def check_audit(self) -> AuditCheck:
        """Checks that no line of the audit record was changed, removed or put in between.

        Needs the role administrator.
        """
        return self._call("check_audit", {})

    def create_key(self, *, name: str, role: Role, valid_days: int | None = UNSET) -> CreatedKey:
        """Makes an API key. Its text is in this answer and nowhere else.

        Needs the role administrator. It is recorded.

        Args:
            name: Who will use it: letters, digits, spaces and `._@-`, a letter or digit first.
            role: What it may do.
            valid_days: After how many days it expires; never where it is absent.
        """
        return self._call("create_key", {"name": name, "role": role, "validDays": valid_days})

    def follow_audit(self, *, after: int | None = UNSET) -> SyncStream[AuditRecord]:
        """Follows the audit record: what is in it, then each new record.

        Needs the role administrator.

        Args:
            after: The sequence behind which to begin; with the first record where it is absent.
        """
        return self._open("follow_audit", {"after": after})

    def list_keys(self) -> ApiKeyList:
        """Lists the API keys, without their secrets.

        Needs the role administrator.
        """
        return self._call("list_keys", {})

    def read_audit(self, *, after: int | None = UNSET, limit: int | None = UNSET) -> AuditPage:
        """Reads the audit record, oldest first.

        Needs the role administrator.

        Args:
            after: The sequence behind which to read on; from the first record where it is absent.
            limit: How many at most: 1 to 1,000, of which 100 is the default.
        """
        return self._call("read_audit", {"after": after, "limit": limit})

    def revoke_key(self, id: str) -> ApiKey:
        """Revokes an API key at once: calls with it are refused, and streams that it opened end.

        Needs the role administrator. It is recorded.

        Args:
            id: The id of the key.
        """
        return self._call("revoke_key", {"id": id})


class CertificatesOperations(Face):
    """The operations of `certificates`."""

    _capability = "certificates"

    async def accept(self, request: str) -> RecordedRequest:
        """Says that the certificate has arrived: a key that was made for it is forgotten.

        Needs the role operator. It is recorded.

        Args:
            request: Its id.
        """
        return await self._call("accept", {"request": request})

    async def activate_authority(self, authority: str, *, reason: str = UNSET) -> RecordedProposal:
        """Has a prepared authority take the place of the one that it replaces.

        Needs the role administrator. It is recorded.

        Args:
            authority: Its id.
            reason: Why, for those who vote on it.
        """
        return await self._call("activate_authority", {"authority": authority, "reason": reason})

    async def audit(self, *, after: int | None = UNSET, limit: int | None = UNSET) -> AuditResponse:
        """Entries of the audit record, page by page.

        Needs the role approver.

        Args:
            after: The number behind which the page begins, from `next` of the page before. Default 0.
            limit: Entries in the page. Default 100.
        """
        return await self._call("audit", {"after": after, "limit": limit})

    async def authorities(self, *, stage: Stage | None = UNSET) -> AuthoritiesResponse:
        """All authorities.

        Needs the role reader.

        Args:
            stage: Only those that are so far.
        """
        return await self._call("authorities", {"stage": stage})

    async def authority(self, authority: str) -> AuthorityWithChain:
        """An authority with its chain and its newest revocation list.

        Needs the role reader.

        Args:
            authority: Its id.
        """
        return await self._call("authority", {"authority": authority})

    async def believe_clock(self, time: UtcTime) -> Believed:
        """Says that the clock of the machine is right, although it was set.

        Needs the role administrator. It is recorded.

        Args:
            time: The time as whoever says so sees it; it must be that of the machine, give or take 5 minutes.
        """
        return await self._call("believe_clock", {"time": time})

    async def certificate(self, *, issuer: str, serial: str) -> CertificateWithChain:
        """A certificate with its chain.

        Needs the role reader.

        Args:
            issuer: The id of its authority.
            serial: Its serial number, hexadecimal, lower case.
        """
        return await self._call("certificate", {"issuer": issuer, "serial": serial})

    async def certificates(self, *, after: str | None = UNSET, application: str | None = UNSET, group: str | None = UNSET, issuer: str | None = UNSET, limit: int | None = UNSET, revoked: bool | None = UNSET, until_after: UtcTime | None = UNSET) -> CertificatesResponse:
        """Certificates that were issued, page by page.

        Needs the role reader.

        Args:
            after: Where the page begins, from `next` of the page before.
            application: The application.
            group: The certificate group.
            issuer: The authority.
            limit: Certificates in the page. Default 100.
            revoked: Whether it was revoked. Among the revoked are those that were reserved and revoked to be sure that they are never used.
            until_after: Only those that are valid at this time or later.
        """
        return await self._call("certificates", {"after": after, "application": application, "group": group, "issuer": issuer, "limit": limit, "revoked": revoked, "untilAfter": until_after})

    async def check_audit(self, *, artefacts: bool = UNSET) -> certificates_AuditCheck:
        """Whether the audit record is as it was written.

        Needs the role approver.

        Args:
            artefacts: Whether certificates, revocation lists and revocations are compared with what the record says of them too. That takes long where there are many.
        """
        return await self._call("check_audit", {"artefacts": artefacts})

    async def create_authority(self, authority: NewAuthority, *, reason: str = UNSET) -> RecordedProposal:
        """Makes a root, or an authority below one.

        Needs the role administrator. It is recorded.

        Args:
            authority: What it is to be.
            reason: Why, for those who vote on it.
        """
        return await self._call("create_authority", {"authority": authority, "reason": reason})

    def export_audit(self, *, after: int | None = UNSET) -> Stream[RecordedEntry]:
        """The whole audit record, entry by entry, as the verifier reads it.

        Needs the role approver.

        Args:
            after: The number behind which it begins. Default 0. It ends with the last entry that there is when it is asked for.
        """
        return self._open("export_audit", {"after": after})

    async def finish_request(self, request: str, *, password: str | None = UNSET) -> FinishResponse:
        """Fetches the certificate, and the key if one was made (OPC 10000-12 FinishRequest). It can be asked again.

        Needs the role operator. It is recorded.

        Args:
            request: The id of the request.
            password: What protects the key, if one was made: it opens what is delivered, and is kept nowhere.
        """
        return await self._call("finish_request", {"request": request, "password": password})

    async def group(self, group: str) -> RecordedGroup:
        """A certificate group.

        Needs the role reader.

        Args:
            group: Its id.
        """
        return await self._call("group", {"group": group})

    async def groups(self) -> GroupsResponse:
        """All certificate groups.

        Needs the role reader.
        """
        return await self._call("groups", {})

    async def policy(self) -> RecordedPolicy:
        """Who must agree to changes and revocations.

        Needs the role reader.
        """
        return await self._call("policy", {})

    async def proposal(self, proposal: str) -> RecordedProposal:
        """A proposal, with its digest, the votes on it and what is still missing.

        Needs the role reader.

        Args:
            proposal: Its id.
        """
        return await self._call("proposal", {"proposal": proposal})

    async def proposals(self, *, after: str | None = UNSET, limit: int | None = UNSET, state: ProposalStage | None = UNSET) -> ProposalsResponse:
        """Proposed changes and revocations, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Proposals in the page. Default 100.
            state: How far it is.
        """
        return await self._call("proposals", {"after": after, "limit": limit, "state": state})

    async def publish(self, authority: str) -> RecordedRevocationList:
        """Makes a new revocation list of an authority now.

        Needs the role approver. It is recorded.

        Args:
            authority: The id of the authority.
        """
        return await self._call("publish", {"authority": authority})

    async def put_group(self, group: CertificateGroup, *, reason: str = UNSET, revision: int | None = UNSET) -> RecordedProposal:
        """Puts a certificate group on record, or another one in its place.

        Needs the role administrator. It is recorded.

        Args:
            group: What it is to be.
            reason: Why, for those who vote on it.
            revision: The revision that it takes the place of; none for a new one.
        """
        return await self._call("put_group", {"group": group, "reason": reason, "revision": revision})

    async def put_policy(self, policy: OfficePolicy, *, reason: str = UNSET, revision: int | None = UNSET) -> RecordedProposal:
        """Says who must agree to changes and revocations; who must agree to that says the policy so far.

        Needs the role administrator. It is recorded.

        Args:
            policy: What it is to be.
            reason: Why, for those who vote on it.
            revision: The revision that it takes the place of; none for the first one.
        """
        return await self._call("put_policy", {"policy": policy, "reason": reason, "revision": revision})

    async def request(self, request: str) -> RecordedRequest:
        """A request, with what is asked for, its digest, the votes on it and what is still missing.

        Needs the role reader.

        Args:
            request: Its id.
        """
        return await self._call("request", {"request": request})

    async def requests(self, *, after: str | None = UNSET, application: str | None = UNSET, group: str | None = UNSET, limit: int | None = UNSET, state: RequestStage | None = UNSET) -> RequestsResponse:
        """Requests for certificates, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            application: The application.
            group: The certificate group.
            limit: Requests in the page. Default 100.
            state: How far it is.
        """
        return await self._call("requests", {"after": after, "application": application, "group": group, "limit": limit, "state": state})

    async def retire_authority(self, authority: str, *, reason: str = UNSET) -> RecordedProposal:
        """Ends an authority whose place was taken.

        Needs the role administrator. It is recorded.

        Args:
            authority: Its id.
            reason: Why, for those who vote on it.
        """
        return await self._call("retire_authority", {"authority": authority, "reason": reason})

    async def revocation_list(self, authority: str) -> RecordedRevocationList:
        """The newest revocation list of an authority.

        Needs the role reader.

        Args:
            authority: The id of the authority.
        """
        return await self._call("revocation_list", {"authority": authority})

    async def revoke(self, *, because: RevocationReason, issuer: str, serial: str, reason: str = UNSET) -> RecordedProposal:
        """Revokes a certificate. That of an authority ends the authority, which only an administrator may propose.

        Needs the role approver. It is recorded.

        Args:
            because: Why, as the revocation list says it.
            issuer: The id of its authority.
            serial: Its serial number, hexadecimal, lower case.
            reason: Why, for people.
        """
        return await self._call("revoke", {"because": because, "issuer": issuer, "serial": serial, "reason": reason})

    async def revoke_application(self, *, application: str, because: RevocationReason, reason: str = UNSET) -> RecordedProposal:
        """Revokes all certificates of an application that are still valid.

        Needs the role approver. It is recorded.

        Args:
            application: The id of the application. It need not be on record any more.
            because: Why, as the revocation list says it.
            reason: Why, for people.
        """
        return await self._call("revoke_application", {"application": application, "because": because, "reason": reason})

    async def start_new_key_pair_request(self, *, application: str, private_key_format: PrivateKeyFormat, certificate_type: CertificateType | None = UNSET, domain_names: list[str] = UNSET, group: str | None = UNSET, subject_name: str = UNSET) -> RecordedRequest:
        """Asks for a certificate and a key for an application (OPC 10000-12 StartNewKeyPairRequest).

        Needs the role operator. It is recorded.

        Args:
            application: The id of the application, which must be on record, approved and enabled.
            private_key_format: How the key is to be delivered.
            certificate_type: The type; the first one of the group where nothing is said.
            domain_names: The hosts, among those on record; all of them where nothing is said.
            group: The certificate group; `DefaultApplicationGroup` where nothing is said.
            subject_name: The subject: empty, or `CN=` and the name on record.
        """
        return await self._call("start_new_key_pair_request", {"application": application, "privateKeyFormat": private_key_format, "certificateType": certificate_type, "domainNames": domain_names, "group": group, "subjectName": subject_name})

    async def start_signing_request(self, *, application: str, certificate_request: Der, certificate_type: CertificateType | None = UNSET, group: str | None = UNSET) -> RecordedRequest:
        """Asks for a certificate for a key that an application has (OPC 10000-12 StartSigningRequest).

        Needs the role operator. It is recorded.

        Args:
            application: The id of the application, which must be on record, approved and enabled.
            certificate_request: PKCS #10 (DER), signed with the key, of 16 KiB at most.
            certificate_type: The type; the first one of the group that the key fits where nothing is said.
            group: The certificate group; `DefaultApplicationGroup` where nothing is said.
        """
        return await self._call("start_signing_request", {"application": application, "certificateRequest": certificate_request, "certificateType": certificate_type, "group": group})

    async def status(self) -> CertificatesStatus:
        """How it stands: what expires, which revocation lists are late, what waits for somebody.

        Needs the role reader.
        """
        return await self._call("status", {})

    async def vote(self, *, choice: Choice, digest: str, id: str, of: Votable, reason: str = UNSET) -> Voted:
        """Agrees or disagrees to exactly what was looked at. The vote that completes an approval has it carried out.

        Needs the role approver. It is recorded.

        Args:
            choice: What he thinks.
            digest: The digest of what he has looked at: 64 hexadecimal digits.
            id: Its id.
            of: To what kind of thing.
            reason: Why, for people.
        """
        return await self._call("vote", {"choice": choice, "digest": digest, "id": id, "of": of, "reason": reason})

    def watch(self, *, after: int | None = UNSET) -> Stream[CertificatesUpdate]:
        """What is done, as it is done.

        Needs the role reader.

        Args:
            after: The sequence behind which to begin. Without one, from now on.
        """
        return self._open("watch", {"after": after})

    async def withdraw(self, request: str) -> RecordedRequest:
        """Takes an own request back that is not decided yet.

        Needs the role operator. It is recorded.

        Args:
            request: Its id.
        """
        return await self._call("withdraw", {"request": request})

    async def withdraw_proposal(self, proposal: str) -> RecordedProposal:
        """Takes an own proposal back that is not decided yet.

        Needs the role approver. It is recorded.

        Args:
            proposal: Its id.
        """
        return await self._call("withdraw_proposal", {"proposal": proposal})


class CertificatesSyncOperations(SyncFace):
    """The operations of `certificates`."""

    _capability = "certificates"

    def accept(self, request: str) -> RecordedRequest:
        """Says that the certificate has arrived: a key that was made for it is forgotten.

        Needs the role operator. It is recorded.

        Args:
            request: Its id.
        """
        return self._call("accept", {"request": request})

    def activate_authority(self, authority: str, *, reason: str = UNSET) -> RecordedProposal:
        """Has a prepared authority take the place of the one that it replaces.

        Needs the role administrator. It is recorded.

        Args:
            authority: Its id.
            reason: Why, for those who vote on it.
        """
        return self._call("activate_authority", {"authority": authority, "reason": reason})

    def audit(self, *, after: int | None = UNSET, limit: int | None = UNSET) -> AuditResponse:
        """Entries of the audit record, page by page.

        Needs the role approver.

        Args:
            after: The number behind which the page begins, from `next` of the page before. Default 0.
            limit: Entries in the page. Default 100.
        """
        return self._call("audit", {"after": after, "limit": limit})

    def authorities(self, *, stage: Stage | None = UNSET) -> AuthoritiesResponse:
        """All authorities.

        Needs the role reader.

        Args:
            stage: Only those that are so far.
        """
        return self._call("authorities", {"stage": stage})

    def authority(self, authority: str) -> AuthorityWithChain:
        """An authority with its chain and its newest revocation list.

        Needs the role reader.

        Args:
            authority: Its id.
        """
        return self._call("authority", {"authority": authority})

    def believe_clock(self, time: UtcTime) -> Believed:
        """Says that the clock of the machine is right, although it was set.

        Needs the role administrator. It is recorded.

        Args:
            time: The time as whoever says so sees it; it must be that of the machine, give or take 5 minutes.
        """
        return self._call("believe_clock", {"time": time})

    def certificate(self, *, issuer: str, serial: str) -> CertificateWithChain:
        """A certificate with its chain.

        Needs the role reader.

        Args:
            issuer: The id of its authority.
            serial: Its serial number, hexadecimal, lower case.
        """
        return self._call("certificate", {"issuer": issuer, "serial": serial})

    def certificates(self, *, after: str | None = UNSET, application: str | None = UNSET, group: str | None = UNSET, issuer: str | None = UNSET, limit: int | None = UNSET, revoked: bool | None = UNSET, until_after: UtcTime | None = UNSET) -> CertificatesResponse:
        """Certificates that were issued, page by page.

        Needs the role reader.

        Args:
            after: Where the page begins, from `next` of the page before.
            application: The application.
            group: The certificate group.
            issuer: The authority.
            limit: Certificates in the page. Default 100.
            revoked: Whether it was revoked. Among the revoked are those that were reserved and revoked to be sure that they are never used.
            until_after: Only those that are valid at this time or later.
        """
        return self._call("certificates", {"after": after, "application": application, "group": group, "issuer": issuer, "limit": limit, "revoked": revoked, "untilAfter": until_after})

    def check_audit(self, *, artefacts: bool = UNSET) -> certificates_AuditCheck:
        """Whether the audit record is as it was written.

        Needs the role approver.

        Args:
            artefacts: Whether certificates, revocation lists and revocations are compared with what the record says of them too. That takes long where there are many.
        """
        return self._call("check_audit", {"artefacts": artefacts})

    def create_authority(self, authority: NewAuthority, *, reason: str = UNSET) -> RecordedProposal:
        """Makes a root, or an authority below one.

        Needs the role administrator. It is recorded.

        Args:
            authority: What it is to be.
            reason: Why, for those who vote on it.
        """
        return self._call("create_authority", {"authority": authority, "reason": reason})

    def export_audit(self, *, after: int | None = UNSET) -> SyncStream[RecordedEntry]:
        """The whole audit record, entry by entry, as the verifier reads it.

        Needs the role approver.

        Args:
            after: The number behind which it begins. Default 0. It ends with the last entry that there is when it is asked for.
        """
        return self._open("export_audit", {"after": after})

    def finish_request(self, request: str, *, password: str | None = UNSET) -> FinishResponse:
        """Fetches the certificate, and the key if one was made (OPC 10000-12 FinishRequest). It can be asked again.

        Needs the role operator. It is recorded.

        Args:
            request: The id of the request.
            password: What protects the key, if one was made: it opens what is delivered, and is kept nowhere.
        """
        return self._call("finish_request", {"request": request, "password": password})

    def group(self, group: str) -> RecordedGroup:
        """A certificate group.

        Needs the role reader.

        Args:
            group: Its id.
        """
        return self._call("group", {"group": group})

    def groups(self) -> GroupsResponse:
        """All certificate groups.

        Needs the role reader.
        """
        return self._call("groups", {})

    def policy(self) -> RecordedPolicy:
        """Who must agree to changes and revocations.

        Needs the role reader.
        """
        return self._call("policy", {})

    def proposal(self, proposal: str) -> RecordedProposal:
        """A proposal, with its digest, the votes on it and what is still missing.

        Needs the role reader.

        Args:
            proposal: Its id.
        """
        return self._call("proposal", {"proposal": proposal})

    def proposals(self, *, after: str | None = UNSET, limit: int | None = UNSET, state: ProposalStage | None = UNSET) -> ProposalsResponse:
        """Proposed changes and revocations, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Proposals in the page. Default 100.
            state: How far it is.
        """
        return self._call("proposals", {"after": after, "limit": limit, "state": state})

    def publish(self, authority: str) -> RecordedRevocationList:
        """Makes a new revocation list of an authority now.

        Needs the role approver. It is recorded.

        Args:
            authority: The id of the authority.
        """
        return self._call("publish", {"authority": authority})

    def put_group(self, group: CertificateGroup, *, reason: str = UNSET, revision: int | None = UNSET) -> RecordedProposal:
        """Puts a certificate group on record, or another one in its place.

        Needs the role administrator. It is recorded.

        Args:
            group: What it is to be.
            reason: Why, for those who vote on it.
            revision: The revision that it takes the place of; none for a new one.
        """
        return self._call("put_group", {"group": group, "reason": reason, "revision": revision})

    def put_policy(self, policy: OfficePolicy, *, reason: str = UNSET, revision: int | None = UNSET) -> RecordedProposal:
        """Says who must agree to changes and revocations; who must agree to that says the policy so far.

        Needs the role administrator. It is recorded.

        Args:
            policy: What it is to be.
            reason: Why, for those who vote on it.
            revision: The revision that it takes the place of; none for the first one.
        """
        return self._call("put_policy", {"policy": policy, "reason": reason, "revision": revision})

    def request(self, request: str) -> RecordedRequest:
        """A request, with what is asked for, its digest, the votes on it and what is still missing.

        Needs the role reader.

        Args:
            request: Its id.
        """
        return self._call("request", {"request": request})

    def requests(self, *, after: str | None = UNSET, application: str | None = UNSET, group: str | None = UNSET, limit: int | None = UNSET, state: RequestStage | None = UNSET) -> RequestsResponse:
        """Requests for certificates, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            application: The application.
            group: The certificate group.
            limit: Requests in the page. Default 100.
            state: How far it is.
        """
        return self._call("requests", {"after": after, "application": application, "group": group, "limit": limit, "state": state})

    def retire_authority(self, authority: str, *, reason: str = UNSET) -> RecordedProposal:
        """Ends an authority whose place was taken.

        Needs the role administrator. It is recorded.

        Args:
            authority: Its id.
            reason: Why, for those who vote on it.
        """
        return self._call("retire_authority", {"authority": authority, "reason": reason})

    def revocation_list(self, authority: str) -> RecordedRevocationList:
        """The newest revocation list of an authority.

        Needs the role reader.

        Args:
            authority: The id of the authority.
        """
        return self._call("revocation_list", {"authority": authority})

    def revoke(self, *, because: RevocationReason, issuer: str, serial: str, reason: str = UNSET) -> RecordedProposal:
        """Revokes a certificate. That of an authority ends the authority, which only an administrator may propose.

        Needs the role approver. It is recorded.

        Args:
            because: Why, as the revocation list says it.
            issuer: The id of its authority.
            serial: Its serial number, hexadecimal, lower case.
            reason: Why, for people.
        """
        return self._call("revoke", {"because": because, "issuer": issuer, "serial": serial, "reason": reason})

    def revoke_application(self, *, application: str, because: RevocationReason, reason: str = UNSET) -> RecordedProposal:
        """Revokes all certificates of an application that are still valid.

        Needs the role approver. It is recorded.

        Args:
            application: The id of the application. It need not be on record any more.
            because: Why, as the revocation list says it.
            reason: Why, for people.
        """
        return self._call("revoke_application", {"application": application, "because": because, "reason": reason})

    def start_new_key_pair_request(self, *, application: str, private_key_format: PrivateKeyFormat, certificate_type: CertificateType | None = UNSET, domain_names: list[str] = UNSET, group: str | None = UNSET, subject_name: str = UNSET) -> RecordedRequest:
        """Asks for a certificate and a key for an application (OPC 10000-12 StartNewKeyPairRequest).

        Needs the role operator. It is recorded.

        Args:
            application: The id of the application, which must be on record, approved and enabled.
            private_key_format: How the key is to be delivered.
            certificate_type: The type; the first one of the group where nothing is said.
            domain_names: The hosts, among those on record; all of them where nothing is said.
            group: The certificate group; `DefaultApplicationGroup` where nothing is said.
            subject_name: The subject: empty, or `CN=` and the name on record.
        """
        return self._call("start_new_key_pair_request", {"application": application, "privateKeyFormat": private_key_format, "certificateType": certificate_type, "domainNames": domain_names, "group": group, "subjectName": subject_name})

    def start_signing_request(self, *, application: str, certificate_request: Der, certificate_type: CertificateType | None = UNSET, group: str | None = UNSET) -> RecordedRequest:
        """Asks for a certificate for a key that an application has (OPC 10000-12 StartSigningRequest).

        Needs the role operator. It is recorded.

        Args:
            application: The id of the application, which must be on record, approved and enabled.
            certificate_request: PKCS #10 (DER), signed with the key, of 16 KiB at most.
            certificate_type: The type; the first one of the group that the key fits where nothing is said.
            group: The certificate group; `DefaultApplicationGroup` where nothing is said.
        """
        return self._call("start_signing_request", {"application": application, "certificateRequest": certificate_request, "certificateType": certificate_type, "group": group})

    def status(self) -> CertificatesStatus:
        """How it stands: what expires, which revocation lists are late, what waits for somebody.

        Needs the role reader.
        """
        return self._call("status", {})

    def vote(self, *, choice: Choice, digest: str, id: str, of: Votable, reason: str = UNSET) -> Voted:
        """Agrees or disagrees to exactly what was looked at. The vote that completes an approval has it carried out.

        Needs the role approver. It is recorded.

        Args:
            choice: What he thinks.
            digest: The digest of what he has looked at: 64 hexadecimal digits.
            id: Its id.
            of: To what kind of thing.
            reason: Why, for people.
        """
        return self._call("vote", {"choice": choice, "digest": digest, "id": id, "of": of, "reason": reason})

    def watch(self, *, after: int | None = UNSET) -> SyncStream[CertificatesUpdate]:
        """What is done, as it is done.

        Needs the role reader.

        Args:
            after: The sequence behind which to begin. Without one, from now on.
        """
        return self._open("watch", {"after": after})

    def withdraw(self, request: str) -> RecordedRequest:
        """Takes an own request back that is not decided yet.

        Needs the role operator. It is recorded.

        Args:
            request: Its id.
        """
        return self._call("withdraw", {"request": request})

    def withdraw_proposal(self, proposal: str) -> RecordedProposal:
        """Takes an own proposal back that is not decided yet.

        Needs the role approver. It is recorded.

        Args:
            proposal: Its id.
        """
        return self._call("withdraw_proposal", {"proposal": proposal})


class ConfigurationOperations(Face):
    """The operations of `configuration`."""

    _capability = "configuration"

    async def add_entries(self, entries: list[dict[str, Any]], *, revision: str | None = UNSET) -> ChangeResponse:
        """Adds entries. A masked secret is that of the entry with the same server, group and writer.

        Needs the role administrator. It is recorded.

        Args:
            entries: The entries, at most 10,000.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return await self._call("add_entries", {"entries": entries, "revision": revision})

    async def add_nodes(self, *, nodes: list[dict[str, Any]], writer: str, writer_group: str, revision: str | None = UNSET) -> ChangeResponse:
        """Adds nodes to a writer.

        Needs the role administrator. It is recorded.

        Args:
            nodes: The nodes, at most 100,000.
            writer: DataSetWriterId
            writer_group: DataSetWriterGroup
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return await self._call("add_nodes", {"nodes": nodes, "writer": writer, "writerGroup": writer_group, "revision": revision})

    async def entries(self, *, from_: int = UNSET, limit: int | None = UNSET) -> EntriesResponse:
        """The entries, page by page. Secrets are masked.

        Needs the role reader.

        Args:
            from_: Position of the first one.
            limit: At most so many, up to 1000. Default 100.
        """
        return await self._call("entries", {"from": from_, "limit": limit})

    async def history(self, *, limit: int | None = UNSET) -> HistoryResponse:
        """Who changed the configuration when, newest first.

        Needs the role reader.

        Args:
            limit: At most so many of the newest, up to 100. Default 100.
        """
        return await self._call("history", {"limit": limit})

    async def remove_entries(self, entries: list[EntryName], *, revision: str | None = UNSET) -> ChangeResponse:
        """Removes all entries of a server, a group or a writer.

        Needs the role administrator. It is recorded.

        Args:
            entries: Which, at most 10,000.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return await self._call("remove_entries", {"entries": entries, "revision": revision})

    async def remove_nodes(self, *, nodes: list[str], writer: str, writer_group: str, revision: str | None = UNSET) -> ChangeResponse:
        """Removes nodes of a writer, by id.

        Needs the role administrator. It is recorded.

        Args:
            nodes: Their ids as in the file, at most 100,000.
            writer: DataSetWriterId
            writer_group: DataSetWriterGroup
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return await self._call("remove_nodes", {"nodes": nodes, "writer": writer, "writerGroup": writer_group, "revision": revision})

    async def replace_entries(self, entries: list[dict[str, Any]], *, revision: str | None = UNSET) -> ChangeResponse:
        """Puts other entries in the place of all; none of them where one cannot be used.

        Needs the role administrator. It is recorded.

        Args:
            entries: The entries, at most 10,000.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return await self._call("replace_entries", {"entries": entries, "revision": revision})

    async def restore(self, number: int, *, revision: str | None = UNSET) -> ChangeResponse:
        """Goes back to an earlier version.

        Needs the role administrator. It is recorded.

        Args:
            number: The version to go back to.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return await self._call("restore", {"number": number, "revision": revision})

    async def start_writers(self, writers: Sequence[WriterName | str]) -> SwitchResponse:
        """Publishes writers that were stopped.

        Needs the role operator. It is recorded.

        Args:
            writers: Which, at most 10,000.
        """
        return await self._call("start_writers", {"writers": each("writerGroup", writers)})

    async def stop_writers(self, writers: Sequence[WriterName | str]) -> SwitchResponse:
        """Publishes writers no longer, also after a restart, until they are started. They stay configured, and what they have received is still sent.

        Needs the role operator. It is recorded.

        Args:
            writers: Which, at most 10,000.
        """
        return await self._call("stop_writers", {"writers": each("writerGroup", writers)})

    async def update_entries(self, entries: list[dict[str, Any]], *, revision: str | None = UNSET) -> ChangeResponse:
        """Puts entries where those of the same server, group and writer are.

        Needs the role administrator. It is recorded.

        Args:
            entries: The entries, at most 10,000.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return await self._call("update_entries", {"entries": entries, "revision": revision})

    async def update_nodes(self, *, nodes: list[dict[str, Any]], writer: str, writer_group: str, revision: str | None = UNSET) -> ChangeResponse:
        """Puts nodes of a writer where those of the same id are.

        Needs the role administrator. It is recorded.

        Args:
            nodes: The nodes, at most 100,000.
            writer: DataSetWriterId
            writer_group: DataSetWriterGroup
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return await self._call("update_nodes", {"nodes": nodes, "writer": writer, "writerGroup": writer_group, "revision": revision})


class ConfigurationSyncOperations(SyncFace):
    """The operations of `configuration`."""

    _capability = "configuration"

    def add_entries(self, entries: list[dict[str, Any]], *, revision: str | None = UNSET) -> ChangeResponse:
        """Adds entries. A masked secret is that of the entry with the same server, group and writer.

        Needs the role administrator. It is recorded.

        Args:
            entries: The entries, at most 10,000.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return self._call("add_entries", {"entries": entries, "revision": revision})

    def add_nodes(self, *, nodes: list[dict[str, Any]], writer: str, writer_group: str, revision: str | None = UNSET) -> ChangeResponse:
        """Adds nodes to a writer.

        Needs the role administrator. It is recorded.

        Args:
            nodes: The nodes, at most 100,000.
            writer: DataSetWriterId
            writer_group: DataSetWriterGroup
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return self._call("add_nodes", {"nodes": nodes, "writer": writer, "writerGroup": writer_group, "revision": revision})

    def entries(self, *, from_: int = UNSET, limit: int | None = UNSET) -> EntriesResponse:
        """The entries, page by page. Secrets are masked.

        Needs the role reader.

        Args:
            from_: Position of the first one.
            limit: At most so many, up to 1000. Default 100.
        """
        return self._call("entries", {"from": from_, "limit": limit})

    def history(self, *, limit: int | None = UNSET) -> HistoryResponse:
        """Who changed the configuration when, newest first.

        Needs the role reader.

        Args:
            limit: At most so many of the newest, up to 100. Default 100.
        """
        return self._call("history", {"limit": limit})

    def remove_entries(self, entries: list[EntryName], *, revision: str | None = UNSET) -> ChangeResponse:
        """Removes all entries of a server, a group or a writer.

        Needs the role administrator. It is recorded.

        Args:
            entries: Which, at most 10,000.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return self._call("remove_entries", {"entries": entries, "revision": revision})

    def remove_nodes(self, *, nodes: list[str], writer: str, writer_group: str, revision: str | None = UNSET) -> ChangeResponse:
        """Removes nodes of a writer, by id.

        Needs the role administrator. It is recorded.

        Args:
            nodes: Their ids as in the file, at most 100,000.
            writer: DataSetWriterId
            writer_group: DataSetWriterGroup
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return self._call("remove_nodes", {"nodes": nodes, "writer": writer, "writerGroup": writer_group, "revision": revision})

    def replace_entries(self, entries: list[dict[str, Any]], *, revision: str | None = UNSET) -> ChangeResponse:
        """Puts other entries in the place of all; none of them where one cannot be used.

        Needs the role administrator. It is recorded.

        Args:
            entries: The entries, at most 10,000.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return self._call("replace_entries", {"entries": entries, "revision": revision})

    def restore(self, number: int, *, revision: str | None = UNSET) -> ChangeResponse:
        """Goes back to an earlier version.

        Needs the role administrator. It is recorded.

        Args:
            number: The version to go back to.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return self._call("restore", {"number": number, "revision": revision})

    def start_writers(self, writers: Sequence[WriterName | str]) -> SwitchResponse:
        """Publishes writers that were stopped.

        Needs the role operator. It is recorded.

        Args:
            writers: Which, at most 10,000.
        """
        return self._call("start_writers", {"writers": each("writerGroup", writers)})

    def stop_writers(self, writers: Sequence[WriterName | str]) -> SwitchResponse:
        """Publishes writers no longer, also after a restart, until they are started. They stay configured, and what they have received is still sent.

        Needs the role operator. It is recorded.

        Args:
            writers: Which, at most 10,000.
        """
        return self._call("stop_writers", {"writers": each("writerGroup", writers)})

    def update_entries(self, entries: list[dict[str, Any]], *, revision: str | None = UNSET) -> ChangeResponse:
        """Puts entries where those of the same server, group and writer are.

        Needs the role administrator. It is recorded.

        Args:
            entries: The entries, at most 10,000.
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return self._call("update_entries", {"entries": entries, "revision": revision})

    def update_nodes(self, *, nodes: list[dict[str, Any]], writer: str, writer_group: str, revision: str | None = UNSET) -> ChangeResponse:
        """Puts nodes of a writer where those of the same id are.

        Needs the role administrator. It is recorded.

        Args:
            nodes: The nodes, at most 100,000.
            writer: DataSetWriterId
            writer_group: DataSetWriterGroup
            revision: The revision that is changed; whatever there is where it is absent.
        """
        return self._call("update_nodes", {"nodes": nodes, "writer": writer, "writerGroup": writer_group, "revision": revision})


class DevicesOperations(Face):
    """The operations of `devices`."""

    _capability = "devices"

    async def begin_roll_out(self, *, devices: list[str], roll_out: str, despite_refusals: bool = UNSET, plan: RollOutPlan = UNSET, renew: bool = UNSET) -> RecordedRollOut:
        """Gives many devices what they should have, wave by wave, after a rehearsal. It stops where too many fail.

        Needs the role approver. It is recorded.

        Args:
            devices: The ids of the devices, in the order in which they come, each once.
            roll_out: Its id, which none has yet.
            despite_refusals: Begins although the rehearsal says that connections will break.
            plan: How.
            renew: Whether each gets a new certificate also where its present one is not due yet.
        """
        return await self._call("begin_roll_out", {"devices": devices, "rollOut": roll_out, "despiteRefusals": despite_refusals, "plan": plan, "renew": renew})

    async def confirm_device(self, *, device: str, fingerprint: str) -> DeviceView:
        """Says that a certificate is the device's own, after its fingerprint was compared. Nothing is pushed before.

        Needs the role administrator. It is recorded.

        Args:
            device: Its id.
            fingerprint: SHA-256 of the certificate (DER), hexadecimal, as it was compared; colons and spaces do not matter. `conflict` if the device presents another one.
        """
        return await self._call("confirm_device", {"device": device, "fingerprint": fingerprint})

    async def device(self, device: str) -> DeviceView:
        """A device with its state.

        Needs the role reader.

        Args:
            device: Its id, which is that of its application.
        """
        return await self._call("device", {"device": device})

    async def devices(self, *, after: str | None = UNSET, limit: int | None = UNSET, state: DeviceState | None = UNSET) -> DevicesResponse:
        """Devices with their states, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Devices in the page. Default 100.
            state: In this state.
        """
        return await self._call("devices", {"after": after, "limit": limit, "state": state})

    async def explain(self, *, client: str, server: str) -> devices_Explanation:
        """Whether a client may talk to a server, and what says so.

        Needs the role reader.

        Args:
            client: The id of the client's application.
            server: The id of the server's application.
        """
        return await self._call("explain", {"client": client, "server": server})

    async def presented(self, device: str) -> PresentedResponse:
        """Asks a device for the certificates that it presents, to be compared with what it shows on the spot.

        Needs the role operator.

        Args:
            device: Its id, which is that of its application.
        """
        return await self._call("presented", {"device": device})

    async def push(self, device: str, *, renew: bool = UNSET) -> DeviceView:
        """Has a device given what it should have, now; also one that is not looked after by itself.

        Needs the role operator. It is recorded.

        Args:
            device: Its id.
            renew: Whether it gets a new certificate also where its present one is not due yet.
        """
        return await self._call("push", {"device": device, "renew": renew})

    async def put_device(self, *, device: str, settings: DeviceSettings, password: Password | None = UNSET, pin: Der | None = UNSET, revision: int | None = UNSET) -> DeviceView:
        """Enters a device, or changes how it is reached and what it is given.

        Needs the role administrator. It is recorded.

        Args:
            device: Its id: the id of an application on record.
            settings: How it is reached and what it is given.
            password: The password of the user, or what opens the key of his certificate. Without one the password on record stays, unless the address, the user or the certificate of the device change: then it must be given again.
            pin: The certificate that the device presents now (DER), if it is known for sure. Else the present one is fetched, and somebody must confirm it.
            revision: The revision that was looked at; `conflict` if it was changed since. None for a new device.
        """
        return await self._call("put_device", {"device": device, "settings": settings, "password": password, "pin": pin, "revision": revision})

    async def put_trust_graph(self, *, graph: TrustGraph, revision: int) -> RecordedTrustGraph:
        """Says which client may talk to which server. Trust lists that change with it are pushed at once.

        Needs the role approver. It is recorded.

        Args:
            graph: The graph: 10,000 relations, 1,000 groups and 10,000 members of groups at most, names of 1 to 256 bytes.
            revision: The revision that it replaces; `conflict` if it was changed since. 0 if there is none.
        """
        return await self._call("put_trust_graph", {"graph": graph, "revision": revision})

    async def rehearse(self, device: str) -> RehearsalResponse:
        """What a push would change at a device, and which connections would break. Nothing is touched.

        Needs the role reader.

        Args:
            device: Its id, which is that of its application.
        """
        return await self._call("rehearse", {"device": device})

    async def release_roll_out(self, roll_out: str) -> RecordedRollOut:
        """Lets the devices of a roll-out that is over be looked after by themselves again.

        Needs the role approver. It is recorded.

        Args:
            roll_out: Its id.
        """
        return await self._call("release_roll_out", {"rollOut": roll_out})

    async def remove_device(self, device: str, *, revision: int | None = UNSET) -> RemovedDevice:
        """Forgets a device. What it has it keeps.

        Needs the role administrator. It is recorded.

        Args:
            device: Its id.
            revision: The revision that was looked at; `conflict` if it was changed since. Any where there is none.
        """
        return await self._call("remove_device", {"device": device, "revision": revision})

    async def retry(self, device: str) -> DeviceView:
        """Has a push that failed tried again now, not only when its pause is over.

        Needs the role operator. It is recorded.

        Args:
            device: Its id, which is that of its application.
        """
        return await self._call("retry", {"device": device})

    async def roll_out(self, roll_out: str) -> RecordedRollOut:
        """A roll-out.

        Needs the role reader.

        Args:
            roll_out: Its id.
        """
        return await self._call("roll_out", {"rollOut": roll_out})

    async def roll_outs(self, *, after: str | None = UNSET, limit: int | None = UNSET) -> RollOutsResponse:
        """Roll-outs, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Roll-outs in the page. Default 100.
        """
        return await self._call("roll_outs", {"after": after, "limit": limit})

    async def stop_roll_out(self, roll_out: str, *, take_back: bool = UNSET) -> RecordedRollOut:
        """Stops a roll-out: no further device is touched. Its devices are left as they are until it is released.

        Needs the role approver. It is recorded.

        Args:
            roll_out: Its id.
            take_back: Whether devices that were pushed to get their old trust lists back.
        """
        return await self._call("stop_roll_out", {"rollOut": roll_out, "takeBack": take_back})

    async def trust_graph(self) -> RecordedTrustGraph:
        """Which client may talk to which server.

        Needs the role reader.
        """
        return await self._call("trust_graph", {})

    async def trust_list(self, application: str, *, certificate_group: str | None = UNSET) -> TrustListResponse:
        """The trust list of an application as it should be now: for those that fetch it, or are given it by hand.

        Needs the role reader.

        Args:
            application: The id of the application.
            certificate_group: The certificate group from which it gets its first certificate: the authority of the group is in the list then before the application has one.
        """
        return await self._call("trust_list", {"application": application, "certificateGroup": certificate_group})

    def watch(self, *, after: int | None = UNSET, device: str | None = UNSET) -> Stream[DeviceUpdate]:
        """The states of devices: how they are first, then each that changes.

        Needs the role reader.

        Args:
            after: The sequence up to which all is known. If nothing has changed since, the present states are not told again.
            device: Of this device alone.
        """
        return self._open("watch", {"after": after, "device": device})


class DevicesSyncOperations(SyncFace):
    """The operations of `devices`."""

    _capability = "devices"

    def begin_roll_out(self, *, devices: list[str], roll_out: str, despite_refusals: bool = UNSET, plan: RollOutPlan = UNSET, renew: bool = UNSET) -> RecordedRollOut:
        """Gives many devices what they should have, wave by wave, after a rehearsal. It stops where too many fail.

        Needs the role approver. It is recorded.

        Args:
            devices: The ids of the devices, in the order in which they come, each once.
            roll_out: Its id, which none has yet.
            despite_refusals: Begins although the rehearsal says that connections will break.
            plan: How.
            renew: Whether each gets a new certificate also where its present one is not due yet.
        """
        return self._call("begin_roll_out", {"devices": devices, "rollOut": roll_out, "despiteRefusals": despite_refusals, "plan": plan, "renew": renew})

    def confirm_device(self, *, device: str, fingerprint: str) -> DeviceView:
        """Says that a certificate is the device's own, after its fingerprint was compared. Nothing is pushed before.

        Needs the role administrator. It is recorded.

        Args:
            device: Its id.
            fingerprint: SHA-256 of the certificate (DER), hexadecimal, as it was compared; colons and spaces do not matter. `conflict` if the device presents another one.
        """
        return self._call("confirm_device", {"device": device, "fingerprint": fingerprint})

    def device(self, device: str) -> DeviceView:
        """A device with its state.

        Needs the role reader.

        Args:
            device: Its id, which is that of its application.
        """
        return self._call("device", {"device": device})

    def devices(self, *, after: str | None = UNSET, limit: int | None = UNSET, state: DeviceState | None = UNSET) -> DevicesResponse:
        """Devices with their states, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Devices in the page. Default 100.
            state: In this state.
        """
        return self._call("devices", {"after": after, "limit": limit, "state": state})

    def explain(self, *, client: str, server: str) -> devices_Explanation:
        """Whether a client may talk to a server, and what says so.

        Needs the role reader.

        Args:
            client: The id of the client's application.
            server: The id of the server's application.
        """
        return self._call("explain", {"client": client, "server": server})

    def presented(self, device: str) -> PresentedResponse:
        """Asks a device for the certificates that it presents, to be compared with what it shows on the spot.

        Needs the role operator.

        Args:
            device: Its id, which is that of its application.
        """
        return self._call("presented", {"device": device})

    def push(self, device: str, *, renew: bool = UNSET) -> DeviceView:
        """Has a device given what it should have, now; also one that is not looked after by itself.

        Needs the role operator. It is recorded.

        Args:
            device: Its id.
            renew: Whether it gets a new certificate also where its present one is not due yet.
        """
        return self._call("push", {"device": device, "renew": renew})

    def put_device(self, *, device: str, settings: DeviceSettings, password: Password | None = UNSET, pin: Der | None = UNSET, revision: int | None = UNSET) -> DeviceView:
        """Enters a device, or changes how it is reached and what it is given.

        Needs the role administrator. It is recorded.

        Args:
            device: Its id: the id of an application on record.
            settings: How it is reached and what it is given.
            password: The password of the user, or what opens the key of his certificate. Without one the password on record stays, unless the address, the user or the certificate of the device change: then it must be given again.
            pin: The certificate that the device presents now (DER), if it is known for sure. Else the present one is fetched, and somebody must confirm it.
            revision: The revision that was looked at; `conflict` if it was changed since. None for a new device.
        """
        return self._call("put_device", {"device": device, "settings": settings, "password": password, "pin": pin, "revision": revision})

    def put_trust_graph(self, *, graph: TrustGraph, revision: int) -> RecordedTrustGraph:
        """Says which client may talk to which server. Trust lists that change with it are pushed at once.

        Needs the role approver. It is recorded.

        Args:
            graph: The graph: 10,000 relations, 1,000 groups and 10,000 members of groups at most, names of 1 to 256 bytes.
            revision: The revision that it replaces; `conflict` if it was changed since. 0 if there is none.
        """
        return self._call("put_trust_graph", {"graph": graph, "revision": revision})

    def rehearse(self, device: str) -> RehearsalResponse:
        """What a push would change at a device, and which connections would break. Nothing is touched.

        Needs the role reader.

        Args:
            device: Its id, which is that of its application.
        """
        return self._call("rehearse", {"device": device})

    def release_roll_out(self, roll_out: str) -> RecordedRollOut:
        """Lets the devices of a roll-out that is over be looked after by themselves again.

        Needs the role approver. It is recorded.

        Args:
            roll_out: Its id.
        """
        return self._call("release_roll_out", {"rollOut": roll_out})

    def remove_device(self, device: str, *, revision: int | None = UNSET) -> RemovedDevice:
        """Forgets a device. What it has it keeps.

        Needs the role administrator. It is recorded.

        Args:
            device: Its id.
            revision: The revision that was looked at; `conflict` if it was changed since. Any where there is none.
        """
        return self._call("remove_device", {"device": device, "revision": revision})

    def retry(self, device: str) -> DeviceView:
        """Has a push that failed tried again now, not only when its pause is over.

        Needs the role operator. It is recorded.

        Args:
            device: Its id, which is that of its application.
        """
        return self._call("retry", {"device": device})

    def roll_out(self, roll_out: str) -> RecordedRollOut:
        """A roll-out.

        Needs the role reader.

        Args:
            roll_out: Its id.
        """
        return self._call("roll_out", {"rollOut": roll_out})

    def roll_outs(self, *, after: str | None = UNSET, limit: int | None = UNSET) -> RollOutsResponse:
        """Roll-outs, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Roll-outs in the page. Default 100.
        """
        return self._call("roll_outs", {"after": after, "limit": limit})

    def stop_roll_out(self, roll_out: str, *, take_back: bool = UNSET) -> RecordedRollOut:
        """Stops a roll-out: no further device is touched. Its devices are left as they are until it is released.

        Needs the role approver. It is recorded.

        Args:
            roll_out: Its id.
            take_back: Whether devices that were pushed to get their old trust lists back.
        """
        return self._call("stop_roll_out", {"rollOut": roll_out, "takeBack": take_back})

    def trust_graph(self) -> RecordedTrustGraph:
        """Which client may talk to which server.

        Needs the role reader.
        """
        return self._call("trust_graph", {})

    def trust_list(self, application: str, *, certificate_group: str | None = UNSET) -> TrustListResponse:
        """The trust list of an application as it should be now: for those that fetch it, or are given it by hand.

        Needs the role reader.

        Args:
            application: The id of the application.
            certificate_group: The certificate group from which it gets its first certificate: the authority of the group is in the list then before the application has one.
        """
        return self._call("trust_list", {"application": application, "certificateGroup": certificate_group})

    def watch(self, *, after: int | None = UNSET, device: str | None = UNSET) -> SyncStream[DeviceUpdate]:
        """The states of devices: how they are first, then each that changes.

        Needs the role reader.

        Args:
            after: The sequence up to which all is known. If nothing has changed since, the present states are not told again.
            device: Of this device alone.
        """
        return self._open("watch", {"after": after, "device": device})


class DiscoveryOperations(Face):
    """The operations of `discovery`."""

    _capability = "discovery"

    async def cancel(self, run: str) -> RunResponse:
        """Ends a search, within a second. What it had found stays.

        Needs the role approver. It is recorded.

        Args:
            run: Its id.
        """
        return await self._call("cancel", {"run": run})

    async def explain(self, target: str, *, timeout_ms: int | None = UNSET) -> Explanation:
        """Why there is or is not a server at an address or URL, step by step. It connects there.

        Needs the role operator.

        Args:
            target: An URL, or an address with or without a port (4840): `opc.tcp://plc-7:4840/path`, `10.0.0.7`, `[fd00::17]:4841`.
            timeout_ms: How long each step may take, in milliseconds. Default 5,000.
        """
        return await self._call("explain", {"target": target, "timeoutMs": timeout_ms})

    def progress(self, run: str, *, after: int = UNSET) -> Stream[Progress]:
        """How a search gets on, to its end.

        Needs the role reader.

        Args:
            run: Its id.
            after: The sequence behind which to begin. Default 0, the beginning, as far as it is still known.
        """
        return self._open("progress", {"run": run, "after": after})

    async def results(self, run: str, *, after: int = UNSET, limit: int | None = UNSET) -> ResultsResponse:
        """What a search found, page by page, also while it goes on.

        Needs the role reader.

        Args:
            run: Its id.
            after: Servers and failures that were read already, from `next` of the page before.
            limit: Servers and failures in the page. Default 100.
        """
        return await self._call("results", {"run": run, "after": after, "limit": limit})

    async def run(self, run: str) -> RunResponse:
        """How a search stands.

        Needs the role reader.

        Args:
            run: Its id.
        """
        return await self._call("run", {"run": run})

    async def runs(self, *, after: str | None = UNSET, limit: int | None = UNSET, state: RunState | None = UNSET) -> RunsResponse:
        """Searches, the newest first.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Searches in the page. Default 100.
            state: Only those that are so.
        """
        return await self._call("runs", {"after": after, "limit": limit, "state": state})

    async def start(self, plan: ScanPlan) -> StartResponse:
        """Begins a search; searches take place one after the other.

        Needs the role approver. It is recorded.

        Args:
            plan: What is searched, and how quickly.
        """
        return await self._call("start", {"plan": plan})


class DiscoverySyncOperations(SyncFace):
    """The operations of `discovery`."""

    _capability = "discovery"

    def cancel(self, run: str) -> RunResponse:
        """Ends a search, within a second. What it had found stays.

        Needs the role approver. It is recorded.

        Args:
            run: Its id.
        """
        return self._call("cancel", {"run": run})

    def explain(self, target: str, *, timeout_ms: int | None = UNSET) -> Explanation:
        """Why there is or is not a server at an address or URL, step by step. It connects there.

        Needs the role operator.

        Args:
            target: An URL, or an address with or without a port (4840): `opc.tcp://plc-7:4840/path`, `10.0.0.7`, `[fd00::17]:4841`.
            timeout_ms: How long each step may take, in milliseconds. Default 5,000.
        """
        return self._call("explain", {"target": target, "timeoutMs": timeout_ms})

    def progress(self, run: str, *, after: int = UNSET) -> SyncStream[Progress]:
        """How a search gets on, to its end.

        Needs the role reader.

        Args:
            run: Its id.
            after: The sequence behind which to begin. Default 0, the beginning, as far as it is still known.
        """
        return self._open("progress", {"run": run, "after": after})

    def results(self, run: str, *, after: int = UNSET, limit: int | None = UNSET) -> ResultsResponse:
        """What a search found, page by page, also while it goes on.

        Needs the role reader.

        Args:
            run: Its id.
            after: Servers and failures that were read already, from `next` of the page before.
            limit: Servers and failures in the page. Default 100.
        """
        return self._call("results", {"run": run, "after": after, "limit": limit})

    def run(self, run: str) -> RunResponse:
        """How a search stands.

        Needs the role reader.

        Args:
            run: Its id.
        """
        return self._call("run", {"run": run})

    def runs(self, *, after: str | None = UNSET, limit: int | None = UNSET, state: RunState | None = UNSET) -> RunsResponse:
        """Searches, the newest first.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Searches in the page. Default 100.
            state: Only those that are so.
        """
        return self._call("runs", {"after": after, "limit": limit, "state": state})

    def start(self, plan: ScanPlan) -> StartResponse:
        """Begins a search; searches take place one after the other.

        Needs the role approver. It is recorded.

        Args:
            plan: What is searched, and how quickly.
        """
        return self._call("start", {"plan": plan})


class EdgeOperations(Face):
    """The operations of `edge`."""

    _capability = "edge"

    async def diagnostics(self) -> Diagnostics:
        """How the publisher stands.

        Needs the role reader.
        """
        return await self._call("diagnostics", {})

    async def key_frames(self, of: Sequence[KeyFrameOf | str]) -> KeyFramesResponse:
        """Sends key frames of what writers last received.

        Needs the role operator. It is recorded.

        Args:
            of: Of these writer groups or writers, at most 1000.
        """
        return await self._call("key_frames", {"of": each("writerGroup", of)})

    async def missing(self, *, from_: UtcTime, until: UtcTime, field: str | None = UNSET, limit: int | None = UNSET, writer: str | None = UNSET, writer_group: str | None = UNSET) -> MissingResponse:
        """What is missing between two times, and why.

        Needs the role reader.

        Args:
            from_: From then on.
            until: Until then.
            field: Of this field alone.
            limit: Intervals in the answer at most; 1000 where absent, 10,000 at most.
            writer: Of this writer alone.
            writer_group: Of this writer group alone.
        """
        return await self._call("missing", {"from": from_, "until": until, "field": field, "limit": limit, "writer": writer, "writerGroup": writer_group})

    async def nodes(self, *, failed_only: bool = UNSET, from_: int = UNSET, limit: int | None = UNSET, writer: str | None = UNSET, writer_group: str | None = UNSET) -> NodesResponse:
        """How single nodes stand, page by page: the last status and the time of the last value, and why a node does not report.

        Needs the role reader.

        Args:
            failed_only: Only those that the server refuses.
            from_: Position of the first one among those that fit.
            limit: At most so many, up to 10,000. Default 1000.
            writer: Of writers with this name alone.
            writer_group: Of this writer group alone.
        """
        return await self._call("nodes", {"failedOnly": failed_only, "from": from_, "limit": limit, "writer": writer, "writerGroup": writer_group})

    def watch_diagnostics(self, interval_ms: int) -> Stream[Diagnostics]:
        """How the publisher stands, now and again after every interval.

        Needs the role reader.

        Args:
            interval_ms: Milliseconds between two items, from 100 to a day.
        """
        return self._open("watch_diagnostics", {"intervalMs": interval_ms})


class EdgeSyncOperations(SyncFace):
    """The operations of `edge`."""

    _capability = "edge"

    def diagnostics(self) -> Diagnostics:
        """How the publisher stands.

        Needs the role reader.
        """
        return self._call("diagnostics", {})

    def key_frames(self, of: Sequence[KeyFrameOf | str]) -> KeyFramesResponse:
        """Sends key frames of what writers last received.

        Needs the role operator. It is recorded.

        Args:
            of: Of these writer groups or writers, at most 1000.
        """
        return self._call("key_frames", {"of": each("writerGroup", of)})

    def missing(self, *, from_: UtcTime, until: UtcTime, field: str | None = UNSET, limit: int | None = UNSET, writer: str | None = UNSET, writer_group: str | None = UNSET) -> MissingResponse:
        """What is missing between two times, and why.

        Needs the role reader.

        Args:
            from_: From then on.
            until: Until then.
            field: Of this field alone.
            limit: Intervals in the answer at most; 1000 where absent, 10,000 at most.
            writer: Of this writer alone.
            writer_group: Of this writer group alone.
        """
        return self._call("missing", {"from": from_, "until": until, "field": field, "limit": limit, "writer": writer, "writerGroup": writer_group})

    def nodes(self, *, failed_only: bool = UNSET, from_: int = UNSET, limit: int | None = UNSET, writer: str | None = UNSET, writer_group: str | None = UNSET) -> NodesResponse:
        """How single nodes stand, page by page: the last status and the time of the last value, and why a node does not report.

        Needs the role reader.

        Args:
            failed_only: Only those that the server refuses.
            from_: Position of the first one among those that fit.
            limit: At most so many, up to 10,000. Default 1000.
            writer: Of writers with this name alone.
            writer_group: Of this writer group alone.
        """
        return self._call("nodes", {"failedOnly": failed_only, "from": from_, "limit": limit, "writer": writer, "writerGroup": writer_group})

    def watch_diagnostics(self, interval_ms: int) -> SyncStream[Diagnostics]:
        """How the publisher stands, now and again after every interval.

        Needs the role reader.

        Args:
            interval_ms: Milliseconds between two items, from 100 to a day.
        """
        return self._open("watch_diagnostics", {"intervalMs": interval_ms})


class EnrolmentOperations(Face):
    """The operations of `enrolment`."""

    _capability = "enrolment"

    async def enroll(self, csr: Der, *, application: ApplicationDescription | None = UNSET, certificate_type: CertificateType | None = UNSET) -> EnrollResponse:
        """Asks for the certificate of a key, with the token of an invitation. It can be asked again: as long as nobody has decided the answer is the same request, and as long as the certificate is fresh the same certificate.

        Needs the role applicant. It is recorded.

        Args:
            csr: PKCS #10 (DER), 16 KiB at most, signed with the key.
            application: What the application says of itself. Needed where the invitation is for nobody on record; else it is not looked at.
            certificate_type: The type of the certificate. Default: the first of the group that such a key can have.
        """
        return await self._call("enroll", {"csr": csr, "application": application, "certificateType": certificate_type})

    async def invitations(self, *, after: str | None = UNSET, application: str | None = UNSET, limit: int | None = UNSET, state: InvitationState | None = UNSET) -> InvitationsResponse:
        """Invitations, page by page.

        Needs the role approver.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            application: The application.
            limit: Invitations in the page. Default 100.
            state: How far they are.
        """
        return await self._call("invitations", {"after": after, "application": application, "limit": limit, "state": state})

    async def invite(self, *, application: str | None = UNSET, group: str | None = UNSET, note: str = UNSET, valid_hours: int | None = UNSET) -> Invited:
        """Makes an invitation for one application. Its token is told this once.

        Needs the role approver. It is recorded.

        Args:
            application: The id of an application on record. Without one, whoever comes with the token first is entered into the record, as an approved application, with what it says of itself.
            group: The certificate group. Default `DefaultApplicationGroup`.
            note: What it is for, for people.
            valid_hours: For so many hours the token can be used for the first time. Default 24.
        """
        return await self._call("invite", {"application": application, "group": group, "note": note, "validHours": valid_hours})

    async def standing(self, *, revision: str | None = UNSET) -> Standing:
        """The certificate and the trust lists of the one who asks, with the token of an invitation.

        Needs the role applicant.

        Args:
            revision: The revision of the trust lists that the application has: if there are no others they are not told again.
        """
        return await self._call("standing", {"revision": revision})

    async def withdraw_invitation(self, invitation: str, *, revoke: RevocationReason | None = UNSET) -> Invitation:
        """Ends an invitation; its application gets no certificates and trust lists by it any more.

        Needs the role approver. It is recorded.

        Args:
            invitation: Its id.
            revoke: Revokes the certificates that were issued by it too, for this reason: `keyCompromise` where somebody else may have the key.
        """
        return await self._call("withdraw_invitation", {"invitation": invitation, "revoke": revoke})


class EnrolmentSyncOperations(SyncFace):
    """The operations of `enrolment`."""

    _capability = "enrolment"

    def enroll(self, csr: Der, *, application: ApplicationDescription | None = UNSET, certificate_type: CertificateType | None = UNSET) -> EnrollResponse:
        """Asks for the certificate of a key, with the token of an invitation. It can be asked again: as long as nobody has decided the answer is the same request, and as long as the certificate is fresh the same certificate.

        Needs the role applicant. It is recorded.

        Args:
            csr: PKCS #10 (DER), 16 KiB at most, signed with the key.
            application: What the application says of itself. Needed where the invitation is for nobody on record; else it is not looked at.
            certificate_type: The type of the certificate. Default: the first of the group that such a key can have.
        """
        return self._call("enroll", {"csr": csr, "application": application, "certificateType": certificate_type})

    def invitations(self, *, after: str | None = UNSET, application: str | None = UNSET, limit: int | None = UNSET, state: InvitationState | None = UNSET) -> InvitationsResponse:
        """Invitations, page by page.

        Needs the role approver.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            application: The application.
            limit: Invitations in the page. Default 100.
            state: How far they are.
        """
        return self._call("invitations", {"after": after, "application": application, "limit": limit, "state": state})

    def invite(self, *, application: str | None = UNSET, group: str | None = UNSET, note: str = UNSET, valid_hours: int | None = UNSET) -> Invited:
        """Makes an invitation for one application. Its token is told this once.

        Needs the role approver. It is recorded.

        Args:
            application: The id of an application on record. Without one, whoever comes with the token first is entered into the record, as an approved application, with what it says of itself.
            group: The certificate group. Default `DefaultApplicationGroup`.
            note: What it is for, for people.
            valid_hours: For so many hours the token can be used for the first time. Default 24.
        """
        return self._call("invite", {"application": application, "group": group, "note": note, "validHours": valid_hours})

    def standing(self, *, revision: str | None = UNSET) -> Standing:
        """The certificate and the trust lists of the one who asks, with the token of an invitation.

        Needs the role applicant.

        Args:
            revision: The revision of the trust lists that the application has: if there are no others they are not told again.
        """
        return self._call("standing", {"revision": revision})

    def withdraw_invitation(self, invitation: str, *, revoke: RevocationReason | None = UNSET) -> Invitation:
        """Ends an invitation; its application gets no certificates and trust lists by it any more.

        Needs the role approver. It is recorded.

        Args:
            invitation: Its id.
            revoke: Revokes the certificates that were issued by it too, for this reason: `keyCompromise` where somebody else may have the key.
        """
        return self._call("withdraw_invitation", {"invitation": invitation, "revoke": revoke})


class RegistryOperations(Face):
    """The operations of `registry`."""

    _capability = "registry"

    async def activate(self, endpoint: str, *, revision: Revision | None = UNSET) -> RecordedEndpoint:
        """Has an endpoint used: by the edge whose search found it, else by another one of its site.

        Needs the role operator. It is recorded.

        Args:
            endpoint: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return await self._call("activate", {"endpoint": endpoint, "revision": revision})

    async def add_application(self, description: ApplicationDescription, *, addresses: list[str] = UNSET, edge: str | None = UNSET, endpoints: list[EndpointDescription] = UNSET, site: str | None = UNSET) -> ApplicationWithEndpoints:
        """Enters an application by hand. It is approved.

        Needs the role approver. It is recorded.

        Args:
            description: What it is.
            addresses: Where it answers, if that is known: `10.0.0.7:4840`.
            edge: The edge that reaches it.
            endpoints: Its endpoints, if they are known.
            site: The site where it stands.
        """
        return await self._call("add_application", {"description": description, "addresses": addresses, "edge": edge, "endpoints": endpoints, "site": site})

    async def adopt(self, *, application: str, application_description: ApplicationDescription, endpoint: str, endpoint_description: EndpointDescription, addresses: list[str] = UNSET) -> RecordedEndpoint:
        """Takes an endpoint over, under the ids that it has elsewhere, and uses it. It can be asked again.

        Needs the role approver. It is recorded.

        Args:
            application: The id of the application.
            application_description: What the application says of itself.
            endpoint: The id of the endpoint.
            endpoint_description: The endpoint.
            addresses: Where it answers: `10.0.0.7:4840`.
        """
        return await self._call("adopt", {"application": application, "applicationDescription": application_description, "endpoint": endpoint, "endpointDescription": endpoint_description, "addresses": addresses})

    async def application(self, application: str) -> registry_ApplicationWithEndpoints:
        """An application with its endpoints.

        Needs the role reader.

        Args:
            application: Its id.
        """
        return await self._call("application", {"application": application})

    async def applications(self, *, address: str | None = UNSET, after: str | None = UNSET, application_type: ApplicationType | None = UNSET, application_uri: str | None = UNSET, approval: Approval | None = UNSET, capability: str | None = UNSET, contains: str | None = UNSET, edge: str | None = UNSET, enabled: bool | None = UNSET, gone: bool | None = UNSET, limit: int | None = UNSET, product_uri: str | None = UNSET, site: str | None = UNSET, thumbprint: str | None = UNSET) -> ApplicationsResponse:
        """Applications, page by page.

        Needs the role reader.

        Args:
            address: Where it answers: `10.0.0.7:4840`.
            after: The id behind which the page begins, from `next` of the page before.
            application_type: Server, client or both.
            application_uri: ApplicationUri, whatever its case.
            approval: What was decided about it.
            capability: One of its capabilities: `DA`.
            contains: What the name or an URI contains, whatever its case.
            edge: The edge that looks after it.
            enabled: Whether it may be used.
            gone: Whether the last search that should have found it did not.
            limit: Applications in the page. Default 100.
            product_uri: ProductUri.
            site: The site.
            thumbprint: SHA-1 of its certificate, hexadecimal.
        """
        return await self._call("applications", {"address": address, "after": after, "applicationType": application_type, "applicationUri": application_uri, "approval": approval, "capability": capability, "contains": contains, "edge": edge, "enabled": enabled, "gone": gone, "limit": limit, "productUri": product_uri, "site": site, "thumbprint": thumbprint})

    async def deactivate(self, endpoint: str, *, revision: Revision | None = UNSET) -> RecordedEndpoint:
        """Has an endpoint no longer used.

        Needs the role operator. It is recorded.

        Args:
            endpoint: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return await self._call("deactivate", {"endpoint": endpoint, "revision": revision})

    async def decide_application(self, *, application: str, approval: Approval, revision: Revision | None = UNSET) -> registry_ApplicationWithEndpoints:
        """Says whether an application belongs to the plant. The endpoints of one that does not are deactivated.

        Needs the role approver. It is recorded.

        Args:
            application: Its id.
            approval: `approved`, `rejected`, or `discovered` to take a decision back.
            revision: The revision that was looked at; `conflict` if it was changed since. Any where there is none.
        """
        return await self._call("decide_application", {"application": application, "approval": approval, "revision": revision})

    async def decide_edge(self, *, approval: Approval, edge: str, place_key: str) -> RecordedEdge:
        """Says whether an edge belongs to the plant. Until then nothing is sent to it.

        Needs the role administrator. It is recorded.

        Args:
            approval: `approved`, `rejected`, or `discovered` to take a decision back.
            edge: Its id.
            place_key: The key that was compared with what the edge shows; `conflict` where the edge announces another one.
        """
        return await self._call("decide_edge", {"approval": approval, "edge": edge, "placeKey": place_key})

    async def delete_application(self, application: str, *, revision: Revision | None = UNSET) -> Removed:
        """Deletes an application with its endpoints. A search that finds it again enters it as new.

        Needs the role approver. It is recorded.

        Args:
            application: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return await self._call("delete_application", {"application": application, "revision": revision})

    async def disable(self, application: str, *, revision: Revision | None = UNSET) -> registry_ApplicationWithEndpoints:
        """Lets an application no longer be used; its endpoints are deactivated.

        Needs the role approver. It is recorded.

        Args:
            application: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return await self._call("disable", {"application": application, "revision": revision})

    async def edges(self, *, after: str | None = UNSET, approval: Approval | None = UNSET, capability: str | None = UNSET, connected: bool | None = UNSET, limit: int | None = UNSET, site: str | None = UNSET) -> EdgesResponse:
        """Edges, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            approval: What was decided about it.
            capability: One of its capabilities: `discovery`.
            connected: Whether it is there.
            limit: Edges in the page. Default 100.
            site: The site.
        """
        return await self._call("edges", {"after": after, "approval": approval, "capability": capability, "connected": connected, "limit": limit, "site": site})

    async def enable(self, application: str, *, revision: Revision | None = UNSET) -> registry_ApplicationWithEndpoints:
        """Lets an application be used again; its endpoints stay deactivated.

        Needs the role approver. It is recorded.

        Args:
            application: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return await self._call("enable", {"application": application, "revision": revision})

    async def endpoint(self, endpoint: str) -> RecordedEndpoint:
        """An endpoint.

        Needs the role reader.

        Args:
            endpoint: Its id.
        """
        return await self._call("endpoint", {"endpoint": endpoint})

    async def endpoints(self, *, activated: bool | None = UNSET, after: str | None = UNSET, application: str | None = UNSET, contains: str | None = UNSET, edge: str | None = UNSET, gone: bool | None = UNSET, limit: int | None = UNSET, security_mode: str | None = UNSET, security_policy_uri: str | None = UNSET, site: str | None = UNSET, thumbprint: str | None = UNSET, url: str | None = UNSET) -> EndpointsResponse:
        """Endpoints, page by page.

        Needs the role reader.

        Args:
            activated: Whether somebody wants it to be used.
            after: The id behind which the page begins, from `next` of the page before.
            application: The id of its application.
            contains: What an URL contains, whatever its case.
            edge: The edge through which it is used.
            gone: Whether the last search that should have found it did not.
            limit: Endpoints in the page. Default 100.
            security_mode: `None`, `Sign` or `SignAndEncrypt`.
            security_policy_uri: URI of the security policy.
            site: The site.
            thumbprint: SHA-1 of its certificate, hexadecimal.
            url: The URL that reaches it, whatever its case.
        """
        return await self._call("endpoints", {"activated": activated, "after": after, "application": application, "contains": contains, "edge": edge, "gone": gone, "limit": limit, "securityMode": security_mode, "securityPolicyUri": security_policy_uri, "site": site, "thumbprint": thumbprint, "url": url})

    async def purge(self, not_seen_for_minutes: int, *, dry_run: bool = UNSET) -> PurgeResponse:
        """Deletes applications and endpoints that have been gone for long; rejected applications stay.

        Needs the role approver. It is recorded.

        Args:
            not_seen_for_minutes: How long it must not have been seen, in minutes.
            dry_run: Only tells what would be deleted.
        """
        return await self._call("purge", {"notSeenForMinutes": not_seen_for_minutes, "dryRun": dry_run})

    async def put_site(self, *, name: str, site: str, revision: Revision | None = UNSET) -> RecordedSite:
        """Names a site, or renames it.

        Needs the role administrator. It is recorded.

        Args:
            name: For people.
            site: Its id, which edges are told to be at.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return await self._call("put_site", {"name": name, "site": site, "revision": revision})

    async def release(self, endpoint: str) -> ReleaseResponse:
        """Has an endpoint that was taken over no longer used. It can be asked again.

        Needs the role approver. It is recorded.

        Args:
            endpoint: Its id.
        """
        return await self._call("release", {"endpoint": endpoint})

    async def remove_edge(self, edge: str) -> Removed:
        """Forgets an edge; what it uses is moved to others of its site. It is offered again when it announces itself.

        Needs the role administrator. It is recorded.

        Args:
            edge: Its id.
        """
        return await self._call("remove_edge", {"edge": edge})

    async def remove_site(self, site: str) -> Removed:
        """Forgets a site at which nothing is on record.

        Needs the role administrator. It is recorded.

        Args:
            site: Its id.
        """
        return await self._call("remove_site", {"site": site})

    async def run(self, run: str) -> RecordedRun:
        """A search with what it changed.

        Needs the role reader.

        Args:
            run: Its id.
        """
        return await self._call("run", {"run": run})

    async def runs(self, *, after: str | None = UNSET, edge: str | None = UNSET, limit: int | None = UNSET, state: RunState | None = UNSET) -> RecordedRunsResponse:
        """Searches, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            edge: The edge that searches.
            limit: Searches in the page. Default 100.
            state: How far it is.
        """
        return await self._call("runs", {"after": after, "edge": edge, "limit": limit, "state": state})

    async def sites(self, *, after: str | None = UNSET, limit: int | None = UNSET) -> SitesResponse:
        """Sites, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Sites in the page. Default 100.
        """
        return await self._call("sites", {"after": after, "limit": limit})

    async def update_application(self, application: str, *, application_name: str | None = UNSET, capabilities: list[str] | None = UNSET, discovery_urls: list[str] | None = UNSET, product_uri: str | None = UNSET, revision: Revision | None = UNSET, site: str | None = UNSET) -> registry_ApplicationWithEndpoints:
        """Changes what an application is called and where it stands. What is set here, searches leave as it is.

        Needs the role operator. It is recorded.

        Args:
            application: Its id.
            application_name: For people.
            capabilities: What it can do, by the identifiers of OPC 10000-12 Annex D.
            discovery_urls: Where its endpoints can be asked for.
            product_uri: The product.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
            site: The site; `null` that of its edge.
        """
        return await self._call("update_application", {"application": application, "applicationName": application_name, "capabilities": capabilities, "discoveryUrls": discovery_urls, "productUri": product_uri, "revision": revision, "site": site})

    def watch(self, *, after: int | None = UNSET, kinds: list[RecordKind] = UNSET) -> Stream[RegistryUpdate]:
        """What changes on record, as it does. Who wants all of it begins to watch before it lists.

        Needs the role reader.

        Args:
            after: The sequence behind which to begin. Without one, from now on.
            kinds: Of which records; of all where empty.
        """
        return self._open("watch", {"after": after, "kinds": kinds})


class RegistrySyncOperations(SyncFace):
    """The operations of `registry`."""

    _capability = "registry"

    def activate(self, endpoint: str, *, revision: Revision | None = UNSET) -> RecordedEndpoint:
        """Has an endpoint used: by the edge whose search found it, else by another one of its site.

        Needs the role operator. It is recorded.

        Args:
            endpoint: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return self._call("activate", {"endpoint": endpoint, "revision": revision})

    def add_application(self, description: ApplicationDescription, *, addresses: list[str] = UNSET, edge: str | None = UNSET, endpoints: list[EndpointDescription] = UNSET, site: str | None = UNSET) -> ApplicationWithEndpoints:
        """Enters an application by hand. It is approved.

        Needs the role approver. It is recorded.

        Args:
            description: What it is.
            addresses: Where it answers, if that is known: `10.0.0.7:4840`.
            edge: The edge that reaches it.
            endpoints: Its endpoints, if they are known.
            site: The site where it stands.
        """
        return self._call("add_application", {"description": description, "addresses": addresses, "edge": edge, "endpoints": endpoints, "site": site})

    def adopt(self, *, application: str, application_description: ApplicationDescription, endpoint: str, endpoint_description: EndpointDescription, addresses: list[str] = UNSET) -> RecordedEndpoint:
        """Takes an endpoint over, under the ids that it has elsewhere, and uses it. It can be asked again.

        Needs the role approver. It is recorded.

        Args:
            application: The id of the application.
            application_description: What the application says of itself.
            endpoint: The id of the endpoint.
            endpoint_description: The endpoint.
            addresses: Where it answers: `10.0.0.7:4840`.
        """
        return self._call("adopt", {"application": application, "applicationDescription": application_description, "endpoint": endpoint, "endpointDescription": endpoint_description, "addresses": addresses})

    def application(self, application: str) -> registry_ApplicationWithEndpoints:
        """An application with its endpoints.

        Needs the role reader.

        Args:
            application: Its id.
        """
        return self._call("application", {"application": application})

    def applications(self, *, address: str | None = UNSET, after: str | None = UNSET, application_type: ApplicationType | None = UNSET, application_uri: str | None = UNSET, approval: Approval | None = UNSET, capability: str | None = UNSET, contains: str | None = UNSET, edge: str | None = UNSET, enabled: bool | None = UNSET, gone: bool | None = UNSET, limit: int | None = UNSET, product_uri: str | None = UNSET, site: str | None = UNSET, thumbprint: str | None = UNSET) -> ApplicationsResponse:
        """Applications, page by page.

        Needs the role reader.

        Args:
            address: Where it answers: `10.0.0.7:4840`.
            after: The id behind which the page begins, from `next` of the page before.
            application_type: Server, client or both.
            application_uri: ApplicationUri, whatever its case.
            approval: What was decided about it.
            capability: One of its capabilities: `DA`.
            contains: What the name or an URI contains, whatever its case.
            edge: The edge that looks after it.
            enabled: Whether it may be used.
            gone: Whether the last search that should have found it did not.
            limit: Applications in the page. Default 100.
            product_uri: ProductUri.
            site: The site.
            thumbprint: SHA-1 of its certificate, hexadecimal.
        """
        return self._call("applications", {"address": address, "after": after, "applicationType": application_type, "applicationUri": application_uri, "approval": approval, "capability": capability, "contains": contains, "edge": edge, "enabled": enabled, "gone": gone, "limit": limit, "productUri": product_uri, "site": site, "thumbprint": thumbprint})

    def deactivate(self, endpoint: str, *, revision: Revision | None = UNSET) -> RecordedEndpoint:
        """Has an endpoint no longer used.

        Needs the role operator. It is recorded.

        Args:
            endpoint: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return self._call("deactivate", {"endpoint": endpoint, "revision": revision})

    def decide_application(self, *, application: str, approval: Approval, revision: Revision | None = UNSET) -> registry_ApplicationWithEndpoints:
        """Says whether an application belongs to the plant. The endpoints of one that does not are deactivated.

        Needs the role approver. It is recorded.

        Args:
            application: Its id.
            approval: `approved`, `rejected`, or `discovered` to take a decision back.
            revision: The revision that was looked at; `conflict` if it was changed since. Any where there is none.
        """
        return self._call("decide_application", {"application": application, "approval": approval, "revision": revision})

    def decide_edge(self, *, approval: Approval, edge: str, place_key: str) -> RecordedEdge:
        """Says whether an edge belongs to the plant. Until then nothing is sent to it.

        Needs the role administrator. It is recorded.

        Args:
            approval: `approved`, `rejected`, or `discovered` to take a decision back.
            edge: Its id.
            place_key: The key that was compared with what the edge shows; `conflict` where the edge announces another one.
        """
        return self._call("decide_edge", {"approval": approval, "edge": edge, "placeKey": place_key})

    def delete_application(self, application: str, *, revision: Revision | None = UNSET) -> Removed:
        """Deletes an application with its endpoints. A search that finds it again enters it as new.

        Needs the role approver. It is recorded.

        Args:
            application: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return self._call("delete_application", {"application": application, "revision": revision})

    def disable(self, application: str, *, revision: Revision | None = UNSET) -> registry_ApplicationWithEndpoints:
        """Lets an application no longer be used; its endpoints are deactivated.

        Needs the role approver. It is recorded.

        Args:
            application: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return self._call("disable", {"application": application, "revision": revision})

    def edges(self, *, after: str | None = UNSET, approval: Approval | None = UNSET, capability: str | None = UNSET, connected: bool | None = UNSET, limit: int | None = UNSET, site: str | None = UNSET) -> EdgesResponse:
        """Edges, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            approval: What was decided about it.
            capability: One of its capabilities: `discovery`.
            connected: Whether it is there.
            limit: Edges in the page. Default 100.
            site: The site.
        """
        return self._call("edges", {"after": after, "approval": approval, "capability": capability, "connected": connected, "limit": limit, "site": site})

    def enable(self, application: str, *, revision: Revision | None = UNSET) -> registry_ApplicationWithEndpoints:
        """Lets an application be used again; its endpoints stay deactivated.

        Needs the role approver. It is recorded.

        Args:
            application: Its id.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return self._call("enable", {"application": application, "revision": revision})

    def endpoint(self, endpoint: str) -> RecordedEndpoint:
        """An endpoint.

        Needs the role reader.

        Args:
            endpoint: Its id.
        """
        return self._call("endpoint", {"endpoint": endpoint})

    def endpoints(self, *, activated: bool | None = UNSET, after: str | None = UNSET, application: str | None = UNSET, contains: str | None = UNSET, edge: str | None = UNSET, gone: bool | None = UNSET, limit: int | None = UNSET, security_mode: str | None = UNSET, security_policy_uri: str | None = UNSET, site: str | None = UNSET, thumbprint: str | None = UNSET, url: str | None = UNSET) -> EndpointsResponse:
        """Endpoints, page by page.

        Needs the role reader.

        Args:
            activated: Whether somebody wants it to be used.
            after: The id behind which the page begins, from `next` of the page before.
            application: The id of its application.
            contains: What an URL contains, whatever its case.
            edge: The edge through which it is used.
            gone: Whether the last search that should have found it did not.
            limit: Endpoints in the page. Default 100.
            security_mode: `None`, `Sign` or `SignAndEncrypt`.
            security_policy_uri: URI of the security policy.
            site: The site.
            thumbprint: SHA-1 of its certificate, hexadecimal.
            url: The URL that reaches it, whatever its case.
        """
        return self._call("endpoints", {"activated": activated, "after": after, "application": application, "contains": contains, "edge": edge, "gone": gone, "limit": limit, "securityMode": security_mode, "securityPolicyUri": security_policy_uri, "site": site, "thumbprint": thumbprint, "url": url})

    def purge(self, not_seen_for_minutes: int, *, dry_run: bool = UNSET) -> PurgeResponse:
        """Deletes applications and endpoints that have been gone for long; rejected applications stay.

        Needs the role approver. It is recorded.

        Args:
            not_seen_for_minutes: How long it must not have been seen, in minutes.
            dry_run: Only tells what would be deleted.
        """
        return self._call("purge", {"notSeenForMinutes": not_seen_for_minutes, "dryRun": dry_run})

    def put_site(self, *, name: str, site: str, revision: Revision | None = UNSET) -> RecordedSite:
        """Names a site, or renames it.

        Needs the role administrator. It is recorded.

        Args:
            name: For people.
            site: Its id, which edges are told to be at.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
        """
        return self._call("put_site", {"name": name, "site": site, "revision": revision})

    def release(self, endpoint: str) -> ReleaseResponse:
        """Has an endpoint that was taken over no longer used. It can be asked again.

        Needs the role approver. It is recorded.

        Args:
            endpoint: Its id.
        """
        return self._call("release", {"endpoint": endpoint})

    def remove_edge(self, edge: str) -> Removed:
        """Forgets an edge; what it uses is moved to others of its site. It is offered again when it announces itself.

        Needs the role administrator. It is recorded.

        Args:
            edge: Its id.
        """
        return self._call("remove_edge", {"edge": edge})

    def remove_site(self, site: str) -> Removed:
        """Forgets a site at which nothing is on record.

        Needs the role administrator. It is recorded.

        Args:
            site: Its id.
        """
        return self._call("remove_site", {"site": site})

    def run(self, run: str) -> RecordedRun:
        """A search with what it changed.

        Needs the role reader.

        Args:
            run: Its id.
        """
        return self._call("run", {"run": run})

    def runs(self, *, after: str | None = UNSET, edge: str | None = UNSET, limit: int | None = UNSET, state: RunState | None = UNSET) -> RecordedRunsResponse:
        """Searches, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            edge: The edge that searches.
            limit: Searches in the page. Default 100.
            state: How far it is.
        """
        return self._call("runs", {"after": after, "edge": edge, "limit": limit, "state": state})

    def sites(self, *, after: str | None = UNSET, limit: int | None = UNSET) -> SitesResponse:
        """Sites, page by page.

        Needs the role reader.

        Args:
            after: The id behind which the page begins, from `next` of the page before.
            limit: Sites in the page. Default 100.
        """
        return self._call("sites", {"after": after, "limit": limit})

    def update_application(self, application: str, *, application_name: str | None = UNSET, capabilities: list[str] | None = UNSET, discovery_urls: list[str] | None = UNSET, product_uri: str | None = UNSET, revision: Revision | None = UNSET, site: str | None = UNSET) -> registry_ApplicationWithEndpoints:
        """Changes what an application is called and where it stands. What is set here, searches leave as it is.

        Needs the role operator. It is recorded.

        Args:
            application: Its id.
            application_name: For people.
            capabilities: What it can do, by the identifiers of OPC 10000-12 Annex D.
            discovery_urls: Where its endpoints can be asked for.
            product_uri: The product.
            revision: The revision that it must have; `conflict` if it was changed since. Any where there is none.
            site: The site; `null` that of its edge.
        """
        return self._call("update_application", {"application": application, "applicationName": application_name, "capabilities": capabilities, "discoveryUrls": discovery_urls, "productUri": product_uri, "revision": revision, "site": site})

    def watch(self, *, after: int | None = UNSET, kinds: list[RecordKind] = UNSET) -> SyncStream[RegistryUpdate]:
        """What changes on record, as it does. Who wants all of it begins to watch before it lists.

        Needs the role reader.

        Args:
            after: The sequence behind which to begin. Without one, from now on.
            kinds: Of which records; of all where empty.
        """
        return self._open("watch", {"after": after, "kinds": kinds})


class TwinOperations(Face):
    """The operations of `twin`, each of one endpoint."""

    _capability = "twin"
    _of = "endpoint"

    async def acknowledge(self, events: Sequence[ConditionEvent | str], *, header: Header = UNSET) -> ConditionResponse:
        """Says of events of alarms that somebody has seen them.

        Needs the role operator. It is recorded.

        Args:
            events: The events, at most 1,000.
            header: What all requests have in common. The first locale is that of the comments.
        """
        return await self._call("acknowledge", {"events": each("condition", events), "header": header})

    async def add_comment(self, events: Sequence[ConditionEvent | str], *, header: Header = UNSET) -> ConditionResponse:
        """Comments on events of conditions.

        Needs the role operator. It is recorded.

        Args:
            events: The events, at most 1,000.
            header: What all requests have in common. The first locale is that of the comments.
        """
        return await self._call("add_comment", {"events": each("condition", events), "header": header})

    async def alarms(self, *, header: Header = UNSET) -> AlarmsResponse:
        """The alarms of the server as they are now.

        Needs the role reader.

        Args:
            header: What all requests have in common.
        """
        return await self._call("alarms", {"header": header})

    async def browse(self, nodes: list[str], *, direction: Direction = UNSET, header: Header = UNSET, max_references: int | None = UNSET, node_classes: list[NodeClass] = UNSET, reference_type: str | None = UNSET, view: View | None = UNSET, without_subtypes: bool = UNSET) -> BrowseResponse:
        """The references of nodes, to the end or page by page.

        Needs the role reader.

        Args:
            nodes: Where to begin.
            direction: Which way the references go.
            header: What all requests have in common.
            max_references: At most so many references of each node, and a token for more. Without it they are fetched to the end.
            node_classes: Only nodes of these classes; all where empty.
            reference_type: Only references of this type. Default all hierarchical ones (`i=33`).
            view: Only what this view shows.
            without_subtypes: Leaves out references of its subtypes.
        """
        return await self._call("browse", {"nodes": nodes, "direction": direction, "header": header, "maxReferences": max_references, "nodeClasses": node_classes, "referenceType": reference_type, "view": view, "withoutSubtypes": without_subtypes})

    async def browse_next(self, tokens: list[str], *, header: Header = UNSET, release: bool = UNSET) -> BrowseResponse:
        """The next pages of a browse, or the end of it.

        Needs the role reader.

        Args:
            tokens: What the pages before said.
            header: What all requests have in common; the locales must be those of the first request.
            release: No more is wanted: the server may forget where it was.
        """
        return await self._call("browse_next", {"tokens": tokens, "header": header, "release": release})

    async def call(self, calls: list[MethodCall], *, encoding: ValueEncoding = UNSET, header: Header = UNSET) -> CallResponse:
        """Calls methods.

        Needs the role operator. It is recorded.

        Args:
            calls: The calls, at most 1,000.
            encoding: How outputs are written.
            header: What all requests have in common.
        """
        return await self._call("call", {"calls": calls, "encoding": encoding, "header": header})

    async def capabilities(self, *, header: Header = UNSET) -> CapabilitiesResponse:
        """What the server is and what it can take.

        Needs the role reader.

        Args:
            header: What all requests have in common.
        """
        return await self._call("capabilities", {"header": header})

    async def confirm(self, events: Sequence[ConditionEvent | str], *, header: Header = UNSET) -> ConditionResponse:
        """Says of events of alarms that what was to be done is done.

        Needs the role operator. It is recorded.

        Args:
            events: The events, at most 1,000.
            header: What all requests have in common. The first locale is that of the comments.
        """
        return await self._call("confirm", {"events": each("condition", events), "header": header})

    async def connection(self) -> ConnectionResponse:
        """The connections that there are with the server.

        Needs the role reader.
        """
        return await self._call("connection", {})

    def crawl(self, *, header: Header = UNSET, max_depth: int | None = UNSET, max_nodes: int | None = UNSET, node_classes: list[NodeClass] = UNSET, nodes: list[str] = UNSET, parallel: int | None = UNSET, paths: bool = UNSET, reference_types: list[str] = UNSET, view: View | None = UNSET) -> Stream[CrawlBatch]:
        """All nodes below others, as they are found.

        Needs the role reader.

        Args:
            header: What all requests have in common.
            max_depth: Levels below the start, up to 1,000. Default 1,000.
            max_nodes: It ends when so many nodes were found, told or not, up to 5,000,000. Default 1,000,000.
            node_classes: Only nodes of these classes are told; all where empty. The way goes through the others too.
            nodes: Where to begin, at most 1,000 nodes. Default the Objects folder (`i=85`).
            parallel: Requests that may be under way at a time, up to 8, which is the default; all crawls of a server together have 8 too.
            paths: Tells of each node the way to it.
            reference_types: The references that are followed, with their subtypes, at most 10 types. Default all hierarchical ones (`i=33`).
            view: Only what this view shows.
        """
        return self._open("crawl", {"header": header, "maxDepth": max_depth, "maxNodes": max_nodes, "nodeClasses": node_classes, "nodes": nodes, "parallel": parallel, "paths": paths, "referenceTypes": reference_types, "view": view})

    async def diagnostics(self, *, encoding: ValueEncoding = UNSET, header: Header = UNSET, sessions: bool = UNSET, subscriptions: bool = UNSET) -> DiagnosticsResponse:
        """What the server counts: sessions, subscriptions, requests.

        Needs the role reader.

        Args:
            encoding: How values are written.
            header: What all requests have in common.
            sessions: Tells of each session too; many servers tell that administrators alone.
            subscriptions: Tells of each subscription too.
        """
        return await self._call("diagnostics", {"encoding": encoding, "header": header, "sessions": sessions, "subscriptions": subscriptions})

    async def disable(self, conditions: list[str], *, header: Header = UNSET) -> ConditionResponse:
        """Lets conditions no longer report.

        Needs the role operator. It is recorded.

        Args:
            conditions: The nodes of the conditions, at most 1,000.
            header: What all requests have in common.
        """
        return await self._call("disable", {"conditions": conditions, "header": header})

    async def disconnect(self) -> DisconnectResponse:
        """Closes the connections with the server; calls that are under way there fail.

        Needs the role operator. It is recorded.
        """
        return await self._call("disconnect", {})

    async def enable(self, conditions: list[str], *, header: Header = UNSET) -> ConditionResponse:
        """Lets conditions report again.

        Needs the role operator. It is recorded.

        Args:
            conditions: The nodes of the conditions, at most 1,000.
            header: What all requests have in common.
        """
        return await self._call("enable", {"conditions": conditions, "header": header})

    async def file_change(self, changes: list[FileChange], *, header: Header = UNSET) -> FileChangeResponse:
        """Makes, deletes, moves and copies files and directories.

        Needs the role operator. It is recorded.

        Args:
            changes: What to change, in this order, at most 100 changes.
            header: What all requests have in common.
        """
        return await self._call("file_change", {"changes": changes, "header": header})

    async def file_list(self, directories: list[str], *, header: Header = UNSET) -> FileListResponse:
        """What lies in directories.

        Needs the role reader.

        Args:
            directories: The directories, at most 100; also any other object that has files.
            header: What all requests have in common.
        """
        return await self._call("file_list", {"directories": directories, "header": header})

    async def file_read(self, file: str, *, header: Header = UNSET, length: int | None = UNSET, offset: int = UNSET) -> FileReadResponse:
        """Reads a file, or a part of it.

        Needs the role reader.

        Args:
            file: The file.
            header: What all requests have in common.
            length: At most so many bytes, up to 8 MiB, which is the default.
            offset: From this byte on.
        """
        return await self._call("file_read", {"file": file, "header": header, "length": length, "offset": offset})

    async def file_write(self, *, data: str, file: str, header: Header = UNSET, place: WritePlace = UNSET) -> FileWriteResponse:
        """Writes a file, or a part of it.

        Needs the role operator. It is recorded.

        Args:
            data: The bytes in base64, at most 8 MiB of them.
            file: The file.
            header: What all requests have in common.
            place: Where the bytes go.
        """
        return await self._call("file_write", {"data": data, "file": file, "header": header, "place": place})

    async def history_read(self, *, details: HistoryDetails, nodes: list[str], encoding: ValueEncoding = UNSET, header: Header = UNSET, max_values: int | None = UNSET) -> HistoryReadResponse:
        """Stored values and events: raw, modified, processed, or at given times.

        Needs the role reader.

        Args:
            details: Which values.
            nodes: The nodes, at most 100.
            encoding: How values are written.
            header: What all requests have in common.
            max_values: At most so many values of each node, up to 100,000, and a million of all nodes. Default 10,000. They are fetched up to there, in as many answers as the server likes.
        """
        return await self._call("history_read", {"details": details, "nodes": nodes, "encoding": encoding, "header": header, "maxValues": max_values})

    async def history_update(self, changes: list[HistoryChange], *, header: Header = UNSET) -> HistoryUpdateResponse:
        """Changes stored values and events.

        Needs the role operator. It is recorded.

        Args:
            changes: What to change, in this order, at most 100 changes.
            header: What all requests have in common.
        """
        return await self._call("history_update", {"changes": changes, "header": header})

    async def method(self, methods: list[str], *, header: Header = UNSET) -> MethodResponse:
        """What methods take and return.

        Needs the role reader.

        Args:
            methods: The methods, at most 1,000.
            header: What all requests have in common.
        """
        return await self._call("method", {"methods": methods, "header": header})

    async def node(self, nodes: list[str], *, encoding: ValueEncoding = UNSET, header: Header = UNSET) -> NodeResponse:
        """All that is known of nodes: attributes, type definition, data type.

        Needs the role reader.

        Args:
            nodes: The nodes, at most 1,000.
            encoding: How values are written.
            header: What all requests have in common.
        """
        return await self._call("node", {"nodes": nodes, "encoding": encoding, "header": header})

    async def read(self, nodes: Sequence[ReadItem | str], *, cache_ms: int = UNSET, encoding: ValueEncoding = UNSET, header: Header = UNSET, max_age_ms: int = UNSET, timestamps: Timestamps = UNSET) -> ReadResponse:
        """Values and other attributes.

        Needs the role reader.

        Args:
            nodes: What to read.
            cache_ms: How long ago the value may have been read for somebody else, in milliseconds, up to a day; the answer says how long it was. Default 0: the server is asked. What is changed through the same twin is not remembered from before, and with an elevation nothing is.
            encoding: How values are written.
            header: What all requests have in common.
            max_age_ms: How old a value may be that the server has at hand, in milliseconds. Default 0: it looks anew.
            timestamps: Which timestamps are wanted.
        """
        return await self._call("read", {"nodes": each("node", nodes), "cacheMs": cache_ms, "encoding": encoding, "header": header, "maxAgeMs": max_age_ms, "timestamps": timestamps})

    async def respond(self, responses: list[DialogResponse], *, header: Header = UNSET) -> ConditionResponse:
        """Answers dialogs of the server.

        Needs the role operator. It is recorded.

        Args:
            responses: The answers, at most 1,000.
            header: What all requests have in common.
        """
        return await self._call("respond", {"responses": responses, "header": header})

    async def shelve(self, alarms: Sequence[ShelvedAlarm | str], *, header: Header = UNSET) -> ConditionResponse:
        """Puts alarms aside, for a time or until they end.

        Needs the role operator. It is recorded.

        Args:
            alarms: The alarms, at most 1,000.
            header: What all requests have in common.
        """
        return await self._call("shelve", {"alarms": each("condition", alarms), "header": header})

    async def test_connection(self, *, header: Header = UNSET) -> TestConnectionResponse:
        """Whether the server can be reached, and why not.

        Needs the role reader.

        Args:
            header: What all requests have in common.
        """
        return await self._call("test_connection", {"header": header})

    async def translate(self, paths: list[BrowsePath], *, header: Header = UNSET) -> TranslateResponse:
        """Where browse paths lead.

        Needs the role reader.

        Args:
            paths: The paths, at most 1,000.
            header: What all requests have in common.
        """
        return await self._call("translate", {"paths": paths, "header": header})

    async def unshelve(self, conditions: list[str], *, header: Header = UNSET) -> ConditionResponse:
        """Takes alarms back that were put aside.

        Needs the role operator. It is recorded.

        Args:
            conditions: The nodes of the conditions, at most 1,000.
            header: What all requests have in common.
        """
        return await self._call("unshelve", {"conditions": conditions, "header": header})

    def watch_alarms(self, *, after: int | None = UNSET, header: Header = UNSET) -> Stream[AlarmUpdate]:
        """The alarms of the server, and what happens to them.

        Needs the role reader.

        Args:
            after: Go on behind this sequence instead of beginning with all alarms.
            header: What all requests have in common. The time is that to the first update.
        """
        return self._open("watch_alarms", {"after": after, "header": header})

    def watch_events(self, *, after: int | None = UNSET, condition: EventCondition | None = UNSET, encoding: ValueEncoding = UNSET, fields: list[EventField] = UNSET, header: Header = UNSET, notifier: str | None = UNSET, queue_size: int | None = UNSET) -> Stream[EventUpdate]:
        """Events as they happen.

        Needs the role reader.

        Args:
            after: Go on behind this sequence.
            condition: Which events. Default all.
            encoding: How fields are written.
            fields: Which fields of them. Default those of BaseEventType (OPC 10000-5 §6.4.2).
            header: What all requests have in common. The time is that to the first update.
            notifier: Whose events. Default those of the whole server (`i=2253`).
            queue_size: Events that the server keeps between two looks. Default as many as it likes.
        """
        return self._open("watch_events", {"after": after, "condition": condition, "encoding": encoding, "fields": fields, "header": header, "notifier": notifier, "queueSize": queue_size})

    def watch_values(self, nodes: Sequence[WatchedItem | str], *, after: int | None = UNSET, encoding: ValueEncoding = UNSET, header: Header = UNSET, publishing_interval_ms: int | None = UNSET) -> Stream[ValueUpdate]:
        """Values as they change.

        Needs the role reader.

        Args:
            nodes: What to watch.
            after: Go on behind this sequence instead of beginning with the present values.
            encoding: How values are written.
            header: What all requests have in common. The time is that to the first update.
            publishing_interval_ms: How often the server sends, in milliseconds. Default 1,000.
        """
        return self._open("watch_values", {"nodes": each("node", nodes), "after": after, "encoding": encoding, "header": header, "publishingIntervalMs": publishing_interval_ms})

    async def write(self, nodes: list[WriteItem], *, encoding: ValueEncoding = UNSET, header: Header = UNSET, read_back: bool = UNSET) -> WriteResponse:
        """Writes values and other attributes.

        Needs the role operator. It is recorded.

        Args:
            nodes: What to write.
            encoding: How values are written that are read back.
            header: What all requests have in common.
            read_back: Reads what was written, as the server has it afterwards.
        """
        return await self._call("write", {"nodes": nodes, "encoding": encoding, "header": header, "readBack": read_back})


class TwinSyncOperations(SyncFace):
    """The operations of `twin`, each of one endpoint."""

    _capability = "twin"
    _of = "endpoint"

    def acknowledge(self, events: Sequence[ConditionEvent | str], *, header: Header = UNSET) -> ConditionResponse:
        """Says of events of alarms that somebody has seen them.

        Needs the role operator. It is recorded.

        Args:
            events: The events, at most 1,000.
            header: What all requests have in common. The first locale is that of the comments.
        """
        return self._call("acknowledge", {"events": each("condition", events), "header": header})

    def add_comment(self, events: Sequence[ConditionEvent | str], *, header: Header = UNSET) -> ConditionResponse:
        """Comments on events of conditions.

        Needs the role operator. It is recorded.

        Args:
            events: The events, at most 1,000.
            header: What all requests have in common. The first locale is that of the comments.
        """
        return self._call("add_comment", {"events": each("condition", events), "header": header})

    def alarms(self, *, header: Header = UNSET) -> AlarmsResponse:
        """The alarms of the server as they are now.

        Needs the role reader.

        Args:
            header: What all requests have in common.
        """
        return self._call("alarms", {"header": header})

    def browse(self, nodes: list[str], *, direction: Direction = UNSET, header: Header = UNSET, max_references: int | None = UNSET, node_classes: list[NodeClass] = UNSET, reference_type: str | None = UNSET, view: View | None = UNSET, without_subtypes: bool = UNSET) -> BrowseResponse:
        """The references of nodes, to the end or page by page.

        Needs the role reader.

        Args:
            nodes: Where to begin.
            direction: Which way the references go.
            header: What all requests have in common.
            max_references: At most so many references of each node, and a token for more. Without it they are fetched to the end.
            node_classes: Only nodes of these classes; all where empty.
            reference_type: Only references of this type. Default all hierarchical ones (`i=33`).
            view: Only what this view shows.
            without_subtypes: Leaves out references of its subtypes.
        """
        return self._call("browse", {"nodes": nodes, "direction": direction, "header": header, "maxReferences": max_references, "nodeClasses": node_classes, "referenceType": reference_type, "view": view, "withoutSubtypes": without_subtypes})

    def browse_next(self, tokens: list[str], *, header: Header = UNSET, release: bool = UNSET) -> BrowseResponse:
        """The next pages of a browse, or the end of it.

        Needs the role reader.

        Args:
            tokens: What the pages before said.
            header: What all requests have in common; the locales must be those of the first request.
            release: No more is wanted: the server may forget where it was.
        """
        return self._call("browse_next", {"tokens": tokens, "header": header, "release": release})

    def call(self, calls: list[MethodCall], *, encoding: ValueEncoding = UNSET, header: Header = UNSET) -> CallResponse:
        """Calls methods.

        Needs the role operator. It is recorded.

        Args:
            calls: The calls, at most 1,000.
            encoding: How outputs are written.
            header: What all requests have in common.
        """
        return self._call("call", {"calls": calls, "encoding": encoding, "header": header})

    def capabilities(self, *, header: Header = UNSET) -> CapabilitiesResponse:
        """What the server is and what it can take.

        Needs the role reader.

        Args:
            header: What all requests have in common.
        """
        return self._call("capabilities", {"header": header})

    def confirm(self, events: Sequence[ConditionEvent | str], *, header: Header = UNSET) -> ConditionResponse:
        """Says of events of alarms that what was to be done is done.

        Needs the role operator. It is recorded.

        Args:
            events: The events, at most 1,000.
            header: What all requests have in common. The first locale is that of the comments.
        """
        return self._call("confirm", {"events": each("condition", events), "header": header})

    def connection(self) -> ConnectionResponse:
        """The connections that there are with the server.

        Needs the role reader.
        """
        return self._call("connection", {})

    def crawl(self, *, header: Header = UNSET, max_depth: int | None = UNSET, max_nodes: int | None = UNSET, node_classes: list[NodeClass] = UNSET, nodes: list[str] = UNSET, parallel: int | None = UNSET, paths: bool = UNSET, reference_types: list[str] = UNSET, view: View | None = UNSET) -> SyncStream[CrawlBatch]:
        """All nodes below others, as they are found.

        Needs the role reader.

        Args:
            header: What all requests have in common.
            max_depth: Levels below the start, up to 1,000. Default 1,000.
            max_nodes: It ends when so many nodes were found, told or not, up to 5,000,000. Default 1,000,000.
            node_classes: Only nodes of these classes are told; all where empty. The way goes through the others too.
            nodes: Where to begin, at most 1,000 nodes. Default the Objects folder (`i=85`).
            parallel: Requests that may be under way at a time, up to 8, which is the default; all crawls of a server together have 8 too.
            paths: Tells of each node the way to it.
            reference_types: The references that are followed, with their subtypes, at most 10 types. Default all hierarchical ones (`i=33`).
            view: Only what this view shows.
        """
        return self._open("crawl", {"header": header, "maxDepth": max_depth, "maxNodes": max_nodes, "nodeClasses": node_classes, "nodes": nodes, "parallel": parallel, "paths": paths, "referenceTypes": reference_types, "view": view})

    def diagnostics(self, *, encoding: ValueEncoding = UNSET, header: Header = UNSET, sessions: bool = UNSET, subscriptions: bool = UNSET) -> DiagnosticsResponse:
        """What the server counts: sessions, subscriptions, requests.

        Needs the role reader.

        Args:
            encoding: How values are written.
            header: What all requests have in common.
            sessions: Tells of each session too; many servers tell that administrators alone.
            subscriptions: Tells of each subscription too.
        """
        return self._call("diagnostics", {"encoding": encoding, "header": header, "sessions": sessions, "subscriptions": subscriptions})

    def disable(self, conditions: list[str], *, header: Header = UNSET) -> ConditionResponse:
        """Lets conditions no longer report.

        Needs the role operator. It is recorded.

        Args:
            conditions: The nodes of the conditions, at most 1,000.
            header: What all requests have in common.
        """
        return self._call("disable", {"conditions": conditions, "header": header})

    def disconnect(self) -> DisconnectResponse:
        """Closes the connections with the server; calls that are under way there fail.

        Needs the role operator. It is recorded.
        """
        return self._call("disconnect", {})

    def enable(self, conditions: list[str], *, header: Header = UNSET) -> ConditionResponse:
        """Lets conditions report again.

        Needs the role operator. It is recorded.

        Args:
            conditions: The nodes of the conditions, at most 1,000.
            header: What all requests have in common.
        """
        return self._call("enable", {"conditions": conditions, "header": header})

    def file_change(self, changes: list[FileChange], *, header: Header = UNSET) -> FileChangeResponse:
        """Makes, deletes, moves and copies files and directories.

        Needs the role operator. It is recorded.

        Args:
            changes: What to change, in this order, at most 100 changes.
            header: What all requests have in common.
        """
        return self._call("file_change", {"changes": changes, "header": header})

    def file_list(self, directories: list[str], *, header: Header = UNSET) -> FileListResponse:
        """What lies in directories.

        Needs the role reader.

        Args:
            directories: The directories, at most 100; also any other object that has files.
            header: What all requests have in common.
        """
        return self._call("file_list", {"directories": directories, "header": header})

    def file_read(self, file: str, *, header: Header = UNSET, length: int | None = UNSET, offset: int = UNSET) -> FileReadResponse:
        """Reads a file, or a part of it.

        Needs the role reader.

        Args:
            file: The file.
            header: What all requests have in common.
            length: At most so many bytes, up to 8 MiB, which is the default.
            offset: From this byte on.
        """
        return self._call("file_read", {"file": file, "header": header, "length": length, "offset": offset})

    def file_write(self, *, data: str, file: str, header: Header = UNSET, place: WritePlace = UNSET) -> FileWriteResponse:
        """Writes a file, or a part of it.

        Needs the role operator. It is recorded.

        Args:
            data: The bytes in base64, at most 8 MiB of them.
            file: The file.
            header: What all requests have in common.
            place: Where the bytes go.
        """
        return self._call("file_write", {"data": data, "file": file, "header": header, "place": place})

    def history_read(self, *, details: HistoryDetails, nodes: list[str], encoding: ValueEncoding = UNSET, header: Header = UNSET, max_values: int | None = UNSET) -> HistoryReadResponse:
        """Stored values and events: raw, modified, processed, or at given times.

        Needs the role reader.

        Args:
            details: Which values.
            nodes: The nodes, at most 100.
            encoding: How values are written.
            header: What all requests have in common.
            max_values: At most so many values of each node, up to 100,000, and a million of all nodes. Default 10,000. They are fetched up to there, in as many answers as the server likes.
        """
        return self._call("history_read", {"details": details, "nodes": nodes, "encoding": encoding, "header": header, "maxValues": max_values})

    def history_update(self, changes: list[HistoryChange], *, header: Header = UNSET) -> HistoryUpdateResponse:
        """Changes stored values and events.

        Needs the role operator. It is recorded.

        Args:
            changes: What to change, in this order, at most 100 changes.
            header: What all requests have in common.
        """
        return self._call("history_update", {"changes": changes, "header": header})

    def method(self, methods: list[str], *, header: Header = UNSET) -> MethodResponse:
        """What methods take and return.

        Needs the role reader.

        Args:
            methods: The methods, at most 1,000.
            header: What all requests have in common.
        """
        return self._call("method", {"methods": methods, "header": header})

    def node(self, nodes: list[str], *, encoding: ValueEncoding = UNSET, header: Header = UNSET) -> NodeResponse:
        """All that is known of nodes: attributes, type definition, data type.

        Needs the role reader.

        Args:
            nodes: The nodes, at most 1,000.
            encoding: How values are written.
            header: What all requests have in common.
        """
        return self._call("node", {"nodes": nodes, "encoding": encoding, "header": header})

    def read(self, nodes: Sequence[ReadItem | str], *, cache_ms: int = UNSET, encoding: ValueEncoding = UNSET, header: Header = UNSET, max_age_ms: int = UNSET, timestamps: Timestamps = UNSET) -> ReadResponse:
        """Values and other attributes.

        Needs the role reader.

        Args:
            nodes: What to read.
            cache_ms: How long ago the value may have been read for somebody else, in milliseconds, up to a day; the answer says how long it was. Default 0: the server is asked. What is changed through the same twin is not remembered from before, and with an elevation nothing is.
            encoding: How values are written.
            header: What all requests have in common.
            max_age_ms: How old a value may be that the server has at hand, in milliseconds. Default 0: it looks anew.
            timestamps: Which timestamps are wanted.
        """
        return self._call("read", {"nodes": each("node", nodes), "cacheMs": cache_ms, "encoding": encoding, "header": header, "maxAgeMs": max_age_ms, "timestamps": timestamps})

    def respond(self, responses: list[DialogResponse], *, header: Header = UNSET) -> ConditionResponse:
        """Answers dialogs of the server.

        Needs the role operator. It is recorded.

        Args:
            responses: The answers, at most 1,000.
            header: What all requests have in common.
        """
        return self._call("respond", {"responses": responses, "header": header})

    def shelve(self, alarms: Sequence[ShelvedAlarm | str], *, header: Header = UNSET) -> ConditionResponse:
        """Puts alarms aside, for a time or until they end.

        Needs the role operator. It is recorded.

        Args:
            alarms: The alarms, at most 1,000.
            header: What all requests have in common.
        """
        return self._call("shelve", {"alarms": each("condition", alarms), "header": header})

    def test_connection(self, *, header: Header = UNSET) -> TestConnectionResponse:
        """Whether the server can be reached, and why not.

        Needs the role reader.

        Args:
            header: What all requests have in common.
        """
        return self._call("test_connection", {"header": header})

    def translate(self, paths: list[BrowsePath], *, header: Header = UNSET) -> TranslateResponse:
        """Where browse paths lead.

        Needs the role reader.

        Args:
            paths: The paths, at most 1,000.
            header: What all requests have in common.
        """
        return self._call("translate", {"paths": paths, "header": header})

    def unshelve(self, conditions: list[str], *, header: Header = UNSET) -> ConditionResponse:
        """Takes alarms back that were put aside.

        Needs the role operator. It is recorded.

        Args:
            conditions: The nodes of the conditions, at most 1,000.
            header: What all requests have in common.
        """
        return self._call("unshelve", {"conditions": conditions, "header": header})

    def watch_alarms(self, *, after: int | None = UNSET, header: Header = UNSET) -> SyncStream[AlarmUpdate]:
        """The alarms of the server, and what happens to them.

        Needs the role reader.

        Args:
            after: Go on behind this sequence instead of beginning with all alarms.
            header: What all requests have in common. The time is that to the first update.
        """
        return self._open("watch_alarms", {"after": after, "header": header})

    def watch_events(self, *, after: int | None = UNSET, condition: EventCondition | None = UNSET, encoding: ValueEncoding = UNSET, fields: list[EventField] = UNSET, header: Header = UNSET, notifier: str | None = UNSET, queue_size: int | None = UNSET) -> SyncStream[EventUpdate]:
        """Events as they happen.

        Needs the role reader.

        Args:
            after: Go on behind this sequence.
            condition: Which events. Default all.
            encoding: How fields are written.
            fields: Which fields of them. Default those of BaseEventType (OPC 10000-5 §6.4.2).
            header: What all requests have in common. The time is that to the first update.
            notifier: Whose events. Default those of the whole server (`i=2253`).
            queue_size: Events that the server keeps between two looks. Default as many as it likes.
        """
        return self._open("watch_events", {"after": after, "condition": condition, "encoding": encoding, "fields": fields, "header": header, "notifier": notifier, "queueSize": queue_size})

    def watch_values(self, nodes: Sequence[WatchedItem | str], *, after: int | None = UNSET, encoding: ValueEncoding = UNSET, header: Header = UNSET, publishing_interval_ms: int | None = UNSET) -> SyncStream[ValueUpdate]:
        """Values as they change.

        Needs the role reader.

        Args:
            nodes: What to watch.
            after: Go on behind this sequence instead of beginning with the present values.
            encoding: How values are written.
            header: What all requests have in common. The time is that to the first update.
            publishing_interval_ms: How often the server sends, in milliseconds. Default 1,000.
        """
        return self._open("watch_values", {"nodes": each("node", nodes), "after": after, "encoding": encoding, "header": header, "publishingIntervalMs": publishing_interval_ms})

    def write(self, nodes: list[WriteItem], *, encoding: ValueEncoding = UNSET, header: Header = UNSET, read_back: bool = UNSET) -> WriteResponse:
        """Writes values and other attributes.

        Needs the role operator. It is recorded.

        Args:
            nodes: What to write.
            encoding: How values are written that are read back.
            header: What all requests have in common.
            read_back: Reads what was written, as the server has it afterwards.
        """
        return self._call("write", {"nodes": nodes, "encoding": encoding, "header": header, "readBack": read_back})


__all__ = [
    "AccessOperations",
    "AccessSyncOperations",
    "CertificatesOperations",
    "CertificatesSyncOperations",
    "ConfigurationOperations",
    "ConfigurationSyncOperations",
    "DevicesOperations",
    "DevicesSyncOperations",
    "DiscoveryOperations",
    "DiscoverySyncOperations",
    "EdgeOperations",
    "EdgeSyncOperations",
    "EnrolmentOperations",
    "EnrolmentSyncOperations",
    "RegistryOperations",
    "RegistrySyncOperations",
    "TwinOperations",
    "TwinSyncOperations",
    "Alarm",
    "AlarmName",
    "AlarmUpdate",
    "AlarmsResponse",
    "ApiKey",
    "ApiKeyList",
    "Applicant",
    "Application",
    "ApplicationDescription",
    "ApplicationType",
    "ApplicationWithEndpoints",
    "ApplicationsResponse",
    "Approval",
    "ApprovalPolicy",
    "ApprovalPolicyAutomatic",
    "ApprovalPolicyVotesVotes",
    "ArgumentDescription",
    "Asked",
    "Attribute",
    "AuditCheck",
    "AuditEvent",
    "AuditFinding",
    "AuditPage",
    "AuditRecord",
    "AuditResponse",
    "AuthoritiesResponse",
    "AuthorityKey",
    "AuthorityWithChain",
    "Basis",
    "Believed",
    "BrowsePath",
    "BrowseResponse",
    "BrowseResult",
    "BuildInfo",
    "CallResponse",
    "CallResult",
    "CapabilitiesResponse",
    "CertificateGroup",
    "CertificateRequest",
    "CertificateType",
    "CertificateView",
    "CertificateWithChain",
    "CertificatesResponse",
    "CertificatesStatus",
    "CertificatesUpdate",
    "Change",
    "ChangeDeleteAtTimes",
    "ChangeDeleteEvents",
    "ChangeDeleteRange",
    "ChangeInsert",
    "ChangeInsertEvents",
    "ChangeReplace",
    "ChangeReplaceEvents",
    "ChangeResponse",
    "ChangeUpdate",
    "ChangeUpdateEvents",
    "Choice",
    "ConditionEvent",
    "ConditionResponse",
    "ConditionResult",
    "Connection",
    "ConnectionDiagnostics",
    "ConnectionResponse",
    "ConnectionState",
    "Connectivity",
    "Counts",
    "CrawlBatch",
    "CrawlEnd",
    "CrawlFailure",
    "CrawledNode",
    "CreatedKey",
    "CrlRules",
    "Curve",
    "DataTypeDescription",
    "DataValue",
    "Deadband",
    "DeadbandKind",
    "DeclaredLoss",
    "Der",
    "Deviation",
    "DeviceChange",
    "DeviceChangeRemoved",
    "DeviceChangeState",
    "DeviceIdentity",
    "DeviceIdentityAnonymous",
    "DeviceIdentityCertificate",
    "DeviceIdentityUserName",
    "DeviceSettings",
    "DeviceState",
    "DeviceUpdate",
    "DeviceView",
    "DevicesResponse",
    "Diagnostics",
    "DiagnosticsResponse",
    "Dialog",
    "DialogResponse",
    "Digest",
    "Direction",
    "DisconnectResponse",
    "DiscoveryRun",
    "Edge",
    "EdgesResponse",
    "Effect",
    "Elevation",
    "EndpointDescription",
    "EndpointsResponse",
    "EnrollResponse",
    "Enrolled",
    "EnrolledIssuedIssued",
    "EnrolledPending",
    "EnrolledRejected",
    "EntriesResponse",
    "EntryName",
    "EnumerationValue",
    "EventCondition",
    "EventField",
    "EventUpdate",
    "ExpansionDiagnostics",
    "Expiring",
    "Explanation",
    "FailedField",
    "FailedTarget",
    "FieldDescription",
    "FieldRank",
    "FileChange",
    "FileChangeCopy",
    "FileChangeCreateDirectory",
    "FileChangeCreateFile",
    "FileChangeDelete",
    "FileChangeMove",
    "FileChangeResponse",
    "FileChangeResult",
    "FileEntry",
    "FileListResponse",
    "FileListResult",
    "FileReadResponse",
    "FileWriteResponse",
    "Finding",
    "FindingCode",
    "FindingKind",
    "FinishResponse",
    "FleetMember",
    "Follow",
    "FoundEndpoint",
    "FoundServer",
    "GroupsResponse",
    "Header",
    "HistoryChange",
    "HistoryDetails",
    "HistoryDetailsAtTimes",
    "HistoryDetailsEvents",
    "HistoryDetailsModified",
    "HistoryDetailsProcessed",
    "HistoryDetailsRaw",
    "HistoryReadResponse",
    "HistoryResponse",
    "HistoryResult",
    "HistoryUpdateResponse",
    "HistoryUpdateResult",
    "Inputs",
    "Invitation",
    "InvitationState",
    "InvitationsResponse",
    "Invited",
    "IssuedCertificate",
    "ItemResult",
    "KeyAlgorithm",
    "KeyAlgorithmEc",
    "KeyAlgorithmRsa",
    "KeyFrameOf",
    "KeyFramesResponse",
    "KeyRules",
    "LogDiagnostics",
    "LossCause",
    "MethodCall",
    "MethodDescription",
    "MethodResponse",
    "MissingResponse",
    "Modification",
    "ModificationKind",
    "NamedApplication",
    "NewAuthority",
    "Node",
    "NodeClass",
    "NodeCondition",
    "NodeDescription",
    "NodeResponse",
    "NodesResponse",
    "OfficePolicy",
    "Operand",
    "Operator",
    "Outcome",
    "OutcomeClosed",
    "OutcomeFiltered",
    "OutcomeHangup",
    "OutcomeNotTried",
    "OutcomeOpcUa",
    "OutcomeOther",
    "OutcomeRefused",
    "OutcomeSilent",
    "OutcomeUnreachable",
    "Output",
    "Party",
    "PartyApplication",
    "PartyGroup",
    "Password",
    "PathElement",
    "PathTarget",
    "Presence",
    "PresentedResponse",
    "Preset",
    "PrivateKeyFormat",
    "Progress",
    "Proposal",
    "ProposalStage",
    "ProposalState",
    "ProposalStateApproved",
    "ProposalStateDone",
    "ProposalStateFailed",
    "ProposalStateNew",
    "ProposalStateRejected",
    "ProposalsResponse",
    "PurgeResponse",
    "Purpose",
    "PushView",
    "PushedLists",
    "QuietHours",
    "ReadItem",
    "ReadResponse",
    "Record",
    "RecordApplicationApplication",
    "RecordChange",
    "RecordChangeDeleted",
    "RecordChangeMissed",
    "RecordChangePut",
    "RecordDiscoveryRunDiscoveryRun",
    "RecordEdgeEdge",
    "RecordEndpointEndpoint",
    "RecordKey",
    "RecordKind",
    "RecordSiteSite",
    "RecordedApplication",
    "RecordedAuthority",
    "RecordedCertificate",
    "RecordedEdge",
    "RecordedEndpoint",
    "RecordedEntry",
    "RecordedGroup",
    "RecordedPolicy",
    "RecordedProposal",
    "RecordedRequest",
    "RecordedRevocationList",
    "RecordedRollOut",
    "RecordedRun",
    "RecordedRunsResponse",
    "RecordedSite",
    "RecordedTrustGraph",
    "Reference",
    "Refusal",
    "RefusedBy",
    "RegistryUpdate",
    "RehearsalResponse",
    "Relation",
    "ReleaseResponse",
    "Removed",
    "RemovedDevice",
    "RequestStage",
    "RequestState",
    "RequestStateAccepted",
    "RequestStateApproved",
    "RequestStateFailed",
    "RequestStateIssued",
    "RequestStateNew",
    "RequestStateRejected",
    "RequestsResponse",
    "ResultsResponse",
    "Revision",
    "RevocationListState",
    "RevocationReason",
    "Revoked",
    "Role",
    "RollBack",
    "RollBackDone",
    "RollBackFailed",
    "RollBackUnderWay",
    "RollOut",
    "RollOutPhase",
    "RollOutPlan",
    "RollOutRecord",
    "RollOutsResponse",
    "RunDiff",
    "RunResponse",
    "RunState",
    "RunsResponse",
    "ScanPlan",
    "Scope",
    "SearchResult",
    "SearchResultFailedFailed",
    "SearchResultServerServer",
    "Seen",
    "SessionDiagnostics",
    "Severity",
    "ShelvedAlarm",
    "Shelving",
    "Site",
    "SitesResponse",
    "Stage",
    "Standing",
    "StartResponse",
    "Status",
    "StatusCode",
    "Step",
    "StepName",
    "StoredValue",
    "StreamGap",
    "StreamGapReason",
    "StreamState",
    "SwitchResponse",
    "TestConnectionResponse",
    "Timestamps",
    "Token",
    "TranslateResponse",
    "TranslateResult",
    "Trouble",
    "TrustGraph",
    "TrustListResponse",
    "UncountedVote",
    "UnobservableField",
    "UserTokenPolicy",
    "UtcTime",
    "ValueEncoding",
    "ValueUpdate",
    "Verdict",
    "Version",
    "Via",
    "ViaMulticast",
    "ViaReported",
    "ViaScan",
    "ViaUrl",
    "View",
    "Votable",
    "Vote",
    "VotePolicy",
    "Voted",
    "Wanted",
    "WantedNewKeyPair",
    "WantedSigningRequest",
    "WatchedItem",
    "WatchedState",
    "WatchedValue",
    "WaveSize",
    "WaveSizeAll",
    "WaveSizeDevices",
    "WaveSizePercent",
    "WriteItem",
    "WritePlace",
    "WritePlaceAppend",
    "WritePlaceAt",
    "WritePlaceReplace",
    "WriteResponse",
    "WriteResult",
    "WriterDiagnostics",
    "WriterGroupDiagnostics",
    "WriterName",
    "certificates_AuditCheck",
    "certificates_Change",
    "certificates_ChangeActivateAuthority",
    "certificates_ChangeCreateAuthority",
    "certificates_ChangePutGroup",
    "certificates_ChangePutPolicy",
    "certificates_ChangeRetireAuthority",
    "certificates_ChangeRevoke",
    "certificates_ChangeRevokeApplication",
    "certificates_ChangeRevokeAuthority",
    "certificates_Progress",
    "devices_Explanation",
    "devices_Step",
    "discovery_Finding",
    "registry_Application",
    "registry_ApplicationWithEndpoints",
    "registry_Endpoint",
    "registry_Finding",
    "registry_RecordedEndpoint",
]
