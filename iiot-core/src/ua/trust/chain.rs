//! Builds the chains from a certificate up to a self-signed authority.

use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier};

use crate::time::UtcTime;
use crate::ua::trust::signature::{Signature, check};
use crate::ua::trust::{Certificate, ParsedLists};

/// A certificate, and whether the next one of the chain signed it (the last: it itself).
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) signature: Signature,
}

/// A chain, leaf first.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) links: Vec<Link<'a>>,
    pub(super) end: End,
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// At a certificate that is its own issuer.
    Root,
    /// Nobody knows the issuer.
    IssuerMissing,
    /// The issuers are those that stand in the chain already.
    Circle,
    /// It is so long that it cannot be a real one.
    TooLong,
}

/// No real chain is longer.
const MAX_LENGTH: usize = 10;
/// An authority has a few certificates of one name and key at most, from roll-overs.
const MAX_PATHS: usize = 16;
/// Strangers choose what is verified, so its cost is bounded.
const MAX_SIGNATURES: usize = 64;

/// The chains of `sent[0]`, of issuers that were sent or are listed; the most promising one first,
/// at least one. Where several authorities of a name come into question (after a change of key, or
/// renewed), key identifiers and signatures tell them apart.
pub(super) fn paths<'a>(sent: &'a [Certificate], lists: &'a ParsedLists, now: UtcTime) -> Vec<Path<'a>> {
    let Some((leaf, others)) = sent.split_first() else { return Vec::new() };
    let mut builder = Builder { others, lists, now, signatures: 0, paths: Vec::new() };
    builder.extend(&[], leaf);
    builder.paths
}

struct Builder<'a> {
    others: &'a [Certificate],
    lists: &'a ParsedLists,
    now: UtcTime,
    signatures: usize,
    paths: Vec<Path<'a>>,
}

impl<'a> Builder<'a> {
    fn extend(&mut self, below: &[Link<'a>], last: &'a Certificate) {
        let own = last.is_self_issued() && may_have_issued(last, last);
        let itself = Link { certificate: last, signature: if own { self.check(last, last) } else { Signature::Wrong } };
        if itself.signature == Signature::Holds {
            return self.finish(below, itself, End::Root);
        }
        if below.len() + 1 == MAX_LENGTH {
            return self.finish(below, itself, End::TooLong);
        }
        let named = self.named_issuers(last);
        let fresh: Vec<&Certificate> = named.iter().copied().filter(|issuer| !contains(below, last, issuer)).collect();
        match (fresh.is_empty(), own, named.is_empty()) {
            (false, ..) => self.go_on(below, last, fresh),
            (true, true, _) => self.finish(below, itself, End::Root),
            (true, false, true) => self.finish(below, itself, End::IssuerMissing),
            (true, false, false) => self.finish(below, itself, End::Circle),
        }
    }

    /// Follows every issuer that signed; where none did, one of them, so that the fault is found.
    fn go_on(&mut self, below: &[Link<'a>], last: &'a Certificate, issuers: Vec<&'a Certificate>) {
        let checked: Vec<(&Certificate, Signature)> =
            issuers.into_iter().map(|issuer| (issuer, self.check(last, issuer))).collect();
        let signed = checked.iter().any(|(_, signature)| *signature == Signature::Holds);
        let mut next: Vec<_> =
            checked.into_iter().filter(|(_, signature)| !signed || *signature == Signature::Holds).collect();
        next.sort_by_cached_key(|(issuer, _)| (!self.lists.trusts(issuer), !issuer.is_valid_at(self.now)));
        if !signed {
            next.truncate(1);
        }
        for (issuer, signature) in next {
            if self.paths.len() < MAX_PATHS {
                let path = [below, &[Link { certificate: last, signature }]].concat();
                self.extend(&path, issuer);
            }
        }
    }

    fn finish(&mut self, below: &[Link<'a>], last: Link<'a>, end: End) {
        self.paths.push(Path { links: [below, &[last]].concat(), end });
    }

    fn named_issuers(&self, certificate: &Certificate) -> Vec<&'a Certificate> {
        let all = self.others.iter().chain(&self.lists.trusted).chain(&self.lists.issuers);
        let mut named: Vec<&Certificate> = Vec::new();
        for issuer in all.filter(|candidate| may_have_issued(candidate, certificate)) {
            if !named.contains(&issuer) {
                named.push(issuer);
            }
        }
        named
    }

    fn check(&mut self, certificate: &Certificate, issuer: &Certificate) -> Signature {
        self.signatures += 1;
        if self.signatures > MAX_SIGNATURES { Signature::Unverifiable } else { check(certificate, issuer) }
    }
}

fn contains(below: &[Link<'_>], last: &Certificate, issuer: &Certificate) -> bool {
    issuer == last || below.iter().any(|link| link.certificate == issuer)
}

/// By names and key identifiers; the signature decides.
pub(super) fn may_have_issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    let named = issuer.x509().tbs_certificate().subject() == certificate.x509().tbs_certificate().issuer();
    named && certificate.extension().is_none_or(|authority| names_key_of(&authority, issuer))
}

/// Authorities that changed their key keep their name: identifiers tell the keys apart, where given.
pub(super) fn names_key_of(wanted: &AuthorityKeyIdentifier, issuer: &Certificate) -> bool {
    let own: Option<SubjectKeyIdentifier> = issuer.extension();
    let same_key = same(wanted.key_identifier.as_ref(), own.as_ref().map(|own| &own.0));
    let serial = wanted.authority_cert_serial_number.as_ref().map(|serial| serial.as_bytes());
    same_key && same(serial, Some(issuer.serial_bytes())) && names_issuer_of(wanted, issuer)
}

/// The issuer of the issuer, where given, must be the one that the issuer names.
fn names_issuer_of(wanted: &AuthorityKeyIdentifier, issuer: &Certificate) -> bool {
    let names = wanted.authority_cert_issuer.as_deref().unwrap_or_default();
    let directory = names.iter().find_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(name),
        _ => None,
    });
    same(directory, Some(issuer.x509().tbs_certificate().issuer()))
}

fn same<T: PartialEq>(wanted: Option<T>, own: Option<T>) -> bool {
    match (wanted, own) {
        (Some(wanted), Some(own)) => wanted == own,
        _ => true,
    }
}
