//! The package for Node.js, from the library that the tests were built with.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};

use crate::run::{Failure, Program, cargo, program, root, target};
use crate::setup;

/// Packs and installs it as users do, and runs its tests there.
pub(crate) fn test() -> Result<(), Failure> {
    run("debug", ["--test", "--test-reporter", "spec", "--test-timeout", TIMEOUT_MS, "TESTS"])?.run()
}

/// Processes that end in every way, ten of each feature and way, and an hour of streams that come and go.
pub(crate) fn soak() -> Result<(), Failure> {
    let kinds = ["--test", "--test-reporter", "spec", "tests/exits.test.mjs"];
    run("debug", kinds)?.env("IIOT_EXITS", "770").run()?;
    run("debug", ["--expose-gc", "tests/soak.mjs"])?.run()
}

/// Figures beside those of the same work in node-opcua.
pub(crate) fn bench() -> Result<(), Failure> {
    let packages = ["--package", "iiot-node", "--package", "iiot-simulation"];
    cargo(["build", "--release", "--locked", "--lib", "--example", "plant"]).args(packages).run()?;
    run("release", ["tests/bench.mjs"])?.run()
}

/// Runs Node where the package is installed.
fn run<const N: usize>(profile: &str, command: [&str; N]) -> Result<Program, Failure> {
    let runner = root().join("bindings/node/tests/run.mjs");
    let library = target().join(profile).join(format!("{DLL_PREFIX}iiot_node{DLL_SUFFIX}"));
    let node = program("node").args([runner, library, target().join("node"), setup::node_tests()?]).args(command);
    Ok(setup::with_peers(node).env("IIOT_PROGRAMS", target().join(profile).join("examples")))
}

/// Of one test; busy machines need long.
const TIMEOUT_MS: &str = "300000";
