import type { ErrorCode } from './errors.js'

export * from './columns.js'
export * from './errors.js'
export * from './host.js'
export * from './operations.js'
export * from './process.js'
export { Http, type HttpOptions, Hub, type HubOptions, Twin, type TwinOptions } from './reach.js'
export { Stream } from './stream.js'

/** The code of every kind of error. */
export function kinds(): ErrorCode[]
