//! API keys and the audit record of an edge, on its files.

use std::path::Path;

use iiot::Result;
use iiot::core::clock::{Clock, SystemClock};
use iiot::http::{audit_command, key_command};
use iiot::offer;

use crate::options::wrong;

/// Carries out `key first NAME`, `key make NAME ROLE [DAYS]`, `key list`, `key revoke ID`, `audit list`, `audit check` or `place` on
/// the data folder of an edge, and returns what to print. The text of a key is in it once and nowhere else.
///
/// # Errors
/// `InvalidArgument` if the words are none of these; those of the files.
pub fn command(data: &Path, words: &[String]) -> Result<String> {
    let http = data.join("http");
    match words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("key", rest)) => key_command(&http, rest, SystemClock.utc()),
        Some(("audit", rest)) => audit_command(&http, rest),
        Some(("place", [])) => offer::place_key(data).map(|key| key.to_string()),
        _ => Err(wrong("words", "they begin with none of key, audit, place")),
    }
}
