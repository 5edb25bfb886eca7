//! The folder in which a publisher keeps what must outlast it.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::{ConnectOptions, ResumeState};
use iiot_core::{Error, ErrorKind, Result};

use super::expansions::Remembered;
use super::group::KnownTopics;
use super::numbers::Numbers;
use crate::log::{FileStorage, Log, LogOptions};
use crate::replace::replace;
use crate::writer_group::KnownMetaData;

/// Logs of writer groups, one folder each below `log`, sessions that can be resumed, one file each
/// below `sessions`, versions of metadata, one file for each group below `metadata`, and topics by browse path below `topics`.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    options: StoreOptions,
}

/// How a publisher keeps what it has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// How large the log of each writer group may become.
    pub log: LogOptions,
    /// What happens when it is full. Default: pause.
    pub when_full: WhenFull,
    /// Shortest time between two fsyncs of a log. Default 5 ms.
    pub sync_interval: Duration,
    /// Shortest time between two writes of its cursor: what the sink has got since the last one, it gets
    /// again after a crash. Default 250 ms.
    pub cursor_interval: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            log: LogOptions::default(),
            when_full: WhenFull::default(),
            sync_interval: Duration::from_millis(5),
            cursor_interval: Duration::from_millis(250),
        }
    }
}

/// What happens to values when the log of their group is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// Servers are asked for no more: their queues are the buffer, and they tell when those overflow.
    #[default]
    Pause,
    /// The oldest segment goes, declared.
    DropOldest,
    /// What arrives goes, declared.
    DropNewest,
}

impl Store {
    /// A folder, made where it is missing.
    ///
    /// # Errors
    /// `Io` if it cannot be made.
    pub fn open(folder: impl Into<PathBuf>, options: StoreOptions) -> Result<Self> {
        let folder = folder.into();
        let made =
            ["log", "sessions", "metadata", "topics"].iter().try_for_each(|name| fs::create_dir_all(folder.join(name)));
        made.map_err(|cause| failed("open the data folder", &folder, cause))?;
        Ok(Self { folder, options })
    }

    pub(super) fn options(&self) -> StoreOptions {
        self.options
    }

    /// The log of a writer group.
    pub(super) fn log(&self, group: &str) -> Result<Log> {
        let folder = self.folder.join("log").join(file_name(group));
        let storage = FileStorage::open(&folder).map_err(|cause| failed("open the log", &folder, cause))?;
        Log::open(Arc::new(storage), self.options.log)
    }

    /// A text that no other log has, and this one for as long as it lives. `None` if it cannot be kept.
    pub(super) fn identity(&self, group: &str) -> Option<String> {
        let path = self.folder.join("log").join(file_name(group)).join("identity");
        let known = fs::read_to_string(&path).ok().filter(|text| uuid::Uuid::try_parse(text).is_ok());
        known.or_else(|| {
            let fresh = uuid::Uuid::new_v4().simple().to_string();
            let kept = replace(&path, fresh.as_bytes(), None);
            kept.inspect_err(|error| tracing::warn!("{} is not used: {error}", path.display())).ok()?;
            Some(fresh)
        })
    }

    /// The session that an earlier process has left with a server. One that cannot be read is none.
    pub(super) fn session(&self, options: &ConnectOptions) -> Option<ResumeState> {
        let path = self.session_file(options);
        let text = fs::read(&path).ok()?;
        let state = serde_json::from_slice(&text);
        state.inspect_err(|error| tracing::warn!("{} is not used: {error}", path.display())).ok()
    }

    /// Remembers a session, readable by nobody else.
    pub(super) fn save_session(&self, options: &ConnectOptions, state: &ResumeState) -> Result<()> {
        let path = self.session_file(options);
        let text = serde_json::to_vec(state).expect("a session is JSON");
        replace(&path, &text, None).map_err(|cause| failed("save the session", &path, cause))
    }

    /// The versions of metadata that a writer group has sent. Those that cannot be read are none.
    pub(super) fn meta_data(&self, group: &str) -> Vec<KnownMetaData> {
        let path = self.meta_data_file(group);
        let Ok(text) = fs::read(&path) else { return Vec::new() };
        let known = serde_json::from_slice(&text);
        known.inspect_err(|error| tracing::warn!("{} is not used: {error}", path.display())).unwrap_or_default()
    }

    /// Remembers the versions of metadata that a writer group has sent.
    pub(super) fn save_meta_data(&self, group: &str, known: &[KnownMetaData]) -> Result<()> {
        let path = self.meta_data_file(group);
        let text = serde_json::to_vec(known).expect("names and numbers are JSON");
        replace(&path, &text, None).map_err(|cause| failed("save the versions of metadata", &path, cause))
    }

    /// The topics that fields of a writer group have by browse path. Those that cannot be read are none.
    pub(super) fn topics(&self, group: &str) -> KnownTopics {
        let path = self.topics_file(group);
        let Ok(text) = fs::read(&path) else { return KnownTopics::new() };
        let known = serde_json::from_slice(&text);
        known.inspect_err(|error| tracing::warn!("{} is not used: {error}", path.display())).unwrap_or_default()
    }

    /// Remembers the topics that fields of a writer group have by browse path.
    pub(super) fn save_topics(&self, group: &str, known: &KnownTopics) -> Result<()> {
        let path = self.topics_file(group);
        let text = serde_json::to_vec(known).expect("names are JSON");
        replace(&path, &text, None).map_err(|cause| failed("save the topics of fields", &path, cause))
    }

    /// The numbers of writers and fields. Without them, or where they cannot be read, all are given anew.
    pub(super) fn numbers(&self) -> Option<Numbers> {
        let path = self.folder.join(NUMBERS);
        let numbers = serde_json::from_slice(&fs::read(&path).ok()?);
        numbers.inspect_err(|error| tracing::warn!("{} is not used: {error}", path.display())).ok()
    }

    /// Remembers the numbers of writers and fields.
    pub(super) fn save_numbers(&self, numbers: &Numbers) -> Result<()> {
        let path = self.folder.join(NUMBERS);
        let text = serde_json::to_vec(numbers).expect("names and numbers are JSON");
        replace(&path, &text, None).map_err(|cause| failed("save the numbers of writers", &path, cause))
    }

    /// What expansions stood for. Without it, or where it cannot be read, servers are asked first.
    pub(super) fn expansions(&self) -> Remembered {
        let path = self.folder.join(EXPANSIONS);
        let Ok(text) = fs::read(&path) else { return Remembered::new() };
        let read = serde_json::from_slice(&text);
        read.inspect_err(|error| tracing::warn!("{} is not used: {error}", path.display())).unwrap_or_default()
    }

    /// Remembers what expansions stand for.
    pub(super) fn save_expansions(&self, known: &Remembered) -> Result<()> {
        let path = self.folder.join(EXPANSIONS);
        let text = serde_json::to_vec(known).expect("names are JSON");
        replace(&path, &text, None).map_err(|cause| failed("save what expanded nodes stand for", &path, cause))
    }

    fn meta_data_file(&self, group: &str) -> PathBuf {
        self.folder.join("metadata").join(format!("{}.json", file_name(group)))
    }

    fn topics_file(&self, group: &str) -> PathBuf {
        self.folder.join("topics").join(format!("{}.json", file_name(group)))
    }

    fn session_file(&self, options: &ConnectOptions) -> PathBuf {
        let ConnectOptions { endpoint_url, security, identity, transfer_subscriptions, .. } = options;
        // Two users of one server have sessions of their own; what the identity holds is not printed.
        let own = if *transfer_subscriptions { "" } else { " without transfer" };
        let name = format!("{endpoint_url} {security:?} {identity:?}{own}");
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        self.folder.join("sessions").join(format!("{hash:016x}.json"))
    }
}

/// Letters and digits as they are, everything else by its code.
fn file_name(text: &str) -> String {
    text.bytes().fold(String::new(), |mut name, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(byte as char),
            _ => write!(name, "%{byte:02x}").expect("a string takes everything"),
        }
        name
    })
}

const EXPANSIONS: &str = "expansions.json";
const NUMBERS: &str = "numbers.json";

fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Error {
    let message = "the disk did not take it; check free space and permissions";
    Error::new(ErrorKind::Io, operation, message).with("path", path.display()).because(cause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_session_is_kept_for_its_server_and_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let (a, b) = (ConnectOptions::new("opc.tcp://a:4840"), ConnectOptions::new("opc.tcp://b:4840"));
        let state = ResumeState::default();
        store.save_session(&a, &state).unwrap();
        assert_eq!((store.session(&a), store.session(&b)), (Some(state), None));
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&fs::metadata(store.session_file(&a)).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(store.session_file(&a), "{").unwrap();
        assert_eq!(store.session(&a), None);
    }

    #[test]
    fn versions_of_metadata_are_kept_by_group() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let known = [KnownMetaData { writer: "w".into(), fingerprint: u64::MAX, major_version: 2, minor_version: 3 }];
        store.save_meta_data("a/b", &known).unwrap();
        assert_eq!((store.meta_data("a/b"), store.meta_data("c")), (known.to_vec(), Vec::new()));
    }

    #[test]
    fn a_log_has_one_identity_for_as_long_as_it_lives() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        assert_eq!(store.identity("a"), None, "there is no log yet");
        store.log("a").unwrap();
        store.log("b").unwrap();
        let identity = store.identity("a");
        assert!(identity.is_some() && identity != store.identity("b"));
        store.log("a").unwrap();
        assert_eq!(Store::open(folder.path(), StoreOptions::default()).unwrap().identity("a"), identity);
        fs::remove_dir_all(folder.path().join("log/a")).unwrap();
        store.log("a").unwrap();
        assert_ne!(store.identity("a"), identity);
    }

    #[test]
    fn every_group_has_a_folder_of_its_own() {
        assert_eq!(file_name("Halle 1/../x"), "Halle%201%2f%2e%2e%2fx");
    }
}
