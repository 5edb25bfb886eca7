//! A tree of files as sink.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::transport::{Carries, Message};
use tokio::sync::Mutex;

use super::{FileSink, Rotation, failed};
use crate::sink::Sink;

/// Appends each payload as a line to the file of its topic: `plant/line 1/oven` goes to
/// `plant/line%201/oven.jsonl` below the folder.
///
/// Letters, digits and `-_.` of a level stay, other bytes are written as in a URL, and no level leads
/// out of the folder. Files behave as with [`FileSink`]; at most 64 are open at a time.
#[derive(Debug)]
pub struct FolderSink {
    root: PathBuf,
    rotation: Rotation,
    clock: Arc<dyn Clock>,
    /// The files in use, the latest last.
    open: Mutex<Vec<(PathBuf, FileSink)>>,
}

impl FolderSink {
    /// Opens a folder, or makes it. The rotation holds for each file.
    ///
    /// # Errors
    /// `Io`, with the path.
    pub fn open(root: impl Into<PathBuf>, rotation: Rotation) -> Result<Self> {
        let root = root.into();
        std::fs::create_dir_all(&root).map_err(|cause| failed("open folder", &root, cause))?;
        Ok(Self { root, rotation, clock: Arc::new(SystemClock), open: Mutex::default() })
    }

    /// The file at the path, as the last of those in use.
    async fn file<'a>(&self, open: &'a mut Vec<(PathBuf, FileSink)>, path: PathBuf) -> Result<&'a FileSink> {
        if let Some(at) = open.iter().position(|(known, _)| *known == path) {
            open[at..].rotate_left(1);
        } else {
            let folder = path.parent().unwrap_or(&self.root);
            tokio::fs::create_dir_all(folder).await.map_err(|cause| failed("make folder", folder, cause))?;
            let file = FileSink::open_at(&path, self.rotation, Arc::clone(&self.clock)).await?;
            if open.len() >= MAX_OPEN {
                open.remove(0).1.close().await;
            }
            open.push((path, file));
        }
        Ok(&open.last().expect("it was found or added").1)
    }
}

#[async_trait]
impl Sink for FolderSink {
    async fn send(&self, message: Message) -> Result<()> {
        let path = self.root.join(path_of(&message.topic));
        // Held while the line is written, so that no file is open twice.
        let mut open = self.open.lock().await;
        self.file(&mut open, path).await?.send(message).await
    }

    fn max_message_size(&self) -> Option<usize> {
        None
    }

    fn carries(&self) -> Carries {
        Carries::NOTHING
    }

    fn address(&self) -> String {
        format!("folder:{}", self.root.display())
    }

    async fn close(&self) {
        for (_, file) in self.open.lock().await.drain(..) {
            file.close().await;
        }
    }
}

/// Where the messages of a topic are, below the folder.
fn path_of(topic: &str) -> PathBuf {
    let path: PathBuf = topic.split('/').map(level).collect();
    let mut name = path.into_os_string();
    name.push(EXTENSION);
    Path::new(&name).to_owned()
}

/// A level of a topic as the name of a file or folder, which is never that of a file of another topic.
fn level(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars() {
        let plain =
            character.is_alphanumeric() || matches!(character, '-' | '_') || (character == '.' && !name.is_empty());
        if plain {
            name.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                write!(name, "%{byte:02X}").expect("a string takes everything");
            }
        }
    }
    let name = name.replace(EXTENSION, "%2Ejsonl");
    match name.len() {
        0 => "%".into(),
        1..=MAX_LEVEL => name,
        _ => {
            let end = (0..=MAX_LEVEL - 16).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
            format!("{}%-{:08x}", &name[..end], crc32fast::hash(text.as_bytes()))
        }
    }
}

const EXTENSION: &str = ".jsonl";
const MAX_OPEN: usize = 64;
/// Bytes of a level; file systems take 255 with what stands behind it.
const MAX_LEVEL: usize = 200;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_topic_has_a_path_of_its_own_inside_the_folder() {
        assert_eq!(path_of("plant/line 1/oven"), Path::new("plant/line%201/oven.jsonl"));
        assert_eq!(path_of("Halle/Öfen/v1.2"), Path::new("Halle/Öfen/v1.2.jsonl"));
        assert_eq!(path_of("../../etc/passwd"), Path::new("%2E./%2E./etc/passwd.jsonl"));
        assert_eq!(path_of("/a//b"), Path::new("%/a/%/b.jsonl"));
        let long = "x".repeat(300);
        let topics = ["a", "a.jsonl/b", "a/b", "a%2Ejsonl/b", "%", "", "/", "..", "%2E.", "a:b", "a\0b", &long];
        let paths: HashSet<_> = topics.iter().map(|topic| path_of(topic)).collect();
        assert_eq!(paths.len(), topics.len(), "{paths:?}");
        assert!(paths.iter().all(|path| path.components().all(|part| part.as_os_str().len() < 255)));
    }

    #[tokio::test]
    async fn topics_have_files_and_more_than_can_be_open_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let sink = FolderSink::open(folder.path().join("new"), Rotation::default()).unwrap();
        for round in 0..2 {
            for number in 0..MAX_OPEN + 10 {
                sink.send(Message::new(format!("line/{number}"), round.to_string())).await.unwrap();
            }
        }
        assert_eq!(sink.open.lock().await.len(), MAX_OPEN);
        sink.close().await;
        for number in 0..MAX_OPEN + 10 {
            let file = folder.path().join(format!("new/line/{number}.jsonl"));
            assert_eq!(std::fs::read_to_string(file).unwrap(), "0\n1\n");
        }
    }
}
