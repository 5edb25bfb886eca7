'use strict'

const columns = require('./columns.js')
const operations = require('./operations.js')
const { IiotError } = require('./errors.js')
const { kinds } = require('./native.js')
const { App, Discovery, Publisher } = require('./process.js')
const { Http, Hub, Twin } = require('./reach.js')
const { Stream } = require('./stream.js')

module.exports = { ...operations, ...columns, App, Discovery, Http, Hub, IiotError, Publisher, Stream, Twin, kinds }
