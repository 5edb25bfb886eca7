/** Something went wrong; the text says what, with what, why, and what to do. Branch on `code`. */
export class IiotError extends Error {
  /** The kind, as REST and Python name it. */
  readonly code: string
  /** Whether the same can succeed later without being changed. */
  readonly retryable: boolean
  /** What was being done. */
  readonly operation: string
  /** The StatusCode of the server, else that of the kind. */
  readonly status: string
  /** With what: the node, the endpoint, the file. */
  readonly context: Readonly<Record<string, string>>
}

/** A capability; reached with its first operation. */
export class Face {
  /** Ends sessions and connections. What is called afterwards fails with the code `closed`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Items as they come: `for await (const item of stream)`. Leaving the loop ends the operation. */
export class Stream<Item> implements AsyncIterable<Item> {
  /** Lists of what is at hand, `most` together; the first item is never held back for others. */
  batches(most?: number): AsyncIterableIterator<Item[]>
  [Symbol.asyncIterator](): AsyncIterableIterator<Item>
  /** Ends the operation. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
