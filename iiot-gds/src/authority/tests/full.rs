//! A full disk: no signature without a record, nothing more until there is room and all is opened again.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::testing::Process;

use super::faulty::{Fuse, behind};
use super::invariants::check;
use super::kill::{FOLDER, SIGNED, parts, signed};
use super::works::{application_key, certify, opened, set_up};
use crate::authority::Authorities;
use crate::store::RevocationReason;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_signing_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    // Files of one MiB at most, and an error instead of a signal beyond that.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" --exact authority::tests::full::a_life --nocapture"]);
    command.arg(std::env::current_exe().unwrap()).env(FOLDER, folder.path());
    let mut process = Process::start(&mut command).unwrap();
    let status = tokio::task::block_in_place(|| process.wait(Duration::from_secs(120)));
    assert!(status.is_some_and(|status| status.success()), "{}", process.said());
    let issued: usize = process.expect_line("ISSUED ", Duration::ZERO).unwrap().parse().unwrap();
    assert!(issued > 2, "{issued}");

    let parts = parts(folder.path(), &address(folder.path())).await;
    let authorities = opened(&behind(&Fuse::with_file(&folder.path().join(SIGNED)), &parts)).await;
    assert!(authorities.recover().await.unwrap().is_complete());
    for number in 0..issued {
        authorities.finish_request(&format!("r{number}")).await.unwrap();
    }
    let last = certify(&authorities, "last", &application_key().await).await.unwrap();
    authorities.revoke(&last.issuer, &last.serial, RevocationReason::Superseded, "rita").await.unwrap();
    check(&parts, &signed(folder.path())).await;
}

/// Run by the test above in a process of its own: issues until the disk is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_life() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    if std::env::var(super::kill::ADDRESS).is_ok() {
        return;
    }
    let folder = Path::new(&folder);
    let fuse = Fuse::with_file(&folder.join(SIGNED));
    let authorities = opened(&behind(&fuse, &parts(folder, &address(folder)).await)).await;
    set_up(&authorities).await.unwrap();
    let (key, mut issued) = (application_key().await, 0);
    let full = loop {
        match certify(&authorities, &format!("r{issued}"), &key).await {
            Ok(_) => issued += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::Io, "{full:?}");
    let before = fuse.signed.lock().len();
    refuses(&authorities, &key).await;
    assert_eq!(fuse.signed.lock().len(), before, "a key was used");
    println!("\nISSUED {issued}");
}

async fn refuses(authorities: &Authorities, key: &[u8]) {
    let serial = authorities.authority("plant").await.unwrap().serial;
    let refused = [
        certify(authorities, "more", key).await.unwrap_err(),
        authorities.publish("plant", "rita").await.unwrap_err(),
        authorities.revoke("root", &serial, RevocationReason::CaCompromise, "rita").await.unwrap_err(),
    ];
    for refused in refused {
        assert_eq!(refused.kind(), ErrorKind::Closed, "{refused:?}");
        assert!(refused.to_string().contains("open the store again"), "{refused}");
    }
    assert!(authorities.revocation_list("plant").await.unwrap().is_some(), "it can be read");
}

fn address(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("gds.db").display())
}
