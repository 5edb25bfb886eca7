//! The edge and the other examples as child processes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use iiot_core::testing::Process;
use serde_json::Value;

/// How to start an edge.
#[derive(Debug, Clone)]
pub struct EdgeOptions<'a> {
    /// The content of its `published_nodes.json`.
    pub published_nodes: &'a Value,
    /// As for `--sink`.
    pub sink: &'a str,
    /// Its folder; made where it is missing.
    pub data: &'a Path,
}

/// A running edge.
#[derive(Debug)]
pub struct Edge {
    /// The process.
    pub process: Process,
    data: PathBuf,
}

impl Edge {
    /// Starts one; it may take a moment until it publishes.
    ///
    /// # Panics
    /// If the example is not built or its files cannot be written.
    #[must_use]
    pub fn start(options: &EdgeOptions<'_>) -> Self {
        Self::start_with(options, |command| command)
    }

    /// The same, with other flags or variables.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_with(options: &EdgeOptions<'_>, more: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        std::fs::create_dir_all(options.data).expect("the test's folder is writable");
        let file = options.data.join("published_nodes.json");
        std::fs::write(&file, options.published_nodes.to_string()).expect("the test's folder is writable");
        let mut command = Command::new(example("edge"));
        command.arg("--published-nodes").arg(file).args(["--sink", options.sink]).arg("--data").arg(options.data);
        command.arg("--pki").arg(options.data.join("pki"));
        let process = Process::start(more(&mut command)).expect("the example was built");
        Self { process, data: options.data.to_owned() }
    }

    /// Memory in use, in KiB; `None` where the system does not tell.
    #[must_use]
    pub fn resident_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }

    /// The losses it has declared so far, one object each.
    ///
    /// # Panics
    /// If a line is no JSON.
    #[must_use]
    pub fn declared_losses(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.data.join("losses.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a loss is a line of JSON")).collect()
    }

    /// Trusts the certificate or revocation list in a file.
    ///
    /// # Panics
    /// If it cannot be copied.
    pub fn trust(data: &Path, certificate: &Path) {
        let kind = if certificate.extension().is_some_and(|extension| extension == "crl") { "crl" } else { "certs" };
        let folder = data.join("pki/trusted").join(kind);
        std::fs::create_dir_all(&folder).expect("the test's folder is writable");
        let name = certificate.file_name().expect("a certificate has a name");
        std::fs::copy(certificate, folder.join(name)).expect("the peer has made its certificates");
    }

    /// Stops it as a service manager does, and tells whether it ended well within five seconds.
    pub fn stop(&mut self) -> bool {
        self.process.terminate(Duration::from_secs(5)).is_some_and(|status| status.success())
    }
}

/// The program of an example, built by the same `cargo test`.
///
/// # Panics
/// If it is missing.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its program");
    let profile = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    let program = profile.join("examples").join(name);
    assert!(program.exists(), "{} is missing; build it: cargo build --examples", program.display());
    program
}
