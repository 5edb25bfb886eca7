//! Applications that cannot be told apart by what they show.

use std::collections::BTreeMap;

use iiot_core::model::{Application, Finding, FindingCode, Severity};

use super::{Drafts, Index, uri_of};

/// Says of each application who else has its ApplicationUri or its certificate; takes back what is no longer so. Those that
/// are gone, or were never found, do not count.
pub(in crate::registrar) fn flag(drafts: &mut Drafts) {
    let (mut uris, mut certificates) = (Index::<String>::new(), Index::<String>::new());
    for (id, draft) in drafts.iter().filter(|(_, draft)| is_here(&draft.application)) {
        uris.entry(uri_of(&draft.application)).or_default().push(id.clone());
        for thumbprint in &draft.application.thumbprints {
            certificates.entry(thumbprint.to_lowercase()).or_default().push(id.clone());
        }
    }
    let names: BTreeMap<String, String> =
        drafts.iter().map(|(id, draft)| (id.clone(), name(&draft.application))).collect();
    for (id, draft) in drafts.iter_mut() {
        let application = &mut draft.application;
        application.findings.retain(|finding| !is_shared(finding));
        if !is_here(application) {
            continue;
        }
        let of_uri = others(id, uris.get(&uri_of(application)).into_iter());
        let thumbprints = application.thumbprints.iter();
        let of_certificate = others(id, thumbprints.filter_map(|one| certificates.get(&one.to_lowercase())));
        application.findings.extend(of_uri.map(|others| shared_uri(&others, &names)));
        application.findings.extend(of_certificate.map(|others| shared_certificate(&others, &names)));
    }
}

/// Whether a finding is one of those that are made here.
pub(in crate::registrar) fn is_shared(finding: &Finding) -> bool {
    matches!(finding.code, FindingCode::SharedApplicationUri | FindingCode::SharedCertificate)
}

fn is_here(application: &Application) -> bool {
    application.seen.is_some_and(|seen| seen.gone_since.is_none())
}

/// Some of the others, and how many there are.
struct Others {
    first: Vec<String>,
    count: usize,
}

fn others<'a>(id: &str, groups: impl Iterator<Item = &'a Vec<String>>) -> Option<Others> {
    let (mut first, mut count) = (Vec::new(), 0);
    for group in groups {
        count += group.len() - 1;
        first.extend(group.iter().filter(|other| *other != id).take(MAX_NAMED).cloned());
    }
    first.sort();
    first.dedup();
    first.truncate(MAX_NAMED);
    (count > 0).then_some(Others { first, count })
}

fn shared_uri(others: &Others, names: &BTreeMap<String, String>) -> Finding {
    Finding {
        severity: Severity::Medium,
        code: FindingCode::SharedApplicationUri,
        message: format!("the ApplicationUri is also that of {}", list(others, names)),
        fix: "Give each server an ApplicationUri of its own, and a certificate that names it.".to_owned(),
    }
}

fn shared_certificate(others: &Others, names: &BTreeMap<String, String>) -> Finding {
    Finding {
        severity: Severity::High,
        code: FindingCode::SharedCertificate,
        message: format!("the certificate is also shown by {}", list(others, names)),
        fix: "Give each server a key and a certificate of its own.".to_owned(),
    }
}

fn list(others: &Others, names: &BTreeMap<String, String>) -> String {
    let named: Vec<&str> = others.first.iter().filter_map(|id| names.get(id)).map(String::as_str).collect();
    let list = named.join(", ");
    match others.count.saturating_sub(named.len()) {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

fn name(application: &Application) -> String {
    let name: String = application.description.application_name.chars().take(MAX_NAME).collect();
    match application.addresses.first() {
        Some(address) => format!("{name} at {address}"),
        None => name,
    }
}

const MAX_NAMED: usize = 5;
const MAX_NAME: usize = 100;
