//! The foreign servers and clients of `simulation/peers`, whose stacks share no code with ours.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use super::Process;
use crate::error::{Error, ErrorKind, Result};

/// Starts foreign peers; all files that they write stay in one folder of the test.
///
/// Their libraries are installed once, in the folder that the environment variable `IIOT_PEERS`
/// names, else in `target/peers` of the repository (see `simulation/peers/README.md`).
#[derive(Debug)]
pub struct Peers {
    folder: PathBuf,
    libraries: PathBuf,
}

/// The longest that a peer needs to come up on a machine that is busy compiling.
const PATIENCE: Duration = Duration::from_secs(120);

/// Basic128Rsa15 needs PKCS #1 v1.5, which Node 20 decrypts only where it is told to. Later ones do so anyway, and some
/// know the flag no longer.
const REVERT_PKCS1: &str = "--security-revert=CVE-2023-46809";
static REVERTS_PKCS1: LazyLock<bool> = LazyLock::new(|| {
    let tried = Command::new("node").args([REVERT_PKCS1, "--eval", "0"]).output();
    tried.is_ok_and(|output| output.status.success())
});

impl Peers {
    /// Peers that write into `folder`.
    ///
    /// # Errors
    /// If the libraries are not installed, or the scripts cannot be copied.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        let libraries = env::var_os("IIOT_PEERS").map_or_else(|| repository().join("target/peers"), PathBuf::from);
        for needed in ["node/node_modules/node-opcua", "python/bin/python"] {
            installed(libraries.join(needed))?;
        }
        let peers = Self { folder: folder.to_owned(), libraries };
        peers.stage().map_err(|cause| error("cannot be copied").with("to", folder.display()).because(cause))?;
        Ok(peers)
    }

    /// Starts a Node script, as `types.mjs`, and returns it with the URL it listens on.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn node(&self, script: &str, port: u16, arguments: &[&str]) -> Result<(Process, String)> {
        let flags = if is_legacy(script, arguments) && *REVERTS_PKCS1 { &[REVERT_PKCS1][..] } else { &[] };
        self.server(&mut self.node_command(flags, script), script, port, arguments)
    }

    /// Starts a Python script, as `types_server.py`, and returns it with the URL it listens on.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn python(&self, script: &str, port: u16, arguments: &[&str]) -> Result<(Process, String)> {
        self.server(&mut self.python_command(script), script, port, arguments)
    }

    /// Starts the independent MQTT client; a line is one message, see `python/subscribe.py`.
    ///
    /// # Errors
    /// If it has not subscribed in time.
    pub fn subscriber(&self, host: &str, port: u16, topic: &str) -> Result<Process> {
        let mut command = self.python_command("subscribe.py");
        let process = Process::start(command.args([host, &port.to_string(), topic]))?;
        process.expect_line("SUBSCRIBED", PATIENCE)?;
        Ok(process)
    }

    /// Starts the independent MQTT client that loses nothing, which keeps its messages in `file`; see `python/witness.py`.
    ///
    /// # Errors
    /// If it has not subscribed in time.
    pub fn witness(&self, host: &str, port: u16, topic: &str, file: &Path) -> Result<Process> {
        let mut command = self.python_command("witness.py");
        let process = Process::start(command.args([host, &port.to_string(), topic]).arg(file))?;
        process.expect_line("SUBSCRIBED", PATIENCE)?;
        Ok(process)
    }

    /// Makes certificates for a server with this ApplicationUri and returns their folder.
    ///
    /// # Errors
    /// If the script fails.
    pub fn certificates(&self, name: &str, application_uri: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        let mut command = self.python_command("pki.py");
        let output = command.arg(&folder).arg(application_uri).output();
        match output {
            Ok(output) if output.status.success() => Ok(folder),
            Ok(output) => Err(error(String::from_utf8_lossy(&output.stderr).into_owned())),
            Err(cause) => Err(error("cannot make certificates").because(cause)),
        }
    }

    /// Runs a script to its end and gives what it printed.
    ///
    /// # Errors
    /// If it fails, with what it said.
    pub fn answer(&self, script: &str, input: &Path) -> Result<String> {
        let mut command =
            if script.ends_with(".py") { self.python_command(script) } else { self.node_command(&[], script) };
        match command.arg(input).output() {
            Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Ok(output) => Err(error(String::from_utf8_lossy(&output.stderr).into_owned()).with("script", script)),
            Err(cause) => Err(error("cannot be started").with("script", script).because(cause)),
        }
    }

    /// A Python script that is no server, as `crawl.py`; arguments are the caller's.
    #[must_use]
    pub fn python_script(&self, script: &str) -> Command {
        self.python_command(script)
    }

    /// A Node script, as `small_plc.mjs`; arguments are the caller's.
    #[must_use]
    pub fn node_script(&self, script: &str) -> Command {
        self.node_command(&[], script)
    }

    /// Where their libraries are installed.
    #[must_use]
    pub fn libraries(&self) -> &Path {
        &self.libraries
    }

    /// Schemathesis, which makes up requests from an OpenAPI document.
    #[must_use]
    pub fn schemathesis(&self) -> Command {
        Command::new(self.libraries.join("python/bin/schemathesis"))
    }

    /// A part of what was installed.
    pub(super) fn installed(&self, part: &Path) -> Result<PathBuf> {
        installed(self.libraries.join(part))
    }

    pub(super) fn server(
        &self,
        command: &mut Command,
        script: &str,
        port: u16,
        arguments: &[&str],
    ) -> Result<(Process, String)> {
        let data = self.folder.join(format!("{script}-{port}"));
        fs::create_dir_all(&data).map_err(|cause| error("have no folder").because(cause))?;
        command.args(["--port", &port.to_string(), "--data"]).arg(data).args(arguments);
        let process = Process::start(command)?;
        let url = process.expect_line("READY ", PATIENCE)?;
        Ok((process, url))
    }

    fn node_command(&self, flags: &[&str], script: &str) -> Command {
        let mut command = Command::new("node");
        command.args(flags).arg(self.folder.join("scripts/node").join(script));
        command
    }

    fn python_command(&self, script: &str) -> Command {
        let mut command = Command::new(self.libraries.join("python/bin/python"));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
        command.arg(self.folder.join("scripts/python").join(script));
        command
    }

    /// Node looks for libraries beside the script, so the scripts go where a link can stand.
    fn stage(&self) -> std::io::Result<()> {
        let scripts = self.folder.join("scripts");
        if scripts.exists() {
            return Ok(());
        }
        let source = repository().join("simulation/peers");
        copy(&source, &scripts, |path| ["json", "xml"].iter().any(|kind| path.extension() == Some(OsStr::new(kind))))?;
        copy(&source.join("node"), &scripts.join("node"), |path| path.extension() == Some(OsStr::new("mjs")))?;
        copy(&source.join("python"), &scripts.join("python"), |path| path.extension() == Some(OsStr::new("py")))?;
        link(&self.libraries.join("node/node_modules"), &scripts.join("node/node_modules"))
    }
}

/// The interop server offers whatever its stack has.
fn is_legacy(script: &str, arguments: &[&str]) -> bool {
    script == "interop.mjs" || arguments.contains(&"--legacy")
}

/// A TCP port of the loopback interface that nobody listens on at this moment, and that no outgoing connection
/// is given: whoever listened there finds it free when started again.
///
/// # Panics
/// If the machine has no free port.
#[must_use]
pub fn free_port() -> u16 {
    let random = || BELOW_OUTGOING.start + uuid::Uuid::new_v4().as_fields().1 % BELOW_OUTGOING.len() as u16;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..1000).map(|_| random()).find(free).expect("the machine has a free port")
}

/// Outgoing connections get ports from 32768 (Linux), 49152 (macOS, Windows) on.
const BELOW_OUTGOING: std::ops::Range<u16> = 10_000..32_000;

fn installed(path: PathBuf) -> Result<PathBuf> {
    if path.exists() {
        return Ok(path);
    }
    Err(error("are not installed; run `cargo xtask setup` once, or see simulation/peers/README.md")
        .with("missing", path.display()))
}

/// The top of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    // As cargo says now: the test may have been built in another clone that shares the target folder.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let top = Path::new(&package).ancestors().find(|folder| folder.join("simulation/peers").is_dir());
    top.expect("the tests run in the repository").to_path_buf()
}

fn copy(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file() && wanted(&path)) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(fs::canonicalize(from)?, to)
}

#[cfg(windows)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(fs::canonicalize(from)?, to)
}

fn error(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::NotFound, "use the foreign peers", message)
}
