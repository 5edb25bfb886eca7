//! What a group takes, and which groups make no sense.

use iiot_core::ua::StatusCode;

use super::*;
use crate::model::{Curve, KeyAlgorithm};

fn group() -> CertificateGroup {
    CertificateGroup::default_application("works")
}

#[test]
fn the_default_group_wants_one_other_person() {
    let (group, request, now) = (group(), request(), start());
    group.check().unwrap();
    let decide = |votes: &[Vote]| group.decide(&request, votes, role_of, now).unwrap();
    assert!(matches!(decide(&[]), Decision::Pending(_)));
    assert!(matches!(decide(&[yes("rita", &request, now)]), Decision::Pending(_)));
    assert!(matches!(decide(&[yes("ben", &request, now)]), Decision::Approved(_)));
}

#[test]
fn groups_may_differ_in_who_must_agree() {
    let (request, now) = (request(), start());
    let strict = CertificateGroup { approval: ApprovalPolicy::Votes(votes_of(2)), ..group() };
    let votes = [yes("ben", &request, now)];
    assert!(matches!(strict.decide(&request, &votes, role_of, now).unwrap(), Decision::Pending(_)));
    assert!(matches!(group().decide(&request, &votes, role_of, now).unwrap(), Decision::Approved(_)));
    let other = CertificateGroup { id: "Lax".into(), approval: ApprovalPolicy::Automatic, ..group() };
    let refused = other.decide(&request, &votes, role_of, now);
    assert_eq!(refused.unwrap_err().status(), StatusCode::BadInvalidArgument, "another group does not decide");
}

#[test]
fn keys_are_good_enough_or_told_why_not() {
    let types = vec![CertificateType::RsaSha256, CertificateType::NistP256];
    let keys = KeyRules { least_rsa_bits: 3072, most_rsa_bits: 3072, curves: vec![Curve::NistP256] };
    let group = CertificateGroup { certificate_types: types, keys, ..group() };
    let accepts = |kind, key| group.accepts(kind, key).map_err(|error| error.status());
    let bad = Err(StatusCode::BadInvalidArgument);
    assert_eq!(accepts(CertificateType::RsaSha256, KeyAlgorithm::Rsa(3072)), Ok(()));
    assert_eq!(accepts(CertificateType::RsaSha256, KeyAlgorithm::Rsa(2048)), bad);
    assert_eq!(accepts(CertificateType::RsaSha256, KeyAlgorithm::Rsa(4096)), bad);
    assert_eq!(accepts(CertificateType::RsaSha256, KeyAlgorithm::Ec(Curve::NistP256)), bad);
    assert_eq!(accepts(CertificateType::NistP256, KeyAlgorithm::Ec(Curve::NistP256)), Ok(()));
    assert_eq!(accepts(CertificateType::NistP384, KeyAlgorithm::Ec(Curve::NistP384)), bad);
}

#[test]
fn a_group_that_makes_no_sense_is_refused() {
    let votes = |rules| ApprovalPolicy::Votes(rules);
    let twice_anna = VotePolicy { people: vec!["anna".into(), "anna".into()], ..votes_of(2) };
    let wrong = [
        CertificateGroup { valid_days: 0, ..group() },
        CertificateGroup { valid_days: 3651, ..group() },
        CertificateGroup { certificate_types: vec![], ..group() },
        CertificateGroup { certificate_types: vec![CertificateType::Https], ..group() },
        CertificateGroup { purpose: Purpose::UserToken, ..group() },
        CertificateGroup { authority: String::new(), ..group() },
        CertificateGroup { approval: votes(twice_anna), ..group() },
        CertificateGroup { approval: votes(VotePolicy { valid_hours: 0, ..votes_of(1) }), ..group() },
    ];
    for group in wrong {
        assert!(group.check().is_err(), "{group:?}");
    }
    assert!(serde_json::from_str::<VotePolicy>(r#"{"needed":0,"role":"approver","validHours":1}"#).is_err());
}
