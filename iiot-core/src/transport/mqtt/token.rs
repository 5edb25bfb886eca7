//! Passwords that end.

use std::fmt::Debug;

use crate::error::Result;
use crate::session::Secret;
use crate::time::UtcTime;

/// Makes the passwords of a client whose broker takes each for a while only.
///
/// # Behaviour
/// A new one is asked for at every attempt to connect, and when that of a standing connection is to be
/// renewed: the client then waits for what is under way, leaves and comes back with the new one. It
/// must be quick, and never fail for reasons that pass.
pub trait TokenSource: Debug + Send + Sync + 'static {
    /// A password that is good from `now` on.
    ///
    /// # Errors
    /// If there can be none.
    fn token(&self, now: UtcTime) -> Result<Token>;
}

/// A password and when to replace it.
#[derive(Debug, Clone)]
pub struct Token {
    /// The password.
    pub text: Secret,
    /// When a new one is to be used, some time before this one ends.
    pub renew_at: UtcTime,
}
