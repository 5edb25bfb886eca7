// Every operation that there is, from JavaScript to whoever carries it out.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

import * as iiot from 'iiot'

import { edge, gds } from './processes.mjs'
import { server } from './peers.mjs'

const require = createRequire(import.meta.url)
const native = require(join(dirname(require.resolve('iiot')), 'native.js'))
const operations = JSON.parse(native.operations()).map(([capability, name, isStream]) => ({ capability, name, isStream }))

/** So long an item of a stream is waited for. */
const PATIENCE_MS = 300

test('there is a method for each operation, and none besides', () => {
  assert.ok(operations.length > 140, String(operations.length))
  for (const capability of new Set(operations.map(one => one.capability))) {
    const named = operations.filter(one => one.capability === capability).map(one => camel(one.name)).sort()
    const { prototype } = iiot[`${pascal(capability)}Operations`]
    assert.deepEqual(Object.getOwnPropertyNames(prototype).filter(name => name !== 'constructor').sort(), named)
  }
})

test('each arrives', async outer => {
  const { url } = await server(outer, 'node/events.mjs')
  const atEdge = (await edge(outer, url)).place
  const atManager = (await gds(outer)).place
  const faces = {
    local: { twin: new iiot.Twin(url) },
    edge: {
      twin: atEdge.twin(url), discovery: atEdge.discovery(), registry: atEdge.registry(), edge: atEdge.publisher(),
      configuration: atEdge.configuration(), access: atEdge.access()
    },
    gds: { certificates: atManager.certificates(), devices: atManager.devices(), enrolment: atManager.enrolment() }
  }
  const reached = new Set()
  for (const [place, capabilities] of Object.entries(faces)) {
    for (const [capability, face] of Object.entries(capabilities)) {
      for (const { name, isStream } of operations.filter(one => one.capability === capability)) {
        await outer.test(`${place} ${capability}.${name}`, async () => {
          const said = await arrives(face, camel(name), isStream)
          assert.ok(said === 'answered' || said !== 'internal', said)
          reached.add(`${capability}.${name}`)
        })
      }
      await face.close()
    }
  }
  assert.equal(reached.size, operations.length)
})

/** What becomes of an empty request: an answer, or an error that says what is missing. */
async function arrives (face, method, isStream) {
  try {
    const answer = face[method]({})
    if (isStream) await begins(answer)
    else assert.ok(await answer !== undefined)
    return 'answered'
  } catch (error) {
    assert.ok(error instanceof iiot.IiotError, String(error.stack))
    assert.doesNotMatch(error.message, /there is none of this name/)
    assert.match(error.message, /\w/)
    return error.code
  }
}

async function begins (stream) {
  const timer = setTimeout(() => stream.close(), PATIENCE_MS)
  for await (const item of stream) {
    assert.equal(typeof item, 'object')
    break
  }
  clearTimeout(timer)
}

function pascal (name) {
  return name.replace(/(?:^|_)(.)/g, (_, letter) => letter.toUpperCase())
}

function camel (name) {
  return name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
}
