#![allow(clippy::unwrap_used)]

use futures::future::join_all;

use crate::error::ErrorKind;
use crate::registry::{PostgresOptions, PostgresRegistry, SqliteRegistry, open};
use crate::testing::{PostgresServer, conformance};

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
