//! What is wrong with a configuration, by place and name.

use std::cell::RefCell;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::Position;

/// Something in the configuration that has another effect than its author may expect.
///
/// The text never holds values of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Where: `[0].OpcNodes[3].BrowsePath`.
    pub path: String,
    /// The line of the token that is wrong, from 1: a value, or a name that is unknown or there twice, or
    /// the object that lacks something.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
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
        write!(f, "{} (line {}, column {}): {}", self.path, self.line, self.column, self.message)
    }
}

/// Where a finding is: the path of an object and the position of the token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) at: Position,
}

impl Place {
    /// Of an element or member below it.
    pub(super) fn below(&self, name: &str, at: Position) -> Self {
        let dot = if name.is_empty() || name.starts_with('[') { "" } else { "." };
        Self { path: format!("{}{dot}{name}", self.path), at }
    }
}

/// Collects findings while the file is read.
#[derive(Debug, Default)]
pub(super) struct Findings(RefCell<Vec<Finding>>);

impl Findings {
    /// Adds one about a property, or about what stands at the place where its name is empty.
    pub(super) fn add(&self, place: &Place, property: &str, kind: FindingKind, message: impl Into<String>) {
        let Place { path, at } = place.clone();
        let Position { line, column } = at;
        let finding = Finding { path, line, column, property: property.into(), kind, message: message.into() };
        self.0.borrow_mut().push(finding);
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0.into_inner()
    }
}
