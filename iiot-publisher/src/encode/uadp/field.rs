//! Fields in the binary encoding.

use iiot_core::json::{EncodedDataValue, ValueType};
use iiot_core::time::UtcTime;

/// Appends a DataValue (OPC 10000-6 §5.2.2.17), or the value alone.
pub(in crate::encode) fn push(out: &mut Vec<u8>, value: &EncodedDataValue<'_>, raw: bool, value_type: ValueType) {
    if raw {
        push_raw(out, value.value.bytes(), value_type);
    } else {
        push_data_value(out, value);
    }
}

fn push_data_value(out: &mut Vec<u8>, value: &EncodedDataValue<'_>) {
    let bytes = value.value.bytes();
    let bit = |bit: u8, present: bool| if present { bit } else { 0 };
    let (source, server) = (value.source_timestamp, value.server_timestamp);
    out.push(
        bit(0x01, !bytes.is_empty())
            | bit(0x02, value.status.bits() != 0)
            | bit(0x04, source.is_some())
            | bit(0x08, server.is_some()),
    );
    out.extend_from_slice(bytes);
    if value.status.bits() != 0 {
        out.extend_from_slice(&value.status.bits().to_le_bytes());
    }
    for time in [source, server].into_iter().flatten() {
        out.extend_from_slice(&UtcTime::ticks(time).to_le_bytes());
    }
}

/// Whether a value can be written raw: it is what the metadata says and has no status to tell.
pub(in crate::encode) fn raw_fits(value: &EncodedDataValue<'_>, value_type: ValueType) -> bool {
    let bytes = value.value.bytes();
    let Some(mask) = bytes.first().filter(|_| value.status.bits() == 0) else { return false };
    match (mask & 0xc0, value_type.value_rank) {
        _ if value_type.built_in_type == ANY => true,
        _ if mask & 0x3f != value_type.built_in_type => false,
        (0, -1) | (0x80, 1) => true,
        (0xc0, rank) if rank >= 2 => dimensions(bytes, rank).is_some(),
        _ => false,
    }
}

/// What a field of a structure would be: without type, and a matrix with its dimensions first.
fn push_raw(out: &mut Vec<u8>, bytes: &[u8], value_type: ValueType) {
    match dimensions(bytes, value_type.value_rank) {
        _ if value_type.built_in_type == ANY => out.extend_from_slice(bytes),
        Some((elements, dimensions)) => {
            out.extend_from_slice(dimensions);
            out.extend_from_slice(elements);
        }
        None => out.extend_from_slice(&bytes[1..]),
    }
}

/// Elements and dimensions of a matrix of this rank: they stand behind its elements.
fn dimensions(bytes: &[u8], rank: i32) -> Option<(&[u8], &[u8])> {
    let rank = usize::try_from(rank).ok().filter(|rank| *rank >= 2)?;
    let at = bytes.len().checked_sub(4 + 4 * rank)?;
    let (elements, dimensions) = (bytes.get(5..at)?, &bytes[at..]);
    (dimensions[..4] == (rank as u32).to_le_bytes()).then_some((elements, dimensions))
}

/// BaseDataType: a field of it is a Variant.
const ANY: u8 = 24;
