// A server with variables of every built-in type, which writes what they hold to a file.
//
//   node types.mjs --port 4841 --data DIR --truth FILE [--pki DIR --certificate self-signed|leaf|chain] [--writable]
//
// Prints READY <url>. A line `set` on standard input gives every variable its next value and answers SET <generation>;
// `holds 3` compares what every variable holds with the values of generation 3, whoever wrote it, and answers HOLDS with
// the names of those that differ.
import fs from "node:fs";
import readline from "node:readline";
import { coerceStatusCode, DataType, DataValue, makeAccessLevelFlag } from "node-opcua";
import { BinaryStream } from "node-opcua-binary-stream";
import { catalogue } from "./catalogue.mjs";
import { flags, moment, run, startable, ticks } from "./server.mjs";
import { variant } from "./values.mjs";

const NAMESPACE = "urn:iiot:peer:types";
const options = flags({ truth: { type: "string" }, writable: { type: "boolean", default: false } });
const server = await startable(options, NAMESPACE);
const space = server.engine.addressSpace;
const namespace = space.registerNamespace(NAMESPACE);
const indexOf = (uri) => space.getNamespaceIndex(uri);
const truth = fs.openSync(options.truth, "a");
const variables = catalogue(0).map(variable);
let generation = 0;
set();
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "set") {
    generation += 1;
    set();
    console.log(`SET ${generation}`);
  } else if (line.startsWith("holds ")) {
    console.log(`HOLDS ${JSON.stringify(differing(Number(line.slice(6))))}`);
  }
});
await run(server);

function variable({ name, type, dimensions }) {
  return namespace.addVariable({
    browseName: name,
    nodeId: `s=${name}`,
    organizedBy: space.rootFolder.objects,
    dataType: type === "Variant" ? "BaseDataType" : type === "ExtensionObject" ? "Structure" : type,
    valueRank: dimensions === null ? -1 : dimensions.length,
    arrayDimensions: dimensions === null ? null : dimensions.map(() => 0),
    minimumSamplingInterval: 0,
    accessLevel: makeAccessLevelFlag(options.writable ? "CurrentRead | CurrentWrite" : "CurrentRead"),
  });
}

function set() {
  catalogue(generation).forEach((entry, index) => assign(variables[index], entry, timeOf(index)));
}

/// Times that use all seven digits, and no two alike for one variable.
function timeOf(index) {
  return ticks(Date.now()) + BigInt((index * 7919 + generation * 13) % 10_000);
}

function assign(node, entry, sourceTicks) {
  const { date, picoseconds } = moment(sourceTicks);
  const line = { node: `nsu=${NAMESPACE};s=${entry.name}`, generation, ...entry, source_ticks: String(sourceTicks) };
  fs.writeSync(truth, `${JSON.stringify(line)}\n`);
  const value = new DataValue({
    value: variant(entry, indexOf),
    statusCode: coerceStatusCode(entry.status),
    sourceTimestamp: date,
    sourcePicoseconds: picoseconds,
    serverTimestamp: date,
    serverPicoseconds: picoseconds,
  });
  // The public setValueFromSource knows milliseconds only.
  node._internal_set_dataValue(value);
}

/// Names of the variables whose values are not those of this generation, byte for byte.
function differing(generation) {
  const entries = catalogue(generation);
  const differs = (entry, index) => !encoded(variables[index].readValue().value).equals(encoded(variant(entry, indexOf)));
  return entries.filter(differs).map((entry) => entry.name);
}

function encoded(value) {
  const stream = new BinaryStream(1 << 16);
  value.encode(stream);
  return stream.buffer.subarray(0, stream.length);
}
