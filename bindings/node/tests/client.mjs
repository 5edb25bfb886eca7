// Subscribes to the nodes that a file names with one of two clients and prints what that cost:
// `node client.mjs ours|node-opcua URL SECONDS NODES`.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [client, url, seconds, file] = process.argv.slice(2)
const nodes = JSON.parse(readFileSync(file))
const require = createRequire(import.meta.url)
const INTERVAL_MS = 100
const QUEUE = 2
let values = 0
let sum = 0

function use (value) {
  if (typeof value === 'number') sum += value
}

const subscribe = {
  async ours () {
    const { Twin } = await import('iiot')
    const plc = new Twin(url)
    const items = nodes.map(node => ({ node, samplingIntervalMs: INTERVAL_MS, queueSize: QUEUE }))
    const stream = plc.watchColumns({ nodes: items, publishingIntervalMs: INTERVAL_MS, encoding: 'raw' })
    const reading = (async () => {
      for await (const columns of stream) {
        for (const value of columns.value) sum += value || 0
        for (const array of columns.arrays.values()) use(array[0])
        for (const value of columns.others.values()) use(value)
        values += columns.length
      }
    })()
    return async () => {
      await stream.close()
      await reading
      await plc.close()
    }
  },
  async 'node-opcua' () {
    const opcua = require(join(process.env.IIOT_PEERS, 'node/node_modules/node-opcua'))
    const one = opcua.OPCUAClient.create({ endpointMustExist: false })
    await one.connect(url)
    const session = await one.createSession()
    const subscription = await session.createSubscription2({
      requestedPublishingInterval: INTERVAL_MS, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 10, publishingEnabled: true, maxNotificationsPerPublish: 0
    })
    const index = (await session.readNamespaceArray())
    const items = nodes.map(node => ({ nodeId: local(node, index), attributeId: opcua.AttributeIds.Value }))
    const how = { samplingInterval: INTERVAL_MS, queueSize: QUEUE, discardOldest: true }
    const changed = (_, { value: { value } }) => {
      use(value?.length ? value[0] : value)
      values++
    }
    // Servers take so many in a call.
    for (let first = 0; first < items.length; first += 500) {
      const some = items.slice(first, first + 500)
      opcua.ClientMonitoredItemGroup.create(subscription, some, how, opcua.TimestampsToReturn.Both).on('changed', changed)
    }
    return async () => {
      await session.close()
      await one.disconnect()
    }
  }
}

/** `nsu=URI;s=name` as `ns=2;s=name`. */
function local (node, namespaces) {
  const [, uri, rest] = node.match(/^nsu=([^;]*);(.*)$/) ?? []
  return uri ? `ns=${namespaces.indexOf(uri)};${rest}` : node
}

const stop = await subscribe[client]()
// Warm, and all that is said at the beginning is over.
await new Promise(resolve => setTimeout(resolve, 5000))
const [before, counted] = [process.cpuUsage(), values]
await new Promise(resolve => setTimeout(resolve, Number(seconds) * 1000))
const { user, system } = process.cpuUsage(before)
const result = { values: values - counted, micros: user + system, megabytes: process.memoryUsage().rss / (1 << 20) }
await stop()
console.log(JSON.stringify(result))
process.exit(Number.isNaN(sum) ? 1 : 0)
