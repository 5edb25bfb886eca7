//! A write that failed ends a store until it is opened again.

use std::process::Command;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::testing::{PostgresServer, Process};
use iiot_gds::audit::verify_store;
use iiot_gds::store::{PostgresStore, Reservation, SqliteStore, Store, Transaction};
use sqlx::{Connection, Executor};

use crate::conformance::{reservation, reserve, serial, transaction};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_a_store_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gds.db");
    // Files of half a MiB at most, and an error instead of a signal beyond that.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" --exact full::a_writer --nocapture"]);
    command.arg(std::env::current_exe().unwrap()).env(PATH, &path);
    let mut writer = Process::start(&mut command).unwrap();
    let status = tokio::task::block_in_place(|| writer.wait(Duration::from_secs(60)));
    assert!(status.is_some_and(|status| status.success()), "{}", writer.said());
    let written: u64 = writer.expect_line("WRITTEN ", Duration::ZERO).unwrap().parse().unwrap();
    assert!(written > 0);
    let store = SqliteStore::open(&path).await.unwrap();
    for n in 0..written {
        assert!(store.reserved(&serial("full", n)).await.unwrap().is_some(), "{n} was acknowledged");
    }
    verify_store(&store, Vec::new(), None).await.unwrap().unwrap();
    reserve(&store, serial("room", 1)).await.unwrap();
}

/// Run by the test above in a process of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer() {
    let Ok(path) = std::env::var(PATH) else { return };
    let store = SqliteStore::open(path).await.unwrap();
    let mut written = 0;
    let error = loop {
        let large = Reservation { to_be_signed: vec![7; 20_000], ..reservation(serial("full", written)) };
        match store.commit(Transaction { reservations: vec![large], ..transaction("large") }).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Io, "{error:?}");
    let refused = reserve(&store, serial("small", 1)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Closed, "{refused:?}");
    assert!(refused.to_string().contains("open the store again"), "{refused}");
    assert!(store.reserved(&serial("full", 0)).await.unwrap().is_some(), "it can be read");
    println!("\nWRITTEN {written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_ends_a_store_in_postgres() {
    let server = PostgresServer::start().await;
    let url = server.url("postgres");
    let store = PostgresStore::connect(&url).await.unwrap();
    reserve(&store, serial("a", 1)).await.unwrap();
    let mut raw = sqlx::PgConnection::connect(&url).await.unwrap();
    raw.execute("ALTER TABLE iiot_gds.audit ADD CONSTRAINT room CHECK (number < 2)").await.unwrap();
    assert!(reserve(&store, serial("a", 2)).await.is_err());
    raw.execute("ALTER TABLE iiot_gds.audit DROP CONSTRAINT room").await.unwrap();
    let refused = reserve(&store, serial("a", 3)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Closed, "{refused:?}");
    let again = PostgresStore::connect(&url).await.unwrap();
    assert_eq!(again.reserved(&serial("a", 2)).await.unwrap(), None);
    reserve(&again, serial("a", 3)).await.unwrap();
    verify_store(&again, Vec::new(), None).await.unwrap().unwrap();
}

const PATH: &str = "IIOT_TEST_FULL";
