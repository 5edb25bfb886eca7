//! Whether a certificate may be made as it is asked for.

use std::net::IpAddr;

use iiot_core::keys::SignatureAlgorithm;
use iiot_core::ua::trust::KeyKind;
use iiot_core::{Error, ErrorKind, Result};

use super::key::{KeyFault, key_algorithm};
use super::{CertificateContent, Issuer, Kind};

pub(super) fn check(
    content: &CertificateContent,
    issuer: Option<&Issuer>,
    key_of_root: SignatureAlgorithm,
) -> Result<()> {
    key(content)?;
    names(content)?;
    if content.until <= content.from {
        return Err(unfit("it would end before it begins").with("from", content.from).with("until", content.until));
    }
    match issuer {
        Some(issuer) => below(content, issuer),
        None => root(content, key_of_root),
    }
}

fn key(content: &CertificateContent) -> Result<()> {
    let message = match key_algorithm(&content.public_key) {
        Ok(_) => return Ok(()),
        Err(KeyFault::Malformed) => "its key is malformed",
        Err(KeyFault::Unknown) => "its key is neither RSA nor on a curve that certificates are made for here",
        Err(KeyFault::Length(_)) => "its RSA key must have 2048 to 4096 bits",
        Err(KeyFault::Exponent) => "its RSA key has an unsound exponent",
    };
    Err(unfit(message))
}

fn names(content: &CertificateContent) -> Result<()> {
    match (content.kind, &content.application_uri) {
        (Kind::Application(_), None) => return Err(unfit("an application needs its ApplicationUri")),
        (Kind::User | Kind::Authority { .. }, Some(_)) => {
            return Err(unfit("only applications have an ApplicationUri"));
        }
        _ => {}
    }
    if content.kind.needs_host() && content.hosts.is_empty() {
        return Err(unfit("a server needs a host name or address that it is reached by"));
    }
    if let Some(host) = content.hosts.iter().find(|host| !is_host(host)) {
        return Err(unfit("a host is neither a name nor an address").with("host", format!("{host:?}")));
    }
    let uris = content.application_uri.iter().chain(&content.crl_urls).chain(&content.issuer_urls);
    match uris.into_iter().find(|uri| !is_uri(uri)) {
        Some(uri) => Err(unfit("a URI has a scheme and is printable ASCII").with("uri", format!("{uri:?}"))),
        None => Ok(()),
    }
}

fn below(content: &CertificateContent, issuer: &Issuer) -> Result<()> {
    // Certificates tell whole seconds.
    if content.until.since(issuer.not_after()).as_secs() > 0 {
        return Err(unfit("it would last longer than its issuer: shorten it, or renew the issuer first")
            .with("until", content.until)
            .with("issuer until", issuer.not_after()));
    }
    let Kind::Authority { path_len } = content.kind else { return Ok(()) };
    match (issuer.path_len(), path_len) {
        (None, _) => Ok(()),
        (Some(above), Some(own)) if own < above => Ok(()),
        (Some(0), _) => Err(unfit("its issuer may not have authorities below it")),
        (Some(above), _) => Err(unfit("its path length must be below that of its issuer").with("issuer", above)),
    }
}

fn root(content: &CertificateContent, key_of_root: SignatureAlgorithm) -> Result<()> {
    let own = KeyKind::of_der(&content.public_key).and_then(KeyKind::signature_algorithm);
    if !matches!(content.kind, Kind::Authority { .. }) {
        return Err(unfit("only an authority signs for itself here: name the issuer"));
    }
    if own != Some(key_of_root) {
        let message = format!("its key does not sign by {key_of_root:?}");
        return Err(Error::new(ErrorKind::InvalidArgument, OPERATION, message));
    }
    Ok(())
}

/// Whether it can be an alternative name: an address, or labels of letters, digits and hyphens (underscores occur).
fn is_host(host: &str) -> bool {
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    let labels = || host.split('.').all(|label| (1..=63).contains(&label.len()));
    host.parse::<IpAddr>().is_ok() || (host.len() <= 253 && host.chars().all(allowed) && labels())
}

fn is_uri(uri: &str) -> bool {
    let scheme = uri.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
    scheme && uri.len() <= MAX_URI && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Longer than any real one, and short enough for every stack.
const MAX_URI: usize = 2048;

const OPERATION: &str = "make certificate";

fn unfit(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, OPERATION, message)
}
