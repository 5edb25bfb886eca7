//! What is wrong with a configuration, by place and name.

use std::cell::RefCell;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something in the configuration that has another effect than its author may expect.
///
/// The text never holds values of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Where: `[0].OpcNodes[3].BrowsePath`.
    pub path: String,
    /// The property's name as it stands in the file.
    pub property: String,
    /// What is wrong.
    pub kind: FindingKind,
    /// The cause and what happens instead, as a sentence fragment.
    pub message: String,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FindingKind {
    /// No such property.
    UnknownProperty,
    /// A property we know of and do not act on yet.
    NotSupportedYet,
    /// A value of the wrong type or outside its range, or a missing one.
    InvalidValue,
    /// A property, field or name that is there already.
    Duplicate,
    /// A setting of a group or writer that an earlier entry has set otherwise.
    Overridden,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Collects findings while the file is read.
#[derive(Debug, Default)]
pub(super) struct Findings(RefCell<Vec<Finding>>);

impl Findings {
    pub(super) fn add(&self, parent: &str, property: &str, kind: FindingKind, message: impl Into<String>) {
        let path = match (parent, property) {
            (parent, "") => parent.to_owned(),
            (parent, property) => format!("{parent}.{property}"),
        };
        self.0.borrow_mut().push(Finding { path, property: property.into(), kind, message: message.into() });
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0.into_inner()
    }
}
