//! What is known of the plant, kept by the host language.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use iiot::Result;
use iiot::core::model::Record;
use iiot::core::registry::{
    Change, Expected, Filter, Page, Query, RecordKey, RecordKind, Registry, Revision, Versioned, Write,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Host, ask};

/// A registry of the host language. Its methods, with their members:
///
/// | method | takes | gives |
/// |---|---|---|
/// | `get` | `key` | the record with `key`, `revision` and `record`, or null |
/// | `commit` | `changes`: each with `key`, `record` (null deletes), `labels` and `text` of the record, and `expected` | the revisions, one each |
/// | `query` | `kind`, `filters`, `contains`, `after`, `limit` | `records`, ordered by id, and `next` where there may be more |
/// | `watch` | `after`, a revision, or null | `subscription`, a number of its choice |
/// | `next` | `subscription` | `{"put": record}`, `{"deleted": {"key", "revision"}}`, `"missed"`, or null at the end |
/// | `unwatch` | `subscription` | |
///
/// `expected` is `"absent"`, `"any"` or a revision; where something else is there, `commit` throws a conflict, or that it exists
/// already, and changes nothing. A record fits a query if each filter `{"field", "value"}` is one of its `labels`, and its `text`
/// contains what is asked for.
#[derive(Debug)]
pub struct HostRegistry(Arc<dyn Host>);

#[derive(Serialize)]
struct Wish<'w> {
    key: &'w RecordKey,
    record: &'w Option<Record>,
    labels: Vec<Filter>,
    text: Option<String>,
    expected: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Told {
    Put(Box<Versioned>),
    Deleted { key: RecordKey, revision: Revision },
    Missed,
}

#[derive(Deserialize)]
struct Found {
    records: Vec<Versioned>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Serialize)]
struct Wanted<'q> {
    kind: RecordKind,
    filters: Vec<Filter>,
    contains: Option<String>,
    after: &'q Option<String>,
    limit: usize,
}

impl HostRegistry {
    /// Of an object that has the methods.
    #[must_use]
    pub fn new(host: Arc<dyn Host>) -> Self {
        Self(host)
    }
}

#[async_trait]
impl Registry for HostRegistry {
    async fn get(&self, key: &RecordKey) -> Result<Option<Versioned>> {
        ask(&*self.0, "get", &json!({ "key": key })).await
    }

    async fn commit(&self, changes: Vec<Write>) -> Result<Vec<Revision>> {
        iiot::core::registry::check(&changes)?;
        let wishes: Vec<Wish<'_>> = changes.iter().map(Wish::of).collect();
        ask(&*self.0, "commit", &json!({ "changes": wishes })).await
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        query.check()?;
        let normal = |filter: &Filter| Filter { field: filter.field, value: filter.normal() };
        let wanted = Wanted {
            kind: query.kind,
            filters: query.filters.iter().map(normal).collect(),
            contains: query.contains.as_ref().map(|text| text.to_lowercase()),
            after: &query.after,
            limit: query.limit(),
        };
        let Found { records, next } = ask(&*self.0, "query", &wanted).await?;
        Ok(Page { records, next })
    }

    async fn watch(&self, after: Option<Revision>) -> Result<BoxStream<'static, Change>> {
        #[derive(Deserialize)]
        struct Watched {
            subscription: u64,
        }
        let Watched { subscription } = ask(&*self.0, "watch", &json!({ "after": after })).await?;
        let changes = Changes { host: Arc::clone(&self.0), subscription };
        Ok(stream::unfold(changes, async |changes| Some((changes.next().await?, changes))).boxed())
    }
}

impl<'w> Wish<'w> {
    fn of(Write { key, record, expected }: &'w Write) -> Self {
        let labels = record.iter().flat_map(Record::labels).map(|(field, value)| Filter { field, value }).collect();
        let expected = match expected {
            Expected::Absent => json!("absent"),
            Expected::Any => json!("any"),
            Expected::Revision(revision) => json!(revision),
        };
        Self { key, record, labels, text: record.as_ref().map(Record::text), expected }
    }
}

/// A watch; dropped, the host is told.
struct Changes {
    host: Arc<dyn Host>,
    subscription: u64,
}

impl Changes {
    async fn next(&self) -> Option<Change> {
        let told: Result<Option<Told>> = ask(&*self.host, "next", &json!({ "subscription": self.subscription })).await;
        match told {
            Ok(told) => told.map(|told| match told {
                Told::Put(versioned) => Change::Put(*versioned),
                Told::Deleted { key, revision } => Change::Deleted(key, revision),
                Told::Missed => Change::Missed,
            }),
            Err(error) => {
                tracing::warn!("a watch has ended: {}", error.report());
                None
            }
        }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        let (host, subscription) = (Arc::clone(&self.host), self.subscription);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        // Nobody is left whom a failure could be told.
        runtime.spawn(async move {
            let _ = ask::<Value>(&*host, "unwatch", &json!({ "subscription": subscription })).await;
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;
    use std::sync::atomic::{AtomicU64, Ordering};

    use iiot::core::registry::MemoryRegistry;
    use iiot::core::testing::conformance;
    use iiot::{Error, ErrorKind};
    use parking_lot::Mutex;

    use super::super::Parcel;
    use super::*;

    type Watch = Arc<tokio::sync::Mutex<BoxStream<'static, Change>>>;

    /// A host written in Rust, whose store is in memory.
    #[derive(Default)]
    struct Loopback {
        store: MemoryRegistry,
        watches: Mutex<HashMap<u64, Watch>>,
        next: AtomicU64,
    }

    impl std::fmt::Debug for Loopback {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Loopback")
        }
    }

    fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn write(change: &Value) -> Write {
        let record: Option<Record> = read(&change["record"]);
        let labels: Vec<Filter> = read(&change["labels"]);
        assert_eq!(labels.len(), record.as_ref().map_or(0, |record| record.labels().len()));
        let expected = match &change["expected"] {
            Value::String(text) if text == "absent" => Expected::Absent,
            Value::String(text) if text == "any" => Expected::Any,
            revision => Expected::Revision(read(revision)),
        };
        Write { key: read(&change["key"]), record, expected }
    }

    fn query(wanted: &Value) -> Query {
        Query {
            filters: read(&wanted["filters"]),
            contains: read(&wanted["contains"]),
            after: read(&wanted["after"]),
            limit: read(&wanted["limit"]),
            ..Query::of(read(&wanted["kind"]))
        }
    }

    fn told(change: Change) -> Value {
        match change {
            Change::Put(versioned) => json!({ "put": versioned }),
            Change::Deleted(key, revision) => json!({ "deleted": { "key": key, "revision": revision } }),
            Change::Missed => json!("missed"),
        }
    }

    impl Loopback {
        async fn carry_out(&self, method: &str, members: &Value) -> Result<Value> {
            let place = || members["subscription"].as_u64().unwrap();
            match method {
                "get" => self.store.get(&read(&members["key"])).await.map(|found| json!(found)),
                "commit" => {
                    let changes = members["changes"].as_array().unwrap().iter().map(write).collect();
                    self.store.commit(changes).await.map(|revisions| json!(revisions))
                }
                "query" => {
                    let Page { records, next } = self.store.query(&query(members)).await?;
                    Ok(json!({ "records": records, "next": next }))
                }
                "watch" => {
                    let changes = self.store.watch(read(&members["after"])).await?;
                    let subscription = self.next.fetch_add(1, Ordering::Relaxed);
                    self.watches.lock().insert(subscription, Arc::new(tokio::sync::Mutex::new(changes)));
                    Ok(json!({ "subscription": subscription }))
                }
                "next" => {
                    let watch = self.watches.lock().get(&place()).map(Arc::clone);
                    let Some(watch) = watch else { return Ok(Value::Null) };
                    let change = watch.lock().await.next().await;
                    Ok(change.map_or(Value::Null, told))
                }
                "unwatch" => Ok(json!(self.watches.lock().remove(&place()).is_some())),
                other => Err(Error::new(ErrorKind::Unsupported, "call", other.to_owned())),
            }
        }
    }

    #[async_trait]
    impl Host for Loopback {
        async fn call(&self, method: &'static str, request: Parcel) -> Result<Parcel> {
            Parcel::of(&self.carry_out(method, &request.read(method)?).await?)
        }
    }

    #[tokio::test]
    async fn a_registry_of_the_host_keeps_what_every_registry_keeps() {
        let host = Arc::new(Loopback::default());
        let (one, other) = (HostRegistry::new(Arc::clone(&host) as _), HostRegistry::new(host));
        conformance::registry(&one, &other).await;
    }
}
