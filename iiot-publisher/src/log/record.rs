//! What lies in a segment: a header, then records, each with checksums over itself and its place.

use bytes::Bytes;

/// What the log keeps of a record beside its bytes, so that a loss can be told exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Meta {
    /// Values in it.
    pub values: u32,
    /// The earliest and the latest time of a value in it, in ticks; equal to what the caller makes of
    /// them where there is none.
    pub times: (i64, i64),
}

/// One record as it was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it begins.
    pub position: u64,
    /// Where the next one begins: what a cursor is set to that has passed it.
    pub next: u64,
    /// As it was given.
    pub meta: Meta,
    /// Values in the log before it, since its beginning.
    pub values_before: u64,
    /// Its bytes.
    pub payload: Bytes,
    pub(super) group_offset: u32,
}

impl Record {
    /// Everything before was safe when the record was written.
    pub(super) fn group_start(&self) -> u64 {
        self.position - u64::from(self.group_offset)
    }
}

/// The header of a record, all numbers little-endian:
/// magic, checksum of the rest of the header, length, checksum of the payload, position, values
/// before, values, first time, last time, bytes between the start of its group and it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) length: u32,
    pub(super) checksum: u32,
    pub(super) position: u64,
    pub(super) values_before: u64,
    pub(super) meta: Meta,
    /// Bytes since the end of what was safe when it was written.
    pub(super) group_offset: u32,
}

/// The header of a segment: magic, base position, salt, checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) base: u64,
    pub(super) salt: u32,
}

pub(super) const HEADER: usize = 56;
pub(super) const SEGMENT_HEADER: usize = 24;
/// Larger records are refused; a length beyond it is damage.
pub const MAX_RECORD: usize = 64 << 20;
pub(super) const MAGIC: [u8; 4] = *b"\xf1rec";
const SEGMENT_MAGIC: [u8; 8] = *b"iiotlog1";

impl Header {
    pub(super) fn encode(&self, salt: u32) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.length.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.checksum.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.position.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.values_before.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.meta.values.to_le_bytes());
        bytes[36..44].copy_from_slice(&self.meta.times.0.to_le_bytes());
        bytes[44..52].copy_from_slice(&self.meta.times.1.to_le_bytes());
        bytes[52..56].copy_from_slice(&self.group_offset.to_le_bytes());
        let checksum = crc(salt, &bytes[8..]);
        bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The header at the start of `bytes`, if it is one that was written at `position`.
    pub(super) fn decode(bytes: &[u8], position: u64, salt: u32) -> Option<Self> {
        let bytes = bytes.get(..HEADER).filter(|bytes| bytes[..4] == MAGIC)?;
        let header = Self {
            length: u32_at(bytes, 8),
            checksum: u32_at(bytes, 12),
            position: u64_at(bytes, 16),
            values_before: u64_at(bytes, 24),
            meta: Meta { values: u32_at(bytes, 32), times: (u64_at(bytes, 36) as i64, u64_at(bytes, 44) as i64) },
            group_offset: u32_at(bytes, 52),
        };
        let whole = u32_at(bytes, 4) == crc(salt, &bytes[8..]);
        let possible = header.length as usize <= MAX_RECORD && u64::from(header.group_offset) <= position;
        (whole && header.position == position && possible).then_some(header)
    }

    pub(super) fn next(&self) -> u64 {
        self.position + (HEADER + self.length as usize) as u64
    }
}

impl SegmentHeader {
    pub(super) fn encode(self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(&SEGMENT_MAGIC);
        bytes[8..16].copy_from_slice(&self.base.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.salt.to_le_bytes());
        let checksum = crc(0, &bytes[..20]);
        bytes[20..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..SEGMENT_HEADER).filter(|bytes| bytes[..8] == SEGMENT_MAGIC)?;
        let header = Self { base: u64_at(bytes, 8), salt: u32_at(bytes, 16) };
        (u32_at(bytes, 20) == crc(0, &bytes[..20])).then_some(header)
    }
}

/// The name of the segment that begins at `base`; names sort as positions do.
pub(super) fn segment_name(base: u64) -> String {
    format!("{base:020}.log")
}

pub(super) fn segment_base(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log").filter(|digits| digits.len() == 20)?;
    digits.parse().ok()
}

/// CRC-32. The salt is of the segment, so that bytes of another log, or what somebody wrote into a
/// value, are not taken for a record.
pub(super) fn crc(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes are a u32"))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes are a u64"))
}
