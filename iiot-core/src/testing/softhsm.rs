//! SoftHSM2: a PKCS#11 token in files.

use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::keys::{Passphrase, Pkcs11KeyStore, Pkcs11Options};

/// The PIN of the tokens that [`with_softhsm`] makes.
pub const SOFTHSM_PIN: &str = "4711 yellow birds";
/// Their label.
pub const SOFTHSM_TOKEN: &str = "iiot";

const CONFIGURATION: &str = "SOFTHSM2_CONF";
const MODULES: [&str; 3] =
    ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"];

/// Runs the test of this name in a process of its own that has a fresh token in `folder`: the module
/// finds its token by an environment variable, and a process cannot safely change its own. The test
/// calls this first and goes on only where it returns true.
///
/// # Panics
/// If SoftHSM2 is not installed, or the test fails over there.
#[must_use]
pub fn with_softhsm(folder: &Path, test: &str) -> bool {
    if std::env::var_os(CONFIGURATION).is_some() {
        return true;
    }
    let configuration = folder.join("softhsm2.conf");
    std::fs::write(&configuration, format!("directories.tokendir = {}\n", folder.display()))
        .expect("the configuration is written");
    let made = softhsm(
        &configuration,
        "softhsm2-util",
        &["--init-token", "--free", "--label", SOFTHSM_TOKEN, "--pin", SOFTHSM_PIN, "--so-pin", SOFTHSM_PIN],
    );
    assert!(made.success(), "a token is made");
    let this = std::env::current_exe().expect("the test knows its program");
    let outcome = softhsm(&configuration, this, &[test, "--exact", "--nocapture"]);
    assert!(outcome.success(), "{test} fails on SoftHSM2, see above");
    false
}

/// A store in the token.
#[must_use]
pub fn softhsm_store(token: &str, pin: &str) -> Pkcs11KeyStore {
    let module = softhsm_module();
    let pin = Passphrase::new(pin).expect("the PIN is not empty");
    Pkcs11KeyStore::new(Pkcs11Options { module: module.into(), token: token.into(), pin })
}

/// The library of SoftHSM2 on this machine.
///
/// # Panics
/// If it is not installed.
#[must_use]
pub fn softhsm_module() -> &'static str {
    MODULES.into_iter().find(|module| Path::new(module).exists()).expect("SoftHSM2 is installed")
}

fn softhsm(configuration: &Path, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> ExitStatus {
    let status = Command::new(program).args(arguments).env(CONFIGURATION, configuration).status();
    status.expect("SoftHSM2 is installed (Debian: softhsm2); `cargo xtask test` does it")
}
