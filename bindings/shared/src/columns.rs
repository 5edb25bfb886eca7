//! Values in masses, as columns.

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use iiot::core::json::{Encoding, Format, write_raw};
use iiot::core::session::{Arrays, DataBatch};
use iiot::twin::columns::{ColumnBatch, JsonTexts};
use iiot::twin::value::ValueUpdate;
use iiot::twin::{ColumnStream, ValueEncoding};
use iiot::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

/// Values row by row, in columns of one type each; all columns are equally long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// The node, by its place in the request.
    pub node: Vec<u32>,
    /// When the value came about at its source: nanoseconds since 1970, `i64::MIN` for none.
    pub source_timestamp: Vec<i64>,
    /// When the server got it: nanoseconds since 1970, `i64::MIN` for none.
    pub server_timestamp: Vec<i64>,
    /// The StatusCode.
    pub status: Vec<u32>,
    /// Numbers, and booleans as 0 and 1; NaN where there is no value, or another one.
    pub value: Vec<f64>,
    /// The values that are arrays of one dimension, of numbers or booleans.
    pub arrays: Arrays,
    /// The rows whose value is in neither, or not exactly: texts, times, other arrays, structures, large integers.
    pub other_rows: Vec<u32>,
    /// The values of those rows, as a JSON array. Empty if there is none.
    pub others: Vec<u8>,
    /// What else was told, before these values, as JSON: `items` (how they stand), `state` (of the connection) and `gap` (values
    /// are missing). Empty if there is nothing.
    pub told: Vec<u8>,
}

impl Columns {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Of PublishResponses as they were received, each beginning with its encoding id; `node` is the client handle.
    ///
    /// # Errors
    /// `Corrupt` for what is none.
    pub fn of_publish_responses(bodies: &[Bytes]) -> Result<Self> {
        let mut all = ColumnBatch::default();
        for body in bodies {
            let Some(batch) = DataBatch::of_publish_response(body)? else { continue };
            let (first, known) = (all.len(), all.others.len());
            all.columns.extend(&batch);
            // Nothing is known of the types of its server.
            let format = Format::new(Encoding::Compact, &[]);
            for row in &all.columns.others[known..] {
                let value = batch.row(*row as usize - first).value;
                all.others.push_with(|out| write_raw(out, value, &format))?;
            }
        }
        Ok(all.into())
    }
}

impl From<ColumnBatch> for Columns {
    fn from(batch: ColumnBatch) -> Self {
        let ColumnBatch { columns, others, items, state, gap } = batch;
        let iiot::core::session::Columns {
            item,
            source_timestamp,
            server_timestamp,
            status,
            value,
            arrays,
            others: other_rows,
        } = columns;
        let mut told = serde_json::Map::new();
        let mut tell = |name: &str, what: Value| told.insert(name.into(), what);
        if !items.is_empty() {
            tell("items", json!(items));
        }
        state.into_iter().for_each(|state| drop(tell("state", json!(state))));
        gap.into_iter().for_each(|gap| drop(tell("gap", json!(gap))));
        Self {
            node: item,
            source_timestamp,
            server_timestamp,
            status,
            value,
            arrays,
            other_rows,
            others: array(&others),
            told: if told.is_empty() { Vec::new() } else { Value::Object(told).to_string().into_bytes() },
        }
    }
}

/// The texts as a JSON array.
fn array(texts: &JsonTexts) -> Vec<u8> {
    let mut json = Vec::with_capacity(texts.size() + texts.len() + 1);
    for text in texts.iter() {
        json.push(if json.is_empty() { b'[' } else { b',' });
        json.extend_from_slice(text);
    }
    json.extend((!json.is_empty()).then_some(b']'));
    json
}

/// Values as they change, in columns. It is pulled: what is not taken stays with the server. Dropped, it ends the subscription.
#[derive(Debug)]
pub struct ColumnItems {
    source: Mutex<Option<Source>>,
    closing: watch::Sender<bool>,
}

enum Source {
    Here(Box<ColumnStream>),
    Elsewhere(Box<Updates>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Here(_) => "Source::Here",
            Self::Elsewhere(_) => "Source::Elsewhere",
        })
    }
}

impl ColumnItems {
    /// Of a subscription of this process.
    pub(crate) fn here(stream: ColumnStream) -> Self {
        Self::of(Source::Here(Box::new(stream)))
    }

    /// Of the updates of a `watch_values`, which are JSON and write values in `encoding`.
    pub(crate) fn elsewhere(stream: BoxStream<'static, Result<Vec<u8>>>, encoding: ValueEncoding) -> Self {
        let updates = Updates { stream, encoding, batch: ColumnBatch::default(), next: None, failed: None };
        Self::of(Source::Elsewhere(Box::new(updates)))
    }

    fn of(source: Source) -> Self {
        Self { source: Mutex::new(Some(source)), closing: watch::Sender::new(false) }
    }

    /// What comes next: the first as soon as it is there, with what is at hand behind it up to about `most` rows. `None` at the
    /// end. What else was told comes with or without rows. Nothing is lost when the future is dropped before it is ready.
    ///
    /// # Errors
    /// The one that it ends with; it is told once, behind the values before it.
    pub async fn next(&self, most: usize) -> Result<Option<Columns>> {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => Ok(None),
            next = self.pull(most) => next,
        }
    }

    async fn pull(&self, most: usize) -> Result<Option<Columns>> {
        let mut held = self.source.lock().await;
        let next = match held.as_mut() {
            None => return Ok(None),
            Some(Source::Here(stream)) => stream.next(most).await,
            Some(Source::Elsewhere(updates)) => updates.next(most).await,
        };
        if !matches!(next, Ok(Some(_))) {
            *held = None;
        }
        next.map(|batch| batch.map(Columns::from))
    }

    /// Ends the subscription; whoever waits for the next values gets the end.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        if let Some(Source::Here(stream)) = self.source.lock().await.take() {
            stream.close().await;
        }
    }
}

/// Updates of a twin somewhere else.
struct Updates {
    stream: BoxStream<'static, Result<Vec<u8>>>,
    encoding: ValueEncoding,
    /// What has come and was not given out yet.
    batch: ColumnBatch,
    /// What belongs behind it.
    next: Option<ValueUpdate>,
    failed: Option<Error>,
}

impl Updates {
    async fn next(&mut self, most: usize) -> Result<Option<ColumnBatch>> {
        if let Some(update) = self.next.take() {
            self.next = self.batch.take_in(update, self.encoding);
        }
        while self.batch.says_nothing() {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            match self.stream.next().await {
                None => return Ok(None),
                Some(item) => self.take_in(item),
            }
        }
        while self.batch.len() < most && self.next.is_none() && self.failed.is_none() {
            let Some(Some(item)) = self.stream.next().now_or_never() else { break };
            self.take_in(item);
        }
        Ok(Some(std::mem::take(&mut self.batch)))
    }

    fn take_in(&mut self, item: Result<Vec<u8>>) {
        let update = item.and_then(|json| read(&json));
        match update {
            Ok(update) => self.next = self.batch.take_in(update, self.encoding),
            Err(error) => self.failed = Some(error),
        }
    }
}

/// What another process has answered.
pub(crate) fn read<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|cause| {
        Error::new(ErrorKind::Protocol, "take the answer", "it is none of the operation").because(cause)
    })
}
