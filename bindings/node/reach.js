'use strict'

const { ColumnStream, Columns } = require('./columns.js')
const { native } = require('./errors.js')
const { each } = require('./face.js')
const operations = require('./operations.js')

/** An OPC UA server in your hands. */
class Twin extends operations.TwinOperations {
  /** Of a server that this process reaches itself, unless `reach` says another way. */
  constructor (url, options = {}, reach = { kind: 'local', name: 'node', url }) {
    super(typeof reach === 'function' ? reach : { ...reach, ...options }, { endpoint: url })
  }

  /** As `read`, the values in typed arrays. */
  async readColumns (request) {
    const face = await this._native()
    return new Columns(await native(() => face.readColumns(this._request(named(request)))))
  }

  /** As `watchValues`, the values in typed arrays. */
  watchColumns (request) {
    const asked = this._request(named(request))
    return new ColumnStream(async () => {
      const face = await this._native()
      return native(() => face.openColumns(asked))
    })
  }
}

function named (request) {
  return { ...request, nodes: each('node', request.nodes) }
}

/** A process that offers capabilities, and what it offers. */
class Place {
  #reach

  constructor (reach) {
    this.#reach = reach
  }

  /** A server behind it, by its EndpointUrl or the id of its record. */
  twin (endpoint) {
    return new Twin(endpoint, {}, this.#reach)
  }

  /** Its searches. */
  discovery () {
    return new operations.DiscoveryOperations(this.#reach)
  }

  /** What is on record there. */
  registry () {
    return new operations.RegistryOperations(this.#reach)
  }

  /** How its publisher stands. */
  publisher () {
    return new operations.EdgeOperations(this.#reach)
  }

  /** What it publishes. */
  configuration () {
    return new operations.ConfigurationOperations(this.#reach)
  }

  /** Its API keys and its audit record. */
  access () {
    return new operations.AccessOperations(this.#reach)
  }

  /** Its certificates: authorities, groups, requests. */
  certificates () {
    return new operations.CertificatesOperations(this.#reach)
  }

  /** The devices that it keeps in trust. */
  devices () {
    return new operations.DevicesOperations(this.#reach)
  }

  /** What applications ask of it for themselves. */
  enrolment () {
    return new operations.EnrolmentOperations(this.#reach)
  }
}

/** An edge, a cloud or a certificate manager at a broker. */
class Hub extends Place {
  constructor (transport, options) {
    super({ kind: 'hub', ...options, transport })
  }
}

/** An edge, a cloud or a certificate manager at an HTTP server. */
class Http extends Place {
  constructor (url, options) {
    super({ kind: 'http', ...options, url })
  }
}

module.exports = { Http, Hub, Place, Twin }
