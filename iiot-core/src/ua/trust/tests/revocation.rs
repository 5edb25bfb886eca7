//! Revocation lists: missing, old, of another key, of another kind, huge.

use const_oid::db::rfc5280::{ID_CE_DELTA_CRL_INDICATOR, ID_CE_ISSUING_DISTRIBUTION_POINT};
use der::Encode;
use der::asn1::OctetString;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;

use super::made::{Crl, Holder, Signer, Wish, authority, leaf, rsa_key, unknown_extension};
use super::table::required;
use super::{Outcome, TRUSTED, judge, judge_by, refused, trusting};
use crate::trust::TrustLists;
use crate::ua::StatusCode;
use crate::ua::trust::{Certificate, Check, Purpose, RevocationList};

/// A root, and a boiler with its certificate.
struct Works {
    root: Holder,
    boiler: Certificate,
}

impl Works {
    fn new() -> Self {
        let root = Holder::root(&authority("Root"), Signer::p256());
        let boiler = root.leaf(&leaf("Boiler"));
        Self { root, boiler }
    }

    fn lists(&self, crls: Vec<Vec<u8>>) -> TrustLists {
        TrustLists { trusted_crls: crls, ..trusting(&[&self.root.certificate], &[]) }
    }

    /// The verdict where lists are required.
    fn judge(&self, crls: Vec<Vec<u8>>) -> Outcome {
        judge_by(&required(), &[&self.boiler], &self.lists(crls), &Purpose::default())
    }

    #[track_caller]
    fn unknown(&self, crls: Vec<Vec<u8>>, why: &str) {
        let wanted = self.judge(crls.clone());
        assert!(wanted.as_ref().is_err_and(|finding| finding.to_string().contains(why)), "{why}: {wanted:?}");
        refused(wanted, Check::RevocationList, StatusCode::BadCertificateRevocationUnknown);
        let noted = judge(&[&self.boiler], &self.lists(crls)).unwrap();
        assert!(noted.iter().any(|finding| finding.to_string().contains(why)), "{noted:?}");
    }

    #[track_caller]
    fn revoked(&self, crls: Vec<Vec<u8>>) {
        let verdict = judge(&[&self.boiler], &self.lists(crls));
        refused(verdict, Check::Revocation, StatusCode::BadCertificateRevoked);
    }
}

#[test]
fn revoked_certificates_and_authorities_are_refused_if_their_issuer_says_so() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let works = root.issue(&authority("Works"), Signer::p384());
    let boiler = works.leaf(&leaf("Boiler"));
    let sent = [&boiler, &works.certificate];
    let mut lists = trusting(&[&root.certificate], &[]);
    let stranger = Holder::root(&authority("Works"), Signer::p384());
    lists.trusted_crls = vec![stranger.revoke(&[&boiler]), b"broken".to_vec()];
    assert!(judge(&sent, &lists).is_ok(), "a list signed by somebody else says nothing");
    lists.issuer_crls = vec![works.revoke(&[&boiler])];
    refused(judge(&sent, &lists), Check::Revocation, StatusCode::BadCertificateRevoked);
    lists.issuer_crls = vec![root.revoke(&[&works.certificate])];
    refused(judge(&sent, &lists), Check::Revocation, StatusCode::BadCertificateIssuerRevoked);
    lists.issuer_crls = vec![root.revoke(&[&root.certificate])];
    refused(judge(&sent, &lists), Check::Revocation, StatusCode::BadCertificateIssuerRevoked);
}

#[test]
fn a_missing_list_matters_where_it_is_required() {
    let works = Works::new();
    assert_eq!(judge(&[&works.boiler], &works.lists(Vec::new())), TRUSTED);
    let missing = works.judge(Vec::new());
    assert!(missing.as_ref().is_err_and(|finding| finding.problem.contains("no revocation list of CN=Root")));
    refused(missing, Check::RevocationList, StatusCode::BadCertificateRevocationUnknown);
    assert_eq!(works.judge(vec![works.root.revoke(&[])]), TRUSTED);
}

#[test]
fn a_list_must_be_of_now() {
    let works = Works::new();
    for (updates, why) in [((0, Some(29)), "it has expired"), ((31, Some(60)), "it is valid only from")] {
        let crl = Crl { updates, ..Crl::of(&works.root) };
        works.unknown(vec![crl.clone().made()], why);
        works.revoked(vec![crl.naming(&[&works.boiler]).made()]);
    }
    let endless = Crl { updates: (0, None), ..Crl::of(&works.root) };
    assert_eq!(works.judge(vec![endless.made()]), TRUSTED);
}

#[test]
fn the_newest_list_counts() {
    let works = Works::new();
    let list = |day, revoked: &[&Certificate]| {
        let mut crl = Crl::of(&works.root).naming(revoked);
        crl.updates = (day, Some(60));
        crl.made()
    };
    assert_eq!(works.judge(vec![list(0, &[&works.boiler]), list(1, &[])]), TRUSTED, "it was only on hold");
    works.revoked(vec![list(1, &[&works.boiler]), list(0, &[])]);
    works.revoked(vec![list(31, &[&works.boiler]), list(0, &[])]);
}

#[test]
fn a_list_must_name_and_be_signed_by_the_right_key() {
    let works = Works::new();
    let wrong = Some(rsa_key(1024, &[3]));
    let crl = Crl { authority: wrong, ..Crl::of(&works.root) };
    works.unknown(vec![crl.clone().made()], "it names another key");
    works.revoked(vec![crl.naming(&[&works.boiler]).made()]);
    let damaged = super::made::damaged(&works.root.revoke(&[]));
    works.unknown(vec![damaged], "it is signed by another key, or damaged");
}

#[test]
fn an_authority_must_be_allowed_to_sign_lists() {
    let wish = Wish { usage: Some((true, KeyUsages::KeyCertSign.into())), ..authority("Root") };
    let root = Holder::root(&wish, Signer::p256());
    let works = Works { boiler: root.leaf(&leaf("Boiler")), root };
    works.unknown(vec![works.root.revoke(&[])], "must not sign revocation lists");
}

#[test]
fn lists_that_speak_for_a_part_are_refused_by_name() {
    let works = Works::new();
    let with = |extension| Crl { more: vec![extension], ..Crl::of(&works.root) };
    let delta = Extension {
        extn_id: ID_CE_DELTA_CRL_INDICATOR,
        critical: true,
        extn_value: OctetString::new([2, 1, 1]).unwrap(),
    };
    works.unknown(vec![with(delta).made()], "it only tells the changes");
    let point = IssuingDistributionPoint {
        distribution_point: None,
        only_contains_user_certs: false,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: true,
        only_contains_attribute_certs: false,
    };
    let indirect = Extension {
        extn_id: ID_CE_ISSUING_DISTRIBUTION_POINT,
        critical: true,
        extn_value: OctetString::new(point.to_der().unwrap()).unwrap(),
    };
    works.unknown(vec![with(indirect).made()], "use complete lists");
    works.unknown(vec![with(unknown_extension(true)).made()], "1.3.6.1.4.1.55555.1");
    assert_eq!(works.judge(vec![with(unknown_extension(false)).made()]), TRUSTED);
}

/// A roll-over: the authority has a new key and keeps its name.
#[test]
fn after_a_change_of_key_each_key_speaks_for_its_own_certificates() {
    for key_identifiers in [true, false] {
        let wish = Wish { key_identifiers, ..authority("Root") };
        let [old, new] = [0, 1].map(|_| Holder::root(&wish, Signer::p256()));
        let [early, late] = [&old, &new].map(|root| root.leaf(&Wish { key_identifiers, ..leaf("Boiler") }));
        let crl = |root: &Holder, revoked: &[&Certificate]| {
            let mut crl = Crl::of(root).naming(revoked);
            crl.authority = crl.authority.filter(|_| key_identifiers);
            crl.made()
        };
        let judge = |boiler: &Certificate, crls: Vec<Vec<u8>>| {
            let lists = TrustLists { trusted_crls: crls, ..trusting(&[&new.certificate, &old.certificate], &[]) };
            judge_by(&required(), &[boiler], &lists, &Purpose::default())
        };
        let unknown = StatusCode::BadCertificateRevocationUnknown;
        assert_eq!(judge(&early, vec![crl(&old, &[]), crl(&new, &[])]), TRUSTED);
        assert_eq!(judge(&late, vec![crl(&old, &[]), crl(&new, &[])]), TRUSTED);
        refused(judge(&early, vec![crl(&new, &[])]), Check::RevocationList, unknown);
        refused(judge(&late, vec![crl(&old, &[])]), Check::RevocationList, unknown);
        let revoked = judge(&early, vec![crl(&new, &[]), crl(&old, &[&early])]);
        refused(revoked, Check::Revocation, StatusCode::BadCertificateRevoked);
        let of_other_key = judge(&early, vec![crl(&new, &[&early]), crl(&old, &[])]);
        assert_eq!(of_other_key, TRUSTED, "serial numbers of the other key mean other certificates");
    }
}

#[test]
fn huge_lists_are_refused_and_large_ones_are_searched() {
    let works = Works::new();
    let large = Crl::of(&works.root).naming(&[&works.boiler]).with_entries(20_000).made();
    let list = RevocationList::parse(&large).unwrap();
    assert_eq!((list.revoked(), list.issuer().as_str()), (20_001, "CN=Root"));
    works.revoked(vec![large]);
    let mut huge = vec![0; 50 << 20];
    huge[..6].copy_from_slice(&[0x30, 0x84, 0x03, 0x1f, 0xff, 0xfa]);
    let error = RevocationList::parse(&huge).unwrap_err();
    assert_eq!(error.status(), StatusCode::BadCertificateInvalid);
    assert!(error.to_string().contains("larger than 16 MiB"), "{error}");
    assert_eq!(works.judge(vec![huge, works.root.revoke(&[])]), TRUSTED, "one of them does not disable the rest");
}
