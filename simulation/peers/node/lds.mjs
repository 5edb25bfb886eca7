// A discovery server with servers that are registered there, to find all of them through it.
//
//   node lds.mjs --port 4840 --data DIR [--servers 20] [--host 127.0.0.1] [--first-port 0] [--same-uri]
//
// The servers listen behind each other from the first port on, or at any free ones, and register by RegisterServer2. With
// --same-uri all of them have one ApplicationUri, as cloned images have; a discovery server then knows one of them. Prints
// READY <url> when all are registered, and before it a line SERVER <ApplicationUri> <url> for each.
import path from "node:path";
import { parseArgs } from "node:util";
import {
  MessageSecurityMode, OPCUACertificateManager, OPCUADiscoveryServer, OPCUAServer, RegisterServerMethod, SecurityPolicy,
} from "node-opcua";

const options = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    data: { type: "string" },
    servers: { type: "string", default: "20" },
    host: { type: "string", default: "127.0.0.1" },
    "first-port": { type: "string", default: "0" },
    "same-uri": { type: "boolean", default: false },
  },
}).values;
const { None, SignAndEncrypt } = MessageSecurityMode;
const security = {
  securityModes: [None, SignAndEncrypt],
  securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
};
const certificates = new OPCUACertificateManager({
  rootFolder: path.join(options.data, "pki"),
  automaticallyAcceptUnknownCertificate: true,
});
await certificates.initialize();

const lds = new OPCUADiscoveryServer({
  ...security,
  hostname: options.host,
  port: Number(options.port),
  serverInfo: { applicationUri: "urn:iiot:peer:lds", applicationName: { text: "Discovery server" } },
  serverCertificateManager: certificates,
  // The servers share one folder of certificates with it, and so one certificate that names none of their URIs.
  allowUnsecuredRegistration: true,
});
await lds.start();
const url = `opc.tcp://${options.host}:${lds.endpoints[0].port}`;
