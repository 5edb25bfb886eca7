'use strict'

const native = require('./native.js')

/** So many items of a stream cross at once, at most. */
const BATCH = 256

/** Something went wrong; the text says what, with what, why, and what to do. Branch on `code`. */
class IiotError extends Error {
  constructor ({ code, message, retryable = false, operation = '', status = '', context = {} }, options) {
    super(message, options)
    this.name = 'IiotError'
    this.code = code
    this.retryable = retryable
    this.operation = operation
    this.status = status
    this.context = context
  }
}

/** What the native part throws is JSON; what it is not stays as it is. */
function told (error) {
  try {
    const parts = JSON.parse(error.message)
    return parts.code ? new IiotError(parts) : error
  } catch {
    return error
  }
}

async function native_ (work) {
  try {
    return await work()
  } catch (error) {
    throw told(error)
  }
}

/** Items of which a text says everything, as objects. */
function each (member, items) {
  if (items === undefined) return undefined
  if (!Array.isArray(items)) throw new TypeError(`a list is needed for what has a member ${member}`)
  return items.map(item => typeof item === 'string' ? { [member]: item } : item)
}

/** A capability; reached with its first operation. */
class Face {
  #options
  #about
  #native

  constructor (options, about = {}) {
    this.#options = JSON.stringify(options)
    this.#about = about
  }

  #reach () {
    this.#native ??= native_(() => native.reach(this.constructor.capability, this.#options))
    return this.#native
  }

  #request (request) {
    return JSON.stringify({ ...this.#about, ...request }, plain)
  }

  async _call (name, request) {
    const face = await this.#reach()
    return JSON.parse(await native_(() => face.call(name, this.#request(request))))
  }

  _open (name, request) {
    const text = this.#request(request)
    return new Stream(async () => {
      const face = await this.#reach()
      return native_(() => face.open(name, text))
    })
  }

  /** Ends sessions and connections. What is called afterwards fails with the code `closed`. */
  async close () {
    if (this.#native) await (await this.#native).close()
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')] () {
    await this.close()
  }
}

/** Whole numbers that JavaScript has only as bigint are numbers in JSON where they fit; bytes are base64. */
function plain (key, value) {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value && value.type === 'Buffer' && Array.isArray(value.data)) return Buffer.from(value.data).toString('base64')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value
}

/** Items as they come: `for await (const item of stream)`. Leaving the loop ends the operation. */
class Stream {
  #opening
  #opened

  constructor (opening) {
    this.#opening = opening
  }

  async #batch (most) {
    this.#opened ??= this.#opening()
    const items = await this.#opened
    const batch = await native_(() => items.next(most))
    return batch ? JSON.parse(batch) : undefined
  }

  /** Lists of what is at hand, `most` together; the first item is never held back for others. */
  async * batches (most = BATCH) {
    try {
      for (let batch; (batch = await this.#batch(most));) yield batch
    } finally {
      await this.close()
    }
  }

  async * [Symbol.asyncIterator] () {
    for await (const batch of this.batches()) yield * batch
  }

  /** Ends the operation. */
  async close () {
    if (this.#opened) await (await this.#opened).close()
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')] () {
    await this.close()
  }
}

module.exports = { Face, IiotError, Stream, each }
