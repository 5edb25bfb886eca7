#![allow(clippy::unwrap_used)]

use cryptoki::object::AttributeType;

use super::*;
use crate::testing::{SOFTHSM_PIN, SOFTHSM_TOKEN, conformance, softhsm_store, with_softhsm};

/// The tests here run one after the other, because they share the one token of their process.
#[tokio::test]
async fn a_token_is_a_key_store() {
    let folder = tempfile::tempdir().unwrap();
    if !with_softhsm(folder.path(), "keys::pkcs11::tests::a_token_is_a_key_store") {
        return;
    }
    let store = softhsm_store(SOFTHSM_TOKEN, SOFTHSM_PIN);
    conformance::key_store(&store).await;
    keys_cannot_leave(&store);
    a_lost_session_is_renewed(&store).await;
    a_token_that_is_not_there_is_named_with_those_that_are().await;
    a_name_fits_a_label(&store).await;
}

fn keys_cannot_leave(store: &Pkcs11KeyStore) {
    let secret = store.token.with_session("read key", |session| {
        let key = find(session, Some("edge"))?[0];
        session.get_attributes(key, &[AttributeType::PrivateExponent, AttributeType::Prime1])
    });
    assert!(secret.unwrap().is_empty(), "the token gives no secret half");
}

async fn a_lost_session_is_renewed(store: &Pkcs11KeyStore) {
    let key = store.open("edge").await.unwrap().unwrap();
    store.token.with_session("log out", Session::logout).unwrap();
    let signature = key.sign(crate::keys::SignatureAlgorithm::RsaPkcs1Sha256, b"data").await;
    assert_eq!(signature.unwrap().len(), 256);
    store.remove("edge").await.unwrap();
    store.generate("edge", KeySpec::Rsa(2048)).await.unwrap();
    let error = key.sign(crate::keys::SignatureAlgorithm::RsaPkcs1Sha256, b"data").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "another key of the same name is not this one");
}

async fn a_token_that_is_not_there_is_named_with_those_that_are() {
    let error = softhsm_store("other", SOFTHSM_PIN).names().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("[iiot]"), "{error}");
}

async fn a_name_fits_a_label(store: &Pkcs11KeyStore) {
    for name in ["", "a\nb", &"x".repeat(65)] {
        assert_eq!(store.open(name).await.unwrap_err().kind(), ErrorKind::InvalidArgument, "{name:?}");
    }
}

#[tokio::test]
async fn a_wrong_pin_is_tried_once() {
    let folder = tempfile::tempdir().unwrap();
    if !with_softhsm(folder.path(), "keys::pkcs11::tests::a_wrong_pin_is_tried_once") {
        return;
    }
    let store = softhsm_store(SOFTHSM_TOKEN, "0000");
    assert_eq!(store.names().await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    // Another store logs the process in; the first would now succeed if it asked again.
    softhsm_store(SOFTHSM_TOKEN, SOFTHSM_PIN).names().await.unwrap();
    let error = store.names().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(!format!("{error:?} {store:?}").contains("0000"), "{error:?}");
}

#[tokio::test]
async fn a_module_that_is_none_is_named() {
    let pin = Passphrase::new("1").unwrap();
    let options = Pkcs11Options { module: "/no/such/module.so".into(), token: "iiot".into(), pin };
    let error = Pkcs11KeyStore::new(options).names().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/no/such/module.so"), "{error}");
}
