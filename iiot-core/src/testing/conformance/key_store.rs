//! The contract of [`KeyStore`].

use crate::error::ErrorKind;
use crate::keys::{DecryptionAlgorithm, KeySpec, KeyStore, PrivateKey, SignatureAlgorithm};
use crate::ua::secure::SecurityPolicy;
use crate::ua::trust::draft::algorithm_identifier;
use crate::ua::trust::{KeyKind, Signature, verify_signature};

/// Checks an empty key store. Panics where it does not keep the contract.
pub async fn key_store(store: &dyn KeyStore) {
    absent_keys_are_none(store).await;
    made_keys_are_found_again(store).await;
    keys_sign_and_decrypt_for_their_public_half(store).await;
    removed_keys_are_gone(store).await;
    keys_on_curves_sign_as_x509_wants_it(store).await;
}

async fn absent_keys_are_none(store: &dyn KeyStore) {
    assert!(store.names().await.expect("an empty store lists nothing").is_empty());
    assert!(store.open("edge").await.expect("an absent key is no error").is_none());
    let error = store.remove("edge").await.expect_err("there is nothing to remove");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

async fn made_keys_are_found_again(store: &dyn KeyStore) {
    let made = store.generate("edge", KeySpec::Rsa(2048)).await.expect("a key is made");
    store.generate("cloud.2", KeySpec::Rsa(2048)).await.expect("a second key is made");
    let error = store.generate("edge", KeySpec::Rsa(2048)).await.expect_err("the name is taken");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(store.names().await.expect("the store lists its keys"), ["cloud.2", "edge"]);
    assert_eq!(opened(store, "edge").await.public_key(), made.public_key(), "the first key is untouched");
    let error = store.generate("short", KeySpec::Rsa(1024)).await.expect_err("the key would be too short");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

async fn keys_sign_and_decrypt_for_their_public_half(store: &dyn KeyStore) {
    let key = opened(store, "edge").await;
    for policy in SecurityPolicy::ALL.iter().filter(|policy| !policy.is_none()) {
        let (sign, decrypt) = (policy.sign_algorithm(), policy.decrypt_algorithm());
        let signature = key.sign(sign.expect("the policy signs"), b"data").await.expect("the key signs");
        policy.verify_with(key.public_key(), b"data", &signature).expect("the signature verifies");
        policy.verify_with(key.public_key(), b"date", &signature).expect_err("other data does not verify");
        let decrypt = decrypt.expect("the policy decrypts");
        let block = policy.encrypt(key.public_key(), b"secret").expect("the public half encrypts");
        if !key.supports(decrypt) {
            let error = key.decrypt(decrypt, &block).await.expect_err("the key says that it cannot");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            continue;
        }
        assert_eq!(key.decrypt(decrypt, &block).await.expect("the key decrypts"), b"secret");
        key.decrypt(decrypt, &vec![1; block.len()]).await.expect_err("a foreign block does not decrypt");
    }
}

/// Signatures are checked as certificates are.
async fn keys_on_curves_sign_as_x509_wants_it(store: &dyn KeyStore) {
    let rsa = opened(store, "cloud.2").await;
    let brainpool = [("brainpool-256", KeySpec::BrainpoolP256r1), ("brainpool-384", KeySpec::BrainpoolP384r1)];
    let built = if cfg!(feature = "brainpool") { &brainpool[..] } else { &[] };
    for (name, spec) in [("curve-256", KeySpec::NistP256), ("curve-384", KeySpec::NistP384)].iter().chain(built) {
        let made = store.generate(name, *spec).await.expect("a key is made");
        let key = opened(store, name).await;
        assert_eq!(key.public_key(), made.public_key(), "it is the same key");
        let kind = KeyKind::of_der(key.public_key()).expect("its public half can be read");
        let algorithm = kind.signature_algorithm().expect("keys on this curve sign certificates");
        let identifier = algorithm_identifier(algorithm).expect("certificates can name it");
        let signature = key.sign(algorithm, b"data").await.expect("the key signs");
        let check = |data: &[u8]| verify_signature(key.public_key(), &identifier, data, &signature);
        assert_eq!((check(b"data"), check(b"date")), (Signature::Holds, Signature::Wrong));
        keys_refuse_what_other_kinds_do(key.as_ref(), algorithm).await;
        let error = rsa.sign(algorithm, b"data").await.expect_err("RSA keys make no such signatures");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        store.remove(name).await.expect("the key is removed");
    }
}

async fn keys_refuse_what_other_kinds_do(key: &dyn PrivateKey, own: SignatureAlgorithm) {
    use SignatureAlgorithm::{EcdsaSha256, EcdsaSha384, RsaPkcs1Sha256, RsaPssSha256};
    for other in [RsaPkcs1Sha256, RsaPssSha256, EcdsaSha256, EcdsaSha384] {
        if other != own {
            let error = key.sign(other, b"data").await.expect_err("it is no algorithm of such a key");
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{other:?}");
        }
    }
    let decrypt = DecryptionAlgorithm::RsaOaepSha256;
    assert!(!key.supports(decrypt), "keys on curves only sign");
    let error = key.decrypt(decrypt, &[1; 256]).await.expect_err("keys on curves only sign");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

async fn removed_keys_are_gone(store: &dyn KeyStore) {
    store.remove("edge").await.expect("the key is removed");
    assert!(store.open("edge").await.expect("an absent key is no error").is_none());
    assert_eq!(store.names().await.expect("the store lists its keys"), ["cloud.2"]);
    store.generate("edge", KeySpec::Rsa(2048)).await.expect("the name is free again");
}

async fn opened(store: &dyn KeyStore, name: &str) -> std::sync::Arc<dyn PrivateKey> {
    store.open(name).await.expect("the store opens keys").expect("the key is there")
}
