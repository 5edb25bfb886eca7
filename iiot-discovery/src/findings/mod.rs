//! What is wrong with a server, by what it tells of itself: pure functions of its endpoints and certificates.
//!
//! What it says is not proven here; whoever connects judges the certificate by his trust lists.

mod certificates;
mod endpoints;
#[cfg(test)]
pub(crate) mod made;
mod sharing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use iiot_core::model::{ApplicationDescription, EndpointDescription, Finding, FindingCode, Severity};
use iiot_core::time::UtcTime;

pub use endpoints::of_endpoint;
pub use sharing::shared;

/// What was seen besides what an application says.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What could not be taken as it came, a sentence fragment each.
    pub flaws: &'a [String],
    /// URLs that it reports and that do not lead to it, and why.
    pub unreached: &'a [(String, String)],
    /// The time.
    pub now: UtcTime,
}

/// What is wrong with a server as a whole: its certificates, its URLs, what it says of itself.
#[must_use]
pub fn of_application(
    description: &ApplicationDescription,
    endpoints: &[EndpointDescription],
    seen: &Seen<'_>,
) -> Vec<Finding> {
    let certificates: BTreeSet<&str> = endpoints.iter().filter_map(|one| one.certificate.as_deref()).collect();
    let of_certificates = certificates
        .iter()
        .take(MAX_CERTIFICATES)
        .flat_map(|one| certificates::of_certificate(one, &description.application_uri, seen.now));
    let mut findings: Vec<Finding> = of_certificates.collect();
    findings.extend(seen.unreached.iter().take(MAX_URLS).map(|(url, why)| unreachable(url, why)));
    findings.extend(malformed(seen.flaws));
    findings.sort_by(|one, other| (other.severity, one).cmp(&(one.severity, other)));
    findings.dedup();
    findings
}

/// A server has one or two.
const MAX_CERTIFICATES: usize = 10;
const MAX_URLS: usize = 20;
const MAX_FLAWS: usize = 10;

pub(crate) fn finding(
    severity: Severity,
    code: FindingCode,
    message: impl Into<String>,
    fix: impl Into<String>,
) -> Finding {
    Finding { severity, code, message: message.into(), fix: fix.into() }
}

fn unreachable(url: &str, why: &str) -> Finding {
    finding(
        Severity::Low,
        FindingCode::UnreachableUrl,
        format!("it reports the URL {url}, which does not lead to it from here: {why}"),
        "correct the host name in the server's configuration or in the name service; until then connect with keep_dialled_host",
    )
}

fn malformed(flaws: &[String]) -> Option<Finding> {
    let told: Vec<&str> = flaws.iter().take(MAX_FLAWS).map(String::as_str).collect();
    (!told.is_empty()).then(|| {
        finding(
            Severity::Low,
            FindingCode::Malformed,
            format!("not all that it says could be taken: {}", told.join("; ")),
            "tell the maker of the server; if nobody knows the server, find out what stands there",
        )
    })
}
