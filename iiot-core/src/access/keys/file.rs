//! The file of the keys: readable by its owner only, replaced as a whole, changed under a lock.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::ApiKey;
use super::signing::VerifyingKey;
use super::text::SecretHash;
use crate::error::{Error, ErrorKind, Result};

/// A key as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) key: ApiKey,
    pub(super) hash: SecretHash,
    /// Absent of keys from before requests were signed.
    pub(super) verifies: Option<VerifyingKey>,
}

/// Tells one state of a file from another.
pub(super) type Stamp = (SystemTime, u64);

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    keys: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    key: ApiKey,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ed25519: Option<String>,
}

/// The state of the file; `None` where there is none.
pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The keys in the file; none where it is missing.
pub(super) fn read(path: &Path) -> Result<Vec<Kept>> {
    let file = match File::open(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|cause| failed(path, "it cannot be read").because(cause))?,
    };
    private(&file, path)?;
    let mut text = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut text).map_err(|cause| failed(path, "it cannot be read").because(cause))?;
    let contents: Contents = serde_json::from_slice(&text).map_err(|cause| corrupt(path).because(cause))?;
    contents.keys.into_iter().map(|line| line.kept(path)).collect()
}

/// Changes the keys in the file while nobody else does, and returns what `change` does.
pub(super) fn change<T>(path: &Path, change: impl FnOnce(&mut Vec<Kept>) -> Result<T>) -> Result<T> {
    let _lock = lock(path)?;
    let mut keys = read(path)?;
    let outcome = change(&mut keys)?;
    write(path, &keys)?;
    Ok(outcome)
}

fn write(path: &Path, keys: &[Kept]) -> Result<()> {
    let contents = Contents { keys: keys.iter().map(Line::of).collect() };
    let text = serde_json::to_vec_pretty(&contents).expect("strings and times can be written");
    let draft = beside(path, "draft");
    let written = || {
        let mut file = owners_only().create(true).truncate(true).write(true).open(&draft)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    written().map_err(|cause| failed(path, "it cannot be written").because(cause))
}

/// Released when the file is closed.
fn lock(path: &Path) -> Result<File> {
    let lock = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = owners_only().create(true).truncate(false).write(true).open(beside(path, "lock"))?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(|cause: io::Error| failed(path, "it cannot be locked").because(cause))
}

impl Line {
    fn of(kept: &Kept) -> Self {
        Self { key: kept.key.clone(), sha256: kept.hash.to_hex(), ed25519: kept.verifies.map(VerifyingKey::to_hex) }
    }

    fn kept(self, path: &Path) -> Result<Kept> {
        let hash = SecretHash::from_hex(&self.sha256).ok_or_else(|| corrupt(path).with("key", &self.key.id))?;
        let verifies = self.ed25519.map(|key| VerifyingKey::from_hex(&key).ok_or_else(|| corrupt(path))).transpose()?;
        Ok(Kept { key: self.key, hash, verifies })
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    path.with_extension(suffix)
}

/// How to open files that only their owner may read.
pub(crate) fn owners_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn private(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map_err(|cause| failed(path, "it cannot be read").because(cause))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message = "others can read or change it: run chmod 600 on it, and make new keys if somebody may have";
    Err(Error::new(ErrorKind::Forbidden, OPEN, message).with("file", path.display()))
}

#[cfg(not(unix))]
fn private(_: &File, _: &Path) -> Result<()> {
    Ok(())
}

fn failed(path: &Path, message: &'static str) -> Error {
    Error::new(ErrorKind::Io, OPEN, message).with("file", path.display())
}

fn corrupt(path: &Path) -> Error {
    let message = "it is no file of API keys; restore it, or remove it and make keys anew";
    Error::new(ErrorKind::Corrupt, OPEN, message).with("file", path.display())
}

const OPEN: &str = "open API keys";
/// Twenty thousand keys take about 9 MiB.
const MAX_FILE: u64 = 16 << 20;
