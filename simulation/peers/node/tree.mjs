// A plant of many nodes, in the shape of a real one.
//
//   node tree.mjs --port 4846 --data DIR [--nodes 100000] [--per-browse N] [--points 10] [--silent-limits]
//
// Areas with lines with machines, which have objects, variables and properties; a wide folder `Archive` that needs
// continuation points; a folder `Favourites` that leads to machines a second way; and a ring (the plant is organized by its
// last machine). Prints READY <url>. A line `count` on standard input is answered by `COUNT <nodes below the plant> <how
// many of them are variables>`.
import readline from "node:readline";
import { DataType } from "node-opcua";
import { flags, run, startable } from "./server.mjs";

const NAMESPACE = "urn:iiot:peer:tree";
const options = flags({
  nodes: { type: "string", default: "100000" },
  "per-browse": { type: "string" },
  points: { type: "string", default: "10" },
});
const limit = options["per-browse"];
const server = await startable(options, NAMESPACE, {
  serverCapabilities: {
    maxBrowseContinuationPoints: Number(options.points),
    ...(limit && { operationLimits: { maxNodesPerBrowse: Number(limit) } }),
  },
});
const space = server.engine.addressSpace;
const namespace = space.registerNamespace(NAMESPACE);
const wanted = Number(options.nodes);
const AREAS = 10;
const LINES = 20;
const TAGS = 12;
const ARCHIVE = Math.min(3000, Math.floor(wanted / 4));
let nodes = 0;
let variables = 0;

const plant = namespace.addObject({ browseName: "Plant", nodeId: "s=Plant", organizedBy: space.rootFolder.objects });
const archive = object(plant, "Archive", "organizedBy");
for (let index = 0; index < ARCHIVE; index += 1) variable(archive, `Batch${index}`, "organizedBy");
const favourites = object(plant, "Favourites", "organizedBy");
const lines = [];
for (let index = 0; index < AREAS; index += 1) {
  const area = object(plant, `Area${index}`, "organizedBy");
  for (let line = 0; line < LINES && nodes < wanted; line += 1) lines.push(object(area, `Line${line}`, "componentOf"));
}
let last = plant;
for (let index = 0; nodes < wanted; index += 1) last = machine(lines[index % lines.length], index);
last.addReference({ referenceType: "Organizes", nodeId: plant });

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "count") console.log(`COUNT ${nodes} ${variables}`);
});
await run(server);

function machine(line, index) {
  const machine = object(line, `Machine${index}`, "componentOf");
  if (index % 50 === 0) favourites.addReference({ referenceType: "Organizes", nodeId: machine });
  const state = nodes < wanted ? object(machine, "State", "componentOf") : machine;
  for (let tag = 0; tag < TAGS && nodes < wanted; tag += 1) {
    const made = variable(tag < TAGS / 2 ? machine : state, `Tag${tag}`, "componentOf");
    if (tag % 2 === 0 && nodes < wanted) variable(made, "Unit", "propertyOf");
  }
  return machine;
}

function object(parent, browseName, how) {
  nodes += 1;
  return namespace.addObject({ browseName, nodeId: id(parent, browseName), [how]: parent });
}

function variable(parent, browseName, how) {
  nodes += 1;
  variables += 1;
  return namespace.addVariable({
    browseName, nodeId: id(parent, browseName), [how]: parent, dataType: DataType.Double,
    value: { dataType: DataType.Double, value: nodes },
  });
}

function id(parent, browseName) {
  return `s=${parent.nodeId.value}.${browseName}`;
}
