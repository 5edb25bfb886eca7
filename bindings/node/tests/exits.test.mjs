// Processes that use each feature and end in every way: none crashes, and none hangs.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'

import { server } from './peers.mjs'
import { FEATURES, WAYS } from './ending.mjs'

/** So many processes: each feature in two ways, or as many as are asked for where it is asked for. */
const RUNS = Number(process.env.IIOT_EXITS ?? FEATURES.length * 2)
const AT_ONCE = 2
const LIMIT_MS = 60_000

/** How each way ends a process. */
const ENDS = { normal: [0], left_open: [0], exit: [3], thrown: [1], rejected: [1], interrupted: ['SIGINT'], worker: [0] }

test(`${RUNS} processes end as they should`, async outer => {
  const { url } = await server(outer, 'python/interop_server.py')
  const all = WAYS.flatMap((_, shift) => FEATURES.map((feature, index) => [feature, WAYS[(index + shift) % WAYS.length]]))
  const wrong = []
  let next = 0
  async function some () {
    while (next < RUNS) {
      const [feature, way] = all[next++ % all.length]
      const { end, said } = await ended(url, feature, way)
      if (!ENDS[way].includes(end)) wrong.push(`${feature} ${way}: ${end}\n${said}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, some))
  assert.deepEqual(wrong, [])
})

function ended (url, feature, way) {
  return new Promise(resolve => {
    const command = ['tests/ending.mjs', url, feature, way]
    const child = execFile(process.execPath, command, { timeout: LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ end: error ? error.signal ?? error.code : 0, said: stdout + stderr })
    })
    if (way === 'interrupted') child.stdout.on('data', data => { if (`${data}`.includes('READY')) child.kill('SIGINT') })
  })
}
