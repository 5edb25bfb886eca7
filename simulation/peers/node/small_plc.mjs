// A server as small as many PLCs: 2 sessions, 1 subscription, 20 operations a call, 100 items in all, and one thing at
// a time, 50 ms an operation.
//
//   node small_plc.mjs --port 4845 --data DIR [--tags 500] [--operation-ms 50] [--silent-limits]
//                      [--subscriptions 1] [--items 100]
//
// A subscription holds 100 items. With --silent-limits it has the limits and does not tell them. Prints READY <url>. A
// line `count` on standard input is answered by `COUNT <requests by service as JSON>`, `poison <tag>` makes every Read
// and Write that names the tag fail as a whole.
import readline from "node:readline";
import { DataType, ServiceFault, StatusCodes } from "node-opcua";
import { flags, run, startable } from "./server.mjs";

const NAMESPACE = "urn:iiot:peer:small-plc";
const options = flags({
  tags: { type: "string", default: "500" },
  "operation-ms": { type: "string", default: "50" },
  subscriptions: { type: "string", default: "1" },
  items: { type: "string", default: "100" },
  "silent-limits": { type: "boolean", default: false },
});
const CALL = 20;
const perCall = [
  "Read", "Write", "MethodCall", "Browse", "RegisterNodes", "TranslateBrowsePathsToNodeIds",
].map((service) => [`maxNodesPer${service}`, CALL]);
const server = await startable(options, NAMESPACE, {
  serverCapabilities: {
    maxSessions: 2,
    maxSubscriptions: Number(options.subscriptions),
    maxSubscriptionsPerSession: Number(options.subscriptions),
    maxMonitoredItems: Number(options.items),
    maxMonitoredItemsPerSubscription: 100,
    operationLimits: { ...Object.fromEntries(perCall), maxMonitoredItemsPerCall: CALL },
  },
});
const space = server.engine.addressSpace;
const namespace = space.registerNamespace(NAMESPACE);
const tags = Array.from({ length: Number(options.tags) }, (_, index) =>
  namespace.addVariable({
    browseName: `Tag.${index}`,
    nodeId: `s=Tag.${index}`,
    organizedBy: space.rootFolder.objects,
    dataType: "Double",
    minimumSamplingInterval: 0,
    value: { dataType: DataType.Double, value: index },
  }),
);
if (options["silent-limits"]) silence();

const counts = {};
const poisoned = new Set();
let idleAt = 0;
const serve = server.on_request.bind(server);
/// Does one thing at a time, each as slowly as its operations ask for; Publish waits for values anyway.
server.on_request = (message, channel) => {
  const { request } = message;
  const service = request.constructor.name.replace("Request", "");
  counts[service] = (counts[service] ?? 0) + 1;
  if (service === "Publish") return serve(message, channel);
  const named = Object.values(request).find((field) => Array.isArray(field) && field.length > 0) ?? [null];
  idleAt = Math.max(Date.now(), idleAt) + named.length * Number(options["operation-ms"]);
  setTimeout(() => {
    const spoilt = named.length <= CALL && named.some((operation) => poisoned.has(operation?.nodeId?.value));
    if (!spoilt) return serve(message, channel);
    const responseHeader = { requestHandle: request.requestHeader.requestHandle, serviceResult: StatusCodes.BadInternalError };
    channel.send_response("MSG", new ServiceFault({ responseHeader }), message);
  }, idleAt - Date.now());
};
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [word, tag] = line.split(" ");
  if (word === "count") console.log(`COUNT ${JSON.stringify(counts)}`);
  if (word === "poison") {
    poisoned.add(tag);
    console.log(`POISONED ${tag}`);
  }
});
await run(server);
let round = 0;
setInterval(() => {
  round += 1;
  tags.forEach((tag, index) => tag.setValueFromSource({ dataType: DataType.Double, value: index + round / 8 }));
}, 1000);

/// Takes the limits out of the address space.
function silence() {
  for (const id of [
    11702, 11703, 11705, 11707, 11709, 11710, 11711, 11712, 11714, 24095, 24096, 24097, 24098, 24104,
  ]) {
    const node = space.findNode(`ns=0;i=${id}`);
    if (node) space.deleteNode(node);
  }
}
