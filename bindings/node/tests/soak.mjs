// Subscribes and unsubscribes for IIOT_SECONDS, with a connection of its own each tenth time; memory must stay as it is.
//
//   node --expose-gc soak.mjs
import assert from 'node:assert/strict'

import { Twin } from 'iiot'

import { server } from './peers.mjs'

const SECONDS = Number(process.env.IIOT_SECONDS ?? 3600)
const NAMESPACE = 'nsu=urn:iiot:peer:interop;s='
const nodes = ['Counter', 'Setpoint', 'String.Array', 'Double.Array'].map(name => NAMESPACE + name)
/** What allocators keep, and what comes and goes. */
const GROWTH_MIB = 24

const ending = []
const { url } = await server({ after: work => ending.push(work) }, 'node/interop.mjs')
try {
  await soak()
} finally {
  for (const work of ending.reverse()) await work()
}

async function soak () {
  const [begun, sizes] = [Date.now(), []]
  let plc = new Twin(url)
  for (let round = 1; Date.now() - begun < SECONDS * 1000; round++) {
    const stream = round % 2 ? plc.watchColumns({ nodes, publishingIntervalMs: 50 }) : plc.watchValues({ nodes, publishingIntervalMs: 50 })
    for await (const item of stream) if (item) break
    const { arrays, others } = await plc.readColumns({ nodes })
    assert.deepEqual([arrays.size, others.size], [1, 1])
    if (round % 10 === 0) {
      await plc.close()
      plc = new Twin(url)
    }
    if (round % 200 === 0) sizes.push(size(round))
  }
  await plc.close()
  const quarter = Math.ceil(sizes.length / 4)
  const [early, late] = [sizes.slice(quarter, 2 * quarter), sizes.slice(-quarter)].map(median)
  console.log(`${early.toFixed(1)} MiB in the second quarter, ${late.toFixed(1)} MiB in the last`)
  assert.ok(sizes.length >= 8, 'it is too short to tell')
  assert.ok(late - early < GROWTH_MIB, 'memory grows')
}

function size (round) {
  globalThis.gc?.()
  const { rss, external } = process.memoryUsage()
  console.log(`${new Date().toISOString()} round ${round}: ${(rss / 2 ** 20).toFixed(1)} MiB, of which external ${(external / 2 ** 20).toFixed(1)}`)
  return rss / 2 ** 20
}

function median (numbers) {
  return numbers.sort((one, other) => one - other)[numbers.length >> 1]
}
