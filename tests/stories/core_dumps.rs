//! Processes that hold keys, and crash. (The certificate manager: `gds/secrets.rs`.)

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use iiot_core::testing::Process;
use iiot_stories::example;

use crate::cores::Cores;

/// How a process is started whose keys are in `data` and whose counter-part takes connections and never answers.
fn command(name: &str, data: &Path, silent: &str) -> Command {
    let mut command = Command::new(example(name));
    match name {
        "edge" => {
            let nodes = data.join("published_nodes.json");
            let server = format!(r#"[{{ "EndpointUrl": "opc.tcp://{silent}", "OpcNodes": [{{ "Id": "i=2258" }}] }}]"#);
            std::fs::write(&nodes, server).expect("the test's folder is writable");
            command.arg("--published-nodes").arg(nodes).args(["--sink", "stdout"]).arg("--data").arg(data);
        }
        "cloud" => {
            let broker = format!("mqtt://{silent}");
            command.args(["--transport", &broker, "--http", "127.0.0.1:0"]).arg("--data").arg(data);
        }
        _ => {
            let token = data.join("token");
            std::fs::write(&token, "not yet used").expect("the test's folder is writable");
            command.args(["--application-uri", "urn:works:press", "--host", "press"]).arg("--pki").arg(data);
            let manager = format!("http://{silent}");
            command.args(["--certificates", &manager]).arg("--certificates-token-file").arg(token);
        }
    }
    command
}

#[test]
fn who_holds_keys_leaves_no_core() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = listener.local_addr().expect("it is bound").to_string();
    let cores = Cores::new(&folder.path().join("cores"));
    for name in ["edge", "cloud", "enroll"] {
        let data = folder.path().join(name);
        std::fs::create_dir(&data).expect("the test's folder is writable");
        let mut process = Process::start(&mut cores.allowed(&command(name, &data, &silent))).expect("it was built");
        cores.are_not_left_by(&mut process);
    }
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "what a core file would hold\n").expect("the test's folder is writable");
    if let Some(core) = cores.of_whoever_reads(&secret) {
        assert!(String::from_utf8_lossy(&core).contains("what a core file would hold"), "this machine keeps cores");
    }
}
