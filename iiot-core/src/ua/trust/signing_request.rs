//! Requests for certificates (PKCS #10, RFC 2986), as an application sends them to an authority.

use std::net::IpAddr;

use const_oid::db::rfc5912::ID_EXTENSION_REQ;
use der::asn1::{Any, SetOfVec};
use der::{Decode, Encode};
use x509_cert::SubjectPublicKeyInfo;
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::request::{CertReqInfo, Version};

use crate::error::{Error, ErrorKind, Result};
use crate::keys::PrivateKey;
use crate::ua::trust::KeyKind;
use crate::ua::trust::draft::{algorithm_identifier, dns_name, extension, ip_address, name, signed, uri};

/// What a request says about its application. The authority decides what of it stands in the certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedNames {
    /// The ApplicationUri.
    pub application_uri: String,
    /// The name of the application.
    pub common_name: String,
    /// Who runs it; may be empty.
    pub organization: String,
    /// Host names that it is reached by; servers need one, or an address.
    pub dns_names: Vec<String>,
    /// Addresses that it is reached by.
    pub ip_addresses: Vec<IpAddr>,
}

/// Makes a request (DER) for a certificate of this key, signed with the key. Fails with `InvalidArgument` if a name cannot
/// stand in a certificate.
pub async fn signing_request(key: &dyn PrivateKey, names: &RequestedNames) -> Result<Vec<u8>> {
    let algorithm = KeyKind::of_der(key.public_key()).and_then(KeyKind::signature_algorithm);
    let named = algorithm.and_then(|algorithm| Some((algorithm, algorithm_identifier(algorithm)?)));
    let (algorithm, identifier) = named
        .ok_or_else(|| Error::new(ErrorKind::Unsupported, MAKE, "the key is neither RSA nor on P-256 or P-384"))?;
    let content = content(key.public_key(), names).map_err(unfit)?;
    let signature = key.sign(algorithm, &content).await?;
    signed(&content, &identifier, &signature).map_err(unfit)
}

fn content(public_key: &[u8], names: &RequestedNames) -> der::Result<Vec<u8>> {
    let subject = name(&names.common_name, &names.organization)?;
    let mut alternative = vec![uri(&names.application_uri)?];
    for name in &names.dns_names {
        alternative.push(dns_name(name)?);
    }
    for address in &names.ip_addresses {
        alternative.push(ip_address(*address)?);
    }
    let extensions = vec![extension(&subject, false, &SubjectAltName(alternative))?];
    let values = SetOfVec::try_from(vec![Any::encode_from(&extensions)?])?;
    let attributes = SetOfVec::try_from(vec![Attribute { oid: ID_EXTENSION_REQ, values }])?;
    let public_key = SubjectPublicKeyInfo::from_der(public_key)?;
    CertReqInfo { version: Version::V1, subject, public_key, attributes }.to_der()
}

fn unfit(cause: der::Error) -> Error {
    let message = "a name or URI cannot stand in a certificate: URIs and host names must be ASCII";
    Error::new(ErrorKind::InvalidArgument, MAKE, message).because(cause)
}

const MAKE: &str = "make request for a certificate";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::Command;

    use super::*;
    use crate::keys::{KeySpec, KeyStore, MemoryKeyStore};

    #[tokio::test]
    async fn openssl_reads_what_it_asks_for_and_that_its_sender_has_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let names = RequestedNames {
            application_uri: "urn:works:edge".into(),
            common_name: "Edge Ä".into(),
            organization: "Works".into(),
            dns_names: vec!["edge.local".into()],
            ip_addresses: vec!["10.0.0.7".parse().unwrap()],
        };
        for spec in [KeySpec::Rsa(2048), KeySpec::NistP256, KeySpec::NistP384] {
            let key = MemoryKeyStore::default().generate("edge", spec).await.unwrap();
            let file = folder.path().join("request.der");
            std::fs::write(&file, signing_request(key.as_ref(), &names).await.unwrap()).unwrap();
            let arguments = ["req", "-inform", "DER", "-noout", "-verify", "-text", "-in"];
            let output = Command::new("openssl").args(arguments).arg(&file).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{spec:?}: {text}");
            for part in ["URI:urn:works:edge", "DNS:edge.local", "IP Address:10.0.0.7", "O = Works"] {
                assert!(text.contains(part), "{spec:?}, {part}: {text}");
            }
        }
    }

    #[tokio::test]
    async fn a_uri_that_is_not_ascii_is_refused() {
        let key = MemoryKeyStore::default().generate("edge", KeySpec::NistP256).await.unwrap();
        let names = RequestedNames { application_uri: "urn:wörks".into(), ..RequestedNames::default() };
        assert_eq!(signing_request(key.as_ref(), &names).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
