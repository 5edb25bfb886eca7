//! A capability in the hands of another language.

use std::sync::Arc;

use futures::future::BoxFuture;
use iiot::core::operation::{Invoke, Operation, Shape, parse_request};
use iiot::twin::columns::ColumnBatch;
use iiot::twin::{LocalTwin, ValueEncoding};
use iiot::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use serde::Deserialize;

use crate::columns::{ColumnItems, Columns, read};
use crate::items::Items;

/// A capability by the names of its operations, with requests and answers as JSON.
pub struct Face {
    invoke: Arc<dyn Invoke>,
    operations: &'static [Operation],
    /// The same servers, where this process reaches them itself.
    twin: Option<LocalTwin>,
    closing: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Face").field("invoke", &self.invoke).finish_non_exhaustive()
    }
}

impl Face {
    /// Of what carries the operations out, and what has to be done in the end.
    #[must_use]
    pub fn new(
        invoke: Arc<dyn Invoke>,
        operations: &'static [Operation],
        closing: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self { invoke, operations, twin: None, closing: Mutex::new(Some(Box::pin(closing))) }
    }

    /// The same, of servers that this process reaches itself.
    pub(crate) fn with_columns_of(self, twin: LocalTwin) -> Self {
        Self { twin: Some(twin), ..self }
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// `NotFound` if there is none of this name, `Closed` after [`close`](Self::close); those of the operation.
    pub async fn call(&self, name: &str, request: Vec<u8>) -> Result<Vec<u8>> {
        self.invoke.call(self.operation(name, Shape::Call)?, request).await
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// As of [`call`](Self::call).
    pub async fn open(&self, name: &str, request: Vec<u8>) -> Result<Items> {
        let operation = self.operation(name, Shape::Stream)?;
        Ok(Items::new(self.invoke.open(operation, request).await?))
    }

    /// As `read`, the values in columns; the request is that of `read`.
    ///
    /// # Errors
    /// As of [`call`](Self::call).
    pub async fn read_columns(&self, request: Vec<u8>) -> Result<Columns> {
        let operation = self.operation("read", Shape::Call)?;
        let batch = match &self.twin {
            Some(twin) => twin.read_columns(parse_request(operation.name, &request)?).await?,
            None => {
                let encoding = written(operation, &request)?;
                ColumnBatch::of_read(read(&self.invoke.call(operation, request).await?)?, encoding)
            }
        };
        Ok(batch.into())
    }

    /// As `watch_values`, the values in columns; the request is that of `watch_values`, without `after`. A twin that this process
    /// has itself makes a subscription for it, and what is not taken stays with the server.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub async fn open_columns(&self, request: Vec<u8>) -> Result<ColumnItems> {
        let operation = self.operation("watch_values", Shape::Stream)?;
        match &self.twin {
            Some(twin) => Ok(ColumnItems::here(twin.watch_columns(parse_request(operation.name, &request)?).await?)),
            None => {
                let encoding = written(operation, &request)?;
                Ok(ColumnItems::elsewhere(self.invoke.open(operation, request).await?, encoding))
            }
        }
    }

    /// Says good-bye to whatever is behind it. Done again, nothing happens.
    pub async fn close(&self) {
        let closing = self.closing.lock().take();
        if let Some(closing) = closing {
            closing.await;
        }
    }

    fn operation(&self, name: &str, shape: Shape) -> Result<&'static Operation> {
        if self.closing.lock().is_none() {
            return Err(Error::new(ErrorKind::Closed, "call operation", "it was closed: open a new one"));
        }
        let found = self.operations.iter().find(|one| one.name == name && one.shape == shape);
        found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "call operation", "there is none of this name").with("operation", name)
        })
    }
}

/// How a request wants its values written.
fn written(operation: &Operation, request: &[u8]) -> Result<ValueEncoding> {
    #[derive(Deserialize)]
    struct Written {
        #[serde(default)]
        encoding: ValueEncoding,
    }
    parse_request(operation.name, request).map(|Written { encoding }| encoding)
}
