//! Who we are, as the server wants to be told (OPC 10000-4 §7.40).

use zeroize::Zeroizing;

use super::discover::{policy_of, token_policy};
use crate::error::{Error, ErrorKind, Result};
use crate::session::Identity;
use crate::ua::secure::SecurityPolicy;
use crate::ua::trust::leaf_of_chain;
use crate::ua::{
    AnonymousIdentityToken, ByteString, EndpointDescription, ExtensionObject, MessageSecurityMode, UAString,
    UserNameIdentityToken, UserTokenPolicy,
};

const IDENTIFY: &str = "identify to the server";

/// The token for ActivateSession. `server_nonce` is the one of the session's last response.
///
/// # Errors
/// `Security` if a password would travel in clear.
pub(crate) fn token(
    identity: &Identity,
    endpoint: &EndpointDescription,
    server_certificate: &[u8],
    server_nonce: &[u8],
) -> Result<ExtensionObject> {
    let policy = token_policy(endpoint, identity)
        .ok_or_else(|| Error::new(ErrorKind::Unauthenticated, IDENTIFY, "the endpoint takes no such identity"))?;
    match identity {
        Identity::Anonymous => {
            Ok(ExtensionObject::from_message(AnonymousIdentityToken { policy_id: policy.policy_id.clone() }))
        }
        Identity::UserName { user, password } => {
            let (password, encryption_algorithm) = match protection(policy, endpoint)? {
                Protection::Channel => (password.as_bytes().to_vec(), UAString::null()),
                Protection::Token(encrypting) => (
                    encrypting.encrypt(&public_key(server_certificate)?, &legacy_secret(password, server_nonce))?,
                    encrypting.encryption_uri().map_or_else(UAString::null, UAString::from),
                ),
            };
            Ok(ExtensionObject::from_message(UserNameIdentityToken {
                policy_id: policy.policy_id.clone(),
                user_name: user.as_str().into(),
                password: ByteString::from(password),
                encryption_algorithm,
            }))
        }
    }
}

/// What keeps a password secret on its way.
enum Protection {
    /// It is encrypted by itself.
    Token(SecurityPolicy),
    /// It relies on an encrypted channel.
    Channel,
}

/// The token's own policy, else that of the channel (OPC 10000-4 §7.41).
fn protection(policy: &UserTokenPolicy, endpoint: &EndpointDescription) -> Result<Protection> {
    let named = policy.security_policy_uri.as_ref();
    let found = if named.is_empty() { policy_of(endpoint) } else { SecurityPolicy::from_uri(named) };
    match found {
        Some(policy) if !policy.is_none() => Ok(Protection::Token(policy)),
        Some(_) if endpoint.security_mode == MessageSecurityMode::SignAndEncrypt => Ok(Protection::Channel),
        Some(_) => Err(Error::new(
            ErrorKind::Security,
            IDENTIFY,
            "the password would travel in clear; use an encrypted endpoint, or let the server ask for encrypted passwords",
        )),
        None => {
            Err(Error::new(ErrorKind::Unsupported, IDENTIFY, "the server wants passwords encrypted in an unknown way")
                .with("policy", named))
        }
    }
}

fn public_key(server_certificate: &[u8]) -> Result<Vec<u8>> {
    if server_certificate.is_empty() {
        let why = "the server gave no certificate to encrypt the password with";
        return Err(Error::new(ErrorKind::Security, IDENTIFY, why));
    }
    Ok(leaf_of_chain(server_certificate)?.0.public_key().to_vec())
}

/// Length, password, server nonce (OPC 10000-4 §7.40.2.2).
fn legacy_secret(password: &str, server_nonce: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = (password.len() + server_nonce.len()) as u32;
    let mut secret = Zeroizing::new(Vec::with_capacity(4 + length as usize));
    secret.extend_from_slice(&length.to_le_bytes());
    secret.extend_from_slice(password.as_bytes());
    secret.extend_from_slice(server_nonce);
    secret
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ua::UserTokenType;

    fn token_for(channel: SecurityPolicy, mode: MessageSecurityMode, policy: &str) -> Result<UserNameIdentityToken> {
        let endpoint = EndpointDescription {
            security_policy_uri: channel.uri().into(),
            security_mode: mode,
            user_identity_tokens: Some(vec![UserTokenPolicy {
                token_type: UserTokenType::UserName,
                security_policy_uri: policy.into(),
                ..Default::default()
            }]),
            ..Default::default()
        };
        let identity = Identity::UserName { user: "user".into(), password: "secret".into() };
        token(&identity, &endpoint, &[], &[7; 32]).map(|token| *token.into_inner_as().unwrap())
    }

    #[test]
    fn a_password_never_travels_in_clear() {
        let none = SecurityPolicy::NONE;
        for policy in ["", none.uri()] {
            let error = token_for(none, MessageSecurityMode::None, policy).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Security, "{error}");
        }
        let signed_only = token_for(SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::Sign, none.uri());
        assert_eq!(signed_only.unwrap_err().kind(), ErrorKind::Security);
        let unknown = token_for(none, MessageSecurityMode::None, "http://opcfoundation.org/UA/SecurityPolicy#New");
        assert_eq!(unknown.unwrap_err().kind(), ErrorKind::Unsupported);
        let encrypted = SecurityPolicy::BASIC256_SHA256.uri();
        let without_certificate = token_for(none, MessageSecurityMode::None, encrypted).unwrap_err();
        assert_eq!(without_certificate.kind(), ErrorKind::Security);
    }

    #[test]
    fn on_an_encrypted_channel_the_server_may_ask_for_a_plain_password() {
        let policy = SecurityPolicy::BASIC256_SHA256;
        let token = token_for(policy, MessageSecurityMode::SignAndEncrypt, SecurityPolicy::NONE.uri()).unwrap();
        assert_eq!(token.password.value.as_deref(), Some(&b"secret"[..]));
        assert!(token.encryption_algorithm.is_null());
    }

    #[test]
    fn the_secret_is_length_password_and_nonce() {
        assert_eq!(legacy_secret("ab", &[1, 2, 3])[..], [5, 0, 0, 0, b'a', b'b', 1, 2, 3]);
    }
}
