//! What certificates and revocation lists say, and which are not made.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::executor::block_on;
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey, SignatureAlgorithm};
use iiot_core::model::ApplicationType;
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::{Certificate, RevocationList};
use iiot_core::{ErrorKind, Result};

use crate::pki::{
    CertificateContent, Issuer, Kind, RevokedEntry, Serial, Subject, ToBeSigned, certificate, revocation_list,
};
use crate::store::RevocationReason;

const YEAR: Duration = Duration::from_secs(365 * 86_400);

fn start() -> UtcTime {
    UtcTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// One key for all that is made here.
fn key() -> Arc<dyn PrivateKey> {
    static KEY: LazyLock<Arc<dyn PrivateKey>> =
        LazyLock::new(|| block_on(MemoryKeyStore::default().generate("key", KeySpec::NistP256)).unwrap());
    Arc::clone(&KEY)
}

fn content(kind: Kind) -> CertificateContent {
    let is_application = matches!(kind, Kind::Application(_));
    CertificateContent {
        subject: Subject::new("Press", "Works").unwrap(),
        kind,
        application_uri: is_application.then(|| "urn:works:press".into()),
        hosts: if kind.needs_host() { vec!["press.local".into(), "10.0.0.7".into()] } else { Vec::new() },
        public_key: key().public_key().to_vec(),
        from: start(),
        until: start() + YEAR,
        crl_urls: vec!["http://ca.works/root.crl".into()],
        issuer_urls: vec!["http://ca.works/root.der".into()],
    }
}

fn to_be_signed(content: &CertificateContent, issuer: Option<&Issuer>) -> Result<ToBeSigned> {
    certificate(content, issuer, &Serial::random().unwrap(), SignatureAlgorithm::EcdsaSha256)
}

fn issued(content: &CertificateContent, issuer: Option<&Issuer>) -> Vec<u8> {
    let content = to_be_signed(content, issuer).unwrap();
    content.signed(&block_on(key().sign(content.algorithm(), content.bytes())).unwrap()).unwrap()
}

fn root(path_len: Option<u8>) -> Issuer {
    Issuer::of(&issued(&content(Kind::Authority { path_len }), None)).unwrap()
}

fn refused(content: &CertificateContent, issuer: Option<&Issuer>) -> String {
    let error = to_be_signed(content, issuer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    error.to_string()
}

#[test]
fn it_reads_back_as_it_was_asked_for() {
    let content = content(Kind::Application(ApplicationType::Server));
    let serial = Serial::random().unwrap();
    let bytes = certificate(&content, Some(&root(None)), &serial, SignatureAlgorithm::RsaPkcs1Sha256).unwrap();
    let der = bytes.signed(&[1]).unwrap();
    let read = Certificate::parse(&der).unwrap();
    assert_eq!(read.application_uri().as_deref(), Some("urn:works:press"));
    assert_eq!(
        (read.dns_names(), read.ip_addresses()),
        (vec!["press.local".into()], vec!["10.0.0.7".parse().unwrap()])
    );
    assert_eq!((read.not_before(), read.not_after()), (content.from, content.until));
    assert_eq!(read.public_key(), key().public_key());
    assert_eq!(Serial::of(&der).unwrap(), serial);
    assert!(!read.is_authority() && read.subject().contains("CN=Press"));
}

#[test]
fn nothing_lasts_longer_than_its_issuer() {
    let root = root(None);
    let mut leaf = content(Kind::Application(ApplicationType::Client));
    to_be_signed(&leaf, Some(&root)).unwrap();
    // Less than a second cannot be seen in a certificate.
    leaf.until = root.not_after() + Duration::from_millis(999);
    to_be_signed(&leaf, Some(&root)).unwrap();
    leaf.until = root.not_after() + Duration::from_secs(1);
    assert!(refused(&leaf, Some(&root)).contains("longer than its issuer"));
}

#[test]
fn a_chain_of_authorities_ends_where_it_should() {
    let authority = |path_len| content(Kind::Authority { path_len });
    to_be_signed(&authority(Some(0)), Some(&root(Some(1)))).unwrap();
    to_be_signed(&authority(None), Some(&root(None))).unwrap();
    for (above, own) in [(Some(0), Some(0)), (Some(0), None), (Some(1), Some(1)), (Some(1), None)] {
        refused(&authority(own), Some(&root(above)));
    }
}

#[test]
fn what_would_be_wrong_is_not_made() {
    let root = root(None);
    let server = content(Kind::Application(ApplicationType::Server));
    let uri = |uri: Option<&str>| CertificateContent { application_uri: uri.map(Into::into), ..server.clone() };
    let host = |host: &str| CertificateContent { hosts: vec![host.into()], ..server.clone() };
    let wrong = [
        uri(None),
        uri(Some("press")),
        uri(Some("urn:wörks")),
        uri(Some("urn:works:press\n")),
        CertificateContent { hosts: Vec::new(), ..server.clone() },
        host("press local"),
        host("press..local"),
        host("-\u{0}"),
        host(""),
        CertificateContent { public_key: vec![1], ..server.clone() },
        CertificateContent { until: server.from, ..server.clone() },
        CertificateContent { crl_urls: vec!["no url".into()], ..server.clone() },
        CertificateContent { application_uri: Some("urn:x".into()), ..content(Kind::User) },
        CertificateContent { hosts: Vec::new(), ..content(Kind::Https) },
    ];
    for content in wrong {
        refused(&content, Some(&root));
    }
    assert!(refused(&server, None).contains("only an authority"));
}

#[test]
fn a_root_is_signed_as_its_key_can() {
    let root = content(Kind::Authority { path_len: None });
    let error = certificate(&root, None, &Serial::random().unwrap(), SignatureAlgorithm::RsaPkcs1Sha256).unwrap_err();
    assert!(error.to_string().contains("does not sign by RsaPkcs1Sha256"), "{error}");
}

#[test]
fn only_an_authority_issues() {
    let root = root(None);
    let leaf = issued(&content(Kind::User), Some(&root));
    assert!(Issuer::of(&leaf).unwrap_err().to_string().contains("no authority"));
    assert_eq!(Issuer::of(b"no certificate").unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn what_was_on_record_is_signed_the_same() {
    let root = root(None);
    let certificate = to_be_signed(&content(Kind::User), Some(&root)).unwrap();
    let list = revocation_list(&root, 7, start(), start() + YEAR, []).unwrap();
    for content in [certificate, list] {
        let again = ToBeSigned::read(content.bytes()).unwrap();
        assert_eq!(again, content);
        assert_eq!(again.signed(&[1, 2]).unwrap(), content.signed(&[1, 2]).unwrap());
    }
    for wrong in [&b""[..], b"\x30\x00", b"\x30\x03\x02\x01\x01", &root.certificate().der()[..40]] {
        assert_eq!(ToBeSigned::read(wrong).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn a_signature_of_another_key_is_noticed() {
    let root = root(None);
    let content = to_be_signed(&content(Kind::User), Some(&root)).unwrap();
    let other = block_on(MemoryKeyStore::default().generate("other", KeySpec::NistP256)).unwrap();
    let right = block_on(key().sign(content.algorithm(), content.bytes())).unwrap();
    let wrong = block_on(other.sign(content.algorithm(), content.bytes())).unwrap();
    root.check(&content, &right).unwrap();
    assert_eq!(root.check(&content, &wrong).unwrap_err().kind(), ErrorKind::Security);
}

#[test]
fn a_list_has_each_entry_once_in_order() {
    let root = root(None);
    let entry = |serial: &str, reason| RevokedEntry { serial: serial.parse().unwrap(), at: start(), reason };
    let (a, b) = (entry("0a", RevocationReason::Superseded), entry("0b", RevocationReason::Unspecified));
    let list = |revoked: Vec<RevokedEntry>| revocation_list(&root, 7, start(), start() + YEAR, revoked).unwrap();
    let one = list(vec![a.clone(), b.clone()]);
    assert_eq!(one, list(vec![b.clone(), a, b]));
    let read = RevocationList::parse(&one.signed(&[1]).unwrap()).unwrap();
    assert_eq!((read.revoked(), read.this_update(), read.next_update()), (2, start(), Some(start() + YEAR)));
    revocation_list(&root, 8, start(), start(), []).unwrap_err();
}
