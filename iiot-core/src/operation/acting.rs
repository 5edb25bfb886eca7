//! Capabilities that have to know who asks.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Details, Dispatch, Operation, Principal, Reply};
use crate::error::Result;

/// Carries out operations for somebody: what he may do, and what is on record of what he did, depends on who he is.
pub trait Acting: Send + Sync + 'static {
    /// The capability: `dyn Adder`.
    type Capability: Dispatch + ?Sized;

    /// The operations of the capability.
    const OPERATIONS: &'static [Operation];

    /// The capability as this principal has it.
    fn acting_as(self: &Arc<Self>, principal: Principal) -> Arc<Self::Capability>;
}

/// Offers what an [`Acting`] carries out to every face, each call as whoever makes it.
///
/// ```
/// use std::sync::Arc;
/// use iiot_core::operation::{Acting, Dispatch, Operation, PerPrincipal, Principal, Reply, Role};
///
/// iiot_core::operations! {
///     /// Greets.
///     pub trait Greeter / RemoteGreeter = "greeter" {
///         calls {
///             /// Greets whoever asks, with as many words.
///             greet(u8) -> String, Reader, Reads;
///         }
///     }
/// }
///
/// #[derive(Debug)]
/// struct Office;
/// #[derive(Debug)]
/// struct Desk(Principal);
///
/// impl Acting for Office {
///     type Capability = dyn Greeter;
///     const OPERATIONS: &'static [Operation] = OPERATIONS;
///     fn acting_as(self: &Arc<Self>, principal: Principal) -> Arc<dyn Greeter> {
///         Arc::new(Desk(principal))
///     }
/// }
///
/// #[iiot_core::operation::async_trait]
/// impl Greeter for Desk {
///     async fn greet(&self, words: u8) -> iiot_core::Result<String> {
///         Ok(format!("{}{}", "good day, ".repeat(words.into()), self.0.name))
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let face: Arc<dyn Dispatch> = Arc::new(PerPrincipal(Arc::new(Office)));
/// let reply = face.dispatch("greet", &Principal::new("alice", Role::Reader), b"1").await?;
/// assert!(matches!(reply, Reply::One(json) if json == br#""good day, alice""#));
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct PerPrincipal<A>(pub Arc<A>);

#[async_trait]
impl<A: Acting> Dispatch for PerPrincipal<A> {
    fn operations(&self) -> &'static [Operation] {
        A::OPERATIONS
    }

    async fn dispatch(&self, operation: &str, principal: &Principal, request: &[u8]) -> Result<Reply> {
        self.0.acting_as(principal.clone()).dispatch(operation, principal, request).await
    }

    async fn dispatch_recorded(
        &self,
        operation: &str,
        principal: &Principal,
        request: &[u8],
        details: &Details,
    ) -> Result<Reply> {
        self.0.acting_as(principal.clone()).dispatch_recorded(operation, principal, request, details).await
    }
}
