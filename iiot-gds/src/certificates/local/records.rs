//! Documents of the store that this capability keeps itself.

use iiot_core::{ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error;
use crate::store::{Document, DocumentQuery, Store, Write};

pub(super) const PROPOSAL: &str = "proposal";
pub(super) const POLICY: &str = "policy";
pub(super) const KEY_NOTE: &str = "newKeyPair";

/// A record with the revision that it has.
#[derive(Debug, Clone)]
pub(super) struct Kept<T> {
    pub(super) value: T,
    pub(super) revision: u64,
}

pub(super) async fn load<T: DeserializeOwned>(store: &dyn Store, kind: &str, id: &str) -> Result<Option<Kept<T>>> {
    store.document(kind, id).await?.map(read).transpose()
}

pub(super) async fn list<T: DeserializeOwned>(store: &dyn Store, query: &DocumentQuery) -> Result<Vec<Kept<T>>> {
    store.documents(query).await?.into_iter().map(read).collect()
}

/// All of a kind with these labels.
pub(super) async fn all<T: DeserializeOwned>(
    store: &dyn Store,
    kind: &str,
    labels: Vec<(String, String)>,
) -> Result<Vec<Kept<T>>> {
    let (mut query, mut found) = (DocumentQuery { kind: kind.into(), labels, after: None, limit: PAGE }, Vec::new());
    loop {
        let page = store.documents(&query).await?;
        let Some(last) = page.last() else { return Ok(found) };
        query.after = Some(last.id.clone());
        for document in page {
            found.push(read(document)?);
        }
    }
}

/// How many of a kind have these labels, as far as `most`.
pub(super) async fn count(store: &dyn Store, kind: &str, labels: &[(&str, &str)], most: usize) -> Result<usize> {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let limit = most.clamp(1, PAGE);
    let (mut query, mut counted) = (DocumentQuery { kind: kind.into(), labels, after: None, limit }, 0);
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

pub(super) fn write<T: Serialize>(
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

pub(super) fn delete((kind, id): (&str, &str), expected: u64) -> Write {
    let (kind, id) = (kind.to_owned(), id.to_owned());
    Write { kind, id, content: None, labels: Vec::new(), expected: Some(expected) }
}

fn read<T: DeserializeOwned>(Document { kind, id, revision, content, .. }: Document) -> Result<Kept<T>> {
    let value = serde_json::from_str(&content).map_err(|cause| {
        let message = "the record does not decode: it was written by a newer version, or is damaged";
        error(ErrorKind::Corrupt, "read record", message).with(kind, id).because(cause)
    })?;
    Ok(Kept { value, revision })
}

const PAGE: usize = 1_000;
