//! Ports that the host language implements.
//!
//! Whatever is behind a port there is one object with methods that take and give a [`Parcel`]: a binding forwards each call by
//! its name, and maps what is thrown to an error by its kind. [`HostTransport`] and [`HostRegistry`] make ports of that.

mod borrowed;
mod registry;
mod transport;

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use iiot::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use borrowed::Borrowed;
pub use registry::HostRegistry;
pub use transport::HostTransport;

/// An object of the host language.
#[async_trait]
pub trait Host: Debug + Send + Sync + 'static {
    /// Calls a method of it. When the future is dropped nobody waits for the answer any more.
    ///
    /// # Errors
    /// What the method has thrown, by its kind.
    async fn call(&self, method: &'static str, request: Parcel) -> Result<Parcel>;
}

/// What a method takes or gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parcel {
    /// JSON.
    pub members: Vec<u8>,
    /// The content of a message, which is not JSON; else empty.
    pub payload: Bytes,
}

impl Parcel {
    /// Something that can be written as JSON.
    fn of(members: &impl Serialize) -> Result<Self> {
        let unwritable = |cause| Error::new(ErrorKind::Internal, CALL, "it cannot be written").because(cause);
        Ok(Self { members: serde_json::to_vec(members).map_err(unwritable)?, payload: Bytes::new() })
    }

    /// What it says; nothing is null.
    fn read<T: DeserializeOwned>(&self, method: &'static str) -> Result<T> {
        let members = if self.members.is_empty() { b"null".as_slice() } else { &self.members };
        let mut json = serde_json::Deserializer::from_slice(members);
        serde_path_to_error::deserialize(&mut json).map_err(|cause| {
            let member = cause.path().to_string();
            let message = format!("it answered something else than it should: {}", cause.into_inner());
            Error::new(ErrorKind::Protocol, CALL, message)
                .with("method", method)
                .with("member", member)
                .retryable(false)
        })
    }
}

/// Calls a method and reads its answer.
async fn ask<T: DeserializeOwned>(host: &dyn Host, method: &'static str, members: &impl Serialize) -> Result<T> {
    host.call(method, Parcel::of(members)?).await?.read(method)
}

const CALL: &str = "call an implementation";
