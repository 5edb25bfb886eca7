//! Whether a server is the one it claims to be and one we trust.

use crate::error::{Error, ErrorKind, Result};
use crate::session::Concern;
use crate::time::UtcTime;
use crate::trust::TrustStore;
use crate::ua::EndpointDescription;
use crate::ua::trust::{
    Certificate, Finding, ParsedLists, Purpose, Role, TrustPolicy, Verdict, leaf_of_chain, verdict,
};

use super::handshake::bytes;

const VERIFY: &str = "verify the server's certificate";

/// The certificate that an endpoint names, and what it must be good for: how a client judges a server.
#[derive(Debug)]
pub struct Claim<'a> {
    chain: Vec<Certificate>,
    endpoint: &'a EndpointDescription,
    /// The host that was dialled.
    host: &'a str,
    /// Another host that will do where a person has trusted this very certificate.
    alternative: Option<String>,
}

impl<'a> Claim<'a> {
    /// What an endpoint claims to whoever dialled `host`. Where the endpoint reports another host and the dialled one is
    /// kept, that is the `alternative`: it will do where this very certificate is trusted.
    ///
    /// # Errors
    /// `Untrusted` if there is no certificate that can be read.
    pub fn new(endpoint: &'a EndpointDescription, host: &'a str, alternative: Option<String>) -> Result<Self> {
        let (leaf, issuers) = leaf_of_chain(bytes(&endpoint.server_certificate)).map_err(|cause| {
            let message = "the endpoint names no usable certificate: have the server's certificate replaced";
            Error::new(ErrorKind::Untrusted, VERIFY, message).with_status(cause.status()).because(cause)
        })?;
        Ok(Self { chain: std::iter::once(leaf).chain(issuers).collect(), endpoint, host, alternative })
    }

    /// The certificates, leaf first.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The verdict, for the host that leaves the least to complain about.
    #[must_use]
    pub fn judge(&self, lists: &ParsedLists, now: UtcTime, policy: &TrustPolicy) -> Verdict {
        let alternative = self.alternative.as_deref().filter(|_| lists.trusts(&self.chain[0]));
        let uri = Some(self.endpoint.server.application_uri.as_ref()).filter(|uri| !uri.is_empty());
        let judge = |host| {
            let purpose = Purpose { host: Some(host), application_uri: uri, role: Some(Role::Server) };
            verdict(&self.chain, lists, now, &purpose, policy)
        };
        let first = judge(self.host);
        let other = alternative.filter(|_| first.refusal.is_some() || !first.suppressed.is_empty()).map(judge);
        match other {
            Some(other) if complaints(&other) < complaints(&first) => other,
            _ => first,
        }
    }

    /// Fails for a verdict that refuses, and keeps the certificate in the store, so that a person
    /// can look at it and trust it. What was suppressed is logged and returned.
    ///
    /// # Errors
    /// `Untrusted`; the message names what is wrong and what to do.
    pub(crate) async fn enforce(&self, verdict: Verdict, store: &dyn TrustStore) -> Result<Vec<Concern>> {
        let (leaf, url) = (&self.chain[0], &self.endpoint.endpoint_url);
        for finding in &verdict.suppressed {
            tracing::warn!(step = ?finding.check, endpoint = %url, "suppressed by the trust policy: {finding}");
        }
        let Some(refusal) = verdict.refusal else { return Ok(concerns(verdict.suppressed)) };
        let kept = store.reject(leaf.der(), &refusal.to_string()).await?;
        Err(Error::new(ErrorKind::Untrusted, VERIFY, format!("{refusal}; {kept}"))
            .with_status(refusal.status)
            .with("step", format!("{:?}", refusal.check))
            .with("subject", leaf.subject())
            .with("thumbprint", leaf.thumbprint()))
    }
}

/// What was suppressed, for users of the session.
pub(super) fn concerns(suppressed: Vec<Finding>) -> Vec<Concern> {
    suppressed.into_iter().map(Concern::from).collect()
}

fn complaints(verdict: &Verdict) -> (bool, usize) {
    (verdict.refusal.is_some(), verdict.suppressed.len())
}
