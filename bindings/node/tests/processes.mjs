// An edge, a certificate manager and examples that serve pages, as people start them.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { Http } from 'iiot'

import { folder, freePort, programs, started } from './peers.mjs'

const run = promisify(execFile)

/** An edge that has one server; it is reached over HTTP. */
export async function edge (test, url) {
  const place = await folder(test)
  const [data, nodes] = [join(place, 'data'), join(place, 'published_nodes.json')]
  await writeFile(nodes, JSON.stringify([{ EndpointUrl: url, UseSecurity: false, OpcNodes: [{ Id: 'i=2258' }] }]))
  const program = join(programs, 'edge')
  const flags = ['--published-nodes', nodes, '--sink', 'null', '--pki', join(place, 'pki'), '--http', `127.0.0.1:${await freePort()}`]
  return served(test, [program, '--data', data], ['key', 'first', 'test'], flags)
}

/** A certificate manager with authorities. */
export async function gds (test) {
  const place = await folder(test)
  const passphrase = join(place, 'passphrase')
  await writeFile(passphrase, 'correct horse battery staple')
  const env = { ...process.env, IIOT_KEY_PASSPHRASE_FILE: passphrase }
  const shown = `http://127.0.0.1:${await freePort()}`
  const program = [join(programs, 'gds'), '--data', join(place, 'data')]
  const setUp = ['setup', '--organization', 'Plant', '--by', 'alice', '--authority-key', 'p256', '--public-url', shown]
  await run(program[0], [...program.slice(1), ...setUp], { env })
  return served(test, program, ['key', 'first', 'alice'], ['--http', `127.0.0.1:${await freePort()}`, '--public', shown], env)
}

async function served (test, [program, ...common], first, flags, env = process.env) {
  const { stdout } = await run(program, [...common, ...first], { env })
  const running = started(test, [program, ...common, ...flags], { env })
  const [, url] = await running.line(/HTTP is served at (\S+)/)
  return { place: new Http(url, { apiKey: stdout.trim() }), url, apiKey: stdout.trim(), process: running }
}

/** A simulated plant of one server with this many variables; gives the server's URL. */
export async function plant (test, nodes, interval = 100) {
  const flags = ['--port', String(await freePort()), '--servers', '1', '--nodes', String(nodes), '--interval-ms', String(interval)]
  const running = started(test, [join(programs, 'plant'), ...flags, '--data', await folder(test)])
  const [, url] = await running.line(/listening on (\S+),/)
  return [url, running]
}

/** Starts an example that serves pages; it has to stop in order. */
export async function shown (test, example, url) {
  const process_ = started(test, [process.execPath, join('examples', example), url, String(await freePort())])
  const [, at] = await process_.line(/(?:is|are) shown at (\S+)/)
  const stop = async () => assert.deepEqual(await process_.stop('SIGTERM'), { code: 0, signal: null }, process_.lines.join('\n'))
  return { at, stop }
}
