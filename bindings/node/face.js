'use strict'

const binding = require('./native.js')
const { IiotError, native } = require('./errors.js')
const { mapped, ofTransport } = require('./host.js')
const { Stream, asyncDispose } = require('./stream.js')

/** A capability; reached with its first operation. */
class Face {
  #reach
  #about
  #reached
  #closed = false

  /** `reach` is options, or what reaches a capability by its name. */
  constructor (reach, about = {}) {
    this.#reach = typeof reach === 'function' ? reach : reaching(reach)
    this.#about = about
  }

  /** Reached once for all who wait; tried again by the next one if that failed. */
  async _native () {
    if (this.#closed) throw new IiotError(CLOSED)
    this.#reached ??= native(() => this.#reach(this.constructor.capability))
    try {
      return await this.#reached
    } catch (error) {
      this.#reached = undefined
      throw error
    }
  }

  _request (request) {
    return text({ ...this.#about, ...request })
  }

  async _call (name, request) {
    const face = await this._native()
    return JSON.parse(await native(() => face.call(name, this._request(request))))
  }

  _open (name, request) {
    const asked = this._request(request)
    return new Stream(async () => {
      const face = await this._native()
      return native(() => face.open(name, asked))
    })
  }

  /** Ends sessions and connections. What is called afterwards fails with the code `closed`. */
  async close () {
    this.#closed = true
    const face = await this.#reached?.catch(() => undefined)
    await face?.close()
  }

  async [asyncDispose] () {
    await this.close()
  }
}

/** What reaches a capability by its name, as options say. */
function reaching ({ transports = {}, ...options }) {
  const [asked, ours] = [text(options), mapped(transports, ofTransport)]
  return capability => binding.reach(capability, asked, ours)
}

const CLOSED = {
  code: 'closed',
  message: 'call operation: it was closed: open a new one',
  operation: 'call operation',
  status: 'BadConnectionClosed'
}

/** Items of which a text says everything, as objects. */
function each (member, items) {
  if (items === undefined) return undefined
  if (!Array.isArray(items)) throw new TypeError(`a list is needed for what has a member ${member}`)
  return items.map(item => typeof item === 'string' ? { [member]: item } : item)
}

function text (members) {
  return JSON.stringify(members, plain)
}

/** What JSON has no form of its own for, in the forms of OPC 10000-6: texts of large numbers and of no numbers, base64. */
function plain (name, value) {
  const given = this[name]
  if (given instanceof Uint8Array) return Buffer.from(given).toString('base64')
  if (ArrayBuffer.isView(given)) return Array.from(given)
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value
}

module.exports = { Face, each, text }
