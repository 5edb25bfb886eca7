'use strict'

// The library beside this file that was built for this machine, else that of the package that brings it.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const { target } = require('./target.js')

const beside = join(__dirname, `iiot.${target()}.node`)

function brought () {
  try {
    return require(`@iiot/${target()}`)
  } catch (cause) {
    throw new Error(`iiot has no library for ${target()}: install @iiot/${target()}, or build it as its README says`, { cause })
  }
}

module.exports = existsSync(beside) ? require(beside) : brought()
