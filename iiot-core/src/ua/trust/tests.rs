//! Verdicts on chains made here: RSA and ECDSA authorities, and everything that can be wrong with them.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
};
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, RSA_ENCRYPTION};
use der::asn1::{Any, BitString, Ia5String, OctetString};
use der::{Decode, Encode};
use futures::executor::block_on;
use proptest::prelude::*;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::serial_number::SerialNumber;
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo, Version};

use crate::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey, SignatureAlgorithm};
use crate::time::UtcTime;
use crate::trust::TrustLists;
use crate::ua::StatusCode;
use crate::ua::trust::draft::{CertificateDraft, name};
use crate::ua::trust::self_signed::{extension, key_identifier, random_serial, rsa_sha256, validity};
use crate::ua::trust::{Certificate, Check, Purpose, Verdict, leaf_of_chain, verdict};

const START: u64 = 1_700_000_000;

fn at(days: u64) -> UtcTime {
    UtcTime::UNIX_EPOCH + Duration::from_secs(START + days * 86_400)
}

/// What signs.
enum Signer {
    Rsa(Arc<dyn PrivateKey>),
    Ecdsa(EcdsaKeyPair, AlgorithmIdentifier),
}

impl Signer {
    fn rsa() -> Self {
        static KEY: LazyLock<Arc<dyn PrivateKey>> =
            LazyLock::new(|| block_on(MemoryKeyStore::default().generate("rsa", KeySpec::Rsa(2048))).unwrap());
        Self::Rsa(Arc::clone(&KEY))
    }

    fn p256() -> Self {
        Self::ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_WITH_SHA_256)
    }

    fn p384() -> Self {
        Self::ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_WITH_SHA_384)
    }

    fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, oid: const_oid::ObjectIdentifier) -> Self {
        Self::Ecdsa(EcdsaKeyPair::generate(algorithm).unwrap(), AlgorithmIdentifier { oid, parameters: None })
    }

    fn public_key(&self) -> SubjectPublicKeyInfo {
        match self {
            Self::Rsa(key) => SubjectPublicKeyInfo::from_der(key.public_key()).unwrap(),
            Self::Ecdsa(pair, _) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
                SubjectPublicKeyInfo::from_der(der.as_ref()).unwrap()
            }
        }
    }

    fn algorithm(&self) -> AlgorithmIdentifier {
        match self {
            Self::Rsa(_) => rsa_sha256(),
            Self::Ecdsa(_, algorithm) => algorithm.clone(),
        }
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => block_on(key.sign(SignatureAlgorithm::RsaPkcs1Sha256, data)).unwrap(),
            Self::Ecdsa(pair, _) => pair.sign(&SystemRandom::new(), data).unwrap().as_ref().to_vec(),
        }
    }
}

/// What a certificate of these tests says; changed by each test where it matters.
#[derive(Clone)]
struct Wish {
    subject: &'static str,
    authority: Option<BasicConstraints>,
    days: (u64, u32),
    usage: Option<der::flagset::FlagSet<KeyUsages>>,
    key_identifiers: bool,
    key: Option<SubjectPublicKeyInfo>,
}

fn leaf(subject: &'static str) -> Wish {
    Wish { subject, authority: None, days: (0, 365), usage: None, key_identifiers: true, key: None }
}

fn authority(subject: &'static str) -> Wish {
    Wish { authority: Some(BasicConstraints { ca: true, path_len_constraint: None }), ..leaf(subject) }
}

/// An authority, or a leaf with its key.
struct Holder {
    subject: &'static str,
    signer: Signer,
    certificate: Certificate,
}

impl Holder {
    fn root(wish: &Wish, signer: Signer) -> Self {
        let certificate = issue(wish, wish.subject, &signer, signer.public_key());
        Self { subject: wish.subject, signer, certificate }
    }

    fn issue(&self, wish: &Wish, signer: Signer) -> Self {
        let certificate = issue(wish, self.subject, &self.signer, signer.public_key());
        Self { subject: wish.subject, signer, certificate }
    }

    fn leaf(&self, wish: &Wish) -> Certificate {
        self.issue(wish, Signer::rsa()).certificate
    }

    fn revoke(&self, certificate: &Certificate) -> Vec<u8> {
        let content: TbsCertList = TbsCertList {
            version: Version::V2,
            signature: self.signer.algorithm(),
            issuer: name(self.subject, "").unwrap(),
            this_update: validity(at(0), 1).unwrap().not_before,
            next_update: None,
            revoked_certificates: Some(vec![RevokedCert {
                serial_number: SerialNumber::new(certificate.serial_bytes()).unwrap(),
                revocation_date: validity(at(0), 1).unwrap().not_before,
                crl_entry_extensions: None,
            }]),
            crl_extensions: None,
        };
        let signature = self.signer.sign(&content.to_der().unwrap());
        CertificateList {
            tbs_cert_list: content,
            signature_algorithm: self.signer.algorithm(),
            signature: BitString::from_bytes(&signature).unwrap(),
        }
        .to_der()
        .unwrap()
    }

    fn der(&self) -> Vec<u8> {
        self.certificate.der().to_vec()
    }
}

fn issue(wish: &Wish, issuer: &str, signer: &Signer, own_key: SubjectPublicKeyInfo) -> Certificate {
    let key = wish.key.clone().unwrap_or(own_key);
    let draft = CertificateDraft {
        version: Version::V3,
        serial_number: random_serial().unwrap(),
        signature: signer.algorithm(),
        issuer: name(issuer, "").unwrap(),
        validity: validity(at(wish.days.0), wish.days.1).unwrap(),
        subject: name(wish.subject, "").unwrap(),
        extensions: Some(extensions(wish, signer, &key)),
        subject_public_key_info: key,
    };
    let content = draft.to_be_signed().unwrap();
    Certificate::parse(&draft.signed(&content, &signer.sign(&content)).unwrap()).unwrap()
}

fn extensions(wish: &Wish, signer: &Signer, key: &SubjectPublicKeyInfo) -> Extensions {
    let subject = name(wish.subject, "").unwrap();
    let names = vec![
        GeneralName::UniformResourceIdentifier(Ia5String::new("urn:works:boiler").unwrap()),
        GeneralName::DnsName(Ia5String::new("Boiler.local").unwrap()),
        GeneralName::IpAddress(OctetString::new([10, 0, 0, 7]).unwrap()),
        GeneralName::IpAddress(OctetString::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap()),
    ];
    let mut all = vec![extension(&subject, false, &SubjectAltName(names)).unwrap()];
    all.extend(wish.authority.as_ref().map(|constraints| extension(&subject, true, constraints).unwrap()));
    all.extend(wish.usage.map(|usage| extension(&subject, true, &KeyUsage(usage)).unwrap()));
    if wish.key_identifiers {
        let issuer = AuthorityKeyIdentifier {
            key_identifier: Some(key_identifier(&signer.public_key()).unwrap()),
            ..Default::default()
        };
        all.push(extension(&subject, false, &SubjectKeyIdentifier(key_identifier(key).unwrap())).unwrap());
        all.push(extension(&subject, false, &issuer).unwrap());
    }
    all
}

fn trusting(trusted: &[&Certificate], issuers: &[&Certificate]) -> TrustLists {
    let der = |certificates: &[&Certificate]| certificates.iter().map(|one| one.der().to_vec()).collect();
    TrustLists { trusted_certificates: der(trusted), issuer_certificates: der(issuers), ..Default::default() }
}

fn judge(sent: &[&Certificate], lists: &TrustLists) -> Result<(), Verdict> {
    judge_for(sent, lists, &Purpose::default())
}

fn judge_for(sent: &[&Certificate], lists: &TrustLists, purpose: &Purpose<'_>) -> Result<(), Verdict> {
    let sent: Vec<Certificate> = sent.iter().map(|one| (*one).clone()).collect();
    verdict(&sent, lists, at(30), purpose)
}

#[track_caller]
fn refused(outcome: Result<(), Verdict>, check: Check, status: StatusCode) {
    let verdict = outcome.unwrap_err();
    assert_eq!((verdict.check, verdict.status), (check, status), "{verdict}");
    let error = crate::Error::from(verdict);
    assert_eq!((error.kind(), error.status()), (crate::ErrorKind::Untrusted, status));
}

#[test]
fn a_self_signed_certificate_is_trusted_if_it_is_listed() {
    for signer in [Signer::rsa(), Signer::p256(), Signer::p384()] {
        let own = Holder::root(&leaf("Boiler"), signer).certificate;
        assert_eq!(judge(&[&own], &trusting(&[&own], &[])), Ok(()));
        refused(judge(&[&own], &trusting(&[], &[&own])), Check::TrustList, StatusCode::BadCertificateUntrusted);
    }
    refused(judge(&[], &TrustLists::default()), Check::Structure, StatusCode::BadCertificateInvalid);
}

#[test]
fn a_certificate_is_trusted_through_a_listed_authority_of_any_kind() {
    for signer in [Signer::rsa(), Signer::p256(), Signer::p384()] {
        let root = Holder::root(&authority("Root"), signer);
        let boiler = root.leaf(&leaf("Boiler"));
        assert_eq!(judge(&[&boiler], &trusting(&[&root.certificate], &[])), Ok(()));
        assert_eq!(judge(&[&boiler, &root.certificate], &trusting(&[&root.certificate], &[])), Ok(()));
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
        assert_eq!(judge(&[&boiler, works, root], &trusting(&[trusted], &[])), Ok(()));
        assert_eq!(judge(&[&boiler], &trusting(&[trusted], &[root, works])), Ok(()));
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
        assert_eq!(judge(&[&genuine, &false_one.certificate], &both), Ok(()), "the right one is found among both");
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
    let modulus = der::asn1::Uint::new(&[0xc3; 128]).unwrap();
    let key = [modulus, der::asn1::Uint::new(&[1, 0, 1]).unwrap()].to_vec().to_der().unwrap();
    let short = SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid: RSA_ENCRYPTION, parameters: Some(Any::null()) },
        subject_public_key: BitString::from_bytes(&key).unwrap(),
    };
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
    let dialled = |host| judge_for(&[&own], &lists, &Purpose { host: Some(host), application_uri: None });
    for host in ["boiler.local", "BOILER.LOCAL.", "10.0.0.7", "[::1]", "::1", "0:0:0:0:0:0:0:1"] {
        assert_eq!(dialled(host), Ok(()), "{host}");
    }
    for host in ["localhost", "local", "boiler", "10.0.0.70", "::2", ""] {
        refused(dialled(host), Check::HostName, StatusCode::BadCertificateHostNameInvalid);
    }
}

#[test]
fn the_application_uri_must_be_the_certified_one() {
    let own = Holder::root(&leaf("Boiler"), Signer::p256()).certificate;
    let lists = trusting(&[&own], &[]);
    let claimed = |uri| judge_for(&[&own], &lists, &Purpose { host: None, application_uri: Some(uri) });
    assert_eq!(claimed("urn:works:boiler"), Ok(()));
    refused(claimed("urn:works:Boiler"), Check::Uri, StatusCode::BadCertificateUriInvalid);
}

#[test]
fn only_authorities_issue_and_only_as_deep_as_they_may() {
    let no_authority = Holder::root(&leaf("Root"), Signer::p256());
    let verdict = judge(&[&no_authority.leaf(&leaf("Boiler"))], &trusting(&[&no_authority.certificate], &[]));
    refused(verdict, Check::Usage, StatusCode::BadCertificateIssuerUseNotAllowed);
    let shallow = BasicConstraints { ca: true, path_len_constraint: Some(0) };
    let root = Holder::root(&Wish { authority: Some(shallow), ..authority("Root") }, Signer::p256());
    assert_eq!(judge(&[&root.leaf(&leaf("Boiler"))], &trusting(&[&root.certificate], &[])), Ok(()));
    let works = root.issue(&authority("Works"), Signer::p256());
    let verdict = judge(&[&works.leaf(&leaf("Boiler"))], &trusting(&[&root.certificate], &[&works.certificate]));
    refused(verdict, Check::Usage, StatusCode::BadCertificateIssuerUseNotAllowed);
}

#[test]
fn key_usage_must_allow_what_is_done() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let boiler = root.leaf(&Wish { usage: Some(KeyUsages::CRLSign.into()), ..leaf("Boiler") });
    let verdict = judge(&[&boiler], &trusting(&[&root.certificate], &[]));
    refused(verdict, Check::Usage, StatusCode::BadCertificateUseNotAllowed);
}

#[test]
fn revoked_certificates_and_authorities_are_refused_if_their_issuer_says_so() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let works = root.issue(&authority("Works"), Signer::p384());
    let boiler = works.leaf(&leaf("Boiler"));
    let sent = [&boiler, &works.certificate];
    let mut lists = trusting(&[&root.certificate], &[]);
    let stranger = Holder::root(&authority("Works"), Signer::p384());
    lists.trusted_crls = vec![stranger.revoke(&boiler), b"broken".to_vec()];
    assert_eq!(judge(&sent, &lists), Ok(()), "a list signed by somebody else says nothing");
    lists.issuer_crls = vec![works.revoke(&boiler)];
    refused(judge(&sent, &lists), Check::Revocation, StatusCode::BadCertificateRevoked);
    lists.issuer_crls = vec![root.revoke(&works.certificate)];
    refused(judge(&sent, &lists), Check::Revocation, StatusCode::BadCertificateIssuerRevoked);
}

#[test]
fn of_several_faults_the_earliest_step_is_told() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let boiler = root.leaf(&Wish { days: (0, 1), usage: Some(KeyUsages::CRLSign.into()), ..leaf("Boiler") });
    let wrong = Purpose { host: Some("elsewhere"), application_uri: Some("urn:other") };
    let untrusted = judge_for(&[&boiler, &root.certificate], &TrustLists::default(), &wrong);
    refused(untrusted, Check::TrustList, StatusCode::BadCertificateUntrusted);
    let mut lists = trusting(&[&root.certificate], &[]);
    lists.trusted_crls = vec![root.revoke(&boiler)];
    let old = judge_for(&[&boiler], &lists, &wrong);
    refused(old, Check::ValidityPeriod, StatusCode::BadCertificateTimeInvalid);
}

#[test]
fn broken_entries_of_the_lists_do_not_disable_the_rest() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let mut lists = trusting(&[&root.certificate], &[]);
    lists.trusted_certificates.insert(0, b"broken".to_vec());
    lists.issuer_certificates.push(Vec::new());
    assert_eq!(judge(&[&root.leaf(&leaf("Boiler"))], &lists), Ok(()));
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
        static ROOT: LazyLock<Holder> = LazyLock::new(|| Holder::root(&authority("Root"), Signer::p256()));
        let mut der = ROOT.der();
        for (at, byte) in damage {
            let at = at.index(der.len());
            der[at] = byte;
        }
        if let Ok(certificate) = Certificate::parse(&der) {
            let purpose = Purpose { host: Some("boiler.local"), application_uri: Some("urn:works:boiler") };
            let verdict = judge_for(&[&certificate], &trusting(&[&ROOT.certificate], &[]), &purpose);
            prop_assert_eq!(verdict.is_ok(), der == ROOT.der());
        }
    }
}
