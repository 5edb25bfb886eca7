//! Opening and reopening databases.

use std::sync::Arc;

use futures::future::join_all;
use iiot_core::ErrorKind;
use iiot_core::registry::SqliteRegistry;
use iiot_core::testing::PostgresServer;
use iiot_gds::store::{PostgresStore, SqliteStore, Store, inspect, open};
use sqlx::{ConnectOptions, Connection, Executor};

use crate::conformance::{reserve, serial};

#[tokio::test(flavor = "multi_thread")]
async fn many_open_a_new_database_at_once_and_find_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = PostgresServer::start().await;
    let addresses = [format!("sqlite:{}", folder.path().join("new.db").display()), server.url("postgres")];
    for address in addresses {
        let opened = join_all((0..8).map(|_| open(&address))).await;
        let stores: Vec<Arc<dyn Store>> = opened.into_iter().map(Result::unwrap).collect();
        let written = join_all(stores.iter().zip(0..).map(|(store, n)| reserve(&**store, serial("ca", n)))).await;
        written.into_iter().for_each(|written| drop(written.unwrap()));
        drop(stores);
        let again = open(&address).await.unwrap();
        assert_eq!(again.unfinished().await.unwrap().len(), 8, "{address}");
        assert_eq!(again.audit_head().await.unwrap().0, 8);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_its_triggers_is_refused_and_can_be_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gds.db");
    let store = SqliteStore::open(&path).await.unwrap();
    reserve(&store, serial("ca", 1)).await.unwrap();
    store.close().await;
    let mut raw = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    raw.execute("DROP TRIGGER audit_stays").await.unwrap();
    raw.close().await.unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("8 of 9 triggers"), "{error}");
    let inspected = inspect(&format!("sqlite:{}", path.display())).await.unwrap();
    assert_eq!(inspected.unfinished().await.unwrap().len(), 1);
    assert_eq!(reserve(&*inspected, serial("ca", 2)).await.unwrap_err().kind(), ErrorKind::Closed);

    let server = PostgresServer::start().await;
    let url = server.url("postgres");
    reserve(&PostgresStore::connect(&url).await.unwrap(), serial("ca", 1)).await.unwrap();
    let mut raw = sqlx::PgConnection::connect(&url).await.unwrap();
    raw.execute("ALTER TABLE iiot_gds.artefacts DISABLE TRIGGER artefacts_stay").await.unwrap();
    let error = PostgresStore::connect(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
    assert_eq!(inspect(&url).await.unwrap().unfinished().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    SqliteRegistry::open(&path).await.unwrap().close().await;
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("name another file"), "{error}");

    let newer = folder.path().join("newer.db");
    SqliteStore::open(&newer).await.unwrap().close().await;
    let mut raw = sqlx::sqlite::SqliteConnectOptions::new().filename(&newer).connect().await.unwrap();
    raw.execute("UPDATE schema_version SET version = 99").await.unwrap();
    raw.close().await.unwrap();
    assert_eq!(SqliteStore::open(&newer).await.unwrap_err().kind(), ErrorKind::Unsupported);

    let missing = format!("sqlite:{}", folder.path().join("missing.db").display());
    assert_eq!(inspect(&missing).await.unwrap_err().kind(), ErrorKind::NotFound);
    for wrong in ["sqlite:", "paper:shelf", "postgres://u:s3cret@h/x?pasword=s3cret"] {
        let error = open(wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(!format!("{error:?} {}", error.report()).contains("s3cret"));
    }
}
