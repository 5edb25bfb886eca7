// What every server here has in common: flags, certificates, users, a clean stop.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy } from "node-opcua";
import { takeTokens } from "./tokens.mjs";

const COMMON = {
  port: { type: "string", default: "0" },
  pki: { type: "string" }, // folder made by ../python/pki.py; without it only policy None is offered
  certificate: { type: "string", default: "self-signed" }, // self-signed | leaf | chain
  reverse: { type: "string" }, // URL of a client's listener that the server connects to, again and again
  trusted: { type: "string" }, // a DER file: the only client certificate that is taken
  data: { type: "string" }, // folder of our own for what the stack writes
  legacy: { type: "boolean", default: false }, // offers Basic128Rsa15 and Basic256 too
};

/// The second user's password is longer than one block of RSA.
const USERS = { user: "secret", longwinded: "x".repeat(300) };

export function flags(more) {
  return parseArgs({ options: { ...COMMON, ...more } }).values;
}

/// A server that takes any client or user certificate, anonymous users, the users above, and tokens of ./tokens.mjs.
export async function startable(options, applicationUri, more = {}) {
  const store = new OPCUACertificateManager({
    rootFolder: path.join(options.data, "trust"),
    automaticallyAcceptUnknownCertificate: !options.trusted,
  });
  await store.initialize();
  if (options.trusted) await store.trustCertificate(await readFile(options.trusted));
  const users = new OPCUACertificateManager({
    rootFolder: path.join(options.data, "users"),
    automaticallyAcceptUnknownCertificate: true,
  });
  await users.initialize();
  const { None, Sign, SignAndEncrypt } = MessageSecurityMode;
  const server = new OPCUAServer({
    hostname: "127.0.0.1",
    port: Number(options.port),
    serverInfo: { applicationUri },
    serverCertificateManager: store,
    userCertificateManager: users,
    ...(options.pki && {
      certificateFile: path.join(options.pki, `${options.certificate}.pem`),
      privateKeyFile: path.join(options.pki, "key.pem"),
    }),
    securityModes: options.pki ? [None, Sign, SignAndEncrypt] : [None],
    securityPolicies: policies(options),
    allowAnonymous: true,
    allowAnonymousSubscriptionTransferOnUnsecuredChannel: true,
    userManager: { isValidUser: (user, password) => Object.hasOwn(USERS, user) && USERS[user] === password },
    disableDiscovery: true,
    ...(options.reverse && {
      reverseConnect: { connections: [{ endpointUrl: options.reverse }], reconnectDelay: 200, maxReconnectDelay: 1000 },
    }),
    ...more,
  });
  await server.initialize();
  scratch(server.engine.addressSpace);
  if (options.pki) takeTokens(server, path.join(options.pki, "key.pem"));
  return server;
}

/// A variable that anybody may write: ns=1;s=Scratch, below the Server object, out of the way of everything else.
function scratch(space) {
  space.getOwnNamespace().addVariable({
    browseName: "Scratch",
    nodeId: "s=Scratch",
    componentOf: space.rootFolder.objects.server,
    dataType: DataType.Int32,
    value: { dataType: DataType.Int32, value: 0 },
    accessLevel: "CurrentRead | CurrentWrite",
    userAccessLevel: "CurrentRead | CurrentWrite",
  });
}

function policies({ pki, legacy }) {
  const { None, Basic128Rsa15, Basic256, Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss } = SecurityPolicy;
  if (!pki) return [None];
  const sound = [None, Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss];
  return legacy ? [...sound, Basic128Rsa15, Basic256] : sound;
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
