#![allow(clippy::unwrap_used)]

mod kill;
mod many;

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;

use crate::error::ErrorKind;
use crate::model::{Record, Site};
use crate::registry::{
    Change, Expected, PostgresOptions, PostgresRegistry, RecordKey, RecordKind, Registry, RegistryExt, SqliteRegistry,
    open,
};
use crate::testing::{PostgresServer, conformance, within};
use crate::time::UtcTime;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let (registry, other) = (SqliteRegistry::open(&path).await.unwrap(), SqliteRegistry::open(&path).await.unwrap());
    conformance::registry(&registry, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let server = PostgresServer::start().await;
    let url = server.url("postgres");
    let registry = PostgresRegistry::connect(&url).await.unwrap();
    let other = PostgresRegistry::connect(&url).await.unwrap();
    conformance::registry(&registry, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_open_a_new_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = PostgresServer::start().await;
    let addresses = [format!("sqlite:{}", folder.path().join("new.db").display()), server.url("postgres")];
    for address in addresses {
        let opened = join_all((0..8).map(|_| open(&address))).await;
        let registries: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
        let writes = registries.iter().enumerate().map(|(n, registry)| store(&**registry, n));
        join_all(writes).await;
        assert_eq!(registries[0].list(RecordKind::Site, None, 100).await.unwrap().len(), 8, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = PostgresServer::start().await;
    let path = folder.path().join("newer.db");
    let sqlite = SqliteRegistry::open(&path).await.unwrap();
    sqlite.0.pretend("UPDATE schema_version SET version = 99").await;
    sqlite.close().await;
    let error = SqliteRegistry::open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("version 99") && error.to_string().contains("newer.db"), "{error}");
    let postgres = PostgresRegistry::connect(&server.url("postgres")).await.unwrap();
    postgres.0.pretend("UPDATE schema_version SET version = 99").await;
    let error = PostgresRegistry::connect(&server.url("postgres")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_say_what_to_do_and_tell_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let server = PostgresServer::start().await;
    let damaged = folder.path().join("damaged.db");
    std::fs::write(&damaged, "this is no database, it only is a file of some length. ".repeat(100)).unwrap();
    let cases = [
        ("paper:shelf".to_owned(), ErrorKind::InvalidArgument, "sqlite:PATH"),
        ("sqlite:".to_owned(), ErrorKind::InvalidArgument, "name a file"),
        (format!("sqlite:{}/no/folder.db", folder.path().display()), ErrorKind::Io, "folder must exist"),
        (format!("sqlite:{}", damaged.display()), ErrorKind::Corrupt, "backup"),
        ("postgres://u:s3cret@127.0.0.1:1/x".to_owned(), ErrorKind::Unavailable, "is it up?"),
        ("postgres://u:s3cret@127.0.0.1:99999/x".to_owned(), ErrorKind::InvalidArgument, "HOST:PORT"),
        ("postgres://u:s3cret@h/x?pasword=s3cret".to_owned(), ErrorKind::InvalidArgument, "unknown setting"),
        ("postgres://u:s3cret@h/x?sslmode=s3cret".to_owned(), ErrorKind::InvalidArgument, "form"),
        (server.url("nowhere").replace("iiot@", "iiot:s3cret@"), ErrorKind::NotFound, "createdb"),
        (server.url("postgres").replace("iiot@", "nobody:s3cret@"), ErrorKind::Unauthenticated, "user"),
        (server.url("postgres") + "?sslmode=require", ErrorKind::Security, "sslmode"),
    ];
    for (address, kind, advice) in cases {
        let error = open(&address).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{address}: {error:?}");
        assert!(error.to_string().contains(advice), "{error}");
        assert!(!format!("{error:?} {}", error.report()).contains("s3cret"), "{error:?}");
    }
    let url = server.url("postgres").replace("iiot@", "iiot:s3cret@");
    let registry = PostgresRegistry::connect(&url).await.unwrap();
    let debug = format!("{registry:?}");
    assert!(!debug.contains("s3cret") && debug.contains("127.0.0.1"), "{debug}");
    for schema in ["", "1st", "Big", "a b", "x\"y", &"x".repeat(41)] {
        let options = PostgresOptions { schema: schema.to_owned(), ..PostgresOptions::default() };
        let error = PostgresRegistry::connect_with(&url, options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    registry.close().await;
    assert_eq!(store_one(&registry, 1).await.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_keep_registries_of_one_database_apart() {
    let server = PostgresServer::start().await;
    let connect = |schema: &str| {
        let options = PostgresOptions { schema: schema.to_owned(), ..PostgresOptions::default() };
        let url = server.url("postgres");
        async move { PostgresRegistry::connect_with(&url, options).await.unwrap() }
    };
    let (one, two) = (connect("one").await, connect("two").await);
    store(&one, 1).await;
    assert!(two.list(RecordKind::Site, None, 10).await.unwrap().is_empty());
    let mut changes = two.watch(None).await.unwrap();
    store(&one, 2).await;
    store(&two, 3).await;
    let change = within("a change", Duration::from_secs(20), changes.next()).await.unwrap();
    assert!(matches!(change, Change::Put(put) if put.key == key(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_holds_the_database_for_long_makes_it_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("held.db");
    let (holder, other) = (SqliteRegistry::open(&path).await.unwrap(), SqliteRegistry::open(&path).await.unwrap());
    let held = holder.0.0.engine.begin().await.unwrap();
    let refused = store_one(&other, 1).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused:?}");
    assert!(other.get(&key(1)).await.unwrap().is_none(), "it can be read meanwhile");
    drop(held);
    store(&other, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_of_input_and_output() {
    let folder = tempfile::tempdir().unwrap();
    let registry = SqliteRegistry::open(folder.path().join("full.db")).await.unwrap();
    // The writer has one connection, so this holds for what it writes next.
    registry.0.pretend("PRAGMA max_page_count = 1").await;
    let mut stored = 0;
    let refused = loop {
        match registry.put(&key(stored), site(&"x".repeat(10_000)), Expected::Absent).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind(), ErrorKind::Io, "{refused:?}");
    assert!(refused.to_string().contains("make room"));
    assert_eq!(registry.list(RecordKind::Site, None, 1_000).await.unwrap().len(), stored, "nothing half");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_does_not_decode_is_corrupt_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let registry = SqliteRegistry::open(folder.path().join("odd.db")).await.unwrap();
    join_all((0..3).map(|n| store(&registry, n))).await;
    registry.0.pretend("UPDATE records SET record = '{\"kind\":\"unheard\"}' WHERE id = 'site-1'").await;
    let error = registry.get(&key(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("site-1"), "{error}");
    assert!(registry.get(&key(2)).await.unwrap().is_some());
    registry.delete(&key(1), Expected::Any).await.unwrap();
    assert_eq!(registry.list(RecordKind::Site, None, 10).await.unwrap().len(), 2);
}

impl super::Store {
    /// Changes the tables behind the registry's back.
    async fn pretend(&self, sql: &'static str) {
        let mut transaction = self.0.engine.begin().await.unwrap();
        transaction.script(sql).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

async fn store(registry: &dyn Registry, n: usize) {
    store_one(registry, n).await.unwrap();
}

async fn store_one(registry: &dyn Registry, n: usize) -> crate::error::Result<()> {
    registry.put(&key(n), site("x"), Expected::Absent).await.map(drop)
}

fn key(n: usize) -> RecordKey {
    RecordKey::new(RecordKind::Site, format!("site-{n}"))
}

fn site(name: &str) -> Record {
    Record::Site(Site { name: name.to_owned(), created: UtcTime::UNIX_EPOCH })
}
