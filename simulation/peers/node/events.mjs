// A server that raises events and alarms when told, keeps history, and has a method.
//
//   node events.mjs --port 4844 --data DIR [--values 250] [--pki DIR --certificate self-signed|leaf|chain]
//
// Prints READY <url>. `Trend` holds the values 0, 1, 2, … one second apart from 2026-01-01T00:00:00Z on.
// Lines on standard input: `raise SEVERITY PRESSURE TEXT` raises a PumpEventType, `level NUMBER` sets `Level`,
// which has an alarm above 100, `load NUMBER` sets `Load`, which has one above 80, `speed NUMBER` sets `Speed`, which clients
// can write too and which has one above 120, to be confirmed and put aside. Each is answered by DONE.
// Each event of an alarm prints a line ALARM with its EventId in base64, the name of the alarm, its BranchId or -, and
// its message. One that is sent again by a refresh does not.
import readline from "node:readline";
import {
  addAggregateSupport, DataType, DataValue, installAggregateConfigurationOptions, StatusCodes, Variant, VariantArrayType,
} from "node-opcua";
import { flags, run, startable } from "./server.mjs";

const NAMESPACE = "urn:iiot:peer:events";
const options = flags({ values: { type: "string", default: "250" } });
const server = await startable(options, NAMESPACE);
const space = server.engine.addressSpace;
space.installAlarmsAndConditionsService();
const namespace = space.registerNamespace(NAMESPACE);
const pumpEvent = namespace.addEventType({ browseName: "PumpEventType", nodeId: "s=PumpEventType", subtypeOf: "BaseEventType" });
namespace.addVariable({
  propertyOf: pumpEvent, browseName: "Pressure", dataType: "Double", modellingRule: "Mandatory",
  value: { dataType: DataType.Double, value: 0 },
});
const pump = namespace.addObject({
  browseName: "Pump", nodeId: "s=Pump", organizedBy: space.rootFolder.objects, eventNotifier: 1, notifierOf: space.rootFolder.objects.server,
});
const level = namespace.addAnalogDataItem({
  browseName: "Level", nodeId: "s=Level", componentOf: pump, eventSourceOf: pump, dataType: "Double",
  definition: "level",
  engineeringUnitsRange: { low: 0, high: 200 }, instrumentRange: { low: 0, high: 200 }, valuePrecision: 0.1,
  minimumSamplingInterval: 0,
});
setLevel(50);
const load = namespace.addVariable({
  browseName: "Load", nodeId: "s=Load", componentOf: pump, eventSourceOf: pump, dataType: "Double",
  minimumSamplingInterval: 0, value: { dataType: DataType.Double, value: 10 },
});
const speed = namespace.addVariable({
  browseName: "Speed", nodeId: "s=Speed", componentOf: pump, eventSourceOf: pump, dataType: "Double",
  minimumSamplingInterval: 0, value: { dataType: DataType.Double, value: 10 },
});
const told = new Set();
addAlarm("LevelAlarm", level, { highLimit: 100, highHighLimit: 150, lowLimit: -100, lowLowLimit: -200 });
addAlarm("LoadAlarm", load, { highLimit: 80, highHighLimit: 95, lowLimit: -10, lowLowLimit: -20 });
addAlarm("SpeedAlarm", speed, {
  highLimit: 120, highHighLimit: 180, lowLimit: -10, lowLowLimit: -20, maxTimeShelved: 60_000,
  optionals: ["ConfirmedState", "Confirm", "ShelvingState"],
});
addMethod();
addTrend();
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [command, ...words] = line.split(" ");
  if (command === "raise") raise(Number(words[0]), Number(words[1]), words.slice(2).join(" "));
  if (command === "level") setLevel(Number(words[0]));
  if (command === "load") load.setValueFromSource({ dataType: DataType.Double, value: Number(words[0]) });
  if (command === "speed") speed.setValueFromSource({ dataType: DataType.Double, value: Number(words[0]) });
  console.log("DONE");
});
await run(server);

function addAlarm(name, input, limits) {
  const alarm = namespace.instantiateExclusiveLimitAlarm("ExclusiveLimitAlarmType", {
    browseName: name, nodeId: `s=${name}`, conditionSource: input, inputNode: input, conditionName: name, ...limits,
  });
  alarm.shelvingState?.setState("Unshelved");
  alarm.currentBranch().setConfirmedStateIfExists(true);
  alarm.on("event", (event) => {
    const id = event.eventId.value.toString("base64");
    // An audit event of the alarm has no branch.
    if (!event.branchId || told.has(id)) return;
    told.add(id);
    const branch = event.branchId.value;
    console.log("ALARM", id, name, branch?.isEmpty() === false ? branch.value : "-", event.message.value.text);
  });
}

function raise(severity, pressure, text) {
  pump.raiseEvent(pumpEvent, {
    message: { dataType: DataType.LocalizedText, value: { text } },
    severity: { dataType: DataType.UInt16, value: severity },
    pressure: { dataType: DataType.Double, value: pressure },
  });
}

function setLevel(value) {
  level.setValueFromSource({ dataType: DataType.Double, value });
}

function addMethod() {
  const argument = (name, dataType) => ({ name, dataType, valueRank: -1, description: { text: name } });
  const method = namespace.addMethod(pump, {
    browseName: "Add", nodeId: "s=Add",
    inputArguments: [argument("a", DataType.Double), argument("b", DataType.Double)],
    outputArguments: [argument("sum", DataType.Double)],
  });
  method.bindMethod((inputs, _context, done) =>
    done(null, {
      statusCode: StatusCodes.Good,
      outputArguments: [new Variant({ dataType: DataType.Double, value: inputs[0].value + inputs[1].value })],
    }),
  );
}

function addTrend() {
  addAggregateSupport(space);
  const trend = namespace.addVariable({
    browseName: "Trend", nodeId: "s=Trend", componentOf: pump, dataType: "Double", minimumSamplingInterval: 0,
  });
  space.installHistoricalDataNode(trend, { maxOnlineValues: Number(options.values) });
  installAggregateConfigurationOptions(trend, { treatUncertainAsBad: false, percentDataBad: 100, percentDataGood: 100, useSlopedExtrapolation: false, stepped: false });
  const start = Date.UTC(2026, 0, 1);
  for (let index = 0; index < Number(options.values); index += 1) {
    const time = new Date(start + index * 1000);
    trend._internal_set_dataValue(
      new DataValue({
        value: new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Scalar, value: index }),
        statusCode: StatusCodes.Good, sourceTimestamp: time, serverTimestamp: time,
      }),
    );
  }
}
