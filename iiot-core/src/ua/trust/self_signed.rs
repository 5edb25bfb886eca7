//! Certificates that an application signs for itself (OPC 10000-6 §6.2.2).

use std::net::IpAddr;
use std::time::Duration;

use const_oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use der::Decode;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Validity;
use x509_cert::{SubjectPublicKeyInfo, Version};

use crate::error::{Error, ErrorKind, Result};
use crate::keys::{PrivateKey, SignatureAlgorithm};
use crate::time::UtcTime;
use crate::ua::trust::KeyKind;
use crate::ua::trust::draft::{
    CertificateDraft, algorithm_identifier, application_usage, dns_name, extension, ip_address, key_identifier, name,
    random_serial, signed, time, uri,
};

/// What a self-signed certificate says about its application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateProfile {
    /// The ApplicationUri; the application must use the same one in its ApplicationDescription.
    pub application_uri: String,
    /// The name of the application.
    pub common_name: String,
    /// Who runs it; may be empty.
    pub organization: String,
    /// Host names that it is reached by; servers need one, or an address.
    pub dns_names: Vec<String>,
    /// Addresses that it is reached by.
    pub ip_addresses: Vec<IpAddr>,
    /// From when on it is valid.
    pub valid_from: UtcTime,
    /// For how many days.
    pub valid_days: u32,
}

/// Makes a certificate (DER) for the key, signed by the key itself. Fails with `InvalidArgument` if a
/// name cannot stand in a certificate.
pub async fn self_signed(key: &dyn PrivateKey, profile: &CertificateProfile) -> Result<Vec<u8>> {
    let algorithm = algorithm(key)?;
    let draft = draft(key, algorithm, profile).map_err(unfit)?;
    let content = draft.to_be_signed().map_err(unfit)?;
    let signature = key.sign(algorithm, &content).await?;
    signed(&content, &draft.signature, &signature).map_err(unfit)
}

/// The algorithm that goes with the key.
fn algorithm(key: &dyn PrivateKey) -> Result<SignatureAlgorithm> {
    let kind = KeyKind::of_der(key.public_key());
    kind.and_then(KeyKind::signature_algorithm).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "make certificate", "the key is neither RSA nor on P-256 or P-384")
    })
}

fn draft(
    key: &dyn PrivateKey,
    algorithm: SignatureAlgorithm,
    profile: &CertificateProfile,
) -> der::Result<CertificateDraft> {
    let subject = name(&profile.common_name, &profile.organization)?;
    let subject_public_key_info = SubjectPublicKeyInfo::from_der(key.public_key())?;
    let serial_number = random_serial()?;
    Ok(CertificateDraft {
        version: Version::V3,
        signature: algorithm_identifier(algorithm).ok_or(der::ErrorKind::Failed)?,
        issuer: subject.clone(),
        validity: validity(profile.valid_from, profile.valid_days)?,
        extensions: Some(extensions(&subject, &subject_public_key_info, &serial_number, profile)?),
        serial_number,
        subject,
        subject_public_key_info,
    })
}

pub(crate) fn validity(from: UtcTime, days: u32) -> der::Result<Validity> {
    let until = from + Duration::from_secs(u64::from(days) * 86_400);
    Ok(Validity::new(time(from)?, time(until)?))
}

fn extensions(
    subject: &Name,
    key: &SubjectPublicKeyInfo,
    serial: &SerialNumber,
    profile: &CertificateProfile,
) -> der::Result<Extensions> {
    let key_identifier = key_identifier(key)?;
    let kind = KeyKind::of(key).unwrap_or(KeyKind::Other);
    let usage = application_usage(kind) | KeyUsages::KeyCertSign;
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(key_identifier.clone()),
        authority_cert_issuer: Some(vec![GeneralName::DirectoryName(subject.clone())]),
        authority_cert_serial_number: Some(serial.clone()),
    };
    let constraints = BasicConstraints { ca: false, path_len_constraint: None };
    Ok(vec![
        extension(subject, true, &constraints)?,
        extension(subject, true, &KeyUsage(usage))?,
        extension(subject, false, &ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH]))?,
        extension(subject, false, &SubjectAltName(alternative_names(profile)?))?,
        extension(subject, false, &SubjectKeyIdentifier(key_identifier))?,
        extension(subject, false, &authority)?,
    ])
}

fn alternative_names(profile: &CertificateProfile) -> der::Result<Vec<GeneralName>> {
    let mut names = vec![uri(&profile.application_uri)?];
    for dns in &profile.dns_names {
        names.push(dns_name(dns)?);
    }
    for address in &profile.ip_addresses {
        names.push(ip_address(*address)?);
    }
    Ok(names)
}

fn unfit(cause: der::Error) -> Error {
    let message = "a name, URI or date cannot stand in a certificate: URIs and host names must be ASCII";
    Error::new(ErrorKind::InvalidArgument, "make certificate", message).because(cause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::keys::{KeySpec, KeyStore, MemoryKeyStore};
    use crate::ua::secure::SecurityPolicy;
    use crate::ua::trust::{Certificate, EcCurve, Signature, verify_signature};

    #[tokio::test]
    async fn it_reads_back_as_it_was_asked_for_and_is_signed_by_its_key() {
        let key = MemoryKeyStore::default().generate("edge", KeySpec::Rsa(2048)).await.unwrap();
        let profile = CertificateProfile {
            application_uri: "urn:works:edge".into(),
            common_name: "Edge Ä, \"1\"".into(),
            organization: "Works".into(),
            dns_names: vec!["edge.local".into()],
            ip_addresses: vec!["10.0.0.7".parse().unwrap(), "::1".parse().unwrap()],
            valid_from: UtcTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            valid_days: 365,
        };
        let certificate = Certificate::parse(&self_signed(key.as_ref(), &profile).await.unwrap()).unwrap();
        assert_eq!(certificate.application_uri().as_deref(), Some("urn:works:edge"));
        assert_eq!(certificate.dns_names(), profile.dns_names);
        assert_eq!(certificate.ip_addresses(), profile.ip_addresses);
        assert_eq!(certificate.not_before(), profile.valid_from);
        assert_eq!(certificate.not_after(), profile.valid_from + Duration::from_secs(365 * 86_400));
        assert_eq!(certificate.public_key(), key.public_key());
        assert!(certificate.is_self_issued() && !certificate.is_authority());
        assert!(certificate.subject().contains("O=Works"), "{}", certificate.subject());
        let signature = certificate.x509().signature().raw_bytes();
        SecurityPolicy::BASIC256_SHA256.verify(&certificate, certificate.signed_bytes(), signature).unwrap();
    }

    #[tokio::test]
    async fn a_key_on_a_curve_signs_for_itself_too() {
        for (spec, curve) in [(KeySpec::NistP256, EcCurve::P256), (KeySpec::NistP384, EcCurve::P384)] {
            let key = MemoryKeyStore::default().generate("edge", spec).await.unwrap();
            let profile = CertificateProfile {
                application_uri: "urn:works:edge".into(),
                common_name: "Edge".into(),
                organization: String::new(),
                dns_names: Vec::new(),
                ip_addresses: Vec::new(),
                valid_from: UtcTime::UNIX_EPOCH,
                valid_days: 365,
            };
            let certificate = Certificate::parse(&self_signed(key.as_ref(), &profile).await.unwrap()).unwrap();
            assert_eq!(certificate.key_kind(), Some(KeyKind::Ec(curve)));
            let x509 = certificate.x509();
            let signature = x509.signature().raw_bytes();
            let algorithm = x509.signature_algorithm();
            let outcome = verify_signature(key.public_key(), algorithm, certificate.signed_bytes(), signature);
            assert_eq!(outcome, Signature::Holds);
        }
    }

    #[tokio::test]
    async fn a_uri_that_is_not_ascii_is_refused() {
        let key = MemoryKeyStore::default().generate("edge", KeySpec::Rsa(2048)).await.unwrap();
        let profile = CertificateProfile {
            application_uri: "urn:wörks".into(),
            common_name: "Edge".into(),
            organization: String::new(),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            valid_from: UtcTime::UNIX_EPOCH,
            valid_days: 1,
        };
        assert_eq!(self_signed(key.as_ref(), &profile).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
