//! High-water marks outside the database, so that one that was restored from a backup is noticed.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use iiot_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::Checkpoint;

/// How far a store had come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Marks {
    /// The number of an audit entry.
    pub number: u64,
    /// Its hash.
    pub hash: String,
    /// The largest number of a revocation list of each issuer.
    pub revocation_lists: BTreeMap<String, u64>,
    /// The same for databases whose place another one was accepted in: numbers go on behind them.
    #[serde(default)]
    pub given: BTreeMap<String, u64>,
    /// The last checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
}

/// A file with [`Marks`] (JSON), replaced as a whole. It belongs on another disk than the database.
#[derive(Debug, Clone)]
pub struct MarksFile {
    path: PathBuf,
}

impl MarksFile {
    /// The file of this path. Its folder must exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// What it says; `None` if there is none.
    ///
    /// # Errors
    /// `Io` if it cannot be read, `Corrupt` if it is none of ours.
    pub fn read(&self) -> Result<Option<Marks>> {
        let mut text = String::new();
        match File::open(&self.path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text)) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(self.failed("read high-water marks", cause)),
            Ok(_) => {}
        }
        let message = "the file does not decode; restore it, or move it away and accept the database as it is";
        serde_json::from_str(&text).map(Some).map_err(|cause| {
            let error = Error::new(ErrorKind::Corrupt, "read high-water marks", message);
            error.with("file", self.path.display()).because(cause)
        })
    }

    /// Writes them, so that they outlast a power cut: the old file is there until the new one is whole.
    ///
    /// # Errors
    /// `Io` if it cannot be written.
    pub fn write(&self, marks: &Marks) -> Result<()> {
        let fail = |cause| self.failed("write high-water marks", cause);
        let text = serde_json::to_vec_pretty(marks).map_err(|cause| fail(cause.into()))?;
        replace(&self.path, &text).map_err(fail)
    }

    fn failed(&self, operation: &'static str, cause: io::Error) -> Error {
        let message = "the file cannot be read or written; check its folder and the disk";
        Error::new(ErrorKind::Io, operation, message).with("file", self.path.display()).because(cause)
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", uuid::Uuid::new_v4()));
    let written = write_new(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.and_then(|()| sync_folder(path))
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// So that the new name lasts too.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) && folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Of thousands of issuers.
const MAX_FILE: u64 = 16 << 20;
