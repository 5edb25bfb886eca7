import type { Transport } from './host.js'
import type { ColumnStream, Columns } from './columns.js'
import * as operations from './operations.js'

/** How a server is talked to. */
export interface TwinOptions {
  /** Folder of certificates; ours is made there on the first start. Without one there is no security. */
  pki?: string
  /** Our name, in our certificate. Default `node`. */
  name?: string
  /** Which of the server's endpoints may be taken; the most secure of them is. Default `any`. */
  security?: 'any' | 'secure' | 'none'
  /** Danger: takes certificates that nobody trusted. */
  trustAll?: boolean
  /** Who we are to the server; nobody in particular where it is left out. */
  user?: string
  /** The password of the user. */
  password?: string
}

/** An OPC UA server in your hands. */
export class Twin extends operations.TwinOperations {
  /** Of a server that this process reaches itself; `url` is `opc.tcp://HOST:PORT/PATH`. */
  constructor(url: string, options?: TwinOptions)
  /** As `read`, the values in typed arrays. */
  readColumns(request: Parameters<operations.TwinOperations['read']>[0]): Promise<Columns>
  /**
   * As `watchValues`, the values in typed arrays. Of a server that this process reaches itself it is a subscription of its own,
   * and what is not taken stays with the server.
   */
  watchColumns(request: Omit<Parameters<operations.TwinOperations['watchValues']>[0], 'after'>): ColumnStream
}

/** A process that offers capabilities, and what it offers. */
export class Place {
  protected constructor()
  /** A server behind it, by its EndpointUrl or the id of its record. */
  twin(endpoint: string): Twin
  /** Its searches. */
  discovery(): operations.DiscoveryOperations
  /** What is on record there. */
  registry(): operations.RegistryOperations
  /** How its publisher stands. */
  publisher(): operations.EdgeOperations
  /** What it publishes. */
  configuration(): operations.ConfigurationOperations
  /** Its API keys and its audit record. */
  access(): operations.AccessOperations
  /** Its certificates: authorities, groups, requests. */
  certificates(): operations.CertificatesOperations
  /** The devices that it keeps in trust. */
  devices(): operations.DevicesOperations
  /** What applications ask of it for themselves. */
  enrolment(): operations.EnrolmentOperations
}

/** How a process is found at a broker. */
export interface HubOptions {
  /** Its topic: `iiot/edge`. */
  place: string
  /** Its public key, as `edge place` prints it. */
  placeKey: string
  /** An API key of its. */
  apiKey: string
  /** For so long an answer is waited for, in seconds. Default 30. */
  timeout?: number
  /** Hubs of your own, by the keys that `host:KEY` names. */
  transports?: { [key: string]: Transport }
}

/** An edge, a cloud or a certificate manager at a broker. */
export class Hub extends Place {
  /** `transport` is `mqtt://HOST:PORT`, or `host:KEY` for a hub of your own. */
  constructor(transport: string, options: HubOptions)
}

/** How a process is reached over HTTP. */
export interface HttpOptions {
  /** An API key of its, or a token of the identity provider that it trusts. */
  apiKey: string
  /** File with the authorities that vouch for it (PEM). Default those of the system. */
  authorities?: string
  /** SHA-256 of its certificate, in hexadecimal digits, where nobody vouches for it. */
  fingerprint?: string
  /** For so long an answer is waited for, in seconds, and the next sign of life of a stream. Default 60. */
  timeout?: number
}

/** An edge, a cloud or a certificate manager at an HTTP server. */
export class Http extends Place {
  /** `url` is `https://HOST:PORT`; `http://` on this machine alone. */
  constructor(url: string, options: HttpOptions)
}

export {}
