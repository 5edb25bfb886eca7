//! Text in URLs.

use std::fmt::Write as _;

/// Letters, digits and `-_.~` as they are, everything else by its bytes (RFC 3986 §2.3).
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => write!(out, "%{byte:02X}").expect("a string takes everything"),
        }
        out
    })
}
