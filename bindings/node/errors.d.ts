/** What kind of error it is; the same codes in Python, REST and Rust. */
export type ErrorCode =
  /** The request or the configuration is wrong; it must be changed. */
  | 'invalid_argument'
  /** No such node, record, file or name. */
  | 'not_found'
  /** It exists already. */
  | 'already_exists'
  /** The record was changed by somebody else meanwhile; read it again. */
  | 'conflict'
  /** Who is asking is not known: wrong user name, password, key or token. */
  | 'unauthenticated'
  /** Who is asking is known and may not. */
  | 'forbidden'
  /** A certificate was refused; the message names the failing check. */
  | 'untrusted'
  /** The other side refused our security: policy, mode, certificate, signature. */
  | 'security'
  /** The other side cannot be reached or has gone. */
  | 'unavailable'
  /** No answer within the time allowed. */
  | 'timeout'
  /** The caller gave up. */
  | 'cancelled'
  /** The object was closed before or during the call. */
  | 'closed'
  /** A limit was met: size, count, rate, memory. */
  | 'limit_exceeded'
  /** The other side, or this build, cannot do this. */
  | 'unsupported'
  /** The other side broke the protocol. */
  | 'protocol'
  /** Data at rest or in flight does not decode. */
  | 'corrupt'
  /** The OPC UA server answered with a bad StatusCode; see `status`. */
  | 'rejected'
  /** It is not known whether the change took place; nobody here will try again. */
  | 'indeterminate'
  /** Reading or writing a file failed. */
  | 'io'
  /** A defect of this program. */
  | 'internal'

/** Something went wrong; the text says what, with what, why, and what to do. Branch on `code`. */
export class IiotError extends Error {
  readonly name: 'IiotError'
  /** What kind of error it is. */
  readonly code: ErrorCode
  /** Whether the same can succeed later without being changed. */
  readonly retryable: boolean
  /** What was being done. */
  readonly operation: string
  /** The StatusCode of the server, else that of the kind. */
  readonly status: string
  /** With what: the node, the endpoint, the file. */
  readonly context: Readonly<Record<string, string>>
}
