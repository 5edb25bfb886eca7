//! DataValues with a number or a Boolean in the CompactEncoding, which most values are: the same text as by the
//! way for all, without looking at each of its parts.

use crate::json::{EncodedDataValue, text};
use crate::time::UtcTime;

/// Writes a Good DataValue of such a type; false where it is anything else, and nothing was written.
pub(super) fn write(out: &mut Vec<u8>, data: &EncodedDataValue<'_>) -> bool {
    if data.status.bits() != 0 {
        return false;
    }
    out.reserve(MAX_LENGTH);
    if !value(out, data.value.bytes()) {
        return false;
    }
    if let Some(time) = data.source_timestamp {
        time_member(out, br#","SourceTimestamp":""#, time);
    }
    if let Some(time) = data.server_timestamp {
        time_member(out, br#","ServerTimestamp":""#, time);
    }
    out.push(b'}');
    true
}

/// Writes everything up to the end of the value, if it is one of these and as long as it must be.
#[inline]
fn value(out: &mut Vec<u8>, bytes: &[u8]) -> bool {
    match *bytes {
        [11, a, b, c, d, e, f, g, h] => {
            out.extend_from_slice(br#"{"UaType":11,"Value":"#);
            text::float(out, f64::from_le_bytes([a, b, c, d, e, f, g, h]));
        }
        [10, a, b, c, d] => {
            out.extend_from_slice(br#"{"UaType":10,"Value":"#);
            text::float(out, f32::from_le_bytes([a, b, c, d]));
        }
        [6, a, b, c, d] => {
            out.extend_from_slice(br#"{"UaType":6,"Value":"#);
            text::integer(out, i32::from_le_bytes([a, b, c, d]));
        }
        [7, a, b, c, d] => {
            out.extend_from_slice(br#"{"UaType":7,"Value":"#);
            text::integer(out, u32::from_le_bytes([a, b, c, d]));
        }
        [4, a, b] => {
            out.extend_from_slice(br#"{"UaType":4,"Value":"#);
            text::integer(out, i16::from_le_bytes([a, b]));
        }
        [5, a, b] => {
            out.extend_from_slice(br#"{"UaType":5,"Value":"#);
            text::integer(out, u16::from_le_bytes([a, b]));
        }
        [3, byte] => {
            out.extend_from_slice(br#"{"UaType":3,"Value":"#);
            text::integer(out, byte);
        }
        [1, 0] => out.extend_from_slice(br#"{"UaType":1,"Value":false"#),
        [1, _] => out.extend_from_slice(br#"{"UaType":1,"Value":true"#),
        _ => return false,
    }
    true
}

/// The name has its comma, its colon and the quote behind it.
#[inline]
fn time_member(out: &mut Vec<u8>, name: &[u8; 20], time: UtcTime) {
    out.extend_from_slice(name);
    time.write_iso8601(out);
    out.push(b'"');
}

/// The longest number and both times.
const MAX_LENGTH: usize = 160;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::json::{EncodedDataValue, Format};
    use crate::session::EncodedValue;
    use crate::time::UtcTime;
    use crate::ua::StatusCode;

    proptest! {
        #[test]
        fn it_is_the_text_of_the_way_for_all(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..10),
            built_in_type in 0_u8..13,
            status in prop_oneof![Just(0_u32), Just(0x0000_0480), Just(0x8000_0000)],
            source in 0_i64..140_000_000_000_000_000,
            server in prop_oneof![Just(0_i64), 130_000_000_000_000_000..140_000_000_000_000_000_i64],
        ) {
            if let Some(first) = bytes.first_mut() {
                *first = built_in_type;
            }
            let value = EncodedDataValue {
                value: EncodedValue::from_checked(&bytes),
                status: StatusCode::from(status),
                source_timestamp: UtcTime::from_wire(source),
                server_timestamp: UtcTime::from_wire(server),
            };
            let (mut quick, mut slow) = (b"before".to_vec(), b"before".to_vec());
            let format = Format::default();
            let expected = super::super::any_data_value(&mut slow, &value, &format);
            if super::write(&mut quick, &value) {
                prop_assert!(expected.is_ok());
                prop_assert_eq!(quick, slow);
            } else {
                prop_assert_eq!(quick, b"before");
            }
        }
    }
}
