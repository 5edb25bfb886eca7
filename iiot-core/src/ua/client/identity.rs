//! Who we are, as the server wants to be told (OPC 10000-4 §7.40).

use super::proof::check_nonce;
use super::token_policy::{TokenPolicy, token_policy};
use crate::error::{Error, ErrorKind, Result};
use crate::keys::PrivateKey;
use crate::session::{Identity, TokenRequest};
use crate::time::UtcTime;
use crate::ua::secure::{SecurityPolicy, legacy_secret, rsa_encrypted_secret};
use crate::ua::trust::{Certificate, leaf_of_chain};
use crate::ua::{
    AnonymousIdentityToken, ByteString, EndpointDescription, ExtensionObject, IssuedIdentityToken, SignatureData,
    StatusCode, UAString, UserNameIdentityToken, UserTokenPolicy, X509IdentityToken,
};

const IDENTIFY: &str = "identify to the server";

/// Longer secrets are not encrypted in the legacy form (OPC 10000-4 §7.40.4).
const LONGEST_LEGACY_SECRET: usize = 64;

/// What an identity is presented to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audience<'a> {
    pub(crate) endpoint: &'a EndpointDescription,
    /// DER, leaf first; empty if the server has none.
    pub(crate) server_certificate: &'a [u8],
    /// That of the session's last response.
    pub(crate) server_nonce: &'a [u8],
    /// The time of day.
    pub(crate) now: UtcTime,
    /// Whether policies with broken algorithms may be used.
    pub(crate) allow_legacy: bool,
    /// Whether long secrets are encrypted in the legacy form too, for servers older than the other one.
    pub(crate) legacy_secrets: bool,
}

/// An identity as ActivateSession carries it.
#[derive(Debug, Default)]
pub(crate) struct Presented {
    pub(crate) token: ExtensionObject,
    pub(crate) signature: SignatureData,
    /// When another token is needed.
    pub(crate) expires: Option<UtcTime>,
    /// Whether the secret is in a form that older servers do not know.
    pub(crate) is_new_form: bool,
}

/// A secret ready to travel.
#[derive(Debug)]
struct Sealed {
    data: Vec<u8>,
    algorithm: UAString,
    is_new_form: bool,
}

/// Makes the token for ActivateSession, and its signature.
///
/// # Errors
/// Those of [`token_policy`]; those of the key or the token source; `Security` if the server lacks the
/// certificate or nonce that a secret is protected with.
pub(crate) async fn present(identity: &Identity, audience: &Audience<'_>) -> Result<Presented> {
    let found = token_policy(audience.endpoint, identity, audience.allow_legacy)?;
    if let Some(policy) = found.security.filter(|policy| policy.is_legacy()) {
        tracing::warn!(%policy, "the identity is protected by broken algorithms; whoever is on the network may learn it");
    }
    match identity {
        Identity::Anonymous => Ok(anonymous(found.policy)),
        Identity::UserName { user, password } => {
            Ok(user_name(found.policy, user, audience.seal(found.security, password.expose())?))
        }
        Identity::Certificate { certificate, key } => by_certificate(found, certificate, key.as_ref(), audience).await,
        Identity::Stored { .. } => Err(not_looked_up()),
        Identity::Issued { source, .. } => {
            let token = source.token(&audience.token_request(found.policy)).await.map_err(no_token)?;
            let sealed = audience.seal(found.security, token.data.expose())?;
            Ok(Presented { expires: token.expires, ..issued(found.policy, sealed) })
        }
    }
}

/// Without a store nobody can.
fn not_looked_up() -> Error {
    let message = "the client holds no certificates of users; give it a store of them";
    Error::new(ErrorKind::InvalidArgument, "look up the user", message)
}

fn anonymous(policy: &UserTokenPolicy) -> Presented {
    let token = AnonymousIdentityToken { policy_id: policy.policy_id.clone() };
    Presented { token: ExtensionObject::from_message(token), ..Default::default() }
}

fn user_name(policy: &UserTokenPolicy, user: &str, sealed: Sealed) -> Presented {
    let token = UserNameIdentityToken {
        policy_id: policy.policy_id.clone(),
        user_name: user.into(),
        password: ByteString::from(sealed.data),
        encryption_algorithm: sealed.algorithm,
    };
    let token = ExtensionObject::from_message(token);
    Presented { token, is_new_form: sealed.is_new_form, ..Default::default() }
}

fn issued(policy: &UserTokenPolicy, sealed: Sealed) -> Presented {
    let token = IssuedIdentityToken {
        policy_id: policy.policy_id.clone(),
        token_data: ByteString::from(sealed.data),
        encryption_algorithm: sealed.algorithm,
    };
    let token = ExtensionObject::from_message(token);
    Presented { token, is_new_form: sealed.is_new_form, ..Default::default() }
}

/// The user's key signs the server's certificate and nonce.
async fn by_certificate(
    found: TokenPolicy<'_>,
    certificate: &[u8],
    key: &dyn PrivateKey,
    audience: &Audience<'_>,
) -> Result<Presented> {
    let own = leaf_of_chain(certificate)?.0;
    if own.public_key() != key.public_key() {
        let why = "the private key does not belong to the user's certificate";
        return Err(Error::new(ErrorKind::InvalidArgument, IDENTIFY, why));
    }
    let token = X509IdentityToken {
        policy_id: found.policy.policy_id.clone(),
        certificate_data: ByteString::from(own.der().to_vec()),
    };
    let signature = match found.security {
        Some(policy) => audience.signature(policy, key).await?,
        None => SignatureData::default(),
    };
    Ok(Presented { token: ExtensionObject::from_message(token), signature, ..Default::default() })
}

impl Audience<'_> {
    fn seal(&self, security: Option<SecurityPolicy>, secret: &str) -> Result<Sealed> {
        let secret = secret.as_bytes();
        let Some(policy) = security else {
            return Ok(Sealed { data: secret.to_vec(), algorithm: UAString::null(), is_new_form: false });
        };
        let server = self.server()?;
        check_nonce(IDENTIFY, self.server_nonce)?;
        if secret.len() > LONGEST_LEGACY_SECRET && !self.legacy_secrets {
            let data = rsa_encrypted_secret(policy, &server, secret, self.server_nonce, self.now)?;
            return Ok(Sealed { data, algorithm: UAString::null(), is_new_form: true });
        }
        let data = legacy_secret(policy, &server, secret, self.server_nonce)?;
        let algorithm = policy.encryption_uri().map_or_else(UAString::null, UAString::from);
        Ok(Sealed { data, algorithm, is_new_form: false })
    }

    /// Proves that a key is at hand, now, to this server.
    pub(crate) async fn signature(&self, policy: SecurityPolicy, key: &dyn PrivateKey) -> Result<SignatureData> {
        let Some(algorithm) = policy.sign_algorithm() else { return Ok(SignatureData::default()) };
        let server = self.server()?;
        check_nonce(IDENTIFY, self.server_nonce)?;
        let signature = key.sign(algorithm, &[server.der(), self.server_nonce].concat()).await?;
        Ok(SignatureData {
            algorithm: policy.signature_uri().map_or_else(UAString::null, UAString::from),
            signature: ByteString::from(signature),
        })
    }

    fn server(&self) -> Result<Certificate> {
        if self.server_certificate.is_empty() {
            let why = "the server gave no certificate to protect a secret or proof with";
            return Err(Error::new(ErrorKind::Security, IDENTIFY, why));
        }
        Ok(leaf_of_chain(self.server_certificate)?.0)
    }

    fn token_request(&self, policy: &UserTokenPolicy) -> TokenRequest {
        TokenRequest {
            server_uri: self.endpoint.server.application_uri.as_ref().to_owned(),
            issuer: policy.issuer_endpoint_url.as_ref().to_owned(),
        }
    }
}

fn no_token(cause: Error) -> Error {
    Error::new(cause.kind(), IDENTIFY, "the token source gave no token").because(cause)
}

/// Servers have several ways to say that they do not let this user in.
pub(crate) fn refused(identity: &Identity, operation: &'static str, error: Error) -> Error {
    use StatusCode as S;
    let refused =
        [S::BadUserAccessDenied, S::BadIdentityTokenRejected, S::BadIdentityTokenInvalid, S::BadUserSignatureInvalid];
    if !refused.contains(&error.status()) {
        return error;
    }
    let message = match identity {
        Identity::Anonymous => "the server lets nobody in anonymously; give a user name and password".into(),
        Identity::UserName { user, .. } => format!("the server refused user {user} or the password"),
        Identity::Certificate { .. } | Identity::Stored { .. } => {
            "the server refused the user's certificate; it may have to be trusted at the server first".into()
        }
        Identity::Issued { .. } => "the server refused the issued token; it may have expired".into(),
    };
    let status = error.status();
    Error::new(ErrorKind::Unauthenticated, operation, message).with_status(status).because(error)
}

/// Whether a server may have failed to understand the form of a secret.
pub(crate) fn not_understood(error: &Error) -> bool {
    use StatusCode as S;
    matches!(
        error.status(),
        S::BadIdentityTokenInvalid | S::BadIdentityTokenRejected | S::BadSecurityChecksFailed | S::BadDecodingError
    )
}
