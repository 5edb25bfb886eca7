'use strict'

/** What a library must have been built for to run here: `linux-x64-gnu`. */
function target () {
  const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime
  const abi = { linux: musl ? '-musl' : '-gnu', win32: '-msvc' }[process.platform] ?? ''
  return `${process.platform}-${process.arch}${abi}`
}

module.exports = { target }
