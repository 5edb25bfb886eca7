//! What is different between two trust lists, for people.

use std::collections::BTreeSet;

use iiot_core::trust::TrustLists;
use iiot_core::ua::trust::{Certificate, RevocationList};

/// What changes with new trust lists, as sentences, in the order of the lists; none if both hold the same.
#[must_use]
pub fn diff(before: &TrustLists, after: &TrustLists) -> Vec<String> {
    let certificates = |before: &[Vec<u8>], after: &[Vec<u8>], trusted| {
        let (gone, new) = changes(before, after);
        let gone = gone.into_iter().map(move |der| certificate(der, trusted, false));
        gone.chain(new.into_iter().map(move |der| certificate(der, trusted, true))).collect::<Vec<_>>()
    };
    let mut sentences = certificates(&before.trusted_certificates, &after.trusted_certificates, true);
    sentences.extend(revocation_lists(&before.trusted_crls, &after.trusted_crls, "trusted authority"));
    sentences.extend(certificates(&before.issuer_certificates, &after.issuer_certificates, false));
    sentences.extend(revocation_lists(&before.issuer_crls, &after.issuer_crls, "issuer"));
    sentences
}

/// The entries that are in the first list only, and those that are in the second one only.
fn changes<'a>(before: &'a [Vec<u8>], after: &'a [Vec<u8>]) -> (Vec<&'a [u8]>, Vec<&'a [u8]>) {
    let (one, other): (BTreeSet<&[u8]>, BTreeSet<&[u8]>) =
        (before.iter().map(Vec::as_slice).collect(), after.iter().map(Vec::as_slice).collect());
    (one.difference(&other).copied().collect(), other.difference(&one).copied().collect())
}

fn certificate(der: &[u8], trusted: bool, new: bool) -> String {
    let name = match Certificate::parse(der) {
        Ok(parsed) => format!("{} (thumbprint {})", printable(&parsed.subject()), parsed.thumbprint()),
        Err(_) => format!("something that is no certificate ({} bytes)", der.len()),
    };
    match (trusted, new) {
        (true, true) => format!("{name} is trusted from now on"),
        (true, false) => format!("{name} is no longer trusted"),
        (false, true) => format!("{name} is known as an issuer from now on"),
        (false, false) => format!("{name} is no longer known as an issuer"),
    }
}

fn revocation_lists(before: &[Vec<u8>], after: &[Vec<u8>], of: &str) -> Vec<String> {
    let (gone, new) = changes(before, after);
    let mut gone: Vec<Named> = gone.into_iter().map(Named::of).collect();
    let mut sentences = Vec::new();
    for new in new.into_iter().map(Named::of) {
        let replaced = gone.iter().position(|old| old.issuer == new.issuer).map(|place| gone.remove(place));
        let (name, told) = (&new.issuer, &new.told);
        sentences.push(match replaced {
            Some(old) => {
                format!("the revocation list of the {of} {name} is now the one {told}; before, the one {}", old.told)
            }
            None => format!("there is a revocation list of the {of} {name} now, the one {told}"),
        });
    }
    sentences.extend(gone.iter().map(|old| format!("there is no revocation list of the {of} {} any more", old.issuer)));
    sentences
}

/// A revocation list by the name of its issuer.
struct Named {
    issuer: String,
    told: String,
}

impl Named {
    fn of(der: &[u8]) -> Self {
        let Ok(list) = RevocationList::parse(der) else {
            return Self { issuer: "nobody".into(), told: format!("no revocation list ({} bytes)", der.len()) };
        };
        let until = list.next_update().map_or_else(|| "for ever".into(), |until| format!("until {until}"));
        let told = format!("of {}, valid {until}, with {} entries", list.this_update(), list.revoked());
        Self { issuer: printable(&list.issuer()), told }
    }
}

/// Names come from elsewhere.
fn printable(name: &str) -> String {
    name.chars().map(|one| if one.is_control() { '?' } else { one }).take(MAX_NAME).collect()
}

const MAX_NAME: usize = 256;
