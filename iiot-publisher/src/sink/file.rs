//! A file as sink.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use iiot_core::transport::Message;
use iiot_core::{Error, ErrorKind, Result};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom};
use tokio::sync::Mutex;

use super::Sink;

/// Appends each payload as a line to a file, metadata included.
///
/// A message counts as safe once the operating system has it: it survives the end of this process,
/// not a power failure. The disk is forced when the sink is closed. A line is whole or not there:
/// what a failed write left is cut off before the next one.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    file: Mutex<Writer>,
}

#[derive(Debug)]
struct Writer {
    file: File,
    /// Where the last whole line ends.
    length: u64,
    torn: bool,
}

impl FileSink {
    /// Opens a file for appending, or makes it. A last line without end is cut off.
    ///
    /// # Errors
    /// `Io`, with the path.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let writer = Writer::open(&path).await.map_err(|cause| failed("open file", &path, cause))?;
        Ok(Self { path, file: Mutex::new(writer) })
    }
}

impl Writer {
    async fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path).await?;
        let length = end_of_last_line(&mut file).await?;
        Ok(Self { file, length, torn: true })
    }

    async fn append(&mut self, line: &[u8]) -> std::io::Result<()> {
        if self.torn {
            self.file.set_len(self.length).await?;
            self.file.seek(SeekFrom::Start(self.length)).await?;
        }
        // Also when this future is dropped half way.
        self.torn = true;
        self.file.write_all(line).await?;
        self.file.flush().await?;
        self.length += line.len() as u64;
        self.torn = false;
        Ok(())
    }
}

/// Looks backwards for the last line end.
async fn end_of_last_line(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.metadata().await?.len();
    let mut block = [0; 4096];
    while end > 0 {
        let size = end.min(block.len() as u64);
        file.seek(SeekFrom::Start(end - size)).await?;
        file.read_exact(&mut block[..size as usize]).await?;
        if let Some(at) = block[..size as usize].iter().rposition(|byte| *byte == b'\n') {
            return Ok(end - size + at as u64 + 1);
        }
        end -= size;
    }
    Ok(0)
}

fn failed(operation: &'static str, path: &Path, cause: std::io::Error) -> Error {
    let message = "the file cannot be written; check that its folder exists, permissions and free space";
    Error::new(ErrorKind::Io, operation, message).with("file", path.display()).because(cause)
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

    fn address(&self) -> String {
        format!("file:{}", self.path.display())
    }

    async fn close(&self) {
        if let Err(cause) = self.file.lock().await.file.sync_data().await {
            tracing::warn!("{}", failed("close file", &self.path, cause).report());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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
}
