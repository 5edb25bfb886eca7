"""From the text forms of ../values.json to the values of asyncua."""

import datetime
import struct
import uuid

from asyncua import ua

EPOCH = datetime.datetime(1601, 1, 1, tzinfo=datetime.timezone.utc)


class Ticks(datetime.datetime):
    """A datetime that keeps the last digit of its 100 ns ticks, which a datetime cannot hold."""

    ticks: int


def ticks(count):
    moment = EPOCH + datetime.timedelta(microseconds=count // 10)
    precise = Ticks(*moment.timetuple()[:6], moment.microsecond, tzinfo=datetime.timezone.utc)
    precise.ticks = count
    return precise


def to_wire(moment, rounded=ua.datetime_to_win_epoch):
    return moment.ticks if isinstance(moment, Ticks) else rounded(moment)


ua.datetime_to_win_epoch = to_wire


def native(kind, text, index_of):
    return NATIVE.get(kind, lambda text, _: int(text))(text, index_of)


def variant(entry, index_of):
    """The Variant for {type, dimensions, value}; dimensions None is a scalar."""
    kind, dimensions, value = entry["type"], entry["dimensions"], entry["value"]
    variant_type = getattr(ua.VariantType, kind)
    if dimensions is None:
        return ua.Variant(native(kind, value, index_of), variant_type)
    if value is None:
        return ua.Variant(None, variant_type, is_array=True)
    values = [native(kind, each, index_of) for each in value]
    if len(dimensions) == 1:
        return ua.Variant(values, variant_type, is_array=True)
    return ua.Variant(nested(values, dimensions), variant_type, Dimensions=dimensions, is_array=True)


def nested(values, dimensions):
    if len(dimensions) == 1:
        return values
    size = len(values) // dimensions[0]
    return [nested(values[start : start + size], dimensions[1:]) for start in range(0, len(values), size)]


def node_id(kind):
    def convert(text, index_of):
        namespace = text["namespace"]
        if text.get("by_uri"):
            return ua.ExpandedNodeId(identifier(text), 0, form(text), namespace, 0)
        return kind(identifier(text), index_of(namespace) if namespace else 0, form(text))

    return convert


def identifier(text):
    return {"i": int, "s": str, "g": uuid.UUID, "b": bytes.fromhex}[text["id"][0]](text["id"][2:])


def form(text):
    forms = {"i": "Numeric", "s": "String", "g": "Guid", "b": "ByteString"}
    return getattr(ua.NodeIdType, forms[text["id"][0]])


def localized(text, _=None):
    return ua.LocalizedText(text["text"], text["locale"])


def structure(text, _):
    fields = text["fields"]
    if text["structure"] == "Range":
        return ua.Range(double(fields["Low"]), double(fields["High"]))
    return ua.EUInformation(
        fields["NamespaceUri"], int(fields["UnitId"]), localized(fields["DisplayName"]), localized(fields["Description"])
    )


def double(text, _=None):
    return struct.unpack(">d", bytes.fromhex(text))[0]


NATIVE = {
    "Boolean": lambda text, _: text,
    "Float": lambda text, _: struct.unpack(">f", bytes.fromhex(text))[0],
    "Double": double,
    "String": lambda text, _: text,
    "XmlElement": lambda text, _: ua.XmlElement(text),
    "DateTime": lambda text, _: ticks(int(text)),
    "Guid": lambda text, _: uuid.UUID(text),
    "ByteString": lambda text, _: None if text is None else bytes.fromhex(text),
    "NodeId": node_id(ua.NodeId),
    "ExpandedNodeId": node_id(ua.ExpandedNodeId),
    "StatusCode": lambda text, _: ua.StatusCode(text),
    "QualifiedName": lambda text, index_of: ua.QualifiedName(
        text["name"], index_of(text["namespace"]) if text["namespace"] else 0
    ),
    "LocalizedText": localized,
    "ExtensionObject": structure,
    "Variant": lambda text, index_of: ua.Variant(
        native(text["type"], text["value"], index_of), getattr(ua.VariantType, text["type"])
    ),
}
