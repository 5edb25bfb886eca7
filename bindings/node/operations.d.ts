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
/** What a certificate may say of an application: what is on record of it, whatever it asks for. */
export interface Applicant {
  /** The id of its record. */
  application: string
  /** The common name of its certificate. */
  applicationName: string
  /** Server, client or both: what its key may be used for. */
  applicationType: ApplicationType
  /** The ApplicationUri: the only URI of its certificate. */
  applicationUri: string
  /** The hosts of its DiscoveryUrls, names and addresses, each once; those that it may be reached by. */
  hosts: string[]
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
/** Who must agree. */
export type ApprovalPolicy = ApprovalPolicyAutomatic | VotePolicy & ApprovalPolicyVotesVotes
export interface ApprovalPolicyAutomatic {
  kind: 'automatic'
}
export interface ApprovalPolicyVotesVotes {
  kind: 'votes'
}
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
/** What a signing request asks for. */
export interface Asked {
  /** What kind of key it has. */
  key: KeyAlgorithm
  /** SHA-256 over the key (SubjectPublicKeyInfo), hexadecimal, to compare with what the application shows. */
  keySha256: string
  /** The subject that it asks for; the certificate has that of the record. */
  subject: string
  /** The hosts that it asks for and will not have, since they are not on record. */
  unrecordedHosts: string[]
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
/** The first entry that is not as it was written. */
export interface AuditFinding {
  /** What is wrong with it. */
  message: string
  /** Its number. */
  number: number
}
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
  /**
   * SHA-256 of the request's body, in hexadecimal digits; where it holds secrets, of what is left without them, see
   * [`recordable`](crate::operation::recordable).
   */
  request: string
  /** What that one may do; absent for a command on the machine itself. */
  role?: Role | null
  /** 1, 2, 3 … */
  sequence: number
  /** When it was written. */
  time: UtcTime
}
/** Entries, in order. */
export interface AuditResponse {
  /** Those of the page. */
  entries: RecordedEntry[]
  /** The number of the last entry there is. */
  newest: number
  /** Where the next page begins, if there is one. */
  next?: number | null
}
/** Authorities, ordered by id. */
export interface AuthoritiesResponse {
  /** All of them. */
  authorities: RecordedAuthority[]
}
/** Which key an authority has. */
export type AuthorityKey = 'rsa2048' | 'rsa3072' | 'rsa4096' | 'nistP256' | 'nistP384' | 'brainpoolP256r1' | 'brainpoolP384r1'
/** An authority with its chain. */
export interface AuthorityWithChain {
  /** The authority. */
  authority: RecordedAuthority
  /** Its certificate and those of the authorities above it, the root last. Empty while it is being made. */
  chain: Der[]
}
/** What a list of alarms is made of. */
export type Basis = 'refresh' | 'nodes' | 'events'
/** What is believed. */
export interface Believed {
  /** The time. */
  time: UtcTime
}
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
/** A group of certificates that are made by the same rules. */
export interface CertificateGroup {
  /** Who must agree to a request. */
  approval: ApprovalPolicy
  /** The issuing authority. */
  authority: string
  /** The types that an application may have, one certificate each. */
  certificateTypes: CertificateType[]
  /** Its id. */
  id: string
  /** Which keys are good enough. */
  keys: KeyRules
  /** What its certificates are for. */
  purpose: Purpose
  /** For so many days a certificate is valid, 1 to 3,650; never longer than that of its issuer. */
  validDays: number
}
/** Somebody wants a certificate for an application. */
export interface CertificateRequest {
  /**
   * For which application, as it was on record when it was asked for: what is approved is what is issued, whatever
   * becomes of the record meanwhile.
   */
  applicant: Applicant
  /** When. */
  at: UtcTime
  /** The type of the certificate. */
  certificateType: CertificateType
  /** The certificate group. */
  group: string
  /** Its id. */
  id: string
  /** Who asks. */
  requester: string
  /** How far it is. */
  state: RequestState
  /** What for. */
  wanted: Wanted
}
/** What a certificate is for and which key it has. */
export type CertificateType = 'rsaSha256' | 'nistP256' | 'nistP384' | 'brainpoolP256r1' | 'brainpoolP384r1' | 'https' | 'user'
/** A certificate, for people. */
export interface CertificateView {
  /** Its ApplicationUri. */
  applicationUri?: string | null
  /** The certificate. */
  certificate: Der
  /** SHA-256 of the certificate (DER), hexadecimal. */
  fingerprint: string
  /** From when on it is valid. */
  from: UtcTime
  /** Who has issued it. */
  issuer: string
  /** Whom it names. */
  subject: string
  /** SHA-1 of it, as many devices show it. */
  thumbprint: string
  /** Until when it is valid. */
  until: UtcTime
}
/** A certificate with its chain. */
export interface CertificateWithChain {
  /** The certificate. */
  certificate: Der
  /** The certificates of the authorities above it, the root last. */
  issuers: Der[]
  /** What is on record of it. */
  record: RecordedCertificate
}
/** Certificates, ordered by authority and serial number. */
export interface CertificatesResponse {
  /** Those of the page. */
  certificates: RecordedCertificate[]
  /** Where the next page begins, if there is one. */
  next?: string | null
}
/** How it stands. */
export interface CertificatesStatus {
  /** When this was so. */
  at: UtcTime
  /** The authorities, each with its newest revocation list, whose `alarm` tells that it is late. */
  authorities: RecordedAuthority[]
  /** Keys that were made ahead of time, in this process. */
  keysAhead: number
  /** Keys that wait to be fetched, in this process. */
  keysHeld: number
  /** Proposals that nobody has decided yet. */
  proposalsWaiting: number
  /** Requests that nobody has decided yet. */
  requestsWaiting: number
  /** Applications whose newest certificate in a group ends soonest, 20 at most, the first to end first. */
  soonest: Expiring[]
  /** How many of the newest certificates have two thirds of their life behind them. */
  toRenew: number
  /** What is on record and not signed yet: more than a few for long means that a key cannot be used. */
  unfinished: number
  /** Certificates of applications that are valid and not revoked. */
  valid: number
}
/** Something that was done: an entry of the audit record, without its details. */
export interface CertificatesUpdate {
  /** What: `request.submitted`, `certificate.issued`, `revocationList.signed`. */
  action: string
  /** When. */
  at: UtcTime
  /** Who. */
  by: string
  /** Its number in the audit record, for `after`. */
  sequence: number
  /** To what: the id of a record, `AUTHORITY/SERIAL` of a certificate, `AUTHORITY#NUMBER` of a revocation list. */
  subject: string
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
/** Yes or no. */
export type Choice = 'approve' | 'reject'
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
/**
 * How often revocation lists are published and for how long they hold.
 *
 * A plant stops when its lists expire, so they hold for much longer than the time to the next one.
 */
export interface CrlRules {
  /** A new one is made after so many hours, 1 to 168. */
  reissueHours: number
  /** One holds for so many days, 30 to 3,650. */
  validDays: number
}
/** An elliptic curve. */
export type Curve = 'nistP256' | 'nistP384' | 'brainpoolP256r1' | 'brainpoolP384r1'
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
export type Der = string
/** Where a device differs from what was pushed to it, or did not do what it must. */
export interface Deviation {
  /** What should be there. */
  expected: string
  /** What is there. */
  found: string
  /** The step that tells. */
  step: devices_Step
}
/** What is to be said of a device. */
export type DeviceChange = DeviceChangeState | DeviceChangeRemoved
export interface DeviceChangeRemoved {
  /** Its id. */
  device: string
  is: 'removed'
}
export interface DeviceChangeState {
  is: 'state'
  /** The device. */
  view: DeviceView
}
/** Who administrates a device. */
export type DeviceIdentity = DeviceIdentityAnonymous | DeviceIdentityUserName | DeviceIdentityCertificate
export interface DeviceIdentityAnonymous {
  kind: 'anonymous'
}
export interface DeviceIdentityCertificate {
  kind: 'certificate'
  /** The name in the certificate. */
  subject: string
}
export interface DeviceIdentityUserName {
  kind: 'userName'
  /** The name. */
  user: string
}
/** How a device is reached and what it is given. */
export interface DeviceSettings {
  /** Whether it is given what it should have by itself; else only when somebody asks for it. Default true. */
  automatic?: boolean
  /** The certificate group that its certificates come from. Default `DefaultApplicationGroup`. */
  certificateGroup?: string
  /** The type of its certificate. */
  certificateType: CertificateType
  /** The browse name of the certificate group at the device. Default `DefaultApplicationGroup`. */
  deviceGroup?: string
  /** Where it listens: `opc.tcp://press:4840`. */
  endpointUrl: string
  /** Who administrates it. */
  identity: DeviceIdentity
  /** Whether it gets certificates. Default true. */
  managesCertificate?: boolean
  /** Whether it gets trust lists. Default true. */
  managesTrustList?: boolean
  /**
   * Whether it makes a new key for each certificate. Not where people vote on certificates: the key lives no longer than
   * the session, and some devices lose it when they restart. Default false.
   */
  newKey?: boolean
}
/** How it stands with a device. */
export type DeviceState = 'unconfirmed' | 'managed' | 'outOfDate' | 'waitingForVotes' | 'pushing' | 'failed' | 'deviating'
/** The state of a device. */
export interface DeviceUpdate {
  /** The device. */
  change: DeviceChange
  /** The entry of the audit record up to which it holds, for `after`: it rises. */
  sequence: number
}
/** A device and how it stands with it. */
export interface DeviceView {
  /** Who has confirmed its first one. */
  confirmedBy?: string | null
  /** Its id. */
  device: string
  /** What it should have and has not, or what is wrong, as sentences; the first 50. */
  differences: string[]
  /** Pushes in a row that have failed. */
  failures: number
  /** When it is tried again by itself. */
  nextAttempt?: UtcTime | null
  /** Since when it should have something else than it has, as far as that is known. */
  outOfDateSince?: UtcTime | null
  /** The certificate that is known to be its own. */
  pin?: CertificateView | null
  /** The last push. */
  push?: PushView | null
  /** When its certificate is to be renewed; none where it gets none. */
  renewAt?: UtcTime | null
  /** The revision of its settings. */
  revision: number
  /** The roll-out that it belongs to: nothing else is pushed to it meanwhile. */
  rollOut?: string | null
  /** How it is reached and what it is given. */
  settings: DeviceSettings
  /** How it stands. */
  state: DeviceState
}
/** Devices, ordered by id. */
export interface DevicesResponse {
  /** Those of the page. */
  devices: DeviceView[]
  /** Where the next page begins, if there is one. */
  next?: string | null
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
/** SHA-256 of something that is voted on, hexadecimal in lower case. */
export type Digest = string
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
/** What a relation does. */
export type Effect = 'allow' | 'except'
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
/** What became of it. */
export interface EnrollResponse {
  /** The id of the application on record. */
  application: string
  /** How far it is. */
  outcome: Enrolled
  /** The id of the request. */
  request: string
}
/** How far a request of an application is. */
export type Enrolled = IssuedCertificate & EnrolledIssuedIssued | EnrolledPending | EnrolledRejected
export interface EnrolledIssuedIssued {
  kind: 'issued'
}
export interface EnrolledPending {
  /** How many have agreed. */
  approved: number
  kind: 'pending'
  /** How many must; 0 while it is being made. */
  needed: number
}
export interface EnrolledRejected {
  kind: 'rejected'
  /** Why, as that person has put it. */
  reason: string
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
/** The newest certificate of an application in a group. */
export interface Expiring {
  /** The application. */
  application: string
  /** So many days are left. */
  daysLeft: number
  /** The certificate group. */
  group: string
  /** The id of its authority. */
  issuer: string
  /** Its serial number. */
  serial: string
  /** When it ends. */
  until: UtcTime
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
/** What was made. */
export interface FinishResponse {
  /** The certificate. */
  certificate: Der
  /** The id of the authority. */
  issuer: string
  /** The certificates of the authorities above it, the root last. */
  issuers: Der[]
  /** The key, if one was made: a PKCS #12 file with the certificate, or the text of a PEM file, encrypted with the password. */
  privateKey?: Der | null
  /** The serial number, hexadecimal, lower case. */
  serial: string
}
/** What became of a device in a roll-out. */
export type FleetMember = 'managed' | 'failed' | 'takenBack' | 'notTakenBack'
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
/** Certificate groups, ordered by id. */
export interface GroupsResponse {
  /** All of them. */
  groups: RecordedGroup[]
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
/** An invitation for one application with one key. */
export interface Invitation {
  /** The id of the application on record; absent until one has come. */
  application?: string | null
  /** When. */
  at: UtcTime
  /** Who has invited. */
  by: string
  /** The certificate group. */
  group: string
  /** Its id. */
  id: string
  /** The key that it is bound to since its first use: SHA-256 of its SubjectPublicKeyInfo, hexadecimal. */
  key?: string | null
  /** What it is for, for people. */
  note?: string
  /** How often somebody came with its token and another key: who else may have the token? */
  refused: number
  /** The newest request for a certificate. */
  request?: string | null
  /** How far it is. */
  state: InvitationState
  /** Until when the token can be used for the first time. */
  until: UtcTime
  /** When it was first used. */
  used?: UtcTime | null
}
/** How far an invitation is. */
export type InvitationState = 'open' | 'used' | 'expired' | 'withdrawn'
/** Invitations, ordered by id. */
export interface InvitationsResponse {
  /** Those of the page; there may be fewer than asked for. */
  invitations: Invitation[]
  /** Where the next page begins, if there is one. */
  next?: string | null
}
/** An invitation with its token. */
export interface Invited {
  /** The invitation. */
  invitation: Invitation
  /** What the application shows, as an API key. Nobody can ask for it again. */
  token: Token
}
/** A certificate with those above it. */
export interface IssuedCertificate {
  /** The certificate (DER). */
  certificate: Der
  /** The authorities above it (DER), its issuer first, the root last. */
  issuers: Der[]
  /** From when on it is valid. */
  validFrom: UtcTime
  /** Until when it is valid. */
  validUntil: UtcTime
}
/** What became of one thing. */
export interface ItemResult {
  /** How many entries or nodes it changed. */
  changed: number
  /** Why it changed nothing; absent where it was done. */
  error?: string | null
}
/** The key of a certificate. */
export type KeyAlgorithm = KeyAlgorithmRsa | KeyAlgorithmEc
export interface KeyAlgorithmEc {
  ec: Curve
}
export interface KeyAlgorithmRsa {
  rsa: number
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
/** Which keys are good enough for a group, within what the type of the certificate allows. */
export interface KeyRules {
  /** Which curves there may be. */
  curves: Curve[]
  /** RSA keys have at least so many bits. */
  leastRsaBits: number
  /** RSA keys have at most so many bits: old devices take no longer ones. */
  mostRsaBits: number
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
/** An authority that somebody wants. */
export interface NewAuthority {
  /** Its name, which no other one has: devices tell authorities apart by their names. */
  commonName: string
  /** When it publishes revocation lists. A new one every day, each for 30 days, where nothing is said. */
  crl?: CrlRules
  /** Where its revocation list is found; stands in the certificates that it issues. */
  crlUrls?: string[]
  /** The trust group that it is for alone; none if it issues certificates for all. */
  group?: string | null
  /** Its id: letters, digits, `-`, `_` and `.`. */
  id: string
  /** The authority that issues its certificate; none for a root. */
  issuer?: string | null
  /** Where its certificate is found; stands in the certificates that it issues. */
  issuerUrls?: string[]
  /** Which key it gets. */
  key: AuthorityKey
  /** The organization. */
  organization: string
  /** The authority whose place it takes. Until it is activated it issues nothing, but is trusted already. */
  replaces?: string | null
  /** For so many days its certificate is valid; never longer than that of its issuer. */
  validDays: number
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
/**
 * Who must agree to changes of authorities, groups and this policy, and to revocations.
 *
 * Nobody but the one who wants it, where nothing is said: otherwise nobody could set up the first authority. Whoever sets
 * a policy with votes cannot take it back alone.
 */
export interface OfficePolicy {
  /** To changes of authorities and groups, to the end of an authority, and to changes of this policy. */
  changes: ApprovalPolicy
  /**
   * To revocations of the certificates of applications. They are urgent: more than one vote costs the time in which a
   * stolen key is good.
   */
  revocations: ApprovalPolicy
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
/** One application or several. */
export type Party = PartyApplication | PartyGroup
export interface PartyApplication {
  application: string
}
export interface PartyGroup {
  group: string
}
export type Password = string
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
/** What a device presents. */
export interface PresentedResponse {
  /** The certificates at its endpoints with encryption, each once; most devices have one. */
  certificates: CertificateView[]
}
/** What is searched where a plan names no addresses or no ports. */
export type Preset = 'off' | 'local' | 'fast' | 'network' | 'scan'
/** How a private key is delivered. */
export type PrivateKeyFormat = 'pfx' | 'pem'
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
/** Something that somebody wants to be done, and that others may have to agree to. */
export interface Proposal {
  /** When he said so. */
  at: UtcTime
  /** What is to be done. */
  change: certificates_Change
  /** Its id. */
  id: string
  /** Why, for people. */
  reason?: string
  /** Who wants it. */
  requester: string
  /** How far it is. */
  state: ProposalState
}
/** How far a proposal is, as it is looked for. */
export type ProposalStage = 'new' | 'approved' | 'done' | 'failed' | 'rejected'
/** How far a proposal is. */
export type ProposalState = ProposalStateNew | ProposalStateApproved | ProposalStateDone | ProposalStateFailed | ProposalStateRejected
export interface ProposalStateApproved {
  /** By whom; by nobody where nobody had to be asked. */
  by: string[]
  kind: 'approved'
  /** The policy that it met. */
  policy: ApprovalPolicy
}
export interface ProposalStateDone {
  /** Who had approved it. */
  by: string[]
  kind: 'done'
}
export interface ProposalStateFailed {
  kind: 'failed'
  /** Why. */
  reason: string
}
export interface ProposalStateNew {
  kind: 'new'
}
export interface ProposalStateRejected {
  /** By whom. */
  by: string
  kind: 'rejected'
  /** Why. */
  reason: string
}
/** Proposals, ordered by id. */
export interface ProposalsResponse {
  /** Where the next page begins, if there is one. */
  next?: string | null
  /** Those of the page. */
  proposals: RecordedProposal[]
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
/** What certificates are for. */
export type Purpose = 'application' | 'https' | 'userToken'
/** A push, as far as it is. */
export interface PushView {
  /** Whether it brings a certificate. */
  bringsCertificate: boolean
  /** Whether it brings a trust list. */
  bringsTrustList: boolean
  /** What the device did otherwise than it should. */
  deviations: Deviation[]
  /** Which of the device's. */
  number: number
  /** The request on which people must vote. */
  request?: string | null
  /** What became of its old trust list. */
  rollBack?: RollBack | null
  /** Since when. */
  since: UtcTime
  /** What comes next, or how it ended. */
  step: devices_Step
  /** What went wrong last. */
  trouble?: Trouble | null
}
/** What a trust list holds (TrustListDataType, OPC 10000-12 §7.8.2.6). */
export interface PushedLists {
  /** Authorities that complete chains and are not trusted by themselves. */
  issuerCertificates?: Der[]
  /** Their revocation lists. */
  issuerCrls?: Der[]
  /** Applications and authorities that are trusted. */
  trustedCertificates?: Der[]
  /** Revocation lists of trusted authorities. */
  trustedCrls?: Der[]
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
/** An authority as it stands on record. */
export interface RecordedAuthority {
  /** Its name in certificates. */
  commonName: string
  /** When it publishes revocation lists. */
  crl: CrlRules
  /** Where its revocation list is found, as its certificates say. */
  crlUrls: string[]
  /** From when on its certificate is valid. None while it is being made. */
  from?: UtcTime | null
  /** The trust group that it is for alone. */
  group?: string | null
  /** Its id. */
  id: string
  /** The authority that issued its certificate; none for a root. */
  issuer?: string | null
  /** Where its certificate is found, as its certificates say. */
  issuerUrls: string[]
  /** Its organization in certificates. */
  organization: string
  /** The authority whose place it takes. */
  replaces?: string | null
  /** The newest revocation list. None before the first one is signed. */
  revocationList?: RevocationListState | null
  /** The serial number of its certificate, hexadecimal. */
  serial: string
  /** How far it is. */
  stage: Stage
  /** The authority that takes its place. */
  successor?: string | null
  /** Until when its certificate is valid. None while it is being made. */
  until?: UtcTime | null
}
/** A certificate as it stands on record. */
export interface RecordedCertificate {
  /** The application; empty for that of an authority. */
  application: string
  /** From when on it is valid. */
  from: UtcTime
  /** The certificate group; empty for that of an authority. */
  group: string
  /** The id of its authority. */
  issuer: string
  /** The request that it answers; empty where there is none. */
  request: string
  /** When and why it was revoked. */
  revoked?: Revoked | null
  /** Its serial number, hexadecimal, lower case. */
  serial: string
  /** SHA-1 over it, as OPC UA names it, hexadecimal, upper case. Empty for one that was never signed. */
  thumbprint: string
  /** Until when it is valid. */
  until: UtcTime
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
/** An entry of the audit record, exactly as it is kept. */
export interface RecordedEntry {
  /** When, by the clock of the one who did it. */
  at: UtcTime
  /** What was done, exactly the text that the hash covers (JSON). */
  event: string
  /** SHA-256, hexadecimal, over the number, the time, the text and the hash before. */
  hash: string
  /** Its number: 1, 2, 3 … */
  number: number
  /** The hash of the entry before it; empty in the first one. */
  previous: string
}
/** A certificate group as it stands on record. */
export interface RecordedGroup {
  /** The group. */
  group: CertificateGroup
  /** Its revision. */
  revision: number
}
/** The policy of the office as it stands on record. */
export interface RecordedPolicy {
  /** The policy. */
  policy: OfficePolicy
  /** Its revision; none while nobody has said anything, and the default holds. */
  revision?: number | null
}
/** A proposal as it stands on record. */
export interface RecordedProposal {
  /** What a vote on it must name. */
  digest: Digest
  /** How far the approval is; none once it is decided. */
  progress?: certificates_Progress | null
  /** The proposal. */
  proposal: Proposal
  /** The votes, in the order in which they were cast. */
  votes: Vote[]
}
/** A request as it stands on record. */
export interface RecordedRequest {
  /** What is asked for, as whoever votes should see it; of a signing request. */
  asked?: Asked | null
  /** What a vote on it must name: it covers all that will stand in the certificate. */
  digest: Digest
  /** How far the approval is; none once it is decided. */
  progress?: certificates_Progress | null
  /** The request. */
  request: CertificateRequest
  /** The votes, in the order in which they were cast. */
  votes: Vote[]
}
/** A revocation list. */
export interface RecordedRevocationList {
  /** The id of the authority. */
  authority: string
  /** The list itself. */
  revocationList: Der
  /** How it stands with it. */
  state: RevocationListState
}
/** A roll-out as it stands on record. */
export interface RecordedRollOut {
  /** Its revision. */
  revision: number
  /** It. */
  rollOut: RollOutRecord
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
/** The trust graph as it stands on record. */
export interface RecordedTrustGraph {
  /** The graph. */
  graph: TrustGraph
  /** Its revision; 0 before there is one on record. */
  revision: number
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
/** A connection that will not come about. */
export interface Refusal {
  /** Who refuses. */
  by: RefusedBy
  /** Whether it is so already. */
  isSoAlready: boolean
  /** The peer. */
  peer: string
  /** What is wrong. */
  problem: string
  /** What to do about it. */
  remedy: string
  /** The status code, by name. */
  status: string
}
/** Who refuses. */
export type RefusedBy = 'device' | 'peer'
/** A change on record. */
export interface RegistryUpdate {
  /** What has changed. */
  change: RecordChange
  /** The revision of the change, for `after`: it rises, with gaps. None where changes are missing. */
  sequence?: number | null
}
/** What a push would bring about. */
export interface RehearsalResponse {
  /** What would change in its trust list, as sentences; the first 1,000. */
  changes: string[]
  /** Whether it would get a new certificate, and why. */
  newCertificate?: string | null
  /**
   * Connections that would not come about, by the trust lists that are known: those that were pushed, and for others
   * those that they should have.
   */
  refusals: Refusal[]
}
/** Whether clients may talk to servers. */
export interface Relation {
  /** Who talks. */
  client: Party
  /** Whether they may. */
  effect: Effect
  /** To whom. */
  server: Party
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
/** A device that was forgotten. */
export interface RemovedDevice {
  /** Its id. */
  device: string
}
/** How far a request is. */
export type RequestStage = 'new' | 'approved' | 'rejected' | 'failed' | 'issued' | 'accepted'
/** How far a request is. */
export type RequestState = RequestStateNew | RequestStateApproved | RequestStateRejected | RequestStateFailed | RequestStateIssued | RequestStateAccepted
export interface RequestStateAccepted {
  /** The authority. */
  issuer: string
  kind: 'accepted'
  /** The serial number, hexadecimal, lower case. */
  serial: string
}
export interface RequestStateApproved {
  kind: 'approved'
}
export interface RequestStateFailed {
  kind: 'failed'
  /** Why, and what to do. */
  reason: string
  /** What the application is answered. */
  status: StatusCode
}
export interface RequestStateIssued {
  /** The authority. */
  issuer: string
  kind: 'issued'
  /** The serial number, hexadecimal, lower case. */
  serial: string
}
export interface RequestStateNew {
  kind: 'new'
}
export interface RequestStateRejected {
  /** By whom. */
  by: string
  kind: 'rejected'
  /** Why. */
  reason: string
}
/** Requests, ordered by id. */
export interface RequestsResponse {
  /** Where the next page begins, if there is one. */
  next?: string | null
  /** Those of the page. */
  requests: RecordedRequest[]
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
/** How it stands with the newest revocation list of an authority. */
export interface RevocationListState {
  /** So much of its time is over, in percent, where it is so much that somebody must see to it. */
  alarm?: number | null
  /** Until when it holds: devices begin to refuse connections then. */
  nextUpdate: UtcTime
  /** Its number. */
  number: number
  /** From when on it holds. */
  thisUpdate: UtcTime
}
/** Why a certificate was revoked (RFC 5280 §5.3.1). */
export type RevocationReason = 'unspecified' | 'keyCompromise' | 'caCompromise' | 'affiliationChanged' | 'superseded' | 'cessationOfOperation'
/** When and why a certificate was revoked. */
export interface Revoked {
  /** When. */
  at: UtcTime
  /** Why. */
  reason: RevocationReason
}
/** What a principal may do; each includes those before it. */
export type Role = 'applicant' | 'reader' | 'operator' | 'approver' | 'administrator'
/** What became of the saved trust list after a failed read-back. */
export type RollBack = RollBackUnderWay | RollBackDone | RollBackFailed
export interface RollBackDone {
  kind: 'done'
}
export interface RollBackFailed {
  /** Why. */
  because: string
  kind: 'failed'
}
export interface RollBackUnderWay {
  kind: 'underWay'
}
/**
 * A roll-out as far as it is.
 *
 * ```
 * use iiot_gds::push::{FleetMember, RollOut, RollOutAction, RollOutPlan};
 *
 * let fleet = ["press", "lathe", "mill"].map(String::from).to_vec();
 * let begun = RollOut::new(RollOutPlan::default(), fleet);
 * assert_eq!(begun.next(), RollOutAction::Push(vec!["press".into()]));
 * let stopped = begun.finished("press", FleetMember::Failed);
 * assert_eq!(stopped.next(), RollOutAction::Rest);
 * ```
 */
export interface RollOut {
  /** The devices in their order. */
  fleet: string[]
  /** What became of each so far. */
  members: { [name: string]: FleetMember }
  /** How it stands. */
  phase: RollOutPhase
  /** How. */
  plan: RollOutPlan
  /** The wave that is under way. */
  wave: number
}
/** How a roll-out stands. */
export type RollOutPhase = 'underWay' | 'takingBack' | 'stopped' | 'done'
/** How to roll out. */
export interface RollOutPlan {
  /** So many failures are borne in all; one more stops it. Default 0. */
  maxFailures?: number
  /** Pushes at a time. Default 8. */
  parallel?: number
  /** Whether what was done is taken back when it stops. Default true. */
  rollBack?: boolean
  /** How far each wave goes; what is left after the last one is never pushed to. Default: one device, a tenth, all. */
  waves?: WaveSize[]
}
/** What is kept of a roll-out. */
export interface RollOutRecord {
  /** When. */
  at: UtcTime
  /** Who has begun it. */
  by: string
  /** Its id. */
  id: string
  /** The number of the push of each device that was begun, and of the one that takes it back. */
  pushes: { [name: string]: number[] }
  /** Whether its devices are looked after by themselves again. */
  released: boolean
  /** Whether each device gets a new certificate in any case. */
  renew: boolean
  /** How far it is. */
  state: RollOut
  /** Who has stopped it. */
  stoppedBy?: string | null
}
/** Roll-outs, ordered by id. */
export interface RollOutsResponse {
  /** Where the next page begins, if there is one. */
  next?: string | null
  /** Those of the page. */
  rollOuts: RecordedRollOut[]
}
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
/** How far an authority is. */
export type Stage = 'making' | 'prepared' | 'active' | 'retiring' | 'retired'
/** How an application stands. */
export interface Standing {
  /** Its id on record. */
  application: string
  /** Its newest certificate by this invitation. */
  certificate?: IssuedCertificate | null
  /** The trust lists; absent if the application has this revision. */
  lists?: PushedLists | null
  /**
   * Whether it should ask for a new one now: two thirds of its life are over, another authority issues certificates now,
   * or what is on record of the application was changed.
   */
  renew: boolean
  /** The revision of its trust lists: SHA-256 over what they hold; see [`lists_revision`](super::lists_revision). */
  revision: string
  /** Whether that was revoked, and why. */
  revoked?: RevocationReason | null
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
export interface StatusCode {
  Code?: number
  Symbol?: string
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
export type Token = string
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
/** What went wrong. */
export interface Trouble {
  /** When. */
  at: UtcTime
  /** What happened and what to do, for people. */
  message: string
  /** The status code, by name. */
  status: string
  /** At which step. */
  step: devices_Step
}
/**
 * Which client may talk to which server: what no relation allows is not allowed, and an exception stands above all that
 * allow.
 *
 * ```
 * use iiot_gds::trust::{Party, Relation, TrustGraph};
 *
 * let mut graph = TrustGraph::default();
 * graph.groups.insert("line 1".into(), ["press".to_owned(), "oven".to_owned()].into());
 * graph.relations.push(Relation::allow(Party::application("mes"), Party::group("line 1")));
 * graph.relations.push(Relation::except(Party::application("mes"), Party::application("oven")));
 * assert!(graph.allows("mes", "press"));
 * assert!(!graph.allows("mes", "oven") && !graph.allows("press", "mes"));
 * ```
 */
export interface TrustGraph {
  /** Groups of applications, each by its members. An application may be in several. */
  groups: { [name: string]: string[] }
  /** What is allowed, and what is not after all, in any order. */
  relations: Relation[]
}
/** A trust list. */
export interface TrustListResponse {
  /** Tells one content from another: SHA-256, hexadecimal. */
  digest: string
  /** The content. */
  lists: PushedLists
}
/** A vote that does not count. */
export interface UncountedVote {
  /** When it was cast. */
  at: UtcTime
  /** Why it does not count. */
  because: string
  /** Whose. */
  by: string
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
/** What is voted on. */
export type Votable = 'request' | 'proposal'
/** What somebody thinks of a request. */
export interface Vote {
  /** When. */
  at: UtcTime
  /** Who. */
  by: string
  /** What he thinks. */
  choice: Choice
  /** Of what: the [digest](Approvable::digest) of what he has seen. */
  digest: Digest
  /** Why, for people. */
  reason?: string
}
/** How many people must agree, and which. */
export interface VotePolicy {
  /** So many. The one who asks never counts. */
  needed: number
  /** Only these people; all with the role if it is empty. */
  people?: string[]
  /** Who have this role or a higher one, when the votes are counted. */
  role: Role
  /** A vote counts for so many hours. */
  validHours: number
}
/** What was voted on, as it stands now. */
export interface Voted {
  /** The proposal. */
  proposal?: RecordedProposal | null
  /** The request. */
  request?: RecordedRequest | null
}
/** What is asked for. There is no password in it: whoever asks gives it when the key is delivered. */
export type Wanted = WantedSigningRequest | WantedNewKeyPair
export interface WantedNewKeyPair {
  /** The hosts; none for those on record. */
  domainNames: string[]
  /** How the key is to be delivered. */
  format: PrivateKeyFormat
  kind: 'newKeyPair'
  /** The subject, as in `CN=Press,O=Works`; empty for the name on record. */
  subjectName: string
}
export interface WantedSigningRequest {
  /** PKCS#10 (DER). */
  csr: Der
  kind: 'signingRequest'
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
/** How far a wave goes, counted from the first device of the fleet. */
export type WaveSize = WaveSizeDevices | WaveSizePercent | WaveSizeAll
export interface WaveSizeAll {
  kind: 'all'
}
export interface WaveSizeDevices {
  /** The number. */
  count: number
  kind: 'devices'
}
export interface WaveSizePercent {
  kind: 'percent'
  /** 1 to 100. */
  percent: number
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
/** What a check has come to. */
export interface certificates_AuditCheck {
  /** How many entries it has. */
  entries: number
  /** The first entry that is not as it was written, if there is one. */
  finding?: AuditFinding | null
  /** Whether the record is as it was written. */
  intact: boolean
  /** Up to which number a checkpoint is signed: whoever can write to the database can have exchanged those behind it. */
  signed: number
}
/** What is to be done. */
export type certificates_Change = certificates_ChangeCreateAuthority | certificates_ChangeActivateAuthority | certificates_ChangeRetireAuthority | certificates_ChangePutGroup | certificates_ChangePutPolicy | certificates_ChangeRevoke | certificates_ChangeRevokeAuthority | certificates_ChangeRevokeApplication
export interface certificates_ChangeActivateAuthority {
  /** Its id. */
  authority: string
  kind: 'activateAuthority'
}
export interface certificates_ChangeCreateAuthority {
  /** What it is to be. */
  authority: NewAuthority
  kind: 'createAuthority'
}
export interface certificates_ChangePutGroup {
  /** What it is to be. */
  group: CertificateGroup
  kind: 'putGroup'
  /** The revision that it takes the place of; none for a new one. */
  revision?: number | null
}
export interface certificates_ChangePutPolicy {
  kind: 'putPolicy'
  /** What it is to be. */
  policy: OfficePolicy
  /** The revision that it takes the place of; none for the first one. */
  revision?: number | null
}
export interface certificates_ChangeRetireAuthority {
  /** Its id. */
  authority: string
  kind: 'retireAuthority'
}
export interface certificates_ChangeRevoke {
  /** Why. */
  because: RevocationReason
  /** The id of its authority. */
  issuer: string
  kind: 'revoke'
  /** Its serial number. */
  serial: string
}
export interface certificates_ChangeRevokeApplication {
  /** The id of the application. */
  application: string
  /** Why. */
  because: RevocationReason
  kind: 'revokeApplication'
}
export interface certificates_ChangeRevokeAuthority {
  /** The id of the authority that is ended. */
  authority: string
  /** Why. */
  because: RevocationReason
  /** The id of the authority above it. */
  issuer: string
  kind: 'revokeAuthority'
  /** The serial number of its certificate. */
  serial: string
}
/** How far an approval is. */
export interface certificates_Progress {
  /** Whose votes to approve count now. */
  by: string[]
  /** How many must agree. */
  needed: number
  /** The votes that do not count, and why. */
  uncounted: UncountedVote[]
}
/** Whether a client may talk to a server, and why. */
export interface devices_Explanation {
  /** Whether it may. */
  allowed: boolean
  /** The relation that says so; none where nothing is said. */
  relation?: Relation | null
  /** The same for people. */
  sentence: string
}
/** A step of a push. All but the last three are work. */
export type devices_Step = 'connect' | 'saveTrustList' | 'writeTrustList' | 'requestCertificate' | 'issue' | 'updateCertificate' | 'applyChanges' | 'readBack' | 'managed' | 'deviating' | 'failed'
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
/** The operations of `certificates`. */
export class CertificatesOperations extends Face {
  /**
   * Says that the certificate has arrived: a key that was made for it is forgotten.
   *
   * Needs the role operator. It is recorded.
   */
  accept(request: {
    /** Its id. */
    request: string
  }): Promise<RecordedRequest>
  /**
   * Has a prepared authority take the place of the one that it replaces.
   *
   * Needs the role administrator. It is recorded.
   */
  activateAuthority(request: {
    /** Its id. */
    authority: string
    /** Why, for those who vote on it. */
    reason?: string
  }): Promise<RecordedProposal>
  /**
   * Entries of the audit record, page by page.
   *
   * Needs the role approver.
   */
  audit(request?: {
    /** The number behind which the page begins, from `next` of the page before. Default 0. */
    after?: number | null
    /** Entries in the page. Default 100. */
    limit?: number | null
  }): Promise<AuditResponse>
  /**
   * All authorities.
   *
   * Needs the role reader.
   */
  authorities(request?: {
    /** Only those that are so far. */
    stage?: Stage | null
  }): Promise<AuthoritiesResponse>
  /**
   * An authority with its chain and its newest revocation list.
   *
   * Needs the role reader.
   */
  authority(request: {
    /** Its id. */
    authority: string
  }): Promise<AuthorityWithChain>
  /**
   * Says that the clock of the machine is right, although it was set.
   *
   * Needs the role administrator. It is recorded.
   */
  believeClock(request: {
    /** The time as whoever says so sees it; it must be that of the machine, give or take 5 minutes. */
    time: UtcTime
  }): Promise<Believed>
  /**
   * A certificate with its chain.
   *
   * Needs the role reader.
   */
  certificate(request: {
    /** The id of its authority. */
    issuer: string
    /** Its serial number, hexadecimal, lower case. */
    serial: string
  }): Promise<CertificateWithChain>
  /**
   * Certificates that were issued, page by page.
   *
   * Needs the role reader.
   */
  certificates(request?: {
    /** Where the page begins, from `next` of the page before. */
    after?: string | null
    /** The application. */
    application?: string | null
    /** The certificate group. */
    group?: string | null
    /** The authority. */
    issuer?: string | null
    /** Certificates in the page. Default 100. */
    limit?: number | null
    /**
     * Whether it was revoked. Among the revoked are those that were reserved and revoked to be sure that they are never
     * used.
     */
    revoked?: boolean | null
    /** Only those that are valid at this time or later. */
    untilAfter?: UtcTime | null
  }): Promise<CertificatesResponse>
  /**
   * Whether the audit record is as it was written.
   *
   * Needs the role approver.
   */
  checkAudit(request?: {
    /**
     * Whether certificates, revocation lists and revocations are compared with what the record says of them too. That takes
     * long where there are many.
     */
    artefacts?: boolean
  }): Promise<certificates_AuditCheck>
  /**
   * Makes a root, or an authority below one.
   *
   * Needs the role administrator. It is recorded.
   */
  createAuthority(request: {
    /** What it is to be. */
    authority: NewAuthority
    /** Why, for those who vote on it. */
    reason?: string
  }): Promise<RecordedProposal>
  /**
   * The whole audit record, entry by entry, as the verifier reads it.
   *
   * Needs the role approver.
   */
  exportAudit(request?: {
    /** The number behind which it begins. Default 0. It ends with the last entry that there is when it is asked for. */
    after?: number | null
  }): Stream<RecordedEntry>
  /**
   * Fetches the certificate, and the key if one was made (OPC 10000-12 FinishRequest). It can be asked again.
   *
   * Needs the role operator. It is recorded.
   */
  finishRequest(request: {
    /** The id of the request. */
    request: string
    /** What protects the key, if one was made: it opens what is delivered, and is kept nowhere. */
    password?: string | null
  }): Promise<FinishResponse>
  /**
   * A certificate group.
   *
   * Needs the role reader.
   */
  group(request: {
    /** Its id. */
    group: string
  }): Promise<RecordedGroup>
  /**
   * All certificate groups.
   *
   * Needs the role reader.
   */
  groups(): Promise<GroupsResponse>
  /**
   * Who must agree to changes and revocations.
   *
   * Needs the role reader.
   */
  policy(): Promise<RecordedPolicy>
  /**
   * A proposal, with its digest, the votes on it and what is still missing.
   *
   * Needs the role reader.
   */
  proposal(request: {
    /** Its id. */
    proposal: string
  }): Promise<RecordedProposal>
  /**
   * Proposed changes and revocations, page by page.
   *
   * Needs the role reader.
   */
  proposals(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** Proposals in the page. Default 100. */
    limit?: number | null
    /** How far it is. */
    state?: ProposalStage | null
  }): Promise<ProposalsResponse>
  /**
   * Makes a new revocation list of an authority now.
   *
   * Needs the role approver. It is recorded.
   */
  publish(request: {
    /** The id of the authority. */
    authority: string
  }): Promise<RecordedRevocationList>
  /**
   * Puts a certificate group on record, or another one in its place.
   *
   * Needs the role administrator. It is recorded.
   */
  putGroup(request: {
    /** What it is to be. */
    group: CertificateGroup
    /** Why, for those who vote on it. */
    reason?: string
    /** The revision that it takes the place of; none for a new one. */
    revision?: number | null
  }): Promise<RecordedProposal>
  /**
   * Says who must agree to changes and revocations; who must agree to that says the policy so far.
   *
   * Needs the role administrator. It is recorded.
   */
  putPolicy(request: {
    /** What it is to be. */
    policy: OfficePolicy
    /** Why, for those who vote on it. */
    reason?: string
    /** The revision that it takes the place of; none for the first one. */
    revision?: number | null
  }): Promise<RecordedProposal>
  /**
   * A request, with what is asked for, its digest, the votes on it and what is still missing.
   *
   * Needs the role reader.
   */
  request(request: {
    /** Its id. */
    request: string
  }): Promise<RecordedRequest>
  /**
   * Requests for certificates, page by page.
   *
   * Needs the role reader.
   */
  requests(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** The application. */
    application?: string | null
    /** The certificate group. */
    group?: string | null
    /** Requests in the page. Default 100. */
    limit?: number | null
    /** How far it is. */
    state?: RequestStage | null
  }): Promise<RequestsResponse>
  /**
   * Ends an authority whose place was taken.
   *
   * Needs the role administrator. It is recorded.
   */
  retireAuthority(request: {
    /** Its id. */
    authority: string
    /** Why, for those who vote on it. */
    reason?: string
  }): Promise<RecordedProposal>
  /**
   * The newest revocation list of an authority.
   *
   * Needs the role reader.
   */
  revocationList(request: {
    /** The id of the authority. */
    authority: string
  }): Promise<RecordedRevocationList>
  /**
   * Revokes a certificate. That of an authority ends the authority, which only an administrator may propose.
   *
   * Needs the role approver. It is recorded.
   */
  revoke(request: {
    /** Why, as the revocation list says it. */
    because: RevocationReason
    /** The id of its authority. */
    issuer: string
    /** Its serial number, hexadecimal, lower case. */
    serial: string
    /** Why, for people. */
    reason?: string
  }): Promise<RecordedProposal>
  /**
   * Revokes all certificates of an application that are still valid.
   *
   * Needs the role approver. It is recorded.
   */
  revokeApplication(request: {
    /** The id of the application. It need not be on record any more. */
    application: string
    /** Why, as the revocation list says it. */
    because: RevocationReason
    /** Why, for people. */
    reason?: string
  }): Promise<RecordedProposal>
  /**
   * Asks for a certificate and a key for an application (OPC 10000-12 StartNewKeyPairRequest).
   *
   * Needs the role operator. It is recorded.
   */
  startNewKeyPairRequest(request: {
    /** The id of the application, which must be on record, approved and enabled. */
    application: string
    /** How the key is to be delivered. */
    privateKeyFormat: PrivateKeyFormat
    /** The type; the first one of the group where nothing is said. */
    certificateType?: CertificateType | null
    /** The hosts, among those on record; all of them where nothing is said. */
    domainNames?: string[]
    /** The certificate group; `DefaultApplicationGroup` where nothing is said. */
    group?: string | null
    /** The subject: empty, or `CN=` and the name on record. */
    subjectName?: string
  }): Promise<RecordedRequest>
  /**
   * Asks for a certificate for a key that an application has (OPC 10000-12 StartSigningRequest).
   *
   * Needs the role operator. It is recorded.
   */
  startSigningRequest(request: {
    /** The id of the application, which must be on record, approved and enabled. */
    application: string
    /** PKCS #10 (DER), signed with the key, of 16 KiB at most. */
    certificateRequest: Der
    /** The type; the first one of the group that the key fits where nothing is said. */
    certificateType?: CertificateType | null
    /** The certificate group; `DefaultApplicationGroup` where nothing is said. */
    group?: string | null
  }): Promise<RecordedRequest>
  /**
   * How it stands: what expires, which revocation lists are late, what waits for somebody.
   *
   * Needs the role reader.
   */
  status(): Promise<CertificatesStatus>
  /**
   * Agrees or disagrees to exactly what was looked at. The vote that completes an approval has it carried out.
   *
   * Needs the role approver. It is recorded.
   */
  vote(request: {
    /** What he thinks. */
    choice: Choice
    /** The digest of what he has looked at: 64 hexadecimal digits. */
    digest: string
    /** Its id. */
    id: string
    /** To what kind of thing. */
    of: Votable
    /** Why, for people. */
    reason?: string
  }): Promise<Voted>
  /**
   * What is done, as it is done.
   *
   * Needs the role reader.
   */
  watch(request?: {
    /** The sequence behind which to begin. Without one, from now on. */
    after?: number | null
  }): Stream<CertificatesUpdate>
  /**
   * Takes an own request back that is not decided yet.
   *
   * Needs the role operator. It is recorded.
   */
  withdraw(request: {
    /** Its id. */
    request: string
  }): Promise<RecordedRequest>
  /**
   * Takes an own proposal back that is not decided yet.
   *
   * Needs the role approver. It is recorded.
   */
  withdrawProposal(request: {
    /** Its id. */
    proposal: string
  }): Promise<RecordedProposal>
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
/** The operations of `devices`. */
export class DevicesOperations extends Face {
  /**
   * Gives many devices what they should have, wave by wave, after a rehearsal. It stops where too many fail.
   *
   * Needs the role approver. It is recorded.
   */
  beginRollOut(request: {
    /** The ids of the devices, in the order in which they come, each once. */
    devices: string[]
    /** Its id, which none has yet. */
    rollOut: string
    /** Begins although the rehearsal says that connections will break. */
    despiteRefusals?: boolean
    /** How. */
    plan?: RollOutPlan
    /** Whether each gets a new certificate also where its present one is not due yet. */
    renew?: boolean
  }): Promise<RecordedRollOut>
  /**
   * Says that a certificate is the device's own, after its fingerprint was compared. Nothing is pushed before.
   *
   * Needs the role administrator. It is recorded.
   */
  confirmDevice(request: {
    /** Its id. */
    device: string
    /**
     * SHA-256 of the certificate (DER), hexadecimal, as it was compared; colons and spaces do not matter. `conflict` if the
     * device presents another one.
     */
    fingerprint: string
  }): Promise<DeviceView>
  /**
   * A device with its state.
   *
   * Needs the role reader.
   */
  device(request: {
    /** Its id, which is that of its application. */
    device: string
  }): Promise<DeviceView>
  /**
   * Devices with their states, page by page.
   *
   * Needs the role reader.
   */
  devices(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** Devices in the page. Default 100. */
    limit?: number | null
    /** In this state. */
    state?: DeviceState | null
  }): Promise<DevicesResponse>
  /**
   * Whether a client may talk to a server, and what says so.
   *
   * Needs the role reader.
   */
  explain(request: {
    /** The id of the client's application. */
    client: string
    /** The id of the server's application. */
    server: string
  }): Promise<devices_Explanation>
  /**
   * Asks a device for the certificates that it presents, to be compared with what it shows on the spot.
   *
   * Needs the role operator.
   */
  presented(request: {
    /** Its id, which is that of its application. */
    device: string
  }): Promise<PresentedResponse>
  /**
   * Has a device given what it should have, now; also one that is not looked after by itself.
   *
   * Needs the role operator. It is recorded.
   */
  push(request: {
    /** Its id. */
    device: string
    /** Whether it gets a new certificate also where its present one is not due yet. */
    renew?: boolean
  }): Promise<DeviceView>
  /**
   * Enters a device, or changes how it is reached and what it is given.
   *
   * Needs the role administrator. It is recorded.
   */
  putDevice(request: {
    /** Its id: the id of an application on record. */
    device: string
    /** How it is reached and what it is given. */
    settings: DeviceSettings
    /**
     * The password of the user, or what opens the key of his certificate. Without one the password on record stays, unless
     * the address, the user or the certificate of the device change: then it must be given again.
     */
    password?: Password | null
    /**
     * The certificate that the device presents now (DER), if it is known for sure. Else the present one is fetched, and
     * somebody must confirm it.
     */
    pin?: Der | null
    /** The revision that was looked at; `conflict` if it was changed since. None for a new device. */
    revision?: number | null
  }): Promise<DeviceView>
  /**
   * Says which client may talk to which server. Trust lists that change with it are pushed at once.
   *
   * Needs the role approver. It is recorded.
   */
  putTrustGraph(request: {
    /** The graph: 10,000 relations, 1,000 groups and 10,000 members of groups at most, names of 1 to 256 bytes. */
    graph: TrustGraph
    /** The revision that it replaces; `conflict` if it was changed since. 0 if there is none. */
    revision: number
  }): Promise<RecordedTrustGraph>
  /**
   * What a push would change at a device, and which connections would break. Nothing is touched.
   *
   * Needs the role reader.
   */
  rehearse(request: {
    /** Its id, which is that of its application. */
    device: string
  }): Promise<RehearsalResponse>
  /**
   * Lets the devices of a roll-out that is over be looked after by themselves again.
   *
   * Needs the role approver. It is recorded.
   */
  releaseRollOut(request: {
    /** Its id. */
    rollOut: string
  }): Promise<RecordedRollOut>
  /**
   * Forgets a device. What it has it keeps.
   *
   * Needs the role administrator. It is recorded.
   */
  removeDevice(request: {
    /** Its id. */
    device: string
    /** The revision that was looked at; `conflict` if it was changed since. Any where there is none. */
    revision?: number | null
  }): Promise<RemovedDevice>
  /**
   * Has a push that failed tried again now, not only when its pause is over.
   *
   * Needs the role operator. It is recorded.
   */
  retry(request: {
    /** Its id, which is that of its application. */
    device: string
  }): Promise<DeviceView>
  /**
   * A roll-out.
   *
   * Needs the role reader.
   */
  rollOut(request: {
    /** Its id. */
    rollOut: string
  }): Promise<RecordedRollOut>
  /**
   * Roll-outs, page by page.
   *
   * Needs the role reader.
   */
  rollOuts(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** Roll-outs in the page. Default 100. */
    limit?: number | null
  }): Promise<RollOutsResponse>
  /**
   * Stops a roll-out: no further device is touched. Its devices are left as they are until it is released.
   *
   * Needs the role approver. It is recorded.
   */
  stopRollOut(request: {
    /** Its id. */
    rollOut: string
    /** Whether devices that were pushed to get their old trust lists back. */
    takeBack?: boolean
  }): Promise<RecordedRollOut>
  /**
   * Which client may talk to which server.
   *
   * Needs the role reader.
   */
  trustGraph(): Promise<RecordedTrustGraph>
  /**
   * The trust list of an application as it should be now: for those that fetch it, or are given it by hand.
   *
   * Needs the role reader.
   */
  trustList(request: {
    /** The id of the application. */
    application: string
    /**
     * The certificate group from which it gets its first certificate: the authority of the group is in the list then
     * before the application has one.
     */
    certificateGroup?: string | null
  }): Promise<TrustListResponse>
  /**
   * The states of devices: how they are first, then each that changes.
   *
   * Needs the role reader.
   */
  watch(request?: {
    /** The sequence up to which all is known. If nothing has changed since, the present states are not told again. */
    after?: number | null
    /** Of this device alone. */
    device?: string | null
  }): Stream<DeviceUpdate>
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
/** The operations of `enrolment`. */
export class EnrolmentOperations extends Face {
  /**
   * Asks for the certificate of a key, with the token of an invitation. It can be asked again: as long as nobody has decided the answer is the same request, and as long as the certificate is fresh the same certificate.
   *
   * Needs the role applicant. It is recorded.
   */
  enroll(request: {
    /** PKCS #10 (DER), 16 KiB at most, signed with the key. */
    csr: Der
    /** What the application says of itself. Needed where the invitation is for nobody on record; else it is not looked at. */
    application?: ApplicationDescription | null
    /** The type of the certificate. Default: the first of the group that such a key can have. */
    certificateType?: CertificateType | null
  }): Promise<EnrollResponse>
  /**
   * Invitations, page by page.
   *
   * Needs the role approver.
   */
  invitations(request?: {
    /** The id behind which the page begins, from `next` of the page before. */
    after?: string | null
    /** The application. */
    application?: string | null
    /** Invitations in the page. Default 100. */
    limit?: number | null
    /** How far they are. */
    state?: InvitationState | null
  }): Promise<InvitationsResponse>
  /**
   * Makes an invitation for one application. Its token is told this once.
   *
   * Needs the role approver. It is recorded.
   */
  invite(request?: {
    /**
     * The id of an application on record. Without one, whoever comes with the token first is entered into the record, as
     * an approved application, with what it says of itself.
     */
    application?: string | null
    /** The certificate group. Default `DefaultApplicationGroup`. */
    group?: string | null
    /** What it is for, for people. */
    note?: string
    /** For so many hours the token can be used for the first time. Default 24. */
    validHours?: number | null
  }): Promise<Invited>
  /**
   * The certificate and the trust lists of the one who asks, with the token of an invitation.
   *
   * Needs the role applicant.
   */
  standing(request?: {
    /** The revision of the trust lists that the application has: if there are no others they are not told again. */
    revision?: string | null
  }): Promise<Standing>
  /**
   * Ends an invitation; its application gets no certificates and trust lists by it any more.
   *
   * Needs the role approver. It is recorded.
   */
  withdrawInvitation(request: {
    /** Its id. */
    invitation: string
    /**
     * Revokes the certificates that were issued by it too, for this reason: `keyCompromise` where somebody else may have the
     * key.
     */
    revoke?: RevocationReason | null
  }): Promise<Invitation>
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
