//! Has endpoints used by edges.

use std::fmt::Debug;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::model::{Application, Endpoint};

/// Tells edges which endpoints they are to use: on an edge itself that is [`Here`], above it a call to the edge.
///
/// # Behaviour
/// - Both can be called again with the same arguments, and then change nothing.
/// - `activate` of what the edge uses already gives it the description that the endpoint has now.
/// - An edge that cannot be reached is an error, in bounded time.
#[async_trait]
pub trait Activator: Debug + Send + Sync + 'static {
    /// Has `edge` use an endpoint, whose id is `id`.
    async fn activate(&self, id: &str, endpoint: &Endpoint, application: &Application, edge: &str) -> Result<()>;

    /// Has `edge` no longer use an endpoint.
    async fn deactivate(&self, id: &str, edge: &str) -> Result<()>;
}

/// The endpoints are used by the process that keeps the record: there is nobody to tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Here;

#[async_trait]
impl Activator for Here {
    async fn activate(&self, _: &str, _: &Endpoint, _: &Application, _: &str) -> Result<()> {
        Ok(())
    }

    async fn deactivate(&self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }
}
