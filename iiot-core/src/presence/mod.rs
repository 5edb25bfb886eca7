//! Which edges are there: what each announces of itself at a hub, and what a registry keeps of it.
//!
//! An edge says every two seconds at `iiot/edges/ID` that it is there, where it takes requests and which key they are sealed
//! for ([`Announcement`], [`Herald`]). Whoever reaches the hub can say so too: an announcement is a hint and proves nothing.
//! [`EdgeWatch`] keeps an [`Edge`](crate::model::Edge) record for each. What was approved stays as it was approved: an
//! announcement of another key, topic or site is told in the record's `problem` and not used. An edge that nobody decided on
//! is forgotten when it goes.
//!
//! An edge is away when it was not heard for three of its intervals. Only time in which the hub brings messages counts, as
//! echoes of our own show: a hub or a watch that was away makes no edge seem to be.
//!
//! ```
//! # use std::sync::Arc;
//! # use std::time::Duration;
//! use iiot_core::clock::SystemClock;
//! use iiot_core::model::Record;
//! use iiot_core::presence::{Announcement, EdgeWatch, Herald};
//! use iiot_core::registry::{MemoryRegistry, RecordKey, RecordKind, Registry};
//! use iiot_core::rpc::PlaceSecret;
//! use iiot_core::testing::eventually;
//! use iiot_core::transport::MemoryTransport;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> iiot_core::Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! let (hub, clock) = (Arc::new(MemoryTransport::new()), Arc::new(SystemClock));
//! let registry = Arc::new(MemoryRegistry::new());
//! let _watch = EdgeWatch::start(hub.clone(), registry.clone(), Duration::from_secs(2), clock.clone());
//!
//! let key = PlaceSecret::open(&folder.path().join("place.key"))?.public();
//! let announcement = Announcement::new("iiot/hall-2", key, Duration::from_secs(2));
//! let _herald = Herald::start(hub, "hall-2", announcement, clock)?;
//!
//! let id = RecordKey::new(RecordKind::Edge, "hall-2");
//! let found = eventually(Duration::from_secs(10), async || registry.get(&id).await?.ok_or(()).map_err(|()| unknown())).await?;
//! assert!(matches!(found.record, Record::Edge(edge) if edge.presence.connected));
//! # Ok(()) }
//! # fn unknown() -> iiot_core::Error { iiot_core::Error::new(iiot_core::ErrorKind::NotFound, "look", "not yet") }
//! ```

mod announcement;
mod attendance;
mod herald;
mod judgement;
#[cfg(test)]
mod tests;
mod watch;

pub use announcement::Announcement;
pub use attendance::Attendance;
pub use herald::Herald;
pub use judgement::judged;
pub use watch::EdgeWatch;

/// How often an edge says that it is there, unless told otherwise.
pub const INTERVAL: std::time::Duration = std::time::Duration::from_secs(2);
/// Edges that are known at once.
pub const MAX_EDGES: usize = 10_000;
