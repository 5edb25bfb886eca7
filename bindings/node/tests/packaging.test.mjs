// What npm brings is what the README says and the types tell.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import * as esm from 'iiot'
import ts from 'typescript'

import { folder, server } from './peers.mjs'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const cjs = require('iiot')

test('the quick starts of the README run as written, in an empty folder', async outer => {
  const { url } = await server(outer, 'python/interop_server.py')
  const empty = await folder(outer)
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', process.env.IIOT_PACKED], { cwd: empty })
  const readme = await readFile('README.md', 'utf8')
  const starts = [...readme.matchAll(/^```js\n\/\/ (\S+\.[cm]js)\n(.*?)^```/gms)]
  assert.ok(starts.length >= 2, 'ESM and CommonJS')
  for (const [, name, code] of starts) {
    await outer.test(name, async () => {
      await writeFile(join(empty, name), code)
      const { stdout, stderr } = await run(process.execPath, [name, url], { cwd: empty, timeout: 60_000 })
      assert.equal(stderr, '')
      assert.match(stdout, /\S/)
    })
  }
})

test('both kinds of modules have the same', () => {
  const { default: all, ...named } = esm
  delete named['module.exports']
  assert.equal(all, cjs)
  assert.deepEqual(Object.keys(named).sort(), Object.keys(cjs).sort())
})

test('what users write in TypeScript compiles in the strictest form, as either kind of module', async () => {
  // The other kind of module differs in its file name alone.
  await copyFile('tests/usage.mts', 'tests/usage.cts')
  const { stdout } = await run(process.execPath, [require.resolve('typescript/bin/tsc'), '--project', 'tests']).catch(error => error)
  assert.equal(stdout, '')
})

test('the reference is made from the types', async () => {
  const compilerOptions = { target: 'es2022', module: 'nodenext', lib: ['es2022', 'esnext.disposable'], types: ['node'] }
  await writeFile('reference.json', JSON.stringify({ compilerOptions, files: ['node_modules/iiot/index.d.ts'] }))
  const typedoc = join(dirname(require.resolve('typedoc/package.json')), 'bin/typedoc')
  const flags = ['--tsconfig', 'reference.json', '--entryPoints', 'node_modules/iiot/index.d.ts', '--treatWarningsAsErrors', '--readme', 'README.md']
  await run(process.execPath, [typedoc, ...flags, '--out', 'reference'])
  assert.match(await readFile('reference/classes/Twin.html', 'utf8'), /An OPC UA server in your hands/)
})

test('the types tell what there is, and nothing else', () => {
  const file = require.resolve('iiot').replace(/\.js$/, '.d.ts')
  const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, strict: true })
  const checker = program.getTypeChecker()
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)))
  const real = symbol => symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const values = exported.filter(symbol => real(symbol).flags & ts.SymbolFlags.Value)
  assert.deepEqual(values.map(symbol => symbol.name).sort(), Object.keys(cjs).sort())
  for (const symbol of values.filter(symbol => real(symbol).flags & ts.SymbolFlags.Class)) {
    const told = checker.getDeclaredTypeOfSymbol(real(symbol)).getProperties().filter(isMethod).map(one => one.name)
    assert.deepEqual(told.filter(isOurs).sort(), methods(cjs[symbol.name]).sort(), symbol.name)
  }
})

function isMethod (symbol) {
  return symbol.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor)
}

/** Neither well-known symbols nor what the base of errors has. */
function isOurs (name) {
  return !name.startsWith('__@')
}

/** Of a class and those it extends. */
function methods (of) {
  const own = new Set()
  for (let one = of.prototype; one && one !== Object.prototype && one !== Error.prototype; one = Object.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) if (name !== 'constructor' && !name.startsWith('_')) own.add(name)
  }
  return [...own]
}
