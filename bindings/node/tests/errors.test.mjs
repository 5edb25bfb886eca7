// Every kind of error, from Rust to JavaScript.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

import { IiotError, kinds } from 'iiot'

const require = createRequire(import.meta.url)
const package_ = dirname(require.resolve('iiot'))
const native = require(join(package_, 'native.js'))
const errors = require(join(package_, 'errors.js'))

/** As the table of REST has them. */
const RETRYABLE = ['conflict', 'unavailable', 'timeout', 'limit_exceeded', 'protocol', 'io']

test('every kind crosses with its code', async () => {
  assert.ok(kinds().length >= 20)
  for (const code of kinds()) {
    await assert.rejects(errors.native(() => native.fail(code)), error => {
      assert.ok(error instanceof IiotError && error instanceof Error)
      assert.deepEqual([error.name, error.code, error.operation], ['IiotError', code, 'fail'])
      assert.deepEqual(error.context, { code })
      assert.equal(error.retryable, RETRYABLE.includes(code))
      assert.match(error.message, /as it was asked to/)
      assert.match(error.status, /^Bad/)
      return true
    })
  }
})

test('the types know every kind, and no other', async () => {
  const types = await readFile(join(package_, 'errors.d.ts'), 'utf8')
  const told = [...types.matchAll(/^ {2}\| '(\w+)'$/gm)].map(([, code]) => code)
  assert.deepEqual(told, kinds())
})

test('what is no error of ours stays as it is', async () => {
  const own = new RangeError('{"code":')
  await assert.rejects(errors.native(() => { throw own }), error => error === own)
})
