//! Operations over a [`Transport`](crate::transport::Transport): requests, responses and streams.
//!
//! A [`Server`] takes requests for a capability at `<root>/rpc/<capability>/<operation>`, so the
//! rules of a hub can allow or forbid single operations; `root` names the place, for instance
//! `iiot/berlin/edge-1`. A [`Caller`] receives answers at a topic of its own below
//! `<root>/rpc-answers/`. A request says how long it is valid, so no clocks are compared; one that
//! arrives twice is carried out once; an answer that comes late is ignored. A stream sends only as
//! many items ahead as the caller has asked for, and ends when the caller goes away.
//!
//! Requests are not signed yet: see [`Principal`](crate::operation::Principal).
//!
//! ```
//! # use std::sync::Arc;
//! use iiot_core::operation::{Principal, Role};
//! use iiot_core::rpc::{Caller, Server};
//! use iiot_core::transport::MemoryTransport;
//!
//! # mod doors { iiot_core::operations! {
//! #   /// Doors.
//! #   pub trait Doors / RemoteDoors = "doors" { calls {
//! #     /// How many are open.
//! #     open_doors(u8) -> u32, Reader, Reads;
//! #   } }
//! # }
//! # #[derive(Debug)] pub struct LocalDoors;
//! # #[iiot_core::operation::async_trait] impl Doors for LocalDoors {
//! #   async fn open_doors(&self, floor: u8) -> iiot_core::Result<u32> { Ok(u32::from(floor) * 2) }
//! # } }
//! # use doors::*;
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> iiot_core::Result<()> {
//! let hub = Arc::new(MemoryTransport::new());
//! let doors: Arc<dyn Doors> = Arc::new(LocalDoors);
//! let server = Server::start(hub.clone(), "plant/edge-1", doors).await?;
//!
//! let caller = Caller::connect(hub, "plant/edge-1", Principal::new("dashboard", Role::Reader)).await?;
//! assert_eq!(RemoteDoors::new(Arc::new(caller)).open_doors(2).await?, 4);
//! # drop(server); Ok(()) }
//! ```

mod caller;
mod envelope;
mod items;
mod pending;
mod running;
mod server;
#[cfg(test)]
mod tests;

pub use caller::Caller;
pub use server::Server;
