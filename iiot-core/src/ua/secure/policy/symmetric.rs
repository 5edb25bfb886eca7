//! What secures the chunks of a token: HMAC and AES-CBC with keys stretched from nonces
//! (OPC 10000-6 §6.7.5 and §6.7.6).

use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::ua::secure::SecurityPolicy;
use crate::ua::secure::policy::SymmetricSuite;

/// AES works on blocks of so many bytes.
pub(crate) const BLOCK: usize = 16;

/// The keys of one direction. The libraries that hold them clear them when dropped.
pub(crate) struct DirectionKeys {
    signing: hmac::Key,
    encrypting: EncryptingKey,
    decrypting: DecryptingKey,
    iv: Zeroizing<[u8; BLOCK]>,
}

impl DirectionKeys {
    /// The keys that secure what the owner of the nonce `seed` sends. `None` for the policy None.
    pub(crate) fn derive(policy: SecurityPolicy, secret: &[u8], seed: &[u8]) -> Result<Option<Self>> {
        policy.symmetric().map(|suite| Self::stretch(suite, secret, seed)).transpose()
    }

    fn stretch(suite: &SymmetricSuite, secret: &[u8], seed: &[u8]) -> Result<Self> {
        let material = p_hash(suite.hmac, secret, seed, suite.material());
        Self::from_material(suite, &material)
    }

    /// The keys in `material`: one to sign, one to encrypt, and the initialization vector.
    ///
    /// # Panics
    /// If it is not as long as [`SymmetricSuite::material`] says.
    pub(crate) fn from_material(suite: &SymmetricSuite, material: &[u8]) -> Result<Self> {
        let [signing, encrypting, iv] = suite.parts(material);
        let mut kept_iv = Zeroizing::new([0; BLOCK]);
        kept_iv.copy_from_slice(iv);
        Ok(Self {
            signing: hmac::Key::new(suite.hmac, signing),
            encrypting: EncryptingKey::cbc(aes_key(encrypting)?).map_err(failed)?,
            decrypting: DecryptingKey::cbc(aes_key(encrypting)?).map_err(failed)?,
            iv: kept_iv,
        })
    }

    /// The length of a MAC, in bytes.
    pub(crate) fn mac_length(&self) -> usize {
        self.signing.algorithm().digest_algorithm().output_len()
    }

    /// Writes the MAC of `data` to `mac`, which is [`mac_length`](Self::mac_length) bytes long.
    pub(crate) fn sign(&self, data: &[u8], mac: &mut [u8]) {
        mac.copy_from_slice(hmac::sign(&self.signing, data).as_ref());
    }

    /// Whether `mac` is the MAC of `data`, in constant time.
    pub(crate) fn verifies(&self, data: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.signing, data, mac).is_ok()
    }

    /// Encrypts whole blocks in place.
    pub(crate) fn encrypt(&self, blocks: &mut [u8]) -> Result<()> {
        let context = EncryptionContext::Iv128(FixedLength::from(*self.iv));
        self.encrypting.less_safe_encrypt(blocks, context).map(|_| ()).map_err(failed)
    }

    /// Decrypts whole blocks in place. Fails if the length is no multiple of [`BLOCK`].
    pub(crate) fn decrypt(&self, blocks: &mut [u8]) -> Result<()> {
        let context = DecryptionContext::Iv128(FixedLength::from(*self.iv));
        self.decrypting.decrypt(blocks, context).map(|_| ()).map_err(failed)
    }
}

impl std::fmt::Debug for DirectionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DirectionKeys")
    }
}

/// P_hash of RFC 5246 §5: stretches `secret` and `seed` to `length` bytes.
fn p_hash(hmac: hmac::Algorithm, secret: &[u8], seed: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let key = hmac::Key::new(hmac, secret);
    // Room for the last whole MAC, so that no copy stays behind when the vector would grow.
    let mut material = Zeroizing::new(Vec::with_capacity(length + hmac.digest_algorithm().output_len()));
    let mut chained = hmac::sign(&key, seed);
    while material.len() < length {
        let mut context = hmac::Context::with_key(&key);
        context.update(chained.as_ref());
        context.update(seed);
        material.extend_from_slice(context.sign().as_ref());
        chained = hmac::sign(&key, chained.as_ref());
    }
    material.truncate(length);
    material
}

fn aes_key(bytes: &[u8]) -> Result<UnboundCipherKey> {
    let algorithm = if bytes.len() == 16 { &AES_128 } else { &AES_256 };
    UnboundCipherKey::new(algorithm, bytes).map_err(failed)
}

fn failed(cause: aws_lc_rs::error::Unspecified) -> Error {
    Error::new(ErrorKind::Internal, "secure chunk", "the cipher refused its key or input").because(cause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// The published test vector of P_SHA256 for TLS 1.2 ("test label" with its seed).
    #[test]
    fn nonces_are_stretched_as_tls_1_2_does() {
        let secret = bytes("9bbe436ba940f017b17652849a71db35");
        let mut seed = b"test label".to_vec();
        seed.extend(bytes("a0ba9f936cda311827a6f796ffd5198c"));
        let expected = bytes(concat!(
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a",
            "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab",
            "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701",
            "87347b66"
        ));
        assert_eq!(*p_hash(hmac::HMAC_SHA256, &secret, &seed, 100), expected);
    }

    /// NIST SP 800-38A F.2.5 (CBC-AES256.Encrypt), the first two blocks.
    #[test]
    fn cbc_agrees_with_nist_and_round_trips_in_place() {
        let keys = DirectionKeys {
            signing: hmac::Key::new(hmac::HMAC_SHA256, b"unused"),
            encrypting: EncryptingKey::cbc(aes_key(&bytes(KEY)).unwrap()).unwrap(),
            decrypting: DecryptingKey::cbc(aes_key(&bytes(KEY)).unwrap()).unwrap(),
            iv: Zeroizing::new(std::array::from_fn(|index| index as u8)),
        };
        let plain = bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        let mut data = plain.clone();
        keys.encrypt(&mut data).unwrap();
        assert_eq!(data, bytes("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"));
        keys.decrypt(&mut data).unwrap();
        assert_eq!(data, plain);
        assert!(keys.decrypt(&mut data[..17]).is_err());
    }

    const KEY: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";

    /// RFC 4231 §4.3.
    #[test]
    fn the_mac_is_hmac_sha256() {
        let keys = DirectionKeys { signing: hmac::Key::new(hmac::HMAC_SHA256, b"Jefe"), ..any_keys() };
        let mut mac = [0; 32];
        assert_eq!(keys.mac_length(), mac.len());
        keys.sign(b"what do ya want for nothing?", &mut mac);
        assert_eq!(mac.to_vec(), bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
        assert!(keys.verifies(b"what do ya want for nothing?", &mac));
        mac[31] ^= 1;
        assert!(!keys.verifies(b"what do ya want for nothing?", &mac));
    }

    fn any_keys() -> DirectionKeys {
        DirectionKeys::derive(SecurityPolicy::BASIC256_SHA256, &[1; 32], &[2; 32]).unwrap().unwrap()
    }
}
