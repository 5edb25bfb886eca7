// What every server here has in common: flags, certificates, users, a clean stop.
import path from "node:path";
import { parseArgs } from "node:util";
import { MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy } from "node-opcua";

const COMMON = {
  port: { type: "string", default: "0" },
  pki: { type: "string" }, // folder made by ../python/pki.py; without it only policy None is offered
  certificate: { type: "string", default: "self-signed" }, // self-signed | leaf | chain
  reverse: { type: "string" }, // URL of a client's listener that the server connects to, again and again
  data: { type: "string" }, // folder of our own for what the stack writes
};

export function flags(more) {
  return parseArgs({ options: { ...COMMON, ...more } }).values;
}

/// A server that takes any client certificate, anonymous users and user/secret.
export async function startable(options, applicationUri, more = {}) {
  const store = new OPCUACertificateManager({
    rootFolder: path.join(options.data, "trust"),
    automaticallyAcceptUnknownCertificate: true,
  });
  await store.initialize();
  const { None, Sign, SignAndEncrypt } = MessageSecurityMode;
  const server = new OPCUAServer({
    hostname: "127.0.0.1",
    port: Number(options.port),
    serverInfo: { applicationUri },
    serverCertificateManager: store,
    ...(options.pki && {
      certificateFile: path.join(options.pki, `${options.certificate}.pem`),
      privateKeyFile: path.join(options.pki, "key.pem"),
    }),
    securityModes: options.pki ? [None, Sign, SignAndEncrypt] : [None],
    securityPolicies: options.pki ? [SecurityPolicy.None, SecurityPolicy.Basic256Sha256] : [SecurityPolicy.None],
    allowAnonymous: true,
    allowAnonymousSubscriptionTransferOnUnsecuredChannel: true,
    userManager: { isValidUser: (user, password) => user === "user" && password === "secret" },
    disableDiscovery: true,
    ...(options.reverse && {
      reverseConnect: { connections: [{ endpointUrl: options.reverse }], reconnectDelay: 200, maxReconnectDelay: 1000 },
    }),
    ...more,
  });
  await server.initialize();
  return server;
}

/// Listens, says so, and stops when it is asked to.
export async function run(server) {
  await server.start();
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => server.shutdown(0).finally(() => process.exit(0)));
  }
  console.log(`READY opc.tcp://127.0.0.1:${server.endpoints[0].port}`);
}

/// 100 ns ticks since 1601 of a moment in milliseconds since 1970.
export function ticks(milliseconds) {
  return BigInt(milliseconds) * 10_000n + 116_444_736_000_000_000n;
}

/// The stack's pair for a time: a Date and the picoseconds below its milliseconds.
export function moment(ticks) {
  const sinceEpoch = ticks - 116_444_736_000_000_000n;
  const rest = ((sinceEpoch % 10_000n) + 10_000n) % 10_000n;
  return { date: new Date(Number((sinceEpoch - rest) / 10_000n)), picoseconds: Number(rest) * 100_000 };
}
