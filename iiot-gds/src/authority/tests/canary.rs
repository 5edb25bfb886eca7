//! Neither a passphrase nor a private key stands in any file, record, error or debug output.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use iiot_core::keys::{FsKeyStore, Passphrase};
use iiot_core::testing::Canaries;

use super::works::*;
use crate::audit::{MarkedStore, MarksFile};
use crate::authority::AuthorityParts;
use crate::store::open;

const PASSPHRASE: &str = "canary: 4 yellow birds sing";

#[tokio::test(flavor = "multi_thread")]
async fn no_passphrase_and_no_private_key_lies_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let scalar = key_in_clear(folder.path(), "authority-plant");
    let mut secrets = Canaries::default();
    secrets.add("the passphrase", PASSPHRASE.as_bytes());
    secrets.add("the key", &scalar);
    let in_clear = std::fs::read(folder.path().join("keys/authority-plant.pem")).unwrap();
    assert_eq!(secrets.found_in(&in_clear), Some("the key"), "the search finds the key while it lies in clear");

    let parts = parts_in(folder.path(), PASSPHRASE).await;
    let authorities = opened(&parts).await;
    let key = application_key().await;
    live(&authorities, &key).await.unwrap();
    let wrong = opened(&parts_in(folder.path(), "wrong").await).await;
    let refused = wrong.publish("plant", "rita").await.unwrap_err();
    let mut said = format!("{authorities:?} {parts:?} {refused:?} {refused} {}", refused.report());
    for entry in parts.store.audit(0, 1_000).await.unwrap() {
        said.push_str(&entry.event);
    }
    assert!(said.contains("certificate.issued"), "there is something to search");
    assert_eq!(secrets.found_in(said.as_bytes()), None, "{said}");
    // Also what is only in the write-ahead log.
    let searched = secrets.are_not_below(folder.path());
    assert!(searched > 50_000, "there is something to search: {searched} bytes");
    drop((authorities, parts, wrong));
    secrets.are_not_below(folder.path());
}

async fn parts_in(folder: &Path, passphrase: &str) -> AuthorityParts {
    let store = open(&format!("sqlite:{}", folder.join("gds.db").display())).await.unwrap();
    let (marks, clock) = (MarksFile::new(folder.join("marks.json")), parts().0.clock);
    let store = match passphrase {
        PASSPHRASE => Arc::new(MarkedStore::open(store, marks, Arc::clone(&clock)).await.unwrap()) as _,
        _ => store,
    };
    let keys = FsKeyStore::encrypted(folder.join("keys"), Passphrase::new(passphrase).unwrap());
    AuthorityParts { store, keys: Arc::new(keys), clock }
}

/// A key on P-256 that OpenSSL has made and that lies in clear, to be sealed when it is opened; returns its number.
fn key_in_clear(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::create_dir(folder.join("keys")).unwrap();
    let path = folder.join("keys").join(format!("{name}.pem"));
    let make = ["genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out"];
    assert!(Command::new("openssl").args(make).arg(&path).status().unwrap().success());
    let show = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"];
    let der = Command::new("openssl").args(show).arg(&path).output().unwrap().stdout;
    // ECPrivateKey (RFC 5915): version 1, then an octet string of 32 bytes.
    let before = [2, 1, 1, 4, 32];
    let place = der.windows(before.len()).position(|part| part == before).unwrap() + before.len();
    der[place..place + 32].to_vec()
}
