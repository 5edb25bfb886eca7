// A server with counters that lose nothing: each value is in the truth file before a client can see it.
//
//   node counter.mjs --port 4843 --data DIR --truth FILE [--counters 10] [--interval-ms 100]
//                    [--pki DIR --certificate self-signed|leaf|chain]
//                    [--namespaces urn:a,urn:b,...] [--max-items-per-call 0] [--max-sessions 100]
//                    [--uri urn:x] [--redundancy 0..5 --partners urn:a=opc.tcp://...,urn:b=...]
//
// --redundancy is the number of the RedundancySupport; a line `level 100` on standard input sets the ServiceLevel,
// which is 255 before, and is answered by LEVEL 100.
// --namespaces is the order of the namespaces behind the server's own, which is then urn:iiot:peer:counter-server.
//
// Prints READY <url>. Started again with the same file it counts on from there, so a value that a
// subscriber never saw is lost for certain.
import fs from "node:fs";
import readline from "node:readline";
import { ApplicationDescription, DataType, DataValue, StatusCodes, Variant, VariantArrayType } from "node-opcua";
import { flags, moment, run, startable, ticks } from "./server.mjs";

const NAMESPACE = "urn:iiot:peer:counter";
const options = flags({
  truth: { type: "string" },
  counters: { type: "string", default: "10" },
  "interval-ms": { type: "string", default: "100" },
  namespaces: { type: "string", default: "" },
  "max-items-per-call": { type: "string", default: "0" },
  "max-sessions": { type: "string", default: "100" },
  uri: { type: "string" },
  redundancy: { type: "string", default: "0" },
  partners: { type: "string", default: "" },
});
const applicationUri = options.uri ?? (options.namespaces ? `${NAMESPACE}-server` : NAMESPACE);
const server = await startable(options, applicationUri, {
  serverCapabilities: {
    // Otherwise changes within 50 ms are folded into the last of them, unseen by the subscriber.
    minSupportedSampleRate: 0,
    maxSessions: Number(options["max-sessions"]),
    operationLimits: { maxMonitoredItemsPerCall: Number(options["max-items-per-call"]) },
  },
});
const space = server.engine.addressSpace;
options.namespaces.split(",").filter(Boolean).forEach((uri) => space.registerNamespace(uri));
const namespace = space.registerNamespace(NAMESPACE);
const names = Array.from({ length: Number(options.counters) }, (_, index) => `Counter.${index}`);
const values = lastValues();
const truth = fs.openSync(options.truth, "a");
const nodes = names.map((name) =>
  namespace.addVariable({
    browseName: name,
    nodeId: `s=${name}`,
    organizedBy: space.rootFolder.objects,
    dataType: "Int64",
    minimumSamplingInterval: 0,
  }),
);
names.forEach((_, index) => increment(index));
beOneOf(options.partners.split(",").filter(Boolean).map((partner) => partner.split("=")));
await run(server);
names.forEach((_, index) => setInterval(() => increment(index), Number(options["interval-ms"])));

/// Makes the server one of a redundant set; partners are pairs of URI and URL.
function beOneOf(partners) {
  const redundancy = space.rootFolder.objects.server.serverRedundancy;
  const support = redundancy.getChildByName("RedundancySupport");
  support.setValueFromSource({ dataType: DataType.Int32, value: Number(options.redundancy) });
  const uris = { dataType: DataType.String, arrayType: VariantArrayType.Array, value: partners.map(([uri]) => uri) };
  const array = space.findNode("i=11314") ?? space.getNamespace(0).addVariable({
    browseName: { name: "ServerUriArray", namespaceIndex: 0 },
    nodeId: "i=11314",
    propertyOf: redundancy,
    dataType: "String",
    valueRank: 1,
  });
  array.setValueFromSource(uris);
  const others = partners.map(([applicationUri, url]) => new ApplicationDescription({ applicationUri, discoveryUrls: [url] }));
  const own = server.getServers.bind(server);
  server.getServers = (channel) => [...own(channel), ...others];
  let level = 255;
  const get = () => new Variant({ dataType: DataType.Byte, value: level });
  space.findNode("i=2267").bindVariable({ get }, true);
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    level = Number(line.split(" ")[1]);
    console.log(`LEVEL ${level}`);
  });
}

/// The values that the truth file ends with.
function lastValues() {
  const values = names.map(() => 0n);
  if (!fs.existsSync(options.truth)) return values;
  for (const line of fs.readFileSync(options.truth, "utf8").split("\n").filter(Boolean)) {
    const { name, value } = JSON.parse(line);
    const index = names.indexOf(name);
    if (index >= 0) values[index] = BigInt(value);
  }
  return values;
}

function increment(index) {
  values[index] += 1n;
  const sourceTicks = ticks(Date.now()) + BigInt(index);
  const name = names[index];
  const line = { node: `nsu=${NAMESPACE};s=${name}`, name, value: String(values[index]), source_ticks: String(sourceTicks) };
  fs.writeSync(truth, `${JSON.stringify(line)}\n`);
  show(nodes[index], values[index], moment(sourceTicks));
}

function show(node, value, { date, picoseconds }) {
  const halves = [Number(value >> 32n), Number(value & 0xffff_ffffn)];
  node._internal_set_dataValue(
    new DataValue({
      value: new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: halves }),
      statusCode: StatusCodes.Good,
      sourceTimestamp: date,
      sourcePicoseconds: picoseconds,
      serverTimestamp: date,
      serverPicoseconds: picoseconds,
    }),
  );
}
