//! Who asks, and what he may do.

use schemars::JsonSchema;

/// Who asks, as a face has made sure of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Principal {
    /// Name for the audit record.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

impl Principal {
    /// A principal with a name and a role.
    #[must_use]
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role }
    }
}

/// What a principal may do; each includes those before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Role {
    /// Obtains certificates and trust lists for itself: an application that enrols.
    Applicant,
    /// Looks.
    Reader,
    /// Writes values and calls methods of the plant.
    Operator,
    /// Decides on what others have asked for.
    Approver,
    /// Changes configuration, users and trust.
    Administrator,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 5] = [Self::Applicant, Self::Reader, Self::Operator, Self::Approver, Self::Administrator];

    /// As it is written: `reader`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::Reader => "reader",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Administrator => "administrator",
        }
    }

    /// The role that is written so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
