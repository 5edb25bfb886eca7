//! The package for Node.js, from the library that the tests were built with.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::PathBuf;

use crate::run::{Failure, program, root, target};
use crate::setup;

/// Packs and installs it as users do, and runs its tests there.
pub(crate) fn test() -> Result<(), Failure> {
    run(["--test", "--test-reporter", "spec", "--test-timeout", TIMEOUT_MS, "TESTS"])
}

/// Runs a script of the tests for as long as it takes: `soak.mjs`.
pub(crate) fn script(name: &str) -> Result<(), Failure> {
    run(["--expose-gc", &format!("tests/{name}")])
}

fn run<const N: usize>(command: [&str; N]) -> Result<(), Failure> {
    let runner = root().join("bindings/node/tests/run.mjs");
    let node = program("node").args([runner, library(), target().join("node"), setup::node_tests()?]).args(command);
    setup::with_peers(node).env("IIOT_PROGRAMS", target().join("debug/examples")).run()
}

/// Of one test; busy machines need long.
const TIMEOUT_MS: &str = "300000";

fn library() -> PathBuf {
    target().join(format!("debug/{DLL_PREFIX}iiot_node{DLL_SUFFIX}"))
}
