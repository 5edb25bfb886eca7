// The examples, as processes.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

import { Twin } from 'iiot'
import mqtt from 'mqtt'

import { folder, freePort, server, started } from './peers.mjs'
import { shown } from './processes.mjs'

const COUNTER = 'nsu=urn:iiot:peer:interop;s=Counter'

test('a dashboard in 120 lines', async test => {
  const sources = await Promise.all(['mjs', 'html'].map(kind => readFile(`examples/dashboard.${kind}`, 'utf8')))
  const lines = sources.join('').trimEnd().split('\n').length
  assert.ok(lines <= 120, `it has ${lines} lines`)

  const { url } = await server(test, 'node/interop.mjs')
  const { at, stop } = await shown(test, 'dashboard.mjs', url)
  assert.match(await text(`${at}/`), /<title>OPC UA, live/)
  assert.match(await text(`${at}/uplot.js`), /uPlot/)
  assert.match(await text(`${at}/uplot.css`), /uplot/)
  const variables = await (await fetch(`${at}/variables`)).json()
  assert.ok(variables.length > 20 && variables.every(one => !one.name.startsWith('Server')))
  assert.deepEqual(variables.find(one => one.node === COUNTER)?.name, 'Interop / Counter')

  const nodes = new URLSearchParams([['node', COUNTER], ['node', variables[0].node]])
  const rows = []
  for await (const { data } of events(`${at}/values?${nodes}`)) {
    rows.push(...data.filter(([which]) => which === 0))
    if (rows.length >= 5) break
  }
  assert.ok(rows.every(([, time, value]) => Math.abs(time - Date.now() / 1000) < 60 && Number.isInteger(value)), String(rows))
  const dark = await events(`${at}/values?node=${encodeURIComponent('ns=99;s=None')}`).next()
  assert.ok(dark.value, 'a node that is not there does not end the page')
  await stop()
})

test('an alarm is shown and acknowledged', async test => {
  const { url } = await server(test, 'node/events.mjs')
  const { at, stop } = await shown(test, 'alarm-panel.mjs', url)
  assert.match(await text(`${at}/`), /<title>Alarms/)
  const plc = new Twin(url)
  test.after(() => plc.close())
  await plc.write({ nodes: [{ node: 'nsu=urn:iiot:peer:events;s=Speed', value: 150 }] })

  const raised = await seen(at, alarm => alarm.conditionName === 'SpeedAlarm' && alarm.active)
  assert.equal(raised.acknowledged, false)
  const status = await acknowledge(at, { ...raised, comment: 'somebody goes and looks' })
  assert.equal(status.symbol, 'Good')
  const after = await seen(at, alarm => alarm.conditionName === 'SpeedAlarm' && alarm.acknowledged)
  assert.equal(after.comment, 'somebody goes and looks')
  assert.equal((await acknowledge(at, { condition: raised.condition, eventId: 'bm9uZQ==' })).symbol, 'BadEventIdUnknown')
  assert.equal((await acknowledge(at, { condition: 5 })).code, 'invalid_argument')
  await stop()
})

test('a bridge into a unified namespace', async test => {
  const { url } = await server(test, 'node/interop.mjs')
  const broker = await mosquitto(test)
  const bridge = started(test, [process.execPath, 'examples/uns-bridge.mjs', url, broker, 'plant/line 1'])
  const [, count] = await bridge.line(/^(\d+) variables of/)
  const hub = await mqtt.connectAsync(broker)
  test.after(() => hub.endAsync(true))
  const [topics, counted] = [new Set(), []]
  const all = new Promise(resolve => {
    hub.on('message', (topic, message) => {
      topics.add(topic)
      if (topic === 'plant/line 1/Interop/Counter') counted.push(JSON.parse(message))
      if (topics.size === Number(count) && counted.length > 3) resolve()
    })
    hub.subscribe('plant/#')
  })
  await inTime(all, bridge)
  assert.ok(counted.every((one, index) => index === 0 || one.value > counted[index - 1].value))
  assert.ok(counted.every(one => one.status === 0 && Math.abs(Date.parse(one.timestamp) - Date.now()) < 60_000))
  assert.deepEqual(await bridge.stop('SIGTERM'), { code: 0, signal: null })
})

/** An alarm of the panel, as soon as it is as wanted. */
async function seen (at, wanted) {
  for await (const { data: { changed = [] } } of events(`${at}/alarms`)) {
    const found = changed.find(wanted)
    if (found) return found
  }
}

async function acknowledge (at, body) {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${at}/acknowledge`, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

/** Before the process ends, and before patience does. */
async function inTime (done, process_) {
  const over = process_.ended.then(() => assert.fail(`it ended: ${process_.lines.join('\n')}`))
  const late = new Promise((resolve, reject) => setTimeout(reject, 60_000, new Error('it takes too long')).unref())
  await Promise.race([done, over, late])
}

/** Server-sent events. */
async function * events (url) {
  const ending = new AbortController()
  try {
    const { body } = await fetch(url, { signal: ending.signal })
    let rest = ''
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      const whole = (rest + piece).split('\n\n')
      rest = whole.pop()
      for (const event of whole) yield { data: JSON.parse(event.replace(/^(?:event: .*\n)?data: /, '')) }
    }
  } finally {
    ending.abort()
  }
}

async function text (url) {
  const answer = await fetch(url)
  assert.equal(answer.status, 200, url)
  return answer.text()
}

async function mosquitto (test) {
  const [place, port] = [await folder(test), await freePort()]
  const configuration = join(place, 'mosquitto.conf')
  await writeFile(configuration, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`)
  const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`
  const broker = started(test, ['mosquitto', '-c', configuration, '-v'], { env: { ...process.env, PATH } })
  await broker.line(/mosquitto version .* running/)
  return `mqtt://127.0.0.1:${port}`
}
