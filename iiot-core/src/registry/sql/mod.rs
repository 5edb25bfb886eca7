//! Records in an SQL database.
//!
//! | table | holds |
//! |---|---|
//! | `counter` | the last revision; whoever changes records holds it until that is over |
//! | `records` | the records as JSON |
//! | `labels` | what records can be found by: a filter is a range of its index |
//! | `texts` | what records can be searched for |
//! | `changes` | the last 20,000 changes, for watchers |

mod commit;
mod engine;
mod names;
#[cfg(feature = "postgres")]
mod postgres;
mod schema;
mod select;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::{Arc, OnceLock};

use futures::stream::BoxStream;
use tokio::sync::watch::Sender;
use tokio::task::AbortHandle;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresRegistry};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteRegistry;

use self::commit::{Plan, before, take_counter};
use self::engine::{Engine, Transaction};
use self::names::{kind_name, versioned};
use self::statement::{Row, Statement};
use super::{COMMIT, Change, Filter, Page, Query, RecordKey, Revision, Versioned, Write, check, check_id, expect};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{failure, failure_at_the_end, in_time};

/// The registry, whatever the database.
#[derive(Debug, Clone)]
struct Store(Arc<Core>);

#[derive(Debug)]
struct Core {
    engine: Arc<dyn Engine>,
    /// The last revision that is known here.
    news: Arc<Sender<u64>>,
    /// What notices changes of other processes, as soon as somebody watches.
    notice: OnceLock<AbortHandle>,
}

impl Store {
    /// Makes the tables where there are none.
    async fn open(engine: impl Engine) -> Result<Self> {
        schema::prepare(&engine).await?;
        let (engine, news) = (Arc::new(engine), Arc::new(Sender::new(0)));
        Ok(Self(Arc::new(Core { engine, news, notice: OnceLock::new() })))
    }

    async fn get(&self, key: &RecordKey) -> Result<Option<Versioned>> {
        if check_id(key).is_err() {
            return Ok(None);
        }
        let one = Statement::new(ONE).bind(kind_name(key.kind)).bind(key.id.as_str());
        self.0.rows(one, READ).await?.first().map(versioned).transpose()
    }

    async fn commit(&self, changes: Vec<Write>) -> Result<Vec<Revision>> {
        check(&changes)?;
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = in_time(self.0.engine.begin()).await.map_err(|cause| self.0.failure(COMMIT, cause))?;
        let (revisions, last) = self.0.write(&mut *transaction, changes).await?;
        let end = in_time(transaction.commit()).await;
        end.map_err(|cause| failure_at_the_end(self.0.engine.dialect().meaning, COMMIT, cause))?;
        self.0.news.send_if_modified(|known| std::mem::replace(known, last.max(*known)) < last);
        Ok(revisions)
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        query.check()?;
        let mut page = Vec::new();
        let mut after = query.after.clone().unwrap_or_default();
        // Once, but for long values of labels, of which the table knows the beginning only.
        while page.len() <= query.limit() {
            let wanted = query.limit() + 1 - page.len();
            let found = self.0.some(query, &after, wanted).await?;
            let more = found.len() == wanted;
            after = found.last().map(|last| last.key.id.clone()).unwrap_or_default();
            page.extend(found.into_iter().filter(|found| query.fits(&found.record)));
            if !more {
                break;
            }
        }
        Ok(cut(page, query.limit()))
    }

    async fn watch(&self, after: Option<Revision>) -> Result<BoxStream<'static, Change>> {
        let core = &self.0;
        core.notice.get_or_init(|| {
            tokio::spawn(watch::notice(Arc::clone(&core.engine), Arc::clone(&core.news))).abort_handle()
        });
        let after = match after {
            Some(Revision(after)) => after,
            None => core.last().await?,
        };
        Ok(watch::changes(Arc::clone(core), after))
    }

    async fn close(&self) {
        self.0.engine.close().await;
    }
}

impl Core {
    async fn rows(&self, statement: Statement, operation: &'static str) -> Result<Vec<Row>> {
        in_time(self.engine.rows(statement)).await.map_err(|cause| self.failure(operation, cause))
    }

    async fn last(&self) -> Result<u64> {
        Ok(self.rows(Statement::new(watch::LAST), READ).await?.first().map_or(0, Row::unsigned))
    }

    async fn some(&self, query: &Query, after: &str, limit: usize) -> Result<Vec<Versioned>> {
        let filters = self.counted(query, after).await?;
        let statement = select::page(self.engine.dialect(), query, &filters, after, limit);
        self.rows(statement, READ).await?.iter().map(versioned).collect()
    }

    /// The filters, those first that few records fit.
    async fn counted(&self, query: &Query, after: &str) -> Result<Vec<(u64, Filter)>> {
        let alone = query.filters.len() == 1 && query.contains.is_none();
        let mut counted = Vec::new();
        for filter in &query.filters {
            let count = match alone {
                true => 0,
                false => self.rows(select::count(query, filter, after), READ).await?.first().map_or(0, Row::unsigned),
            };
            counted.push((count, filter.clone()));
        }
        counted.sort_by_key(|(count, _)| *count);
        Ok(counted)
    }

    async fn write(&self, transaction: &mut dyn Transaction, changes: Vec<Write>) -> Result<(Vec<Revision>, u64)> {
        let fail = |cause| self.failure(COMMIT, cause);
        let last = in_time(take_counter(transaction)).await.map_err(fail)?;
        let before = in_time(before(transaction, &changes)).await.map_err(fail)?;
        for change in &changes {
            let name = (kind_name(change.key.kind), change.key.id.clone());
            expect(change, before.get(&name).map(|before| before.revision))?;
        }
        let plan = Plan::new(last, changes, &before)
            .map_err(|cause| Error::new(ErrorKind::Internal, COMMIT, "a record does not encode").because(cause))?;
        let revisions = plan.revisions.clone();
        let last = in_time(plan.write(transaction)).await.map_err(fail)?;
        if let Some(notify) = self.engine.dialect().notify {
            transaction.run(Statement::new(notify)).await.map_err(fail)?;
        }
        Ok((revisions, last))
    }

    fn failure(&self, operation: &'static str, cause: sqlx::Error) -> Error {
        failure(self.engine.dialect().meaning, operation, cause)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(notice) = self.notice.get() {
            notice.abort();
        }
    }
}

/// A page of what was found, with one more where there is more.
fn cut(mut records: Vec<Versioned>, limit: usize) -> Page {
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(|last| last.key.id.clone());
    Page { records, next }
}

/// What every registry on a database does alike.
macro_rules! registry {
    ($name:ident) => {
        #[async_trait::async_trait]
        impl $crate::registry::Registry for $name {
            async fn get(&self, key: &$crate::registry::RecordKey) -> Result<Option<$crate::registry::Versioned>> {
                self.0.get(key).await
            }

            async fn commit(&self, changes: Vec<$crate::registry::Write>) -> Result<Vec<$crate::registry::Revision>> {
                self.0.commit(changes).await
            }

            async fn query(&self, query: &$crate::registry::Query) -> Result<$crate::registry::Page> {
                self.0.query(query).await
            }

            async fn watch(
                &self,
                after: Option<$crate::registry::Revision>,
            ) -> Result<futures::stream::BoxStream<'static, $crate::registry::Change>> {
                self.0.watch(after).await
            }
        }

        impl $name {
            /// Waits for what is under way and ends all connections; what is asked later fails with `Closed`.
            pub async fn close(&self) {
                self.0.close().await;
            }
        }
    };
}
use registry;

const READ: &str = "read records";
const ONE: &str = "SELECT revision, kind, id, record FROM records WHERE kind = $1 AND id = $2";
