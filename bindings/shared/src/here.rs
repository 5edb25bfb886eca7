//! Capabilities of this process.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot::core::operation::{Dispatch, Invoke, Operation, Principal, Reply, Role};
use iiot::{Error, ErrorKind, Result};

/// Carries out operations in this process, which may do everything.
#[derive(Clone)]
pub(crate) struct Here(pub(crate) Arc<dyn Dispatch>);

impl fmt::Debug for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Here")
    }
}

#[async_trait]
impl Invoke for Here {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        match self.0.dispatch(operation.name, &ourselves(), &request).await? {
            Reply::One(json) => Ok(json),
            Reply::Many(_) => Err(Error::new(ErrorKind::Internal, "call operation", "it is a stream")),
        }
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        match self.0.dispatch(operation.name, &ourselves(), &request).await? {
            Reply::Many(items) => Ok(items),
            Reply::One(_) => Err(Error::new(ErrorKind::Internal, "call operation", "it is no stream")),
        }
    }
}

fn ourselves() -> Principal {
    Principal::new("this process", Role::Administrator)
}
