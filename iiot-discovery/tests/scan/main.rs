//! Scans of networks as large as plants have them, and of what is announced there.
//!
//! Each test of a network of its own starts this program again on one of its hosts (`ip netns exec`), where it runs one of
//! the tests that are otherwise ignored.

#![allow(clippy::unwrap_used)]

mod gauge;
mod multicast;
mod sweep;

use std::process::Command;

use iiot_core::testing::Network;

/// A network of the test's own; `None`, with the reason printed, where this machine does not let us.
fn network() -> Option<Network> {
    Network::new().map_err(|reason| eprintln!("skipped: {}", reason.report())).ok()
}

/// Runs a test of this program on a host and returns what it printed.
fn on_host(network: &Network, host: &str, test: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads", "1"]).envs(variables.iter().copied());
    let output = network.on(host, &command).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{test}: {said}");
    said
}
