//! The tables, from whatever version they are to ours.

use super::engine::{Engine, Transaction};
use super::statement::{Row, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::failure;

/// Makes the tables, or brings them to our version.
pub(super) async fn prepare(engine: &dyn Engine) -> Result<()> {
    let fail = |cause| failure(engine.dialect().meaning, PREPARE, cause);
    let mut transaction = engine.begin().await.map_err(fail)?;
    let migrations = engine.dialect().migrations;
    let version = version(engine, &mut *transaction).await.map_err(fail)?;
    let missing = usize::try_from(version).ok().and_then(|version| migrations.get(version..));
    let missing = missing.ok_or_else(|| newer(version, migrations.len()))?;
    if missing.is_empty() {
        return Ok(());
    }
    for migration in missing {
        transaction.script(migration).await.map_err(fail)?;
    }
    let done = Statement::new("UPDATE schema_version SET version = $1").bind(migrations.len() as u64);
    transaction.run(done).await.map_err(fail)?;
    transaction.commit().await.map_err(fail)
}

async fn version(engine: &dyn Engine, transaction: &mut dyn Transaction) -> sqlx::Result<u64> {
    transaction.script(engine.dialect().alone).await?;
    let tables = transaction.rows(Statement::new(engine.dialect().has_tables)).await?;
    if tables.first().map_or(0, Row::unsigned) == 0 {
        return Ok(0);
    }
    let version = transaction.rows(Statement::new("SELECT version, '', '', NULL FROM schema_version")).await?;
    Ok(version.first().map_or(0, Row::unsigned))
}

fn newer(version: u64, known: usize) -> Error {
    let message = format!(
        "the database is of version {version}, this program knows versions up to {known}; \
        use a newer program, or another database"
    );
    Error::new(ErrorKind::Unsupported, PREPARE, message)
}

const PREPARE: &str = "prepare the registry's database";
