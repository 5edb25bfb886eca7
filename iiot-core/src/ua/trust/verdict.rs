//! Whether a certificate is trusted: the steps of OPC 10000-4 §6.1.3 in their order.

use std::net::IpAddr;

use crate::time::UtcTime;
use crate::ua::StatusCode;
use crate::ua::trust::chain::{End, Path, paths};
use crate::ua::trust::key::{KeyKind, LEAST_RSA_BITS, MAX_RSA_BITS};
use crate::ua::trust::revocation::{Status, find, is_revoked};
use crate::ua::trust::signature::{Signature, is_sha1};
use crate::ua::trust::structure::structure;
use crate::ua::trust::usage::{issuer_usage, leaf_usage};
use crate::ua::trust::{Certificate, Check, Finding, ParsedLists, TrustPolicy, Verdict};

/// What the certificate is wanted for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purpose<'a> {
    /// The host that was dialled: it must be among the host names or addresses. `None` skips the step.
    pub host: Option<&'a str>,
    /// The ApplicationUri that the application claims. `None` skips the step.
    pub application_uri: Option<&'a str>,
    /// What the application is to us; `None` if that does not matter.
    pub role: Option<Role>,
}

/// What an application is in a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It is connected to.
    Server,
    /// It connects.
    Client,
}

/// Judges a chain, leaf first, as it was sent. It is trusted if it is sound up to a self-signed
/// authority and one of its certificates is among the trusted ones. Where several chains can be
/// built, the best one counts.
///
/// Each step is taken on the whole chain before the next one, so of several faults that of the
/// earliest step is told, unless the policy suppresses it.
#[must_use]
pub fn verdict(
    sent: &[Certificate],
    lists: &ParsedLists,
    now: UtcTime,
    purpose: &Purpose<'_>,
    policy: &TrustPolicy,
) -> Verdict {
    let mut best: Option<Verdict> = None;
    for path in paths(sent, lists, now) {
        let mut judge = Judge { path: &path, lists, now, purpose, policy, suppressed: Vec::new() };
        let refusal = judge.steps().err();
        let verdict = Verdict { refusal, suppressed: judge.suppressed };
        if verdict.is_trusted() {
            return verdict;
        }
        let depth = |verdict: &Verdict| verdict.refusal.as_ref().map(|finding| finding.check);
        if best.as_ref().is_none_or(|best| depth(&verdict) > depth(best)) {
            best = Some(verdict);
        }
    }
    best.unwrap_or_else(|| Verdict { refusal: Some(no_certificate()), suppressed: Vec::new() })
}

struct Judge<'a> {
    path: &'a Path<'a>,
    lists: &'a ParsedLists,
    now: UtcTime,
    purpose: &'a Purpose<'a>,
    policy: &'a TrustPolicy,
    suppressed: Vec<Finding>,
}

impl Judge<'_> {
    fn steps(&mut self) -> Result<(), Finding> {
        self.settle(self.certificates().filter_map(structure).collect())?;
        self.settle(self.chain().into_iter().collect())?;
        self.settle(self.signatures().into_iter().collect())?;
        self.settle(self.certificates().flat_map(|certificate| security_policy(certificate, self.policy)).collect())?;
        self.settle(self.trust_list().into_iter().collect())?;
        self.settle(self.validity())?;
        self.settle(self.purpose.host.and_then(|host| host_name(self.leaf(), host)).into_iter().collect())?;
        self.settle(
            self.purpose.application_uri.and_then(|uri| application_uri(self.leaf(), uri)).into_iter().collect(),
        )?;
        self.settle(self.usage())?;
        self.settle(self.revocation_lists())?;
        self.settle(self.revocation())
    }

    /// Fails with the first finding that the policy does not suppress.
    fn settle(&mut self, findings: Vec<Finding>) -> Result<(), Finding> {
        for finding in findings {
            if !self.policy.suppresses(&finding) {
                return Err(finding);
            }
            self.suppressed.push(finding);
        }
        Ok(())
    }

    fn leaf(&self) -> &Certificate {
        self.path.links[0].certificate
    }

    fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.path.links.iter().map(|link| link.certificate)
    }

    /// Each certificate with its issuer, where that is another one.
    fn issued(&self) -> impl Iterator<Item = (usize, &Certificate, &Certificate)> {
        self.path.links.windows(2).enumerate().map(|(place, pair)| (place, pair[0].certificate, pair[1].certificate))
    }

    fn chain(&self) -> Option<Finding> {
        let subject = self.leaf().subject();
        let status = StatusCode::BadCertificateChainIncomplete;
        let issuer = self.certificates().last().map(Certificate::issuer).unwrap_or_default();
        let finding = |problem, remedy: String| Some(Finding::new(Check::Chain, status, problem, remedy));
        match self.path.end {
            End::Root => None,
            End::IssuerMissing if self.certificates().last().is_some_and(Certificate::is_self_issued) => finding(
                format!("{issuer} issued itself, but names another key than its own as its issuer's"),
                "have it reissued with the right authority key identifier, or add the authority with that key".into(),
            ),
            End::IssuerMissing => finding(
                format!("the chain of {subject} is incomplete"),
                format!(
                    "put the right certificate of its issuer {issuer} into the issuers' or the trusted certificates"
                ),
            ),
            End::Circle => finding(
                format!("the chain of {subject} runs in a circle at {issuer}"),
                "put the self-signed certificate of the authority into the trusted certificates".into(),
            ),
            End::TooLong => finding(
                format!("the chain of {subject} is too long to be a real one"),
                "have it reissued by an authority nearer to the root".into(),
            ),
        }
        .map(|finding| if self.path.end == End::IssuerMissing { finding } else { finding.mandatory() })
    }

    fn signatures(&self) -> Option<Finding> {
        let complete = self.path.end == End::Root;
        let known = &self.path.links[..self.path.links.len() - usize::from(!complete)];
        let first = |wanted| known.iter().position(|link| link.signature == wanted);
        let name = |place: usize| known[place].certificate;
        if let Some(wrong) = first(Signature::Wrong) {
            let problem = format!("{} was not signed by the key of {}", name(wrong).subject(), name(wrong).issuer());
            let remedy = "it is forged or damaged; do not trust it, and find out where it comes from";
            return Some(Finding::new(Check::Signature, StatusCode::BadCertificateInvalid, problem, remedy));
        }
        first(Signature::Unverifiable).map(|place| unverifiable(name(place)))
    }

    fn trust_list(&self) -> Option<Finding> {
        if self.certificates().any(|certificate| self.lists.trusts(certificate)) {
            return None;
        }
        let leaf = self.leaf();
        let problem = format!("{} (thumbprint {}) is not trusted", leaf.subject(), leaf.thumbprint());
        let remedy = "if it is the right one, move it from the rejected to the trusted certificates";
        Some(Finding::new(Check::TrustList, StatusCode::BadCertificateUntrusted, problem, remedy))
    }

    fn validity(&self) -> Vec<Finding> {
        let now = self.now;
        let outdated = self.certificates().enumerate().filter(|(_, certificate)| !certificate.is_valid_at(now));
        let finding = |(place, certificate): (usize, &Certificate)| {
            let (from, until) = (certificate.not_before(), certificate.not_after());
            let problem = format!("{} is valid from {from} to {until}, and it is {now}", certificate.subject());
            let status =
                either(place, StatusCode::BadCertificateTimeInvalid, StatusCode::BadCertificateIssuerTimeInvalid);
            Finding::new(Check::ValidityPeriod, status, problem, "have it renewed, or set the clock")
        };
        outdated.map(finding).collect()
    }

    fn usage(&self) -> Vec<Finding> {
        let leaf = leaf_usage(self.leaf(), self.policy.usage, self.purpose.role);
        let issuers = (1..self.path.links.len()).filter_map(|place| issuer_usage(&self.path.links, place));
        leaf.into_iter().chain(issuers).collect()
    }

    fn revocation_lists(&self) -> Vec<Finding> {
        let unknown = |(place, certificate, issuer): (usize, &Certificate, &Certificate)| {
            let name = issuer.subject();
            let problem = match find(issuer, &self.lists.revocations, self.now) {
                Status::Good => return None,
                Status::NoList if !self.policy.needs_list(place) => return None,
                Status::NoList => format!("there is no revocation list of {name} for {}", certificate.subject()),
                Status::NoUsableList(fault) => format!("the revocation list of {name} cannot be used, {fault}"),
            };
            let status = either(
                place,
                StatusCode::BadCertificateRevocationUnknown,
                StatusCode::BadCertificateIssuerRevocationUnknown,
            );
            let remedy = format!("put a current list signed by the key of {name} into crl");
            Some(Finding::new(Check::RevocationList, status, problem, remedy))
        };
        self.issued().filter_map(unknown).collect()
    }

    fn revocation(&self) -> Vec<Finding> {
        let root = self.path.links.len() - 1;
        let itself = self.path.links.last().filter(|_| root > 0 && self.path.end == End::Root);
        let itself = itself.map(|link| (root, link.certificate, link.certificate));
        let revoked = |(place, certificate, issuer): (usize, &Certificate, &Certificate)| {
            let revoked = is_revoked(certificate, issuer, &self.lists.revocations, self.now);
            let problem = format!("{} was revoked by its issuer {}", certificate.subject(), issuer.subject());
            let status = either(place, StatusCode::BadCertificateRevoked, StatusCode::BadCertificateIssuerRevoked);
            revoked.then(|| Finding::new(Check::Revocation, status, problem, "have it replaced"))
        };
        self.issued().chain(itself).filter_map(revoked).collect()
    }
}

/// The StatusCode for the leaf, or for an authority.
fn either(place: usize, leaf: StatusCode, issuer: StatusCode) -> StatusCode {
    if place == 0 { leaf } else { issuer }
}

fn no_certificate() -> Finding {
    let remedy = "give the application a certificate, or use an endpoint without security";
    Finding::new(Check::Structure, StatusCode::BadCertificateInvalid, "no certificate was sent", remedy)
}

fn weak(problem: String, remedy: &str) -> Finding {
    Finding::new(Check::SecurityPolicy, StatusCode::BadCertificatePolicyCheckFailed, problem, remedy)
}

fn unverifiable(certificate: &Certificate) -> Finding {
    let problem = format!(
        "the signature of {} cannot be verified: its algorithm or the key of {} is not supported",
        certificate.subject(),
        certificate.issuer()
    );
    weak(
        problem,
        "have it reissued by an authority with an RSA key of 2048 to 8192 bits, or one on P-256, P-384 or P-521",
    )
    .mandatory()
}

fn security_policy(certificate: &Certificate, policy: &TrustPolicy) -> Vec<Finding> {
    let subject = certificate.subject();
    let sha1 = is_sha1(certificate.x509().signature_algorithm().oid) && !policy.allow_sha1;
    let signature = sha1
        .then(|| weak(format!("{subject} is signed with SHA-1, which can be forged"), "have it reissued with SHA-256"));
    signature.into_iter().chain(key(certificate, policy)).collect()
}

fn key(certificate: &Certificate, policy: &TrustPolicy) -> Option<Finding> {
    let subject = certificate.subject();
    let least = policy.min_rsa_bits.max(LEAST_RSA_BITS);
    match certificate.key_kind() {
        Some(KeyKind::Rsa { exponent_is_sound: false, .. }) => {
            Some(weak(format!("the RSA key of {subject} has an unsound exponent"), "have it reissued").mandatory())
        }
        Some(KeyKind::Rsa { bits, .. }) if bits > MAX_RSA_BITS => Some(
            weak(
                format!("the RSA key of {subject} has {bits} bits"),
                "have it reissued with a key of 8192 bits at most",
            )
            .mandatory(),
        ),
        Some(KeyKind::Rsa { bits, .. }) if bits < least => Some(weak(
            format!("the RSA key of {subject} has {bits} bits"),
            &format!("have it reissued with a key of {least} bits at least"),
        )),
        Some(KeyKind::Other) => Some(
            weak(format!("the key of {subject} is of a kind that is not supported"), "have it reissued").mandatory(),
        ),
        _ => None,
    }
}

fn host_name(leaf: &Certificate, host: &str) -> Option<Finding> {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let (names, addresses) = (leaf.dns_names(), leaf.ip_addresses());
    let found = match bare.parse::<IpAddr>() {
        Ok(address) => addresses.contains(&address),
        Err(_) => names.iter().any(|name| name.trim_end_matches('.').eq_ignore_ascii_case(bare)),
    };
    if found {
        return None;
    }
    let known: Vec<String> = names.into_iter().chain(addresses.iter().map(IpAddr::to_string)).collect();
    let problem = format!("the certificate of {} is for [{}], not for {bare}", leaf.subject(), known.join(", "));
    let remedy = format!("dial one of these names, or have it reissued for {bare}");
    Some(Finding::new(Check::HostName, StatusCode::BadCertificateHostNameInvalid, problem, remedy))
}

fn application_uri(leaf: &Certificate, claimed: &str) -> Option<Finding> {
    let certified = leaf.uris();
    let (problem, remedy) = match &certified[..] {
        [one] if one == claimed => return None,
        [] => ("no URI".to_owned(), "have it reissued with this URI"),
        [one] => (one.clone(), "the application must use the URI of its certificate"),
        several => (format!("several URIs ({})", several.join(", ")), "have it reissued with one URI"),
    };
    let problem = format!("the application calls itself {claimed}, its certificate says {problem}");
    Some(Finding::new(Check::Uri, StatusCode::BadCertificateUriInvalid, problem, remedy))
}
