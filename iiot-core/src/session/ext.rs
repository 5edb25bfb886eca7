//! The services as typed calls over the one generic call.

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;
use crate::ua::{Response, Service};

/// Typed service calls on any [`Session`].
#[async_trait]
pub trait SessionExt: Session {
    /// Calls a service with its request structure and returns its response structure.
    async fn service<S: Service>(&self, request: S) -> Result<S::Response> {
        let response = self.call(request.into(), None).await?;
        S::response(response).map_err(|other| unexpected(S::NAME, &other))
    }
}

impl<T: Session + ?Sized> SessionExt for T {}

fn unexpected(service: &'static str, response: &Response) -> Error {
    Error::new(ErrorKind::Protocol, service, format!("the server answered with {}", response.service()))
}
