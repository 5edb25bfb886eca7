//! An authority as the issuer of certificates and revocation lists.

use der::Decode;
use der::asn1::OctetString;
use iiot_core::keys::SignatureAlgorithm;
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::ua::trust::{Certificate, KeyKind, Signature, draft, verify_signature};
use iiot_core::{Error, ErrorKind, Result};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use x509_cert::name::Name;

use super::ToBeSigned;

/// An authority, as its certificate describes it.
#[derive(Debug, Clone)]
pub struct Issuer {
    certificate: Certificate,
    algorithm: SignatureAlgorithm,
    name: Name,
    key_identifier: OctetString,
    path_len: Option<u8>,
    signs_lists: bool,
}

impl Issuer {
    /// The authority of this certificate (DER).
    ///
    /// # Errors
    /// `InvalidArgument` if it is no certificate, not that of an authority that may sign certificates, does not name its
    /// key (`subjectKeyIdentifier`), or its key is neither RSA nor on P-256 or P-384.
    pub fn of(certificate: &[u8]) -> Result<Self> {
        let certificate =
            Certificate::parse(certificate).map_err(|cause| unfit("it is no certificate").because(cause))?;
        let parsed = x509_cert::Certificate::from_der(certificate.der())
            .map_err(|cause| unfit("it is no certificate").because(cause))?;
        let content = parsed.tbs_certificate();
        let unreadable = |cause: der::Error| unfit("one of its extensions cannot be read").because(cause);
        let constraints = content.get_extension::<BasicConstraints>().map_err(unreadable)?.map(|(_, value)| value);
        let usage = content.get_extension::<KeyUsage>().map_err(unreadable)?.map(|(_, value)| value);
        let identifier = content.get_extension::<SubjectKeyIdentifier>().map_err(unreadable)?.map(|(_, value)| value);
        let constraints =
            constraints.filter(|constraints| constraints.ca).ok_or_else(|| unfit("it is no authority's"))?;
        if usage.is_some_and(|usage| !usage.key_cert_sign()) {
            return Err(unfit("its key must not sign certificates"));
        }
        let algorithm = KeyKind::of_der(certificate.public_key()).and_then(KeyKind::signature_algorithm);
        Ok(Self {
            algorithm: algorithm.ok_or_else(|| unfit("its key is neither RSA nor on P-256 or P-384"))?,
            name: content.subject().clone(),
            key_identifier: identifier.ok_or_else(|| unfit("it does not name its key"))?.0,
            path_len: constraints.path_len_constraint,
            signs_lists: usage.is_none_or(|usage| usage.crl_sign()),
            certificate,
        })
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// How its key signs.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Until when it is valid: nothing that it issues lasts longer.
    #[must_use]
    pub fn not_after(&self) -> UtcTime {
        self.certificate.not_after()
    }

    /// How many authorities may follow it in a chain; `None` for any number.
    #[must_use]
    pub fn path_len(&self) -> Option<u8> {
        self.path_len
    }

    /// Whether it may sign revocation lists.
    #[must_use]
    pub fn signs_revocation_lists(&self) -> bool {
        self.signs_lists
    }

    /// Checks that its key made the signature, before anybody gets to see it: a key store may have been restored with
    /// another key of the same name, and a faulty signature can tell of the key.
    ///
    /// # Errors
    /// `Security` if it did not.
    pub fn check(&self, content: &ToBeSigned, signature: &[u8]) -> Result<()> {
        let algorithm = draft::algorithm_identifier(content.algorithm());
        let key = self.certificate.public_key();
        let holds = algorithm
            .is_some_and(|algorithm| verify_signature(key, &algorithm, content.bytes(), signature) == Signature::Holds);
        if holds {
            return Ok(());
        }
        let message = "the signature was not made with the key of this authority; is it another key of the same name?";
        Err(Error::new(ErrorKind::Security, "check signature", message).with("authority", self.certificate.subject()))
    }

    pub(super) fn name(&self) -> &Name {
        &self.name
    }

    /// How its key is named: by those that it signs for, its own `subjectKeyIdentifier`.
    pub(super) fn key_identifier(&self) -> &OctetString {
        &self.key_identifier
    }
}

fn unfit(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "use authority", message).with_status(StatusCode::BadCertificateInvalid)
}
