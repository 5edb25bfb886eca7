//! A mosquitto of one's own, to be killed and started again.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{free_port, wait_until};

/// What a [`Mosquitto`] does beyond listening on a free port of the loopback interface.
#[derive(Debug, Clone, Default)]
pub struct MosquittoOptions {
    /// Sessions, subscriptions and queued messages outlive a restart, also by [`Mosquitto::kill`].
    pub persistence: bool,
    /// The only user and password; without, everybody may connect.
    pub password: Option<(String, String)>,
    /// TLS with a certificate for `localhost`.
    pub tls: bool,
    /// More lines of its configuration file.
    pub extra: Vec<String>,
}

/// A running mosquitto. Dropping it stops it and deletes its files.
#[derive(Debug)]
pub struct Mosquitto {
    port: u16,
    folder: PathBuf,
    authority: Option<TestAuthority>,
    process: Option<Child>,
}

impl Mosquitto {
    /// Starts one and waits until it listens.
    ///
    /// # Panics
    /// If it is not installed or does not start.
    pub async fn start(options: MosquittoOptions) -> Self {
        let folder = std::env::temp_dir().join(format!("iiot-mosquitto-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        let authority = options.tls.then(|| TestAuthority::new(&folder));
        let mut broker = Self { port: free_port(), folder, authority, process: None };
        broker.configure(&options);
        broker.restart().await;
        broker
    }

    /// Its TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL, without user and password.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "mqtts" } else { "mqtt" };
        format!("{scheme}://localhost:{}", self.port)
    }

    /// The authority that issued its certificate, with TLS.
    #[must_use]
    pub fn authority(&self) -> Option<&TestAuthority> {
        self.authority.as_ref()
    }

    /// Ends it at once, as a power failure would (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().and_then(|()| process.wait()).expect("a child of ours can be killed");
        }
    }

    /// Starts it again on the same port, and waits until it listens.
    ///
    /// # Panics
    /// If it does not.
    pub async fn restart(&mut self) {
        self.kill();
        let log = std::fs::File::create(self.log()).expect("our folder is writable");
        let spawned = command("mosquitto").arg("-c").arg(self.folder.join("mosquitto.conf")).stderr(log).spawn();
        self.process = Some(spawned.unwrap_or_else(|cause| missing("mosquitto", &cause)));
        let port = self.port;
        let listens = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        wait_until(&format!("mosquitto listens; its log is {}", self.log().display()), PATIENCE, listens).await;
    }

    /// Everything it wrote to its log since it was last started.
    #[must_use]
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.folder.join("mosquitto.log")
    }

    fn configure(&self, options: &MosquittoOptions) {
        let folder = self.folder.display();
        let mut lines = vec![
            format!("listener {} 127.0.0.1", self.port),
            "log_dest stderr".to_owned(),
            "user root".to_owned(),
            "max_queued_messages 100000".to_owned(),
        ];
        if options.persistence {
            // 1: written after every change, so that SIGKILL loses nothing that was acknowledged.
            let persistence = ["persistence true", "autosave_on_changes true", "autosave_interval 1"];
            lines.extend(persistence.map(str::to_owned));
            lines.push(format!("persistence_location {folder}/"));
        }
        if self.authority.is_some() {
            lines.extend(["cafile ca.pem", "certfile server.pem", "keyfile server.key"].map(|line| {
                let (key, file) = line.split_once(' ').expect("a key and a file");
                format!("{key} {folder}/{file}")
            }));
        }
        lines.push(self.users(options.password.as_ref()));
        lines.extend(options.extra.iter().cloned());
        std::fs::write(self.folder.join("mosquitto.conf"), lines.join("\n") + "\n").expect("our folder is writable");
    }

    fn users(&self, password: Option<&(String, String)>) -> String {
        let Some((user, password)) = password else { return "allow_anonymous true".to_owned() };
        let file = self.folder.join("passwords");
        run(command("mosquitto_passwd").args(["-b", "-c"]).arg(&file).args([user, password]), "mosquitto");
        format!("allow_anonymous false\npassword_file {}", file.display())
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
        // Left-over files in the folder for temporary files harm nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A certificate authority made for one test, with the program `openssl`.
#[derive(Debug, Clone)]
pub struct TestAuthority {
    folder: PathBuf,
}

impl TestAuthority {
    /// A new authority in `folder` (`ca.pem`), which has issued a certificate to `localhost`
    /// (`server.pem`, `server.key`) and one to the client `iiot` (`client.pem`, `client.key`).
    ///
    /// # Panics
    /// If `openssl` is not installed or fails.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let authority = Self { folder: folder.to_owned() };
        let mut make_authority = authority.openssl(&["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
        run(make_authority.args(["-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem"]), "openssl");
        authority.issue("server", "localhost", "subjectAltName=DNS:localhost");
        authority.issue("client", "iiot", "extendedKeyUsage=clientAuth");
        authority
    }

    /// The content of one of its files.
    ///
    /// # Panics
    /// If there is no such file.
    #[must_use]
    pub fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(file)).expect("the authority has made this file")
    }

    fn issue(&self, name: &str, common_name: &str, extension: &str) {
        std::fs::write(self.folder.join("extensions"), extension).expect("our folder is writable");
        let (key, request, certificate) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
        let subject = format!("/CN={common_name}");
        let mut ask = self.openssl(&["req", "-newkey", "rsa:2048", "-nodes", "-subj", &subject]);
        run(ask.args(["-keyout", &key, "-out", &request]), "openssl");
        let mut sign = self.openssl(&["x509", "-req", "-in", &request, "-days", "2", "-out", &certificate]);
        run(sign.args(["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"]), "openssl");
    }

    fn openssl(&self, arguments: &[&str]) -> Command {
        let mut openssl = command("openssl");
        openssl.args(arguments).current_dir(&self.folder).stderr(Stdio::null());
        openssl
    }
}

/// Debian keeps mosquitto where only root's path leads.
fn command(program: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    let mut command = Command::new(found.unwrap_or_else(|| program.into()));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn run(command: &mut Command, package: &str) {
    let status = command.status().unwrap_or_else(|cause| missing(package, &cause));
    assert!(status.success(), "{command:?} failed: {status}");
}

fn missing(package: &str, cause: &std::io::Error) -> ! {
    panic!("cannot run {package} ({cause}); install it: apt-get install -y mosquitto mosquitto-clients openssl")
}

const PATIENCE: Duration = Duration::from_secs(10);
