/// <reference lib="esnext.disposable" />

/** Items as they come: `for await (const item of stream)`. Leaving the loop ends the operation. */
export class Stream<Item> implements AsyncIterable<Item> {
  private constructor()
  /** Lists of what is at hand, `most` together; the first item is never held back for others. Default 256. */
  batches(most?: number): AsyncGenerator<Item[], void, void>
  [Symbol.asyncIterator](): AsyncGenerator<Item, void, void>
  /** Ends the operation; a loop over it ends too. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
