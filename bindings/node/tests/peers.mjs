// Other people's servers and our own processes, each with a folder of its own; what a test starts ends with the test.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The top of the repository, and where the peers are installed: `cargo xtask` says so. */
export const { IIOT_REPOSITORY: repository, IIOT_PEERS: installed, IIOT_PROGRAMS: programs } = process.env

/** A process whose lines can be waited for. */
export class Process {
  lines = []
  #waiting = []

  constructor (command, options) {
    this.child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], ...options })
    this.ended = new Promise(resolve => this.child.on('exit', (code, signal) => resolve({ code, signal })))
    for (const output of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: output }).on('line', line => {
        this.lines.push(line)
        this.#waiting = this.#waiting.filter(one => !one(line))
      })
    }
  }

  /** The first line that fits, also of those that came before. */
  async line (pattern) {
    const fits = line => line.match(pattern)
    const found = this.lines.map(fits).find(Boolean)
    if (found) return found
    let gone = false
    const come = new Promise(resolve => this.#waiting.push(line => {
      const match = fits(line)
      if (match) resolve(match)
      return gone || match
    }))
    const over = this.ended.then(({ code, signal }) => {
      throw new Error(`it ended (${code ?? signal}) before ${pattern}:\n${this.lines.join('\n')}`)
    })
    try {
      return await Promise.race([come, over, late(pattern, this.lines)])
    } finally {
      gone = true
    }
  }

  send (line) {
    this.child.stdin.write(line + '\n')
  }

  async stop (signal = 'SIGKILL') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal)
    return this.ended
  }
}

/** Starts a process and stops it with the test. */
export function started (test, command, options) {
  const process = new Process(command, options)
  test.after(() => process.stop())
  return process
}

/** Starts a server of `simulation/peers`, as `node/interop.mjs`, and tells its URL. */
export async function server (test, script, ...flags) {
  const data = await folder(test)
  const peers = join(data, 'peers')
  const [language, name] = script.split('/')
  await cp(join(repository, 'simulation/peers'), peers, { recursive: true, filter: source => !source.includes('node_modules') })
  if (language === 'node') await symlink(join(installed, 'node/node_modules'), join(peers, 'node/node_modules'))
  const program = language === 'node' ? [process.execPath] : [join(installed, 'python/bin/python')]
  const port = String(await freePort())
  const command = [...program, join(peers, language, name), '--port', port, '--data', join(data), ...flags]
  const running = started(test, command, { cwd: data })
  const [, url] = await running.line(/^READY (\S+)/)
  return { url, process: running, folder: data }
}

/** A folder that is gone after the test. */
export async function folder (test) {
  const made = await mkdtemp(join(tmpdir(), 'iiot-node-'))
  test.after(() => rm(made, { recursive: true, force: true, maxRetries: 5 }))
  return made
}

export function freePort () {
  return new Promise((resolve, reject) => {
    const listening = createServer().on('error', reject)
    listening.listen(0, '127.0.0.1', () => {
      const { port } = listening.address()
      listening.close(() => resolve(port))
    })
  })
}

/** Until it does not throw any more. */
export async function eventually (work, patience = PATIENCE) {
  const end = Date.now() + patience
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

function late (pattern, lines) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${pattern} did not come:\n${lines.join('\n')}`)), PATIENCE)
    timer.unref()
  })
}

/** Busy machines need so long. */
const PATIENCE = 120_000
