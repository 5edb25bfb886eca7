//! A capability in the hands of another language.

use std::sync::Arc;

use futures::future::BoxFuture;
use iiot::core::operation::{Invoke, Operation, Shape};
use iiot::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use crate::items::Items;

/// A capability by the names of its operations, with requests and answers as JSON.
pub struct Face {
    invoke: Arc<dyn Invoke>,
    operations: &'static [Operation],
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
        Self { invoke, operations, closing: Mutex::new(Some(Box::pin(closing))) }
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
