//! Records as documents of the store.

use iiot_core::{ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error;
use crate::store::{Document, DocumentQuery, Store, Write};

pub(crate) const AUTHORITY: &str = "authority";
pub(crate) const GROUP: &str = "group";
pub(crate) const REQUEST: &str = "request";

/// A record with the revision that it has.
#[derive(Debug, Clone)]
pub(crate) struct Kept<T> {
    pub(crate) value: T,
    pub(crate) revision: u64,
}

pub(crate) async fn load<T: DeserializeOwned>(store: &dyn Store, kind: &str, id: &str) -> Result<Option<Kept<T>>> {
    store.document(kind, id).await?.map(read).transpose()
}

pub(crate) async fn all<T: DeserializeOwned>(store: &dyn Store, kind: &str) -> Result<Vec<Kept<T>>> {
    let mut query = DocumentQuery { kind: kind.into(), limit: PAGE, ..DocumentQuery::default() };
    let mut found = Vec::new();
    loop {
        let page = store.documents(&query).await?;
        let Some(last) = page.last() else { return Ok(found) };
        query.after = Some(last.id.clone());
        for document in page {
            found.push(read(document)?);
        }
    }
}

/// One page.
pub(crate) async fn page<T: DeserializeOwned>(store: &dyn Store, query: &DocumentQuery) -> Result<Vec<Kept<T>>> {
    store.documents(query).await?.into_iter().map(read).collect()
}

pub(crate) fn write<T: Serialize>(
    (kind, id): (&str, &str),
    value: &T,
    labels: &[(&str, &str)],
    expected: Option<u64>,
) -> Result<Write> {
    let content = serde_json::to_string(value)
        .map_err(|cause| error(ErrorKind::Internal, "write record", "it does not encode").because(cause))?;
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(Write { kind: kind.into(), id: id.into(), content: Some(content), labels, expected })
}

pub(super) fn read<T: DeserializeOwned>(Document { kind, id, revision, content, .. }: Document) -> Result<Kept<T>> {
    let value = serde_json::from_str(&content).map_err(|cause| {
        let message = "the record does not decode: it was written by a newer version, or is damaged";
        error(ErrorKind::Corrupt, "read record", message).with(kind, id).because(cause)
    })?;
    Ok(Kept { value, revision })
}

const PAGE: usize = 1000;
