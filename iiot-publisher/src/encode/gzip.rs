//! Compressed messages.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The bytes as a gzip file (RFC 1952) without name and time.
pub(crate) fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4 + 32), Compression::fast());
    encoder.write_all(bytes).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}
