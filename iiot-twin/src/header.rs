//! What every request has.

use iiot_core::session::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Items in one request.
pub const MAX_ITEMS: usize = 10_000;

/// What all requests have in common; everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// Languages of texts, the preferred first: `de-AT`. The server's own choice where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub locales: Vec<String>,
    /// How long it may take in milliseconds, connecting included, up to 600,000. Default 15,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000))]
    pub timeout_ms: Option<u32>,
    /// Goes into the server's own audit record (AuditEntryId, OPC 10000-4 §6.5.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub audit_id: Option<String>,
    /// Who asks the server, for this request alone. Default whom the endpoint is configured for. It has a session of its own, that
    /// is closed afterwards; where the password would travel in clear the server is not reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elevation: Option<Elevation>,
}

/// A user of the server, for one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Elevation {
    /// The name.
    #[schemars(length(max = 256))]
    pub user: String,
    /// The password; cleared from memory after use and never printed.
    #[serde(with = "password")]
    #[schemars(with = "String", length(max = 1024), extend("writeOnly" = true))]
    pub password: Secret,
}

/// A secret as a text.
mod password {
    use iiot_core::session::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::from)
    }
}

/// How values are written in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ValueEncoding {
    /// A Variant in the CompactEncoding (OPC 10000-6 §5.4.1): its built-in type and its value, without what has its default.
    #[default]
    Compact,
    /// The same in the VerboseEncoding: with nulls, and with the names of enumerations and statuses.
    Verbose,
    /// The value alone, without its type.
    Raw,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_printed() {
        let text = r#"{"elevation":{"user":"alice","password":"s3cret"}}"#;
        let header: Header = serde_json::from_str(text).unwrap();
        let printed = format!("{header:?}");
        assert!(printed.contains("alice") && !printed.contains("s3cret"), "{printed}");
        assert!(serde_json::to_string(&header).unwrap().contains("s3cret"), "it has to reach the edge");
    }
}
