//! An application, before and after a search.

use std::collections::BTreeSet;

use iiot_core::model::{Application, ApplicationDescription, Finding, FindingCode, Seen, Severity};

use super::endpoints;
use super::server::{MAX_ADDRESSES, Server};
use super::{Draft, Search, Verdict};

/// A server was found, which is this application.
pub(super) fn found(id: &str, draft: &mut Draft, server: &Server, search: &Search<'_>) {
    let verdict = if search.is_older_than(draft.application.seen) {
        Verdict::Unchanged
    } else if draft.before.is_none() {
        take_over(id, draft, server, search);
        Verdict::New
    } else if search.speaks_for(&draft.application) {
        let was_gone = draft.application.seen.is_some_and(|seen| seen.gone_since.is_some());
        let changed = take_over(id, draft, server, search);
        if was_gone { Verdict::Back } else { Verdict::of(changed) }
    } else {
        note(draft, server, search)
    };
    draft.verdict = Some(verdict);
}

/// Another edge looks after it: only where it was found is noted.
fn note(draft: &mut Draft, server: &Server, search: &Search<'_>) -> Verdict {
    let known: BTreeSet<String> = draft.application.addresses.iter().cloned().collect();
    let new: Vec<String> = server.addresses.iter().filter(|address| !known.contains(*address)).cloned().collect();
    let room = MAX_ADDRESSES.saturating_sub(known.len());
    let noted = new.len().min(room) > 0;
    draft.application.addresses.extend(new.into_iter().take(room));
    draft.application.addresses.sort();
    draft.application.seen = draft.application.seen.map(|seen| seen.again(search.at));
    Verdict::of(if noted { BTreeSet::from(["addresses"]) } else { BTreeSet::new() })
}

/// All that the server says is taken over; what has changed by that.
fn take_over(id: &str, draft: &mut Draft, server: &Server, search: &Search<'_>) -> BTreeSet<&'static str> {
    let before = draft.application.clone();
    let application = &mut draft.application;
    application.description = described(&before, &server.description);
    application.addresses = addresses(&before, server, search);
    application.thumbprints = server.thumbprints.iter().cloned().collect();
    application.edge = search.edge.map(str::to_owned);
    if !before.edited.iter().any(|member| member == "site") {
        application.site = search.site.map(str::to_owned);
    }
    application.seen = Some(before.seen.map_or_else(|| Seen::at(search.at), |seen| seen.again(search.at)));
    application.findings = server.findings.clone();
    application.runs = runs(&before.runs, search.id);
    let mut changed = differences(&before, application);
    changed.extend(endpoints::merge(id, draft, server, search));
    changed
}

/// What the server says, but for what somebody has set.
fn described(before: &Application, said: &ApplicationDescription) -> ApplicationDescription {
    let mut description = said.clone();
    for member in &before.edited {
        let kept = &before.description;
        match member.as_str() {
            "applicationName" => description.application_name = kept.application_name.clone(),
            "productUri" => description.product_uri = kept.product_uri.clone(),
            "capabilities" => description.capabilities = kept.capabilities.clone(),
            "discoveryUrls" => description.discovery_urls = kept.discovery_urls.clone(),
            _ => {}
        }
    }
    // By this it is known; another case makes it no other one.
    if before.seen.is_some() && before.description.application_uri.eq_ignore_ascii_case(&said.application_uri) {
        description.application_uri = before.description.application_uri.clone();
    }
    description
}

/// Where it was found, and where it was before as far as the search does not reach.
fn addresses(before: &Application, server: &Server, search: &Search<'_>) -> Vec<String> {
    let kept =
        before.addresses.iter().filter(|address| !search.covers(address) && !server.addresses.contains(*address));
    let mut addresses: Vec<String> = server.addresses.iter().chain(kept).take(MAX_ADDRESSES).cloned().collect();
    addresses.sort();
    addresses
}

/// The first search that found it and the last one.
fn runs(before: &[String], this: &str) -> Vec<String> {
    let first = before.first().filter(|first| *first != this);
    first.cloned().into_iter().chain([this.to_owned()]).collect()
}

fn differences(before: &Application, after: &Application) -> BTreeSet<&'static str> {
    let (old, new) = (&before.description, &after.description);
    [
        ("applicationName", old.application_name != new.application_name || old.locale != new.locale),
        ("productUri", old.product_uri != new.product_uri),
        ("applicationType", old.application_type != new.application_type),
        ("gatewayServerUri", old.gateway_server_uri != new.gateway_server_uri),
        ("discoveryProfileUri", old.discovery_profile_uri != new.discovery_profile_uri),
        ("discoveryUrls", old.discovery_urls != new.discovery_urls),
        ("capabilities", old.capabilities != new.capabilities),
        ("addresses", before.addresses != after.addresses),
        ("certificate", before.thumbprints != after.thumbprints),
        ("site", before.site != after.site),
        ("edge", before.edge != after.edge),
        ("found", before.seen.is_none()),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// The search did not find this application.
pub(super) fn not_found(draft: &mut Draft, search: &Search<'_>) {
    let application = &draft.application;
    let is_here = application.seen.is_some_and(|seen| seen.gone_since.is_none());
    let is_ours = application.edge.is_none() || application.edge.as_deref() == search.edge;
    if !is_here || !is_ours || search.is_older_than(application.seen) {
        return;
    }
    let silent: BTreeSet<String> =
        application.addresses.iter().filter(|address| search.covers(address)).cloned().collect();
    if silent.is_empty() {
        return;
    }
    if silent.len() == application.addresses.len() {
        return go(draft, search);
    }
    // Where it may still be, this edge does not look now: who finds it there looks after it.
    draft.application.edge = None;
    lose(draft, &silent, search);
}

/// An application is no longer at some addresses; gone, if there are no others.
pub(super) fn lose(draft: &mut Draft, addresses: &BTreeSet<String>, search: &Search<'_>) {
    let is_here = draft.application.seen.is_some_and(|seen| seen.gone_since.is_none());
    draft.application.addresses.retain(|address| !addresses.contains(address));
    endpoints::leave(draft, addresses, search);
    if is_here && draft.application.addresses.is_empty() {
        go(draft, search);
    } else if is_here {
        draft.verdict = Some(draft.verdict.take().unwrap_or(Verdict::Unchanged).and("addresses"));
    }
}

fn go(draft: &mut Draft, search: &Search<'_>) {
    draft.application.seen = draft.application.seen.map(|seen| seen.missed(search.at));
    endpoints::go(draft, search);
    draft.verdict = Some(Verdict::Gone);
}

/// Whether something else is wrong with it than before; the words may change.
pub(super) fn compare_findings(draft: &mut Draft) {
    let Some((_, before)) = &draft.before else { return };
    let kinds = |findings: &[Finding]| -> BTreeSet<(FindingCode, Severity)> {
        findings.iter().map(|finding| (finding.code, finding.severity)).collect()
    };
    if kinds(&before.findings) != kinds(&draft.application.findings) {
        draft.verdict = draft.verdict.take().map(|verdict| verdict.and("findings"));
    }
}
