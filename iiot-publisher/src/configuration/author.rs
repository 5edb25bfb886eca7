//! Who changes a configuration.

use std::sync::Arc;

use iiot_core::Result;
use iiot_core::operation::{Dispatch, Operation, Principal, Reply, async_trait};

tokio::task_local! {
    static AUTHOR: String;
}

/// Who has asked for what is being done.
pub(super) fn current() -> String {
    AUTHOR.try_with(Clone::clone).unwrap_or_else(|_| "program".into())
}

/// Lets a capability know who asks for its operations.
#[derive(Debug)]
pub struct Attributed<D: ?Sized>(pub Arc<D>);

#[async_trait]
impl<D: Dispatch + ?Sized> Dispatch for Attributed<D> {
    fn operations(&self) -> &'static [Operation] {
        self.0.operations()
    }

    async fn dispatch(&self, operation: &str, principal: &Principal, request: &[u8]) -> Result<Reply> {
        AUTHOR.scope(principal.name.clone(), self.0.dispatch(operation, principal, request)).await
    }
}
