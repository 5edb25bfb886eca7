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

/** An OPC UA server in your hands, which this process reaches itself. */
export class Twin extends operations.TwinOperations {
  /** `url` is `opc.tcp://HOST:PORT/PATH`. */
  constructor(url: string, options?: TwinOptions)
}

/** How an edge or a cloud is found at a broker. */
export interface HubOptions {
  /** Its topic: `iiot/edge`. */
  place: string
  /** Its public key, as `edge place` prints it. */
  placeKey: string
  /** An API key of its. */
  apiKey: string
  /** For so long an answer is waited for, in seconds. Default 30. */
  timeout?: number
}

/** An edge or a cloud at a broker, and what it offers. */
export class Hub {
  /** `transport` is `mqtt://HOST:PORT`. */
  constructor(transport: string, options: HubOptions)
  /** A server behind it, by its EndpointUrl or the id of its record. */
  twin(endpoint: string): operations.TwinOperations
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
}
