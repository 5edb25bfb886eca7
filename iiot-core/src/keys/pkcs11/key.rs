//! A key in a token.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use const_oid::db::rfc5912::RSA_ENCRYPTION;
use cryptoki::context::Function;
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use cryptoki::types::Ulong;
use der::asn1::{AnyRef, BitString, Null, UintRef};
use der::{Encode, Tag};
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::ecdsa::Description;
use super::token::Token;
use super::{Outcome, ecdsa, label};
use crate::error::{Error, ErrorKind, Result};
use crate::keys::curve::Curve;
use crate::keys::ec::decrypts_nothing;
use crate::keys::rsa::no_ecdsa;
use crate::keys::{DecryptionAlgorithm, PrivateKey, SignatureAlgorithm, off_thread};
use crate::ua::StatusCode;

pub(super) struct TokenKey {
    place: Arc<Place>,
    public: Vec<u8>,
    /// Some tokens, SoftHSM among them, take OAEP with SHA-1 only.
    decrypts_sha256: bool,
}

/// Where the key lies. A handle ends with the login, so it is looked up each time; with the modulus or, on a curve, the
/// id, so that another key that has taken the name is not mistaken for this one.
#[derive(Debug)]
struct Place {
    token: Arc<Token>,
    description: [Attribute; 3],
    /// `None` for RSA.
    curve: Option<Curve>,
}

impl TokenKey {
    pub(super) fn read(token: &Arc<Token>, name: &str, handle: ObjectHandle) -> Result<Self> {
        let read = |session: &Session| session.get_attributes(handle, &[AttributeType::KeyType]);
        let kind = token.with_session("read public key", read)?;
        if kind.contains(&Attribute::KeyType(KeyType::EC)) {
            Self::read_ec(token, name, handle)
        } else {
            Self::read_rsa(token, name, handle)
        }
    }

    fn read_rsa(token: &Arc<Token>, name: &str, handle: ObjectHandle) -> Result<Self> {
        let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
        let halves = token.with_session("read public key", |session| session.get_attributes(handle, &wanted))?;
        let (mut modulus, mut exponent) = (Vec::new(), Vec::new());
        for attribute in halves {
            match attribute {
                Attribute::Modulus(bytes) => modulus = bytes,
                Attribute::PublicExponent(bytes) => exponent = bytes,
                _ => {}
            }
        }
        let public = subject_public_key_info(&modulus, &exponent).map_err(|cause| unknown_kind(name).because(cause))?;
        let block = vec![0; modulus.len()];
        let place = Place::new(token, name, Attribute::Modulus(modulus), None);
        let trial = place.decrypt(DecryptionAlgorithm::RsaOaepSha256, &block);
        let decrypts_sha256 = !trial.is_err_and(|error| error.kind() == ErrorKind::Unsupported);
        Ok(Self { place: Arc::new(place), public, decrypts_sha256 })
    }

    fn read_ec(token: &Arc<Token>, name: &str, handle: ObjectHandle) -> Result<Self> {
        let read = |session: &Session| ecdsa::read(session, name, handle);
        let Description { curve, id, point } = token.with_session("read public key", read)?;
        let curve = curve.ok_or_else(|| unknown_kind(name))?;
        let point = point.ok_or_else(|| without_public_half(name))?;
        let public = ecdsa::subject_public_key_info(curve, &point);
        let public = public.map_err(|cause| without_public_half(name).because(cause))?;
        let place = Place::new(token, name, Attribute::Id(id), Some(curve));
        Ok(Self { place: Arc::new(place), public, decrypts_sha256: false })
    }
}

impl Place {
    fn new(token: &Arc<Token>, name: &str, own: Attribute, curve: Option<Curve>) -> Self {
        let description = [Attribute::Class(ObjectClass::PRIVATE_KEY), label(name), own];
        Self { token: Arc::clone(token), description, curve }
    }

    fn decrypt(&self, algorithm: DecryptionAlgorithm, block: &[u8]) -> Result<Vec<u8>> {
        if self.curve.is_some() {
            return Err(decrypts_nothing());
        }
        let (hash, mask) = match algorithm {
            DecryptionAlgorithm::RsaOaepSha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
            DecryptionAlgorithm::RsaOaepSha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
            // Tokens tell wrong padding apart, by their answers or by time.
            DecryptionAlgorithm::RsaPkcs1V15 => {
                return Err(Error::new(ErrorKind::Unsupported, "decrypt", "tokens do not hide wrong padding"));
            }
        };
        let mechanism = Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mask, PkcsOaepSource::empty()));
        let work = |session: &Session| session.decrypt(&mechanism, self.handle(session)?, block);
        self.token.with_session("decrypt", work).map_err(refused)
    }

    fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        match self.curve {
            Some(curve) => self.sign_ecdsa(curve, algorithm, data),
            None => self.sign_rsa(algorithm, data),
        }
    }

    fn sign_ecdsa(&self, curve: Curve, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        curve.check(algorithm)?;
        let work = |session: &Session| ecdsa::sign(session, self.handle(session)?, curve, data);
        ecdsa::signature(&self.token.with_session("sign", work)?).map_err(|cause| {
            Error::new(ErrorKind::Protocol, "sign", "the token gave no two numbers of one length").because(cause)
        })
    }

    fn sign_rsa(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        let mechanism = match algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => Mechanism::Sha256RsaPkcs,
            SignatureAlgorithm::RsaPkcs1Sha1 => Mechanism::Sha1RsaPkcs,
            SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::EcdsaSha384 => return Err(no_ecdsa(algorithm)),
            SignatureAlgorithm::RsaPssSha256 => Mechanism::Sha256RsaPkcsPss(PkcsPssParams {
                hash_alg: MechanismType::SHA256,
                mgf: PkcsMgfType::MGF1_SHA256,
                s_len: Ulong::try_from(SHA256_LENGTH).expect("it is a small number"),
            }),
        };
        self.token.with_session("sign", |session| session.sign(&mechanism, self.handle(session)?, data))
    }

    fn handle(&self, session: &Session) -> Outcome<ObjectHandle> {
        let found = session.find_objects(&self.description)?;
        found.first().copied().ok_or(Pkcs11Error::Pkcs11(RvError::KeyHandleInvalid, Function::FindObjects))
    }
}

#[async_trait]
impl PrivateKey for TokenKey {
    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn supports(&self, algorithm: DecryptionAlgorithm) -> bool {
        match algorithm {
            DecryptionAlgorithm::RsaOaepSha1 => self.place.curve.is_none(),
            DecryptionAlgorithm::RsaOaepSha256 => self.decrypts_sha256,
            DecryptionAlgorithm::RsaPkcs1V15 => false,
        }
    }

    async fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        let (place, data) = (Arc::clone(&self.place), data.to_vec());
        off_thread(move || place.sign(algorithm, &data)).await
    }

    async fn decrypt(&self, algorithm: DecryptionAlgorithm, block: &[u8]) -> Result<Vec<u8>> {
        let (place, block) = (Arc::clone(&self.place), block.to_vec());
        off_thread(move || place.decrypt(algorithm, &block)).await
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenKey").field(&self.place).finish()
    }
}

/// The salt of a signature is as long as the hash (OPC 10000-7, Aes256_Sha256_RsaPss).
const SHA256_LENGTH: usize = 32;

/// Tokens tell wrong padding in many ways, and nobody may learn which it was.
fn refused(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unsupported | ErrorKind::Unavailable | ErrorKind::Unauthenticated | ErrorKind::NotFound => error,
        _ => Error::new(ErrorKind::Security, "decrypt", "it was not encrypted for this key")
            .with_status(StatusCode::BadSecurityChecksFailed),
    }
}

fn unknown_kind(name: &str) -> Error {
    let message = "the key of this name in the token is neither RSA nor on P-256 or P-384";
    Error::new(ErrorKind::Unsupported, "read public key", message).with("key", name)
}

fn without_public_half(name: &str) -> Error {
    let message = "the token has no public key of the same label and id, which would tell the point of this key";
    Error::new(ErrorKind::Unsupported, "read public key", message).with("key", name)
}

fn subject_public_key_info(modulus: &[u8], exponent: &[u8]) -> der::Result<Vec<u8>> {
    let numbers = [UintRef::new(modulus)?.to_der()?, UintRef::new(exponent)?.to_der()?].concat();
    let key = AnyRef::new(Tag::Sequence, &numbers)?.to_der()?;
    SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid: RSA_ENCRYPTION, parameters: Some(Null.into()) },
        subject_public_key: BitString::from_bytes(&key)?,
    }
    .to_der()
}
