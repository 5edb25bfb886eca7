//! A database that somebody has been at: triggers away, changes made, triggers made again.

use std::path::Path;

use iiot_gds::audit::{Fault, Finding, verify_store};
use iiot_gds::store::{ArtefactName, Outcome, RevocationReason, SqliteStore};
use sqlx::{ConnectOptions, Connection, Executor, Row, SqliteConnection};

use crate::conformance::{at, finish, list, reserve, revoke, serial, signed};

#[tokio::test(flavor = "multi_thread")]
async fn every_change_behind_the_triggers_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("original.db");
    fill(&original).await;
    let [one, two, three, four] = [1, 2, 3, 4].map(|n| serial("ca", n));
    let of = |number, name: &ArtefactName| Finding { number, fault: Fault::Artefact(name.clone()) };
    let audit = |number, fault| Finding { number, fault };
    let cases = [
        ("UPDATE audit SET event = replace(event, 'conf', 'cons') WHERE number = 3", audit(3, Fault::Changed)),
        ("UPDATE audit SET at = at + 1 WHERE number = 4", audit(4, Fault::Changed)),
        ("UPDATE audit SET hash = previous WHERE number = 5", audit(5, Fault::Changed)),
        ("DELETE FROM audit WHERE number = 2", audit(2, Fault::NotInItsPlace { stands: 3 })),
        ("DELETE FROM audit WHERE number = 1", audit(1, Fault::NotInItsPlace { stands: 2 })),
        (
            "UPDATE audit SET number = -number WHERE number IN (2, 3);
            UPDATE audit SET number = 5 + number WHERE number < 0",
            audit(2, Fault::Changed),
        ),
        ("UPDATE artefacts SET to_be_signed = x'00' WHERE name LIKE '%1' AND kind = 'certificate'", of(1, &one)),
        ("UPDATE artefacts SET application = 'other' WHERE name LIKE '%2'", of(2, &two)),
        ("UPDATE artefacts SET valid_until = valid_until + 10000000 WHERE name LIKE '%4'", of(4, &four)),
        ("DELETE FROM artefacts WHERE name LIKE '%3'", of(3, &three)),
        ("DELETE FROM artefacts WHERE kind = 'revocationList'", of(5, &list("ca", 5))),
        ("UPDATE artefacts SET signed = x'00' WHERE name LIKE '%1' AND outcome = 'signed'", of(6, &one)),
        ("UPDATE artefacts SET outcome = NULL, signed = NULL, finished = NULL WHERE name LIKE '%2'", of(7, &two)),
        (
            "UPDATE artefacts SET outcome = 'signed', signed = to_be_signed, void = NULL WHERE name LIKE '%3'",
            of(8, &three),
        ),
        ("UPDATE artefacts SET void = 'yes' WHERE name LIKE '%3'", of(8, &three)),
        ("UPDATE artefacts SET revoked_at = NULL, reason = NULL, revoked = NULL", of(9, &one)),
        ("UPDATE artefacts SET reason = 'superseded' WHERE revoked IS NOT NULL", of(9, &one)),
        ("UPDATE artefacts SET outcome = 'signed', signed = x'01', finished = 9 WHERE name LIKE '%4'", of(10, &four)),
        ("UPDATE artefacts SET revoked_at = 1, reason = 'superseded', revoked = 9 WHERE name LIKE '%2'", of(10, &two)),
        ("UPDATE artefacts SET name = 'aa' WHERE name LIKE '%4'", of(4, &four)),
    ];
    for (n, (sql, finding)) in cases.into_iter().enumerate() {
        let copy = folder.path().join(format!("{n}.db"));
        std::fs::copy(&original, &copy).unwrap();
        tamper(&copy, sql).await;
        let store = SqliteStore::open(&copy).await.unwrap();
        assert_eq!(verify_store(&store, Vec::new(), None).await.unwrap().unwrap_err(), finding, "{sql}");
        store.close().await;
    }
}

/// Nine entries, number by number.
async fn fill(path: &Path) {
    let store = SqliteStore::open(path).await.unwrap();
    for n in 1..=4 {
        reserve(&store, serial("ca", n)).await.unwrap();
    }
    reserve(&store, list("ca", 5)).await.unwrap();
    for n in 1..=2 {
        finish(&store, &serial("ca", n), signed(&serial("ca", n))).await.unwrap();
    }
    finish(&store, &serial("ca", 3), Outcome::Void("no".to_owned())).await.unwrap();
    revoke(&store, &serial("ca", 1), at(3), RevocationReason::KeyCompromise).await.unwrap();
    assert_eq!(verify_store(&store, Vec::new(), None).await.unwrap().unwrap().entries, 9);
    store.close().await;
}

async fn tamper(path: &Path, sql: &'static str) {
    let mut raw = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let triggers = triggers(&mut raw).await;
    for (name, _) in &triggers {
        raw.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP TRIGGER {name}")))).await.unwrap();
    }
    let done = raw.execute(sqlx::raw_sql(sql)).await.unwrap();
    assert!(done.rows_affected() > 0, "{sql}");
    for (_, made) in triggers {
        raw.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(made))).await.unwrap();
    }
    raw.close().await.unwrap();
}

async fn triggers(raw: &mut SqliteConnection) -> Vec<(String, String)> {
    let found = raw.fetch_all("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").await.unwrap();
    found.iter().map(|row| (row.get(0), row.get(1))).collect()
}
