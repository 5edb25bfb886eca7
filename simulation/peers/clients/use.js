// Uses a server by the client that openapi-ts has generated and tsc has compiled in the folder `plant` beside this file.
"use strict";

const { client } = require("./plant/client.gen");
const plant = require("./plant");

const [url, key, endpoint, alarming] = process.argv.slice(2);
client.setConfig({ baseUrl: url, auth: () => key, throwOnError: true });
const node = name => `nsu=urn:iiot:peer:interop;s=${name}`;
const path = { endpoint };
const ask = async (operation, body) => (await operation({ path, body })).data.results;

/** Acknowledges the one alarm of the other server. */
async function acknowledge() {
  const path = { endpoint: alarming };
  const [alarm] = (await plant.twinAlarms({ path, body: {} })).data.alarms;
  const event = { condition: alarm.condition, eventId: alarm.eventId, comment: "by a generated client" };
  const { data } = await plant.twinAcknowledge({ path, body: { events: [event] } });
  return { before: alarm.acknowledged, acknowledged: data.results[0].status.symbol };
}

async function main() {
  const browsed = await ask(plant.twinBrowse, { nodes: [node("Interop")] });
  const names = browsed[0].references.map(reference => reference.displayName);
  const written = await ask(plant.twinWrite, { nodes: [{ node: node("Setpoint"), value: 17.5 }] });
  const read = await ask(plant.twinRead, { nodes: [{ node: node("Setpoint") }], encoding: "raw" });
  const got = await plant.twinReadGet({ path, query: { node: [node("Setpoint")], encoding: "raw" } });
  const add = { object: node("Interop"), method: node("Add"), inputs: [2, 40] };
  const called = await ask(plant.twinCall, { calls: [add], encoding: "raw" });
  return {
    browsed: names.filter(name => name === "Add" || name === "Setpoint").sort(),
    written: written[0].status.symbol,
    read: read[0].value,
    got: got.data.results[0].value,
    called: called[0].outputs[0].value,
    alarm: await acknowledge(),
  };
}

main().then(
  answer => console.log(JSON.stringify(answer)),
  error => {
    console.error(error);
    process.exitCode = 1;
  },
);
