//! Files as sink.

mod folder;
mod lines;
mod rotation;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::transport::{Carries, Message};
use iiot_core::{Error, ErrorKind, Result};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::Sink;
use lines::Lines;
use rotation::Archive;

pub use folder::FolderSink;
pub use rotation::Rotation;

/// Appends each payload as a line to a file, metadata included.
///
/// A message counts as safe once the operating system has it: it survives the end of this process,
/// not a power failure. The disk is forced when a file is complete and when the sink is closed. A line
/// is whole or not there.
///
/// ```
/// use iiot_core::transport::Message;
/// use iiot_publisher::sink::{FileSink, Rotation, Sink};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("values.jsonl");
/// let rotation = Rotation { max_bytes: Some(64 << 20), gzip: true, ..Rotation::default() };
/// let sink = FileSink::open_with(path, rotation).await?;
/// sink.send(Message::new("plant/oven", r#"{"Temperature":21.5}"#)).await?;
/// sink.close().await;
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    file: Mutex<Rotating>,
}

impl FileSink {
    /// Opens a file for appending, or makes it; it grows without end. A last line without end is cut off.
    ///
    /// # Errors
    /// `Io`, with the path.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(path, Rotation::default()).await
    }

    /// As [`open`](Self::open), with a limit to the file and to what is kept of it.
    ///
    /// # Errors
    /// `Io`, with the path.
    pub async fn open_with(path: impl Into<PathBuf>, rotation: Rotation) -> Result<Self> {
        Self::open_at(path, rotation, Arc::new(SystemClock)).await
    }

    /// As [`open_with`](Self::open_with), with the time by which the age of a file is told.
    ///
    /// # Errors
    /// `Io`, with the path.
    pub async fn open_at(path: impl Into<PathBuf>, rotation: Rotation, clock: Arc<dyn Clock>) -> Result<Self> {
        let path = path.into();
        let file = Rotating::open(&path, rotation, clock).await.map_err(|cause| failed("open file", &path, cause))?;
        Ok(Self { path, file: Mutex::new(file) })
    }
}

#[async_trait]
impl Sink for FileSink {
    async fn send(&self, message: Message) -> Result<()> {
        let mut line = Vec::with_capacity(message.payload.len() + 1);
        line.extend_from_slice(&message.payload);
        line.push(b'\n');
        let appended = self.file.lock().await.append(&line).await;
        appended.map_err(|cause| failed("append to file", &self.path, cause))
    }

    fn max_message_size(&self) -> Option<usize> {
        None
    }

    fn carries(&self) -> Carries {
        Carries::NOTHING
    }

    fn address(&self) -> String {
        format!("file:{}", self.path.display())
    }

    async fn close(&self) {
        if let Err(cause) = self.file.lock().await.close().await {
            tracing::warn!("{}", failed("close file", &self.path, cause).report());
        }
    }
}

/// A file that is put away when it is complete.
#[derive(Debug)]
struct Rotating {
    path: PathBuf,
    rotation: Rotation,
    clock: Arc<dyn Clock>,
    /// `None` while the file is being put away, and if that has failed.
    lines: Option<Lines>,
    tidying: Option<JoinHandle<()>>,
}

impl Rotating {
    async fn open(path: &Path, rotation: Rotation, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let lines = Some(Lines::open(path).await?);
        let mut file = Self { path: path.to_owned(), rotation, clock, lines, tidying: None };
        file.tidy().await;
        Ok(file)
    }

    async fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let now = self.clock.utc();
        let due = |lines: &Lines| {
            let begun = lines.begun().unwrap_or(now);
            self.rotation.is_due(lines.length(), begun, line.len() as u64, now)
        };
        if self.lines.as_ref().is_some_and(due) {
            self.put_away().await?;
        }
        let lines = match &mut self.lines {
            Some(lines) => lines,
            None => self.lines.insert(Lines::open(&self.path).await?),
        };
        lines.append(line, now).await
    }

    async fn put_away(&mut self) -> io::Result<()> {
        if let Some(lines) = &mut self.lines {
            lines.sync().await?;
        }
        self.lines = None;
        let archive = Archive::new(&self.path, self.rotation);
        tokio::task::spawn_blocking(move || archive.put_away()).await.map_err(io::Error::other)??;
        self.tidy().await;
        Ok(())
    }

    /// Begins to compress and delete in the background, once the round before has ended.
    async fn tidy(&mut self) {
        self.finish_tidying().await;
        let archive = Archive::new(&self.path, self.rotation);
        self.tidying = Some(tokio::task::spawn_blocking(move || {
            if let Err(cause) = archive.tidy() {
                tracing::warn!("complete files are not tidied up, which is tried again with the next: {cause}");
            }
        }));
    }

    async fn finish_tidying(&mut self) {
        if let Some(tidying) = &mut self.tidying {
            // Ends with an error only if it has panicked; the next round tries again.
            let _ = tidying.await;
            self.tidying = None;
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.finish_tidying().await;
        match &mut self.lines {
            Some(lines) => lines.sync().await,
            None => Ok(()),
        }
    }
}

fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Error {
    let message = "the file cannot be written; check that its folder exists, permissions and free space";
    Error::new(ErrorKind::Io, operation, message).with("file", path.display()).because(cause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use iiot_core::clock::ManualClock;
    use iiot_core::time::UtcTime;

    use super::*;

    #[tokio::test]
    async fn lines_are_appended_and_a_torn_one_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values.jsonl");
        std::fs::write(&path, "{\"a\":1}\n{\"b\":").unwrap();
        let sink = FileSink::open(&path).await.unwrap();
        sink.send(Message::new("t", "{\"c\":3}")).await.unwrap();
        sink.send(Message::new("t", "{\"d\":4}")).await.unwrap();
        sink.close().await;
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"c\":3}\n{\"d\":4}\n");
    }

    #[tokio::test]
    async fn a_long_torn_line_is_found_from_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values.jsonl");
        std::fs::write(&path, format!("x\n{}", "y".repeat(10_000))).unwrap();
        let sink = FileSink::open(&path).await.unwrap();
        sink.send(Message::new("t", "z")).await.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "x\nz\n");
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_named() {
        let error = FileSink::open("/nowhere/at/all.jsonl").await.unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all.jsonl"), "{error}");
    }

    /// Every message is in exactly one file, in order, over rotations by size and by age and over a
    /// torn line in between.
    #[tokio::test]
    async fn rotation_loses_nothing_and_a_torn_line_does_not_travel_into_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values.jsonl");
        let clock = Arc::new(ManualClock::new(UtcTime::from_ticks(10_000_000)));
        let rotation =
            Rotation { max_bytes: Some(40), max_age: Some(Duration::from_secs(60)), keep: 100, ..Rotation::default() };
        let open = async || FileSink::open_at(&path, rotation, Arc::clone(&clock) as _).await.unwrap();
        let mut sink = open().await;
        for number in 0..50 {
            if number == 20 {
                drop(sink);
                let torn = [std::fs::read(&path).unwrap(), b"{\"half".to_vec()].concat();
                std::fs::write(&path, torn).unwrap();
                sink = open().await;
            }
            if number == 40 {
                clock.advance(Duration::from_secs(60));
            }
            sink.send(Message::new("t", format!("{{\"n\":{number}}}"))).await.unwrap();
        }
        sink.close().await;
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.rotate_left(1);
        assert!(files.len() >= 10 && files.last() == Some(&path), "{files:?}");
        let all: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        let expected: String = (0..50).map(|number| format!("{{\"n\":{number}}}\n")).collect();
        assert_eq!(all, expected);
    }
}
