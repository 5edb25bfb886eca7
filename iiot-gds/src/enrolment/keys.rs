//! The tokens of invitations.

use std::fmt::Debug;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::time::UtcTime;

use super::Token;

/// Makes the tokens of invitations, and ends them.
///
/// # Behaviour
/// Whoever shows a token is known to the faces by `name` and may do what an applicant may, until it is revoked.
#[async_trait]
pub trait InvitationKeys: Debug + Send + Sync + 'static {
    /// Makes the token of somebody.
    async fn make(&self, name: &str, now: UtcTime) -> Result<Token>;

    /// Refuses every token of somebody from now on. It is no error if there is none.
    async fn revoke(&self, name: &str) -> Result<()>;
}

#[cfg(feature = "access")]
mod api_keys {
    use std::sync::Arc;

    use iiot_core::access::{ApiKeyRequest, ApiKeys};
    use iiot_core::operation::Role;
    use iiot_core::{Error, ErrorKind, Result};

    use super::{InvitationKeys, Token, UtcTime, async_trait};

    #[async_trait]
    impl InvitationKeys for Arc<ApiKeys> {
        async fn make(&self, name: &str, now: UtcTime) -> Result<Token> {
            let request = ApiKeyRequest { name: name.into(), role: Role::Applicant, expires: None };
            let keys = Self::clone(self);
            let new = off_thread(move || ApiKeys::make(&keys, request, now)).await?;
            Ok(Token::new(new.text.as_str()))
        }

        async fn revoke(&self, name: &str) -> Result<()> {
            let (keys, name) = (Self::clone(self), name.to_owned());
            off_thread(move || revoke_all(&keys, &name)).await
        }
    }

    fn revoke_all(keys: &ApiKeys, name: &str) -> Result<()> {
        let its = keys.list().into_iter().filter(|key| key.name == name && key.role == Role::Applicant);
        for key in its {
            match keys.revoke(&key.id) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The file of the keys is read and locked where nobody waits for the runtime.
    async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|cause| {
            Err(Error::new(ErrorKind::Internal, "change API keys", "the work ended by a defect").because(cause))
        })
    }
}
