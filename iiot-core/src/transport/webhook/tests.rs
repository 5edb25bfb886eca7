//! Against the HTTP server of Python's standard library, which fails by a script.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::*;
use crate::testing::{Process, TestAuthority, within};

const PATIENCE: Duration = Duration::from_secs(60);

/// Notes each request as `METHOD PATH KEY BODY AUTHORIZATION`, then answers as the next word of the script
/// says: a status, `429` asking for a second of patience, or `cut` without an answer; then 204. What was
/// answered with 2xx or `cut` it counts as taken.
const SERVER: &str = r#"
import http.server, ssl, sys
script, log, tls = sys.argv[1].split(","), open(sys.argv[2], "a", buffering=1), sys.argv[3:]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        what = script.pop(0) if script and script[0] else "204"
        taken = "taken" if what == "cut" or what.startswith("2") else "refused"
        head = self.headers
        log.write(" ".join([taken, self.command, self.path, head["Idempotency-Key"], body, head["Authorization"] or "-"]) + "\n")
        if what == "cut":
            self.close_connection = True
            return
        self.send_response(int(what))
        if what == "429":
            self.send_header("Retry-After", "1")
        text = b"" if what == "204" else b"says why"
        if what != "204":
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    do_PUT = do_POST
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls[0] + "/server.pem", tls[0] + "/server.key")
    context.load_verify_locations(tls[0] + "/ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("port", server.server_port, flush=True)
server.serve_forever()
"#;

struct Server {
    _process: Process,
    port: String,
    log: PathBuf,
}

impl Server {
    fn start(folder: &Path, script: &str, tls: bool) -> Self {
        let log = folder.join("requests");
        let mut python = Command::new("python3");
        python.args(["-c", SERVER, script]).arg(&log);
        if tls {
            python.arg(folder);
        }
        let process = Process::start(&mut python).unwrap();
        let port = process.expect_line("port", PATIENCE).unwrap();
        Self { _process: process, port, log }
    }

    fn requests(&self) -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(&self.log).unwrap();
        text.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
    }
}

fn message(number: u32) -> Message {
    Message { id: Some(format!("key-{number}")), ..Message::new("plant/oven", number.to_string()) }
}

#[tokio::test]
async fn a_server_that_fails_in_every_way_gets_each_message_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), "200,500,204,cut,429,404,503,201,cut,cut,401,204", false);
    let token = folder.path().join("token");
    std::fs::write(&token, "s3cret\n").unwrap();
    let settings = format!("#method=put&bearer=file:{}", token.display());
    let url = format!("http://127.0.0.1:{}/in/{{topic}}?line=7{settings}", server.port);
    let hub = WebhookTransport::new(WebhookOptions::from_url(&url).unwrap()).unwrap();
    let started = Instant::now();
    let all = futures::future::join_all((0..10).map(|number| hub.publish(message(number))));
    for sent in within("all messages", PATIENCE, all).await {
        sent.unwrap();
    }
    assert!(started.elapsed() >= Duration::from_secs(1), "it was asked to wait");
    let mut taken: Vec<(String, String)> = Vec::new();
    for request in server.requests() {
        assert_eq!(request[1..3], ["PUT", "/in/plant/oven?line=7"]);
        assert_eq!(request[5..], ["Bearer", "s3cret"]);
        let (key, body) = (request[3].clone(), request[4].clone());
        if request[0] == "taken" && taken.last().is_none_or(|(last, _)| *last != key) {
            taken.push((key, body));
        }
    }
    let expected: Vec<_> = (0..10).map(|number| (format!("key-{number}"), number.to_string())).collect();
    assert_eq!(taken, expected, "by key, each once and in order");
    assert!(server.requests().len() > 15);
    hub.close().await;
    assert_eq!(hub.publish(message(99)).await.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn a_message_that_the_server_cannot_take_is_given_up_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), "400,422,400,204,413,204", false);
    let url = format!("http://127.0.0.1:{}/", server.port);
    let hub = WebhookTransport::new(WebhookOptions::from_url(&url).unwrap()).unwrap();
    let error = hub.publish(message(0)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InvalidArgument, false));
    assert!(error.report().contains("400") && error.report().contains("says why"), "{}", error.report());
    hub.publish(message(1)).await.unwrap();
    let error = hub.publish(message(2)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::LimitExceeded, false));
    hub.publish(message(3)).await.unwrap();
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn without_a_server_a_publish_ends_in_time_and_says_why() {
    let port = crate::testing::free_port();
    let options = WebhookOptions {
        timeout: Duration::from_millis(300),
        ..WebhookOptions::from_url(&format!("http://127.0.0.1:{port}/?key=s3cret")).unwrap()
    };
    let hub = WebhookTransport::new(options).unwrap();
    let error = within("an answer", PATIENCE, hub.publish(message(0))).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
    assert!(error.report().contains("reached") && !error.report().contains("s3cret"), "{}", error.report());
}

#[tokio::test]
async fn tls_shows_our_certificate_and_checks_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let _authority = TestAuthority::new(folder.path());
    let server = Server::start(folder.path(), "", true);
    let path = folder.path().display();
    let files = format!("ca={path}/ca.pem&certificate={path}/client.pem&key={path}/client.key");
    let url = |settings: &str| format!("https://localhost:{}/#timeout=1&{settings}", server.port);
    let hub = |settings: &str| WebhookTransport::new(WebhookOptions::from_url(&url(settings)).unwrap()).unwrap();
    hub(&files).publish(message(0)).await.unwrap();
    let error = hub(&format!("ca={path}/ca.pem")).publish(message(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.report());
    let other = tempfile::tempdir().unwrap();
    let _stranger = TestAuthority::new(other.path());
    let error = hub(&format!("ca={}/ca.pem", other.path().display())).publish(message(2)).await.unwrap_err();
    assert!(error.report().contains("certificate"), "{}", error.report());
    assert_eq!(server.requests().len(), 1);
}
