// Packs the library, installs the package as users do, and runs what is asked for there.
//
//   node run.mjs LIBRARY FOLDER BESIDE COMMAND…
//
// COMMAND runs in FOLDER/work, which is made anew: tests and examples are copied there, `iiot` is installed there, and so
// they find nothing of the repository but what IIOT_REPOSITORY names. BESIDE holds the other packages that they need.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const repository = resolve(here, '../../..')
const [library, folder, beside, ...command] = process.argv.slice(2)
const work = resolve(folder, 'work')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

rmSync(folder, { recursive: true, force: true })
mkdirSync(work, { recursive: true })
symlinkSync(resolve(beside, 'node_modules'), join(folder, 'node_modules'), 'junction')
const stripped = join(work, 'library')
if (spawnSync('strip', ['--strip-debug', '-o', stripped, library]).status !== 0) cpSync(library, stripped)
const packed = execFileSync(process.execPath, [join(here, '../pack.mjs'), work, stripped], { encoding: 'utf8' }).trim()
writeFileSync(join(work, 'package.json'), '{ "private": true }\n')
cpSync(here, join(work, 'tests'), { recursive: true })
cpSync(join(repository, 'examples/node'), join(work, 'examples'), { recursive: true })
cpSync(join(here, '../README.md'), join(work, 'README.md'))
execFileSync(npm, ['install', '--offline', '--no-audit', '--no-fund', '--no-save', packed], { cwd: work, stdio: 'inherit' })

rmSync(stripped)
const files = command.flatMap(word => word === 'TESTS' ? tests() : [word])
const { IIOT_PEERS = '', IIOT_PROGRAMS = '' } = process.env
const places = { IIOT_REPOSITORY: repository, IIOT_PACKED: packed, IIOT_PEERS: resolve(IIOT_PEERS), IIOT_PROGRAMS: resolve(IIOT_PROGRAMS) }
const env = { ...process.env, ...places }
process.exit(spawnSync(process.execPath, files, { cwd: work, stdio: 'inherit', env }).status ?? 1)

function tests () {
  return readdirSync(join(work, 'tests')).filter(name => name.endsWith('.test.mjs')).map(name => join('tests', name))
}
