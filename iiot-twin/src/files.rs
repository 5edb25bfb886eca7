//! Files of a server (OPC 10000-20).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Header, Status};

/// Bytes that one request reads or writes.
pub const MAX_BYTES: u32 = 8 * 1024 * 1024;

/// Asks what lies in directories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileListRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// The directories, at most 100; also any other object that has files.
    #[schemars(length(max = 100))]
    pub directories: Vec<String>,
}

/// What lies in directories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileListResponse {
    /// One for each directory.
    pub results: Vec<FileListResult>,
}

/// What lies in a directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileListResult {
    /// How it went.
    pub status: Status,
    /// Its files and directories.
    pub entries: Vec<FileEntry>,
}

/// A file or directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileEntry {
    /// Its node.
    pub node: String,
    /// Its name.
    pub name: String,
    /// It is a directory.
    pub directory: bool,
    /// Of files: how many bytes it has; absent where the server does not know before it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Of files: whether it can be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable: Option<bool>,
    /// Of files: whether this user may write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_writable: Option<bool>,
    /// Of files: how often it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_count: Option<u16>,
}

/// Reads a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileReadRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// The file.
    pub file: String,
    /// From this byte on.
    #[serde(default)]
    pub offset: u64,
    /// At most so many bytes, up to 8 MiB, which is the default.
    #[serde(default)]
    #[schemars(range(min = 1, max = 8_388_608))]
    pub length: Option<u32>,
}

/// A part of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileReadResponse {
    /// How it went. What came before a failure is in `data`.
    pub status: Status,
    /// The bytes in base64.
    pub data: String,
    /// Nothing follows.
    pub end: bool,
}

/// Writes a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileWriteRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// The file.
    pub file: String,
    /// Where the bytes go.
    #[serde(default)]
    pub place: WritePlace,
    /// The bytes in base64, at most 8 MiB of them.
    pub data: String,
}

/// Where bytes of a file go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields, tag = "kind")]
pub enum WritePlace {
    /// They are all that the file has afterwards.
    #[default]
    Replace,
    /// Behind what it has.
    Append,
    /// From this byte on; what lies elsewhere stays.
    At {
        /// The first byte.
        offset: u64,
    },
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileWriteResponse {
    /// The server's answer. A bad one may come after some of the bytes were written.
    pub status: Status,
    /// Bytes that the server has taken.
    pub written: u64,
}

/// Changes what lies in directories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileChangeRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// What to change, in this order, at most 100 changes.
    #[schemars(length(max = 100))]
    pub changes: Vec<FileChange>,
}

/// A change of what lies in a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields, tag = "kind")]
pub enum FileChange {
    /// Makes an empty file.
    CreateFile {
        /// Where.
        directory: String,
        /// Its name.
        name: String,
    },
    /// Makes a directory.
    CreateDirectory {
        /// Where.
        directory: String,
        /// Its name.
        name: String,
    },
    /// Deletes a file, or a directory with all that lies in it.
    Delete {
        /// Where it lies.
        directory: String,
        /// What.
        node: String,
    },
    /// Moves a file or directory.
    Move {
        /// Where it lies.
        directory: String,
        /// What.
        node: String,
        /// Where it goes.
        target: String,
        /// Its new name; the old one where empty.
        #[serde(default)]
        name: String,
    },
    /// Copies a file or directory.
    Copy {
        /// Where it lies.
        directory: String,
        /// What.
        node: String,
        /// Where the copy goes.
        target: String,
        /// Its name; the old one where empty.
        #[serde(default)]
        name: String,
    },
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileChangeResponse {
    /// One for each change.
    pub results: Vec<FileChangeResult>,
}

/// How a change went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileChangeResult {
    /// The server's answer.
    pub status: Status,
    /// What was made, moved or copied, as it is called now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}
