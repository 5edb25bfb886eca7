//! What exactly is to be done about a finding, and where.

use iiot_core::ua::StatusCode;
use iiot_core::ua::trust::{Certificate, Check, Finding, ParsedLists};

use super::certificate::Trial;
use super::words::{at, name};
use crate::doctor::{Fix, Judge, Side};

/// Names that a message lists.
const MAX_LISTED: usize = 3;

/// What is to be done about a finding of this trial.
pub(super) fn fix(trial: &Trial<'_>, lists: &ParsedLists, judge: &Judge, finding: &Finding) -> Fix {
    match finding.check {
        Check::Chain => unreadable(trial, lists, judge).unwrap_or_else(|| chain(trial, lists, finding)),
        Check::Signature => signature(trial),
        Check::TrustList => unreadable(trial, lists, judge).unwrap_or_else(|| trust(trial, lists)),
        Check::ValidityPeriod => validity(trial, finding),
        Check::Uri => uri(trial, finding),
        Check::RevocationList => unreadable(trial, lists, judge)
            .unwrap_or_else(|| at(trial.judge, format!("{}, and a new one before it ends", finding.remedy))),
        Check::Revocation if finding.status == StatusCode::BadCertificateIssuerRevoked => {
            at(trial.owner, "have a new certificate issued by an authority that was not revoked")
        }
        Check::Revocation => {
            at(trial.owner, "have a new certificate issued for a new key; this one never counts again")
        }
        _ => at(trial.owner, &finding.remedy),
    }
}

/// Lists with garbage in them may lack just what is needed.
fn unreadable(trial: &Trial<'_>, lists: &ParsedLists, judge: &Judge) -> Option<Fix> {
    let count = lists.unreadable() + judge.unreadable.len();
    if count == 0 {
        return None;
    }
    let names = judge.unreadable.iter().take(MAX_LISTED).cloned().collect::<Vec<_>>().join(", ");
    let names = if names.is_empty() { names } else { format!(" ({names})") };
    let what = "certificates and revocation lists in DER or PEM form; the one that is missing may be among them";
    Some(at(trial.judge, format!("{count} entries of its trust list cannot be read{names}: replace them by {what}")))
}

fn chain(trial: &Trial<'_>, lists: &ParsedLists, finding: &Finding) -> Fix {
    let Some(top) = top(trial.chain, lists) else { return at(trial.judge, &finding.remedy) };
    if top.is_self_issued() {
        return at(trial.owner, &finding.remedy);
    }
    let (judge, subject, issuer) = (name(trial.judge), top.subject(), top.issuer());
    let known = lists.trusted().iter().chain(lists.issuers());
    let namesakes = known.filter(|one| one.subject() == issuer).count();
    let add = format!(
        "the certificate of {issuer} that signed {subject} to the issuers' or trusted certificates of {judge}, with its revocation list"
    );
    let other = authorities(lists).first().map(|known| format!("; or have it issued by {known}, whom {judge} trusts"));
    match namesakes {
        0 => at(trial.judge, format!("add {add}{}", other.unwrap_or_default())),
        _ => at(trial.judge, format!("its {issuer} is another one of the same name, with another key: add {add}")),
    }
}

/// The authorities that are trusted by themselves.
fn authorities(lists: &ParsedLists) -> Vec<String> {
    let authorities = lists.trusted().iter().filter(|one| one.is_authority());
    authorities.map(Certificate::subject).take(MAX_LISTED).collect()
}

/// No real chain is longer.
const MAX_LENGTH: usize = 10;

/// How far the chain goes by names.
fn top<'a>(chain: &'a [Certificate], lists: &'a ParsedLists) -> Option<&'a Certificate> {
    let mut top = chain.first()?;
    for _ in 0..MAX_LENGTH {
        let all = chain.iter().chain(lists.trusted()).chain(lists.issuers());
        let named = all.into_iter().filter(|one| one.subject() == top.issuer() && *one != top);
        // Of namesakes the one whose key was named, else none: that is where the chain ends.
        match named.into_iter().find(|one| one.may_have_issued(top)) {
            Some(issuer) if !top.is_self_issued() => top = issuer,
            _ => break,
        }
    }
    Some(top)
}

fn signature(trial: &Trial<'_>) -> Fix {
    let judge = name(trial.judge);
    let fix = "it is damaged or forged: do not trust it, and have it reissued";
    at(trial.owner, format!("{fix}; if the authority has changed its key, give {judge} its present certificate"))
}

fn trust(trial: &Trial<'_>, lists: &ParsedLists) -> Fix {
    let Some(leaf) = trial.chain.first() else { return at(trial.owner, "give it a certificate") };
    let this = format!("{} (thumbprint {})", leaf.subject(), leaf.thumbprint());
    let same = |one: &&Certificate| {
        one.subject() == leaf.subject()
            || (one.application_uri().is_some() && one.application_uri() == leaf.application_uri())
    };
    if let Some(old) = lists.trusted().iter().find(same) {
        let old = old.thumbprint();
        return at(
            trial.judge,
            format!("it trusts another certificate of this application (thumbprint {old}): trust {this} in its place"),
        );
    }
    if let Some(issuer) = lists.issuers().iter().find(|one| one.subject() == leaf.issuer() || *one == leaf) {
        let issuer = issuer.subject();
        return at(
            trial.judge,
            format!("{issuer} only completes chains there: put it among the trusted certificates, or {this} alone"),
        );
    }
    let trusts_authorities_alone = lists.trusted().iter().all(Certificate::is_authority);
    if leaf.is_self_issued() && trusts_authorities_alone && !lists.trusted().is_empty() {
        let authorities = authorities(lists).join(" or ");
        let judge = name(trial.judge);
        return at(
            trial.owner,
            format!("have it issued by {authorities}, whom {judge} trusts; or trust {this} by itself there"),
        );
    }
    at(
        trial.judge,
        format!("if it is the right one, move {this} from the rejected to the trusted certificates (trusted/certs)"),
    )
}

fn validity(trial: &Trial<'_>, finding: &Finding) -> Fix {
    let (owner, judge) = (name(trial.owner), name(trial.judge));
    if finding.status == StatusCode::BadCertificateIssuerTimeInvalid {
        let action = "have the certificate of this authority renewed";
        return at(trial.owner, format!("{action}, and put the new one into the lists of {judge}"));
    }
    if trial.chain.first().is_some_and(|leaf| trial.now < leaf.not_before()) {
        let action = "wait until it is valid, or see that the clock of the authority was right when it was issued";
        return at(trial.owner, action);
    }
    at(
        trial.owner,
        format!("have the certificate of {owner} renewed; where {judge} trusts it by itself, trust the new one there"),
    )
}

fn uri(trial: &Trial<'_>, finding: &Finding) -> Fix {
    let certified = trial.chain.first().map(Certificate::uris).unwrap_or_default();
    match (&certified[..], trial.described_as, trial.owner) {
        ([one], Some(described), Side::Server) if one == described => {
            at(Side::Server, format!("its endpoints name another ApplicationUri than its own: correct them to {one}"))
        }
        ([one], ..) => at(
            trial.owner,
            format!("have its certificate reissued with its ApplicationUri, or let it call itself {one}"),
        ),
        _ => at(trial.owner, &finding.remedy),
    }
}
