//! Bytes that a key of an authority is to sign.

use std::fmt;

use der::{Decode, Reader, SliceReader, Tag};
use iiot_core::keys::SignatureAlgorithm;
use iiot_core::ua::trust::draft;
use iiot_core::{Error, ErrorKind, Result};
use x509_cert::AlgorithmIdentifier;

/// The bytes of a certificate or revocation list that its issuer signs.
///
/// They name the algorithm, so they are all that must be on record to sign them again.
#[derive(Clone, PartialEq, Eq)]
pub struct ToBeSigned {
    bytes: Vec<u8>,
    algorithm: SignatureAlgorithm,
}

impl ToBeSigned {
    pub(super) fn new(bytes: Vec<u8>, algorithm: SignatureAlgorithm) -> Self {
        Self { bytes, algorithm }
    }

    /// What was on record.
    ///
    /// # Errors
    /// `Corrupt` if it is neither of a certificate nor of a revocation list, or signed by another algorithm than
    /// authorities use here.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let algorithm = algorithm(bytes).map_err(|cause| corrupt().because(cause))?;
        Ok(Self { bytes: bytes.to_vec(), algorithm: known(&algorithm).ok_or_else(corrupt)? })
    }

    /// The bytes (DER).
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes (DER).
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How to sign them.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The certificate or revocation list (DER), with this signature over [`bytes`](Self::bytes). Whether the signature
    /// holds [`Issuer::check`](super::Issuer::check) tells.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn signed(&self, signature: &[u8]) -> Result<Vec<u8>> {
        let algorithm = draft::algorithm_identifier(self.algorithm).ok_or_else(corrupt)?;
        draft::signed(&self.bytes, &algorithm, signature).map_err(|cause| corrupt().because(cause))
    }
}

/// Certificates name their version in a tag of its own, which is left out here; revocation lists do in a plain number.
fn algorithm(bytes: &[u8]) -> der::Result<AlgorithmIdentifier> {
    let mut reader = SliceReader::new(bytes)?;
    let content = <&der::asn1::SequenceRef>::decode(&mut reader)?;
    reader.finish()?;
    let mut reader = SliceReader::new(content.as_bytes())?;
    let is_certificate = Tag::peek(&reader)?.is_context_specific();
    let before = if is_certificate { 2 } else { 1 };
    for _ in 0..before {
        reader.tlv_bytes()?;
    }
    AlgorithmIdentifier::decode(&mut reader)
}

fn known(algorithm: &AlgorithmIdentifier) -> Option<SignatureAlgorithm> {
    let known = [SignatureAlgorithm::RsaPkcs1Sha256, SignatureAlgorithm::EcdsaSha256, SignatureAlgorithm::EcdsaSha384];
    known.into_iter().find(|known| draft::algorithm_identifier(*known).as_ref() == Some(algorithm))
}

fn corrupt() -> Error {
    let message = "the bytes are not those of a certificate or revocation list that was to be signed here";
    Error::new(ErrorKind::Corrupt, "read what is to be signed", message)
}

impl fmt::Debug for ToBeSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToBeSigned({} bytes, {:?})", self.bytes.len(), self.algorithm)
    }
}
