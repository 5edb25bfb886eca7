import type { Registry, Transport } from './host.js'
import type { DiscoveryOperations, EdgeOperations, RegistryOperations } from './operations.js'
import type { Place } from './reach.js'

/** How something that runs in this process stands. */
export interface ProcessStatus {
  state: 'running' | 'stopped' | 'failed'
  /** Why it has failed. */
  error: string | null
  /** The URL that it serves. */
  http: string | null
  /** What can be asked of it. */
  capabilities: string[]
}

/** Where a private key is. */
export interface KeyOptions {
  /** Encrypts keys with what is in this file, or in the variable `IIOT_KEY_PASSPHRASE`. */
  passphraseFile?: string
  /** Library of a PKCS#11 token that makes and keeps keys. */
  module?: string
  /** Label of the token. */
  token?: string
  /** File with the PIN of the token, which else is in the variable `IIOT_PKCS11_PIN`. */
  pinFile?: string
}

/** What edges and publishers have in common. */
export interface SendingOptions {
  /** Where messages go: an address as `edge --sink` takes it (`mqtt://HOST:PORT`, `file:PATH`, `stdout`), or `host:KEY`; several, with names. */
  sink: string | string[]
  /** Hubs of your own, by the keys that `host:KEY` names. */
  transports?: { [key: string]: Transport }
  /** PublisherId in messages and topics. Default `edge`, of a publisher `iiot`. */
  publisherId?: string
  /** Messages as OPC Publisher sends them by default. */
  compatible?: boolean
  /** Folder for what outlasts the process: values until the sink has them. */
  data?: string
  /** Values of each writer group that wait for the sink in the data folder, in MiB. Default 1024. */
  logMib?: number
  /** What happens to values when that is full. Default `pause`. */
  whenFull?: 'pause' | 'dropOldest' | 'dropNewest'
  /** Folder of certificates. */
  pki?: string
  /** Where our key is. */
  key?: KeyOptions
  /** Danger: connects to servers that nobody trusted. */
  trustAll?: boolean
  /** How often a broker is told that it works, in seconds; 0 never. Default 60. */
  statusInterval?: number
  /** Publishes the JSON Schema of each data set beside its metadata. */
  schemas?: boolean
}

/** What an edge publishes and offers; the flags of the example `edge`. */
export interface AppOptions extends SendingOptions {
  /** File that says what to publish; a change of it is applied at once. */
  publishedNodes: string
  /** Takes remote calls at this broker, or at `host:KEY`. Needs `data`. */
  transport?: string
  /** Takes remote calls of this cloud too: what `cloud caller` prints. */
  cloud?: string
  /** The site where the edge stands. */
  site?: string
  /** Where servers that were found are kept on record: `memory:`, `sqlite:PATH`, `postgres://…`. */
  database?: string
  /** The same, kept by you. */
  registry?: Registry
  /** Serves HTTP there: `127.0.0.1:9702`. Needs `data`. */
  http?: string
  /** Certificate and issuers for HTTPS, as PEM file. */
  httpCertificate?: string
  /** Its private key, as PEM file. */
  httpKey?: string
  /** JSON Web Tokens that are taken over HTTP. */
  tokens?: { jwks: string, issuer: string, audience: string, roleClaim?: string }
  /** What may be written, called and changed on which server; a JSON file. */
  guard?: string
  /** Sends figures to an OpenTelemetry collector. */
  otlp?: string
  /** How often, in seconds. Default 60. */
  otlpInterval?: number
  /** Where certificates come from. */
  certificates?: { url: string, token?: string, tokenFile?: string, authorities?: string, fingerprint?: string, interval?: number }
}

/** An edge in this process. It starts with the first call, and does not keep the process alive by itself: wait for `ended()`. */
export class App extends Place {
  constructor(options: AppOptions)
  /** What the example `edge` does with these words on its data folder: `['key', 'first', 'alice']`. Gives what it prints. */
  static command(data: string, words: string[]): Promise<string>
  /** Returns when it runs. */
  start(): Promise<this>
  /** How it stands. */
  status(): Promise<ProcessStatus>
  /** Returns when it has ended, and throws why it could not go on. */
  ended(): Promise<void>
  /** Stops it in order: what has arrived is sent, sessions are closed. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What is published, and where to. */
export interface PublisherOptions extends SendingOptions {
  /** Fields that you give values for: names, whose values are Double, or names with the built-in type, `[]` behind it for an array. */
  fields?: (string | { name: string, dataType: string })[]
  /** How they are published: members of an entry of published nodes: `DataSetWriterGroup`, `QueueName`, `MessagingMode`, … */
  dataSet?: { [member: string]: any }
  /** Nodes of servers: entries as a file of published nodes has them. */
  publishedNodes?: object[]
}

/** A value of a field. */
export interface FieldValue {
  /** Which one. */
  field: string
  /** The value as plain JSON; null for none. */
  value: any
  /** How good it is. Default Good. */
  status?: number | string
  /** When it came about. Default now. */
  sourceTimestamp?: Date | string
}

/** A publisher in this process: of values that are given, and of nodes of servers. Its operations tell how it stands. */
export class Publisher extends EdgeOperations {
  constructor(options: PublisherOptions)
  /** Returns when it runs. */
  start(): Promise<this>
  /** Publishes values: `{ Boiler: 21.5 }`, or with status and time. Returns when they are safe: in the log, else with the sink. */
  publish(values: { [field: string]: any } | FieldValue[]): Promise<void>
  /** How it stands. */
  status(): Promise<ProcessStatus>
  /** Returns when it has ended, and throws why it could not go on. */
  ended(): Promise<void>
}

/** How this process searches. */
export interface DiscoveryOptions {
  /** Folder for what outlasts the process. Without it what was found is forgotten with the process. */
  data?: string
  /** Where servers that were found are kept on record: `memory:`, `sqlite:PATH`, `postgres://…`. */
  database?: string
  /** The same, kept by you. */
  registry?: Registry
  /** Folder of certificates, by which explanations say whom we trust. */
  pki?: string
  /** Our name. Default `iiot`. */
  name?: string
  /** The site where this process is. */
  site?: string
}

/** Searches of this process for OPC UA servers. */
export class Discovery extends DiscoveryOperations {
  constructor(options?: DiscoveryOptions)
  /** What was found, on record. */
  registry(): RegistryOperations
}
