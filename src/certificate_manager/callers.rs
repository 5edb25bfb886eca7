//! Who votes.

use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::http::{ApiKeys, HttpParts, Tokens};
use iiot_core::operation::Role;
use iiot_gds::office::People;

/// Those who have an API key, and those who come with tokens of an issuer; who has both has the higher role.
///
/// A vote counts while its voter has the role. A key that is revoked takes its owner's votes with it at once. Of who comes with a
/// token, only his latest one is known, for a while (see [`Tokens::role_of`]).
#[derive(Debug)]
pub struct Callers {
    keys: Arc<ApiKeys>,
    tokens: Option<Arc<Tokens>>,
    clock: Arc<dyn Clock>,
}

impl Callers {
    /// Those who may call at the HTTP face of a process.
    #[must_use]
    pub fn of(parts: &HttpParts) -> Self {
        Self { keys: Arc::clone(&parts.keys), tokens: parts.tokens.clone(), clock: Arc::clone(&parts.clock) }
    }
}

impl People for Callers {
    fn role_of(&self, name: &str) -> Option<Role> {
        let by_token = self.tokens.as_ref().and_then(|tokens| tokens.role_of(name));
        self.keys.role_of(name, self.clock.utc()).max(by_token)
    }
}
