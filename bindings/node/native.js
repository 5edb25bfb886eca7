'use strict'

// The file beside this one that was built for this machine, else the package that brings it.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime
const abi = { linux: musl ? '-musl' : '-gnu', win32: '-msvc', darwin: '' }[process.platform] ?? ''
const target = `${process.platform}-${process.arch}${abi}`
const beside = join(__dirname, `iiot.${target}.node`)

module.exports = existsSync(beside) ? require(beside) : require(`@iiot/${target}`)
