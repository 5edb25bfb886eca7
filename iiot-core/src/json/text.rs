//! Text of scalars: escaped strings, numbers, times, Guids, Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::time::UtcTime;

/// Appends a JSON string (RFC 8259 §7), escaping no more than it must.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    escape(out, text.as_bytes());
    out.push(b'"');
}

/// Appends the text between the quotes; runs that need no escape are copied whole.
pub(super) fn escape(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| must_escape(*byte)) {
        out.extend_from_slice(&rest[..at]);
        escape_byte(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

const fn must_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escape_byte(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&hex(byte));
        }
    }
}

/// Turns `out[from..]`, plain text, into a JSON string. Costs nothing where nothing is escaped.
pub(super) fn quote_from(out: &mut Vec<u8>, from: usize) {
    out.insert(from, b'"');
    if out[from + 1..].iter().copied().any(must_escape) {
        let text = out.split_off(from + 1);
        escape(out, &text);
    }
    out.push(b'"');
}

pub(super) fn integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends the shortest text that reads back as the same number; what JSON lacks becomes a string
/// (§5.4.2.4).
pub(super) fn float<F: zmij::Float + Into<f64> + Copy>(out: &mut Vec<u8>, value: F) {
    let wide: f64 = value.into();
    if wide.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if wide.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else {
        out.extend_from_slice(if wide > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    }
}

/// Appends a time as a JSON string (§5.4.2.6).
pub(super) fn time(out: &mut Vec<u8>, time: UtcTime) {
    out.push(b'"');
    time.write_iso8601(out);
    out.push(b'"');
}

/// Appends a Guid as it is written (§5.1.3), without quotes.
pub(super) fn guid(out: &mut Vec<u8>, bytes: &[u8; 16]) {
    // The first three parts are little-endian numbers on the wire.
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    for (place, index) in ORDER.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        out.extend_from_slice(&hex(bytes[index]));
    }
}

/// Appends Base64 without quotes.
pub(super) fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).expect("Base64 takes four bytes for three");
    out.truncate(start + written);
}

const fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn strings_read_back() {
        for text in ["", "plain", "grün 日本 🏭", "\"\\\n\r\t\u{0}\u{1f}\u{7f}", "a\"b", "\u{2028}"] {
            let json = written(|out| write_string(out, text));
            assert_eq!(serde_json::from_str::<String>(&json).expect(&json), text);
            let quoted = written(|out| {
                out.extend_from_slice(text.as_bytes());
                quote_from(out, 0);
            });
            assert_eq!(quoted, json);
        }
    }

    #[test]
    fn numbers_are_the_shortest_that_read_back() {
        assert_eq!(written(|out| float(out, 0.1_f32)), "0.1");
        assert_eq!(written(|out| float(out, 0.1_f64)), "0.1");
        assert_eq!(written(|out| float(out, -0.0_f64)), "-0.0");
        assert_eq!(written(|out| float(out, f64::NAN)), "\"NaN\"");
        assert_eq!(written(|out| float(out, f32::NEG_INFINITY)), "\"-Infinity\"");
        for value in [1e300, f64::MIN_POSITIVE, f64::MAX, 5e-324, 9_007_199_254_740_993.0] {
            let text = written(|out| float(out, value));
            assert_eq!(serde_json::from_str::<f64>(&text).expect(&text).to_bits(), value.to_bits());
        }
    }
}
