// What a value and a call cost, beside node-opcua in the same run:
//
//   cargo xtask bench node
//
// Figures need a library that was built for release.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'

import { Twin } from 'iiot'

import { folder, installed, server } from './peers.mjs'
import { plant } from './processes.mjs'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const native = require(join(dirname(require.resolve('iiot')), 'native.js'))
const SECONDS = Number(process.env.IIOT_SECONDS ?? 20)
const NODES = 8000

const ending = []
const test = { after: work => ending.push(work) }
try {
  decode()
  await calls()
  await live()
} finally {
  for (const work of ending.reverse()) await work()
}

/** PublishResponses that node-opcua has encoded. */
function decode () {
  const { BinaryStream } = require(join(installed, 'node/node_modules/node-opcua-binary-stream'))
  const opcua = require(join(installed, 'node/node_modules/node-opcua'))
  const now = new Date()
  const monitoredItems = Array.from({ length: 1000 }, (_, clientHandle) => new opcua.MonitoredItemNotification({
    clientHandle,
    value: new opcua.DataValue({
      value: { dataType: opcua.DataType.Double, value: Math.random() },
      statusCode: opcua.StatusCodes.Good,
      sourceTimestamp: now,
      serverTimestamp: now
    })
  }))
  const notificationData = [new opcua.DataChangeNotification({ monitoredItems })]
  const response = new opcua.PublishResponse({ subscriptionId: 1, notificationMessage: { sequenceNumber: 1, publishTime: now, notificationData } })
  const stream = new BinaryStream(response.binaryStoreSize())
  response.encode(stream)
  // Before it stands the NodeId of its encoding, i=829.
  const body = Buffer.concat([Buffer.from([1, 0, 829 & 255, 829 >> 8]), stream.buffer])
  const bodies = Array.from({ length: 20 }, () => body)
  let values = 0
  const begun = cpu()
  while (cpu() - begun < 2e6) {
    const { value } = native.columnsOf(bodies)
    values += value.length
  }
  const rate = values / (cpu() - begun)
  report('PublishResponses into typed arrays, million values a second of CPU', rate)
}

async function calls () {
  const { url } = await server(test, 'node/interop.mjs')
  const plc = new Twin(url)
  const one = { nodes: ['i=2258'] }
  const many = { nodes: Array.from({ length: 1000 }, () => 'nsu=urn:iiot:peer:interop;s=Setpoint') }
  const hop = await each(5000, () => plc.connection())
  report('a call that asks nobody, µs', hop)
  report('a read of one node, µs', await each(2000, () => plc.read(one)))
  const whole = await each(50, () => plc.read(many))
  const answer = JSON.stringify(await plc.read(many))
  const ours = await each(200, async () => [JSON.stringify(many), JSON.parse(answer)])
  report('a read of 1,000 nodes, µs', whole)
  report('of that in JavaScript, %', 100 * (ours + hop) / whole)
  report('a read of 1,000 nodes into columns, µs', await each(50, () => plc.readColumns(many)))
  await plc.close()
}

/** Both clients subscribe to the same values at the same time, each in a process of its own. */
async function live () {
  const [url] = await plant(test, NODES)
  const nodes = []
  const plc = new Twin(url)
  for await (const batch of plc.crawl({ nodeClasses: ['variable'] })) nodes.push(...batch.nodes.map(one => one.node))
  const plants = nodes.filter(node => !node.startsWith('i=')).slice(0, NODES)
  const { arrays, others } = await plc.readColumns({ nodes: plants })
  await plc.close()
  await beside(url, 'numbers', plants.filter((_, row) => !arrays.has(row) && !others.has(row)))
  // With texts, times and arrays, which become objects.
  await beside(url, 'all kinds of values', plants)
}

async function beside (url, what, nodes) {
  const file = join(await folder(test), 'nodes.json')
  await writeFile(file, JSON.stringify(nodes))
  const clients = ['ours', 'node-opcua'].map(async name => {
    const { stdout } = await run(process.execPath, ['tests/client.mjs', name, url, String(SECONDS), file])
    return JSON.parse(stdout.trim().split('\n').at(-1))
  })
  const [ours, theirs] = await Promise.all(clients)
  for (const [name, { values, micros, megabytes }] of Object.entries({ ours, 'node-opcua': theirs })) {
    report(`${what}, ${name}: values`, values)
    report(`${what}, ${name}: µs of CPU a value`, micros / values)
    report(`${what}, ${name}: MiB`, megabytes)
  }
  report(`${what}: node-opcua to ours`, (theirs.micros / theirs.values) / (ours.micros / ours.values))
}

/** Microseconds, one after the other. */
async function each (times, work) {
  for (let warm = 0; warm < times / 10; warm++) await work()
  const begun = performance.now()
  for (let done = 0; done < times; done++) await work()
  return (performance.now() - begun) * 1000 / times
}

function cpu () {
  const { user, system } = process.cpuUsage()
  return user + system
}

function report (what, figure) {
  console.log(`${what.padEnd(70)}${figure.toFixed(figure < 10 ? 3 : 0).padStart(12)}`)
}
