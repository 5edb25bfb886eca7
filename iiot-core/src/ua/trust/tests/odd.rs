//! Certificates and chains that nobody makes by mistake, and bounds on what they cost.

use std::time::Instant;

use const_oid::db::rfc5280::{
    ANY_EXTENDED_KEY_USAGE, ID_CE_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_CODE_SIGNING, ID_KP_SERVER_AUTH,
};
use der::Document;
use der::asn1::OctetString;
use proptest::prelude::*;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};

use super::made::{Holder, Signer, URI, Wish, at, authority, issue, leaf, rsa_key, unknown_extension};
use super::{Outcome, TRUSTED, judge, judge_by, judge_for, refused, trusting};
use crate::ua::StatusCode;
use crate::ua::trust::{
    Certificate, Check, ParsedLists, Purpose, RevocationList, Role, Suppressions, TrustPolicy, UsageRule, verdict,
};

fn root() -> Holder {
    Holder::root(&authority("Root"), Signer::p256())
}

/// The verdict on a boiler that a trusted root issued.
fn judge_leaf(policy: &TrustPolicy, wish: &Wish, purpose: &Purpose<'_>) -> Outcome {
    let root = root();
    judge_by(policy, &[&root.leaf(wish)], &trusting(&[&root.certificate], &[]), purpose)
}

#[test]
fn certificates_of_ten_megabytes_are_refused_unread() {
    let mut der = vec![0; 10 << 20];
    der[..6].copy_from_slice(&[0x30, 0x84, 0x00, 0x9f, 0xff, 0xfa]);
    let error = Certificate::parse(&der).unwrap_err();
    assert_eq!(error.status(), StatusCode::BadCertificateInvalid);
    assert!(error.to_string().contains("65536"), "{error}");
}

#[test]
fn keys_of_every_length_are_judged_by_it() {
    for (bits, trusted) in [(512, false), (1024, false), (2048, true), (4096, true), (8192, true), (16_384, false)] {
        let wish = Wish { key: Some(rsa_key(bits, &[1, 0, 1])), ..leaf("Boiler") };
        let verdict = judge_leaf(&TrustPolicy::default(), &wish, &Purpose::default());
        if trusted {
            assert_eq!(verdict, TRUSTED, "{bits}");
        } else {
            refused(verdict, Check::SecurityPolicy, StatusCode::BadCertificatePolicyCheckFailed);
        }
    }
    let longer = TrustPolicy { min_rsa_bits: 3072, ..TrustPolicy::default() };
    let verdict = judge_leaf(&longer, &leaf("Boiler"), &Purpose::default());
    refused(verdict, Check::SecurityPolicy, StatusCode::BadCertificatePolicyCheckFailed);
}

#[test]
fn no_policy_takes_a_key_that_cannot_be_used() {
    let suppress = Suppressions { security_policy: true, ..Suppressions::default() };
    let lax = TrustPolicy { suppress, danger_accept_untrusted: true, ..TrustPolicy::default() };
    for key in [rsa_key(16_384, &[1, 0, 1]), rsa_key(2048, &[1]), rsa_key(2048, &[4]), rsa_key(2048, &[1; 8])] {
        let verdict = judge_leaf(&lax, &Wish { key: Some(key), ..leaf("Boiler") }, &Purpose::default());
        refused(verdict, Check::SecurityPolicy, StatusCode::BadCertificatePolicyCheckFailed);
    }
    let short = Wish { key: Some(rsa_key(1024, &[1, 0, 1])), ..leaf("Boiler") };
    assert_eq!(judge_leaf(&lax, &short, &Purpose::default()).unwrap().len(), 1);
}

/// Verifying with a key of 16384 bits takes the time of sixty-four with 2048.
#[test]
fn a_huge_key_is_not_even_tried() {
    for (bits, exponent) in [(16_384, &[1, 0, 1][..]), (512, &[1, 0, 1]), (4096, &[0x7f; 512])] {
        let huge = Wish { key: Some(rsa_key(bits, exponent)), key_identifiers: false, ..authority("Huge") };
        let huge = Holder::root(&huge, Signer::rsa());
        let boiler = huge.leaf(&Wish { key_identifiers: false, ..leaf("Boiler") });
        let start = Instant::now();
        let verdict = judge(&[&boiler], &trusting(&[&huge.certificate], &[]));
        assert!(verdict.as_ref().is_err_and(|finding| finding.problem.contains("cannot be verified")), "{verdict:?}");
        refused(verdict, Check::SecurityPolicy, StatusCode::BadCertificatePolicyCheckFailed);
        assert!(start.elapsed().as_millis() < 200, "{:?}", start.elapsed());
    }
}

#[test]
fn sha1_is_taken_only_where_it_is_allowed() {
    let pem = include_str!("sha1.pem");
    let own = Certificate::parse(Document::from_pem(pem).unwrap().1.as_bytes()).unwrap();
    let lists = ParsedLists::from(&trusting(&[&own], &[]));
    let judge = |policy: TrustPolicy| {
        verdict(std::slice::from_ref(&own), &lists, at(1_500), &Purpose::default(), &policy).into_result()
    };
    let default = TrustPolicy::default();
    refused(judge(default), Check::SecurityPolicy, StatusCode::BadCertificatePolicyCheckFailed);
    assert_eq!(judge(TrustPolicy { allow_sha1: true, ..default }), TRUSTED);
    let suppress = Suppressions { security_policy: true, ..Suppressions::default() };
    assert_eq!(judge(TrustPolicy { suppress, ..default }).unwrap().len(), 1);
}

#[test]
fn malformed_extensions_do_not_count_as_missing() {
    let broken = Extension { extn_id: ID_CE_KEY_USAGE, critical: true, extn_value: OctetString::new([5, 0]).unwrap() };
    let twice = vec![unknown_extension(false), unknown_extension(false)];
    for more in [vec![broken], twice, vec![unknown_extension(true)]] {
        let verdict = judge_leaf(&TrustPolicy::default(), &Wish { more, ..leaf("Boiler") }, &Purpose::default());
        refused(verdict, Check::Structure, StatusCode::BadCertificateInvalid);
    }
}

/// openssl says the same: such a certificate is not its own issuer.
#[test]
fn a_self_signed_certificate_that_names_another_key_has_no_issuer() {
    let own = Holder::root(&Wish { wrong_authority: true, ..leaf("Boiler") }, Signer::rsa()).certificate;
    let verdict = judge(&[&own], &trusting(&[&own], &[]));
    refused(verdict, Check::Chain, StatusCode::BadCertificateChainIncomplete);
    let root = root();
    let odd = root.leaf(&Wish { wrong_authority: true, ..leaf("Boiler") });
    let verdict = judge(&[&odd], &trusting(&[&root.certificate], &[]));
    refused(verdict, Check::Chain, StatusCode::BadCertificateChainIncomplete);
}

#[test]
fn chains_may_have_five_certificates_and_not_a_thousand() {
    static NAMES: [&str; 12] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"];
    let mut holders = vec![root()];
    for name in NAMES {
        let next = holders.last().unwrap().issue(&authority(name), Signer::p256());
        holders.push(next);
    }
    for (depth, issuer) in holders.iter().enumerate() {
        let authorities: Vec<&Certificate> = holders[..=depth].iter().map(|holder| &holder.certificate).collect();
        let verdict = judge(&[&issuer.leaf(&leaf("Boiler"))], &trusting(&authorities[..1], &authorities));
        if depth + 2 <= 10 {
            assert_eq!(verdict, TRUSTED, "{}", depth + 2);
        } else {
            refused(verdict, Check::Chain, StatusCode::BadCertificateChainIncomplete);
        }
    }
}

/// A stranger sends authorities of one name, so that each could have issued each.
#[test]
fn what_a_stranger_can_make_us_verify_is_bounded() {
    let anonymous = |subject| Wish { key_identifiers: false, ..authority(subject) };
    let crowd: Vec<Holder> = (0..9).map(|_| Holder::root(&anonymous("Same"), Signer::p256())).collect();
    let crossed: Vec<Certificate> = crowd
        .iter()
        .zip(crowd.iter().cycle().skip(1))
        .map(|(own, other)| issue(&anonymous("Same"), "Same", &other.signer, own.signer.public_key()))
        .collect();
    let boiler = crowd[0].leaf(&Wish { key_identifiers: false, ..leaf("Boiler") });
    let sent: Vec<&Certificate> = std::iter::once(&boiler).chain(&crossed).collect();
    let start = Instant::now();
    assert!(judge(&sent, &trusting(&[&root().certificate], &[])).is_err());
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
}

#[test]
fn of_several_certificates_of_an_authority_a_good_one_is_found() {
    let key = Signer::p256();
    let old = Holder::root(&Wish { days: (0, 10), ..authority("Root") }, key.clone());
    let new = Holder::root(&authority("Root"), key);
    let boiler = new.leaf(&leaf("Boiler"));
    assert_eq!(judge(&[&boiler, &old.certificate], &trusting(&[&old.certificate, &new.certificate], &[])), TRUSTED);
    assert_eq!(judge(&[&boiler, &old.certificate], &trusting(&[&new.certificate], &[])), TRUSTED);
    let only_old = judge(&[&boiler], &trusting(&[&old.certificate], &[]));
    refused(only_old, Check::ValidityPeriod, StatusCode::BadCertificateIssuerTimeInvalid);
}

#[test]
fn there_must_be_one_uri_and_the_right_one() {
    let purpose = Purpose { application_uri: Some(URI), ..Purpose::default() };
    let with = |uris| judge_leaf(&TrustPolicy::default(), &Wish { uris, ..leaf("Boiler") }, &purpose);
    assert_eq!(with(vec![URI]), TRUSTED);
    for uris in [vec![], vec!["urn:other"], vec![URI, "urn:other"], vec!["urn:other", URI]] {
        refused(with(uris), Check::Uri, StatusCode::BadCertificateUriInvalid);
    }
}

#[test]
fn a_certificate_serves_in_the_role_it_states() {
    let server = Purpose { role: Some(Role::Server), ..Purpose::default() };
    let with = |oid, role| {
        let wish = Wish { extended: Some((false, vec![oid])), ..leaf("Boiler") };
        judge_leaf(&TrustPolicy::default(), &wish, &Purpose { role, ..Purpose::default() })
    };
    for (oid, as_server, as_client, as_any) in [
        (ID_KP_SERVER_AUTH, true, false, true),
        (ID_KP_CLIENT_AUTH, false, true, true),
        (ANY_EXTENDED_KEY_USAGE, true, true, true),
        (ID_KP_CODE_SIGNING, false, false, false),
    ] {
        for (role, good) in [(Some(Role::Server), as_server), (Some(Role::Client), as_client), (None, as_any)] {
            match with(oid, role) {
                verdict if good => assert_eq!(verdict, TRUSTED),
                verdict => refused(verdict, Check::Usage, StatusCode::BadCertificateUseNotAllowed),
            }
        }
    }
    let complete = TrustPolicy { usage: UsageRule::Complete, ..TrustPolicy::default() };
    let all = KeyUsages::DigitalSignature
        | KeyUsages::NonRepudiation
        | KeyUsages::KeyEncipherment
        | KeyUsages::DataEncipherment;
    let extended = Some((false, vec![ID_KP_SERVER_AUTH]));
    let stated = Wish { usage: Some((true, all)), extended, ..leaf("Boiler") };
    assert_eq!(judge_leaf(&complete, &stated, &server), TRUSTED);
    let some = Some((true, KeyUsages::DigitalSignature.into()));
    for wish in [
        Wish { usage: None, ..stated.clone() },
        Wish { usage: some, ..stated.clone() },
        Wish { extended: None, ..stated.clone() },
        Wish { authority: Some(BasicConstraints { ca: true, path_len_constraint: None }), ..stated.clone() },
    ] {
        let verdict = judge_leaf(&complete, &wish, &server);
        refused(verdict, Check::Usage, StatusCode::BadCertificateUseNotAllowed);
    }
}

#[test]
fn trials_take_strangers_and_nothing_worse() {
    let danger = TrustPolicy::danger_accept_untrusted();
    let purpose = Purpose { host: Some("elsewhere"), ..Purpose::default() };
    let (root, nobody) = (root(), trusting(&[], &[]));
    let boiler = root.leaf(&leaf("Boiler"));
    let taken = judge_by(&danger, &[&boiler], &nobody, &purpose).unwrap();
    let steps: Vec<Check> = taken.iter().map(|finding| finding.check).collect();
    assert_eq!(steps, [Check::Chain, Check::TrustList, Check::HostName]);
    let old = root.leaf(&Wish { days: (0, 1), ..leaf("Boiler") });
    let verdict = judge_by(&danger, &[&old], &nobody, &purpose);
    refused(verdict, Check::ValidityPeriod, StatusCode::BadCertificateTimeInvalid);
    let forged = Certificate::parse(&super::made::damaged(boiler.der())).unwrap();
    let verdict = judge_by(&danger, &[&forged, &root.certificate], &nobody, &purpose);
    refused(verdict, Check::Signature, StatusCode::BadCertificateInvalid);
    assert!(judge_for(&[&boiler], &nobody, &purpose).is_err());
}

#[test]
fn no_byte_of_a_list_can_be_another() {
    // Several, since what is left over of a signature depends on its last bits.
    for _ in 0..6 {
        let root = root();
        let boiler = root.leaf(&leaf("Boiler"));
        let good = root.revoke(&[&boiler]);
        let mut lists = trusting(&[&root.certificate], &[]);
        for (at, byte) in (0..good.len()).flat_map(|at| [0, 1, 2, 0x7f].map(|byte| (at, byte))) {
            let mut list = good.clone();
            list[at] = byte;
            let is_same = list == good;
            lists.trusted_crls = vec![list];
            assert_eq!(judge(&[&boiler], &lists).is_err(), is_same, "byte {at} as {byte}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (Certificate::parse(&bytes), RevocationList::parse(&bytes), crate::ua::trust::leaf_of_chain(&bytes));
    }

    #[test]
    fn no_damage_makes_the_list_parser_panic_or_a_damaged_list_count(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        static WORKS: std::sync::LazyLock<(Holder, Certificate, Vec<u8>)> = std::sync::LazyLock::new(|| {
            let root = root();
            let boiler = root.leaf(&leaf("Boiler"));
            let list = root.revoke(&[&boiler]);
            (root, boiler, list)
        });
        let (root, boiler, good) = &*WORKS;
        let mut list = good.clone();
        for (at, byte) in damage {
            let at = at.index(list.len());
            list[at] = byte;
        }
        let mut lists = trusting(&[&root.certificate], &[]);
        lists.trusted_crls = vec![list.clone()];
        prop_assert_eq!(judge(&[boiler], &lists).is_err(), list == *good);
    }
}
