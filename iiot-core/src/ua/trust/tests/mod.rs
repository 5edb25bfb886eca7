//! Verdicts on chains made here.

#![allow(clippy::unwrap_used)]

pub(crate) mod made;
mod odd;
mod openssl;
mod revocation;
mod table;

use std::sync::LazyLock;

use proptest::prelude::*;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};

use made::{Holder, Signer, Wish, at, authority, issue, leaf, rsa_key};

use crate::trust::TrustLists;
use crate::ua::StatusCode;
use crate::ua::trust::{Certificate, Check, Finding, ParsedLists, Purpose, Role, TrustPolicy, leaf_of_chain, verdict};

fn trusting(trusted: &[&Certificate], issuers: &[&Certificate]) -> TrustLists {
    let der = |certificates: &[&Certificate]| certificates.iter().map(|one| one.der().to_vec()).collect();
    TrustLists { trusted_certificates: der(trusted), issuer_certificates: der(issuers), ..Default::default() }
}

/// The suppressed findings, or the refusal.
type Outcome = Result<Vec<Finding>, Finding>;

fn judge(sent: &[&Certificate], lists: &TrustLists) -> Outcome {
    judge_for(sent, lists, &Purpose::default())
}

fn judge_for(sent: &[&Certificate], lists: &TrustLists, purpose: &Purpose<'_>) -> Outcome {
    judge_by(&TrustPolicy::default(), sent, lists, purpose)
}

fn judge_by(policy: &TrustPolicy, sent: &[&Certificate], lists: &TrustLists, purpose: &Purpose<'_>) -> Outcome {
    let sent: Vec<Certificate> = sent.iter().map(|one| (*one).clone()).collect();
    verdict(&sent, &ParsedLists::from(lists), at(30), purpose, policy).into_result()
}

/// Trusted, with nothing to complain about.
const TRUSTED: Outcome = Ok(Vec::new());

#[track_caller]
fn refused(outcome: Outcome, check: Check, status: StatusCode) {
    let finding = outcome.unwrap_err();
    assert_eq!((finding.check, finding.status), (check, status), "{finding}");
    let error = crate::Error::from(finding);
    assert_eq!((error.kind(), error.status()), (crate::ErrorKind::Untrusted, status));
}

#[test]
fn a_self_signed_certificate_is_trusted_if_it_is_listed() {
    for signer in [Signer::rsa(), Signer::p256(), Signer::p384()] {
        let own = Holder::root(&leaf("Boiler"), signer).certificate;
        assert_eq!(judge(&[&own], &trusting(&[&own], &[])), TRUSTED);
        refused(judge(&[&own], &trusting(&[], &[&own])), Check::TrustList, StatusCode::BadCertificateUntrusted);
    }
    refused(judge(&[], &TrustLists::default()), Check::Structure, StatusCode::BadCertificateInvalid);
}

#[test]
fn a_certificate_is_trusted_through_a_listed_authority_of_any_kind() {
    for signer in [Signer::rsa(), Signer::p256(), Signer::p384()] {
        let root = Holder::root(&authority("Root"), signer);
        let boiler = root.leaf(&leaf("Boiler"));
        assert_eq!(judge(&[&boiler], &trusting(&[&root.certificate], &[])), TRUSTED);
        assert_eq!(judge(&[&boiler, &root.certificate], &trusting(&[&root.certificate], &[])), TRUSTED);
        let known = judge(&[&boiler, &root.certificate], &trusting(&[], &[&root.certificate]));
        refused(known, Check::TrustList, StatusCode::BadCertificateUntrusted);
    }
}

#[test]
fn one_trusted_certificate_anywhere_in_a_complete_chain_is_enough() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let works = root.issue(&authority("Works"), Signer::p384());
    let boiler = works.leaf(&leaf("Boiler"));
    let (root, works) = (&root.certificate, &works.certificate);
    for trusted in [root, works, &boiler] {
        assert_eq!(judge(&[&boiler, works, root], &trusting(&[trusted], &[])), TRUSTED);
        assert_eq!(judge(&[&boiler], &trusting(&[trusted], &[root, works])), TRUSTED);
    }
    for trusted in [works, &boiler] {
        let rootless = judge(&[&boiler, works], &trusting(&[trusted], &[]));
        refused(rootless, Check::Chain, StatusCode::BadCertificateChainIncomplete);
    }
}

#[test]
fn an_authority_of_the_same_name_does_not_count() {
    for key_identifiers in [true, false] {
        let wish = Wish { key_identifiers, ..authority("Root") };
        let (real, false_one) = (Holder::root(&wish, Signer::p256()), Holder::root(&wish, Signer::p256()));
        let boiler = false_one.leaf(&Wish { key_identifiers, ..leaf("Boiler") });
        let verdict = judge(&[&boiler], &trusting(&[&real.certificate], &[]));
        match key_identifiers {
            true => refused(verdict, Check::Chain, StatusCode::BadCertificateChainIncomplete),
            false => refused(verdict, Check::Signature, StatusCode::BadCertificateInvalid),
        }
        let both = trusting(&[&real.certificate], &[&false_one.certificate]);
        refused(judge(&[&boiler], &both), Check::TrustList, StatusCode::BadCertificateUntrusted);
        let genuine = real.leaf(&Wish { key_identifiers, ..leaf("Boiler") });
        assert_eq!(judge(&[&genuine, &false_one.certificate], &both), TRUSTED, "the right one is found among both");
    }
}

#[test]
fn a_changed_certificate_is_refused() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let mut changed = root.leaf(&leaf("Boiler")).der().to_vec();
    let at = changed.windows(6).position(|window| window == b"Boiler").unwrap();
    changed[at] = b'b';
    let changed = Certificate::parse(&changed).unwrap();
    let verdict = judge(&[&changed], &trusting(&[&root.certificate], &[]));
    refused(verdict, Check::Signature, StatusCode::BadCertificateInvalid);
}

#[test]
fn chains_that_run_in_a_circle_end() {
    let (a, b) = (Signer::p256(), Signer::p256());
    let wish = |subject| Wish { key_identifiers: false, ..authority(subject) };
    let a_by_b = issue(&wish("A"), "B", &b, a.public_key());
    let b_by_a = issue(&wish("B"), "A", &a, b.public_key());
    let circle = judge(&[&a_by_b, &b_by_a, &a_by_b], &trusting(&[&a_by_b, &b_by_a], &[]));
    refused(circle, Check::Chain, StatusCode::BadCertificateChainIncomplete);
}

#[test]
fn short_keys_are_refused() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let short = rsa_key(1024, &[1, 0, 1]);
    let boiler = root.leaf(&Wish { key: Some(short), ..leaf("Boiler") });
    let verdict = judge(&[&boiler], &trusting(&[&root.certificate], &[]));
    refused(verdict, Check::SecurityPolicy, StatusCode::BadCertificatePolicyCheckFailed);
}

#[test]
fn times_are_checked_on_every_certificate_of_the_chain() {
    let good = Holder::root(&authority("Root"), Signer::p256());
    for days in [(0, 29), (31, 300)] {
        let boiler = good.leaf(&Wish { days, ..leaf("Boiler") });
        let verdict = judge(&[&boiler], &trusting(&[&good.certificate], &[]));
        refused(verdict, Check::ValidityPeriod, StatusCode::BadCertificateTimeInvalid);
        let old = Holder::root(&Wish { days, ..authority("Root") }, Signer::p256());
        let verdict = judge(&[&old.leaf(&leaf("Boiler"))], &trusting(&[&old.certificate], &[]));
        refused(verdict, Check::ValidityPeriod, StatusCode::BadCertificateIssuerTimeInvalid);
    }
}

#[test]
fn the_dialled_host_must_be_named() {
    let own = Holder::root(&leaf("Boiler"), Signer::p256()).certificate;
    let lists = trusting(&[&own], &[]);
    let dialled = |host| judge_for(&[&own], &lists, &Purpose { host: Some(host), ..Purpose::default() });
    for host in ["boiler.local", "BOILER.LOCAL.", "10.0.0.7", "[::1]", "::1", "0:0:0:0:0:0:0:1"] {
        assert_eq!(dialled(host), TRUSTED, "{host}");
    }
    for host in ["localhost", "local", "boiler", "10.0.0.70", "::2", ""] {
        refused(dialled(host), Check::HostName, StatusCode::BadCertificateHostNameInvalid);
    }
}

#[test]
fn the_application_uri_must_be_the_certified_one() {
    let own = Holder::root(&leaf("Boiler"), Signer::p256()).certificate;
    let lists = trusting(&[&own], &[]);
    let claimed = |uri| judge_for(&[&own], &lists, &Purpose { application_uri: Some(uri), ..Purpose::default() });
    assert_eq!(claimed("urn:works:boiler"), TRUSTED);
    refused(claimed("urn:works:Boiler"), Check::Uri, StatusCode::BadCertificateUriInvalid);
}

#[test]
fn only_authorities_issue_and_only_as_deep_as_they_may() {
    let no_authority = Holder::root(&leaf("Root"), Signer::p256());
    let verdict = judge(&[&no_authority.leaf(&leaf("Boiler"))], &trusting(&[&no_authority.certificate], &[]));
    refused(verdict, Check::Usage, StatusCode::BadCertificateIssuerUseNotAllowed);
    let shallow = BasicConstraints { ca: true, path_len_constraint: Some(0) };
    let root = Holder::root(&Wish { authority: Some(shallow), ..authority("Root") }, Signer::p256());
    assert_eq!(judge(&[&root.leaf(&leaf("Boiler"))], &trusting(&[&root.certificate], &[])), TRUSTED);
    let works = root.issue(&authority("Works"), Signer::p256());
    let verdict = judge(&[&works.leaf(&leaf("Boiler"))], &trusting(&[&root.certificate], &[&works.certificate]));
    refused(verdict, Check::Usage, StatusCode::BadCertificateIssuerUseNotAllowed);
}

#[test]
fn key_usage_must_allow_what_is_done() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let boiler = root.leaf(&Wish { usage: Some((true, KeyUsages::CRLSign.into())), ..leaf("Boiler") });
    let verdict = judge(&[&boiler], &trusting(&[&root.certificate], &[]));
    refused(verdict, Check::Usage, StatusCode::BadCertificateUseNotAllowed);
}

#[test]
fn broken_entries_of_the_lists_do_not_disable_the_rest() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let mut lists = trusting(&[&root.certificate], &[]);
    lists.trusted_certificates.insert(0, b"broken".to_vec());
    lists.issuer_certificates.push(Vec::new());
    assert_eq!(judge(&[&root.leaf(&leaf("Boiler"))], &lists), TRUSTED);
}

#[test]
fn a_chain_is_split_and_bounded() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let boiler = root.leaf(&leaf("Boiler"));
    let chain = [boiler.der(), &root.der()].concat();
    let (first, issuers) = leaf_of_chain(&chain).unwrap();
    assert_eq!((first, issuers), (boiler, vec![root.certificate.clone()]));
    for broken in
        [&b""[..], b"broken", &chain[..chain.len() - 1], &[&chain[..], b"\0"].concat(), &root.der().repeat(11)]
    {
        assert_eq!(leaf_of_chain(broken).unwrap_err().status(), StatusCode::BadCertificateInvalid);
    }
    assert!(leaf_of_chain(&root.der().repeat(10)).is_ok());
}

proptest! {
    #[test]
    fn no_damage_makes_the_parser_or_the_verdict_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        static ROOT: LazyLock<Holder> = LazyLock::new(|| Holder::root(&leaf("Boiler"), Signer::p256()));
        let mut der = ROOT.der();
        for (at, byte) in damage {
            let at = at.index(der.len());
            der[at] = byte;
        }
        if let Ok(certificate) = Certificate::parse(&der) {
            let purpose = Purpose { host: Some("boiler.local"), application_uri: Some("urn:works:boiler"), role: Some(Role::Server) };
            let verdict = judge_for(&[&certificate], &trusting(&[&ROOT.certificate], &[]), &purpose);
            prop_assert_eq!(verdict.is_ok(), der == ROOT.der());
        }
    }
}
