//! What the fuzz target of certificate requests runs.

#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use der::asn1::{Any, SetOfVec};
use der::{Decode, Encode};
use futures::executor::block_on;
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore};
use iiot_core::model::ApplicationType;
use iiot_core::ua::trust::{KeyKind, draft};
use x509_cert::SubjectPublicKeyInfo;
use x509_cert::attr::Attribute;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};
use x509_cert::request::{CertReqInfo, Version};

use super::{Csr, judge};
use crate::model::{Applicant, CertificateType};

/// Whatever parses as a request can be described, and gets a verdict. What is accepted says what is on record.
pub(crate) fn csr(data: &[u8]) {
    let Ok(csr) = Csr::parse(data) else { return };
    let _ = (csr.public_key(), csr.key_algorithm(), csr.subject(), csr.application_uris(), csr.hosts());
    let applicant = applicant();
    for kind in CertificateType::ALL {
        let Ok(accepted) = judge(&csr, &applicant, kind) else { continue };
        assert!(kind.allows(accepted.key_algorithm()) && !csr.asks_authority());
        assert!(accepted.application_uri().is_none_or(|uri| uri == applicant.application_uri));
        assert!(accepted.hosts().iter().all(|host| applicant.hosts.contains(host)));
    }
}

/// Whether a request for any type of certificate is accepted.
#[cfg(test)]
pub(super) fn is_accepted(data: &[u8]) -> bool {
    let accepted = |csr: Csr| CertificateType::ALL.into_iter().any(|kind| judge(&csr, &applicant(), kind).is_ok());
    Csr::parse(data).is_ok_and(accepted)
}

pub(crate) fn csr_seeds() -> Vec<Vec<u8>> {
    static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
        let specs = [KeySpec::Rsa(2048), KeySpec::NistP256, KeySpec::NistP384];
        specs.into_iter().map(|spec| made(spec, false)).chain([made(KeySpec::NistP256, true)]).collect()
    });
    SEEDS.clone()
}

fn applicant() -> Applicant {
    Applicant {
        application: "press".into(),
        application_uri: "urn:works:press".into(),
        application_name: "Press".into(),
        application_type: ApplicationType::ClientAndServer,
        hosts: vec!["press.local".into(), "10.0.0.7".into()],
    }
}

/// A request with everything that is read of one.
pub(super) fn made(spec: KeySpec, asks_authority: bool) -> Vec<u8> {
    let key = block_on(MemoryKeyStore::default().generate("press", spec)).unwrap();
    let subject = draft::name("Press", "Works").unwrap();
    let names = vec![
        draft::uri("urn:works:press").unwrap(),
        draft::dns_name("press.local").unwrap(),
        draft::ip_address("10.0.0.7".parse().unwrap()).unwrap(),
    ];
    let constraints = BasicConstraints { ca: asks_authority, path_len_constraint: None };
    let extensions: Vec<Extension> = vec![
        draft::extension(&subject, false, &SubjectAltName(names)).unwrap(),
        draft::extension(&subject, true, &constraints).unwrap(),
    ];
    let values = SetOfVec::try_from(vec![Any::encode_from(&extensions).unwrap()]).unwrap();
    let request = Attribute { oid: const_oid::db::rfc5912::ID_EXTENSION_REQ, values };
    let content = CertReqInfo {
        version: Version::V1,
        public_key: SubjectPublicKeyInfo::from_der(key.public_key()).unwrap(),
        attributes: SetOfVec::try_from(vec![request]).unwrap(),
        subject,
    };
    let algorithm = KeyKind::of_der(key.public_key()).and_then(KeyKind::signature_algorithm).unwrap();
    let content = content.to_der().unwrap();
    let signature = block_on(key.sign(algorithm, &content)).unwrap();
    draft::signed(&content, &draft::algorithm_identifier(algorithm).unwrap(), &signature).unwrap()
}
