//! What stores and their audit records keep, on every store.
#![allow(clippy::unwrap_used)]

mod conformance;
mod forbidden;
mod full;
mod kill;
mod marks;
mod opening;
mod tampered;
mod throughput;
mod verifier;

use std::sync::Arc;

use iiot_core::testing::PostgresServer;
use iiot_gds::store::{MemoryStore, PostgresStore, SqliteStore};

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    let store = Arc::new(MemoryStore::new());
    conformance::store(Arc::clone(&store) as _, store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gds.db");
    let (store, other) = (SqliteStore::open(&path).await.unwrap(), SqliteStore::open(&path).await.unwrap());
    conformance::store(Arc::new(store), Arc::new(other)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let server = PostgresServer::start().await;
    let url = server.url("postgres");
    let (store, other) = (PostgresStore::connect(&url).await.unwrap(), PostgresStore::connect(&url).await.unwrap());
    conformance::store(Arc::new(store), Arc::new(other)).await;
}
