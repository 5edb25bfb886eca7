//! Whether clients can take a server's certificate.

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::Result;
use iiot_core::model::{Finding, Severity};
use iiot_core::text::cleaned;
use iiot_core::time::UtcTime;
use iiot_core::trust::TrustStore;
use iiot_core::ua::trust::{Certificate, ParsedLists, Purpose, Role, TrustPolicy, leaf_of_chain, verdict};

use super::words::step;
use crate::explanation::{Step, StepName, Verdict};
use crate::findings::{Seen, of_application};
use crate::interrogation::Answered;

/// Judges the certificate of the first endpoint that needs one: by itself, for the host that was dialled, and by a store.
pub(super) async fn certificate(
    answered: &Answered,
    host: &str,
    trust: Option<&dyn TrustStore>,
    policy: &TrustPolicy,
    now: UtcTime,
) -> Result<Step> {
    let secured = answered.endpoints().find(|endpoint| endpoint.security_mode != "None");
    let Some(endpoint) = secured else {
        return Ok(names(Verdict::Doubtful, "no endpoint is secured, so that no certificate is needed".into(), OPEN));
    };
    let is_open =
        answered.endpoints().any(|endpoint| endpoint.security_mode == "None" && !endpoint.user_tokens.is_empty());
    let worst = |bad: Verdict| if is_open { Verdict::Doubtful } else { bad };
    let Some(chain) = endpoint.certificate.as_deref().and_then(parsed) else {
        return Ok(names(worst(Verdict::Bad), "its certificate is missing or cannot be read".into(), UNREADABLE));
    };
    if let Some(finding) = own_finding(answered, now) {
        let verdict = if finding.severity == Severity::High { worst(Verdict::Bad) } else { Verdict::Doubtful };
        return Ok(told(verdict, finding.message, finding.fix));
    }
    if let Some(store) = trust
        && let Some((problem, remedy)) = refusal(&chain, host, answered.uri(), store, policy, now).await?
    {
        return Ok(told(worst(Verdict::Bad), format!("our trust store refuses it: {problem}"), remedy));
    }
    let (leaf, known) = (&chain[0], trust.map_or("", |_| " and trusted"));
    if !is_named(leaf, host) {
        return Ok(names(
            Verdict::Doubtful,
            format!("the certificate of {} is not for {host}", name(leaf)),
            OTHER_HOST,
        ));
    }
    let until = leaf.not_after();
    Ok(names(
        Verdict::Good,
        format!("the certificate of {} is sound{known}, and valid until {until}", name(leaf)),
        None,
    ))
}

const OPEN: &str = "switch a security policy on, so that nobody on the network reads and changes what is sent";
const UNREADABLE: &str = "give the server a new certificate";
const OTHER_HOST: &str = "dial a name that it is for, or have it reissued with this one; clients refuse it otherwise";

fn names(verdict: Verdict, detail: String, fix: impl Into<Option<&'static str>>) -> Step {
    step(StepName::Certificate, verdict, detail, fix)
}

fn told(verdict: Verdict, detail: String, fix: String) -> Step {
    Step { fix: Some(cleaned(&fix, MAX_TEXT)), ..names(verdict, cleaned(&detail, MAX_TEXT), None) }
}

const MAX_TEXT: usize = 1000;

fn parsed(chain: &str) -> Option<Vec<Certificate>> {
    let (leaf, issuers) = leaf_of_chain(&BASE64_STANDARD.decode(chain).ok()?).ok()?;
    Some(std::iter::once(leaf).chain(issuers).collect())
}

/// The worst of what is wrong with it by itself; what is wrong with little is left out.
fn own_finding(answered: &Answered, now: UtcTime) -> Option<Finding> {
    let endpoints: Vec<_> = answered.endpoints().cloned().collect();
    let findings = of_application(answered.description()?, &endpoints, &Seen { flaws: &[], unreached: &[], now });
    findings.into_iter().find(|finding| finding.severity >= Severity::Medium)
}

async fn refusal(
    chain: &[Certificate],
    host: &str,
    application_uri: &str,
    store: &dyn TrustStore,
    policy: &TrustPolicy,
    now: UtcTime,
) -> Result<Option<(String, String)>> {
    let lists = store.lists().await?;
    let purpose = Purpose { host: Some(host), application_uri: Some(application_uri), role: Some(Role::Server) };
    let verdict = verdict(chain, &ParsedLists::from(&lists), now, &purpose, policy);
    Ok(verdict.refusal.map(|refusal| (refusal.problem, refusal.remedy)))
}

fn is_named(leaf: &Certificate, host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => leaf.ip_addresses().contains(&address),
        Err(_) => leaf.dns_names().iter().any(|name| name.trim_end_matches('.').eq_ignore_ascii_case(host)),
    }
}

fn name(leaf: &Certificate) -> String {
    cleaned(&leaf.subject(), MAX_TEXT)
}
