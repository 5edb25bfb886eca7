//! What an administrator can ask about access: keys and the audit record.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{AuditCheck, AuditLog, AuditRecord};
use super::keys::{ApiKey, ApiKeyRequest, ApiKeys};
use crate::access::off_thread;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{POINTER, Role};

crate::operations! {
    /// Who may call, and what was changed by whom.
    pub trait Access / RemoteAccess = "access" {
        calls {
            /// Lists the API keys, without their secrets.
            list_keys(ListKeysRequest) -> ApiKeyList, Administrator, Reads;
            /// Makes an API key. Its text is in this answer and nowhere else.
            create_key(CreateKeyRequest) -> CreatedKey, Administrator, Changes;
            /// Revokes an API key at once: calls with it are refused, and streams that it opened end.
            revoke_key(RevokeKeyRequest) -> ApiKey, Administrator, Changes;
            /// Reads the audit record, oldest first.
            read_audit(ReadAuditRequest) -> AuditPage, Administrator, Reads;
            /// Checks that no line of the audit record was changed, removed or put in between.
            check_audit(CheckAuditRequest) -> AuditCheck, Administrator, Reads;
        }
        streams {
            /// Follows the audit record: what is in it, then each new record.
            follow_audit(FollowAuditRequest) -> AuditRecord, Administrator;
        }
    }
}

/// Asks for the API keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListKeysRequest {}

/// The API keys, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyList {
    /// At most 1,000.
    pub keys: Vec<ApiKey>,
}

/// Asks for a new key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateKeyRequest {
    /// Who will use it: letters, digits, spaces and `._@-`, a letter or digit first.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$"))]
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// After how many days it expires; never where it is absent.
    #[serde(default)]
    #[schemars(range(min = 1, max = 36500))]
    pub valid_days: Option<u32>,
}

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// `iiot_ID_SECRET`, for the header `Authorization: Bearer`. It cannot be read again.
    pub text: String,
}

/// Asks to revoke a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeKeyRequest {
    /// The id of the key.
    pub id: String,
}

/// Asks for a page of the audit record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadAuditRequest {
    /// The sequence behind which to read on; from the first record where it is absent.
    #[serde(default)]
    pub after: Option<u64>,
    /// How many at most: 1 to 1,000, of which 100 is the default.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// A page of the audit record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// Oldest first; the next page begins behind the last one's sequence. None of them: the end.
    pub records: Vec<AuditRecord>,
}

/// Asks to check the audit record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckAuditRequest {}

/// Asks for the audit record as it grows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowAuditRequest {
    /// The sequence behind which to begin; with the first record where it is absent.
    #[serde(default)]
    pub after: Option<u64>,
}

/// The keys and the audit record of this process.
#[derive(Debug)]
pub(super) struct LocalAccess {
    pub(super) keys: Arc<ApiKeys>,
    pub(super) audit: Arc<AuditLog>,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Access for LocalAccess {
    async fn list_keys(&self, _: ListKeysRequest) -> Result<ApiKeyList> {
        Ok(ApiKeyList { keys: self.keys.list() })
    }

    async fn create_key(&self, request: CreateKeyRequest) -> Result<CreatedKey> {
        let (keys, now) = (Arc::clone(&self.keys), self.clock.utc());
        let days = request.valid_days.map(|days| within("#/validDays", days, 36_500)).transpose()?;
        let expires = days.map(|days| now + Duration::from_secs(u64::from(days) * 86_400));
        let wanted = ApiKeyRequest { name: request.name, role: request.role, expires };
        let made = off_thread(move || keys.make(wanted, now)).await?;
        Ok(CreatedKey { key: made.key, text: made.text.to_string() })
    }

    async fn revoke_key(&self, request: RevokeKeyRequest) -> Result<ApiKey> {
        let keys = Arc::clone(&self.keys);
        off_thread(move || keys.revoke(&request.id)).await
    }

    async fn read_audit(&self, request: ReadAuditRequest) -> Result<AuditPage> {
        let limit = request.limit.map_or(Ok(100), |limit| within("#/limit", limit, 1000))?;
        let audit = Arc::clone(&self.audit);
        let records = off_thread(move || audit.read(request.after.unwrap_or(0), limit as usize)).await?;
        Ok(AuditPage { records })
    }

    async fn check_audit(&self, _: CheckAuditRequest) -> Result<AuditCheck> {
        let audit = Arc::clone(&self.audit);
        off_thread(move || audit.check()).await
    }

    async fn follow_audit(&self, request: FollowAuditRequest) -> Result<BoxStream<'static, Result<AuditRecord>>> {
        Ok(self.audit.follow(request.after.unwrap_or(0), Arc::clone(&self.clock)))
    }
}

fn within(pointer: &str, value: u32, most: u32) -> Result<u32> {
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    let message = format!("{value} is not between 1 and {most}");
    Err(Error::new(ErrorKind::InvalidArgument, "access", message).with(POINTER, pointer))
}
