//! What can be made of a registry's few methods.

use async_trait::async_trait;

use super::{Expected, Page, Query, RecordKey, RecordKind, Registry, Revision, Versioned, Write};
use crate::error::Result;
use crate::model::Record;

/// Conveniences over [`Registry`]; there is nothing to implement.
#[async_trait]
pub trait RegistryExt: Registry {
    /// Stores a record if what is there now is `expected`; returns the new revision.
    ///
    /// # Errors
    /// As of [`Registry::commit`].
    async fn put(&self, key: &RecordKey, record: Record, expected: Expected) -> Result<Revision> {
        let write = Write { key: key.clone(), record: Some(record), expected };
        Ok(self.commit(vec![write]).await?[0])
    }

    /// Deletes a record if what is there now is `expected`. With [`Expected::Any`] or
    /// [`Expected::Absent`] it is no error that there is none.
    ///
    /// # Errors
    /// As of [`Registry::commit`].
    async fn delete(&self, key: &RecordKey, expected: Expected) -> Result<()> {
        self.commit(vec![Write { key: key.clone(), record: None, expected }]).await.map(drop)
    }

    /// One page of the records of a kind, ordered by id, starting behind `after`.
    ///
    /// # Errors
    /// As of [`Registry::query`].
    async fn list(&self, kind: RecordKind, after: Option<&str>, limit: usize) -> Result<Vec<Versioned>> {
        let query = Query { after: after.map(Into::into), limit, ..Query::of(kind) };
        self.query(&query).await.map(|Page { records, .. }| records)
    }

    /// All records that a query asks for, whatever its limit says, page by page.
    ///
    /// # Errors
    /// As of [`Registry::query`].
    async fn all(&self, mut query: Query) -> Result<Vec<Versioned>> {
        let mut all = Vec::new();
        loop {
            query.limit = super::MAX_PAGE;
            let page = self.query(&query).await?;
            all.extend(page.records);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Changes a record until nobody else has changed it meanwhile; `None` where `change` finds nothing to do, or nothing
    /// is there.
    ///
    /// # Errors
    /// As of [`Registry::commit`], but for `Conflict`, and those of `change`.
    async fn update<F>(&self, key: &RecordKey, mut change: F) -> Result<Option<Versioned>>
    where
        F: FnMut(Record) -> Result<Option<Record>> + Send,
    {
        loop {
            let Some(found) = self.get(key).await? else { return Ok(None) };
            let Some(record) = change(found.record)? else { return Ok(None) };
            match self.put(key, record.clone(), Expected::Revision(found.revision)).await {
                Ok(revision) => return Ok(Some(Versioned { key: key.clone(), revision, record })),
                Err(error) if error.kind() == crate::error::ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: Registry + ?Sized> RegistryExt for R {}
