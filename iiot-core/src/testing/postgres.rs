//! A PostgreSQL server of one's own, to be killed and started again.

use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{free_port, wait_until};

/// A running PostgreSQL with a cluster of its own, which syncs as a real one does. Dropping it stops it and deletes its
/// files.
#[derive(Debug)]
pub struct PostgresServer {
    port: u16,
    folder: PathBuf,
    programs: PathBuf,
    process: Option<Child>,
}

impl PostgresServer {
    /// Makes a cluster, starts it and waits until it takes connections.
    ///
    /// # Panics
    /// If it is not installed or does not start.
    pub async fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("iiot-postgres-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        if let Some((user, group)) = servant() {
            chown(&folder, Some(user), Some(group)).expect("root gives folders away");
        }
        let mut server = Self { port: free_port(), programs: programs(), folder, process: None };
        server.make_cluster();
        server.restart().await;
        server
    }

    /// Its TCP port on the loopback interface.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database of it; `postgres` is there from the beginning.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://iiot@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database; returns its URL.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn create_database(&self, name: &str) -> String {
        let port = self.port.to_string();
        let made = self.command("createdb").args(["-h", "127.0.0.1", "-p", &port, "-U", "iiot", name]).status();
        assert!(made.is_ok_and(|made| made.success()), "the database {name} is made");
        self.url(name)
    }

    /// Ends it at once (SIGKILL); its children notice and end too.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().and_then(|()| process.wait()).expect("a child of ours can be killed");
        }
    }

    /// Starts it again on the same port, and waits until it takes connections.
    ///
    /// # Panics
    /// If it does not.
    pub async fn restart(&mut self) {
        self.kill();
        let what = format!("PostgreSQL takes connections; its log is {}", self.log().display());
        // Until the last child of one that was killed has gone, the next one refuses to start.
        wait_until(&what, PATIENCE, || {
            if !self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None))) {
                self.process = Some(self.spawn());
            }
            self.takes_connections()
        })
        .await;
    }

    fn make_cluster(&self) {
        let mut command = self.command("initdb");
        command.args(["--username=iiot", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--pgdata"]);
        let made = command.arg(self.data()).output().unwrap_or_else(|cause| missing(&cause));
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
    }

    fn spawn(&self) -> Child {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).expect("our folder is writable");
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.folder).args(["-p", &self.port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1"]).stderr(log);
        command.spawn().unwrap_or_else(|cause| missing(&cause))
    }

    fn takes_connections(&self) -> bool {
        let port = self.port.to_string();
        let asked = self.command("pg_isready").args(["-h", "127.0.0.1", "-p", &port]).status();
        asked.is_ok_and(|answer| answer.success())
    }

    /// One of its programs, as its user where we are root, whom it refuses.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some((user, group)) = servant() {
            command.uid(user).gid(group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    /// Ends it quickly and wholly, so that no child of it writes while its files are deleted.
    fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let asked = Command::new("kill").args(["-QUIT", &process.id().to_string()]).status();
        if !asked.is_ok_and(|asked| asked.success()) {
            let _ = process.kill();
        }
        let _ = process.wait();
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop();
        // Left-over files in the folder for temporary files harm nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// User and group for the server, if we are root.
fn servant() -> Option<(u32, u32)> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|ourselves| ourselves.uid() == 0);
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| users.lines().find_map(|line| ids(line, name));
    root.then(|| find("postgres").or_else(|| find("nobody"))).flatten()
}

fn ids(line: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = line.split(':');
    let fits = fields.next()? == name;
    let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    fits.then_some((user, group))
}

/// Where Debian keeps the newest version, or the folder of the path that has it.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .filter(|(_, folder)| has_initdb(folder))
        .collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let newest = folders.pop().map(|(_, folder)| folder);
    newest.or_else(|| std::env::split_paths(&path).find(|folder| has_initdb(folder))).unwrap_or_default()
}

fn has_initdb(folder: &Path) -> bool {
    folder.join("initdb").is_file()
}

fn missing(cause: &io::Error) -> ! {
    panic!("cannot run PostgreSQL ({cause}); install it: apt-get install -y postgresql")
}

const PATIENCE: Duration = Duration::from_secs(60);
