//! When a file is complete, and what becomes of complete files.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use iiot_core::time::UtcTime;

/// When a file is complete and the next one begins, and how many complete ones are kept.
///
/// A complete file gets a number behind its name, `values.jsonl.000001`; the highest is the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes that a file may have; a longer line has a file of its own. Default: no limit.
    pub max_bytes: Option<u64>,
    /// Time from the first line of a file after which the next line begins a new one. Default: no limit.
    pub max_age: Option<Duration>,
    /// Complete files that are kept; the oldest of more are deleted. Default 10.
    pub keep: usize,
    /// Whether complete files are compressed, with `.gz` behind the number. Default false.
    pub gzip: bool,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { max_bytes: None, max_age: None, keep: 10, gzip: false }
    }
}

impl Rotation {
    /// Whether a line of `next` bytes begins a new file, where the present one has `length` bytes
    /// since `begun`.
    #[must_use]
    pub fn is_due(&self, length: u64, begun: UtcTime, next: u64, now: UtcTime) -> bool {
        let too_long = self.max_bytes.is_some_and(|max| length.saturating_add(next) > max);
        let too_old = self.max_age.is_some_and(|max| now.since(begun) >= max);
        length > 0 && (too_long || too_old)
    }
}

/// The complete files of one path. Everything here blocks.
#[derive(Debug, Clone)]
pub(super) struct Archive {
    path: PathBuf,
    keep: usize,
    gzip: bool,
}

impl Archive {
    pub(super) fn new(path: &Path, rotation: Rotation) -> Self {
        Self { path: path.to_owned(), keep: rotation.keep, gzip: rotation.gzip }
    }

    /// Gives the file the next number.
    pub(super) fn put_away(&self) -> io::Result<()> {
        let newest = self.complete()?.last().map_or(0, |file| file.number);
        fs::rename(&self.path, self.numbered(newest + 1))?;
        File::open(self.folder())?.sync_all()
    }

    /// Compresses what is to be compressed, deletes what is too much, and what a crash has left half done.
    pub(super) fn tidy(&self) -> io::Result<()> {
        let files = self.complete()?;
        let kept = files.len().saturating_sub(self.keep);
        for file in &files[..kept] {
            file.names.iter().try_for_each(|name| remove(&self.folder().join(name)))?;
        }
        for file in &files[kept..] {
            let (plain, compressed) = (self.numbered(file.number), self.compressed(file.number));
            remove(&part(&compressed))?;
            match (plain.exists(), compressed.exists()) {
                (true, true) => remove(&plain)?,
                (true, false) if self.gzip => compress(&plain, &compressed)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The complete files, oldest first.
    fn complete(&self) -> io::Result<Vec<Complete>> {
        let mut files: Vec<Complete> = Vec::new();
        for entry in fs::read_dir(self.folder())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let Some(number) = self.number_in(&name) else { continue };
            match files.iter_mut().find(|file| file.number == number) {
                Some(file) => file.names.push(name),
                None => files.push(Complete { number, names: vec![name] }),
            }
        }
        files.sort_by_key(|file| file.number);
        Ok(files)
    }

    /// Of `values.jsonl.000007`, the same with `.gz`, and that with `.part`.
    fn number_in(&self, name: &str) -> Option<u64> {
        let rest = name.strip_prefix(self.file_name().as_str())?.strip_prefix('.')?;
        let rest = rest.strip_suffix(PART).unwrap_or(rest);
        let digits = rest.strip_suffix(".gz").unwrap_or(rest);
        let all_digits = digits.len() >= DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        all_digits.then(|| digits.parse().ok()).flatten()
    }

    fn file_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    fn folder(&self) -> PathBuf {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or_else(|| Path::new(".")).to_owned()
    }

    fn numbered(&self, number: u64) -> PathBuf {
        self.folder().join(format!("{}.{number:0DIGITS$}", self.file_name()))
    }

    fn compressed(&self, number: u64) -> PathBuf {
        self.folder().join(format!("{}.{number:0DIGITS$}.gz", self.file_name()))
    }
}

/// A number and the files that carry it: more than one only after a crash.
#[derive(Debug)]
struct Complete {
    number: u64,
    names: Vec<String>,
}

/// Afterwards there is either the one or the other, whatever happens.
fn compress(plain: &Path, compressed: &Path) -> io::Result<()> {
    let unfinished = part(compressed);
    let mut encoder = GzEncoder::new(File::create(&unfinished)?, Compression::default());
    io::copy(&mut File::open(plain)?, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    fs::rename(&unfinished, compressed)?;
    remove(plain)
}

fn part(compressed: &Path) -> PathBuf {
    let mut name = compressed.as_os_str().to_owned();
    name.push(PART);
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

const DIGITS: usize = 6;
const PART: &str = ".part";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_ends_by_size_or_age_and_never_empty() {
        let at = |minutes: u32| UtcTime::from_ticks(i64::from(minutes) * 600_000_000);
        let rotation = Rotation { max_bytes: Some(100), max_age: Some(10 * MINUTE), ..Rotation::default() };
        assert!(!rotation.is_due(60, at(0), 40, at(9)));
        assert!(rotation.is_due(60, at(0), 41, at(9)), "too long");
        assert!(rotation.is_due(60, at(0), 1, at(10)), "too old");
        assert!(!rotation.is_due(0, at(0), 1000, at(10)), "nothing in it");
        assert!(!Rotation::default().is_due(u64::MAX, at(0), 1, at(1_000_000)), "without limits");
    }

    #[test]
    fn complete_files_are_numbered_compressed_and_the_oldest_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.jsonl");
        let archive = Archive::new(&path, Rotation { keep: 2, gzip: true, ..Rotation::default() });
        for text in ["one", "two", "three"] {
            fs::write(&path, text).unwrap();
            archive.put_away().unwrap();
        }
        archive.tidy().unwrap();
        assert_eq!(names(folder.path()), ["v.jsonl.000002.gz", "v.jsonl.000003.gz"]);
        let mut text = String::new();
        let newest = File::open(folder.path().join("v.jsonl.000003.gz")).unwrap();
        GzDecoder::new(newest).read_to_string(&mut text).unwrap();
        assert_eq!(text, "three");
        fs::write(&path, "four").unwrap();
        archive.put_away().unwrap();
        assert_eq!(names(folder.path()).last().unwrap(), "v.jsonl.000004");
    }

    #[test]
    fn what_a_crash_left_half_done_is_finished_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("v.jsonl.000001", "whole");
        write("v.jsonl.000001.gz.part", "torn");
        write("v.jsonl.000002", "again");
        write("v.jsonl.000002.gz", "whole");
        for other in ["v.jsonl", "v.jsonl.1", "v.jsonl.bak", "w.jsonl.000001"] {
            write(other, "not ours");
        }
        let rotation = Rotation { gzip: true, ..Rotation::default() };
        Archive::new(&folder.path().join("v.jsonl"), rotation).tidy().unwrap();
        let left = names(folder.path());
        assert_eq!(
            left,
            ["v.jsonl", "v.jsonl.000001.gz", "v.jsonl.000002.gz", "v.jsonl.1", "v.jsonl.bak", "w.jsonl.000001"]
        );
    }
}
