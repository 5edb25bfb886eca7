// The operations, and what they take and give. Made from the operations themselves: do not change this file.

import { Face, Stream } from './face.js'
/** An alarm or another condition; what the server does not tell is absent. */
export interface Alarm {
  /** Whether somebody has seen it. */
  acknowledged?: boolean | null
  /** Whether what it warns of is the case. */
  active?: boolean | null
  /** An earlier state of it that still needs somebody's attention. */
  branch?: string | null
  /** Who commented, acknowledged or confirmed last. */
  clientUser?: string | null
  /** The last comment. */
  comment?: string | null
  /** The condition's node. */
  condition: string
  /** The name of the condition. */
  conditionName?: string | null
  /** Whether somebody has done what was to be done. */
  confirmed?: boolean | null
  /** Of a dialog: what it asks. */
  dialog?: Dialog | null
  /** Whether the condition is enabled. */
  enabled?: boolean | null
  /** The event that this is the content of, in base64: what is acknowledged. */
  eventId: string
  /** Its type. */
  eventType: string
  /** How urgent it was before. */
  lastSeverity?: number | null
  /** What it says. */
  message?: string | null
  /** How good the values are that it is made from. */
  quality?: Status | null
  /** When the server learnt of it. */
  receiveTime?: UtcTime | null
  /** Whether it is of interest still. */
  retain: boolean
  /** How urgent it is, from 1 to 1,000. */
  severity?: number | null
  /** Whether somebody has put it aside. */
  shelving?: Shelving | null
  /** What it is about. */
  source?: string | null
  /** The name of what it is about. */
  sourceName?: string | null
  /** Whether the server keeps it back. */
  suppressed?: boolean | null
  /** Whether it is one or the other. */
  suppressedOrShelved?: boolean | null
  /** When it happened. */
  time?: UtcTime | null
}
/** A condition, or a branch of one. */
export interface AlarmName {
  /** An earlier state of it that still needs somebody's attention. */
  branch?: string | null
  /** The condition's node. */
  condition: string
}
/** What happened to the list. The first update has all alarms, unless it goes on behind another. */
export interface AlarmUpdate {
  /** Alarms that are new or other than before. One that has just ended is told a last time, with `retain` false. */
  changed?: Alarm[]
  /** The list was rebuilt and is complete, by this means. */
  complete?: Basis | null
  /** Updates or events are missing before this. */
  gap?: StreamGap | null
  /** Alarms that are no longer in the list: they have ended, also while nobody heard of it. */
  removed?: AlarmName[]
  /** Identifies the update; for `after`. */
  sequence: number
  /** `changed` are all alarms there are: whatever was known before is to be forgotten. */
  snapshot?: boolean
  /** The connection changed. */
  state?: StreamState | null
  /** Why the server reports no events. */
  status?: Status | null
}
/** The alarms as they are now. */
export interface AlarmsResponse {
  /** All that are retained, by condition and branch. */
  alarms: Alarm[]
  /** What the list is made of. */
  basis: Basis
  /** Alarms that had no room in the list, which holds 10,000. */
  leftOut?: number
  /** For `watch_alarms`, to hear what comes next. */
  sequence: number
  /** The connection is lost, and this is how it was before. */
  state?: StreamState | null
  /** `Good`, or why the server reports no events. */
  status: Status
}
/** What is known of an API key; its secret is not. */
export interface ApiKey {
  /** When it was made. */
  created: UtcTime
  /** From when on it is refused; never where it is absent. */
  expires?: UtcTime | null
  /** Names the key; the part of its text that is not secret. */
  id: string
  /** When it was last used, to the minute; absent if it never was. */
  lastUsed?: UtcTime | null
  /** Who uses it, for the audit record. */
  name: string
  /** What it may do. */
  role: Role
}
/** The API keys, oldest first. */
export interface ApiKeyList {
  /** At most 1,000. */
  keys: ApiKey[]
}
/** An OPC UA application as it was found, and what was decided about it. */
export interface Application {
  /** Where it answered, `IP:PORT` each, as its edge sees it. */
  addresses?: string[]
  /** Whether it belongs to the plant. */
  approval: Approval
  /** What it says of itself. */
  description: ApplicationDescription
  /** The edge that looks after it: whose searches may say that it is gone. */
  edge?: string | null
  /** What somebody has set by hand and searches leave as it is: members of the description, `site`. */
  edited?: string[]
  /** Whether it may be used; what is not is also not activated. */
  enabled: boolean
  /** What is wrong with it. */
  findings?: registry_Finding[]
  /** The searches that found it first and last. */
  runs?: string[]
  /** Since when it is known. None of one that was entered by hand and never found. */
  seen?: Seen | null
  /** The site where it stands, if its edge has one. */
  site?: string | null
  /** SHA-1 of the certificates that it shows, hexadecimal; they name them, they prove nothing. */
  thumbprints?: string[]
}
/** An OPC UA application, as it describes itself (OPC 10000-4 §7.2). */
export interface ApplicationDescription {
  /** For people. */
  applicationName: string
  /** Server, client or both. */
  applicationType: ApplicationType
  /** Should be globally unique, and equal to the URI in its certificate. */
  applicationUri: string
  /** What it can do, by the identifiers of OPC 10000-12 Annex D: `DA`, `HD`, `LDS`. */
  capabilities?: string[]
  /** How its discovery URLs are to be used, where not as usual. */
  discoveryProfileUri?: string | null
  /** Where its endpoints can be asked for, as it says. */
  discoveryUrls?: string[]
  /** The server that leads to it, where it is not reached directly. */
  gatewayServerUri?: string | null
  /** Language of the name: `de-AT`. */
  locale?: string | null
  /** The product. */
  productUri?: string
}
/** What an application is. */
export type ApplicationType = 'server' | 'client' | 'clientAndServer' | 'discoveryServer'
/** An application with its endpoints. */
export interface ApplicationWithEndpoints {
  /** The application. */
  application: Application
  /** Its endpoints, ordered by id. */
  endpoints: RecordedEndpoint[]
  /** Its id. */
  id: string
  /** Its revision. */
  revision: Revision
}
/** Applications, ordered by id. */
export interface ApplicationsResponse {
  /** Those of the page. */
  applications: RecordedApplication[]
  /** Where the next page begins, if there is one. */
  next?: string | null
}
/** What was decided about something that was found. */
export type Approval = 'discovered' | 'approved' | 'rejected'
/** An argument (OPC 10000-3 §8.6). */
export interface ArgumentDescription {
  /** The lengths of a matrix, where they are fixed. */
  arrayDimensions?: number[]
  /** The type of it or its elements. */
  dataType: DataTypeDescription
  /** What it is for. */
  description: string
  /** Its name. */
  name: string
  /** -1 scalar, 1 array, more for matrices; 0 any array, -2 anything, -3 scalar or array. */
  valueRank: number
}
/** An attribute of a node, by its name. */
export type Attribute = 'NodeId' | 'NodeClass' | 'BrowseName' | 'DisplayName' | 'Description' | 'WriteMask' | 'UserWriteMask' | 'IsAbstract' | 'Symmetric' | 'InverseName' | 'ContainsNoLoops' | 'EventNotifier' | 'Value' | 'DataType' | 'ValueRank' | 'ArrayDimensions' | 'AccessLevel' | 'UserAccessLevel' | 'MinimumSamplingInterval' | 'Historizing' | 'Executable' | 'UserExecutable' | 'DataTypeDefinition' | 'RolePermissions' | 'UserRolePermissions' | 'AccessRestrictions' | 'AccessLevelEx'
/** What a check of the whole record found. */
export interface AuditCheck {
  /** What is wrong behind them; absent if nothing is. */
  broken?: string | null
  /** SHA-256 of the last of them: keep it somewhere else to notice later that lines were cut off. */
  newest: string
  /** Records that follow from each other, from the first one. */
  records: number
}
/** Whether an operation begins, or how it ended. */
export type AuditEvent = 'began' | 'done' | 'failed' | 'refused'
/** A page of the audit record. */
export interface AuditPage {
  /** Oldest first; the next page begins behind the last one's sequence. None of them: the end. */
  records: AuditRecord[]
}
/**
 * One line of the audit record.
 *
 * Each holds the SHA-256 of the line before it, so that nobody can change, remove or insert a line without
 * changing all that follow. That lines were cut off at the end cannot be seen from the record alone: keep the newest hash
 * somewhere else.
 */
export interface AuditRecord {
  /** Where the request came from. */
  address?: string | null
  /** The sequence of the record of the beginning; absent there. */
  began?: number | null
  /**
   * What it did item by item, at most 16 KiB: what was asked, what was there before, what came of it. Absent where the
   * operation does not tell.
   */
  details?: any
  /** Whether the operation begins, or how it ended. */
  event: AuditEvent
  /** The id of the API key; absent for a command on the machine itself. */
  key?: string | null
  /** `capability.operation` */
  operation: string
  /** SHA-256 of the line before, in hexadecimal digits; zeros in the first one. */
  previous: string
  /** Who asked. */
  principal: string
  /** Why it failed or was refused. */
  reason?: string | null
  /** SHA-256 of the request's body, in hexadecimal digits. */
  request: string
  /** What that one may do; absent for a command on the machine itself. */
  role?: Role | null
  /** 1, 2, 3 … */
  sequence: number
  /** When it was written. */
  time: UtcTime
}
/** What a list of alarms is made of. */
export type Basis = 'refresh' | 'nodes' | 'events'
/** A path from a node. */
export interface BrowsePath {
  /** Step by step. */
  elements: PathElement[]
  /** Where it begins. Default the Objects folder (`i=85`). */
  start?: string | null
}
/** References, a result for each node or token, in order. */
export interface BrowseResponse {
  /** One for each item of the request. */
  results: BrowseResult[]
}
/** The references of one node. */
export interface BrowseResult {
  /** For `browse_next`, if there is more. It holds as long as the connection. */
  next?: string | null
  /** What was found. */
  references: Reference[]
  /**
   * How it went. `BadContinuationPointInvalid`: the token no longer holds, since the connection is another one or the
   * server has forgotten it; browse again.
   */
  status: Status
}
/** Who made the server (OPC 10000-5 §12.4). */
export interface BuildInfo {
  buildNumber: string
  manufacturerName: string
  productName: string
  productUri: string
  softwareVersion: string
}
/** How it went. */
export interface CallResponse {
  /** One for each call. */
  results: CallResult[]
}
/** How one went. */
export interface CallResult {
  /** What the server said of each input, if it said anything. */
  inputs?: Status[]
  /** What the method returned, in order. */
  outputs: Output[]
  /** What the server said, or why it was not asked: `BadTypeMismatch` if a value does not fit its argument. */
  status: Status
}
/** What it says of itself; what it does not say is empty or absent. */
export interface CapabilitiesResponse {
  /** Its make. */
  build: BuildInfo
  /** What is wrong with its certificate although it is let pass. */
  concerns: string[]
  /** What it does with history, by the name of the capability (OPC 10000-11 §5.4.2): `AccessHistoryDataCapability`. */
  history: { [name: string]: boolean }
  /** Limits by their name: `MaxNodesPerRead`. Those that it does not know are left out. */
  limits: { [name: string]: number }
  /** Languages that it has texts in. */
  locales: string[]
  /** Namespace URIs by index. */
  namespaces: string[]
  /** Profiles that it supports, by URI. */
  profiles: string[]
  /** The server's own ApplicationUri, and those of others that it refers to. */
  servers: string[]
  /** When it was started. */
  startTime?: UtcTime | null
}
/** What becomes of history. */
export type Change = ChangeInsert | ChangeReplace | ChangeUpdate | ChangeDeleteRange | ChangeDeleteAtTimes | ChangeInsertEvents | ChangeReplaceEvents | ChangeUpdateEvents | ChangeDeleteEvents
export interface ChangeDeleteAtTimes {
  kind: 'deleteAtTimes'
  /** The times, at most 1,000. */
  times: UtcTime[]
}
export interface ChangeDeleteEvents {
  /** Their EventIds in base64, at most 1,000. */
  eventIds: string[]
  kind: 'deleteEvents'
}
export interface ChangeDeleteRange {
  /** Before this. */
  end: UtcTime
  kind: 'deleteRange'
  /** Deletes what is kept of earlier changes, and no values. */
  modified?: boolean
  /** From here on. */
  start: UtcTime
}
export interface ChangeInsert {
  kind: 'insert'
  /** The values, at most 1,000. */
  values: StoredValue[]
}
export interface ChangeInsertEvents {
  /**
   * The events, at most 1,000: of each as many values as there are fields, in their order. A Variant
   * (`{"UaType": 13, "Value": "2026-01-01T00:00:00Z"}`), or a boolean, a number that fits into Int32, Int64 or Double, or a text.
   */
  events: any[][]
  /** Names of the fields that are given, as `EventId`, `Time`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100. */
  fields: string[]
  kind: 'insertEvents'
}
export interface ChangeReplace {
  kind: 'replace'
  /** The values, at most 1,000. */
  values: StoredValue[]
}
export interface ChangeReplaceEvents {
  /**
   * The events, at most 1,000: of each as many values as there are fields, in their order. A Variant
   * (`{"UaType": 13, "Value": "2026-01-01T00:00:00Z"}`), or a boolean, a number that fits into Int32, Int64 or Double, or a text.
   */
  events: any[][]
  /** Names of the fields that are given, as `EventId`, `Time`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100. */
  fields: string[]
  kind: 'replaceEvents'
}
/** What became of a change. */
export interface ChangeResponse {
  /** What the author of the configuration should know of it; at most 1000. */
  findings: Finding[]
  /** What became of each thing that was asked for, in its order. */
  results: ItemResult[]
  /** The configuration has this revision now. */
  revision: string
}
export interface ChangeUpdate {
  kind: 'update'
  /** The values, at most 1,000. */
  values: StoredValue[]
}
export interface ChangeUpdateEvents {
  /**
   * The events, at most 1,000: of each as many values as there are fields, in their order. A Variant
   * (`{"UaType": 13, "Value": "2026-01-01T00:00:00Z"}`), or a boolean, a number that fits into Int32, Int64 or Double, or a text.
   */
  events: any[][]
  /** Names of the fields that are given, as `EventId`, `Time`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100. */
  fields: string[]
  kind: 'updateEvents'
}
/** An event of a condition. */
export interface ConditionEvent {
  /** Where the event is taken from the live list: of which branch. Default the condition itself. */
  branch?: string | null
  /** What is to be said to it. Without it a comment made before stays. */
  comment?: string | null
  /** The condition's node. */
  condition: string
  /** Which event, in base64. Default the one of the live list. */
  eventId?: string | null
}
/** How it went. */
export interface ConditionResponse {
  /** One for each item of the request. */
  results: ConditionResult[]
}
/** How one went. */
export interface ConditionResult {
  /** The event that it was about, in base64. */
  eventId?: string | null
  /** What the server said, or why it was not asked: `BadEventIdUnknown` if the live list has no such alarm. */
  status: Status
}
/** A connection as it is now. */
export interface Connection {
  /** Why it was lost. */
  reason?: string | null
  /** How it stands. */
  state: Connectivity
}
/** How a session with a server stands. */
export interface ConnectionDiagnostics {
  /** Failed attempts since the connection was last there. */
  attempts: number
  /** What is wrong with the server's certificate although the trust policy let it pass, and what to do about it. */
  concerns?: string[]
  /** `opc.tcp://host:port/path` */
  endpointUrl: string
  /** What is wrong, in one sentence; absent while connected. */
  reason?: string | null
  /**
   * What the server knew of the session when it was asked last; absent where that is not wanted or the server does
   * not tell.
   */
  session?: SessionDiagnostics | null
  /** The connection as it is now. */
  state: ConnectionState
  /** Its writers. */
  writers: WriterDiagnostics[]
}
/** The connections with a server. */
export interface ConnectionResponse {
  /** One for each user and choice of languages. */
  connections: Connection[]
  /** The best of them. */
  state: Connectivity
}
/** The connection as it is now. */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'closed'
/** How a connection stands. */
export type Connectivity = 'connected' | 'reconnecting' | 'unreachable' | 'connecting' | 'disconnected'
/** How much a search has done. */
export interface Counts {
  /** Those that speak OPC UA. */
  answered: number
  /** Addresses and URLs that should be servers and could not be asked. */
  failed: number
  /** Addresses and ports to be tried. */
  planned: number
  /** Those that were tried. */
  probed: number
  /** Servers that were found. */
  servers: number
}
/** Some of what was found. The last batch of a crawl has an `end`. */
export interface CrawlBatch {
  /** Why nothing follows. */
  end?: CrawlEnd | null
  /** Nodes that could not be looked into, or not to the end. */
  failures?: CrawlFailure[]
  /** Nodes told so far. */
  found: number
  /** Nodes that were found, at most 1,000; each of them is in one batch of the crawl and no other. */
  nodes: CrawledNode[]
  /** Nodes that are known and still to be looked into. */
  waiting: number
}
/** Why a crawl has ended. */
export type CrawlEnd = 'complete' | 'maxNodes'
/** A node that could not be looked into. */
export interface CrawlFailure {
  /** The node. */
  node: string
  /** Why. */
  status: Status
}
/** A node, as it was found first. */
export interface CrawledNode {
  /** Its name in browse paths. */
  browseName: string
  /** Its name for people. */
  displayName: string
  /** References from the start to it, the way that it was found. With `maxDepth` no way is shorter. */
  level: number
  /** The node. */
  node: string
  /** Its class; absent if it is on another server, which is not entered. */
  nodeClass?: NodeClass | null
  /** Where it was found. */
  parent: string
  /** The browse names from the start to it, if they are wanted. */
  path?: string[]
  /** The type of the reference from there. */
  referenceType: string
  /** Of objects and variables: the type. */
  typeDefinition?: string | null
}
/** A key that was made. */
export interface CreatedKey {
  /** What is kept of it. */
  key: ApiKey
  /** `iiot_ID_SECRET`, for the header `Authorization: Bearer`. It cannot be read again. */
  text: string
}
/** The type of a value. */
export interface DataTypeDescription {
  /**
   * How its values are encoded: the number of a built-in type (OPC 10000-6 Table 1), 22 for structures, 24 for any.
   * Absent where the server does not tell.
   */
  builtInType?: number | null
  /** The DataType node. */
  dataType: string
  /** Of a structure: what it is made of, in order. */
  fields?: FieldDescription[]
  /** Its name, where it is known. */
  name?: string | null
  /** Whether only one of the fields is there (OPC 10000-3 §8.36). */
  union?: boolean
  /** Of an enumeration: its values; of an option set: its bits. */
  values?: EnumerationValue[]
}
/** A value with its status and times. */
export interface DataValue {
  /** How many milliseconds ago it was read, where it was not read for this request. */
  ageMs?: number | null
  /** When the server got it. */
  serverTimestamp?: UtcTime | null
  /** When it came about. */
  sourceTimestamp?: UtcTime | null
  /** How it went, and how good the value is. */
  status: Status
  /** The value, in the encoding that was asked for; null where there is none. */
  value?: any
}
/** By how much a number must change (OPC 10000-4 §7.22.2). */
export interface Deadband {
  /** By what it is measured. */
  kind: DeadbandKind
  /** How much. */
  value: number
}
/** By what a deadband is measured. */
export type DeadbandKind = 'absolute' | 'percent'
/**
 * Values that are or may be missing from what was published.
 *
 * Every missing value of the field has a source timestamp later than `after` and earlier than
 * `before`. Some intervals hold no missing value: that a value did not change during an outage
 * cannot be seen from outside.
 */
export interface DeclaredLoss {
  /** Source timestamp of the last value before; absent if there was none. */
  after?: UtcTime | null
  /** Source timestamp of the first value behind; absent if there was none. */
  before?: UtcTime | null
  /** Why. */
  cause: LossCause
  /** When it was noticed, by our clock. */
  declared: UtcTime
  /** More about the cause, for people. */
  detail?: string | null
  /** The field; all of the writer's where it is absent. */
  field?: string | null
  /** The field's node as configured; absent together with `field`. */
  node?: string | null
  /** Endpoint URL of the server; all of the group's where it is absent. */
  server?: string | null
  /** How many values are missing; absent where that is not known. */
  values?: number | null
  /** Name of the writer; all of the group's where it is absent. */
  writer?: string | null
  /** Name of the writer group. */
  writerGroup: string
}
/** How a publisher stands. Counters count from its start. */
export interface Diagnostics {
  /** The servers, in the order of the plan. */
  connections: ConnectionDiagnostics[]
  /** What nodes with `Expand` stand for. */
  expansions?: ExpansionDiagnostics[]
  /** How many losses were declared, by cause; a cause that never occurred is absent. */
  losses: { [name: string]: number }
  /** The newest declared losses, oldest first; at most 100. */
  newestLosses: DeclaredLoss[]
  /** PublisherId of the process. */
  publisherId: string
  /** Where messages go. */
  sink: string
  /** When it was started. */
  started: UtcTime
  /** When this was taken. */
  taken: UtcTime
  /** The writer groups, in the order of the plan. */
  writerGroups: WriterGroupDiagnostics[]
}
/** What it counts; each part has a status of its own. */
export interface DiagnosticsResponse {
  /** Whether it counts sessions and subscriptions at all, as a Boolean. */
  enabled: DataValue
  /** If they were asked for, as an array of SessionDiagnosticsDataType. */
  sessions?: DataValue | null
  /** If they were asked for, as an array of SubscriptionDiagnosticsDataType. */
  subscriptions?: DataValue | null
  /** Of the server as a whole, as a ServerDiagnosticsSummaryDataType. */
  summary: DataValue
}
/** What a dialog asks (OPC 10000-9 §5.6). */
export interface Dialog {
  /** Whether it waits for an answer. */
  active: boolean
  /** The answers to choose from, by their places. */
  options: string[]
  /** The question. */
  prompt?: string | null
}
/** An answer to a dialog. */
export interface DialogResponse {
  /** The condition's node. */
  condition: string
  /** The place of the answer among the options. */
  option: number
}
/** Which way references go. */
export type Direction = 'forward' | 'inverse' | 'both'
/** What was closed. */
export interface DisconnectResponse {
  /** Connections that were closed. The next request makes a new one. */
  closed: number
}
/** A search for servers, from its request to its end. */
export interface DiscoveryRun {
  /** How much was done. */
  counts?: Counts
  /** What it changed in the registry, once its results were entered. */
  diff?: RunDiff | null
  /** The edge that searches. */
  edge?: string | null
  /** When it ended. */
  ended?: UtcTime | null
  /** Why it failed. */
  error?: string | null
  /** When it was asked for. */
  requested: UtcTime
  /** When it began. */
  started?: UtcTime | null
  /** How far it is. */
  state: RunState
  /** What is searched, in a line. */
  what: string
}
/** A process on a factory floor that searches, publishes and acts for others. Its id is the name that it announces. */
export interface Edge {
  /** Whether it belongs to the plant: nothing is sent to one that was not approved. */
  approval: Approval
  /** What it can do: the names of capabilities. */
  capabilities?: string[]
  /** When it was heard of first. */
  firstSeen: UtcTime
  /** The key that requests to it are sealed for. Compare it with what the edge itself shows before it is approved. */
  placeKey: string
  /** Whether it is there. */
  presence: Presence
  /** Why it is not used although it is there. */
  problem?: string | null
  /** The topic below which it takes requests. */
  root: string
  /** Where it stands. */
  site?: string | null
  /** Its version. */
  version?: string
}
/** Edges, ordered by id. */
export interface EdgesResponse {
  /** Those of the page. */
  edges: RecordedEdge[]
  /** Where the next page begins, if there is one. */
  next?: string | null
}
/** A user of the server, for one request. */
export interface Elevation {
  /** The password; cleared from memory after use and never printed. */
  password: string
  /** The name. */
  user: string
}
/** One way to reach an application, as it describes it (OPC 10000-4 §7.14). */
export interface EndpointDescription {
  /** The certificate with its issuers as the server sends them: DER, one after the other, in Base64. */
  certificate?: string | null
  /** SHA-1 of the server's certificate, hexadecimal; names it, does not prove it. */
  certificateThumbprint?: string | null
  /** The URL that the server reports, which often only it can resolve. */
  reportedUrl: string
  /** 0 to 255, what the server itself thinks of it; larger is more secure. */
  securityLevel?: number
  /** `None`, `Sign` or `SignAndEncrypt`. */
  securityMode: string
  /** URI of the security policy. */
  securityPolicyUri: string
  /** URI of the transport profile. */
  transportProfileUri?: string
  /** The URL that reaches it from its edge. */
  url: string
  /** Who may log in, and how. */
  userTokens?: UserTokenPolicy[]
}
/** Endpoints, ordered by id. */
export interface EndpointsResponse {
  /** Those of the page. */
  endpoints: registry_RecordedEndpoint[]
  /** Where the next page begins, if there is one. */
  next?: string | null
}
/** Some entries. */
export interface EntriesResponse {
  /** As in the file, with secrets masked. */
  entries: { [name: string]: any }[]
  /** Where the next page begins; absent on the last one. */
  next?: number | null
  /** Of the whole configuration. A change that names it is refused when there is another one. */
  revision: string
  /** Writers that are configured and stopped. */
  stopped: WriterName[]
  /** Entries in all. */
  total: number
}
/** Names entries by what they have in common; at least one of it. */
export interface EntryName {
  /** `opc.tcp://host:port/path` */
  endpointUrl?: string | null
  /** DataSetWriterId */
  writer?: string | null
  /** DataSetWriterGroup */
  writerGroup?: string | null
}
/** A value with a name. */
export interface EnumerationValue {
  /** The name. */
  name: string
  /** The number, or the position of the bit. */
  value: number
}
/** An operator with its operands, which may be conditions again (OPC 10000-4 §7.7.3). At most 256 in all. */
export interface EventCondition {
  /** As many as the operator takes. */
  operands: Operand[]
  /** What is done with the operands. */
  operator: Operator
}
/** A field of events. */
export interface EventField {
  /** The type that has it. Default BaseEventType, under which servers find the fields of every type. */
  eventType?: string | null
  /** Part of an array: `2`, `0:4`. */
  indexRange?: string | null
  /**
   * BrowseNames from the event to the field: `["ActiveState", "Id"]`, `["nsu=urn:plant;Pressure"]`. Empty for the node
   * of a condition.
   */
  path?: string[]
}
/** Events, or something else that happened to the stream. */
export interface EventUpdate {
  /** Events in the order in which the server sent them: the fields by the names of their paths, joined by `/`. */
  events?: { [name: string]: any }[]
  /** Updates or events are missing before this. */
  gap?: StreamGap | null
  /** Fields, by name, that the server does not know; they are null in every event. */
  refused?: { [name: string]: Status }
  /** Identifies the update; for `after`. */
  sequence: number
  /** The stream begins here: no event before is told of. */
  snapshot?: boolean
  /** The connection changed. */
  state?: StreamState | null
  /** How the server takes the request, at the start and when that changes. */
  status?: Status | null
}
/** What a node that stands for those below it has come to. */
export interface ExpansionDiagnostics {
  /** `opc.tcp://host:port/path` */
  endpointUrl: string
  /** Why the server could not be asked last; absent where it could. */
  error?: string | null
  /** The node, or where the path to it begins. */
  node: string
  /** The way from there; absent where the node itself is meant. */
  path?: string | null
  /** Variables that it stands for. */
  variables: number
}
/** Why there is or is not a server somewhere. */
export interface Explanation {
  /** Whether a client can connect there as it should. */
  reachable: boolean
  /** The whole of it, in a sentence, with what to do. */
  sentence: string
  /** Step by step, as far as they went. */
  steps: Step[]
  /** What was asked for. */
  target: string
}
/** A field that the server refused. */
export interface FailedField {
  /** Its name in messages. */
  field: string
  /** Its node as configured. */
  node: string
  /** Why, as a StatusCode's name. */
  status: string
  /** Whether it will be tried again. */
  willRetry: boolean
}
/** What should be a server and could not be asked. */
export interface FailedTarget {
  /** Where it was tried: `IP:PORT`. */
  address?: string | null
  /** Why it could not be asked, in a sentence. */
  message: string
  /** What it turned out to be, where the connection itself is at fault. */
  outcome?: Outcome | null
  /** Its URL. */
  url: string
  /** How it was found. */
  via: Via[]
}
/** A field of a structure. */
export interface FieldDescription {
  /** The type of it or its elements: a DataType. */
  dataType: string
  /** Its name. */
  name: string
  /** Whether it may be absent. */
  optional: boolean
  /** Scalar, array or matrix. */
  rank: FieldRank
}
/** The shape of a field. */
export type FieldRank = 'scalar' | 'array' | 'matrix'
/** A change of what lies in a directory. */
export type FileChange = FileChangeCreateFile | FileChangeCreateDirectory | FileChangeDelete | FileChangeMove | FileChangeCopy
export interface FileChangeCopy {
  /** Where it lies. */
  directory: string
  kind: 'copy'
  /** Its name; the old one where empty. */
  name?: string
  /** What. */
  node: string
  /** Where the copy goes. */
  target: string
}
export interface FileChangeCreateDirectory {
  /** Where. */
  directory: string
  kind: 'createDirectory'
  /** Its name. */
  name: string
}
export interface FileChangeCreateFile {
  /** Where. */
  directory: string
  kind: 'createFile'
  /** Its name. */
  name: string
}
export interface FileChangeDelete {
  /** Where it lies. */
  directory: string
  kind: 'delete'
  /** What. */
  node: string
}
export interface FileChangeMove {
  /** Where it lies. */
  directory: string
  kind: 'move'
  /** Its new name; the old one where empty. */
  name?: string
  /** What. */
  node: string
  /** Where it goes. */
  target: string
}
/** How it went. */
export interface FileChangeResponse {
  /** One for each change. */
  results: FileChangeResult[]
}
/** How a change went. */
export interface FileChangeResult {
  /** What was made, moved or copied, as it is called now. */
  node?: string | null
  /** The server's answer. */
  status: Status
}
/** A file or directory. */
export interface FileEntry {
  /** It is a directory. */
  directory: boolean
  /** Its name. */
  name: string
  /** Its node. */
  node: string
  /** Of files: how often it is open. */
  openCount?: number | null
  /** Of files: how many bytes it has; absent where the server does not know before it is read. */
  size?: number | null
  /** Of files: whether this user may write it. */
  userWritable?: boolean | null
  /** Of files: whether it can be written. */
  writable?: boolean | null
}
/** What lies in directories. */
export interface FileListResponse {
  /** One for each directory. */
  results: FileListResult[]
}
/** What lies in a directory. */
export interface FileListResult {
  /** Its files and directories. */
  entries: FileEntry[]
  /** How it went. */
  status: Status
}
/** A part of a file. */
export interface FileReadResponse {
  /** The bytes in base64. */
  data: string
  /** Nothing follows. */
  end: boolean
  /** How it went. What came before a failure is in `data`. */
  status: Status
}
/** How it went. */
export interface FileWriteResponse {
  /** The server's answer. A bad one may come after some of the bytes were written. */
  status: Status
  /** Bytes that the server has taken. */
  written: number
}
/**
 * Something in the configuration that has another effect than its author may expect.
 *
 * The text never holds values of secrets.
 */
export interface Finding {
  /** Its column in characters, from 1. */
  column: number
  /** What is wrong. */
  kind: FindingKind
  /**
   * The line of the token that is wrong, from 1: a value, or a name that is unknown or there twice, or
   * the object that lacks something.
   */
  line: number
  /** The cause and what happens instead, as a sentence fragment. */
  message: string
  /** Where: `[0].OpcNodes[3].BrowsePath`. */
  path: string
  /** The property's name as it stands in the file. */
  property: string
}
/** What was found to be wrong. */
export type FindingCode = 'anonymous' | 'noSecurity' | 'notEncrypted' | 'deprecatedPolicy' | 'passwordInClear' | 'weakSignature' | 'shortKey' | 'certificateExpired' | 'certificateExpiresSoon' | 'certificateInvalid' | 'certificateMissing' | 'applicationUriMismatch' | 'sharedCertificate' | 'sharedApplicationUri' | 'unreachableUrl' | 'malformed'
/** What is wrong. */
export type FindingKind = 'unknownProperty' | 'notSupportedYet' | 'invalidValue' | 'duplicate' | 'overridden'
/** Which URLs are visited that a server reports of itself or of others. */
export type Follow = 'never' | 'inside' | 'everywhere'
/** An endpoint, and what is wrong with it. */
export interface FoundEndpoint {
  /** The endpoint. */
  description: EndpointDescription
  /** What is wrong with it. */
  findings: discovery_Finding[]
}
/** A server, asked at one or several addresses. */
export interface FoundServer {
  /** Where it answered: `IP:PORT` each. Several only where it is surely one server. */
  addresses: string[]
  /** What it says of itself. */
  description: ApplicationDescription
  /** Its endpoints with the URLs that reach them. */
  endpoints: FoundEndpoint[]
  /** What is wrong with it as a whole. */
  findings: discovery_Finding[]
  /** How it was found. */
  via: Via[]
}
/** What all requests have in common; everything may be left out. */
export interface Header {
  /** Goes into the server's own audit record (AuditEntryId, OPC 10000-4 §6.5.2). */
  auditId?: string | null
  /**
   * Who asks the server, for this request alone. Default whom the endpoint is configured for. It has a session of its own, that
   * is closed afterwards; where the password would travel in clear the server is not reached.
   */
  elevation?: Elevation | null
  /** Languages of texts, the preferred first: `de-AT`. The server's own choice where empty. */
  locales?: string[]
  /** How long it may take in milliseconds, connecting included, up to 600,000. Default 15,000. */
  timeoutMs?: number | null
}
/** A change of the history of one node. */
export interface HistoryChange {
  /** What becomes of it. */
  change: Change
  /** The node; of events their notifier. */
  node: string
}
/** Which values. */
export type HistoryDetails = HistoryDetailsRaw | HistoryDetailsProcessed | HistoryDetailsAtTimes | HistoryDetailsModified | HistoryDetailsEvents
export interface HistoryDetailsAtTimes {
  kind: 'atTimes'
  /** The times, at most 10,000. */
  times: UtcTime[]
}
export interface HistoryDetailsEvents {
  /** Where it ends. */
  end: UtcTime
  /** Only events of this type and its subtypes. */
  eventType?: string | null
  /**
   * Names of fields, as `Severity`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100. Default those that all events
   * have.
   */
  fields?: string[]
  kind: 'events'
  /** Where it begins. Later than `end`: the events come backwards. */
  start: UtcTime
}
export interface HistoryDetailsModified {
  /** Where it ends. */
  end: UtcTime
  kind: 'modified'
  /** Where it begins. Later than `end`: the values come backwards. */
  start: UtcTime
}
export interface HistoryDetailsProcessed {
  /** How: the node of an aggregate, as `i=2342` for the average. */
  aggregate: string
  /** Where it ends. */
  end: UtcTime
  /** The length of the span that each value stands for, in milliseconds; 0 makes one of all. */
  intervalMs?: number
  kind: 'processed'
  /** Where it begins. */
  start: UtcTime
}
export interface HistoryDetailsRaw {
  /** Whether the values at or around both ends belong to it. */
  bounds?: boolean
  /** Where it ends. */
  end?: UtcTime | null
  kind: 'raw'
  /** Where it begins. Later than `end`: the values come backwards. */
  start?: UtcTime | null
}
/** Stored values. */
export interface HistoryReadResponse {
  /** One for each node. */
  results: HistoryResult[]
}
/** Versions. */
export interface HistoryResponse {
  /** Newest first. */
  versions: Version[]
}
/** Stored values of one node. */
export interface HistoryResult {
  /** The events, each with its fields by name. */
  events?: { [name: string]: any }[]
  /** Of modified values: what happened to each, in the same order; null where the server does not tell. */
  modifications?: (Modification | null)[]
  /** There are more of them, or there may be: go on behind the last one. Also if the status is bad and something was read before. */
  more: boolean
  /** How it went. */
  status: Status
  /** The values, in the order of the server. */
  values: DataValue[]
}
/** How it went. */
export interface HistoryUpdateResponse {
  /** One for each change. */
  results: HistoryUpdateResult[]
}
/** How a change went. */
export interface HistoryUpdateResult {
  /** One for each value, time or event; none of a range, or if the change was refused as a whole. */
  items: Status[]
  /** Of the change as a whole: the first bad one of its items, if there is any. */
  status: Status
}
/** What a method is given. Values are as those that are written: Variants, or values alone, whose types are looked up. */
export type Inputs = any[] | { [name: string]: any }
/** What became of one thing. */
export interface ItemResult {
  /** How many entries or nodes it changed. */
  changed: number
  /** Why it changed nothing; absent where it was done. */
  error?: string | null
}
/** A writer, or all of a group. */
export interface KeyFrameOf {
  /** Its name; all of the group where it is absent. */
  writer?: string | null
  /** Its group. */
  writerGroup: string
}
/** What became of it. */
export interface KeyFramesResponse {
  /** For each in the order asked for: why there is no key frame; null where one is sent. */
  errors: (string | null)[]
}
/** How the log of a writer group stands. */
export interface LogDiagnostics {
  /** Its size on the disk in bytes. */
  bytes: number
  /** Whether it takes no values because it is full or the disk fails; then they wait in the servers. */
  paused: boolean
}
/** Why values are missing. */
export type LossCause = 'subscriptionLost' | 'notAvailableForRepublish' | 'notRead' | 'serverQueueOverflow' | 'tooLarge' | 'refusedBySink' | 'notEncodable' | 'stopped' | 'logFull' | 'logDamaged' | 'noLongerWanted'
/** A call. */
export interface MethodCall {
  /** What it is given. */
  inputs?: Inputs
  /** The method. */
  method: string
  /** The object whose method it is. */
  object: string
}
/** What one takes and returns. */
export interface MethodDescription {
  /** What it takes, in order. */
  inputs: ArgumentDescription[]
  /** What it returns, in order. */
  outputs: ArgumentDescription[]
  /** How it went. */
  status: Status
}
/** What they take and return. */
export interface MethodResponse {
  /** One for each method. */
  results: MethodDescription[]
}
/** What is missing, as far as it is known. */
export interface MissingResponse {
  /** The intervals that reach into the time, in the order in which they were declared. */
  intervals: DeclaredLoss[]
  /** Intervals that are not shown because of the limit. */
  notShown: number
  /** Intervals of which nobody knows how many values are missing. */
  uncounted: number
  /** Fields of which values can be missing without anybody knowing. */
  unobservable: UnobservableField[]
  /** Values counted in all of these intervals, those beyond the time included. */
  values: number
}
/** A change of a stored value (OPC 10000-11 §6.6.6). */
export interface Modification {
  /** What was done. */
  kind: ModificationKind
  /** When. */
  time?: UtcTime | null
  /** Who did it. */
  user: string
}
/** What was done to a stored value. */
export type ModificationKind = 'insert' | 'replace' | 'update' | 'delete'
/** An application in a list. */
export interface NamedApplication {
  /** Its record id. */
  id: string
  /** Its name. */
  name: string
  /** What has changed, by name; empty where all is new or gone. */
  what?: string[]
}
/** How a node stands. */
export interface Node {
  /** Its name in messages. */
  field: string
  /** Its status, as a StatusCode's name. */
  lastStatus?: string | null
  /** Source timestamp of the last value received. */
  lastValueTime?: UtcTime | null
  /** As configured. */
  node: string
  /** Why it does not report; absent while it does. */
  reason?: string | null
  /** How it stands. */
  state: NodeCondition
  /** The writer. */
  writer: string
  /** The writer's group. */
  writerGroup: string
}
/** What kind of node it is (OPC 10000-3 §8.29). */
export type NodeClass = 'object' | 'variable' | 'method' | 'objectType' | 'variableType' | 'referenceType' | 'dataType' | 'view'
/** How a node stands. */
export type NodeCondition = 'waiting' | 'reporting' | 'retrying' | 'failed'
/** A node. */
export interface NodeDescription {
  /** The attributes that it has, by name. One that cannot be read says why. */
  attributes: { [name: string]: DataValue }
  /** Its name in browse paths. */
  browseName: string
  /** Of a variable or a variable type: the type of its values. */
  dataType?: DataTypeDescription | null
  /** Its name for people. */
  displayName: string
  /** Whether anything is below it, by hierarchical references. */
  hasChildren: boolean
  /** The node, its namespace by URI. */
  node: string
  /** What kind of node it is. */
  nodeClass?: NodeClass | null
  /** How it went; `BadNodeIdUnknown` if there is no such node. */
  status: Status
  /** Of an object or a variable: the type. */
  typeDefinition?: string | null
}
/** All that is known of them. */
export interface NodeResponse {
  /** One for each node. */
  results: NodeDescription[]
}
/** Some nodes. */
export interface NodesResponse {
  /** Where the next page begins; absent on the last one. */
  next?: number | null
  /** In the order of groups, writers and fields. */
  nodes: Node[]
}
/** What an operator works on: exactly one of these. */
export interface Operand {
  /** What another operator yields. */
  condition?: EventCondition | null
  /** A field of the event. */
  field?: EventField | null
  /** A node, of a type for instance. */
  node?: string | null
  /** A Variant (`{"UaType": 5, "Value": 500}`), or a boolean, number or text alone. */
  value?: any
}
/** What is done with operands (OPC 10000-4 Tables 119 and 120). */
export type Operator = 'equals' | 'isNull' | 'greaterThan' | 'lessThan' | 'greaterThanOrEqual' | 'lessThanOrEqual' | 'like' | 'not' | 'between' | 'inList' | 'and' | 'or' | 'cast' | 'inView' | 'ofType' | 'bitwiseAnd' | 'bitwiseOr'
/** What an address and port turned out to be. */
export type Outcome = OutcomeClosed | OutcomeFiltered | OutcomeUnreachable | OutcomeNotTried | OutcomeSilent | OutcomeHangup | OutcomeOther | OutcomeRefused | OutcomeOpcUa
export interface OutcomeClosed {
  is: 'closed'
}
export interface OutcomeFiltered {
  is: 'filtered'
}
export interface OutcomeHangup {
  is: 'hangup'
}
export interface OutcomeNotTried {
  is: 'notTried'
  /** Why. */
  message: string
}
export interface OutcomeOpcUa {
  is: 'opcUa'
}
export interface OutcomeOther {
  /** What it begins with, printable; `HTTP` where it is that. */
  begins: string
  is: 'other'
}
export interface OutcomeRefused {
  /** The StatusCode. */
  code: number
  is: 'refused'
  /** The reason it gives. */
  reason: string
  /** Its name: `BadTcpEndpointUrlInvalid`. */
  symbol: string
}
export interface OutcomeSilent {
  is: 'silent'
}
export interface OutcomeUnreachable {
  is: 'unreachable'
  /** What it says. */
  message: string
}
/** Something that a method returned. */
export interface Output {
  /** The name of the argument; empty if the server names none. */
  name: string
  /** The value, in the encoding that was asked for. */
  value: any
}
/** A step of a path. */
export interface PathElement {
  /** Goes against their direction. */
  inverse?: boolean
  /** By references of this type. Default all hierarchical ones (`i=33`). */
  referenceType?: string | null
  /** The BrowseName of the next node: `nsu=urn:plant;Boiler`, `2:Boiler`. */
  targetName: string
  /** Leaves out references of its subtypes. */
  withoutSubtypes?: boolean
}
/** The end of a path. */
export interface PathTarget {
  /** The node. */
  node: string
  /** The path goes on in another server, with this element. */
  remainingPathIndex?: number | null
}
/** Whether an edge is there. */
export interface Presence {
  /** Whether it was heard of lately. */
  connected: boolean
  /** Since when that is so. */
  since: UtcTime
}
/** What is searched where a plan names no addresses or no ports. */
export type Preset = 'off' | 'local' | 'fast' | 'network' | 'scan'
/** How a search stands at a moment: at each change of its state, at each server, and every second. */
export interface Progress {
  /** When. */
  at: UtcTime
  /** How much was done. */
  counts: Counts
  /** What has just been found, in a line. */
  message?: string | null
  /** Rises. */
  sequence: number
  /** How far it is. */
  state: RunState
}
/** What was deleted, or would be. */
export interface PurgeResponse {
  /** The ids of applications, all their endpoints with them; the first thousand. */
  applications: string[]
  /** Whether they are still there. */
  dryRun: boolean
  /** The ids of endpoints of applications that stay; the first thousand. */
  endpoints: string[]
  /** Records, all together. */
  records: number
}
/** Hours of each day in which nothing is contacted, in the time of the zone. */
export interface QuietHours {
  /** When they begin: `06:00`. */
  from: string
  /** When they end; on the next day if that is earlier. */
  to: string
  /** Minutes that the clocks there are ahead of UTC. Default 0. */
  utcOffsetMinutes?: number
}
/** Something to read. */
export interface ReadItem {
  /** Which attribute of it. Default `Value`. */
  attribute?: Attribute
  /** Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27). */
  indexRange?: string | null
  /** The node. */
  node: string
}
/** What was read. */
export interface ReadResponse {
  /** One for each item. */
  results: DataValue[]
}
/** What a registry stores. */
export type Record = registry_Application & RecordApplicationApplication | registry_Endpoint & RecordEndpointEndpoint | Edge & RecordEdgeEdge | Site & RecordSiteSite | DiscoveryRun & RecordDiscoveryRunDiscoveryRun
export interface RecordApplicationApplication {
  kind: 'application'
}
/** What has changed. */
export type RecordChange = RecordChangePut | RecordChangeDeleted | RecordChangeMissed
export interface RecordChangeDeleted {
  is: 'deleted'
  /** Which. */
  key: RecordKey
}
export interface RecordChangeMissed {
  is: 'missed'
}
export interface RecordChangePut {
  /** Its id. */
  id: string
  is: 'put'
  /** What it is now. */
  record: Record
}
export interface RecordDiscoveryRunDiscoveryRun {
  kind: 'discoveryRun'
}
export interface RecordEdgeEdge {
  kind: 'edge'
}
export interface RecordEndpointEndpoint {
  kind: 'endpoint'
}
/** Names a record. */
export interface RecordKey {
  /** Which one. */
  id: string
  /** What it is. */
  kind: RecordKind
}
/** What a record is. */
export type RecordKind = 'application' | 'endpoint' | 'edge' | 'site' | 'discoveryRun'
export interface RecordSiteSite {
  kind: 'site'
}
/** An application as it stands on record. */
export interface RecordedApplication {
  /** The application. */
  application: registry_Application
  /** Its id. */
  id: string
  /** Its revision. */
  revision: Revision
}
/** An edge as it stands on record. */
export interface RecordedEdge {
  /** The edge. */
  edge: Edge
  /** Its id. */
  id: string
  /** Its revision. */
  revision: Revision
}
/** An endpoint as it stands on record. */
export interface RecordedEndpoint {
  /** The endpoint. */
  endpoint: registry_Endpoint
  /** Its id. */
  id: string
  /** Its revision. */
  revision: Revision
}
/** A search as it stands on record. */
export interface RecordedRun {
  /** Its id. */
  id: string
  /** Its revision. */
  revision: Revision
  /** The search. */
  run: DiscoveryRun
}
/** Searches, ordered by id. */
export interface RecordedRunsResponse {
  /** Where the next page begins, if there is one. */
  next?: string | null
  /** Those of the page. */
  runs: RecordedRun[]
}
/** A site as it stands on record. */
export interface RecordedSite {
  /** Its id. */
  id: string
  /** Its revision. */
  revision: Revision
  /** The site. */
  site: Site
}
/** A reference and the node at its other end. */
export interface Reference {
  /** The other node's name in browse paths. */
  browseName: string
  /** The other node's name for people. */
  displayName: string
  /** Whether it goes from the node that was asked for. */
  forward: boolean
  /** The other node. */
  node: string
  /** The other node's class; absent if it is on another server. */
  nodeClass?: NodeClass | null
  /** Its type. */
  referenceType: string
  /** Of objects and variables: the type. */
  typeDefinition?: string | null
}
/** A change on record. */
export interface RegistryUpdate {
  /** What has changed. */
  change: RecordChange
  /** The revision of the change, for `after`: it rises, with gaps. None where changes are missing. */
  sequence?: number | null
}
/** What became of it. */
export interface ReleaseResponse {
  /** Whether it was in use until now. */
  released: boolean
}
/** What was deleted. */
export interface Removed {
  /** Its id. */
  id: string
  /** The revision that was deleted. */
  revision: Revision
}
/** What a search found. */
export interface ResultsResponse {
  /** Where the next page begins, if there is one. */
  next?: number | null
  /** Servers, and what should be a server and could not be asked. */
  results: SearchResult[]
  /** How it stands. */
  run: DiscoveryRun
  /** What it covers: who stands there and was not found is gone. */
  scope: Scope
}
/** Counts the changes of a registry; larger is later. */
export type Revision = number
/** What a principal may do; each includes those before it. */
export type Role = 'reader' | 'operator' | 'approver' | 'administrator'
/** What a search changed in the registry. */
export interface RunDiff {
  /** Those that had been gone. */
  back: NamedApplication[]
  /** Those that say something else of themselves, or are elsewhere. */
  changed: NamedApplication[]
  /** Those that should have been found and were not. */
  gone: NamedApplication[]
  /** Applications that were not known. */
  new: NamedApplication[]
  /** `2 new, 1 gone, 3 changed, 40 as before` */
  summary: string
  /** Those that are as they were. */
  unchanged: number
}
/** A search. */
export interface RunResponse {
  /** Its id. */
  id: string
  /** How it stands. */
  run: DiscoveryRun
}
/** How far a search is. */
export type RunState = 'pending' | 'running' | 'finished' | 'cancelled' | 'failed'
/** Searches, the newest first. */
export interface RunsResponse {
  /** Where the next page begins, if there is one. */
  next?: string | null
  /** Those of the page. */
  runs: RunResponse[]
}
/** What is searched, and how quickly. Only what it names is contacted; with the preset `off` and nothing else that is nothing. */
export interface ScanPlan {
  /**
   * Addresses to try: `10.0.0.0/24`, `10.0.0.1-10.0.0.99`, `10.0.0.7`, `fd00::17`, `plc-7.plant.example`. IPv6 networks are
   * /112 at the largest.
   */
  addresses?: string[]
  /** Open connections, at most. */
  concurrency?: number
  /** Addresses that are never contacted, written as `addresses` are; it goes before everything else. */
  deny?: string[]
  /** Which URLs are visited that servers and discovery servers report. */
  follow?: Follow
  /** Languages of names, the preferred first. */
  locales?: string[]
  /** Whether servers that announce themselves by multicast DNS are asked, as far as `follow` says. It takes three seconds. */
  multicast?: boolean
  /** Ports to try at each of them: `4840`, `48000-48100`. Default those of the preset, else 4840. */
  ports?: string[]
  /** Fills in addresses and ports where there are none. */
  preset?: Preset
  /** How long a connection and its first answer may take, in milliseconds. */
  probeTimeoutMs?: number
  /** Hours in which nothing is contacted; a search waits for their end. */
  quietHours?: QuietHours[]
  /** New connections in a second, at most. */
  rate?: number
  /** How long a server may take to tell all about itself, in milliseconds. */
  serverTimeoutMs?: number
  /** Servers to ask, whatever the addresses say: `opc.tcp://plc-7:4840/path`. */
  urls?: string[]
}
/** What a search covers. */
export interface Scope {
  /** Addresses: `10.0.0.0/24`, `10.0.0.7`, `fd00::17`; those that are denied are left out by `deny`. */
  addresses: string[]
  /** Whether all of that was tried: a search that was ended covers nothing. */
  complete: boolean
  /** Addresses that were left out. */
  deny: string[]
  /** Single places that were asked by URL: `IP:PORT`. */
  places: string[]
  /** Ports that were tried at each: `4840`, `48000-48100`. */
  ports: string[]
}
/** One thing that was found. */
export type SearchResult = FoundServer & SearchResultServerServer | FailedTarget & SearchResultFailedFailed
export interface SearchResultFailedFailed {
  is: 'failed'
}
export interface SearchResultServerServer {
  is: 'server'
}
/** Since when something is known, and whether it is still there. */
export interface Seen {
  /** When it was found first. */
  first: UtcTime
  /** When a search that should have found it did not, for the first time since then. */
  goneSince?: UtcTime | null
  /** When it was found last. */
  last: UtcTime
}
/**
 * What a server knows of our session (SessionDiagnosticsDataType, OPC 10000-5 §12.11). It counts from when the session
 * was created.
 */
export interface SessionDiagnostics {
  /** When the session was created. */
  connected: UtcTime
  /** Those of them that failed. */
  failedRequests: number
  /** When the server heard of us last. */
  lastContact: UtcTime
  /** Items of all subscriptions. */
  monitoredItems: number
  /** Publish requests that wait at the server. */
  publishRequests: number
  /** Publish requests. */
  published: number
  /** Messages that had to be asked for again (Republish). */
  republished: number
  /** Requests of all services. */
  requests: number
  /** Subscriptions. */
  subscriptions: number
  /** When it was asked. */
  taken: UtcTime
  /** Requests that were refused for want of rights. */
  unauthorizedRequests: number
}
/** How bad a finding is. */
export type Severity = 'info' | 'low' | 'medium' | 'high'
/** An alarm to put aside. */
export interface ShelvedAlarm {
  /** The condition's node. */
  condition: string
  /** For how many milliseconds. Without it the alarm is put aside until it ends. */
  durationMs?: number | null
}
/** Whether an alarm was put aside (OPC 10000-9 §5.8.17). */
export type Shelving = 'unshelved' | 'timed' | 'oneShot'
/** A plant, or a part of one. Its id is what edges are told to be at. */
export interface Site {
  /** When it was first named. */
  created: UtcTime
  /** For people. */
  name: string
}
/** Sites, ordered by id. */
export interface SitesResponse {
  /** Where the next page begins, if there is one. */
  next?: string | null
  /** Those of the page. */
  sites: RecordedSite[]
}
/** A search that was taken. */
export interface StartResponse {
  /** The plan with what the preset and the defaults have put into it. */
  plan: ScanPlan
  /** Addresses and ports that will be tried. */
  planned: number
  /** Searches that come first. */
  position: number
  /** Its id. */
  run: string
}
/** An OPC UA StatusCode with its name. */
export interface Status {
  /** The number, info bits included (OPC 10000-4 §7.39). */
  code: number
  /** Why, where more is known than the code says. */
  reason?: string | null
  /** The name: `Good`, `BadNodeIdUnknown`; hexadecimal for those without one. */
  symbol: string
}
/** One step towards a server. */
export interface Step {
  /** Where, if the step is made at one of several addresses. */
  address?: string | null
  /** What was seen. */
  detail: string
  /** What to do about it. */
  fix?: string | null
  /** Which. */
  step: StepName
  /** How long it took, in milliseconds. */
  tookMs: number
  /** How it went. */
  verdict: Verdict
}
/** The steps towards a server, in their order. */
export type StepName = 'name' | 'route' | 'port' | 'hello' | 'endpoints' | 'certificate' | 'identity'
/** A value with its time. */
export interface StoredValue {
  /** When it came about. */
  sourceTimestamp: UtcTime
  /** How good it is. Default 0, good. */
  status?: number | null
  /** A Variant as answers have it, or the value alone, of the type of the variable. */
  value: any
}
/** Something is missing in a stream. */
export interface StreamGap {
  /** The last that is surely there was sent by the server at this time. */
  after?: UtcTime | null
  /** The first behind it was sent by the server at this time. */
  before?: UtcTime | null
  /** Which items of the request it concerns, by their places; all where empty. */
  items?: number[]
  /** Why. */
  reason: StreamGapReason
}
/** Why something is missing. */
export type StreamGapReason = 'tooOld' | 'notKept' | 'unknown' | 'readerTooSlow' | 'subscriptionLost' | 'notAvailable' | 'serverQueueOverflow' | 'undecodable'
/** The connection changed. */
export interface StreamState {
  /** Why it was lost. */
  reason?: string | null
  /** How it stands. The stream goes on by itself when it is back. */
  state: Connectivity
}
/** What became of starting or stopping. */
export interface SwitchResponse {
  /** What became of each, in the order asked for. */
  results: ItemResult[]
  /** All writers that are stopped now. */
  stopped: WriterName[]
}
/** How the connection stands. That a server cannot be reached is an answer and no failure. */
export interface TestConnectionResponse {
  /** Name of the kind of failure, as problems have it: `untrusted`, `unauthenticated`, `unavailable`. */
  failure?: string | null
  /** How long the server took to answer, in milliseconds. */
  roundTripMs?: number | null
  /** What the server says of itself (OPC 10000-5 §12.6): 0 running, 1 failed, 3 suspended, 4 shutting down. */
  serverState?: number | null
  /** How it stands. */
  state: Connectivity
  /** The server's answer, or what failed and why. */
  status: Status
}
/** Which timestamps are wanted. */
export type Timestamps = 'source' | 'server' | 'both' | 'neither'
/** Where they lead. */
export interface TranslateResponse {
  /** One for each path. */
  results: TranslateResult[]
}
/** Where one leads. */
export interface TranslateResult {
  /** How it went; `BadNoMatch` if it leads nowhere. */
  status: Status
  /** The nodes at its end; several where names are not unique. */
  targets: PathTarget[]
}
/** A field whose server keeps only the newest value although it samples faster than it publishes. */
export interface UnobservableField {
  /** Name of the field. */
  field: string
  /** Endpoint URL of the server. */
  server: string
  /** Name of the writer. */
  writer: string
}
/** One way to log in (OPC 10000-4 §7.42). */
export interface UserTokenPolicy {
  /** The server's name for it. */
  policyId: string
  /** What protects the secret; that of the endpoint where there is none. */
  securityPolicyUri?: string | null
  /** `Anonymous`, `UserName`, `Certificate` or `IssuedToken`. */
  tokenType: string
}
export type UtcTime = string
/** How values are written in answers. */
export type ValueEncoding = 'compact' | 'verbose' | 'raw'
/** Values, or something else that happened to the stream. The first update has the present values as far as they are known. */
export interface ValueUpdate {
  /** Updates or values are missing before this. */
  gap?: StreamGap | null
  /** How items stand, at the start and when that changes. */
  items?: WatchedState[]
  /** Identifies the update; for `after`. */
  sequence: number
  /** `items` and `values` are all that is known, whatever was known before. */
  snapshot?: boolean
  /** The connection changed. */
  state?: StreamState | null
  /** Values in the order in which the server sent them. */
  values?: WatchedValue[]
}
/** How a step went. */
export type Verdict = 'good' | 'doubtful' | 'bad'
/** A version of the configuration. */
export interface Version {
  /** Who changed it: the holder of an API key, or `file` for whoever may write that. */
  author: string
  /** Rises by one with each change. */
  number: number
  /** The revision that it was. */
  revision: string
  /** When it was applied. */
  time: UtcTime
  /** What was done. */
  what: string
}
/** How something was found. */
export type Via = ViaUrl | ViaScan | ViaMulticast | ViaReported
export interface ViaMulticast {
  by: 'multicast'
  /** The name of its service. */
  name: string
}
export interface ViaReported {
  by: 'reported'
  /** The URL of that server. */
  server: string
}
export interface ViaScan {
  /** `IP:PORT` */
  address: string
  by: 'scan'
}
export interface ViaUrl {
  by: 'url'
  /** The URL. */
  url: string
}
/** A view of the address space (OPC 10000-3 §5.4). */
export interface View {
  /** Its node. */
  node: string
  /** As it was then, where the server keeps earlier versions. */
  timestamp?: UtcTime | null
  /** This version of it. Not together with `timestamp`. */
  version?: number | null
}
/** Something to watch. */
export interface WatchedItem {
  /** Which attribute of it. Default `Value`. */
  attribute?: Attribute
  /** By how much a number must change to be told. */
  deadband?: Deadband | null
  /** Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27). */
  indexRange?: string | null
  /** The node. */
  node: string
  /** Values that the server keeps between two messages. Default 1: only the last one is sent. */
  queueSize?: number | null
  /** How often the server looks, in milliseconds; 0: as often as it can. Default as often as it sends. */
  samplingIntervalMs?: number | null
}
/** How an item stands. */
export interface WatchedState {
  /** The item, by its place in the request. */
  item: number
  /** What the server made of the queue. */
  queueSize?: number | null
  /** What the server made of the sampling interval. */
  samplingIntervalMs?: number | null
  /** `Good` if it is watched; else why not. Unless the reason is final the server is asked again from time to time. */
  status: Status
}
/** A value of an item. */
export interface WatchedValue {
  /** How many milliseconds ago it was read, where it was not read for this request. */
  ageMs?: number | null
  /** The item, by its place in the request. */
  item: number
  /** When the server got it. */
  serverTimestamp?: UtcTime | null
  /** When it came about. */
  sourceTimestamp?: UtcTime | null
  /** How it went, and how good the value is. */
  status: Status
  /** The value, in the encoding that was asked for; null where there is none. */
  value?: any
}
/** Something to write. */
export interface WriteItem {
  /** Which attribute of it. Default `Value`. */
  attribute?: Attribute
  /** Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27). */
  indexRange?: string | null
  /** The node. */
  node: string
  /** Writes this time too; most servers refuse that (`BadWriteNotSupported`). */
  sourceTimestamp?: UtcTime | null
  /** Writes this status too; most servers refuse that (`BadWriteNotSupported`). */
  status?: number | null
  /**
   * A Variant as answers have it (`{"UaType": 11, "Value": 21.5}`), or the value alone. The type of such a one is that
   * of the variable, or of its present value where any type will do; structures are then objects of their fields,
   * elements of enumerations numbers or names, matrices arrays of arrays.
   */
  value: any
}
/** Where bytes of a file go. */
export type WritePlace = WritePlaceReplace | WritePlaceAppend | WritePlaceAt
export interface WritePlaceAppend {
  kind: 'append'
}
export interface WritePlaceAt {
  kind: 'at'
  /** The first byte. */
  offset: number
}
export interface WritePlaceReplace {
  kind: 'replace'
}
/** How it went. */
export interface WriteResponse {
  /** One for each item. */
  results: WriteResult[]
}
/** How one went. */
export interface WriteResult {
  /** What the server has now, if that was asked for and it took the value. */
  readBack?: DataValue | null
  /** What the server said, or why it was not asked: `BadTypeMismatch` if the value does not fit the type. */
  status: Status
}
/** How a writer's subscription stands. */
export interface WriterDiagnostics {
  /** Fields that the server refused. */
  failed: FailedField[]
  /** Fields in the plan. */
  fields: number
  /** DataSetWriterId. */
  id: number
  /**
   * Fields whose server keeps one value only although it samples faster than it publishes, so
   * that it cannot tell when it drops one.
   */
  lossUnobservable: number
  /** DataSetWriterName. */
  name: string
  /** Fields whose monitored item reports. */
  reporting: number
  /** Values received. */
  values: number
}
/** How a writer group stands. */
export interface WriterGroupDiagnostics {
  /** Bytes of their payloads. */
  bytes: number
  /** Its log; absent where there is none. */
  log?: LogDiagnostics | null
  /** Messages that the sink has taken, metadata included. */
  messages: number
  /** Its name. */
  name: string
  /** What is wrong with the sink, in one sentence; absent while it takes messages. */
  sinkError?: string | null
  /** Topic of its data. */
  topic: string
  /** Values taken in from servers. */
  valuesIn: number
  /** Values in messages that the sink has taken. */
  valuesOut: number
  /** Messages that wait for the sink. */
  waiting: number
}
/** A writer, or all of a group. */
export interface WriterName {
  /** Its name; all of the group where it is absent. */
  writer?: string | null
  /** Its group. */
  writerGroup: string
}
/** Something about an application or an endpoint that its operator should know. */
export interface discovery_Finding {
  /** What it is, for programs. */
  code: FindingCode
  /** What to do. */
  fix: string
  /** What it is, in a sentence. */
  message: string
  /** How bad it is. */
  severity: Severity
}
/** An OPC UA application as it was found, and what was decided about it. */
export interface registry_Application {
  /** Where it answered, `IP:PORT` each, as its edge sees it. */
  addresses?: string[]
  /** Whether it belongs to the plant. */
  approval: Approval
  /** What it says of itself. */
  description: ApplicationDescription
  /** The edge that looks after it: whose searches may say that it is gone. */
  edge?: string | null
  /** What somebody has set by hand and searches leave as it is: members of the description, `site`. */
  edited?: string[]
  /** Whether it may be used; what is not is also not activated. */
  enabled: boolean
  /** What is wrong with it. */
  findings?: registry_Finding[]
  /** The searches that found it first and last. */
  runs?: string[]
  /** Since when it is known. None of one that was entered by hand and never found. */
  seen?: Seen | null
  /** The site where it stands, if its edge has one. */
  site?: string | null
  /** SHA-1 of the certificates that it shows, hexadecimal; they name them, they prove nothing. */
  thumbprints?: string[]
}
/** An application with its endpoints. */
export interface registry_ApplicationWithEndpoints {
  /** The application. */
  application: registry_Application
  /** Its endpoints, ordered by id. */
  endpoints: registry_RecordedEndpoint[]
  /** Its id. */
  id: string
  /** Its revision. */
  revision: Revision
}
/** One way to reach an application, and whether it is used. */
export interface registry_Endpoint {
  /** Whether somebody wants it to be used. */
  activated: boolean
  /** The application's record id. */
  application: string
  /** What the server says of it. */
  description: EndpointDescription
  /** The edge through which it is used while it is activated; none while no edge can. */
  edge?: string | null
  /** What is wrong with it. */
  findings?: registry_Finding[]
  /** Why it is not used although it is activated. */
  problem?: string | null
  /** Since when it is known. None of one that was entered by hand and never found. */
  seen?: Seen | null
  /** The site of its application. */
  site?: string | null
  /** Edges that may still use it, because they could not be told otherwise yet. */
  unreleased?: string[]
}
/** Something about an application or an endpoint that its operator should know. */
export interface registry_Finding {
  /** What it is, for programs. */
  code: FindingCode
  /** What to do. */
  fix: string
  /** What it is, in a sentence. */
  message: string
  /** How bad it is. */
  severity: Severity
}
/** An endpoint as it stands on record. */
export interface registry_RecordedEndpoint {
  /** The endpoint. */
  endpoint: registry_Endpoint
  /** Its id. */
  id: string
  /** Its revision. */
  revision: Revision
}
/** The operations of `access`. */
export class AccessOperations extends Face {
  /**
   * Checks that no line of the audit record was changed, removed or put in between.
   *
   * Needs the role administrator.
   */
  checkAudit(): Promise<AuditCheck>
  /**
   * Makes an API key. Its text is in this answer and nowhere else.
   *
   * Needs the role administrator. It is recorded.
   */
  createKey(request: {
    /** Who will use it: letters, digits, spaces and `._@-`, a letter or digit first. */
    name: string
    /** What it may do. */
    role: Role
    /** After how many days it expires; never where it is absent. */
    validDays?: number | null
  }): Promise<CreatedKey>
  /**
   * Follows the audit record: what is in it, then each new record.
   *
   * Needs the role administrator.
   */
  followAudit(request?: {
    /** The sequence behind which to begin; with the first record where it is absent. */
    after?: number | null
  }): Stream<AuditRecord>
  /**
   * Lists the API keys, without their secrets.
   *
   * Needs the role administrator.
   */
  listKeys(): Promise<ApiKeyList>
  /**
   * Reads the audit record, oldest first.
   *
   * Needs the role administrator.
   */
  readAudit(request?: {
    /** The sequence behind which to read on; from the first record where it is absent. */
    after?: number | null
    /** How many at most: 1 to 1,000, of which 100 is the default. */
    limit?: number | null
  }): Promise<AuditPage>
  /**
   * Revokes an API key at once: calls with it are refused, and streams that it opened end.
   *
   * Needs the role administrator. It is recorded.
   */
  revokeKey(request: {
    /** The id of the key. */
    id: string
  }): Promise<ApiKey>
}
/** The operations of `configuration`. */
export class ConfigurationOperations extends Face {
  /**
   * Adds entries. A masked secret is that of the entry with the same server, group and writer.
   *
   * Needs the role administrator. It is recorded.
   */
  addEntries(request: {
    /** The entries, at most 10,000. */
    entries: { [name: string]: any }[]
    /** The revision that is changed; whatever there is where it is absent. */
    revision?: string | null
  }): Promise<ChangeResponse>
  /**
   * Adds nodes to a writer.
   *
   * Needs the role administrator. It is recorded.
   */
  addNodes(request: {
    /** The nodes, at most 100,000. */
    nodes: { [name: string]: any }[]
    /** DataSetWriterId */
    writer: string
    /** DataSetWriterGroup */
    writerGroup: string
    /** The revision that is changed; whatever there is where it is absent. */
    revision?: string | null
  }): Promise<ChangeResponse>
  /**
   * The entries, page by page. Secrets are masked.
   *
   * Needs the role reader.
   */
  entries(request?: {
    /** Position of the first one. */
    from?: number
    /** At most so many, up to 1000. Default 100. */
    limit?: number | null
  }): Promise<EntriesResponse>
  /**
   * Who changed the configuration when, newest first.
   *
   * Needs the role reader.
   */
  history(request?: {
    /** At most so many of the newest, up to 100. Default 100. */
    limit?: number | null
  }): Promise<HistoryResponse>
  /**
   * Removes all entries of a server, a group or a writer.
   *
   * Needs the role administrator. It is recorded.
   */
  removeEntries(request: {
    /** Which, at most 10,000. */
    entries: EntryName[]
    /** The revision that is changed; whatever there is where it is absent. */
    revision?: string | null
  }): Promise<ChangeResponse>
  /**
   * Removes nodes of a writer, by id.
   *
   * Needs the role administrator. It is recorded.
   */
  removeNodes(request: {
    /** Their ids as in the file, at most 100,000. */
    nodes: string[]
    /** DataSetWriterId */
    writer: string
    /** DataSetWriterGroup */
    writerGroup: string
    /** The revision that is changed; whatever there is where it is absent. */
    revision?: string | null
  }): Promise<ChangeResponse>
  /**
   * Puts other entries in the place of all; none of them where one cannot be used.
   *
   * Needs the role administrator. It is recorded.
   */
  replaceEntries(request: {
    /** The entries, at most 10,000. */
    entries: { [name: string]: any }[]
    /** The revision that is changed; whatever there is where it is absent. */
    revision?: string | null
  }): Promise<ChangeResponse>
  /**
   * Goes back to an earlier version.
   *
   * Needs the role administrator. It is recorded.
   */
  restore(request: {
    /** The version to go back to. */
    number: number
    /** The revision that is changed; whatever there is where it is absent. */
    revision?: string | null
  }): Promise<ChangeResponse>
  /**
   * Publishes writers that were stopped.
   *
   * Needs the role operator. It is recorded.
   */
  startWriters(request: {
    /** Which, at most 10,000. */
    writers: (WriterName | string)[]
  }): Promise<SwitchResponse>
  /**
   * Publishes writers no longer, also after a restart, until they are started. They stay configured, and what they have received is still sent.
   *
   * Needs the role operator. It is recorded.
   */
  stopWriters(request: {
    /** Which, at most 10,000. */
    writers: (WriterName | string)[]
  }): Promise<SwitchResponse>
  /**
   * Puts entries where those of the same server, group and writer are.
   *
   * Needs the role administrator. It is recorded.
   */
  updateEntries(request: {
    /** The entries, at most 10,000. */
    entries: { [name: string]: any }[]
    /** The revision that is changed; whatever there is where it is absent. */
    revision?: string | null
  }): Promise<ChangeResponse>
  /**
   * Puts nodes of a writer where those of the same id are.
   *
   * Needs the role administrator. It is recorded.
   */
  updateNodes(request: {
    /** The nodes, at most 100,000. */
    nodes: { [name: string]: any }[]
    /** DataSetWriterId */
    writer: string
    /** DataSetWriterGroup */
    writerGroup: string
    /** The revision that is changed; whatever there is where it is absent. */
    revision?: string | null
  }): Promise<ChangeResponse>
}
/** The operations of `discovery`. */
export class DiscoveryOperations extends Face {
  /**
   * Ends a search, within a second. What it had found stays.
   *
   * Needs the role approver. It is recorded.
   */
  cancel(request: {
    /** Its id. */
    run: string
  }): Promise<RunResponse>
  /**
   * Why there is or is not a server at an address or URL, step by step. It connects there.
   *
   * Needs the role operator.
   */
  explain(request: {
    /** An URL, or an address with or without a port (4840): `opc.tcp://plc-7:4840/path`, `10.0.0.7`, `[fd00::17]:4841`. */
    target: string
    /** How long each step may take, in milliseconds. Default 5,000. */
    timeoutMs?: number | null
  }): Promise<Explanation>
  /**
   * How a search gets on, to its end.
   *
   * Needs the role reader.
   */
  progress(request: {
    /** Its id. */
    run: string
    /** The sequence behind which to begin. Default 0, the beginning, as far as it is still known. */
    after?: number
  }): Stream<Progress>
  /**
   * What a search found, page by page, also while it goes on.
   *
   * Needs the role reader.
   */
  results(request: {
    /** Its id. */
    run: string
    /** Servers and failures that were read already, from `next` of the page before. */
    after?: number
    /** Servers and failures in the page. Default 100. */
    limit?: number | null
  }): Promise<ResultsResponse>
  /**
   * How a search stands.
   *
   * Needs the role reader.
   */
  run(request: {
    /** Its id. */
    run: string
  }): Promise<RunResponse>
  /**
   * Searches, the newest first.
   *
   * Needs the role reader.
   */
  runs(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** Searches in the page. Default 100. */
    limit?: number | null
    /** Only those that are so. */
    state?: RunState | null
  }): Promise<RunsResponse>
  /**
   * Begins a search; searches take place one after the other.
   *
   * Needs the role approver. It is recorded.
   */
  start(request: {
    /** What is searched, and how quickly. */
    plan: ScanPlan
  }): Promise<StartResponse>
}
/** The operations of `edge`. */
export class EdgeOperations extends Face {
  /**
   * How the publisher stands.
   *
   * Needs the role reader.
   */
  diagnostics(): Promise<Diagnostics>
  /**
   * Sends key frames of what writers last received.
   *
   * Needs the role operator. It is recorded.
   */
  keyFrames(request: {
    /** Of these writer groups or writers, at most 1000. */
    of: (KeyFrameOf | string)[]
  }): Promise<KeyFramesResponse>
  /**
   * What is missing between two times, and why.
   *
   * Needs the role reader.
   */
  missing(request: {
    /** From then on. */
    from: UtcTime
    /** Until then. */
    until: UtcTime
    /** Of this field alone. */
    field?: string | null
    /** Intervals in the answer at most; 1000 where absent, 10,000 at most. */
    limit?: number | null
    /** Of this writer alone. */
    writer?: string | null
    /** Of this writer group alone. */
    writerGroup?: string | null
  }): Promise<MissingResponse>
  /**
   * How single nodes stand, page by page: the last status and the time of the last value, and why a node does not report.
   *
   * Needs the role reader.
   */
  nodes(request?: {
    /** Only those that the server refuses. */
    failedOnly?: boolean
    /** Position of the first one among those that fit. */
    from?: number
    /** At most so many, up to 10,000. Default 1000. */
    limit?: number | null
    /** Of writers with this name alone. */
    writer?: string | null
    /** Of this writer group alone. */
    writerGroup?: string | null
  }): Promise<NodesResponse>
  /**
   * How the publisher stands, now and again after every interval.
   *
   * Needs the role reader.
   */
  watchDiagnostics(request: {
    /** Milliseconds between two items, from 100 to a day. */
    intervalMs: number
  }): Stream<Diagnostics>
}
/** The operations of `registry`. */
export class RegistryOperations extends Face {
  /**
   * Has an endpoint used: by the edge whose search found it, else by another one of its site.
   *
   * Needs the role operator. It is recorded.
   */
  activate(request: {
    /** Its id. */
    endpoint: string
    /** The revision that it must have; `conflict` if it was changed since. Any where there is none. */
    revision?: Revision | null
  }): Promise<RecordedEndpoint>
  /**
   * Enters an application by hand. It is approved.
   *
   * Needs the role approver. It is recorded.
   */
  addApplication(request: {
    /** What it is. */
    description: ApplicationDescription
    /** Where it answers, if that is known: `10.0.0.7:4840`. */
    addresses?: string[]
    /** The edge that reaches it. */
    edge?: string | null
    /** Its endpoints, if they are known. */
    endpoints?: EndpointDescription[]
    /** The site where it stands. */
    site?: string | null
  }): Promise<ApplicationWithEndpoints>
  /**
   * Takes an endpoint over, under the ids that it has elsewhere, and uses it. It can be asked again.
   *
   * Needs the role approver. It is recorded.
   */
  adopt(request: {
    /** The id of the application. */
    application: string
    /** What the application says of itself. */
    applicationDescription: ApplicationDescription
    /** The id of the endpoint. */
    endpoint: string
    /** The endpoint. */
    endpointDescription: EndpointDescription
    /** Where it answers: `10.0.0.7:4840`. */
    addresses?: string[]
  }): Promise<RecordedEndpoint>
  /**
   * An application with its endpoints.
   *
   * Needs the role reader.
   */
  application(request: {
    /** Its id. */
    application: string
  }): Promise<registry_ApplicationWithEndpoints>
  /**
   * Applications, page by page.
   *
   * Needs the role reader.
   */
  applications(request?: {
    /** Where it answers: `10.0.0.7:4840`. */
    address?: string | null
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** Server, client or both. */
    applicationType?: ApplicationType | null
    /** ApplicationUri, whatever its case. */
    applicationUri?: string | null
    /** What was decided about it. */
    approval?: Approval | null
    /** One of its capabilities: `DA`. */
    capability?: string | null
    /** What the name or an URI contains, whatever its case. */
    contains?: string | null
    /** The edge that looks after it. */
    edge?: string | null
    /** Whether it may be used. */
    enabled?: boolean | null
    /** Whether the last search that should have found it did not. */
    gone?: boolean | null
    /** Applications in the page. Default 100. */
    limit?: number | null
    /** ProductUri. */
    productUri?: string | null
    /** The site. */
    site?: string | null
    /** SHA-1 of its certificate, hexadecimal. */
    thumbprint?: string | null
  }): Promise<ApplicationsResponse>
  /**
   * Has an endpoint no longer used.
   *
   * Needs the role operator. It is recorded.
   */
  deactivate(request: {
    /** Its id. */
    endpoint: string
    /** The revision that it must have; `conflict` if it was changed since. Any where there is none. */
    revision?: Revision | null
  }): Promise<RecordedEndpoint>
  /**
   * Says whether an application belongs to the plant. The endpoints of one that does not are deactivated.
   *
   * Needs the role approver. It is recorded.
   */
  decideApplication(request: {
    /** Its id. */
    application: string
    /** `approved`, `rejected`, or `discovered` to take a decision back. */
    approval: Approval
    /** The revision that was looked at; `conflict` if it was changed since. Any where there is none. */
    revision?: Revision | null
  }): Promise<registry_ApplicationWithEndpoints>
  /**
   * Says whether an edge belongs to the plant. Until then nothing is sent to it.
   *
   * Needs the role administrator. It is recorded.
   */
  decideEdge(request: {
    /** `approved`, `rejected`, or `discovered` to take a decision back. */
    approval: Approval
    /** Its id. */
    edge: string
    /** The key that was compared with what the edge shows; `conflict` where the edge announces another one. */
    placeKey: string
  }): Promise<RecordedEdge>
  /**
   * Deletes an application with its endpoints. A search that finds it again enters it as new.
   *
   * Needs the role approver. It is recorded.
   */
  deleteApplication(request: {
    /** Its id. */
    application: string
    /** The revision that it must have; `conflict` if it was changed since. Any where there is none. */
    revision?: Revision | null
  }): Promise<Removed>
  /**
   * Lets an application no longer be used; its endpoints are deactivated.
   *
   * Needs the role approver. It is recorded.
   */
  disable(request: {
    /** Its id. */
    application: string
    /** The revision that it must have; `conflict` if it was changed since. Any where there is none. */
    revision?: Revision | null
  }): Promise<registry_ApplicationWithEndpoints>
  /**
   * Edges, page by page.
   *
   * Needs the role reader.
   */
  edges(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** What was decided about it. */
    approval?: Approval | null
    /** One of its capabilities: `discovery`. */
    capability?: string | null
    /** Whether it is there. */
    connected?: boolean | null
    /** Edges in the page. Default 100. */
    limit?: number | null
    /** The site. */
    site?: string | null
  }): Promise<EdgesResponse>
  /**
   * Lets an application be used again; its endpoints stay deactivated.
   *
   * Needs the role approver. It is recorded.
   */
  enable(request: {
    /** Its id. */
    application: string
    /** The revision that it must have; `conflict` if it was changed since. Any where there is none. */
    revision?: Revision | null
  }): Promise<registry_ApplicationWithEndpoints>
  /**
   * An endpoint.
   *
   * Needs the role reader.
   */
  endpoint(request: {
    /** Its id. */
    endpoint: string
  }): Promise<RecordedEndpoint>
  /**
   * Endpoints, page by page.
   *
   * Needs the role reader.
   */
  endpoints(request?: {
    /** Whether somebody wants it to be used. */
    activated?: boolean | null
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** The id of its application. */
    application?: string | null
    /** What an URL contains, whatever its case. */
    contains?: string | null
    /** The edge through which it is used. */
    edge?: string | null
    /** Whether the last search that should have found it did not. */
    gone?: boolean | null
    /** Endpoints in the page. Default 100. */
    limit?: number | null
    /** `None`, `Sign` or `SignAndEncrypt`. */
    securityMode?: string | null
    /** URI of the security policy. */
    securityPolicyUri?: string | null
    /** The site. */
    site?: string | null
    /** SHA-1 of its certificate, hexadecimal. */
    thumbprint?: string | null
    /** The URL that reaches it, whatever its case. */
    url?: string | null
  }): Promise<EndpointsResponse>
  /**
   * Deletes applications and endpoints that have been gone for long; rejected applications stay.
   *
   * Needs the role approver. It is recorded.
   */
  purge(request: {
    /** How long it must not have been seen, in minutes. */
    notSeenForMinutes: number
    /** Only tells what would be deleted. */
    dryRun?: boolean
  }): Promise<PurgeResponse>
  /**
   * Names a site, or renames it.
   *
   * Needs the role administrator. It is recorded.
   */
  putSite(request: {
    /** For people. */
    name: string
    /** Its id, which edges are told to be at. */
    site: string
    /** The revision that it must have; `conflict` if it was changed since. Any where there is none. */
    revision?: Revision | null
  }): Promise<RecordedSite>
  /**
   * Has an endpoint that was taken over no longer used. It can be asked again.
   *
   * Needs the role approver. It is recorded.
   */
  release(request: {
    /** Its id. */
    endpoint: string
  }): Promise<ReleaseResponse>
  /**
   * Forgets an edge; what it uses is moved to others of its site. It is offered again when it announces itself.
   *
   * Needs the role administrator. It is recorded.
   */
  removeEdge(request: {
    /** Its id. */
    edge: string
  }): Promise<Removed>
  /**
   * Forgets a site at which nothing is on record.
   *
   * Needs the role administrator. It is recorded.
   */
  removeSite(request: {
    /** Its id. */
    site: string
  }): Promise<Removed>
  /**
   * A search with what it changed.
   *
   * Needs the role reader.
   */
  run(request: {
    /** Its id. */
    run: string
  }): Promise<RecordedRun>
  /**
   * Searches, page by page.
   *
   * Needs the role reader.
   */
  runs(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** The edge that searches. */
    edge?: string | null
    /** Searches in the page. Default 100. */
    limit?: number | null
    /** How far it is. */
    state?: RunState | null
  }): Promise<RecordedRunsResponse>
  /**
   * Sites, page by page.
   *
   * Needs the role reader.
   */
  sites(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** Sites in the page. Default 100. */
    limit?: number | null
  }): Promise<SitesResponse>
  /**
   * Changes what an application is called and where it stands. What is set here, searches leave as it is.
   *
   * Needs the role operator. It is recorded.
   */
  updateApplication(request: {
    /** Its id. */
    application: string
    /** For people. */
    applicationName?: string | null
    /** What it can do, by the identifiers of OPC 10000-12 Annex D. */
    capabilities?: string[] | null
    /** Where its endpoints can be asked for. */
    discoveryUrls?: string[] | null
    /** The product. */
    productUri?: string | null
    /** The revision that it must have; `conflict` if it was changed since. Any where there is none. */
    revision?: Revision | null
    /** The site; `null` that of its edge. */
    site?: string | null
  }): Promise<registry_ApplicationWithEndpoints>
  /**
   * What changes on record, as it does. Who wants all of it begins to watch before it lists.
   *
   * Needs the role reader.
   */
  watch(request?: {
    /** The sequence behind which to begin. Without one, from now on. */
    after?: number | null
    /** Of which records; of all where empty. */
    kinds?: RecordKind[]
  }): Stream<RegistryUpdate>
}
/** The operations of `twin`, each of one endpoint. */
export class TwinOperations extends Face {
  /**
   * Says of events of alarms that somebody has seen them.
   *
   * Needs the role operator. It is recorded.
   */
  acknowledge(request: {
    /** The events, at most 1,000. */
    events: (ConditionEvent | string)[]
    /** What all requests have in common. The first locale is that of the comments. */
    header?: Header
  }): Promise<ConditionResponse>
  /**
   * Comments on events of conditions.
   *
   * Needs the role operator. It is recorded.
   */
  addComment(request: {
    /** The events, at most 1,000. */
    events: (ConditionEvent | string)[]
    /** What all requests have in common. The first locale is that of the comments. */
    header?: Header
  }): Promise<ConditionResponse>
  /**
   * The alarms of the server as they are now.
   *
   * Needs the role reader.
   */
  alarms(request?: {
    /** What all requests have in common. */
    header?: Header
  }): Promise<AlarmsResponse>
  /**
   * The references of nodes, to the end or page by page.
   *
   * Needs the role reader.
   */
  browse(request: {
    /** Where to begin. */
    nodes: string[]
    /** Which way the references go. */
    direction?: Direction
    /** What all requests have in common. */
    header?: Header
    /** At most so many references of each node, and a token for more. Without it they are fetched to the end. */
    maxReferences?: number | null
    /** Only nodes of these classes; all where empty. */
    nodeClasses?: NodeClass[]
    /** Only references of this type. Default all hierarchical ones (`i=33`). */
    referenceType?: string | null
    /** Only what this view shows. */
    view?: View | null
    /** Leaves out references of its subtypes. */
    withoutSubtypes?: boolean
  }): Promise<BrowseResponse>
  /**
   * The next pages of a browse, or the end of it.
   *
   * Needs the role reader.
   */
  browseNext(request: {
    /** What the pages before said. */
    tokens: string[]
    /** What all requests have in common; the locales must be those of the first request. */
    header?: Header
    /** No more is wanted: the server may forget where it was. */
    release?: boolean
  }): Promise<BrowseResponse>
  /**
   * Calls methods.
   *
   * Needs the role operator. It is recorded.
   */
  call(request: {
    /** The calls, at most 1,000. */
    calls: MethodCall[]
    /** How outputs are written. */
    encoding?: ValueEncoding
    /** What all requests have in common. */
    header?: Header
  }): Promise<CallResponse>
  /**
   * What the server is and what it can take.
   *
   * Needs the role reader.
   */
  capabilities(request?: {
    /** What all requests have in common. */
    header?: Header
  }): Promise<CapabilitiesResponse>
  /**
   * Says of events of alarms that what was to be done is done.
   *
   * Needs the role operator. It is recorded.
   */
  confirm(request: {
    /** The events, at most 1,000. */
    events: (ConditionEvent | string)[]
    /** What all requests have in common. The first locale is that of the comments. */
    header?: Header
  }): Promise<ConditionResponse>
  /**
   * The connections that there are with the server.
   *
   * Needs the role reader.
   */
  connection(): Promise<ConnectionResponse>
  /**
   * All nodes below others, as they are found.
   *
   * Needs the role reader.
   */
  crawl(request?: {
    /** What all requests have in common. */
    header?: Header
    /** Levels below the start, up to 1,000. Default 1,000. */
    maxDepth?: number | null
    /** It ends when so many nodes were found, told or not, up to 5,000,000. Default 1,000,000. */
    maxNodes?: number | null
    /** Only nodes of these classes are told; all where empty. The way goes through the others too. */
    nodeClasses?: NodeClass[]
    /** Where to begin, at most 1,000 nodes. Default the Objects folder (`i=85`). */
    nodes?: string[]
    /** Requests that may be under way at a time, up to 8, which is the default; all crawls of a server together have 8 too. */
    parallel?: number | null
    /** Tells of each node the way to it. */
    paths?: boolean
    /** The references that are followed, with their subtypes, at most 10 types. Default all hierarchical ones (`i=33`). */
    referenceTypes?: string[]
    /** Only what this view shows. */
    view?: View | null
  }): Stream<CrawlBatch>
  /**
   * What the server counts: sessions, subscriptions, requests.
   *
   * Needs the role reader.
   */
  diagnostics(request?: {
    /** How values are written. */
    encoding?: ValueEncoding
    /** What all requests have in common. */
    header?: Header
    /** Tells of each session too; many servers tell that administrators alone. */
    sessions?: boolean
    /** Tells of each subscription too. */
    subscriptions?: boolean
  }): Promise<DiagnosticsResponse>
  /**
   * Lets conditions no longer report.
   *
   * Needs the role operator. It is recorded.
   */
  disable(request: {
    /** The nodes of the conditions, at most 1,000. */
    conditions: string[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<ConditionResponse>
  /**
   * Closes the connections with the server; calls that are under way there fail.
   *
   * Needs the role operator. It is recorded.
   */
  disconnect(): Promise<DisconnectResponse>
  /**
   * Lets conditions report again.
   *
   * Needs the role operator. It is recorded.
   */
  enable(request: {
    /** The nodes of the conditions, at most 1,000. */
    conditions: string[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<ConditionResponse>
  /**
   * Makes, deletes, moves and copies files and directories.
   *
   * Needs the role operator. It is recorded.
   */
  fileChange(request: {
    /** What to change, in this order, at most 100 changes. */
    changes: FileChange[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<FileChangeResponse>
  /**
   * What lies in directories.
   *
   * Needs the role reader.
   */
  fileList(request: {
    /** The directories, at most 100; also any other object that has files. */
    directories: string[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<FileListResponse>
  /**
   * Reads a file, or a part of it.
   *
   * Needs the role reader.
   */
  fileRead(request: {
    /** The file. */
    file: string
    /** What all requests have in common. */
    header?: Header
    /** At most so many bytes, up to 8 MiB, which is the default. */
    length?: number | null
    /** From this byte on. */
    offset?: number
  }): Promise<FileReadResponse>
  /**
   * Writes a file, or a part of it.
   *
   * Needs the role operator. It is recorded.
   */
  fileWrite(request: {
    /** The bytes in base64, at most 8 MiB of them. */
    data: string
    /** The file. */
    file: string
    /** What all requests have in common. */
    header?: Header
    /** Where the bytes go. */
    place?: WritePlace
  }): Promise<FileWriteResponse>
  /**
   * Stored values and events: raw, modified, processed, or at given times.
   *
   * Needs the role reader.
   */
  historyRead(request: {
    /** Which values. */
    details: HistoryDetails
    /** The nodes, at most 100. */
    nodes: string[]
    /** How values are written. */
    encoding?: ValueEncoding
    /** What all requests have in common. */
    header?: Header
    /**
     * At most so many values of each node, up to 100,000, and a million of all nodes. Default 10,000. They are fetched up to there, in as many answers
     * as the server likes.
     */
    maxValues?: number | null
  }): Promise<HistoryReadResponse>
  /**
   * Changes stored values and events.
   *
   * Needs the role operator. It is recorded.
   */
  historyUpdate(request: {
    /** What to change, in this order, at most 100 changes. */
    changes: HistoryChange[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<HistoryUpdateResponse>
  /**
   * What methods take and return.
   *
   * Needs the role reader.
   */
  method(request: {
    /** The methods, at most 1,000. */
    methods: string[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<MethodResponse>
  /**
   * All that is known of nodes: attributes, type definition, data type.
   *
   * Needs the role reader.
   */
  node(request: {
    /** The nodes, at most 1,000. */
    nodes: string[]
    /** How values are written. */
    encoding?: ValueEncoding
    /** What all requests have in common. */
    header?: Header
  }): Promise<NodeResponse>
  /**
   * Values and other attributes.
   *
   * Needs the role reader.
   */
  read(request: {
    /** What to read. */
    nodes: (ReadItem | string)[]
    /**
     * How long ago the value may have been read for somebody else, in milliseconds, up to a day; the answer says how long it
     * was. Default 0: the server is asked. What is changed through the same twin is not remembered from before, and with an
     * elevation nothing is.
     */
    cacheMs?: number
    /** How values are written. */
    encoding?: ValueEncoding
    /** What all requests have in common. */
    header?: Header
    /** How old a value may be that the server has at hand, in milliseconds. Default 0: it looks anew. */
    maxAgeMs?: number
    /** Which timestamps are wanted. */
    timestamps?: Timestamps
  }): Promise<ReadResponse>
  /**
   * Answers dialogs of the server.
   *
   * Needs the role operator. It is recorded.
   */
  respond(request: {
    /** The answers, at most 1,000. */
    responses: DialogResponse[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<ConditionResponse>
  /**
   * Puts alarms aside, for a time or until they end.
   *
   * Needs the role operator. It is recorded.
   */
  shelve(request: {
    /** The alarms, at most 1,000. */
    alarms: (ShelvedAlarm | string)[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<ConditionResponse>
  /**
   * Whether the server can be reached, and why not.
   *
   * Needs the role reader.
   */
  testConnection(request?: {
    /** What all requests have in common. */
    header?: Header
  }): Promise<TestConnectionResponse>
  /**
   * Where browse paths lead.
   *
   * Needs the role reader.
   */
  translate(request: {
    /** The paths, at most 1,000. */
    paths: BrowsePath[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<TranslateResponse>
  /**
   * Takes alarms back that were put aside.
   *
   * Needs the role operator. It is recorded.
   */
  unshelve(request: {
    /** The nodes of the conditions, at most 1,000. */
    conditions: string[]
    /** What all requests have in common. */
    header?: Header
  }): Promise<ConditionResponse>
  /**
   * The alarms of the server, and what happens to them.
   *
   * Needs the role reader.
   */
  watchAlarms(request?: {
    /** Go on behind this sequence instead of beginning with all alarms. */
    after?: number | null
    /** What all requests have in common. The time is that to the first update. */
    header?: Header
  }): Stream<AlarmUpdate>
  /**
   * Events as they happen.
   *
   * Needs the role reader.
   */
  watchEvents(request?: {
    /** Go on behind this sequence. */
    after?: number | null
    /** Which events. Default all. */
    condition?: EventCondition | null
    /** How fields are written. */
    encoding?: ValueEncoding
    /** Which fields of them. Default those of BaseEventType (OPC 10000-5 §6.4.2). */
    fields?: EventField[]
    /** What all requests have in common. The time is that to the first update. */
    header?: Header
    /** Whose events. Default those of the whole server (`i=2253`). */
    notifier?: string | null
    /** Events that the server keeps between two looks. Default as many as it likes. */
    queueSize?: number | null
  }): Stream<EventUpdate>
  /**
   * Values as they change.
   *
   * Needs the role reader.
   */
  watchValues(request: {
    /** What to watch. */
    nodes: (WatchedItem | string)[]
    /** Go on behind this sequence instead of beginning with the present values. */
    after?: number | null
    /** How values are written. */
    encoding?: ValueEncoding
    /** What all requests have in common. The time is that to the first update. */
    header?: Header
    /** How often the server sends, in milliseconds. Default 1,000. */
    publishingIntervalMs?: number | null
  }): Stream<ValueUpdate>
  /**
   * Writes values and other attributes.
   *
   * Needs the role operator. It is recorded.
   */
  write(request: {
    /** What to write. */
    nodes: WriteItem[]
    /** How values are written that are read back. */
    encoding?: ValueEncoding
    /** What all requests have in common. */
    header?: Header
    /** Reads what was written, as the server has it afterwards. */
    readBack?: boolean
  }): Promise<WriteResponse>
}
