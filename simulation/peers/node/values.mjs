// From the text forms of ../values.json to the values of this stack.
import {
  coerceLocalizedText, coerceStatusCode, DataType, ExpandedNodeId, NodeId, NodeIdType, QualifiedName, Variant,
  VariantArrayType,
} from "node-opcua";
import { EUInformation, Range } from "node-opcua-types";
import { moment } from "./server.mjs";

const bits = (hex, bytes) => {
  const view = Buffer.from(hex, "hex");
  return bytes === 4 ? view.readFloatBE() : view.readDoubleBE();
};
const int64 = (text) => {
  const value = BigInt.asUintN(64, BigInt(text));
  return [Number(value >> 32n), Number(value & 0xffff_ffffn)];
};
const dateTime = (text) => {
  const { date, picoseconds } = moment(BigInt(text));
  return Object.assign(date, { picoseconds });
};
const bytes = (hex) => (hex === null ? null : Buffer.from(hex, "hex"));
const identifier = {
  i: (text) => [NodeIdType.NUMERIC, Number(text)],
  s: (text) => [NodeIdType.STRING, text],
  g: (text) => [NodeIdType.GUID, text.toUpperCase()],
  b: (text) => [NodeIdType.BYTESTRING, Buffer.from(text, "hex")],
};
const nodeId = (Type) => (text, indexOf) => {
  const [type, value] = identifier[text.id[0]](text.id.slice(2));
  return text.by_uri
    ? new Type(type, value, 0, text.namespace, 0)
    : new Type(type, value, text.namespace ? indexOf(text.namespace) : 0);
};
const structures = {
  Range: ({ Low, High }) => new Range({ low: bits(Low, 8), high: bits(High, 8) }),
  EUInformation: ({ NamespaceUri, UnitId, DisplayName, Description }) =>
    new EUInformation({
      namespaceUri: NamespaceUri,
      unitId: Number(UnitId),
      displayName: coerceLocalizedText(DisplayName),
      description: coerceLocalizedText(Description),
    }),
};

const NATIVE = {
  Boolean: (text) => text,
  Float: (text) => bits(text, 4),
  Double: (text) => bits(text, 8),
  Int64: int64,
  UInt64: int64,
  String: (text) => text,
  XmlElement: (text) => text,
  DateTime: dateTime,
  Guid: (text) => text.toUpperCase(),
  ByteString: bytes,
  NodeId: nodeId(NodeId),
  ExpandedNodeId: nodeId(ExpandedNodeId),
  StatusCode: (text) => coerceStatusCode(text),
  QualifiedName: (text, indexOf) =>
    new QualifiedName({ namespaceIndex: text.namespace ? indexOf(text.namespace) : 0, name: text.name }),
  LocalizedText: coerceLocalizedText,
  ExtensionObject: (text) => structures[text.structure](text.fields),
  Variant: (text, indexOf) => new Variant({ dataType: DataType[text.type], arrayType: VariantArrayType.Scalar, value: native(text.type, text.value, indexOf) }),
};

export function native(type, text, indexOf) {
  return (NATIVE[type] ?? Number)(text, indexOf);
}

const TYPED = {
  SByte: Int8Array, Byte: Uint8Array, Int16: Int16Array, UInt16: Uint16Array, Int32: Int32Array, UInt32: Uint32Array,
  Float: Float32Array, Double: Float64Array,
};

/// The Variant for `{type, dimensions, value}`; dimensions null is a scalar.
export function variant({ type, dimensions, value }, indexOf) {
  const dataType = DataType[type];
  if (dimensions === null) return new Variant({ dataType, arrayType: VariantArrayType.Scalar, value: native(type, value, indexOf) });
  if (value === null) return new Variant({ dataType, arrayType: VariantArrayType.Array, value: null });
  const list = value.map((each) => native(type, each, indexOf));
  const array = TYPED[type] ? new TYPED[type](list) : list;
  return dimensions.length === 1
    ? new Variant({ dataType, arrayType: VariantArrayType.Array, value: array })
    : new Variant({ dataType, arrayType: VariantArrayType.Matrix, dimensions, value: array });
}
