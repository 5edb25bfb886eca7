//! The same with keys in SoftHSM2.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::Result;
use iiot_core::keys::{KeySpec, KeyStore};
use iiot_core::testing::{SOFTHSM_PIN, SOFTHSM_TOKEN, softhsm_store};
use iiot_gds::authority::AuthorityKey;

use crate::issue::{report, signatures};
use crate::plant::Plant;

/// The keys in SoftHSM2.
pub(crate) async fn token(time: Duration) -> Result<()> {
    const CONFIGURATION: &str = "SOFTHSM2_CONF";
    if std::env::var_os(CONFIGURATION).is_none() {
        return in_a_process_with_a_token(time, CONFIGURATION);
    }
    for (spec, key) in [(KeySpec::Rsa(2048), AuthorityKey::Rsa2048), (KeySpec::NistP256, AuthorityKey::NistP256)] {
        let folder = tempfile::tempdir().expect("a folder for the bench");
        let keys = Arc::new(softhsm_store(SOFTHSM_TOKEN, SOFTHSM_PIN));
        let raw = keys.generate(&format!("raw-{spec:?}"), spec).await?;
        let rate = std::thread::spawn(move || signatures(&*raw, spec, time)).join().expect("it signs");
        println!("token: {rate:.0} signatures/s, {spec:?} in SoftHSM2");
        let plant = Arc::new(Plant::new(folder.path(), Arc::clone(&keys) as _, key).await?);
        report(&format!("issue, in one call, {spec:?} in SoftHSM2"), &plant, time, 8).await?;
        for id in ["root", "plant"] {
            keys.remove(&format!("authority-{id}")).await?;
        }
    }
    Ok(())
}

/// The module finds its token by an environment variable.
pub(crate) fn in_a_process_with_a_token(time: Duration, variable: &str) -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let configuration = folder.path().join("softhsm2.conf");
    std::fs::write(&configuration, format!("directories.tokendir = {}\n", folder.path().display()))
        .expect("it is written");
    let token = ["--init-token", "--free", "--label", SOFTHSM_TOKEN, "--pin", SOFTHSM_PIN, "--so-pin", SOFTHSM_PIN];
    let made = Command::new("softhsm2-util").args(token).env(variable, &configuration).output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("token: SoftHSM2 is not on this machine");
        return Ok(());
    }
    let this = std::env::current_exe().expect("the bench knows its program");
    let seconds = time.as_secs().to_string();
    let done = Command::new(this).args(["token", &seconds]).env(variable, &configuration).status();
    assert!(done.is_ok_and(|done| done.success()), "it measures");
    Ok(())
}
