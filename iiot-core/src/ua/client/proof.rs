//! Whether the server that answered CreateSession is the one that discovery told of
//! (OPC 10000-4 §5.7.2).

use super::discover::{Wanted, policy_of};
use super::handshake::bytes;
use crate::error::{Error, ErrorKind, Result};
use crate::ua::trust::leaf_of_chain;
use crate::ua::{CreateSessionResponse, EndpointDescription};

/// What the answer is held against.
#[derive(Debug)]
pub(super) struct Proof<'a> {
    /// The endpoint that was chosen from unsecured discovery.
    pub(super) endpoint: &'a EndpointDescription,
    /// What we wanted of an endpoint.
    pub(super) wanted: Wanted<'a>,
    /// The certificates that we sent.
    pub(super) own_chain: &'a [u8],
    /// The nonce that we sent.
    pub(super) client_nonce: &'a [u8],
}

/// The least that a nonce must have (OPC 10000-4 §5.7.2.2).
pub(super) const NONCE_LENGTH: usize = 32;

/// The most.
const LONGEST_NONCE: usize = 128;

const CREATE: &str = "create session";

impl Proof<'_> {
    /// Checks everything that the answer must prove; without security it proves nothing.
    ///
    /// # Errors
    /// `Security`, and `Protocol` if there is no authentication token.
    pub(super) fn check(&self, response: &CreateSessionResponse) -> Result<()> {
        if response.authentication_token.is_null() {
            return Err(Error::new(ErrorKind::Protocol, CREATE, "the server gave no authentication token"));
        }
        if policy_of(self.endpoint).is_none_or(|policy| policy.is_none()) {
            return Ok(());
        }
        check_nonce(CREATE, bytes(&response.server_nonce))?;
        self.check_certificate(bytes(&response.server_certificate))?;
        self.check_signature(bytes(&response.server_signature.signature))?;
        let confirmed = response.server_endpoints.as_deref().unwrap_or_default();
        self.wanted.check_downgrade(self.endpoint, confirmed)
    }

    /// The session must be made by the application whose certificate secures the channel.
    fn check_certificate(&self, of_session: &[u8]) -> Result<()> {
        let of_endpoint = bytes(&self.endpoint.server_certificate);
        if leaf_of_chain(of_session)?.0.der() == leaf_of_chain(of_endpoint)?.0.der() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Security, CREATE, "the server's certificate is not the one of its endpoint"))
    }

    /// The server signs our certificate and nonce. Servers differ in whether they take the leaf or
    /// all that was sent.
    fn check_signature(&self, signature: &[u8]) -> Result<()> {
        let Some(policy) = policy_of(self.endpoint) else { return Ok(()) };
        let (server, _) = leaf_of_chain(bytes(&self.endpoint.server_certificate))?;
        let (own, _) = leaf_of_chain(self.own_chain)?;
        let signed = |certificate: &[u8]| policy.verify(&server, &[certificate, self.client_nonce].concat(), signature);
        signed(self.own_chain).or_else(|_| signed(own.der())).map_err(|cause| {
            let message = "the server's signature is wrong: it does not hold the key of its certificate";
            Error::new(ErrorKind::Security, CREATE, message).because(cause)
        })
    }
}

/// A nonce that is too short would make signatures and encrypted secrets repeat.
pub(super) fn check_nonce(operation: &'static str, nonce: &[u8]) -> Result<()> {
    if (NONCE_LENGTH..=LONGEST_NONCE).contains(&nonce.len()) {
        return Ok(());
    }
    let message = format!("the server's nonce has {} bytes instead of {NONCE_LENGTH} to {LONGEST_NONCE}", nonce.len());
    Err(Error::new(ErrorKind::Security, operation, message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey, SignatureAlgorithm};
    use crate::session::{Identity, ModeChoice, SecurityChoice};
    use crate::time::UtcTime;
    use crate::ua::secure::SecurityPolicy;
    use crate::ua::trust::{CertificateProfile, self_signed};
    use crate::ua::{ByteString, MessageSecurityMode, NodeId, SignatureData};

    const NONCE: [u8; 32] = [7; 32];

    fn wanted(security: &SecurityChoice) -> Wanted<'_> {
        Wanted { security, identity: &Identity::Anonymous, key: None, allow_legacy: false }
    }

    async fn application(name: &str) -> (Arc<dyn PrivateKey>, Vec<u8>) {
        let key = MemoryKeyStore::default().generate(name, KeySpec::Rsa(2048)).await.unwrap();
        let profile = CertificateProfile {
            application_uri: format!("urn:{name}"),
            common_name: name.into(),
            organization: String::new(),
            dns_names: vec!["localhost".into()],
            ip_addresses: Vec::new(),
            valid_from: UtcTime::UNIX_EPOCH,
            valid_days: 1,
        };
        let certificate = self_signed(key.as_ref(), &profile).await.unwrap();
        (key, certificate)
    }

    fn endpoint(policy: SecurityPolicy, mode: MessageSecurityMode, certificate: &[u8]) -> EndpointDescription {
        EndpointDescription {
            endpoint_url: "opc.tcp://localhost".into(),
            security_policy_uri: policy.uri().into(),
            security_mode: mode,
            server_certificate: ByteString::from(certificate.to_vec()),
            ..Default::default()
        }
    }

    async fn answer(key: &Arc<dyn PrivateKey>, certificate: &[u8], signed: &[u8]) -> CreateSessionResponse {
        let signature = key.sign(SignatureAlgorithm::RsaPkcs1Sha256, &[signed, &NONCE].concat()).await.unwrap();
        CreateSessionResponse {
            authentication_token: NodeId::new(0, 1),
            server_nonce: ByteString::from(vec![1; 32]),
            server_certificate: ByteString::from(certificate.to_vec()),
            server_signature: SignatureData { signature: ByteString::from(signature), ..Default::default() },
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn only_the_holder_of_the_endpoints_key_passes() {
        let (client, server, other) = (application("client").await.1, application("a").await, application("b").await);
        let endpoint = endpoint(SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::Sign, &server.1);
        let choice = SecurityChoice::default();
        let proof = Proof { endpoint: &endpoint, wanted: wanted(&choice), own_chain: &client, client_nonce: &NONCE };
        let good = answer(&server.0, &server.1, &client).await;
        assert!(proof.check(&good).is_ok());
        let lies = [
            ("another key", answer(&other.0, &server.1, &client).await),
            ("another certificate", answer(&other.0, &other.1, &client).await),
            ("a signature for somebody else", answer(&server.0, &server.1, &other.1).await),
            ("a short nonce", CreateSessionResponse { server_nonce: vec![1; 31].into(), ..good.clone() }),
            ("a nonce too long", CreateSessionResponse { server_nonce: vec![1; 129].into(), ..good.clone() }),
            ("no nonce", CreateSessionResponse { server_nonce: ByteString::null(), ..good.clone() }),
            ("no signature", CreateSessionResponse { server_signature: SignatureData::default(), ..good.clone() }),
        ];
        for (lie, answer) in lies {
            assert_eq!(proof.check(&answer).unwrap_err().kind(), ErrorKind::Security, "{lie}");
        }
        let nameless = CreateSessionResponse { authentication_token: NodeId::null(), ..good };
        assert_eq!(proof.check(&nameless).unwrap_err().kind(), ErrorKind::Protocol);
    }

    #[tokio::test]
    async fn better_security_than_discovery_told_means_tampering() {
        let (client, server) = (application("client").await.1, application("server").await);
        let policy = SecurityPolicy::BASIC256_SHA256;
        let chosen = endpoint(policy, MessageSecurityMode::Sign, &server.1);
        let better = endpoint(policy, MessageSecurityMode::SignAndEncrypt, &server.1);
        let mut response = answer(&server.0, &server.1, &client).await;
        response.server_endpoints = Some(vec![chosen.clone(), better]);
        let check = |mode| {
            let choice = SecurityChoice { mode, policy: None };
            Proof { endpoint: &chosen, wanted: wanted(&choice), own_chain: &client, client_nonce: &NONCE }
                .check(&response)
        };
        assert_eq!(check(ModeChoice::Best).unwrap_err().kind(), ErrorKind::Security);
        assert!(check(ModeChoice::Exactly(MessageSecurityMode::Sign)).is_ok(), "nothing better was wanted");
    }
}
