//! Yesterday's database put in the place of today's: refused until an operator acts, and numbers go on behind all of old.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iiot_core::clock::ManualClock;
use iiot_core::keys::FsKeyStore;
use iiot_core::ua::trust::RevocationList;
use iiot_core::{ErrorKind, Result};

use super::invariants::check;
use super::works::*;
use crate::audit::{MarkedStore, MarksFile};
use crate::authority::AuthorityParts;
use crate::store::{RevocationReason, SqliteStore, Store};

struct Plant {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

/// A process: its store, and the parts of its authorities on it.
struct Day {
    sqlite: SqliteStore,
    marked: MarkedStore,
    parts: AuthorityParts,
}

impl Day {
    /// An orderly end.
    async fn end(self) {
        self.marked.flush().await.unwrap();
        drop((self.marked, self.parts));
        self.sqlite.close().await;
    }
}

impl Plant {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn begin(&self, operator: Option<&str>) -> Result<Day> {
        let sqlite = SqliteStore::open(self.path("gds.db")).await?;
        let (inner, marks) = (Arc::new(sqlite.clone()), MarksFile::new(self.path("marks.json")));
        let clock = || Arc::<ManualClock>::clone(&self.clock);
        let marked = match operator {
            None => MarkedStore::open(inner, marks, clock()).await?,
            Some(operator) => MarkedStore::accept(inner, marks, clock(), operator).await?,
        };
        let keys = Arc::new(FsKeyStore::new(self.path("keys")));
        let parts = AuthorityParts { store: Arc::new(marked.clone()), keys, clock: clock() };
        Ok(Day { sqlite, marked, parts })
    }

    fn copy(&self, from: &str, to: &str) {
        std::fs::copy(self.path(from), self.path(to)).unwrap();
        for side in ["-wal", "-shm"] {
            let path = self.path(&format!("{to}{side}"));
            assert!(!Path::new(&path).exists() || std::fs::remove_file(path).is_ok());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_signs_nothing_until_an_operator_acts_and_then_goes_on_behind_the_marks() {
    let plant = Plant { folder: tempfile::tempdir().unwrap(), clock: Arc::new(ManualClock::new(start())) };
    let key = application_key().await;
    let yesterday = plant.begin(None).await.unwrap();
    let authorities = opened(&yesterday.parts).await;
    set_up(&authorities).await.unwrap();
    let first = certify(&authorities, "r1", &key).await.unwrap();
    drop(authorities);
    yesterday.end().await;
    plant.copy("gds.db", "yesterday.db");

    plant.clock.advance(DAY);
    let today = plant.begin(None).await.unwrap();
    let authorities = opened(&today.parts).await;
    let second = certify(&authorities, "r2", &key).await.unwrap();
    let list = authorities.revoke(&first.issuer, &first.serial, RevocationReason::KeyCompromise, "rita").await.unwrap();
    authorities.publish("plant", "rita").await.unwrap();
    let (given, updated) = (today.sqlite.last_number("plant").await.unwrap(), updated(&list));
    drop(authorities);
    today.end().await;

    plant.copy("yesterday.db", "gds.db");
    for _ in 0..2 {
        let refused = plant.begin(None).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Corrupt);
        assert!(refused.to_string().contains("backup"), "{refused}");
    }
    let accepted = plant.begin(Some("olga")).await.unwrap();
    let authorities = opened(&accepted.parts).await;
    assert!(authorities.recover().await.unwrap().is_complete());
    let list = authorities.publish("plant", "rita").await.unwrap();
    assert_eq!(accepted.sqlite.last_number("plant").await.unwrap(), given + 1, "no number is given twice");
    assert!(self::updated(&list) >= updated);
    let third = certify(&authorities, "r2", &key).await.unwrap();
    assert_ne!(third.serial, second.serial);
    check(&AuthorityParts { store: Arc::new(accepted.sqlite.clone()), ..accepted.parts.clone() }, &[]).await;
    drop(authorities);
    accepted.end().await;
    plant.begin(None).await.unwrap().end().await;
}

fn updated(list: &[u8]) -> iiot_core::time::UtcTime {
    RevocationList::parse(list).unwrap().this_update()
}
