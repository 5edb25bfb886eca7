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
