// The address space of the interop peers (see ../README.md) on node-opcua.
//
//   node interop.mjs --port 4841 --data DIR --truth FILE [--calls FILE] [--pki DIR] [--reverse opc.tcp://127.0.0.1:4850]
//
// Prints READY <url>. A line `heard` on standard input is answered by HEARD with the AuditEntryIds and locales that
// requests came with.
import fs from "node:fs";
import readline from "node:readline";
import { DataType, makeAccessLevelFlag, SecurityPolicy, StatusCodes, Variant } from "node-opcua";
import { flags, run, startable } from "./server.mjs";
import { variant } from "./values.mjs";

const NAMESPACE = "urn:iiot:peer:interop";
const TICK_MS = 100;
const SAMPLES = JSON.parse(fs.readFileSync(new URL("../interop.json", import.meta.url)));
const { None, Basic128Rsa15, Basic256, Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss } = SecurityPolicy;
/// Every policy that the stack has, also those that are deprecated.
const POLICIES = [None, Basic128Rsa15, Basic256, Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss];

const options = flags({ truth: { type: "string" }, calls: { type: "string" } });
/// Clients that are killed leave sessions behind until they time out.
const more = { serverCapabilities: { maxSessions: 500 }, ...(options.pki && { securityPolicies: POLICIES }) };
const server = await startable(options, NAMESPACE, more);
const space = server.engine.addressSpace;
const namespace = space.registerNamespace(NAMESPACE);
const truth = options.truth && fs.openSync(options.truth, "a");
const calls = options.calls && fs.openSync(options.calls, "a");
const folder = namespace.addFolder(space.rootFolder.objects, { browseName: "Interop", nodeId: "s=Interop" });
SAMPLES.forEach((sample) =>
  variable(sample.name, sample.type, sample.dimensions ? 1 : -1, "CurrentRead", variant(sample, () => 0)),
);
setpoint();
method();
const counter = variable("Counter", "UInt32", -1, "CurrentRead | HistoryRead", uint32(0));
space.installHistoricalDataNode(counter, { maxOnlineValues: 1000 });
const heard = { audits: [], locales: [] };
listen();
await run(server);
let count = 0;
setInterval(tick, TICK_MS);

function listen() {
  const serve = server.on_request.bind(server);
  server.on_request = (message, channel) => {
    const { requestHeader, localeIds } = message.request;
    if (requestHeader.auditEntryId) heard.audits.push(`${message.request.constructor.name} ${requestHeader.auditEntryId}`);
    if (localeIds) heard.locales.push(localeIds);
    return serve(message, channel);
  };
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "heard") console.log(`HEARD ${JSON.stringify(heard)}`);
  });
}

function variable(name, type, rank, access, value) {
  return namespace.addVariable({
    browseName: name,
    nodeId: `s=${name}`,
    organizedBy: folder,
    dataType: type,
    valueRank: rank,
    arrayDimensions: rank === 1 ? [0] : null,
    minimumSamplingInterval: 0,
    accessLevel: makeAccessLevelFlag(access),
    userAccessLevel: makeAccessLevelFlag(access),
    value,
  });
}

/// Every write of a client is on disk before the answer.
function setpoint() {
  const node = variable("Setpoint", "Double", -1, "CurrentRead | CurrentWrite", undefined);
  let held = new Variant({ dataType: DataType.Double, value: 0 });
  node.bindVariable(
    {
      get: () => held,
      set: (value) => {
        held = value;
        const bits = Buffer.alloc(8);
        bits.writeDoubleBE(value.value);
        const line = { node: `nsu=${NAMESPACE};s=Setpoint`, type: "Double", value: bits.toString("hex") };
        if (truth) fs.writeSync(truth, `${JSON.stringify(line)}\n`);
        return StatusCodes.Good;
      },
    },
    true,
  );
}

function method() {
  const argument = (name) => ({ name, dataType: DataType.Int32, valueRank: -1 });
  namespace
    .addMethod(folder, {
      browseName: "Add",
      nodeId: "s=Add",
      inputArguments: [argument("a"), argument("b")],
      outputArguments: [argument("sum")],
    })
    .bindMethod(([a, b], _context, done) => {
      const sum = { dataType: DataType.Int32, value: a.value + b.value };
      if (calls) fs.writeSync(calls, `${JSON.stringify({ method: "Add", a: a.value, b: b.value })}\n`);
      done(null, { statusCode: StatusCodes.Good, outputArguments: [sum] });
    });
}

/// Counts, which is kept as history, and emits an event.
function tick() {
  count += 1;
  counter.setValueFromSource(uint32(count));
  space.rootFolder.objects.server.raiseEvent("BaseEventType", {
    message: { dataType: DataType.LocalizedText, value: { text: `tick ${count}` } },
    severity: { dataType: DataType.UInt16, value: 500 },
  });
}

function uint32(value) {
  return new Variant({ dataType: DataType.UInt32, value });
}
