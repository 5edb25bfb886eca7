//! What a policy does with the public key of the other side.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaParameters,
};

use crate::error::{Error, ErrorKind, Result};
use crate::keys::{DecryptionAlgorithm, SignatureAlgorithm};
use crate::ua::StatusCode;
use crate::ua::secure::SecurityPolicy;
use crate::ua::trust::Certificate;

/// A public key ready for the algorithms of one policy.
#[derive(Debug)]
pub(crate) struct RemoteKey {
    encrypting: Encrypting,
    verifying: ParsedPublicKey,
}

#[derive(Debug)]
enum Encrypting {
    Oaep(OaepPublicEncryptingKey, &'static OaepAlgorithm),
    Pkcs1(Pkcs1PublicEncryptingKey),
}

impl RemoteKey {
    /// Prepares a SubjectPublicKeyInfo (DER). Fails if the key is no RSA key, too short, or the policy is None.
    pub(crate) fn new(policy: SecurityPolicy, public_key: &[u8]) -> Result<Self> {
        let (Some(signature), Some(decryption)) = (policy.sign_algorithm(), policy.decrypt_algorithm()) else {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                OPERATION,
                "the policy None has no public key algorithms",
            ));
        };
        let verification = verification(signature).ok_or_else(|| unfit(policy))?;
        let key = PublicEncryptingKey::from_der(public_key).map_err(|cause| unfit(policy).because(cause))?;
        Ok(Self {
            encrypting: Encrypting::new(key, decryption).map_err(|cause| unfit(policy).because(cause))?,
            verifying: ParsedPublicKey::new(verification, public_key).map_err(|cause| unfit(policy).because(cause))?,
        })
    }

    /// The length of the modulus, of a signature and of a cipher block, in bytes.
    pub(crate) fn block_length(&self) -> usize {
        match &self.encrypting {
            Encrypting::Oaep(key, _) => key.key_size_bytes(),
            Encrypting::Pkcs1(key) => key.key_size_bytes(),
        }
    }

    /// How much plain text one cipher block holds, in bytes.
    pub(crate) fn plain_length(&self) -> usize {
        match &self.encrypting {
            Encrypting::Oaep(key, algorithm) => key.max_plaintext_size(algorithm),
            Encrypting::Pkcs1(key) => key.max_plaintext_size(),
        }
    }

    /// Encrypts block by block.
    pub(crate) fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let blocks = plain.chunks(self.plain_length());
        let mut sealed = vec![0; blocks.len() * self.block_length()];
        for (from, into) in blocks.zip(sealed.chunks_mut(self.block_length())) {
            self.encrypting
                .encrypt(from, into)
                .map_err(|cause| Error::new(ErrorKind::Internal, OPERATION, "RSA failed").because(cause))?;
        }
        Ok(sealed)
    }

    /// Whether `signature` over `data` was made with the private half.
    pub(crate) fn verify(&self, data: &[u8], signature: &[u8]) -> Result<()> {
        self.verifying.verify_sig(data, signature).map_err(|_| {
            Error::new(ErrorKind::Security, "verify signature", "it was not made with the key of the certificate")
                .with_status(StatusCode::BadApplicationSignatureInvalid)
        })
    }
}

impl Encrypting {
    fn new(key: PublicEncryptingKey, algorithm: DecryptionAlgorithm) -> Result<Self, Unspecified> {
        let oaep = match algorithm {
            DecryptionAlgorithm::RsaOaepSha1 => &OAEP_SHA1_MGF1SHA1,
            DecryptionAlgorithm::RsaOaepSha256 => &OAEP_SHA256_MGF1SHA256,
            DecryptionAlgorithm::RsaPkcs1V15 => return Ok(Self::Pkcs1(Pkcs1PublicEncryptingKey::new(key)?)),
        };
        Ok(Self::Oaep(OaepPublicEncryptingKey::new(key)?, oaep))
    }

    fn encrypt(&self, plain: &[u8], sealed: &mut [u8]) -> Result<(), Unspecified> {
        match self {
            Self::Oaep(key, algorithm) => key.encrypt(algorithm, plain, sealed, None).map(drop),
            Self::Pkcs1(key) => key.encrypt(plain, sealed).map(drop),
        }
    }
}

impl SecurityPolicy {
    /// Encrypts `plain` for the owner of a public key (SubjectPublicKeyInfo, DER), block by block.
    /// Fails for the policy None and for keys that the policy does not allow.
    pub fn encrypt(self, public_key: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        RemoteKey::new(self, public_key)?.encrypt(plain)
    }

    /// Checks that `signature` over `data` was made with the key of `certificate`.
    /// Fails with `BadApplicationSignatureInvalid`.
    pub fn verify(self, certificate: &Certificate, data: &[u8], signature: &[u8]) -> Result<()> {
        self.verify_with(certificate.public_key(), data, signature)
    }

    /// Like [`verify`](Self::verify), with a public key (SubjectPublicKeyInfo, DER).
    pub fn verify_with(self, public_key: &[u8], data: &[u8], signature: &[u8]) -> Result<()> {
        RemoteKey::new(self, public_key)?.verify(data, signature)
    }
}

const OPERATION: &str = "encrypt for the other side";

fn unfit(policy: SecurityPolicy) -> Error {
    Error::new(ErrorKind::Security, OPERATION, "the certificate's key is no RSA key of 2048 to 8192 bits")
        .with("policy", policy)
        .with_status(StatusCode::BadCertificatePolicyCheckFailed)
}

fn verification(algorithm: SignatureAlgorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        SignatureAlgorithm::RsaPssSha256 => Some(&RSA_PSS_2048_8192_SHA256),
        SignatureAlgorithm::RsaPkcs1Sha1 => Some(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        // No policy here signs so.
        SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::EcdsaSha384 => None,
    }
}
