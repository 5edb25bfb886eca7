//! What was found, for people and for programs.

use std::io::{Write, stdout};

use iiot::core::model::{EndpointDescription, Finding, Severity};
use iiot::core::{Error, ErrorKind, Result};
use iiot::discovery::explanation::{Explanation, Step, Verdict};
use iiot::discovery::found::{FailedTarget, FoundEndpoint, FoundServer, SearchResult};
use serde::Serialize;

/// One line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let unfit = |cause| Error::new(ErrorKind::Internal, "print", "it does not fit into JSON").because(cause);
    line(serde_json::to_string(value).map_err(unfit)?)
}

/// Servers with their endpoints and what is wrong with them, then who could not be asked.
pub(crate) fn results(found: &[SearchResult]) -> Result<()> {
    let (mut servers, mut failed) = (0, 0);
    for result in found {
        match result {
            SearchResult::Server(one) => {
                servers += 1;
                server(one)?;
            }
            SearchResult::Failed(one) => {
                failed += 1;
                failure(one)?;
            }
        }
    }
    line(format!("{servers} servers, {failed} could not be asked"))
}

/// Step by step, then the whole of it.
pub(crate) fn explanation(told: &Explanation) -> Result<()> {
    told.steps.iter().try_for_each(step)?;
    line(&told.sentence)
}

fn server(server: &FoundServer) -> Result<()> {
    let said = &server.description;
    line(format!("{}  {}  {:?}", said.application_name, server.addresses.join(", "), said.application_type))?;
    line(format!("  {}", said.application_uri))?;
    server.findings.iter().try_for_each(|one| finding("  ", one))?;
    server.endpoints.iter().try_for_each(endpoint)?;
    line("")
}

fn endpoint(found: &FoundEndpoint) -> Result<()> {
    let said = &found.description;
    let policy = said.security_policy_uri.rsplit('#').next().unwrap_or_default();
    line(format!("  {:<48} {:<14} {:<22} {}", said.url, said.security_mode, policy, tokens(said)))?;
    if said.reported_url != said.url {
        line(format!("    it says {}", said.reported_url))?;
    }
    found.findings.iter().try_for_each(|one| finding("    ", one))
}

fn tokens(endpoint: &EndpointDescription) -> String {
    let mut kinds: Vec<&str> = endpoint.user_tokens.iter().map(|token| token.token_type.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() { "discovery alone".into() } else { kinds.join(", ") }
}

fn finding(indent: &str, finding: &Finding) -> Result<()> {
    let severity = match finding.severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "HIGH",
    };
    line(format!("{indent}{severity:<6} {}; {}", finding.message, finding.fix))
}

fn failure(failed: &FailedTarget) -> Result<()> {
    let address = failed.address.as_deref().map(|address| format!(" ({address})")).unwrap_or_default();
    line(format!("not asked: {}{address}: {}", failed.url, failed.message))
}

fn step(step: &Step) -> Result<()> {
    let verdict = match step.verdict {
        Verdict::Good => "ok",
        Verdict::Doubtful => "doubt",
        Verdict::Bad => "BAD",
    };
    let name = format!("{:?}", step.step).to_lowercase();
    let address = step.address.as_deref().unwrap_or_default();
    line(format!("{verdict:<5}  {name:<11}  {address:<21}  {:>5} ms  {}", step.took_ms, step.detail))?;
    step.fix.iter().try_for_each(|fix| line(format!("       {fix}")))
}

/// Fails if nobody reads any more.
fn line(text: impl AsRef<str>) -> Result<()> {
    let written = writeln!(stdout().lock(), "{}", text.as_ref());
    written.map_err(|cause| Error::new(ErrorKind::Io, "print", "nobody reads standard output").because(cause))
}
