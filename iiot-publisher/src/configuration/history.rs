//! The versions of a configuration, kept on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::replace::replace;

/// A folder with two files for each version: what it was, and who made it so when.
#[derive(Debug)]
pub(super) struct History {
    folder: PathBuf,
    versions: Vec<Version>,
}

/// A version of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// Rises by one with each change.
    pub number: u64,
    /// When it was applied.
    pub time: UtcTime,
    /// Who changed it: the holder of an API key, or `file` for whoever may write that.
    pub author: String,
    /// What was done.
    pub what: String,
    /// The revision that it was.
    pub revision: String,
}

impl History {
    /// A folder, made where it is missing. A version whose description cannot be read is none.
    pub(super) fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        let entries = fs::create_dir_all(&folder).and_then(|()| fs::read_dir(&folder));
        let entries = entries.map_err(|cause| failed("open the history", &folder, cause))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let read = |name: String| -> Option<Version> {
            name.ends_with(ABOUT)
                .then(|| fs::read(folder.join(name)).ok())
                .flatten()
                .and_then(|text| serde_json::from_slice(&text).ok())
        };
        let mut versions: Vec<Version> = names.filter_map(read).collect();
        versions.sort_by_key(|version| version.number);
        Ok(Self { folder, versions })
    }

    /// All that are kept, oldest first.
    pub(super) fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The text of a version.
    pub(super) fn text(&self, number: u64) -> Result<String> {
        let missing = || Error::new(ErrorKind::NotFound, "read a version", "it is not kept").with("number", number);
        let known = self.versions.iter().any(|version| version.number == number);
        let path = self.path(number, TEXT);
        if !known {
            return Err(missing());
        }
        fs::read_to_string(&path).map_err(|cause| failed("read a version", &path, cause))
    }

    /// Adds a version; the oldest ones go.
    pub(super) fn record(&mut self, time: UtcTime, author: &str, what: &str, revision: &str, text: &str) -> Result<()> {
        let number = self.versions.last().map_or(1, |last| last.number + 1);
        let (author, what, revision) = (author.into(), what.into(), revision.into());
        let version = Version { number, time, author, what, revision };
        let about = serde_json::to_vec_pretty(&version).expect("texts and numbers are JSON");
        // The description last: without it there is no version.
        for (suffix, content) in [(TEXT, text.as_bytes()), (ABOUT, &about)] {
            let path = self.path(number, suffix);
            replace(&path, content, None).map_err(|cause| failed("keep a version", &path, cause))?;
        }
        self.versions.push(version);
        while self.versions.len() > KEPT {
            let oldest = self.versions.remove(0).number;
            let gone = [ABOUT, TEXT].map(|suffix| fs::remove_file(self.path(oldest, suffix)));
            gone.into_iter()
                .filter_map(io::Result::err)
                .for_each(|error| tracing::warn!("an old version stays: {error}"));
        }
        Ok(())
    }

    fn path(&self, number: u64, suffix: &str) -> PathBuf {
        self.folder.join(format!("{number:08}{suffix}"))
    }
}

fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Error {
    let message = "the disk did not take it; check free space and permissions";
    Error::new(ErrorKind::Io, operation, message).with("path", path.display()).because(cause)
}

const TEXT: &str = ".json";
const ABOUT: &str = ".version";
const KEPT: usize = 100;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn versions_outlast_the_process_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::open(folder.path()).unwrap();
        for number in 1..=KEPT + 2 {
            history.record(UtcTime::UNIX_EPOCH, "alice", "added", "r", &format!("[{number}]")).unwrap();
        }
        let history = History::open(folder.path()).unwrap();
        let numbers: Vec<u64> = history.versions().iter().map(|version| version.number).collect();
        assert_eq!((numbers.len(), numbers[0], history.versions()[0].author.as_str()), (KEPT, 3, "alice"));
        assert_eq!(history.text(KEPT as u64 + 2).unwrap(), format!("[{}]", KEPT + 2));
        assert_eq!(history.text(2).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2 * KEPT);
    }
}
