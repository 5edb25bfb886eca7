//! Folders of certificates, laid out as applications lay them out.

use std::fs;
use std::path::Path;

use iiot_core::ErrorKind;
use iiot_core::trust::TrustLists;
use iiot_gds::doctor::PkiFolder;
use tempfile::TempDir;

use crate::workshop::WORKSHOP;

/// Puts files of the workshop where they are wanted.
fn lay_out(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in files {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(WORKSHOP.path(from), to).unwrap();
    }
    folder
}

async fn read(folder: &Path) -> PkiFolder {
    PkiFolder::read(folder).await.unwrap()
}

fn expected() -> TrustLists {
    TrustLists {
        trusted_certificates: WORKSHOP.all(&["root"]),
        trusted_crls: WORKSHOP.lists(&["root"]),
        issuer_certificates: WORKSHOP.all(&["issuing"]),
        issuer_crls: WORKSHOP.lists(&["issuing"]),
    }
}

#[tokio::test]
async fn every_usual_layout_is_read() {
    for [trusted, trusted_crl, issuers, issuers_crl, own] in [
        ["trusted/certs", "trusted/crl", "issuers/certs", "issuers/crl", "own/certs"],
        ["trusted/certs", "trusted/crl", "issuer/certs", "issuer/crl", "own/certs"],
        ["Trusted/Certs", "Trusted/CRL", "Issuers/Certificates", "Issuers/CRLs", "Own"],
        ["trusted", "trusted", "issuers", "issuers", "own/certificates"],
    ] {
        let to = |folder: &str, file: &str| format!("{folder}/{file}");
        let folder = lay_out(&[
            ("root.pem", &to(trusted, "root.pem")),
            ("root.crl", &to(trusted_crl, "root.crl")),
            ("issuing.der", &to(issuers, "issuing.der")),
            ("issuing.crl", &to(issuers_crl, "issuing.crl")),
            ("server.der", &to(own, "server.der")),
            ("stranger.der", "rejected/stranger.der"),
        ]);
        let pki = read(folder.path()).await;
        assert_eq!((&pki.lists, &pki.own), (&expected(), &WORKSHOP.all(&["server"])), "{trusted}");
        assert!(pki.unreadable.is_empty(), "{:?}", pki.unreadable);
    }
}

#[tokio::test]
async fn a_folder_without_folders_holds_trusted_ones() {
    let folder = lay_out(&[("root.der", "a.cer"), ("root.crl", "a.crl")]);
    let pki = read(folder.path()).await;
    let expected = TrustLists { issuer_certificates: Vec::new(), issuer_crls: Vec::new(), ..expected() };
    assert_eq!(pki.lists, expected);
}

#[tokio::test]
async fn garbage_is_told_by_name_and_a_missing_folder_is_an_error() {
    let folder = lay_out(&[("root.der", "trusted/certs/root.der"), ("root.key", "trusted/certs/key.pem")]);
    fs::write(folder.path().join("trusted/certs/empty.der"), b"").unwrap();
    fs::write(folder.path().join("trusted/certs/notes.txt"), b"not looked at").unwrap();
    let pki = read(folder.path()).await;
    assert_eq!(pki.lists.trusted_certificates, WORKSHOP.all(&["root"]));
    assert_eq!(pki.unreadable, ["empty.der", "key.pem"]);
    assert_eq!(pki.judge().unreadable, pki.unreadable);
    let missing = PkiFolder::read(folder.path().join("nowhere")).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}
