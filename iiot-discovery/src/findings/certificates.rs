//! What is wrong with a certificate, as far as it can be told without trust lists.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::model::{Finding, FindingCode, Severity};
use iiot_core::text::cleaned;
use iiot_core::time::UtcTime;
use iiot_core::trust::TrustLists;
use iiot_core::ua::trust::{
    Certificate, Check, ParsedLists, Purpose, Role, Suppressions, TrustPolicy, UsageRule, leaf_of_chain, verdict,
};

use super::finding;

/// What is wrong with a certificate and its chain (DER in Base64) of an application with this URI.
pub(super) fn of_certificate(chain: &str, application_uri: &str, now: UtcTime) -> Vec<Finding> {
    let parsed = BASE64_STANDARD.decode(chain).ok().and_then(|chain| leaf_of_chain(&chain).ok());
    let Some((leaf, issuers)) = parsed else { return vec![unreadable()] };
    let of_leaf = [signature(&leaf), key(&leaf), validity(&leaf, now), uri(&leaf, application_uri)];
    let mut findings: Vec<Finding> = of_leaf.into_iter().flatten().collect();
    findings.extend(form(leaf, issuers, now));
    findings
}

/// Time to have it renewed.
const SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// OPC 10000-7: the least of every policy that is in use.
const LEAST_RSA_BITS: usize = 2048;
const MAX_TEXT: usize = 300;

fn unreadable() -> Finding {
    finding(
        Severity::High,
        FindingCode::CertificateInvalid,
        "its certificate cannot be read: no client can use the endpoints with security",
        "give the server a new certificate",
    )
}

fn signature(leaf: &Certificate) -> Option<Finding> {
    let algorithm = leaf.weak_signature()?;
    Some(finding(
        Severity::Medium,
        FindingCode::WeakSignature,
        format!("the certificate of {} is signed with {algorithm}, which can be forged", name(leaf)),
        "have it reissued with SHA-256",
    ))
}

fn key(leaf: &Certificate) -> Option<Finding> {
    let bits = leaf.rsa_bits().filter(|bits| *bits < LEAST_RSA_BITS)?;
    let severity = if bits < LEAST_RSA_BITS / 2 { Severity::High } else { Severity::Medium };
    Some(finding(
        severity,
        FindingCode::ShortKey,
        format!("the RSA key of {} has {bits} bits, which can be broken", name(leaf)),
        "have a new key made, of 2048 bits at least, and the certificate reissued for it",
    ))
}

fn validity(leaf: &Certificate, now: UtcTime) -> Option<Finding> {
    let (from, until) = (leaf.not_before(), leaf.not_after());
    if now < from {
        return Some(finding(
            Severity::High,
            FindingCode::CertificateExpired,
            format!("the certificate of {} is valid from {from} on only", name(leaf)),
            "compare the clocks; else have the certificate reissued",
        ));
    }
    if now > until {
        return Some(finding(
            Severity::High,
            FindingCode::CertificateExpired,
            format!("the certificate of {} was valid until {until}: clients refuse it", name(leaf)),
            "have it renewed",
        ));
    }
    (until.since(now) < SOON).then(|| {
        finding(
            Severity::Medium,
            FindingCode::CertificateExpiresSoon,
            format!("the certificate of {} is valid until {until}: clients then refuse it", name(leaf)),
            "have it renewed by then",
        )
    })
}

fn uri(leaf: &Certificate, application_uri: &str) -> Option<Finding> {
    let certified = leaf.application_uri().map(|uri| cleaned(&uri, MAX_TEXT));
    let says = match &certified {
        Some(uri) if uri == application_uri => return None,
        Some(uri) => format!("says {uri}"),
        None => "says none".into(),
    };
    Some(finding(
        Severity::Medium,
        FindingCode::ApplicationUriMismatch,
        format!("the server calls itself {application_uri}, its certificate {says}: clients refuse it"),
        "set the server's ApplicationUri to that of the certificate, or have the certificate reissued",
    ))
}

/// Structure, signatures of the chain, and what it may be used for: all that a verdict finds without trust lists.
fn form(leaf: Certificate, issuers: Vec<Certificate>, now: UtcTime) -> Vec<Finding> {
    let strict = of_form(&leaf, &issuers, now, UsageRule::Complete);
    let stated = of_form(&leaf, &issuers, now, UsageRule::WhereStated);
    let weigh = |(problem, remedy): (String, String)| {
        // What it does not say at all most clients let pass.
        let severity =
            if stated.contains(&(problem.clone(), remedy.clone())) { Severity::Medium } else { Severity::Low };
        finding(severity, FindingCode::CertificateInvalid, problem, remedy)
    };
    strict.into_iter().map(weigh).collect()
}

fn of_form(leaf: &Certificate, issuers: &[Certificate], now: UtcTime, usage: UsageRule) -> Vec<(String, String)> {
    let chain: Vec<Certificate> = std::iter::once(leaf).chain(issuers).cloned().collect();
    // Trusted for the sake of the other steps.
    let trusted = TrustLists { trusted_certificates: vec![leaf.der().to_vec()], ..TrustLists::default() };
    let purpose = Purpose { host: None, application_uri: None, role: Some(Role::Server) };
    let verdict = verdict(&chain, &ParsedLists::from(&trusted), now, &purpose, &all_but_form(usage));
    let findings = verdict.suppressed.into_iter().chain(verdict.refusal);
    let of_form =
        findings.filter(|finding| matches!(finding.check, Check::Structure | Check::Signature | Check::Usage));
    of_form.map(|finding| (cleaned(&finding.problem, MAX_TEXT), cleaned(&finding.remedy, MAX_TEXT))).collect()
}

/// Lets pass what is told otherwise, or not known here.
fn all_but_form(usage: UsageRule) -> TrustPolicy {
    let suppress = Suppressions {
        security_policy: true,
        certificate_time: true,
        issuer_time: true,
        host_name: true,
        usage: true,
        revocation_unknown: true,
        issuer_revocation_unknown: true,
    };
    TrustPolicy { suppress, usage, allow_sha1: true, ..TrustPolicy::danger_accept_untrusted() }
}

fn name(leaf: &Certificate) -> String {
    cleaned(&leaf.subject(), MAX_TEXT)
}
