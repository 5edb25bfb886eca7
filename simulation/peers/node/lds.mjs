// A discovery server, and servers that are registered there, to be found through it.
//
//   node lds.mjs --port 4840 --data DIR [--servers 20] [--host 127.0.0.1] [--first-port 0] [--same-uri]
//
// The servers have no address space to speak of. They listen at the first port and those behind it, or at any free ones,
// and register by RegisterServer2 on a channel without security. With --same-uri all of them have one ApplicationUri, as
// clones have; the discovery server then knows but one. Prints a line SERVER <ApplicationUri> <url> for each, and
// READY <url> of the discovery server when all are registered.
import path from "node:path";
import { parseArgs } from "node:util";
import {
  MessageSecurityMode, OPCUACertificateManager, OPCUADiscoveryServer, OPCUAServer, RegisterServerMethod, SecurityPolicy,
} from "node-opcua";
import { get_mini_nodeset_filename } from "node-opcua-address-space/testHelpers.js";

const options = parseArgs({
  options: {
    port: { type: "string", default: "4840" },
    data: { type: "string" },
    servers: { type: "string", default: "20" },
    host: { type: "string", default: "127.0.0.1" },
    "first-port": { type: "string", default: "0" },
    "same-uri": { type: "boolean", default: false },
  },
}).values;
const count = Number(options.servers);

/// Each has a key and a certificate of its own.
async function certificates(name) {
  const manager = new OPCUACertificateManager({
    rootFolder: path.join(options.data, name),
    automaticallyAcceptUnknownCertificate: true,
  });
  await manager.initialize();
  return manager;
}

const directory = new OPCUADiscoveryServer({
  hostname: options.host,
  port: Number(options.port),
  // Whoever registers takes the most secure endpoint, and would have to be trusted there.
  securityModes: [MessageSecurityMode.None],
  securityPolicies: [SecurityPolicy.None],
  serverInfo: { applicationUri: "urn:iiot:peer:lds", applicationName: { text: "Discovery server" } },
  serverCertificateManager: await certificates("lds"),
  allowUnsecuredRegistration: true,
});
await directory.start();
const url = `opc.tcp://${options.host}:${directory.endpoints[0].port}`;

async function start(number) {
  const manager = await certificates(`server-${number}`);
  const applicationUri = `urn:iiot:peer:registered-${options["same-uri"] ? 0 : number}`;
  const first = Number(options["first-port"]);
  const server = new OPCUAServer({
    hostname: options.host,
    port: first === 0 ? 0 : first + number,
    serverInfo: { applicationUri, applicationName: { text: `Registered server ${number}` } },
    serverCertificateManager: manager,
    userCertificateManager: manager,
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    nodeset_filename: get_mini_nodeset_filename(),
    registerServerMethod: RegisterServerMethod.LDS,
    discoveryServerEndpointUrl: url,
  });
  await server.start();
  console.log(`SERVER ${applicationUri} opc.tcp://${options.host}:${server.endpoints[0].port}`);
  return server;
}

const registered = new Set();
const all = new Promise((resolve) => {
  directory.on("onRegisterServer", (server) => {
    registered.add(server.serverUri);
    if (registered.size >= (options["same-uri"] ? Math.min(count, 1) : count)) resolve();
  });
  if (count === 0) resolve();
});
const servers = [];
for (let number = 0; number < count; number += 1) servers.push(start(number));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
await Promise.all([...servers, all]);
console.log(`READY ${url}`);
