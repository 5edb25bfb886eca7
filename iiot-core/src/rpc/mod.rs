//! Operations over a [`Transport`](crate::transport::Transport): requests, responses and streams, for callers who sign.
//!
//! A [`Server`] takes requests at `<root>/rpc/<capability>/<operation>`, so the rules of a hub can allow or forbid single
//! operations; `root` names the place, for instance `iiot/berlin/edge-1`. A [`Caller`] receives answers at a topic of its
//! own below `<root>/rpc-answers/`.
//!
//! **Trust.** Whoever reaches the hub is not thereby allowed anything. A request is signed with the key that follows from
//! an API key of the place ([`SigningKey`](crate::access::SigningKey)), and says what is asked of whom, by whom and until
//! when. It is sealed for the key of the place ([`PlaceKey`]), and the answers for the request: the hub and others at it
//! read no values and no passwords, and can neither change, forge nor exchange anything. The place checks signature, time
//! and role itself, and records every change and every refusal. The clocks of both sides may differ by 30 s.
//!
//! **Changes** are carried out at most once. Before one is begun it stands in the [`Journal`] of the place; who asks again
//! gets the answer that was kept, also after a restart; where nobody knows what came of it, the error is `Indeterminate`.
//! A change goes on when its caller leaves. What only reads ends with its caller.
//!
//! **Losses.** What is not answered is asked again every three seconds, under the same id: a hub that was restarted loses what
//! it took for a place that was not yet back. It is carried out once.
//!
//! **Sizes.** Requests up to 16 MiB and answers up to 64 MiB are deflated and cut into pieces that the hub carries. A
//! stream sends only as many items ahead as the caller has asked for, and ends when the caller goes away or its key is
//! revoked.
//!
//! ```
//! # use std::sync::Arc;
//! use iiot_core::access::{ApiKeyRequest, ApiKeys, AuditLog, SigningKey};
//! use iiot_core::clock::{Clock, SystemClock};
//! use iiot_core::operation::Role;
//! use iiot_core::rpc::{Caller, Destination, Place, Server};
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
//! # let folder = tempfile::tempdir().unwrap();
//! # let data = folder.path();
//! let (hub, clock) = (Arc::new(MemoryTransport::new()), Arc::new(SystemClock));
//! let keys = Arc::new(ApiKeys::open(data.join("keys.json"))?);
//! let audit = Arc::new(AuditLog::open(data.join("audit.jsonl"))?);
//! let place = Place::open(hub.clone(), "plant/edge-1", data, Arc::clone(&keys), audit, clock.clone())?;
//! let to = Destination { root: "plant/edge-1".into(), key: place.secret.public() };
//! let doors: Arc<dyn Doors> = Arc::new(LocalDoors);
//! let server = Server::start(place, vec![Arc::new(doors)]).await?;
//!
//! let request = ApiKeyRequest { name: "dashboard".into(), role: Role::Reader, expires: None };
//! let key = SigningKey::of(&keys.make(request, clock.utc())?.text)?;
//! let caller = Caller::connect(hub, to, key, clock).await?;
//! assert_eq!(RemoteDoors::new(Arc::new(caller)).open_doors(2).await?, 4);
//! # drop(server); Ok(()) }
//! ```

mod answer;
mod caller;
mod desk;
mod frame;
#[cfg(all(feature = "opcua", any(test, fuzzing)))]
pub(crate) mod fuzz;
mod header;
mod items;
mod journal;
mod line;
mod order;
mod pending;
mod pieces;
mod place;
mod place_key;
mod refusals;
mod running;
mod seal;
mod server;
mod talk;
#[cfg(test)]
mod tests;
mod topics;

pub use caller::{Caller, Destination};
pub use journal::Journal;
pub use place::{KEY_FILE, Place};
pub use place_key::{PlaceKey, PlaceSecret};
pub use server::Server;
