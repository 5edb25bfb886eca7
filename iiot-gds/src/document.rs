//! Records as documents of the store.

use iiot_core::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{Document, DocumentQuery, Store, Write};

/// The kinds that more than one part reads; the others stand where they are kept.
pub(crate) const AUTHORITY: &str = "authority";
pub(crate) const GROUP: &str = "group";
pub(crate) const REQUEST: &str = "request";
pub(crate) const TRUST_GRAPH: &str = "trustGraph";
/// There is one trust graph.
pub(crate) const THE_GRAPH: &str = "plant";

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
    all_with(store, kind, &[]).await
}

/// All of a kind with these labels.
pub(crate) async fn all_with<T: DeserializeOwned>(
    store: &dyn Store,
    kind: &str,
    labels: &[(&str, &str)],
) -> Result<Vec<Kept<T>>> {
    let (mut query, mut found) = (query(kind, labels, PAGE), Vec::new());
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

/// How many of a kind have these labels, as far as `most`.
pub(crate) async fn count(store: &dyn Store, kind: &str, labels: &[(&str, &str)], most: usize) -> Result<usize> {
    let limit = most.clamp(1, PAGE);
    let (mut query, mut counted) = (query(kind, labels, limit), 0);
    while counted < most {
        let page = store.documents(&query).await?;
        counted += page.len();
        match page.last() {
            Some(last) if page.len() == limit => query.after = Some(last.id.clone()),
            _ => break,
        }
    }
    Ok(counted)
}

pub(crate) fn write<T: Serialize>(
    (kind, id): (&str, &str),
    value: &T,
    labels: &[(&str, &str)],
    expected: Option<u64>,
) -> Result<Write> {
    let content = serde_json::to_string(value)
        .map_err(|cause| Error::new(ErrorKind::Internal, "write record", "it does not encode").because(cause))?;
    Ok(Write { kind: kind.into(), id: id.into(), content: Some(content), labels: owned(labels), expected })
}

pub(crate) fn delete((kind, id): (&str, &str), expected: u64) -> Write {
    Write { kind: kind.into(), id: id.into(), content: None, labels: Vec::new(), expected: Some(expected) }
}

pub(crate) fn read<T: DeserializeOwned>(Document { kind, id, revision, content, .. }: Document) -> Result<Kept<T>> {
    let value = serde_json::from_str(&content).map_err(|cause| {
        let message = "the record does not decode: it was written by a newer version, or is damaged";
        Error::new(ErrorKind::Corrupt, "read record", message).with(kind, id).because(cause)
    })?;
    Ok(Kept { value, revision })
}

fn query(kind: &str, labels: &[(&str, &str)], limit: usize) -> DocumentQuery {
    DocumentQuery { kind: kind.into(), labels: owned(labels), after: None, limit }
}

fn owned(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const PAGE: usize = 1000;
