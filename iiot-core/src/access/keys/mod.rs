//! API keys: who may call, and how much.

mod caller;
mod file;
#[cfg(feature = "rpc")]
pub(crate) mod seed;
mod signing;
mod store;
#[cfg(test)]
mod tests;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use caller::CallerKey;
pub(crate) use file::owners_only;
pub(crate) use signing::SIGNATURE;
pub use signing::SigningKey;
pub use store::{ApiKeys, Grant, Proof};
pub(crate) use text::hex;

use crate::operation::Role;
use crate::time::UtcTime;

/// What is known of an API key; its secret is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Names the key; the part of its text that is not secret.
    pub id: String,
    /// Who uses it, for the audit record.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created: UtcTime,
    /// From when on it is refused; never where it is absent.
    pub expires: Option<UtcTime>,
    /// When it was last used, to the minute; absent if it never was.
    pub last_used: Option<UtcTime>,
}

/// A key that was made a moment ago: the only time that its text is known.
#[derive(Debug)]
pub struct NewApiKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// `iiot_ID_SECRET`, for the header `Authorization: Bearer`.
    pub text: Zeroizing<String>,
}

/// What a new key shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRequest {
    /// 1 to 64 letters, digits, spaces and `._@-`, a letter or digit first.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// From when on it is refused.
    pub expires: Option<UtcTime>,
}
