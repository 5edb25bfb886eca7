//! High-water marks: a restored backup is refused until an operator accepts it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::clock::{Clock, ManualClock, SystemClock};
use iiot_core::testing::wait_until;
use iiot_gds::audit::{Fault, MarkedStore, MarksFile, verify_store};
use iiot_gds::store::{MemoryStore, SqliteStore, Store};

use crate::conformance::{at, kind, list, reserve, serial, transaction};

struct Plant {
    folder: tempfile::TempDir,
}

impl Plant {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("gds.db")
    }

    fn marks(&self) -> MarksFile {
        MarksFile::new(self.folder.path().join("marks.json"))
    }

    async fn sqlite(&self) -> SqliteStore {
        SqliteStore::open(self.database()).await.unwrap()
    }

    async fn open(&self) -> iiot_core::Result<MarkedStore> {
        MarkedStore::open(Arc::new(self.sqlite().await), self.marks(), Arc::new(SystemClock)).await
    }

    /// The database alone, all of it in one file.
    async fn copy(&self, from: &Path, to: &Path) {
        std::fs::copy(from, to).unwrap();
        let _ = std::fs::remove_file(to.with_extension("db-wal"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_refused_until_an_operator_accepts_it() {
    let plant = Plant::new();
    let backup = plant.folder.path().join("backup.db");
    let inner = plant.sqlite().await;
    let store = MarkedStore::open(Arc::new(inner.clone()), plant.marks(), Arc::new(SystemClock)).await.unwrap();
    reserve(&store, list("ca", 1)).await.unwrap();
    drop(store);
    inner.close().await;
    plant.copy(&plant.database(), &backup).await;

    let inner = plant.sqlite().await;
    let store = MarkedStore::open(Arc::new(inner.clone()), plant.marks(), Arc::new(SystemClock)).await.unwrap();
    reserve(&store, list("ca", 7)).await.unwrap();
    drop(store);
    inner.close().await;
    plant.copy(&backup, &plant.database()).await;

    let error = plant.open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("backup") && error.to_string().contains("accept"), "{error}");
    let finding =
        verify_store(&plant.sqlite().await, Vec::new(), plant.marks().read().unwrap().as_ref()).await.unwrap();
    assert_eq!(finding.unwrap_err().fault, Fault::CutOff { up_to: 2 });

    let accepted =
        MarkedStore::accept(Arc::new(plant.sqlite().await), plant.marks(), Arc::new(SystemClock), "ann").await.unwrap();
    let entry = accepted.audit(1, 1).await.unwrap().remove(0);
    assert!(entry.event.contains("audit.accepted") && entry.event.contains("\"by\":\"ann\""), "{}", entry.event);
    assert_eq!(accepted.last_number("ca").await.unwrap(), 7, "it was given once, whatever the database says");
    drop(accepted);
    let again = plant.open().await.unwrap();
    assert_eq!(kind(reserve(&again, list("ca", 7)).await), ErrorKind::Conflict, "also after a restart");
    reserve(&again, list("ca", 8)).await.unwrap();
    assert_eq!(again.last_number("ca").await.unwrap(), 8);
    drop(again);
    plant.open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_went_on_from_a_backup_is_refused() {
    let plant = Plant::new();
    let store = plant.open().await.unwrap();
    reserve(&store, list("ca", 1)).await.unwrap();
    drop(store);
    for suffix in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(plant.database().with_extension(suffix));
    }
    let other = plant.sqlite().await;
    for n in 0..5 {
        reserve(&other, serial("ca", n)).await.unwrap();
    }
    let error = plant.open().await.unwrap_err();
    assert!(error.to_string().contains("is not the one that was written"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_marks_of_a_database_in_use_are_noticed() {
    let plant = Plant::new();
    reserve(&plant.sqlite().await, serial("ca", 1)).await.unwrap();
    let error = plant.open().await.unwrap_err();
    assert!(error.to_string().contains("marks are missing"), "{error}");
    std::fs::write(plant.folder.path().join("marks.json"), "{\"number\":").unwrap();
    assert_eq!(plant.open().await.unwrap_err().kind(), ErrorKind::Corrupt);
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_are_written_before_a_number_is_used_and_soon_after_all_else() {
    let plant = Plant::new();
    let clock = Arc::new(ManualClock::new(at(0)));
    let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
    let store = MarkedStore::open(Arc::new(MemoryStore::new()), plant.marks(), shared).await.unwrap();
    reserve(&store, list("ca", 3)).await.unwrap();
    let marks = plant.marks().read().unwrap().unwrap();
    assert_eq!((marks.number, marks.revocation_lists.get("ca")), (1, Some(&3)));
    store.commit(transaction("something")).await.unwrap();
    assert_eq!(plant.marks().read().unwrap().unwrap().number, 1, "not each time");
    let written = || {
        clock.advance(Duration::from_secs(1));
        plant.marks().read().unwrap().unwrap().number == 2
    };
    wait_until("the marks are written", Duration::from_secs(20), written).await;
    assert_eq!(store.marks(), plant.marks().read().unwrap().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_marks_nothing_is_written_any_more() {
    let plant = Plant::new();
    let folder = plant.folder.path().join("away");
    std::fs::create_dir(&folder).unwrap();
    let file = MarksFile::new(folder.join("marks.json"));
    let store = MarkedStore::open(Arc::new(MemoryStore::new()), file, Arc::new(SystemClock)).await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(kind(reserve(&store, list("ca", 1)).await), ErrorKind::Io);
    let refused = reserve(&store, serial("ca", 1)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Closed, "{refused:?}");
}
