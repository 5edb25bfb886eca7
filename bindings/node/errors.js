'use strict'

/** Something went wrong; the text says what, with what, why, and what to do. Branch on `code`. */
class IiotError extends Error {
  constructor ({ code, message, retryable = false, operation = '', status = '', context = {} }, options) {
    super(message, options)
    this.name = 'IiotError'
    this.code = code
    this.retryable = retryable
    this.operation = operation
    this.status = status
    this.context = context
  }
}

/** What the native part throws is JSON; what it is not stays as it is. */
function told (error) {
  try {
    const parts = JSON.parse(error.message)
    return parts.code ? new IiotError(parts) : error
  } catch {
    return error
  }
}

/** Waits for what the native part does. */
async function native (work) {
  try {
    return await work()
  } catch (error) {
    // Made here, so that the stack is that of the caller.
    throw told(error)
  }
}

module.exports = { IiotError, native, told }
