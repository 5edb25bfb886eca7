'use strict'

const { native } = require('./errors.js')

/** So many items of a stream cross at once, at most. */
const BATCH = 256

const asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')

/** What is pulled from the native part until there is no more; it is opened when it is first pulled. */
class Pulled {
  #opening
  #opened
  #closed = false

  constructor (opening) {
    this.#opening = opening
  }

  async _next (most) {
    if (this.#closed) return undefined
    this.#opened ??= this.#opening()
    const items = await this.#opened
    const batch = await native(() => items.next(most))
    return batch ?? undefined
  }

  /** Ends the operation; a loop over it ends too. */
  async close () {
    if (this.#closed) return
    this.#closed = true
    // What could not be opened has told whoever pulled.
    const items = await this.#opened?.catch(() => undefined)
    await items?.close()
  }

  async [asyncDispose] () {
    await this.close()
  }
}

/** Items as they come: `for await (const item of stream)`. Leaving the loop ends the operation. */
class Stream extends Pulled {
  /** Lists of what is at hand, `most` together; the first item is never held back for others. */
  async * batches (most = BATCH) {
    try {
      for (let batch; (batch = await this._next(most));) yield JSON.parse(batch)
    } finally {
      await this.close()
    }
  }

  async * [Symbol.asyncIterator] () {
    for await (const batch of this.batches()) yield * batch
  }
}

module.exports = { Pulled, Stream, asyncDispose }
