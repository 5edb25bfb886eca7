// What a twin has to do, as data: the same cases that run in Rust and Python.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

import { IiotError, Stream, Twin } from 'iiot'

import { eventually, repository, server } from './peers.mjs'

const PATIENCE_MS = 15_000

for (const [script, stack, files] of [
  ['node/interop.mjs', 'node-opcua', ['interop', 'reach']],
  ['python/interop_server.py', 'asyncua', ['interop', 'reach']],
  ['node/events.mjs', 'node-opcua', ['alarms']]
]) {
  test(`${files.join(' and ')} on ${stack}`, async outer => {
    const { url } = await server(outer, script)
    // A case says by which name we are known to the server.
    const twin = new Twin(url, { name: 'test:twin' })
    outer.after(() => twin.close())
    for (const file of files) for (const one of await cases(file, stack)) await outer.test(one.name, () => inTime(twin, one))
  })
}

async function cases (file, stack) {
  const all = JSON.parse(await readFile(join(repository, `iiot-twin/tests/twin/cases/${file}.json`)))
  return all.filter(one => !one.lacks?.includes(stack))
}

async function inTime (twin, one) {
  await eventually(() => check(twin, one), one.eventually ? PATIENCE_MS : 0)
}

async function check (twin, { operation, request, response, failure }) {
  const method = operation.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
  const asked = Promise.resolve(all(twin[method](request)))
  if (failure) await assert.rejects(asked, error => error instanceof IiotError && error.code === failure)
  else fits(await asked, response, '#')
}

async function all (answer) {
  if (!(answer instanceof Stream)) return answer
  const items = []
  for await (const item of answer) items.push(item)
  return items
}

/** As `iiot-twin/tests/twin/cases.rs` says it. */
function fits (found, expected, at) {
  const wrong = () => assert.fail(`${at} is ${JSON.stringify(found)} and not ${JSON.stringify(expected)}`)
  if (expected === '$any') return found ?? wrong()
  if (expected === '$bad') return found?.startsWith('Bad') || wrong()
  if (Array.isArray(found) && expected?.$has) {
    for (const one of expected.$has) found.some(item => does(item, one, at)) || assert.fail(`${at} has no ${JSON.stringify(one)}`)
  } else if (Array.isArray(found) && expected?.$length !== undefined) {
    found.length === expected.$length || wrong()
  } else if (Array.isArray(found) && Array.isArray(expected)) {
    found.length === expected.length || wrong()
    expected.forEach((one, index) => fits(found[index], one, `${at}/${index}`))
  } else if (found && expected && typeof expected === 'object' && !Array.isArray(expected)) {
    for (const [name, one] of Object.entries(expected)) fits(found[name], one, `${at}/${name}`)
  } else if ((found ?? null) !== expected) {
    wrong()
  }
}

function does (found, expected, at) {
  try {
    fits(found, expected, at)
    return true
  } catch {
    return false
  }
}
