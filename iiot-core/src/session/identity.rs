//! Who we are to a server (OPC 10000-4 §7.40).

use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Result;
use crate::keys::PrivateKey;
use crate::session::Secret;
use crate::time::UtcTime;

/// Who we are to the server. Which of the server's token policies is used follows from the kind: the
/// one with the strongest protection that this build knows.
#[derive(Clone, Default)]
pub enum Identity {
    /// Nobody in particular.
    #[default]
    Anonymous,
    /// A user with a password; it is encrypted as the server's token policy asks and refused
    /// where it would travel in clear.
    UserName {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A user with a certificate, who proves at each activation that the key is his.
    Certificate {
        /// The certificate (DER). What stands behind it, such as its issuers, is not sent.
        certificate: Vec<u8>,
        /// Its private key.
        key: Arc<dyn PrivateKey>,
    },
    /// The same, with a certificate and key that the client holds and looks up when it connects.
    Stored {
        /// The name in the certificate, as [`UserStore::user`] takes it.
        subject: String,
        /// What opens the key; empty where that lies in clear.
        password: Secret,
    },
    /// A user whom an authorization service vouches for; the token is protected like a password.
    Issued {
        /// The kind of token, as the server's token policy names it; [`Identity::JWT`] for a JSON Web Token.
        token_type: String,
        /// Where tokens come from.
        source: Arc<dyn TokenSource>,
    },
}

impl Identity {
    /// The URI of JSON Web Tokens (OPC 10000-6 §6.5.3).
    pub const JWT: &'static str = "http://opcfoundation.org/UA/UserToken#JWT";

    /// A user whom an authorization service vouches for with JSON Web Tokens.
    #[must_use]
    pub fn jwt(source: Arc<dyn TokenSource>) -> Self {
        Self::Issued { token_type: Self::JWT.into(), source }
    }
}

/// Holds certificates and keys of users.
#[async_trait]
pub trait UserStore: Debug + Send + Sync + 'static {
    /// The user whose certificate was issued to `subject`, as [`Identity::Certificate`]. `subject` is the whole name
    /// (`CN=operator,O=works`), parts of it in any order, or the common name alone (`operator`). Of several
    /// certificates with it, the one that is valid longest.
    ///
    /// # Errors
    /// `NotFound` if there is no such certificate or no key for it; those of the key, if the password does not open it.
    async fn user(&self, subject: &str, password: &Secret) -> Result<Identity>;
}

/// Gets access tokens, for instance from an OAuth2 service.
///
/// # Behaviour
/// It is asked before each activation of a session: when connecting, when reconnecting, and, if the
/// last token tells when it expires, after three quarters of its remaining time, while the session goes
/// on. An error fails the attempt to connect; while a session lives it is logged and asked again.
#[async_trait]
pub trait TokenSource: Debug + Send + Sync + 'static {
    /// A token that is valid now.
    async fn token(&self, request: &TokenRequest) -> Result<IssuedToken>;
}

/// What a server tells of the token it wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenRequest {
    /// The ApplicationUri of the server: the audience of the token.
    pub server_uri: String,
    /// The `issuerEndpointUrl` of the token policy; for JSON Web Tokens a JSON object that names the
    /// authorization service (OPC 10000-6 §6.5.3.2). Empty if the server does not say.
    pub issuer: String,
}

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The token, for instance the three parts of a JSON Web Token.
    pub data: Secret,
    /// When it expires; without it the token is asked for only when a session is activated.
    pub expires: Option<UtcTime>,
}

/// Keys and sources are equal if they are the same one.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Anonymous, Self::Anonymous) => true,
            (Self::UserName { user: a, password: p }, Self::UserName { user: b, password: q }) => a == b && p == q,
            (Self::Certificate { certificate: a, key: k }, Self::Certificate { certificate: b, key: l }) => {
                a == b && k.public_key() == l.public_key()
            }
            (Self::Stored { subject: a, password: p }, Self::Stored { subject: b, password: q }) => a == b && p == q,
            (Self::Issued { token_type: a, source: s }, Self::Issued { token_type: b, source: t }) => {
                a == b && Arc::ptr_eq(s, t)
            }
            _ => false,
        }
    }
}

impl Eq for Identity {}

impl Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::UserName { user, .. } => f.debug_struct("UserName").field("user", user).finish_non_exhaustive(),
            Self::Certificate { .. } => f.debug_struct("Certificate").finish_non_exhaustive(),
            Self::Stored { subject, .. } => f.debug_struct("Stored").field("subject", subject).finish_non_exhaustive(),
            Self::Issued { token_type, .. } => {
                f.debug_struct("Issued").field("token_type", token_type).finish_non_exhaustive()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_printed_holds_a_password() {
        let identity = Identity::UserName { user: "operator".into(), password: "s3cret".into() };
        let printed = format!("{identity:?} {identity:#?}");
        assert!(printed.contains("operator") && !printed.contains("s3cret"), "{printed}");
        let token = IssuedToken { data: "s3cret".into(), expires: None };
        assert!(!format!("{token:?}").contains("s3cret"));
    }

    #[test]
    fn identities_differ_by_user_and_password() {
        let user = |user: &str, password: &str| Identity::UserName { user: user.into(), password: password.into() };
        assert_eq!(user("a", "x"), user("a", "x"));
        assert_ne!(user("a", "x"), user("a", "y"));
        assert_ne!(user("a", "x"), Identity::Anonymous);
    }
}
