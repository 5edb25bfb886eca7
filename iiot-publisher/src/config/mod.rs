//! Reads `published_nodes.json`: the file format of the field, in its current and older spellings.
//!
//! The file is an array of entries; each names a server, a writer group, a writer, and nodes.
//! Names of properties are read in any case, a property with `Timespan` behind its name beats its
//! twin with a number.
//!
//! Nothing is ignored silently: a property that has no effect, a value that cannot be used, a
//! duplicate is a [`Finding`] with its path, line and column. An entry or node that cannot be used is left out, the
//! rest is published.
//!
//! A user name or a password may lie elsewhere: `{"$file": "/run/secrets/plc"}` is the content of a file without the
//! line end at its end, `{"$env": "PLC_PASSWORD"}` a variable of the environment. They are read when the configuration
//! is; the file itself never holds them.
//!
//! Every property with its unit and default is in the [`schema()`], which lies in `docs/publishednodes.schema.json`.
//!
//! Points where the units or defaults deserve a look:
//! - `HeartbeatInterval` of a node is in seconds, `DefaultHeartbeatInterval` of an entry, like all
//!   other intervals, in milliseconds.
//! - Without `UseSecurity` and `EndpointSecurityMode` the connection is not secured.
//! - Without `QueueSize`, or with 0, the server is asked to queue as many values as fit into a
//!   publishing cycle, and one more.
//! - Without `DataSetWriterGroup` the group is `DefaultWriterGroup`, without `DataSetWriterId` the
//!   writer is `DefaultWriter`.
//! - Nodes with different publishing intervals are split to writers `Name`, `Name_2`, ….
//! - A node with `EventFilter` publishes events and has a writer of its own, whose data set is called as the node is by
//!   `DisplayName`. Both intervals of `ConditionHandling` are in seconds; without `SnapshotInterval` events are published
//!   one by one.

use iiot_core::{Error, ErrorKind, Result};

use crate::plan::Plan;
use crate::profile::Dialect;
use json::{Broken, Json};

mod assemble;
mod condition;
mod entry;
mod event;
#[cfg(test)]
mod event_tests;
mod expansion;
mod finding;
mod json;
mod node;
mod object;
mod property;
mod schema;
mod secret;
#[cfg(test)]
mod tests;
mod timespan;

#[cfg(feature = "service")]
pub(crate) use entry::{DEFAULT_GROUP, DEFAULT_WRITER};
pub use finding::{Finding, FindingKind};
pub use schema::schema;

/// A configuration as read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What can be published.
    pub plan: Plan,
    /// What its author should know, in the order of the file.
    pub findings: Vec<Finding>,
}

/// Reads the text of a file.
///
/// # Errors
/// `InvalidArgument` with line and column if it is not JSON, or not an array.
pub fn load(text: &str) -> Result<Loaded> {
    load_as(text, Dialect::Strict)
}

/// As [`load`], with messages in this dialect. In the compatible one `Samples` is the mode where
/// the file names none.
///
/// # Errors
/// As [`load`].
pub fn load_as(text: &str, dialect: Dialect) -> Result<Loaded> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json = json::read(text).map_err(|Broken { at, cause }| {
        broken(format!("it is not valid JSON: {cause} at line {} column {}", at.line, at.column))
    })?;
    let Json::Array(entries) = json.json else {
        return Err(broken(format!("it is {}; put the entries into an array: [ … ]", json.json.type_name())));
    };
    let findings = finding::Findings::default();
    let plan = assemble::assemble(&entries, dialect, &findings);
    Ok(Loaded { plan, findings: findings.into_vec() })
}

fn broken(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read published nodes", message)
}
