//! The hash chain.

use std::fmt::Write;

use iiot_core::time::UtcTime;
use sha2::{Digest, Sha256};

use crate::store::AuditEntry;

/// The hash of an entry: SHA-256, as 64 hexadecimal digits, over `iiot audit 1`, the number, the time (ISO 8601), the hash of
/// the entry before (empty in the first one) and the text of the event, with a line feed between them.
///
/// ```
/// use iiot_core::time::UtcTime;
///
/// // printf 'iiot audit 1\n1\n1970-01-01T00:00:00Z\n\n{}' | sha256sum
/// let hash = iiot_gds::audit::entry_hash(1, UtcTime::UNIX_EPOCH, "", "{}");
/// assert_eq!(hash, "cd3d2cbbfcc16d3046eff16a172b659dd9fc21e059c9409c0062789f5199000d");
/// ```
#[must_use]
pub fn entry_hash(number: u64, at: UtcTime, previous: &str, event: &str) -> String {
    hex(&Sha256::digest(format!("iiot audit 1\n{number}\n{at}\n{previous}\n{event}")))
}

/// The entry behind `head`.
pub(crate) fn next_entry(head: &(u64, String), at: UtcTime, event: String) -> AuditEntry {
    let (number, previous) = (head.0 + 1, head.1.clone());
    AuditEntry { number, at, hash: entry_hash(number, at, &previous, &event), event, previous }
}

/// Hexadecimal, lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
