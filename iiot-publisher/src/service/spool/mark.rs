//! Which messages of a subscription are in a log.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The last message of a writer's subscription that is safe; all before it are safe too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::service) struct Mark {
    pub(in crate::service) subscription_id: u32,
    pub(in crate::service) sequence_number: u32,
}

/// As it is remembered with the cursors of a log. What cannot be read is forgotten: then the
/// server is asked for more than is needed.
pub(super) fn read(note: &str) -> HashMap<String, Mark> {
    serde_json::from_str(note).unwrap_or_default()
}

pub(super) fn write(marks: &HashMap<String, Mark>) -> String {
    serde_json::to_string(marks).expect("names and numbers are JSON")
}
