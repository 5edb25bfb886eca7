//! Records in an SQL database.
//!
//! | table | holds |
//! |---|---|
//! | `documents` | what changes |
//! | `labels` | what documents are found by |
//! | `artefacts` | what was ever to be signed, and what became of it |
//! | `audit` | the audit record |
//!
//! Triggers keep `artefacts` and `audit` as they are, whoever writes.

mod engine;
#[cfg(feature = "postgres")]
mod postgres;
mod read;
mod rows;
mod schema;
mod situation;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
mod write;
mod writer;

use std::sync::Arc;

use iiot_core::sql::{failure, in_time};
use iiot_core::{Error, ErrorKind, Result};
use tokio::sync::{mpsc, oneshot};

#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

use self::engine::Engine;
use self::statement::{Row, Statement};
use self::writer::Job;
use super::check::check;
use super::{COMMIT, Committed, Transaction};

/// The store, whatever the database. Writers wait in a line; what waits is written together, each on its own terms.
#[derive(Debug, Clone)]
struct Database {
    engine: Arc<dyn Engine>,
    jobs: mpsc::Sender<Job>,
}

impl Database {
    /// Makes the tables where there are none.
    async fn open(engine: impl Engine) -> Result<Self> {
        schema::prepare(&engine).await?;
        let engine: Arc<dyn Engine> = Arc::new(engine);
        let (jobs, line) = mpsc::channel(writer::LINE);
        tokio::spawn(writer::write(Arc::clone(&engine), line));
        Ok(Self { engine, jobs })
    }

    /// Leaves everything as it is, to look at what may be damaged.
    fn inspect(engine: impl Engine) -> Self {
        let (jobs, _) = mpsc::channel(1);
        Self { engine: Arc::new(engine), jobs }
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        // Before it stands in the line, so that it spoils nobody else's.
        check(&transaction)?;
        let (answer, answered) = oneshot::channel();
        let closed = || Error::new(ErrorKind::Closed, COMMIT, "the store was closed, or can only be read");
        self.jobs.send(Job { transaction, answer }).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<Row>> {
        let found = in_time(self.engine.rows(statement)).await;
        found.map_err(|cause| failure(self.engine.dialect().meaning, READ, cause))
    }

    async fn row(&self, statement: Statement) -> Result<Option<Row>> {
        Ok(self.rows(statement).await?.into_iter().next())
    }
}

/// What every store on a database does alike.
macro_rules! store {
    ($name:ident) => {
        #[async_trait::async_trait]
        impl $crate::store::Store for $name {
            async fn document(&self, kind: &str, id: &str) -> Result<Option<$crate::store::Document>> {
                self.0.document(kind, id).await
            }

            async fn documents(&self, query: &$crate::store::DocumentQuery) -> Result<Vec<$crate::store::Document>> {
                self.0.documents(query).await
            }

            async fn commit(&self, transaction: $crate::store::Transaction) -> Result<$crate::store::Committed> {
                self.0.commit(transaction).await
            }

            async fn unfinished(&self) -> Result<Vec<$crate::store::Reserved>> {
                self.0.unfinished().await
            }

            async fn reserved(&self, name: &$crate::store::ArtefactName) -> Result<Option<$crate::store::Reserved>> {
                self.0.reserved(name).await
            }

            async fn certificates(
                &self,
                query: &$crate::store::CertificateQuery,
            ) -> Result<Vec<$crate::store::CertificateRecord>> {
                self.0.certificates(query).await
            }

            async fn revoked(
                &self,
                issuer: &str,
                until_after: iiot_core::time::UtcTime,
            ) -> Result<Vec<$crate::store::Revocation>> {
                self.0.revoked(issuer, until_after).await
            }

            async fn revocation_list(&self, issuer: &str) -> Result<Option<$crate::store::Reserved>> {
                self.0.revocation_list(issuer).await
            }

            async fn last_number(&self, issuer: &str) -> Result<u64> {
                self.0.last_number(issuer).await
            }

            async fn audit(&self, after: u64, limit: usize) -> Result<Vec<$crate::store::AuditEntry>> {
                self.0.audit(after, limit).await
            }

            async fn audit_head(&self) -> Result<(u64, String)> {
                self.0.audit_head().await
            }
        }

        impl $name {
            /// Waits for what is under way and ends all connections; what is asked later fails with `Closed`.
            pub async fn close(&self) {
                self.0.engine.close().await;
            }
        }
    };
}
use store;

const READ: &str = "read records";
