//! Files of a foreign server, which lie on its disk.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use iiot_core::testing::{Peers, Process, free_port};
use iiot_twin::Twin;
use serde_json::{Value, json};

use crate::setup::{PATIENCE, ask, good, twin_of};

const FILES: &str = "nsu=urn:iiot:peer:files;s=Files";

struct Site {
    _folder: tempfile::TempDir,
    server: Process,
    disk: PathBuf,
    twin: Arc<dyn Twin>,
}

impl Site {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let disk = folder.path().join("Files");
        let (server, url) = peers.python("file_server.py", free_port(), &["--files", disk.to_str().unwrap()]).unwrap();
        Self { _folder: folder, server, disk, twin: twin_of(&url) }
    }

    async fn write(&self, name: &str, place: Value, data: &[u8]) -> Value {
        let file = format!("{FILES}/{name}");
        let request = json!({ "file": file, "place": place, "data": STANDARD.encode(data) });
        ask(&self.twin, "file_write", request).await.unwrap()
    }

    async fn read(&self, name: &str, offset: u64, length: Option<u32>) -> (Vec<u8>, Value) {
        let request = json!({ "file": format!("{FILES}/{name}"), "offset": offset, "length": length });
        let answer = ask(&self.twin, "file_read", request).await.unwrap();
        (STANDARD.decode(answer["data"].as_str().unwrap()).unwrap(), answer)
    }

    async fn change(&self, changes: Value) -> Vec<Value> {
        let answer = ask(&self.twin, "file_change", json!({ "changes": changes })).await.unwrap();
        answer["results"].as_array().unwrap().clone()
    }

    /// How many handles the server has given and not got back.
    fn handles(&mut self) -> String {
        self.server.send("handles").unwrap();
        let told = |lines: &[String]| lines.iter().find_map(|line| line.strip_prefix("HANDLES ").map(str::to_owned));
        self.server.wait_for(PATIENCE, told).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_made_written_read_moved_and_deleted() {
    let mut site = Site::start();
    let file = |name: &str| json!({ "kind": "createFile", "directory": FILES, "name": name });
    let made = site
        .change(json!([file("recipe"), file("full"), file("locked"), file("recipe"),
            { "kind": "createDirectory", "directory": FILES, "name": "old" }, { "kind": "createFile", "directory": "i=85", "name": "x" }]))
        .await;
    assert_eq!(made[0]["node"], format!("{FILES}/recipe"));
    let symbols: Vec<_> = made.iter().map(|made| made["status"]["symbol"].as_str().unwrap()).collect();
    assert_eq!(symbols, ["Good", "Good", "Good", "BadBrowseNameDuplicated", "Good", "BadMethodInvalid"]);

    // More than the server reads in one call, and than one call of ours writes.
    let data: Vec<u8> = (0..150_000_u32).map(|index| (index % 251) as u8).collect();
    let written = site.write("recipe", json!({ "kind": "replace" }), &data).await;
    assert_eq!((&written["status"]["symbol"], &written["written"]), (&json!("Good"), &json!(150_000)));
    assert!(std::fs::read(site.disk.join("recipe")).unwrap() == data, "as it is on the disk of the server");
    assert_eq!(site.write("recipe", json!({ "kind": "append" }), b"the end").await["written"], 7);
    assert_eq!(site.write("recipe", json!({ "kind": "at", "offset": 3 }), b"ABC").await["written"], 3);
    let (read, answer) = site.read("recipe", 0, None).await;
    assert!(read == std::fs::read(site.disk.join("recipe")).unwrap(), "as it is on the disk of the server");
    assert_eq!((read.len(), &read[3..6], &answer["end"]), (150_007, &b"ABC"[..], &json!(true)));
    let (read, answer) = site.read("recipe", 150_000, Some(3)).await;
    assert_eq!((&read[..], &answer["end"]), (&b"the"[..], &json!(false)));

    let listed = good(&site.twin, "file_list", json!({ "directories": [FILES] })).await;
    let entries = listed[0]["entries"].as_array().unwrap();
    let named = |name: &str| entries.iter().find(|entry| entry["name"] == name).unwrap();
    assert_eq!(
        (entries.len(), &named("recipe")["size"], &named("recipe")["directory"]),
        (4, &json!(150_007), &json!(false))
    );
    assert_eq!((&named("old")["directory"], &named("old")["size"]), (&json!(true), &Value::Null));

    let (recipe, old) = (format!("{FILES}/recipe"), format!("{FILES}/old"));
    let copied = site.change(json!([{ "kind": "copy", "directory": FILES, "node": recipe, "target": old, "name": "copy" },
        { "kind": "move", "directory": FILES, "node": recipe, "target": old },
        { "kind": "delete", "directory": FILES, "node": format!("{FILES}/full") }, { "kind": "delete", "directory": FILES, "node": "i=85" }])).await;
    assert_eq!(copied[1]["node"], format!("{FILES}/old/recipe"));
    assert_eq!(copied[3]["status"]["symbol"], "BadNotFound");
    let mut left: Vec<_> = std::fs::read_dir(&site.disk).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["locked", "old"]);
    assert_eq!(std::fs::read(site.disk.join("old/copy")).unwrap().len(), 150_007);
    assert_eq!(site.handles(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_is_given_back_whatever_fails() {
    let mut site = Site::start();
    let file = |name: &str| json!({ "kind": "createFile", "directory": FILES, "name": name });
    site.change(json!([file("full"), file("locked"), file("plain")])).await;
    let written = site.write("locked", json!({ "kind": "replace" }), b"x").await;
    assert_eq!((&written["status"]["symbol"], &written["written"]), (&json!("BadNotWritable"), &json!(0)));
    site.write("full", json!({ "kind": "replace" }), &[7; 900]).await;
    let written = site.write("full", json!({ "kind": "at", "offset": 900 }), &[7; 200]).await;
    assert_eq!(written["status"]["symbol"], "BadResourceUnavailable", "in the middle of it");
    assert_eq!(site.read("none", 0, None).await.1["status"]["symbol"], "BadMethodInvalid");
    let wrong = json!({ "file": format!("{FILES}/plain"), "data": "***" });
    assert!(ask(&site.twin, "file_write", wrong).await.is_err());
    // Callers that leave in the middle.
    let data = vec![1; 1_000_000];
    site.write("plain", json!({ "kind": "replace" }), &data).await;
    for _ in 0..5 {
        let reading = site.read("plain", 0, None);
        let left = tokio::time::timeout(std::time::Duration::from_millis(50), reading).await;
        assert!(left.is_err(), "a thousand calls take longer");
    }
    // Whatever was sent before is answered before.
    site.read("plain", 0, Some(1)).await;
    assert_eq!(site.handles(), "0");
}
