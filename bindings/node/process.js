'use strict'

const binding = require('./native.js')
const { native } = require('./errors.js')
const { text } = require('./face.js')
const { mapped, ofRegistry, ofTransport } = require('./host.js')
const operations = require('./operations.js')
const { Place } = require('./reach.js')
const { asyncDispose } = require('./stream.js')

/** Something that runs in this process until it is stopped; started when it is first needed. */
class Running {
  #options
  #ports
  #started

  constructor (kind, { transports = {}, registry, ...options }) {
    this.#options = text({ ...options, kind })
    this.#ports = [mapped(transports, ofTransport), registry && ofRegistry(registry)]
    /** How a capability of it is reached. */
    this.reach = async capability => (await this.start()).face(capability)
  }

  /** Started once for all who wait; tried again by the next one if that failed. */
  async start () {
    this.#started ??= native(() => binding.start(this.#options, ...this.#ports))
    try {
      return await this.#started
    } catch (error) {
      this.#started = undefined
      throw error
    }
  }

  async status () {
    return JSON.parse((await this.start()).status())
  }

  async ended () {
    const process = await this.start()
    await native(() => process.ended())
  }

  async stop () {
    const process = await this.#started?.catch(() => undefined)
    if (process) await native(() => process.stop())
  }
}

/** An edge in this process. */
class App extends Place {
  #running

  constructor (options) {
    const running = new Running('edge', options)
    super(running.reach)
    this.#running = running
  }

  /** What the example `edge` does with these words on its data folder: `['key', 'first', 'alice']`. Gives what it prints. */
  static command (data, words) {
    return native(() => binding.edgeCommand(data, words))
  }

  async start () {
    await this.#running.start()
    return this
  }

  status () {
    return this.#running.status()
  }

  ended () {
    return this.#running.ended()
  }

  stop () {
    return this.#running.stop()
  }

  async [asyncDispose] () {
    await this.stop()
  }
}

/** A publisher in this process: of values that are given, and of nodes of servers. */
class Publisher extends operations.EdgeOperations {
  #running

  constructor (options) {
    const running = new Running('publisher', options)
    super(running.reach)
    this.#running = running
  }

  async start () {
    await this.#running.start()
    return this
  }

  async publish (values) {
    const list = Array.isArray(values) ? values : Object.entries(values).map(([field, value]) => ({ field, value }))
    const process = await this.#running.start()
    await native(() => process.publish(text(list)))
  }

  status () {
    return this.#running.status()
  }

  ended () {
    return this.#running.ended()
  }

  async close () {
    await super.close()
    await this.#running.stop()
  }
}

/** Searches of this process. */
class Discovery extends operations.DiscoveryOperations {
  #running

  constructor (options = {}) {
    const running = new Running('discovery', options)
    super(running.reach)
    this.#running = running
  }

  registry () {
    return new operations.RegistryOperations(this.#running.reach)
  }

  async close () {
    await super.close()
    await this.#running.stop()
  }
}

module.exports = { App, Discovery, Publisher }
