//! Other people's programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use iiot_core::testing::{Peers, repository};

/// Runs openssl, which must succeed.
pub(super) fn openssl<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Vec<u8> {
    done(Command::new("openssl").args(arguments))
}

/// Runs a script of the folder `judges` with the Python of the peers.
pub(super) fn python<S: AsRef<OsStr>>(folder: &Path, script: &str, arguments: impl IntoIterator<Item = S>) -> String {
    let peers = Peers::in_folder(folder).unwrap();
    let python = peers.libraries().join("python/bin/python");
    let output = done(Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(judge(script)).args(arguments));
    String::from_utf8(output).unwrap()
}

/// Runs a Java file of the folder `judges`.
pub(super) fn java<S: AsRef<OsStr>>(file: &str, arguments: impl IntoIterator<Item = S>) -> String {
    String::from_utf8(done(Command::new("java").arg(judge(file)).args(arguments))).unwrap()
}

fn judge(file: &str) -> PathBuf {
    repository().join("iiot-gds/src/pki/tests/judges").join(file)
}

fn done(command: &mut Command) -> Vec<u8> {
    let Output { status, stdout, stderr } = command.output().expect("the program is installed");
    assert!(status.success(), "{command:?}: {}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    stdout
}
