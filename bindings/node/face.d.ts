/// <reference lib="esnext.disposable" />

export { Stream } from './stream.js'

/** A capability; reached with its first operation. */
export class Face {
  protected constructor(options: object, about?: object)
  /** Ends sessions and connections. What is called afterwards fails with the code `closed`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
