'use strict'

const operations = require('./operations.js')

/** An OPC UA server in your hands, which this process reaches itself. */
class Twin extends operations.TwinOperations {
  constructor (url, options = {}) {
    super({ kind: 'local', name: 'node', ...options, url }, { endpoint: url })
  }
}

/** An edge or a cloud at a broker, and what it offers. */
class Hub {
  #options

  constructor (transport, options) {
    this.#options = { kind: 'hub', ...options, transport }
  }

  /** A server behind it, by its EndpointUrl or the id of its record. */
  twin (endpoint) {
    return new operations.TwinOperations(this.#options, { endpoint })
  }

  /** Its searches. */
  discovery () {
    return new operations.DiscoveryOperations(this.#options)
  }

  /** What is on record there. */
  registry () {
    return new operations.RegistryOperations(this.#options)
  }

  /** How its publisher stands. */
  publisher () {
    return new operations.EdgeOperations(this.#options)
  }

  /** What it publishes. */
  configuration () {
    return new operations.ConfigurationOperations(this.#options)
  }

  /** Its API keys and its audit record. */
  access () {
    return new operations.AccessOperations(this.#options)
  }
}

module.exports = { Hub, Twin }
