// Parts of the platform in this process, and ports that JavaScript implements.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

import { App, Discovery, Http, Hub, IiotError, Publisher } from 'iiot'

import { eventually, folder, freePort, server } from './peers.mjs'

/** A hub in memory that fails as often as it is told to. */
class Memory {
  address = 'memory:test'
  published = []
  #failures
  #subscribed = new Set()

  constructor (failures = 0) {
    this.#failures = failures
  }

  async publish (message) {
    if (this.#failures-- > 0) throw new IiotError({ code: 'unavailable', message: 'not now', retryable: true })
    assert.ok(Buffer.isBuffer(message.payload))
    this.published.push(message)
    for (const { pattern, arrived } of this.#subscribed) if (pattern.test(message.topic)) arrived(message)
  }

  subscribe (filter) {
    const [queue, waiting] = [[], []]
    const pattern = new RegExp(`^${filter.replaceAll('+', '[^/]+').replace(/\/?#$/, '(/.*)?')}$`)
    const arrived = message => waiting.length ? waiting.shift()({ value: message, done: false }) : queue.push(message)
    const one = { pattern, arrived }
    this.#subscribed.add(one)
    return {
      [Symbol.asyncIterator] () { return this },
      next: async () => queue.length ? { value: queue.shift(), done: false } : new Promise(resolve => waiting.push(resolve)),
      return: async () => {
        this.#subscribed.delete(one)
        waiting.forEach(resolve => resolve({ value: undefined, done: true }))
        return { value: undefined, done: true }
      }
    }
  }

  get subscriptions () {
    return this.#subscribed.size
  }

  fields () {
    const found = {}
    const look = value => {
      if (!value || typeof value !== 'object') return
      for (const [name, inner] of Object.entries(value)) {
        if (['Boiler', 'Run', 'Name'].includes(name)) (found[name] ??= []).push(inner?.Value ?? inner)
        look(inner)
      }
    }
    for (const { payload } of this.published) look(JSON.parse(payload))
    return found
  }
}

/** Records in a Map. */
class Records {
  stored = new Map()
  commits = 0

  async get (key) {
    return this.stored.get(JSON.stringify(key))
  }

  async commit (changes) {
    for (const { key, expected } of changes) {
      const held = this.stored.get(JSON.stringify(key))?.revision
      const fits = expected === 'any' || (expected === 'absent' ? held === undefined : held === expected)
      if (!fits) throw new IiotError({ code: expected === 'absent' ? 'already_exists' : 'conflict', message: 'something else is there' })
    }
    const revision = ++this.commits
    for (const { key, record, labels, text } of changes) {
      if (record) this.stored.set(JSON.stringify(key), { key, revision, record, labels, text })
      else this.stored.delete(JSON.stringify(key))
    }
    return changes.map(() => revision)
  }

  async query ({ kind, filters, contains, after, limit }) {
    const has = ({ labels }) => filters.every(filter => labels.some(label => label.field === filter.field && label.value === filter.value))
    const found = [...this.stored.values()]
      .filter(one => one.key.kind === kind && has(one) && (!contains || one.text.includes(contains)))
      .sort((one, other) => one.key.id < other.key.id ? -1 : 1)
      .filter(one => after === null || one.key.id > after)
    const records = found.slice(0, limit).map(({ key, revision, record }) => ({ key, revision, record }))
    return { records, ...(found.length > limit && { next: records.at(-1).key.id }) }
  }

  async * watch () {}
}

test('values go through a hub of JavaScript, also when it fails at first', async test => {
  const hub = new Memory(3)
  const fields = ['Boiler', { name: 'Run', dataType: 'Boolean' }, { name: 'Name', dataType: 'String' }]
  const publisher = new Publisher({ sink: 'host:mine', transports: { mine: hub }, fields, statusInterval: 0 })
  test.after(() => publisher.close())
  await publisher.publish({ Boiler: 21.5, Run: true })
  await publisher.publish([{ field: 'Name', value: 'ä', sourceTimestamp: new Date() }, { field: 'Boiler', value: 22 }])
  const seen = hub.fields()
  assert.ok(seen.Boiler?.includes(21.5) && seen.Boiler.includes(22), JSON.stringify(seen))
  assert.ok(seen.Run?.includes(true) && seen.Name?.includes('ä'), JSON.stringify(seen))
  assert.equal((await publisher.status()).state, 'running')
  assert.equal(typeof await publisher.diagnostics(), 'object')
  await assert.rejects(publisher.publish({ Pump: 1 }), { code: 'invalid_argument', context: { field: 'Pump', place: '0' } })
  await assert.rejects(publisher.publish({ Boiler: 'warm' }), { code: 'invalid_argument' })
  await publisher.close()
  await publisher.ended()
  await assert.rejects(publisher.publish({ Boiler: 1 }), { code: 'closed' })
  await assert.rejects(publisher.diagnostics(), { code: 'closed' })
})

test('what a hub of JavaScript says wrong is named', async () => {
  const hub = { address: 7, async publish () {}, async * subscribe () {} }
  const publisher = new Publisher({ sink: 'host:mine', transports: { mine: hub }, fields: ['Boiler'] })
  await assert.rejects(publisher.start(), { code: 'protocol' })
  await assert.rejects(new Publisher({ sink: 'host:other', fields: ['Boiler'] }).start(), /other/)
  await assert.rejects(new Publisher({ sink: 'stdout', fields: ['Boiler'], colour: 'red' }).start(), /colour/)
  await assert.rejects(new Publisher({ sink: 'stdout' }).start(), { code: 'invalid_argument' })
})

test('an edge runs in this process and takes calls at a hub of JavaScript', async test => {
  const { url } = await server(test, 'python/interop_server.py')
  const place = await folder(test)
  const [data, publishedNodes] = [join(place, 'data'), join(place, 'published_nodes.json')]
  const node = 'nsu=urn:iiot:peer:interop;s=Counter'
  await writeFile(publishedNodes, JSON.stringify([{ EndpointUrl: url, UseSecurity: false, OpcNodes: [{ Id: node }] }]))
  const apiKey = (await App.command(data, ['key', 'first', 'test'])).trim()
  await assert.rejects(App.command(data, ['sing']), { code: 'invalid_argument' })

  const hub = new Memory()
  const http = `127.0.0.1:${await freePort()}`
  const app = new App({ publishedNodes, data, http, sink: 'host:hub', transport: 'host:hub', transports: { hub }, publisherId: 'line1' })
  test.after(() => app.stop())
  await app.start()
  const status = await app.status()
  assert.deepEqual([status.state, status.http], ['running', `http://${http}`])
  assert.deepEqual(status.capabilities, ['configuration', 'discovery', 'edge', 'registry', 'twin'])

  const here = await app.twin(url).read({ nodes: [node] })
  const there = await new Http(status.http, { apiKey }).twin(url).read({ nodes: [node] })
  assert.deepEqual([here.results[0].status.symbol, there.results[0].status.symbol], ['Good', 'Good'])
  const columns = await new Http(status.http, { apiKey }).twin(url).readColumns({ nodes: [node, 'ns=99;s=None'] })
  assert.ok(columns.value[0] > 0 && columns.status[1] !== 0)
  assert.ok((await app.configuration().entries({})).entries.length > 0)
  await eventually(async () => assert.ok(hub.published.some(one => `${one.payload}`.includes('Counter'))), 20_000)
  const placeKey = (await App.command(data, ['place'])).trim()
  assert.ok(hub.subscriptions >= 1, 'the edge listens')
  const place_ = new Hub('host:mine', { place: 'iiot/line1', placeKey, apiKey, transports: { mine: hub } })
  const twin = place_.twin(url)
  const over = await twin.read({ nodes: [node] })
  assert.equal(over.results[0].status.symbol, 'Good')
  for await (const update of twin.watchColumns({ nodes: [node], publishingIntervalMs: 100 })) if (update.length) break
  assert.ok(hub.subscriptions >= 2, 'the caller listens')
  await twin.close()
  await app.stop()
  await app.ended()
  assert.equal((await app.status()).state, 'stopped')
  // The edge has left; the caller's answers are subscribed until it is collected.
  await eventually(async () => assert.equal(hub.subscriptions, 1), 20_000)
  await assert.rejects(app.twin(url).read({ nodes: [node] }), { code: 'closed' })
})

test('this process finds servers, and JavaScript keeps the record', async test => {
  const { url } = await server(test, 'node/interop.mjs')
  const records = new Records()
  const search = new Discovery({ registry: records })
  test.after(() => search.close())
  const { run } = await search.start({ plan: { addresses: ['127.0.0.1'], ports: [new URL(url).port], multicast: false } })
  for await (const { state } of search.progress({ run })) assert.ok(state)
  const { results } = await search.results({ run })
  assert.deepEqual(results.map(one => one.is), ['server'])
  const found = await eventually(async () => {
    const { applications } = await search.registry().applications({ contains: 'urn:iiot:peer:interop' })
    assert.equal(applications.length, 1)
    return applications[0]
  })
  assert.ok(found && [...records.stored.values()].some(one => one.text?.includes('urn:iiot:peer:interop')))
  const { steps } = await search.explain({ target: '127.0.0.1:1' })
  assert.ok(steps.length > 0)
})
