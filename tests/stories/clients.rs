//! Clients that stock generators make of the document that an edge serves.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use iiot_core::testing::{Peers, Process, free_port, repository};
use serde_json::{Value, json};

use crate::http::{Face, curl, face_with};

const ALARM: &str = "nsu=urn:iiot:peer:events;s=SpeedAlarm";
const PATIENCE: Duration = Duration::from_secs(60);

/// An edge with two servers of a foreign stack behind it, one of them with an alarm, its document, and a folder for clients.
struct Plant {
    face: Face,
    endpoint: String,
    alarming: String,
    document: PathBuf,
    peers: Peers,
    folder: tempfile::TempDir,
    _servers: [Process; 2],
}

impl Plant {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let peers = Peers::in_folder(folder.path()).expect("peers");
        let (server, endpoint) = peers.node("interop.mjs", free_port(), &[]).expect("the server starts");
        let (mut alarms, alarming) = peers.node("events.mjs", free_port(), &[]).expect("the server starts");
        alarms.send("speed 150").expect("the server listens");
        alarms.expect_line("DONE", PATIENCE).expect("it does so");
        let bind = format!("127.0.0.1:{}", free_port());
        let face = face_with(folder.path(), &bind, &[&endpoint, &alarming], |edge| edge);
        let document = folder.path().join("openapi.json");
        curl(&["--output", &text(&document), &format!("{}/openapi.json", face.url)]);
        Self { face, endpoint, alarming, document, peers, folder, _servers: [server, alarms] }
    }

    /// The folder of a client, with the program that uses it.
    fn client(&self, program: &str) -> PathBuf {
        let folder = self.folder.path().join("client");
        std::fs::create_dir_all(&folder).expect("the test's folder is writable");
        let sources = repository().join("simulation/peers/clients");
        std::fs::copy(sources.join(program), folder.join(program)).expect("the program is there");
        folder
    }

    /// Asks a client of another stack how the alarm stands.
    fn assert_acknowledged(&self) {
        let (mut reader, _) = self.peers.python("reader.py", 0, &["--url", &self.alarming]).expect("a client");
        let mut read = |path: &str| {
            drop(reader.take_lines());
            reader.send(&format!("{ALARM} {path}")).expect("the client listens");
            reader.expect_line("READ ", PATIENCE).expect("an answer")
        };
        assert_eq!(read("AckedState/Id"), "true");
        assert_eq!(read("Comment"), "\"by a generated client\"");
    }

    /// What the program says that uses the client.
    fn used(mut self, command: &mut Command) -> Value {
        let said = done(command.args([&self.face.url, &self.face.key, &self.endpoint, &self.alarming]));
        self.assert_acknowledged();
        assert!(self.face.edge.stop(), "the edge did not stop well\n{}", self.face.edge.process.said());
        serde_json::from_str(said.trim()).unwrap_or_else(|error| panic!("{error}: {said}"))
    }
}

fn expected() -> Value {
    let alarm = json!({ "before": false, "acknowledged": "Good" });
    json!({ "browsed": ["Add", "Setpoint"], "written": "Good", "read": 17.5, "got": 17.5, "called": 42, "alarm": alarm })
}

#[test]
fn a_generated_client_for_python_reads_writes_calls_and_acknowledges() {
    let plant = Plant::start();
    let folder = plant.client("use.py");
    let programs = plant.peers.libraries().join("python/bin");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let mut generator = Command::new(programs.join("openapi-python-client"));
    generator.env("PATH", path).args(["generate", "--meta", "none", "--path", &text(&plant.document)]);
    let said = done(generator.args(["--output-path", &text(&folder.join("plant"))]));
    assert!(!said.contains("WARNING"), "something of the document was left out\n{said}");
    let mut python = Command::new(programs.join("python"));
    assert_eq!(plant.used(python.env("PYTHONDONTWRITEBYTECODE", "1").arg(folder.join("use.py"))), expected());
}

#[test]
fn a_generated_client_for_javascript_reads_writes_calls_and_acknowledges() {
    let plant = Plant::start();
    let folder = plant.client("use.js");
    let modules = plant.peers.libraries().join("clients/node_modules");
    let mut generator = Command::new("node");
    generator.arg(modules.join("@hey-api/openapi-ts/bin/run.js")).current_dir(&folder);
    generator.args(["--input", &text(&plant.document), "--output", &text(&folder.join("typed"))]);
    done(generator.args(["--client", "@hey-api/client-fetch", "--no-log-file"]));
    let mut compiler = Command::new("node");
    compiler
        .arg(modules.join("typescript/bin/tsc"))
        .arg(folder.join("typed/index.ts"))
        .arg(folder.join("typed/client.gen.ts"));
    compiler.args(["--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "commonjs"]);
    done(compiler.args(["--outDir", &text(&folder.join("plant"))]));
    assert_eq!(plant.used(Command::new("node").arg(folder.join("use.js"))), expected());
}

/// What a program says that ends well.
fn done(command: &mut Command) -> String {
    let output =
        command.output().unwrap_or_else(|cause| panic!("{command:?} is not there, see cargo xtask setup: {cause}"));
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{said}\n{wrong}");
    said.into_owned()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
