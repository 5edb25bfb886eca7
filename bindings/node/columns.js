'use strict'

const { Pulled } = require('./stream.js')

/** So many rows cross at once, about, at most. */
const ROWS = 65_536

/** The timestamp of a row that has none. */
const NO_TIME = -(2n ** 63n)

/** Values row by row, in typed arrays of one length. */
class Columns {
  #joined
  #arrays
  #otherRows
  #written
  #others

  constructor ({ node, sourceTimestamp, serverTimestamp, status, value, arrays, otherRows, others, told }) {
    this.node = node
    this.value = value
    this.status = status
    this.sourceTimestamp = sourceTimestamp
    this.serverTimestamp = serverTimestamp
    this.#joined = arrays
    this.#otherRows = otherRows
    this.#written = others
    Object.assign(this, told && JSON.parse(told))
  }

  /** By row the arrays of numbers; each is a part of one typed array. */
  get arrays () {
    if (!this.#arrays) {
      this.#arrays = new Map()
      let start = 0
      this.#joined?.rows.forEach((row, place) => {
        const end = this.#joined.ends[place]
        this.#arrays.set(row, this.#joined.elements.subarray(start, end))
        start = end
      })
    }
    return this.#arrays
  }

  /** By row what doubles do not hold exactly; parsed when it is asked for. */
  get others () {
    if (!this.#others) {
      this.#others = new Map()
      const values = this.#written ? JSON.parse(this.#written) : []
      values.forEach((value, place) => this.#others.set(this.#otherRows[place], value))
    }
    return this.#others
  }

  /** How many rows. */
  get length () {
    return this.value.length
  }

  /** The value of a row, whatever it is; null where there is none. */
  at (row) {
    if (this.others.has(row)) return this.others.get(row)
    if (this.arrays.has(row)) return this.arrays.get(row)
    const value = this.value[row]
    return Number.isNaN(value) ? null : value
  }

  /** When the value of a row came about at its source, to the millisecond. */
  time (row) {
    const time = this.sourceTimestamp[row]
    return time === NO_TIME ? undefined : new Date(Number(time / 1_000_000n))
  }
}

/** Columns as they come: `for await (const columns of stream)`. Leaving the loop ends the operation. */
class ColumnStream extends Pulled {
  /** As much as is at hand, about `most` rows together; the first row is never held back for others. */
  async * batches (most = ROWS) {
    try {
      for (let batch; (batch = await this._next(most));) yield new Columns(batch)
    } finally {
      await this.close()
    }
  }

  [Symbol.asyncIterator] () {
    return this.batches()
  }
}

module.exports = { ColumnStream, Columns, NO_TIME }
