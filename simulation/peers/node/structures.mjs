// A server with structures of its own: nested, optional, unions, enumerations, arrays of them.
//
//   node structures.mjs --port 4842 --data DIR --truth FILE [--shifted]
//
// Prints READY <url>. On standard input: `set` gives every variable its next value and answers SET <generation>;
// `tell` writes what every variable holds now, writes of clients included, and answers TOLD. With --shifted another
// namespace comes before that of the types. The method Shift of the Server object moves a Point.
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import {
  coerceInt64, DataType, makeAccessLevelFlag, nodesets, StatusCodes, Variant, VariantArrayType,
} from "node-opcua";
import { flags, run, startable } from "./server.mjs";

const NAMESPACE = "urn:iiot:peer:structures";
const WITH_SUBTYPED_VALUES = 3; // the StructureType of OPC 10000-3 §8.50
const HERE = path.dirname(new URL(import.meta.url).pathname);
const options = flags({ truth: { type: "string" }, shifted: { type: "boolean", default: false } });
const other = path.join(options.data, "other.xml");
fs.writeFileSync(
  other,
  `<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
     <NamespaceUris><Uri>urn:iiot:peer:other</Uri></NamespaceUris>
     <Models><Model ModelUri="urn:iiot:peer:other" Version="1.0.0" PublicationDate="2026-01-01T00:00:00Z"/></Models>
   </UANodeSet>`,
);
const server = await startable(options, NAMESPACE + ":server", {
  nodeset_filename: [nodesets.standard, ...(options.shifted ? [other] : []), path.join(HERE, "../structures.xml")],
});
const space = server.engine.addressSpace;
const namespace = space.getNamespace(NAMESPACE);
const truth = fs.openSync(options.truth, "a");
const catalogue = JSON.parse(fs.readFileSync(path.join(HERE, "../structures.json"), "utf8"));
const variables = catalogue.map(variable);
method();
let generation = 0;
set();
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "set") {
    generation += 1;
    set();
    console.log(`SET ${generation}`);
  } else if (line === "tell") {
    tell();
    console.log("TOLD");
  }
});
await run(server);

function variable({ name, type, values }) {
  return namespace.addVariable({
    browseName: name,
    nodeId: `s=${name}`,
    organizedBy: space.rootFolder.objects,
    dataType: typeOf(type).nodeId,
    valueRank: Array.isArray(values[0]) ? 1 : -1,
    minimumSamplingInterval: 0,
    accessLevel: makeAccessLevelFlag("CurrentRead | CurrentWrite"),
  });
}

function method() {
  const argument = (name, dataType) => ({ name, dataType, valueRank: -1 });
  const point = typeOf("Point").nodeId;
  namespace
    .addMethod(space.rootFolder.objects.server, {
      browseName: "Shift",
      nodeId: "s=Shift",
      inputArguments: [argument("point", point), argument("by", DataType.Double)],
      outputArguments: [argument("shifted", point)],
    })
    .bindMethod(([{ value: point }, { value: by }], _context, done) => {
      const fields = { x: point.x + by, y: point.y + by, label: point.label };
      const shifted = { dataType: DataType.ExtensionObject, value: space.constructExtensionObject(typeOf("Point"), fields) };
      done(null, { statusCode: StatusCodes.Good, outputArguments: [shifted] });
    });
}

function set() {
  catalogue.forEach(({ type, values }, index) => {
    const plain = values[generation % values.length];
    const value = Array.isArray(plain) ? plain.map((one) => native(type, one)) : native(type, plain);
    const arrayType = Array.isArray(plain) ? VariantArrayType.Array : VariantArrayType.Scalar;
    variables[index].setValueFromSource(new Variant({ dataType: DataType.ExtensionObject, arrayType, value }));
  });
  tell();
}

function tell() {
  catalogue.forEach(({ name, type }, index) => {
    const { value } = variables[index].readValue().value;
    const plain = Array.isArray(value) ? value.map((one) => plainOf(type, one)) : plainOf(type, value);
    const line = { node: `nsu=${NAMESPACE};s=${name}`, generation, name, type, value: plain };
    fs.writeSync(truth, `${JSON.stringify(line)}\n`);
  });
}

function typeOf(name) {
  return space.findDataType(name, namespace.index);
}

/// The stack's value of a plain one.
function native(type, plain) {
  const definition = typeOf(type).getStructureDefinition();
  const present = definition.fields.filter((field) => plain[field.name] !== undefined);
  const entries = present.map((field) => [key(field.name), nativeField(field, plain[field.name])]);
  return space.constructExtensionObject(typeOf(type), Object.fromEntries(entries));
}

function nativeField(field, plain) {
  return field.valueRank === 1 ? plain.map((one) => nativeOne(field, one)) : nativeOne(field, plain);
}

function nativeOne(field, plain) {
  if (plain === null) return null;
  const type = space.findDataType(field.dataType).browseName.name;
  if (plain.$type) return native(plain.$type, plain);
  if (type === "Int64" || type === "UInt64") return wide(BigInt(plain));
  if (type === "ByteString") return Buffer.from(plain, "hex");
  return typeof plain === "object" ? native(type, plain) : plain;
}

function wide(number) {
  const bits = BigInt.asUintN(64, number);
  return coerceInt64([Number(bits >> 32n), Number(bits & 0xffffffffn)]);
}

/// The plain form of what the stack holds.
function plainOf(type, value) {
  const definition = typeOf(type).getStructureDefinition();
  const held = (field) => value[key(field.name)];
  const present = definition.fields.filter((field) => held(field) !== undefined);
  const withSubtypes = definition.structureType === WITH_SUBTYPED_VALUES;
  return Object.fromEntries(present.map((field) => [field.name, plainField(field, held(field), withSubtypes)]));
}

function plainField(field, value, withSubtypes) {
  if (field.valueRank === 1) return Array.from(value ?? [], (one) => plainOne(field, one, withSubtypes));
  return plainOne(field, value, withSubtypes);
}

function plainOne(field, value, withSubtypes) {
  if (value === null) return null;
  const type = space.findDataType(field.dataType).browseName.name;
  if (type === "Int64") return String(BigInt.asIntN(64, bits(value)));
  if (type === "UInt64") return String(bits(value));
  if (type === "ByteString") return value.toString("hex");
  if (!value.schema) return value;
  if (!withSubtypes || !field.isOptional) return plainOf(type, value);
  return { $type: value.schema.name, ...plainOf(value.schema.name, value) };
}

function bits([high, low]) {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/// The stack's name of a field; those of unions keep theirs.
function key(name) {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
