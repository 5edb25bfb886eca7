'use strict'

const columns = require('./columns.js')
const operations = require('./operations.js')
const { IiotError } = require('./errors.js')
const { kinds } = require('./native.js')
const reach = require('./reach.js')
const { Stream } = require('./stream.js')

module.exports = { ...operations, ...reach, ...columns, IiotError, Stream, kinds }
