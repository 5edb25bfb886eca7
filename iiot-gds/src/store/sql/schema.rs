//! The tables, from whatever version they are to ours.

use iiot_core::sql::failure;
use iiot_core::{Error, ErrorKind, Result};

use super::engine::{Engine, Work};
use super::statement::{Column, Row, Statement};

/// Makes the tables, or brings them to our version, and looks whether what guards them is there.
pub(super) async fn prepare(engine: &dyn Engine) -> Result<()> {
    let fail = |cause| failure(engine.dialect().meaning, PREPARE, cause);
    let mut work = engine.begin().await.map_err(fail)?;
    let version = version(engine, &mut *work).await?;
    let migrations = engine.dialect().migrations;
    let missing = usize::try_from(version).ok().and_then(|version| migrations.get(version..));
    let missing = missing.ok_or_else(|| newer(version, migrations.len()))?;
    for migration in missing {
        work.script(migration).await.map_err(fail)?;
    }
    if !missing.is_empty() {
        let done = Statement::new("UPDATE schema_version SET version = $1").bind(migrations.len() as u64);
        work.run(done).await.map_err(fail)?;
    }
    check_guards(engine, &mut *work).await?;
    work.commit().await.map_err(fail)
}

async fn version(engine: &dyn Engine, work: &mut dyn Work) -> Result<u64> {
    let fail = |cause| failure(engine.dialect().meaning, PREPARE, cause);
    work.script(engine.dialect().alone).await.map_err(fail)?;
    let tables = Statement::new(engine.dialect().tables).yields(&[Column::Number, Column::Number]);
    let mut tables = work.rows(tables).await.map_err(fail)?;
    match tables.first_mut().map(|row| (row.unsigned(), row.unsigned())) {
        None | Some((0, _)) => return Ok(0),
        Some((_, 0)) => {
            let message = "the database holds tables of something else; name another file or another schema";
            return Err(Error::new(ErrorKind::InvalidArgument, PREPARE, message));
        }
        Some(_) => {}
    }
    let version = Statement::new("SELECT version FROM schema_version").yields(&[Column::Number]);
    Ok(work.rows(version).await.map_err(fail)?.first_mut().map_or(0, Row::unsigned))
}

/// Without them nobody would be kept from changing what is for ever.
async fn check_guards(engine: &dyn Engine, work: &mut dyn Work) -> Result<()> {
    let guards = Statement::new(engine.dialect().guards).yields(&[Column::Number]);
    let guards = work.rows(guards).await.map_err(|cause| failure(engine.dialect().meaning, PREPARE, cause))?;
    let (is, must) = (guards.into_iter().next().map_or(0, |mut row| row.unsigned()), engine.dialect().guard_count);
    if is == must {
        return Ok(());
    }
    let message = format!(
        "{is} of {must} triggers are there that keep the audit record from being changed: somebody has been at the \
        database; verify its audit record, and restore it from a backup"
    );
    Err(Error::new(ErrorKind::Corrupt, PREPARE, message))
}

fn newer(version: u64, known: usize) -> Error {
    let message = format!(
        "the database is of version {version}, this program knows versions up to {known}; \
        use a newer program, or another database"
    );
    Error::new(ErrorKind::Unsupported, PREPARE, message)
}

const PREPARE: &str = "prepare the store's database";
