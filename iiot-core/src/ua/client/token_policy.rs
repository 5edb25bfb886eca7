//! Which of a server's user token policies an identity takes (OPC 10000-4 §7.41).

use super::discover::{policy_of, rank_of, short_name};
use crate::error::{Error, ErrorKind, Result};
use crate::session::Identity;
use crate::ua::secure::SecurityPolicy;
use crate::ua::{EndpointDescription, MessageSecurityMode, UserTokenPolicy, UserTokenType};

const IDENTIFY: &str = "identify to the server";

/// A token policy that an identity can be presented by.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenPolicy<'a> {
    pub(super) policy: &'a UserTokenPolicy,
    /// What encrypts the secret or makes the signature of the token; without it the secret relies on an encrypted
    /// channel, or there is none.
    pub(super) security: Option<SecurityPolicy>,
}

/// The strongest of the endpoint's token policies for this identity.
///
/// # Errors
/// `Unauthenticated` if the endpoint takes no such identity, `Security` if the secret would travel in clear,
/// `Unsupported` if this build does not know how the server wants it; the message lists what the endpoint takes.
pub(super) fn token_policy<'a>(
    endpoint: &'a EndpointDescription,
    identity: &Identity,
    allow_legacy: bool,
) -> Result<TokenPolicy<'a>> {
    let mut refusal = Refusal::NotTaken;
    let mut best: Option<TokenPolicy<'a>> = None;
    for policy in offered(endpoint).iter().filter(|policy| is_for(policy, identity)) {
        match security(policy, endpoint, identity, allow_legacy) {
            Ok(security) if best.is_none_or(|best| strength(security) > strength(best.security)) => {
                best = Some(TokenPolicy { policy, security });
            }
            Ok(_) => {}
            Err(reason) => refusal = refusal.max(reason),
        }
    }
    best.ok_or_else(|| refusal.error(identity, endpoint))
}

fn offered(endpoint: &EndpointDescription) -> &[UserTokenPolicy] {
    endpoint.user_identity_tokens.as_deref().unwrap_or_default()
}

fn is_for(policy: &UserTokenPolicy, identity: &Identity) -> bool {
    let kind = policy.token_type;
    match identity {
        Identity::Anonymous => kind == UserTokenType::Anonymous,
        Identity::UserName { .. } => kind == UserTokenType::UserName,
        Identity::Certificate { .. } | Identity::Stored { .. } => kind == UserTokenType::Certificate,
        Identity::Issued { token_type, .. } => {
            let wanted = policy.issued_token_type.as_ref();
            kind == UserTokenType::IssuedToken && (wanted.is_empty() || wanted == token_type)
        }
    }
}

/// The token's own policy, else that of the channel.
fn security(
    policy: &UserTokenPolicy,
    endpoint: &EndpointDescription,
    identity: &Identity,
    allow_legacy: bool,
) -> Result<Option<SecurityPolicy>, Refusal> {
    if matches!(identity, Identity::Anonymous) {
        return Ok(None);
    }
    let named = policy.security_policy_uri.as_ref();
    let on_legacy_channel = policy_of(endpoint).is_some_and(SecurityPolicy::is_legacy);
    let found = if named.is_empty() { policy_of(endpoint) } else { SecurityPolicy::from_uri(named) };
    let by_certificate = matches!(identity, Identity::Certificate { .. } | Identity::Stored { .. });
    match found {
        // Whoever is on such a channel has allowed it.
        Some(policy) if policy.is_legacy() && !(allow_legacy || on_legacy_channel) => Err(Refusal::Unknown),
        Some(policy) if !policy.is_none() => Ok(Some(policy)),
        Some(_) if by_certificate => Err(Refusal::NoProof),
        Some(_) if endpoint.security_mode == MessageSecurityMode::SignAndEncrypt => Ok(None),
        Some(_) => Err(Refusal::InClear),
        None => Err(Refusal::Unknown),
    }
}

/// Encrypted by itself is better than by the channel alone.
fn strength(security: Option<SecurityPolicy>) -> Option<usize> {
    security.map(rank_of)
}

/// Why a token policy cannot be used, the most telling reason last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    NotTaken,
    Unknown,
    NoProof,
    InClear,
}

impl Refusal {
    fn error(self, identity: &Identity, endpoint: &EndpointDescription) -> Error {
        let (kind, reason) = match self {
            Self::NotTaken => (ErrorKind::Unauthenticated, format!("the server does not take {}", name(identity))),
            Self::Unknown => (
                ErrorKind::Unsupported,
                format!("the server wants {} secured in a way that is unknown here or not allowed", name(identity)),
            ),
            Self::NoProof => (
                ErrorKind::Security,
                "the server wants no proof that the user has the key; use another endpoint".into(),
            ),
            Self::InClear => (
                ErrorKind::Security,
                "the password or token would travel in clear; use an encrypted endpoint, or let the server ask for \
                 encrypted ones"
                    .into(),
            ),
        };
        Error::new(kind, IDENTIFY, format!("{reason}; {}", offers(endpoint)))
    }
}

fn name(identity: &Identity) -> String {
    match identity {
        Identity::Anonymous => "anonymous users".into(),
        Identity::UserName { .. } => "user names".into(),
        Identity::Certificate { .. } | Identity::Stored { .. } => "user certificates".into(),
        Identity::Issued { token_type, .. } => format!("issued tokens of the kind {}", short_name(token_type)),
    }
}

/// What the endpoint takes, in words.
fn offers(endpoint: &EndpointDescription) -> String {
    let mode = endpoint.security_mode;
    let offers: Vec<String> = offered(endpoint).iter().map(offer).collect();
    let offers = if offers.is_empty() { "no identity at all".into() } else { offers.join(", ") };
    format!("its endpoint {mode:?} with {} takes {offers}", short_name(endpoint.security_policy_uri.as_ref()))
}

fn offer(policy: &UserTokenPolicy) -> String {
    let kind = match policy.token_type {
        UserTokenType::Anonymous => return "Anonymous".into(),
        UserTokenType::IssuedToken => format!("IssuedToken {}", short_name(policy.issued_token_type.as_ref())),
        kind => format!("{kind:?}"),
    };
    let security = short_name(policy.security_policy_uri.as_ref());
    if security.is_empty() { kind } else { format!("{kind} with {security}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use async_trait::async_trait;

    use super::*;
    use crate::keys::{DecryptionAlgorithm, PrivateKey, SignatureAlgorithm};
    use crate::session::{IssuedToken, TokenRequest, TokenSource};
    use MessageSecurityMode as Mode;

    #[derive(Debug)]
    struct Unused;

    #[async_trait]
    impl PrivateKey for Unused {
        fn public_key(&self) -> &[u8] {
            &[]
        }

        async fn sign(&self, _: SignatureAlgorithm, _: &[u8]) -> Result<Vec<u8>> {
            unreachable!("nothing is signed here")
        }

        async fn decrypt(&self, _: DecryptionAlgorithm, _: &[u8]) -> Result<Vec<u8>> {
            unreachable!("nothing is decrypted here")
        }
    }

    #[async_trait]
    impl TokenSource for Unused {
        async fn token(&self, _: &TokenRequest) -> Result<IssuedToken> {
            unreachable!("nobody asks for a token here")
        }
    }

    fn user() -> Identity {
        Identity::UserName { user: "user".into(), password: "secret".into() }
    }

    fn certificate() -> Identity {
        Identity::Certificate { certificate: vec![], key: Arc::new(Unused) }
    }

    fn policy(kind: UserTokenType, name: &str) -> UserTokenPolicy {
        let uri =
            if name.is_empty() { String::new() } else { format!("http://opcfoundation.org/UA/SecurityPolicy#{name}") };
        UserTokenPolicy { token_type: kind, security_policy_uri: uri.into(), ..Default::default() }
    }

    fn endpoint(channel: SecurityPolicy, mode: Mode, tokens: Vec<UserTokenPolicy>) -> EndpointDescription {
        EndpointDescription {
            security_policy_uri: channel.uri().into(),
            security_mode: mode,
            user_identity_tokens: Some(tokens),
            ..Default::default()
        }
    }

    fn taken(endpoint: &EndpointDescription, identity: &Identity) -> Result<Option<SecurityPolicy>> {
        token_policy(endpoint, identity, false).map(|found| found.security)
    }

    #[test]
    fn a_secret_never_travels_in_clear() {
        let none = SecurityPolicy::NONE;
        let jwt = Identity::jwt(Arc::new(Unused));
        for (identity, kind) in [(user(), UserTokenType::UserName), (jwt, UserTokenType::IssuedToken)] {
            for (channel, mode) in [(none, Mode::None), (SecurityPolicy::BASIC256_SHA256, Mode::Sign)] {
                let plain = endpoint(channel, mode, vec![policy(kind, "None")]);
                let error = taken(&plain, &identity).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Security, "{error}");
            }
            let inherited = endpoint(none, Mode::None, vec![policy(kind, "")]);
            assert_eq!(taken(&inherited, &identity).unwrap_err().kind(), ErrorKind::Security);
            let encrypted = endpoint(SecurityPolicy::BASIC256_SHA256, Mode::SignAndEncrypt, vec![policy(kind, "None")]);
            assert_eq!(taken(&encrypted, &identity).unwrap(), None);
        }
    }

    #[test]
    fn the_strongest_protection_is_taken() {
        let kind = UserTokenType::UserName;
        let names = ["None", "Basic256Sha256", "Aes256_Sha256_RsaPss", "Aes128_Sha256_RsaOaep", "FromTheFuture"];
        let tokens = names.map(|name| policy(kind, name)).to_vec();
        let endpoint = endpoint(SecurityPolicy::BASIC256_SHA256, Mode::SignAndEncrypt, tokens);
        assert_eq!(taken(&endpoint, &user()).unwrap(), Some(SecurityPolicy::AES256_SHA256_RSA_PSS));
    }

    #[test]
    fn a_policy_left_out_is_that_of_the_channel() {
        let channel = SecurityPolicy::AES128_SHA256_RSA_OAEP;
        let endpoint = endpoint(channel, Mode::Sign, vec![policy(UserTokenType::Certificate, "")]);
        assert_eq!(taken(&endpoint, &certificate()).unwrap(), Some(channel));
    }

    #[test]
    fn a_certificate_without_proof_is_not_shown() {
        let endpoint = endpoint(SecurityPolicy::NONE, Mode::None, vec![policy(UserTokenType::Certificate, "")]);
        assert_eq!(taken(&endpoint, &certificate()).unwrap_err().kind(), ErrorKind::Security);
    }

    #[test]
    fn tokens_must_be_of_the_kind_that_the_server_wants() {
        let jwt = Identity::jwt(Arc::new(Unused));
        let of_type = |uri: &str| {
            let token = UserTokenPolicy {
                issued_token_type: uri.into(),
                ..policy(UserTokenType::IssuedToken, "Basic256Sha256")
            };
            endpoint(SecurityPolicy::NONE, Mode::None, vec![token])
        };
        assert!(taken(&of_type(Identity::JWT), &jwt).is_ok());
        assert!(taken(&of_type(""), &jwt).is_ok());
        let error = taken(&of_type("http://docs.oasis-open.org/wss/saml#SAMLV2.0"), &jwt).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.message().contains("of the kind JWT"), "{error}");
        assert!(error.message().contains("IssuedToken SAMLV2.0 with Basic256Sha256"), "{error}");
    }

    #[test]
    fn what_is_not_possible_says_what_the_server_takes() {
        let tokens = vec![policy(UserTokenType::Anonymous, ""), policy(UserTokenType::UserName, "FromTheFuture")];
        let endpoint = endpoint(SecurityPolicy::BASIC256_SHA256, Mode::Sign, tokens);
        let unknown = taken(&endpoint, &user()).unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::Unsupported);
        assert!(unknown.message().contains("UserName with FromTheFuture"), "{unknown}");
        let not_taken = taken(&endpoint, &certificate()).unwrap_err();
        assert_eq!(not_taken.kind(), ErrorKind::Unauthenticated);
        assert!(not_taken.message().contains("Sign with Basic256Sha256 takes Anonymous, UserName"), "{not_taken}");
    }
}
