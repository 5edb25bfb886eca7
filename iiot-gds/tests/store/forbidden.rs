//! What the databases themselves refuse, whoever writes.

use iiot_core::testing::PostgresServer;
use iiot_gds::audit::verify_store;
use iiot_gds::store::{Outcome, PostgresStore, RevocationReason, SqliteStore, Store, Transaction};
use sqlx::{ConnectOptions, Connection, Executor};

use crate::conformance::{at, finish, list, reserve, revocation, serial, signed, transaction};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_forbids_changes_of_what_is_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gds.db");
    let store = SqliteStore::open(&path).await.unwrap();
    fill(&store).await;
    let mut raw = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let own = [
        "INSERT OR REPLACE INTO audit SELECT 1, at, 'x', previous, hash FROM audit WHERE number = 1",
        "UPDATE OR REPLACE audit SET number = 1 WHERE number = 2",
        "INSERT OR REPLACE INTO artefacts (kind, issuer, name, reserved, place, to_be_signed, valid_from, valid_until,
            application, group_id, request) SELECT kind, issuer, name, reserved, place, x'00', valid_from, valid_until,
            application, group_id, request FROM artefacts",
        "UPDATE artefacts SET to_be_signed = x'00'",
        "UPDATE artefacts SET signed = x'00' WHERE outcome = 'signed'",
    ];
    for sql in FORBIDDEN.iter().chain(&own) {
        assert!(raw.execute(*sql).await.is_err(), "{sql}");
    }
    for sql in ALLOWED {
        raw.execute(*sql).await.unwrap();
    }
    raw.close().await.unwrap();
    verify_store(&store, Vec::new(), None).await.unwrap().unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_forbids_changes_of_what_is_for_ever() {
    let server = PostgresServer::start().await;
    let store = PostgresStore::connect(&server.url("postgres")).await.unwrap();
    fill(&store).await;
    let mut raw = sqlx::PgConnection::connect(&server.url("postgres")).await.unwrap();
    let own = [
        "TRUNCATE audit",
        "TRUNCATE artefacts",
        "UPDATE artefacts SET to_be_signed = '\\x00'",
        "UPDATE artefacts SET signed = '\\x00' WHERE outcome = 'signed'",
        "INSERT INTO audit SELECT * FROM audit WHERE number = 1 ON CONFLICT (number) DO UPDATE SET event = 'x'",
    ];
    let schema = |sql: &str| {
        let named = sql.replace(" audit", " iiot_gds.audit").replace(" artefacts", " iiot_gds.artefacts");
        sqlx::AssertSqlSafe(named)
    };
    for sql in FORBIDDEN.iter().chain(&own) {
        assert!(raw.execute(sqlx::raw_sql(schema(sql))).await.is_err(), "{sql}");
    }
    for sql in ALLOWED {
        raw.execute(sqlx::raw_sql(schema(sql))).await.unwrap();
    }
    verify_store(&store, Vec::new(), None).await.unwrap().unwrap_err();
}

/// One artefact of each kind and state, and a handful of entries.
async fn fill(store: &dyn Store) {
    for n in 1..=4 {
        reserve(store, serial("ca", n)).await.unwrap();
    }
    reserve(store, list("ca", 5)).await.unwrap();
    for n in 1..=2 {
        finish(store, &serial("ca", n), signed(&serial("ca", n))).await.unwrap();
    }
    finish(store, &serial("ca", 3), Outcome::Void("no".to_owned())).await.unwrap();
    let revocations = vec![revocation(&serial("ca", 1), at(1), RevocationReason::KeyCompromise)];
    store.commit(Transaction { revocations, ..transaction("revoked") }).await.unwrap();
    verify_store(store, Vec::new(), None).await.unwrap().unwrap();
}

const FORBIDDEN: &[&str] = &[
    "DELETE FROM audit",
    "DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)",
    "UPDATE audit SET event = 'x' WHERE number = 2",
    "UPDATE audit SET hash = 'x' WHERE number = 2",
    "UPDATE audit SET at = at + 1",
    "INSERT INTO audit SELECT number + 2, at, event, hash, hash FROM audit ORDER BY number DESC LIMIT 1",
    "INSERT INTO audit SELECT number + 1, at, event, 'x', hash FROM audit ORDER BY number DESC LIMIT 1",
    "DELETE FROM artefacts",
    "DELETE FROM artefacts WHERE outcome IS NULL",
    "UPDATE artefacts SET name = '07' WHERE outcome IS NULL AND kind = 'certificate'",
    "UPDATE artefacts SET issuer = 'other'",
    "UPDATE artefacts SET valid_until = valid_until + 1",
    "UPDATE artefacts SET application = 'other'",
    "UPDATE artefacts SET reserved = reserved + 1",
    "UPDATE artefacts SET outcome = NULL, signed = NULL, finished = NULL WHERE outcome = 'signed'",
    "UPDATE artefacts SET outcome = 'void', signed = NULL, void = 'x' WHERE outcome = 'signed'",
    "UPDATE artefacts SET outcome = 'signed', signed = to_be_signed, void = NULL WHERE outcome = 'void'",
    "UPDATE artefacts SET void = 'x' WHERE outcome = 'void'",
    "UPDATE artefacts SET outcome = 'void' WHERE outcome IS NULL",
    "UPDATE artefacts SET signed = to_be_signed WHERE outcome IS NULL",
    "UPDATE artefacts SET revoked = NULL, revoked_at = NULL, reason = NULL WHERE revoked IS NOT NULL",
    "UPDATE artefacts SET revoked_at = revoked_at + 1 WHERE revoked IS NOT NULL",
    "UPDATE artefacts SET revoked_at = 1 WHERE revoked IS NULL",
    "INSERT INTO artefacts (kind, issuer, name, reserved, place, to_be_signed, valid_from, valid_until, application, group_id,
        request) SELECT kind, issuer, '00000000000000000004', reserved, place, to_be_signed, valid_from, valid_until,
        application, group_id, request FROM artefacts WHERE kind = 'revocationList'",
    "INSERT INTO artefacts (kind, issuer, name, reserved, place, to_be_signed, valid_from, valid_until, application, group_id,
        request, outcome, signed, finished) SELECT kind, issuer, '0f', reserved, place, to_be_signed, valid_from, valid_until,
        application, group_id, request, outcome, signed, finished FROM artefacts WHERE outcome = 'signed'",
    "INSERT INTO artefacts (kind, issuer, name, reserved, place, to_be_signed, valid_from, valid_until, application, group_id,
        request) SELECT kind, issuer, name, reserved, place, to_be_signed, valid_from, valid_until, application, group_id,
        request FROM artefacts",
];

/// What the state of an artefact allows; the audit record then does not tell of it.
const ALLOWED: &[&str] = &["UPDATE artefacts SET outcome = 'signed', signed = to_be_signed, finished = 1
    WHERE outcome IS NULL AND kind = 'certificate'"];
