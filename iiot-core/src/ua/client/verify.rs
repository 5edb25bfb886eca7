//! Whether a server is the one it claims to be and one we trust.

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::trust::TrustStore;
use crate::ua::EndpointDescription;
use crate::ua::trust::{Certificate, Purpose, Verdict, leaf_of_chain, verdict};

use super::handshake::bytes;

const VERIFY: &str = "verify the server's certificate";

/// Checks the certificate that an endpoint names, before a channel is opened with it. It must be
/// made for the host that was dialled, or, where a person has trusted this very certificate, for
/// the `alternative`. A refused
/// one is kept by the store, so that a person can look at it and trust it.
///
/// # Errors
/// `Untrusted`; the message names what is wrong and what to do.
pub(crate) async fn verify(
    endpoint: &EndpointDescription,
    host: &str,
    alternative: Option<&str>,
    store: &dyn TrustStore,
    clock: &dyn Clock,
    accept_untrusted: bool,
) -> Result<()> {
    let (leaf, issuers) = leaf_of_chain(bytes(&endpoint.server_certificate)).map_err(|cause| {
        Error::new(ErrorKind::Untrusted, VERIFY, "the endpoint names no usable certificate").because(cause)
    })?;
    let chain: Vec<Certificate> = std::iter::once(leaf).chain(issuers).collect();
    let uri = Some(endpoint.server.application_uri.as_ref()).filter(|uri| !uri.is_empty());
    let lists = store.lists().await?;
    let judge = |host| verdict(&chain, &lists, clock.utc(), &Purpose { host: Some(host), application_uri: uri });
    let pinned = lists.trusted_certificates.iter().any(|trusted| trusted == chain[0].der());
    let alternative = alternative.filter(|_| pinned);
    let Some(verdict) = first_verdict(std::iter::once(host).chain(alternative).map(judge)) else { return Ok(()) };
    if accept_untrusted {
        tracing::warn!(finding = %verdict.finding, "the server's certificate is accepted although it is not trusted");
        return Ok(());
    }
    let kept = store.reject(chain[0].der()).await?;
    let thumbprint: String = chain[0].thumbprint_sha1().iter().map(|byte| format!("{byte:02X}")).collect();
    Err(Error::new(ErrorKind::Untrusted, VERIFY, format!("{}; {kept}", verdict.finding))
        .with_status(verdict.status)
        .with("subject", chain[0].subject())
        .with("thumbprint", thumbprint))
}

/// The first refusal, unless one is good.
fn first_verdict(verdicts: impl Iterator<Item = Result<(), Verdict>>) -> Option<Verdict> {
    let mut first = None;
    for verdict in verdicts {
        first = first.or(Some(verdict.err()?));
    }
    first
}
