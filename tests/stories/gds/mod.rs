//! A certificate manager, as other people's programs see it.

mod life;
mod roles;
mod secrets;
mod two;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use iiot_core::testing::{Process, SOFTHSM_PIN, SOFTHSM_TOKEN, free_port, softhsm_module};
use iiot_stories::example;
use serde_json::{Value, json};

use crate::cores::Cores;
use crate::http::curl;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const PASSPHRASE: &str = "correct horse battery staple";

/// Where a certificate manager has its files, and how it is started.
pub(crate) struct Site {
    folder: PathBuf,
    /// Where its REST face is.
    bind: String,
    /// Where everybody finds revocation lists.
    public: String,
    /// Where its keys are, and what else it is told by variables.
    keys: Vec<(&'static str, String)>,
}

impl Site {
    /// One with keys in files.
    pub(crate) fn new(folder: &Path) -> Self {
        Self::with_keys(folder, Vec::new())
    }

    /// One with keys elsewhere.
    pub(crate) fn with_keys(folder: &Path, mut keys: Vec<(&'static str, String)>) -> Self {
        let passphrase = folder.join("passphrase");
        std::fs::write(&passphrase, PASSPHRASE).expect("the test's folder is writable");
        keys.push(("IIOT_KEY_PASSPHRASE_FILE", passphrase.display().to_string()));
        let (bind, public) = (format!("127.0.0.1:{}", free_port()), format!("http://127.0.0.1:{}", free_port()));
        Self { folder: folder.to_owned(), bind, public, keys }
    }

    /// One with keys in the token that this process has.
    pub(crate) fn with_token(folder: &Path) -> Self {
        let pin = folder.join("pin");
        std::fs::write(&pin, SOFTHSM_PIN).expect("the test's folder is writable");
        let token = vec![
            ("IIOT_PKCS11_MODULE", softhsm_module().to_owned()),
            ("IIOT_PKCS11_TOKEN", SOFTHSM_TOKEN.to_owned()),
            ("IIOT_PKCS11_PIN_FILE", pin.display().to_string()),
        ];
        Self::with_keys(folder, token)
    }

    /// What it logs, and its commands too.
    pub(crate) fn logging(self, level: &str) -> Self {
        self.told("IIOT_LOG", level)
    }

    /// What it and its commands are told by a variable.
    pub(crate) fn told(mut self, name: &'static str, value: &str) -> Self {
        self.keys.push((name, value.to_owned()));
        self
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("gds")
    }

    /// A file of the test.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn gds(&self) -> Command {
        let mut command = Command::new(example("gds"));
        command.arg("--data").arg(self.data()).envs(self.keys.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// What a command prints.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let output = self.carried_out(words);
        String::from_utf8(output.stdout).expect("it prints text").trim().to_owned()
    }

    /// What a command prints and logs.
    pub(crate) fn said(&self, words: &[&str]) -> String {
        let output = self.carried_out(words);
        String::from_utf8([output.stdout, output.stderr].concat()).expect("it prints text")
    }

    /// The exit code of a command that is refused, and why it is.
    pub(crate) fn refused(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.gds().args(words).output().expect("the example was built");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn carried_out(&self, words: &[&str]) -> Output {
        let output = self.gds().args(words).output().expect("the example was built");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// The first authorities, below a place where everybody finds their lists.
    pub(crate) fn set_up(&self, key: &str, more: &[&str]) -> String {
        self.command(&self.ceremony(key, more))
    }

    /// The words for it.
    pub(crate) fn ceremony<'a>(&'a self, key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let ceremony = ["setup", "--organization", "Plant", "--by", "alice", "--authority-key", key];
        [&ceremony, &["--public-url", self.public.as_str()][..], more].concat()
    }

    /// The key of somebody new.
    pub(crate) fn key(&self, name: &str, role: &str) -> String {
        self.command(&["key", "make", name, role])
    }

    pub(crate) fn start(&self) -> Gds {
        self.start_with(&[])
    }

    pub(crate) fn start_with(&self, more: &[&str]) -> Gds {
        Self::serving(self.faces().args(more))
    }

    /// With leave to write core files.
    pub(crate) fn start_in(&self, cores: &Cores) -> Gds {
        Self::serving(&mut cores.allowed(&self.faces()))
    }

    fn faces(&self) -> Command {
        let mut command = self.gds();
        command.args(["--http", &self.bind, "--public", &self.public]);
        command
    }

    fn serving(command: &mut Command) -> Gds {
        let process = Process::start(command).expect("the example was built");
        let marks = "HTTP is served at ";
        let served = |lines: &[String]| lines.iter().find_map(|line| Some(line.split_once(marks)?.1.to_owned()));
        let url = process.wait_for_error(PATIENCE, served);
        let url = url.unwrap_or_else(|| panic!("HTTP is not served\n{}", process.said()));
        Gds { process, url }
    }
}

/// A certificate manager that runs.
pub(crate) struct Gds {
    pub(crate) process: Process,
    pub(crate) url: String,
}

impl Gds {
    /// What is answered to a request, and the status.
    pub(crate) fn ask(&self, key: &str, path: &str, request: &Value) -> (Value, String) {
        let (header, url) = (format!("Authorization: Bearer {key}"), format!("{}/v1/{path}", self.url));
        let answer = curl(&["--globoff", "--header", &header, "--json", &request.to_string(), &url]);
        let (body, status) = answer.rsplit_once(' ').expect("the status is behind the body");
        (serde_json::from_str(body).unwrap_or_else(|_| json!(body)), status.to_owned())
    }

    /// What is answered, which must be well.
    pub(crate) fn well(&self, key: &str, path: &str, request: &Value) -> Value {
        let (answer, status) = self.ask(key, path, request);
        assert_eq!(status, "200", "{path}: {answer}\n{}", self.process.said());
        answer
    }

    /// What is answered as soon as it is as wanted.
    pub(crate) fn until(&self, key: &str, path: &str, request: &Value, wanted: impl Fn(&Value, &str) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let (answer, status) = self.ask(key, path, request);
            if wanted(&answer, &status) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{path}: {status} {answer}\n{}", self.process.said());
        }
    }

    /// The events of a stream, from those behind an id on.
    pub(crate) fn events(&self, key: &str, path: &str, after: Option<&str>) -> Process {
        let (header, url) = (format!("Authorization: Bearer {key}"), format!("{}/v1/{path}", self.url));
        let mut command = Command::new("curl");
        command.args(["--silent", "--no-buffer", "--header", &header]);
        if let Some(after) = after {
            command.args(["--header", &format!("Last-Event-ID: {after}")]);
        }
        Process::start(command.arg(url)).expect("curl is installed")
    }

    /// Ends it as a service manager does; it must end well.
    pub(crate) fn stop(mut self) {
        let stopped = self.process.terminate(Duration::from_secs(10));
        assert!(stopped.is_some_and(|status| status.success()), "{}", self.process.said());
    }
}
