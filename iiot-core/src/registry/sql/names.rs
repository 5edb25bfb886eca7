//! How records, kinds and labels stand in the tables.

use serde::{Deserialize, Serialize};

use super::statement::Row;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;
use crate::registry::{RecordKey, RecordKind, Revision, Versioned};

/// What the tables beside the records hold of one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Indexed {
    pub(super) labels: Vec<Label>,
    pub(super) text: String,
}

/// Field and value.
pub(super) type Label = (String, String);

impl Indexed {
    pub(super) fn of(record: &Record) -> Self {
        let label = |(field, value): (crate::model::Field, String)| (field.name(), stored_value(&value));
        let mut labels: Vec<_> = record.labels().into_iter().map(label).collect();
        labels.sort_unstable();
        labels.dedup();
        Self { labels, text: stored_text(&record.text()) }
    }
}

/// A value as the table of labels holds it: its beginning, for an index takes no long ones. Who finds a record by it looks
/// again at the record itself.
pub(super) fn stored_value(value: &str) -> String {
    stored_text(&value[..value.floor_char_boundary(LONGEST_VALUE)])
}

/// A text as tables hold it: not every database takes NUL.
pub(super) fn stored_text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The name of a kind.
pub(super) fn kind_name(kind: RecordKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The key in a row.
pub(super) fn key(row: &Row) -> Result<RecordKey> {
    let kind = serde_json::from_value(serde_json::Value::String(row.kind.clone()))
        .map_err(|cause| corrupt("the kind of a record is not known", row).because(cause))?;
    Ok(RecordKey { kind, id: row.id.clone() })
}

/// The record in a row.
pub(super) fn versioned(row: &Row) -> Result<Versioned> {
    let record = serde_json::from_str(row.text.as_deref().unwrap_or_default())
        .map_err(|cause| corrupt("a record does not decode", row).because(cause))?;
    Ok(Versioned { key: key(row)?, revision: Revision(row.unsigned()), record })
}

fn corrupt(what: &str, row: &Row) -> Error {
    let message = format!("{what}; it was written by a newer version, or the database is damaged");
    Error::new(ErrorKind::Corrupt, "read records", message).with("record", format!("{} {}", row.kind, row.id))
}

/// Bytes of a value.
const LONGEST_VALUE: usize = 512;
