'use strict'

const operations = require('./operations.js')
const { IiotError } = require('./errors.js')
const { kinds } = require('./native.js')
const reach = require('./reach.js')
const { Stream } = require('./stream.js')

module.exports = { ...operations, ...reach, IiotError, Stream, kinds }
