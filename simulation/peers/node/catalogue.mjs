// The variables of the types server, the same in every stack: what each holds in a generation.
import fs from "node:fs";

const SAMPLES = JSON.parse(fs.readFileSync(new URL("../values.json", import.meta.url)));
// This stack loses the URI of an ExpandedNodeId when it copies a Variant.
SAMPLES.ExpandedNodeId = SAMPLES.ExpandedNodeId.filter((sample) => !sample.by_uri);
/// StatusCodes of the variables that are not always Good.
const STATUSES = [0, 0x40920000, 0x80310000, 0x408f0000, 0x808b0000, 0];

const turned = (list, by) => list.map((_, index) => list[(index + by) % list.length]);
const filled = (list, count, by) => Array.from({ length: count }, (_, index) => list[(index + by) % list.length]);

/// `[{name, type, dimensions, value, status}]` of one generation, always in the same order.
export function catalogue(generation) {
  return Object.entries(SAMPLES).flatMap(([type, samples]) => [
    ...(type === "Variant" ? [] : scalars(type, samples, generation)),
    ...arrays(type, samples, generation),
  ]);
}

function scalars(type, samples, generation) {
  const plain = samples.map((_, index) => ({
    name: `${type}.Scalar.${index}`, type, dimensions: null, value: turned(samples, generation)[index], status: 0,
  }));
  // node-opcua reports no change of status of a variable that holds a StatusCode.
  if (type === "StatusCode") return plain;
  const status = STATUSES[generation % STATUSES.length];
  return [...plain, { name: `${type}.Status`, type, dimensions: null, value: samples[0], status }];
}

function arrays(type, samples, generation) {
  const array = (name, dimensions, value) => ({ name: `${type}.${name}`, type, dimensions, value, status: 0 });
  const all = turned(samples, generation);
  return [
    array("Array", [all.length], all),
    array("One", [1], [all[0]]),
    generation % 2 ? array("Empty", [1], [all[0]]) : array("Empty", [0], []),
    generation % 2 ? array("Null", [1], [all[0]]) : array("Null", [0], null),
    array("Matrix", [2, 3], filled(samples, 6, generation)),
    array("Cube", [2, 1, 2], filled(samples, 4, generation)),
  ];
}
