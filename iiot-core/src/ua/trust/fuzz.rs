//! What the fuzz targets of certificates and revocation lists run.

#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;
use std::time::Duration;

use der::Encode;
use der::asn1::BitString;
use futures::executor::block_on;
use x509_cert::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::serial_number::SerialNumber;

use crate::keys::{KeySpec, KeyStore, MemoryKeyStore, SignatureAlgorithm};
use crate::time::UtcTime;
use crate::trust::TrustLists;
use crate::ua::trust::draft::{algorithm_identifier, name};
use crate::ua::trust::self_signed::validity;
use crate::ua::trust::{
    Certificate, CertificateProfile, ParsedLists, Purpose, RevocationList, Role, TrustPolicy, leaf_of_chain,
    self_signed, verdict,
};

/// Whatever parses as a chain can be described and judged.
pub(crate) fn certificate(data: &[u8]) {
    let Ok((leaf, issuers)) = leaf_of_chain(data) else { return };
    describe(&leaf);
    issuers.iter().for_each(describe);
    let chain: Vec<Certificate> = std::iter::once(leaf).chain(issuers).collect();
    let itself = TrustLists { trusted_certificates: chain.iter().map(der).collect(), ..TrustLists::default() };
    let known = TrustLists { issuer_certificates: vec![KNOWN.certificate.clone()], ..itself.clone() };
    for lists in [TrustLists::default(), itself, known] {
        for policy in [TrustPolicy::default(), TrustPolicy::strict()] {
            let _ = verdict(&chain, &ParsedLists::from(&lists), now(), &PURPOSE, &policy);
        }
    }
}

/// Whatever stands in a revocation list, a verdict comes out.
pub(crate) fn revocation_list(data: &[u8]) {
    if let Ok(list) = RevocationList::parse(data) {
        let _ = (list.issuer(), list.this_update(), list.next_update(), list.revoked());
    }
    let chain = [Certificate::parse(&KNOWN.certificate).unwrap()];
    let trusted_certificates = vec![KNOWN.certificate.clone()];
    let lists = TrustLists { trusted_certificates, trusted_crls: vec![data.to_vec()], ..TrustLists::default() };
    let _ = verdict(&chain, &ParsedLists::from(&lists), now(), &Purpose::default(), &TrustPolicy::strict());
}

pub(crate) fn certificate_seeds() -> Vec<Vec<u8>> {
    let other = made("other").certificate;
    vec![KNOWN.certificate.clone(), [KNOWN.certificate.as_slice(), other.as_slice()].concat(), other]
}

pub(crate) fn revocation_list_seeds() -> Vec<Vec<u8>> {
    vec![KNOWN.crl.clone(), made("other").crl]
}

const PURPOSE: Purpose<'static> =
    Purpose { host: Some("localhost"), application_uri: Some("urn:test:known"), role: Some(Role::Server) };

struct Known {
    certificate: Vec<u8>,
    crl: Vec<u8>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| made("known"));

fn made(common_name: &str) -> Known {
    let key = block_on(MemoryKeyStore::default().generate(common_name, KeySpec::Rsa(2048))).unwrap();
    let profile = CertificateProfile {
        application_uri: format!("urn:test:{common_name}"),
        common_name: common_name.into(),
        organization: "Test".into(),
        dns_names: vec!["localhost".into()],
        ip_addresses: vec!["127.0.0.1".parse().unwrap()],
        valid_from: UtcTime::UNIX_EPOCH,
        valid_days: 36_500,
    };
    let certificate = block_on(self_signed(key.as_ref(), &profile)).unwrap();
    let revoked = Certificate::parse(&certificate).unwrap();
    let rsa_sha256 = algorithm_identifier(SignatureAlgorithm::RsaPkcs1Sha256).unwrap();
    let date = validity(UtcTime::UNIX_EPOCH, 1).unwrap().not_before;
    let content: TbsCertList = TbsCertList {
        version: Version::V2,
        signature: rsa_sha256.clone(),
        issuer: name(common_name, "Test").unwrap(),
        this_update: date,
        next_update: None,
        revoked_certificates: Some(vec![RevokedCert {
            serial_number: SerialNumber::new(revoked.serial_bytes()).unwrap(),
            revocation_date: date,
            crl_entry_extensions: None,
        }]),
        crl_extensions: None,
    };
    let signature = block_on(key.sign(SignatureAlgorithm::RsaPkcs1Sha256, &content.to_der().unwrap())).unwrap();
    let crl = CertificateList {
        tbs_cert_list: content,
        signature_algorithm: rsa_sha256.clone(),
        signature: BitString::from_bytes(&signature).unwrap(),
    };
    Known { certificate, crl: crl.to_der().unwrap() }
}

fn now() -> UtcTime {
    UtcTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn der(certificate: &Certificate) -> Vec<u8> {
    certificate.der().to_vec()
}

fn describe(certificate: &Certificate) {
    let _ = (certificate.subject(), certificate.issuer(), certificate.serial(), certificate.thumbprint_sha1());
    let _ = (certificate.application_uri(), certificate.dns_names(), certificate.ip_addresses());
    let _ = (certificate.not_before(), certificate.not_after(), certificate.public_key());
    let _ = (certificate.is_authority(), certificate.is_self_issued());
}
