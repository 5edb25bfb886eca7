//! What was begun and what came of it, on the disk: a change is carried out once, however often it is asked for.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::access::keys::owners_only;
use crate::access::off_thread;
use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;

/// The changes that were asked for over a hub, in a file. Each is on the disk before it is begun, so that after a crash
/// nobody takes it for one that was not. A request is remembered until nobody may ask for it any more.
///
/// The file belongs to one process.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    entries: HashMap<String, Entry>,
    /// Bytes of answers that are kept.
    kept: usize,
    /// Lines in the file.
    lines: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    expires: UtcTime,
    outcome: Outcome,
}

/// What is known of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was begun by this process.
    Begun,
    /// It was begun by a process that has ended since: nobody knows what came of it.
    Unknown,
    /// It has ended, with this answer; `None` if that was too large to be kept.
    Ended(Option<Arc<[u8]>>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    expires: UtcTime,
    /// Absent at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Ended>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Ended {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl Journal {
    /// The journal in a file, which is made if it is missing. What has expired is forgotten.
    ///
    /// # Errors
    /// `Io` if it cannot be used, `Conflict` if another process uses it, `Corrupt` if a line is none of ours.
    pub fn open(path: impl Into<PathBuf>, now: UtcTime) -> Result<Self> {
        let path = path.into();
        let file = locked(&path)?;
        let entries = read(&file, &path)?;
        let state = State { file, entries, kept: 0, lines: usize::MAX };
        let journal = Self { path, state: Mutex::new(state) };
        journal.state.lock().tidy(now, &journal.path)?;
        Ok(journal)
    }

    /// What is known of a change.
    pub(super) fn find(&self, id: &str) -> Option<Outcome> {
        self.state.lock().entries.get(id).map(|entry| entry.outcome.clone())
    }

    /// Remembers that a change is begun. Only after this has returned it may be.
    pub(super) async fn begin(self: &Arc<Self>, id: String, expires: UtcTime, now: UtcTime) -> Result<()> {
        let journal = Arc::clone(self);
        off_thread(move || journal.state.lock().begin(id, expires, now, &journal.path)).await
    }

    /// Remembers what came of it.
    pub(super) async fn end(self: &Arc<Self>, id: String, answer: Vec<u8>) -> Result<()> {
        let journal = Arc::clone(self);
        off_thread(move || journal.state.lock().end(id, answer, &journal.path)).await
    }
}

impl State {
    fn begin(&mut self, id: String, expires: UtcTime, now: UtcTime, path: &Path) -> Result<()> {
        if self.entries.len() >= MAX_ENTRIES || self.lines > 4 * MAX_ENTRIES {
            self.tidy(now, path)?;
        }
        if self.entries.len() >= MAX_ENTRIES {
            let message = format!("{MAX_ENTRIES} changes are remembered; try again when some of them have expired");
            return Err(Error::new(ErrorKind::LimitExceeded, "remember a change", message));
        }
        self.append(&Line { id: id.clone(), expires, ended: None }, path)?;
        self.file.sync_data().map_err(|cause| failed(path, cause))?;
        self.entries.insert(id, Entry { expires, outcome: Outcome::Begun });
        Ok(())
    }

    /// Not synchronized: if the machine dies now, it is not known what came of it, which is the truth then.
    fn end(&mut self, id: String, answer: Vec<u8>, path: &Path) -> Result<()> {
        let Some(entry) = self.entries.get_mut(&id) else { return Ok(()) };
        let answer = String::from_utf8(answer).ok().filter(|answer| answer.len() <= MAX_ANSWER);
        let answer = answer.filter(|answer| self.kept + answer.len() <= MAX_KEPT);
        let expires = entry.expires;
        entry.outcome = Outcome::Ended(answer.as_ref().map(|answer| answer.as_bytes().into()));
        self.kept += answer.as_ref().map_or(0, String::len);
        self.append(&Line { id, expires, ended: Some(Ended { answer }) }, path)
    }

    fn append(&mut self, line: &Line, path: &Path) -> Result<()> {
        let mut text = serde_json::to_vec(line).expect("strings and times can be written");
        text.push(b'\n');
        let end = self.file.stream_position().map_err(|cause| failed(path, cause))?;
        let written = self.file.write_all(&text);
        if written.is_err() {
            // Half a line would be taken for the end; if this fails too, the next start cuts it off.
            let _ = self.file.set_len(end).and_then(|()| self.file.seek(io::SeekFrom::Start(end)));
        }
        self.lines = self.lines.saturating_add(1);
        written.map_err(|cause| failed(path, cause))
    }

    /// Forgets what has expired and writes the file anew.
    fn tidy(&mut self, now: UtcTime, path: &Path) -> Result<()> {
        self.entries.retain(|_, entry| now < entry.expires);
        let draft = path.with_extension("draft");
        let file = owners_only().create(true).read(true).write(true).truncate(true).open(&draft);
        let file = file.and_then(|file| file.lock().map(|()| file)).map_err(|cause| failed(path, cause))?;
        (self.file, self.kept, self.lines) = (file, 0, 0);
        let entries: Vec<_> = self.entries.iter().map(|(id, entry)| (id.clone(), entry.clone())).collect();
        for (id, entry) in entries {
            let ended = match entry.outcome {
                Outcome::Begun | Outcome::Unknown => None,
                Outcome::Ended(answer) => Some(Ended { answer: answer.and_then(|answer| text(&answer)) }),
            };
            self.kept += ended.as_ref().and_then(|ended| ended.answer.as_ref()).map_or(0, String::len);
            self.append(&Line { id, expires: entry.expires, ended }, path)?;
        }
        let replaced = self.file.sync_all().and_then(|()| std::fs::rename(&draft, path));
        replaced.map_err(|cause| failed(path, cause))
    }
}

fn text(answer: &[u8]) -> Option<String> {
    String::from_utf8(answer.to_vec()).ok()
}

/// What a process before us has left. A last line that was not written whole was never acted upon.
fn read(file: &File, path: &Path) -> Result<HashMap<String, Entry>> {
    let mut entries = HashMap::new();
    let mut lines = BufReader::new(file);
    loop {
        let mut line = Vec::new();
        lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(|cause| failed(path, cause))?;
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            return Ok(entries);
        }
        let Line { id, expires, ended } = serde_json::from_slice(&line).map_err(|cause| corrupt(path, cause))?;
        let outcome = ended
            .map_or(Outcome::Unknown, |ended| Outcome::Ended(ended.answer.map(|answer| answer.into_bytes().into())));
        entries.insert(id, Entry { expires, outcome });
    }
}

fn locked(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|cause| failed(path, cause))?;
    }
    let file = owners_only().create(true).read(true).write(true).truncate(false).open(path);
    let file = file.map_err(|cause| failed(path, cause))?;
    file.try_lock().map_err(|cause| {
        let message = "another process uses it; end that one, or give this one another folder";
        Error::new(ErrorKind::Conflict, OPEN, message).with("file", path.display()).because(cause)
    })?;
    Ok(file)
}

fn failed(path: &Path, cause: io::Error) -> Error {
    let message = "it cannot be read or written, so nothing is changed; check the disk";
    Error::new(ErrorKind::Io, OPEN, message).with("file", path.display()).because(cause)
}

fn corrupt(path: &Path, cause: serde_json::Error) -> Error {
    let message = "a line of it cannot be read, so it is not known what was done; move the file away to begin anew";
    Error::new(ErrorKind::Corrupt, OPEN, message).with("file", path.display()).because(cause)
}

const OPEN: &str = "journal of changes";
/// Changes that are remembered.
const MAX_ENTRIES: usize = 50_000;
/// Bytes of an answer that is kept.
const MAX_ANSWER: usize = 64 << 10;
/// Bytes of all of them.
const MAX_KEPT: usize = 16 << 20;
/// An answer as JSON in JSON at most doubles.
const MAX_LINE: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    const NOW: UtcTime = UtcTime::UNIX_EPOCH;

    fn later(seconds: u64) -> UtcTime {
        NOW + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn what_was_begun_is_known_to_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rpc/journal.jsonl");
        let journal = Arc::new(Journal::open(&path, NOW).unwrap());
        for (id, seconds) in [("done", 10), ("cut", 10), ("old", 1), ("huge", 10)] {
            journal.begin(id.into(), later(seconds), NOW).await.unwrap();
        }
        assert_eq!(journal.find("cut"), Some(Outcome::Begun));
        journal.end("done".into(), b"{\"sequence\":0}".to_vec()).await.unwrap();
        journal.end("huge".into(), vec![b'x'; MAX_ANSWER + 1]).await.unwrap();
        assert_eq!(Journal::open(&path, NOW).unwrap_err().kind(), ErrorKind::Conflict, "it has one owner");
        drop(journal);
        // As if the process had died in the middle of a line.
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"id\":\"torn").unwrap();
        for _ in 0..2 {
            let journal = Journal::open(&path, later(5)).unwrap();
            assert_eq!(journal.find("done"), Some(Outcome::Ended(Some(b"{\"sequence\":0}".to_vec().into()))));
            assert_eq!(journal.find("huge"), Some(Outcome::Ended(None)));
            assert_eq!(journal.find("cut"), Some(Outcome::Unknown));
            assert_eq!((journal.find("old"), journal.find("torn")), (None, None));
        }
        std::fs::write(&path, "rubbish\n").unwrap();
        assert_eq!(Journal::open(&path, NOW).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
