// A server that trusts nobody but whom its folder of certificates says, for those who find out why it refuses them.
//
//   node guarded.mjs --port 4846 --data DIR --uri urn:works:server --trust DIR [--users DIR] --certificate FILE --key FILE
//                    [--only None|Sign|SignAndEncrypt] [--no-anonymous] [--no-discovery]
//
// The folders have trusted/certs, trusted/crl, issuers/certs and issuers/crl. It offers Basic256Sha256 with Sign and
// SignAndEncrypt, or one mode alone. With --no-discovery it tells nobody its endpoints who has no security. Prints
// READY <url>.
import { MessageSecurityMode, OPCUACertificateManager, SecurityPolicy } from "node-opcua";
import { flags, run, startable } from "./server.mjs";

const options = flags({
  uri: { type: "string", default: "urn:works:server" },
  trust: { type: "string" },
  users: { type: "string" },
  key: { type: "string" },
  only: { type: "string" },
  "no-anonymous": { type: "boolean", default: false },
  "no-discovery": { type: "boolean", default: false },
});

async function folder(rootFolder) {
  const manager = new OPCUACertificateManager({ rootFolder, automaticallyAcceptUnknownCertificate: false });
  await manager.initialize();
  return manager;
}

const { None, Sign, SignAndEncrypt } = MessageSecurityMode;
const modes = options.only ? [MessageSecurityMode[options.only]] : [Sign, SignAndEncrypt];
const server = await startable(options, options.uri, {
  serverCertificateManager: await folder(options.trust),
  ...(options.users && { userCertificateManager: await folder(options.users) }),
  certificateFile: options.certificate,
  privateKeyFile: options.key,
  securityModes: modes,
  securityPolicies: modes[0] === None ? [SecurityPolicy.None] : [SecurityPolicy.Basic256Sha256],
  allowAnonymous: !options["no-anonymous"],
  disableDiscovery: options["no-discovery"],
});
await run(server);
