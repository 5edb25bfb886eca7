// Values in masses, as typed arrays.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Columns, NO_TIME, Twin } from 'iiot'

import { server } from './peers.mjs'

const name = sample => `nsu=urn:iiot:peer:interop;s=${sample}`
const [COUNTER, SETPOINT, TEXTS, LARGE, TRUTH] = ['Counter', 'Setpoint', 'String.Array', 'Int64', 'Boolean'].map(name)
const [DOUBLES, INTEGERS, NOWHERE] = ['Double.Array', 'Int32.Array', 'None'].map(name)

test('values in typed arrays', async outer => {
  const { url } = await server(outer, 'node/interop.mjs')
  const plc = new Twin(url)
  outer.after(() => plc.close())

  await outer.test('a read has a row for each node, and nothing is lost', async () => {
    const before = BigInt(Date.now()) * 1_000_000n
    const columns = await plc.readColumns({ nodes: [SETPOINT, TEXTS, { node: LARGE }, TRUTH, NOWHERE], encoding: 'raw' })
    assert.ok(columns instanceof Columns)
    assert.deepEqual(columns.node, Uint32Array.of(0, 1, 2, 3, 4))
    assert.ok(columns.value instanceof Float64Array && columns.status instanceof Uint32Array)
    assert.ok(columns.sourceTimestamp instanceof BigInt64Array && columns.serverTimestamp instanceof BigInt64Array)
    assert.deepEqual([columns.value[0], columns.value[3], columns.value[4]], [0, 1, NaN])
    assert.deepEqual(columns.others.get(1), ['a', '', 'ß'])
    assert.equal(String(columns.others.get(2)), '-9007199254740993')
    assert.deepEqual([columns.at(0), columns.at(3), columns.at(4)], [0, 1, null])
    assert.deepEqual([...columns.status].map(code => code >>> 30), [0, 0, 0, 0, 2])
    assert.ok(columns.serverTimestamp[0] > before - 3_600_000_000_000n)
    assert.equal(columns.sourceTimestamp[4], NO_TIME)
    assert.equal(columns.time(4), undefined)
    assert.ok(columns.time(0) instanceof Date || columns.sourceTimestamp[0] === NO_TIME)
  })

  await outer.test('arrays of numbers are parts of one typed array', async () => {
    const columns = await plc.readColumns({ nodes: [DOUBLES, SETPOINT, INTEGERS, TEXTS] })
    assert.deepEqual([...columns.arrays], [[0, Float64Array.of(0.5, -0.25)], [2, Float64Array.of(1, -2, 3)]])
    assert.equal(columns.arrays.get(0).buffer, columns.arrays.get(2).buffer)
    assert.deepEqual([...columns.others.keys()], [3])
    assert.deepEqual([columns.at(2), columns.at(1), columns.value[2]], [Float64Array.of(1, -2, 3), 0, NaN])
    for await (const first of plc.watchColumns({ nodes: [INTEGERS] })) {
      if (first.length) return assert.deepEqual(first.at(0), Float64Array.of(1, -2, 3))
    }
  })

  await outer.test('what changes comes as it changes', async () => {
    const [counted, items] = [[], []]
    for await (const columns of plc.watchColumns({ nodes: [SETPOINT, COUNTER, NOWHERE], publishingIntervalMs: 100 })) {
      items.push(...columns.items ?? [])
      columns.node.forEach((node, row) => node === 1 && counted.push(columns.value[row]))
      if (counted.length > 5) break
    }
    assert.ok(counted.every((count, index) => index === 0 || count > counted[index - 1]), String(counted))
    assert.deepEqual(items.map(item => [item.item, item.status.code >>> 30]).sort(), [[0, 0], [1, 0], [2, 2]])
  })

  await outer.test('whoever waits gets the end when it is closed', async () => {
    const stream = plc.watchColumns({ nodes: [SETPOINT] })
    const batches = stream[Symbol.asyncIterator]()
    await batches.next()
    const rest = (async () => { for await (const columns of { [Symbol.asyncIterator]: () => batches }) assert.ok(columns) })()
    await stream.close()
    await rest
  })
})
