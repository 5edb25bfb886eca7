// A device under push management on node-opcua, whose push part answers Good and does not keep all that it takes.
//
//   node push_device.mjs --port 4845 --data DIR --libraries DIR
//
// --libraries is the folder with the packages of ../push: the push part and a stack of its age. `admin` with the password
// `secret` may administrate. Prints READY <url>; stops on SIGTERM.
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: { port: { type: "string" }, data: { type: "string" }, libraries: { type: "string" } },
});
const require = createRequire(path.join(path.resolve(options.libraries), "package.json"));
const {
  MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, WellKnownRoles, makeRoles,
} = require("node-opcua");
const { installPushCertificateManagementOnServer } = require("node-opcua-server-configuration");

const APPLICATION_URI = "urn:iiot:peer:device";

async function managed(folder) {
  const manager = new OPCUACertificateManager({
    rootFolder: path.join(options.data, folder),
    automaticallyAcceptUnknownCertificate: true,
  });
  await manager.initialize();
  return manager;
}

const serverCertificateManager = await managed("application");
const server = new OPCUAServer({
  hostname: "127.0.0.1",
  port: Number(options.port),
  serverInfo: { applicationUri: APPLICATION_URI },
  serverCertificateManager,
  userCertificateManager: await managed("users"),
  securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
  securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
  allowAnonymous: true,
  disableDiscovery: true,
  userManager: {
    isValidUser: (user, password) => user === "admin" && password === "secret",
    getUserRoles: (user) => makeRoles(user === "admin" ? [WellKnownRoles.SecurityAdmin] : [WellKnownRoles.Anonymous]),
  },
});
await server.initialize();
await installPushCertificateManagementOnServer(server);
await server.start();
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => server.shutdown(0).finally(() => process.exit(0)));
}
console.log(`READY opc.tcp://127.0.0.1:${options.port}`);
