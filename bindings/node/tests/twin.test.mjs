// A server of another stack, through the package as users have it.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { IiotError, Twin } from 'iiot'

import { server } from './peers.mjs'

const NAMESPACE = 'nsu=urn:iiot:peer:interop;s='
const SETPOINT = NAMESPACE + 'Setpoint'
const COUNTER = NAMESPACE + 'Counter'
const TIME = 'i=2258'

test('a server of another stack', async outer => {
  const { url } = await server(outer, 'python/interop_server.py')

  async function reached (test) {
    const plc = new Twin(url)
    test.after(() => plc.close())
    return plc
  }

  await outer.test('what is written is read and streamed', async test => {
    const plc = await reached(test)
    const written = await plc.write({ nodes: [{ node: SETPOINT, value: 21.5 }] })
    assert.equal(written.results[0].status.symbol, 'Good')
    const read = await plc.read({ nodes: [SETPOINT, { node: COUNTER }] })
    assert.deepEqual(read.results[0].value, { UaType: 11, Value: 21.5 })
    const seen = []
    for await (const update of plc.watchValues({ nodes: [COUNTER], publishingIntervalMs: 100 })) {
      if (seen.push(update) === 3) break
    }
    assert.equal(seen.length, 3)
  })

  await outer.test('numbers that JSON lacks are written as they are', async test => {
    const plc = await reached(test)
    for (const value of [Infinity, -Infinity, 5n, 0.1]) {
      await plc.write({ nodes: [{ node: SETPOINT, value }] })
      const { results: [result] } = await plc.read({ nodes: [SETPOINT] })
      assert.equal(Number(result.value.Value), Number(value))
    }
  })

  await outer.test('browse and call', async test => {
    const plc = await reached(test)
    const found = await plc.browse({ nodes: ['i=85'] })
    assert.ok(found.results[0].references.some(reference => reference.displayName === 'Interop'))
    const call = { object: NAMESPACE + 'Interop', method: NAMESPACE + 'Add', inputs: [2, 3] }
    const answer = await plc.call({ calls: [call] })
    assert.equal(answer.results[0].outputs[0].value.Value, 5)
  })

  await outer.test('one bad node does not stop the rest', async test => {
    const plc = await reached(test)
    const { results } = await plc.read({ nodes: ['ns=99;s=nowhere', TIME] })
    assert.notEqual(results[0].status.code, 0)
    assert.ok(results[1].value)
  })

  await outer.test('a wrong request names what is wrong', async test => {
    const plc = await reached(test)
    await assert.rejects(plc.read({ nodes: [{ knot: 'i=1' }] }), error => {
      assert.ok(error instanceof IiotError)
      assert.equal(error.code, 'invalid_argument')
      assert.match(error.message, /knot/)
      assert.match(error.stack, /twin\.test\.mjs/)
      return true
    })
    assert.throws(() => plc.read({ nodes: TIME }), TypeError)
  })

  await outer.test('wrong options are named', async () => {
    const plc = new Twin(url, { security: 'strong' })
    await assert.rejects(plc.read({ nodes: [TIME] }), /unknown variant `strong`/)
    await assert.rejects(new Twin(url, { colour: 'red' }).read({ nodes: [TIME] }), { code: 'invalid_argument' })
  })

  await outer.test('after the end it is closed', async test => {
    const used = await reached(test)
    await used.read({ nodes: [TIME] })
    for (const plc of [used, new Twin(url)]) {
      await plc.close()
      await plc.close()
      await assert.rejects(plc.read({ nodes: [TIME] }), { code: 'closed', retryable: false })
    }
  })

  await outer.test('a stream that is closed ends, also while somebody waits for its next item', async test => {
    const plc = await reached(test)
    const values = plc.watchValues({ nodes: [SETPOINT] })
    const items = values[Symbol.asyncIterator]()
    const waiting = await unanswered(() => items.next())
    await values.close()
    assert.ok((await waiting.answer).done)
    const again = []
    for await (const update of values) again.push(update)
    assert.deepEqual(again, [])
  })

  await outer.test('what is left out of scope is closed', async () => {
    let kept
    {
      const plc = new Twin(url)
      kept = plc
      await plc.read({ nodes: [TIME] })
      await plc[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]()
    }
    await assert.rejects(kept.read({ nodes: [TIME] }), { code: 'closed' })
  })

  await outer.test('a thousand at once', async test => {
    const plc = await reached(test)
    const answers = await Promise.all(Array.from({ length: 1000 }, () => plc.read({ nodes: [TIME] })))
    assert.equal(answers.length, 1000)
  })
})

test('nobody there is unavailable, may be tried again, and is tried again', async () => {
  const plc = new Twin('opc.tcp://127.0.0.1:1')
  for (let times = 0; times < 2; times++) {
    await assert.rejects(plc.read({ nodes: [TIME] }), error => {
      assert.deepEqual([error.name, error.code, error.retryable], ['IiotError', 'unavailable', true])
      assert.match(error.context.endpoint ?? JSON.stringify(error.context), /127\.0\.0\.1:1/)
      return true
    })
  }
  await plc.close()
})

/** Asks until the answer takes its time; gives that one. */
async function unanswered (ask) {
  for (;;) {
    const answer = ask()
    const late = new Promise(resolve => setTimeout(resolve, 200, 'late'))
    if (await Promise.race([answer, late]) === 'late') return { answer }
  }
}
