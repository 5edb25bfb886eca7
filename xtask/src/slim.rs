//! What each crate may and may not depend on, read from `cargo tree`.

use crate::run::{Failure, cargo};

/// A build of a library, and crates that must not be in it.
struct Rule {
    package: &'static str,
    features: &'static str,
    forbidden: &'static [&'static str],
    why: &'static str,
}

const LIBRARIES: [&str; 6] = ["iiot-core", "iiot-discovery", "iiot-twin", "iiot-publisher", "iiot-gds", "iiot"];
const CAPABILITIES: [&str; 4] = ["iiot-discovery", "iiot-twin", "iiot-publisher", "iiot-gds"];

const WORKSPACES_APART: [&str; 2] = ["fuzz", "benches/stock"];

const STOCK: &[&str] = &["rsa", "async-opcua", "async-opcua-client", "async-opcua-server", "async-opcua-crypto"];

const RULES: [Rule; 3] = [
    Rule {
        package: "iiot-core",
        features: "",
        forbidden: &["tokio", "mqtt5", "aws-lc-rs", "rustls", "ring", "sqlx"],
        why: "without features it is vocabulary, ports and doubles",
    },
    Rule {
        package: "iiot-core",
        features: "opcua",
        forbidden: &["mqtt5", "rustls", "ring"],
        why: "the OPC UA client needs no broker and no second crypto library",
    },
    Rule {
        package: "iiot-core",
        features: "http",
        forbidden: &["mqtt5", "ring", "openssl", "h2", "x509-cert"],
        why: "the HTTP server needs no broker, no OPC UA client, no HTTP/2 and no second crypto library",
    },
];

/// Checks the slim builds, the direction of the crates, and what no library may contain.
pub(crate) fn check() -> Result<(), Failure> {
    for rule in &RULES {
        refuse(rule.package, &["--no-default-features", "--features", rule.features], rule.forbidden, rule.why)?;
    }
    for library in LIBRARIES {
        refuse(library, &["--all-features"], STOCK, "keys never go through `rsa`, and the stock stack is for tests")?;
    }
    for capability in CAPABILITIES {
        let others: Vec<&str> = CAPABILITIES.into_iter().filter(|other| *other != capability).collect();
        refuse(capability, &["--all-features"], &others, "capabilities meet in data and ports only")?;
        refuse(capability, &["--all-features"], &["iiot"], "the facade is above them")?;
    }
    refuse("iiot-core", &["--all-features"], &CAPABILITIES, "the core is below them")?;
    WORKSPACES_APART.into_iter().try_for_each(locked)?;
    println!("slim builds and directions are as ARCHITECTURE.md says");
    Ok(())
}

/// A workspace of its own is built seldom, so nobody would notice that its lock file no longer fits.
fn locked(workspace: &str) -> Result<(), Failure> {
    let manifest = format!("{workspace}/Cargo.toml");
    cargo(["tree", "--locked", "--quiet", "--depth", "0", "--manifest-path", &manifest]).output().map(drop).map_err(
        |failure| {
            Failure::new(format!("{workspace}/Cargo.lock: {failure}; run `cargo tree --manifest-path {manifest}`"))
        },
    )
}

fn refuse(package: &str, flags: &[&str], forbidden: &[&str], why: &str) -> Result<(), Failure> {
    let tree = cargo(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .args(flags)
        .output()?;
    let names = tree.lines().skip(1).filter_map(|line| line.split(' ').next());
    match names.into_iter().find(|name| forbidden.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Failure::new(format!("{package} {} depends on {name}: {why}", flags.join(" ")))),
    }
}
