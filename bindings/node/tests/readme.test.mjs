// The README tells of every operation. IIOT_UPDATE=1 writes its table again.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

import { repository } from './peers.mjs'

const README = join(repository, 'bindings/node/README.md')
const MARKS = /(?<=<!-- operations -->\n).*(?=<!-- end -->)/s

test('its table is that of the types', async () => {
  const package_ = dirname(createRequire(import.meta.url).resolve('iiot'))
  const wanted = table(await readFile(join(package_, 'operations.d.ts'), 'utf8'))
  const text = await readFile(README, 'utf8')
  if (process.env.IIOT_UPDATE) await writeFile(README, text.replace(MARKS, () => wanted))
  else assert.equal(text.match(MARKS)?.[0], wanted, 'it is out of date: run the tests with IIOT_UPDATE=1')
})

function table (types) {
  const rows = ['| capability | operation | what it does | role |', '|---|---|---|---|']
  for (const [, capability, body] of types.matchAll(/The operations of `(\w+)`[^\n]*\nexport class \w+ extends Face \{\n(.*?)\n\}/gs)) {
    for (const [, doc, name, given] of body.matchAll(/ {2}\/\*\*\n(.*?)\n {3}\*\/\n {2}(\w+)\(.*?\): (Promise|Stream)</gs)) {
      const lines = doc.split('\n').map(line => line.replace(/^ *\* ?/, ''))
      const [what] = lines.join(' ').split(/\.(?: |$)/)
      const [, role] = doc.match(/Needs the role (\w+)/)
      rows.push(`| ${capability} | \`${name}\`${given === 'Stream' ? ' (stream)' : ''} | ${what} | ${role} |`)
    }
  }
  assert.ok(rows.length > 140, String(rows.length))
  return rows.join('\n') + '\n'
}
