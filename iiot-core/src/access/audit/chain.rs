//! Lines that follow from each other.

use aws_lc_rs::digest;

use super::{AuditCheck, AuditEntry, AuditRecord};
use crate::access::keys::hex;
use crate::time::UtcTime;

/// The end of a chain: what the next line follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) sequence: u64,
    hash: String,
}

impl Default for Tail {
    fn default() -> Self {
        Self { sequence: 0, hash: "0".repeat(64) }
    }
}

impl Tail {
    /// The next line, without its end.
    pub(super) fn next(&self, time: UtcTime, entry: AuditEntry) -> Vec<u8> {
        let record = AuditRecord { sequence: self.sequence + 1, time, entry, previous: self.hash.clone() };
        serde_json::to_vec(&record).expect("strings, numbers and times can be written")
    }

    /// The end behind a line.
    pub(super) fn behind(line: &[u8]) -> Result<Self, String> {
        let record: AuditRecord =
            serde_json::from_slice(line).map_err(|cause| format!("a line is no record: {cause}"))?;
        Ok(Self { sequence: record.sequence, hash: sha256(line) })
    }

    /// The end behind a line that must follow from this one.
    fn followed_by(&self, line: &[u8]) -> Result<Self, String> {
        let record: AuditRecord = serde_json::from_slice(line)
            .map_err(|cause| format!("the line behind record {} is no record: {cause}", self.sequence))?;
        if record.previous != self.hash || record.sequence != self.sequence + 1 {
            return Err(format!("record {} does not follow from record {}", record.sequence, self.sequence));
        }
        Ok(Self { sequence: record.sequence, hash: sha256(line) })
    }
}

/// Follows a chain as far as it goes.
pub(super) fn check(lines: impl Iterator<Item = std::io::Result<Vec<u8>>>) -> AuditCheck {
    let (mut tail, mut broken) = (Tail::default(), None);
    for line in lines {
        match line.map_err(|cause| cause.to_string()).and_then(|line| tail.followed_by(&line)) {
            Ok(next) => tail = next,
            Err(wrong) => {
                broken = Some(wrong);
                break;
            }
        }
    }
    AuditCheck { records: tail.sequence, newest: tail.hash, broken }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}
