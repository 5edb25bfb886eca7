//! Neither a passphrase nor a private key stands in any file, record, error or debug output.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use iiot_core::keys::{FsKeyStore, Passphrase};

use super::works::*;
use crate::audit::{MarkedStore, MarksFile};
use crate::authority::AuthorityParts;
use crate::store::open;

const PASSPHRASE: &str = "canary: 4 yellow birds sing";

#[tokio::test(flavor = "multi_thread")]
async fn no_passphrase_and_no_private_key_lies_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let scalar = key_in_clear(folder.path(), "authority-plant");
    let secrets = Secrets { passphrase: PASSPHRASE.into(), scalar };
    assert!(secrets.are_in(&all_files(folder.path())), "the search finds the key while it lies in clear");

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
    assert!(!secrets.are_in(said.as_bytes()), "{said}");
    // Also what is only in the write-ahead log.
    let files = all_files(folder.path());
    assert!(files.len() > 50_000, "there is something to search: {} bytes", files.len());
    assert!(!secrets.are_in(&files));
    drop((authorities, parts, wrong));
    assert!(!secrets.are_in(&all_files(folder.path())));
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

struct Secrets {
    passphrase: Vec<u8>,
    scalar: Vec<u8>,
}

impl Secrets {
    /// Whether one of them stands there: as it is, in hexadecimal, or in Base64, wherever in a line that begins.
    fn are_in(&self, bytes: &[u8]) -> bool {
        let text: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        [&self.passphrase, &self.scalar].into_iter().any(|secret| {
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            let coded =
                (0..3).map(|skip| STANDARD.encode(&secret[skip..skip + (secret.len() - skip) / 3 * 3]).into_bytes());
            let mut forms = coded.chain([hex.to_uppercase().into_bytes(), hex.into_bytes(), secret.clone()]);
            forms.any(|form| contains(bytes, &form) || contains(&text, &form))
        })
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn all_files(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match std::fs::read(&path) {
            _ if path.is_dir() => all.extend(all_files(&path)),
            Ok(bytes) => all.extend(bytes),
            // A draft that has got its name meanwhile.
            Err(cause) => assert_eq!(cause.kind(), std::io::ErrorKind::NotFound, "{}", path.display()),
        }
    }
    all
}
