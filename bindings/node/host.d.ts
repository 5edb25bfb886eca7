/** A message of a hub. */
export interface Message {
  topic: string
  payload: Uint8Array | string
  /** What the payload is: `application/json`. */
  contentType?: string
  /** Properties of the message, in order. */
  properties?: [string, string][]
  /** How surely it arrives. Default `atLeastOnce`. */
  quality?: 'atMostOnce' | 'atLeastOnce' | 'exactlyOnce'
  /** The hub keeps it for whoever subscribes later. */
  retain?: boolean
  /** After so many seconds the hub forgets it. */
  expiry?: number
  /** Where an answer is expected. */
  responseTopic?: string
  /** What the answer shall carry, so that it is known to what it belongs. */
  correlation?: Uint8Array
  /** Names the message, where the sender has a name for it. */
  id?: string
}

/**
 * A hub that you reach yourself: give it as `transports: { mine: … }` and name it `host:mine`. What its methods throw is mapped
 * by its kind where it is an `IiotError`, else it is `internal`.
 */
export interface Transport {
  /** What it is called in messages about it: `redis://HOST`. */
  readonly address: string
  /** The largest payload that it takes, in bytes. */
  readonly maxPayload?: number
  /** Which members of a message it carries; all where it does not say. */
  readonly carries?: { retain?: boolean, exactlyOnce?: boolean, expiry?: boolean }
  /** Returns when the hub has the message. */
  publish(message: Message & { payload: Buffer }): Promise<void>
  /** Returns when the hub has confirmed it. `filter` is one of MQTT, with `+` and `#`. Whoever no longer reads, calls `return()`. */
  subscribe(filter: string): AsyncIterable<Message> | Promise<AsyncIterable<Message>>
  /** Says good-bye. */
  close?(): void | Promise<void>
}

/** A record of the plant with its key and revision. */
export interface StoredRecord {
  key: any
  revision: number
  record: any
}

/** What happens to records. */
export type ChangedRecord = { put: StoredRecord } | { deleted: { key: any, revision: number } } | 'missed'

/**
 * Where records of the plant are kept, in place of a database. Keys and records are JSON, to be kept as they are; keys are equal
 * if their JSON is. Revisions are numbers that rise with each commit.
 */
export interface Registry {
  /** The record, if there is one. */
  get(key: any): Promise<StoredRecord | undefined>
  /**
   * Makes all changes or none, and gives the revision of each. `record` null deletes. `expected` is what must be there: `absent`,
   * `any`, or a revision; where something else is, it throws an `IiotError` with the code `conflict`, or `already_exists`.
   */
  commit(changes: {
    key: any
    record: any
    /** What it is found by. */
    labels: { field: string, value: string }[]
    /** What searches for text look into. */
    text: string | null
    expected: 'absent' | 'any' | number
  }[]): Promise<number[]>
  /** Records of a kind whose labels have all of `filters` and whose text contains what is asked for, ordered by id. */
  query(query: {
    kind: string
    filters: { field: string, value: string }[]
    /** In lower case. */
    contains: string | null
    /** Begin behind this id. */
    after: string | null
    limit: number
  }): Promise<{ records: StoredRecord[], next?: string }>
  /** What changes, behind this revision, or from now on. */
  watch(after?: number): AsyncIterable<ChangedRecord> | Promise<AsyncIterable<ChangedRecord>>
}
