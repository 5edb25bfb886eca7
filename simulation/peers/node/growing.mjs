// A server whose nodes become more and fewer when it is told so.
//
//   node growing.mjs --port 4850 --data DIR
//
// Prints READY <url>. The object `s=Line` of the namespace urn:iiot:peer:growing has a variable `s=Line.Speed` and a
// NodeVersion. A line `add NAME` on standard input adds a variable `s=Line.NAME` below it, `remove NAME` takes it away;
// both are answered by DONE NAME and told by a GeneralModelChangeEvent.
import readline from "node:readline";
import { DataType } from "node-opcua";
import { flags, run, startable } from "./server.mjs";

const NAMESPACE = "urn:iiot:peer:growing";
const server = await startable(flags({}), NAMESPACE);
const space = server.engine.addressSpace;
const namespace = space.registerNamespace(NAMESPACE);
const line = namespace.addObject({
  browseName: "Line",
  nodeId: "s=Line",
  organizedBy: space.rootFolder.objects,
  nodeVersion: "1",
});
add("Speed");
readline.createInterface({ input: process.stdin }).on("line", (text) => {
  const [order, name] = text.split(" ");
  space.modelChangeTransaction(() => (order === "add" ? add(name) : remove(name)));
  console.log(`DONE ${name}`);
});
await run(server);

function add(name) {
  namespace.addVariable({
    browseName: name,
    nodeId: `s=Line.${name}`,
    componentOf: line,
    dataType: "Int32",
    value: { dataType: DataType.Int32, value: 42 },
  });
}

function remove(name) {
  space.deleteNode(line.getChildByName(name));
}
