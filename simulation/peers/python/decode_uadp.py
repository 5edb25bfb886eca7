"""Decodes UADP messages with asyncua, one in each line of a file as hexadecimal, and says what is in them: a line of
JSON for each, with the values in the binary encoding that asyncua makes of them."""

import dataclasses
import json
import sys

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.pubsub import uadp
from asyncua.ua.ua_binary import pack_uatype, to_binary


def value_of(field):
    """The bytes of a Variant or DataValue, and the index in a delta frame."""
    index = None
    if hasattr(field, "No"):
        index, field = field.No, field.Value
    if isinstance(field, ua.DataValue):
        return {"index": index, "data_value": to_binary(ua.DataValue, field).hex()}
    return {"index": index, "variant": pack_uatype(ua.VariantType.Variant, field).hex()}


def data_set(message):
    header = message.Header
    data = getattr(message, "Data", [])
    told = {
        "kind": type(message).__name__,
        "sequence_number": header.SequenceNo,
        "version": [header.CfgMajorVersion, header.CfgMinorVersion],
        "timestamp": header.Timestamp.isoformat() if header.Timestamp else None,
    }
    if isinstance(data, bytes):
        return {**told, "raw": data.hex()}
    return {**told, "fields": [value_of(field) for field in data]}


def described(message):
    payload = message.Payload
    told = {"publisher_id": message.Header.PublisherId, "class_id": str(message.Header.DataSetClassId)}
    told["writers"] = list(message.DataSetPayloadHeader)
    if isinstance(payload, list):
        told["data_sets"] = [data_set(one) for one in payload]
    else:
        told["payload"] = dataclasses.asdict(payload)
    return told


for line in open(sys.argv[1], encoding="ascii"):
    try:
        print(json.dumps(described(uadp.UadpNetworkMessage.from_binary(Buffer(bytes.fromhex(line)))), default=str))
    except Exception as error:  # one that it cannot decode is told as such
        print(json.dumps({"error": repr(error)}))
