// Packs what is installed with npm.
//
//   node pack.mjs OUT LIBRARY      one package for this machine, with the library inside: target/release/libiiot_node.so
//   node pack.mjs OUT --release D  the package for all machines, and one of each library below D: D/linux-x64-gnu/libiiot_node.so
//
// Prints the path of each.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { target } from './target.js'

const here = dirname(fileURLToPath(import.meta.url))
const about = read('package.json')
const targets = read('targets.json')
const [out, library, folder] = process.argv.slice(2)
if (!library || (library === '--release' && !folder)) fail('node pack.mjs OUT LIBRARY | OUT --release FOLDER')
mkdirSync(out, { recursive: true })

if (library !== '--release') {
  pack(about, stage => {
    ours(stage)
    cpSync(library, join(stage, `iiot.${target()}.node`))
  })
} else {
  const built = readdirSync(folder).filter(name => targets[name])
  if (built.length === 0) fail(`there is no folder of ${Object.keys(targets).join(', ')} in ${folder}`)
  built.forEach(one)
  const brought = Object.fromEntries(built.map(name => [`@iiot/${name}`, about.version]))
  pack({ ...about, optionalDependencies: brought }, ours)
}

/** The package that brings the library for one kind of machine. */
function one (name) {
  const { library, os, cpu, libc } = targets[name]
  const { version, license, engines } = about
  const file = `iiot.${name}.node`
  const only = { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) }
  const description = `The library of iiot for ${name}`
  pack({ name: `@iiot/${name}`, version, description, license, engines, ...only, main: file, files: [file, 'LICENSE-*'] }, stage => {
    licences(stage)
    cpSync(join(folder, name, library), join(stage, file))
  })
}

function ours (stage) {
  for (const name of readdirSync(here).filter(name => /^(README\.md|.*\.(js|d\.ts)|index\.mjs)$/.test(name))) {
    cpSync(join(here, name), join(stage, name))
  }
  licences(stage)
}

function licences (stage) {
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) cpSync(join(here, '../..', name), join(stage, name))
}

function pack (manifest, fill) {
  const stage = mkdtempSync(join(tmpdir(), 'iiot-pack-'))
  try {
    writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest, null, 2) + '\n')
    fill(stage)
    const npm = ['pack', '--silent', '--pack-destination', resolve(out), stage]
    const name = execFileSync('npm', npm, { encoding: 'utf8', shell: process.platform === 'win32' }).trim()
    console.log(join(resolve(out), name))
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

function read (name) {
  return JSON.parse(readFileSync(join(here, name), 'utf8'))
}

function fail (reason) {
  console.error(`pack.mjs: ${reason}`)
  process.exit(2)
}
