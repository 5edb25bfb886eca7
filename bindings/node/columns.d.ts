/// <reference lib="esnext.disposable" />

import type { StreamGap, StreamState, WatchedState } from './operations.js'

/** The timestamp of a row that has none. */
export const NO_TIME: bigint

/** Values row by row, in typed arrays of one length; they are the memory that the native part filled, not copies. */
export class Columns {
  private constructor()
  /** The node, by its place in the request. */
  readonly node: Uint32Array
  /** Numbers, and booleans as 0 and 1; NaN where there is no value, or one of `arrays` or `others`. */
  readonly value: Float64Array
  /** The StatusCode; 0 is Good. */
  readonly status: Uint32Array
  /** When the value came about at its source: nanoseconds since 1970, or `NO_TIME`. */
  readonly sourceTimestamp: BigInt64Array
  /** When the server got it: nanoseconds since 1970, or `NO_TIME`. */
  readonly serverTimestamp: BigInt64Array
  /**
   * By row, values that are arrays of one dimension, of numbers or booleans: parts of one typed array, not copies. An empty array that
   * came as raw JSON, from a twin elsewhere, is one of numbers whatever its type was.
   */
  get arrays(): ReadonlyMap<number, Float64Array>
  /** By row, values that doubles do not hold or not exactly: texts, times, other arrays, structures, large integers. Parsed when asked for. */
  get others(): ReadonlyMap<number, any>
  /** How nodes stand, at the start and when that changes. */
  readonly items?: WatchedState[]
  /** The connection changed. */
  readonly state?: StreamState
  /** Values are missing before these. */
  readonly gap?: StreamGap
  /** How many rows. */
  get length(): number
  /** The value of a row, whatever it is, an array of numbers as `Float64Array`; null where there is none. */
  at(row: number): any
  /** When the value of a row came about at its source, to the millisecond. */
  time(row: number): Date | undefined
}

/** Columns as they come: `for await (const columns of stream)`. Leaving the loop ends the operation. */
export class ColumnStream implements AsyncIterable<Columns> {
  private constructor()
  /** As much as is at hand, about `most` rows together; the first row is never held back for others. Default 65,536. */
  batches(most?: number): AsyncGenerator<Columns, void, void>
  [Symbol.asyncIterator](): AsyncGenerator<Columns, void, void>
  /** Ends the operation; a loop over it ends too. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
