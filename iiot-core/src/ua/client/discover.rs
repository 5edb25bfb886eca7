//! Which endpoint of a server to take.

use crate::error::{Error, ErrorKind, Result};
use crate::keys::PrivateKey;
use crate::session::{Identity, ModeChoice, SecurityChoice};
use crate::ua::secure::SecurityPolicy;
use crate::ua::{EndpointDescription, MessageSecurityMode};

use super::token_policy::token_policy;

/// The profile of secure conversation over TCP; servers also list others.
const BINARY_TCP: &str = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";

const CHOOSE: &str = "choose an endpoint";

/// What is wanted of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) security: &'a SecurityChoice,
    pub(crate) identity: &'a Identity,
    /// The key of our certificate; without one no secured channel can be opened.
    pub(crate) key: Option<&'a dyn PrivateKey>,
    /// Whether policies with broken algorithms are taken without being named.
    pub(crate) allow_legacy: bool,
}

impl Wanted<'_> {
    /// The most secure endpoint that is acceptable to both sides: by mode, policy, and then the level
    /// that the server gives it.
    ///
    /// # Errors
    /// `Security` if none is; the message lists what the server offers. Those of [`token_policy`] if none takes the
    /// identity.
    pub(crate) fn choose<'e>(&self, endpoints: &'e [EndpointDescription]) -> Result<&'e EndpointDescription> {
        let mut secure: Vec<_> = endpoints.iter().filter(|endpoint| self.accepts(endpoint)).collect();
        if secure.is_empty() {
            return Err(none_acceptable(endpoints, self.security));
        }
        secure.retain(|endpoint| self.key.is_some() || policy_of(endpoint) == Some(SecurityPolicy::NONE));
        secure.sort_by_key(|endpoint| rank(endpoint));
        let Some(best) = secure.last() else {
            let why = "every acceptable endpoint needs a certificate of ours and there is none; give the client one";
            return Err(Error::new(ErrorKind::InvalidArgument, CHOOSE, why));
        };
        let takes = |endpoint: &EndpointDescription| token_policy(endpoint, self.identity, self.allow_legacy).map(drop);
        match secure.iter().rev().find(|endpoint| takes(endpoint).is_ok()) {
            Some(found) => Ok(found),
            None => Err(takes(best).expect_err("no endpoint takes the identity")),
        }
    }

    /// Fails if a list that came through a secured channel offers something better than what the
    /// unsecured discovery made us choose: then somebody has tampered with discovery
    /// (OPC 10000-4 §5.7.2).
    pub(crate) fn check_downgrade(
        &self,
        chosen: &EndpointDescription,
        confirmed: &[EndpointDescription],
    ) -> Result<()> {
        let strength = |endpoint: &EndpointDescription| (mode_rank(endpoint), policy_rank(endpoint));
        let best = confirmed.iter().filter(|endpoint| self.accepts(endpoint)).map(strength).max();
        match best {
            Some(best) if best > strength(chosen) => Err(Error::new(
                ErrorKind::Security,
                CHOOSE,
                "the server offers better security than discovery told; somebody may have changed the endpoint list",
            )),
            _ => Ok(()),
        }
    }

    fn accepts(&self, endpoint: &EndpointDescription) -> bool {
        is_binary_tcp(endpoint)
            && is_consistent(endpoint)
            && fits(endpoint, self.security)
            && self.may_use(endpoint)
            && self.can_open(endpoint)
    }

    /// A key in hardware may not be able to do what every policy needs.
    fn can_open(&self, endpoint: &EndpointDescription) -> bool {
        let needed = policy_of(endpoint).and_then(SecurityPolicy::decrypt_algorithm);
        needed.zip(self.key).is_none_or(|(algorithm, key)| key.supports(algorithm))
    }

    /// A policy with broken algorithms must be named, or allowed.
    fn may_use(&self, endpoint: &EndpointDescription) -> bool {
        self.allow_legacy
            || self.security.policy.is_some()
            || policy_of(endpoint).is_some_and(|policy| !policy.is_legacy())
    }
}

/// The security policy of an endpoint, if this build knows it.
pub(crate) fn policy_of(endpoint: &EndpointDescription) -> Option<SecurityPolicy> {
    SecurityPolicy::from_uri(endpoint.security_policy_uri.as_ref())
}

fn is_binary_tcp(endpoint: &EndpointDescription) -> bool {
    let profile = endpoint.transport_profile_uri.as_ref();
    profile == BINARY_TCP || (profile.is_empty() && endpoint.endpoint_url.as_ref().starts_with("opc.tcp:"))
}

/// A known policy, with a mode that goes with it.
fn is_consistent(endpoint: &EndpointDescription) -> bool {
    policy_of(endpoint).is_some_and(|policy| policy.is_none() == (endpoint.security_mode == MessageSecurityMode::None))
        && mode_rank(endpoint) > 0
}

fn fits(endpoint: &EndpointDescription, choice: &SecurityChoice) -> bool {
    let mode = match choice.mode {
        ModeChoice::Best => true,
        ModeChoice::NotNone => endpoint.security_mode != MessageSecurityMode::None,
        ModeChoice::Exactly(mode) => endpoint.security_mode == mode,
    };
    let uri = endpoint.security_policy_uri.as_ref();
    let policy = choice.policy.as_deref().is_none_or(|wanted| uri == wanted || short_name(uri) == wanted);
    mode && policy
}

/// What stands behind the `#` of a URI.
pub(super) fn short_name(uri: &str) -> &str {
    uri.rsplit_once('#').map_or(uri, |(_, name)| name)
}

fn rank(endpoint: &EndpointDescription) -> (u8, usize, u8) {
    (mode_rank(endpoint), policy_rank(endpoint), endpoint.security_level)
}

fn mode_rank(endpoint: &EndpointDescription) -> u8 {
    match endpoint.security_mode {
        MessageSecurityMode::None => 1,
        MessageSecurityMode::Sign => 2,
        MessageSecurityMode::SignAndEncrypt => 3,
        MessageSecurityMode::Invalid => 0,
    }
}

fn policy_rank(endpoint: &EndpointDescription) -> usize {
    policy_of(endpoint).map_or(0, rank_of)
}

/// Policies are listed weakest first.
pub(super) fn rank_of(policy: SecurityPolicy) -> usize {
    SecurityPolicy::ALL.iter().position(|known| *known == policy).unwrap_or(0)
}

/// What a message tells of the endpoints of a server.
const MAX_OFFERS: usize = 20;
const MAX_NAME: usize = 60;

fn none_acceptable(endpoints: &[EndpointDescription], choice: &SecurityChoice) -> Error {
    let mut offers: Vec<String> = endpoints
        .iter()
        .take(MAX_OFFERS)
        .map(|endpoint| {
            let policy: String = short_name(endpoint.security_policy_uri.as_ref()).chars().take(MAX_NAME).collect();
            format!("{:?} with {}", endpoint.security_mode, policy.escape_debug())
        })
        .collect();
    if endpoints.len() > MAX_OFFERS {
        offers.push("more".into());
    }
    let wanted = match (&choice.mode, &choice.policy) {
        (ModeChoice::Best, None) => "anything this build knows".to_owned(),
        (ModeChoice::NotNone, None) => "any security".to_owned(),
        (ModeChoice::Exactly(mode), None) => format!("{mode:?}"),
        (ModeChoice::Exactly(mode), Some(policy)) => format!("{mode:?} with {policy}"),
        (_, Some(policy)) => policy.clone(),
    };
    let message = format!("no endpoint is acceptable: asked for {wanted}, the server offers {}", offers.join(", "));
    Error::new(ErrorKind::Security, CHOOSE, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use async_trait::async_trait;

    use super::*;
    use crate::keys::{DecryptionAlgorithm, SignatureAlgorithm};
    use crate::ua::{UserTokenPolicy, UserTokenType};

    #[derive(Debug)]
    struct Key {
        decrypts_sha256: bool,
    }

    #[async_trait]
    impl PrivateKey for Key {
        fn public_key(&self) -> &[u8] {
            &[]
        }

        fn supports(&self, algorithm: DecryptionAlgorithm) -> bool {
            self.decrypts_sha256 || algorithm != DecryptionAlgorithm::RsaOaepSha256
        }

        async fn sign(&self, _: SignatureAlgorithm, _: &[u8]) -> Result<Vec<u8>> {
            unreachable!("nothing is signed here")
        }

        async fn decrypt(&self, _: DecryptionAlgorithm, _: &[u8]) -> Result<Vec<u8>> {
            unreachable!("nothing is decrypted here")
        }
    }

    #[test]
    fn an_endpoint_whose_policy_our_key_cannot_do_is_not_taken_and_is_no_downgrade() {
        let policies = ["Basic256Sha256", "Aes256_Sha256_RsaPss"];
        let endpoints = policies.map(|policy| endpoint(policy, MessageSecurityMode::Sign, &[UserTokenType::Anonymous]));
        let best = SecurityChoice::default();
        for (decrypts_sha256, expected) in [(true, 1), (false, 0)] {
            let key = Key { decrypts_sha256 };
            let wanted = Wanted { key: Some(&key), ..wanted(&best, &Identity::Anonymous) };
            assert_eq!(wanted.choose(&endpoints).unwrap(), &endpoints[expected]);
            wanted.check_downgrade(&endpoints[expected], &endpoints).unwrap();
        }
    }

    fn wanted<'a>(security: &'a SecurityChoice, identity: &'a Identity) -> Wanted<'a> {
        Wanted { security, identity, key: Some(&Key { decrypts_sha256: true }), allow_legacy: false }
    }

    fn endpoint(policy: &str, mode: MessageSecurityMode, tokens: &[UserTokenType]) -> EndpointDescription {
        let token = |kind: &UserTokenType| UserTokenPolicy { token_type: *kind, ..Default::default() };
        EndpointDescription {
            endpoint_url: "opc.tcp://plc:4840".into(),
            security_policy_uri: format!("http://opcfoundation.org/UA/SecurityPolicy#{policy}").into(),
            security_mode: mode,
            user_identity_tokens: Some(tokens.iter().map(token).collect()),
            transport_profile_uri: BINARY_TCP.into(),
            ..Default::default()
        }
    }

    fn usual() -> Vec<EndpointDescription> {
        use MessageSecurityMode as Mode;
        let both = [UserTokenType::Anonymous, UserTokenType::UserName];
        let https = EndpointDescription {
            transport_profile_uri: "http://opcfoundation.org/UA-Profile/Transport/https-uabinary".into(),
            ..endpoint("Aes256_Sha256_RsaPss", Mode::SignAndEncrypt, &both)
        };
        vec![
            https,
            endpoint("None", Mode::None, &[UserTokenType::Anonymous]),
            endpoint("Basic256Sha256", Mode::Sign, &both),
            endpoint("Basic256Sha256", Mode::SignAndEncrypt, &both),
            endpoint("Aes128_Sha256_RsaOaep", Mode::SignAndEncrypt, &both),
            endpoint("Basic128Rsa15", Mode::SignAndEncrypt, &both),
            endpoint("None", Mode::SignAndEncrypt, &both),
        ]
    }

    fn chosen(mode: ModeChoice, policy: Option<&str>) -> Result<String> {
        let choice = SecurityChoice { mode, policy: policy.map(Into::into) };
        let endpoints = usual();
        wanted(&choice, &Identity::Anonymous)
            .choose(&endpoints)
            .map(|found| format!("{:?} {}", found.security_mode, short_name(found.security_policy_uri.as_ref())))
    }

    #[test]
    fn the_most_secure_acceptable_endpoint_is_taken() {
        use MessageSecurityMode as Mode;
        assert_eq!(chosen(ModeChoice::Best, None).unwrap(), "SignAndEncrypt Basic256Sha256");
        assert_eq!(chosen(ModeChoice::Exactly(Mode::Sign), None).unwrap(), "Sign Basic256Sha256");
        assert_eq!(chosen(ModeChoice::Exactly(Mode::None), None).unwrap(), "None None");
        let short = chosen(ModeChoice::NotNone, Some("Aes128_Sha256_RsaOaep")).unwrap();
        assert_eq!(short, "SignAndEncrypt Aes128_Sha256_RsaOaep");
        let uri = SecurityPolicy::AES128_SHA256_RSA_OAEP.uri();
        assert_eq!(chosen(ModeChoice::Best, Some(uri)).unwrap(), short);
    }

    #[test]
    fn what_the_server_offers_is_told_when_nothing_fits() {
        let error = chosen(ModeChoice::Best, Some("Aes256_Sha256_RsaPss")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Security);
        assert!(error.message().contains("asked for Aes256_Sha256_RsaPss"), "{error}");
        assert!(error.message().contains("Sign with Basic256Sha256"), "{error}");
    }

    #[test]
    fn without_a_certificate_only_open_endpoints_can_be_reached() {
        let endpoints = usual();
        let best = SecurityChoice::default();
        let without = |security| Wanted { key: None, ..wanted(security, &Identity::Anonymous) };
        let found = without(&best).choose(&endpoints).unwrap();
        assert_eq!(found.security_mode, MessageSecurityMode::None);
        let secure = SecurityChoice { mode: ModeChoice::NotNone, policy: None };
        let error = without(&secure).choose(&endpoints).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn an_endpoint_must_take_the_identity() {
        let user = Identity::UserName { user: "u".into(), password: "p".into() };
        let open = [endpoint("None", MessageSecurityMode::None, &[UserTokenType::Anonymous])];
        let error = wanted(&SecurityChoice::default(), &user).choose(&open).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}
