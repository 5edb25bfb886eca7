//! A hostile OPC UA server that plays attack after attack, to try clients on.
//!
//! [`cases::all`] lists the attacks: on frames and chunks, on decoders, on whoever browses, subscribes
//! and reconnects. Each case names what an ordinary user of the client does meanwhile ([`Task`]), what
//! must come of it ([`Expect`]) and how much memory it may cost. A client is tried by [`try_case`]: it
//! must stay alive, keep within the memory, fail in the right way or not at all, and then get on with an
//! honest server as if nothing had happened.
//!
//! To try a client of your own, say how it does the task of a case:
//!
//! ```
//! use async_trait::async_trait;
//! use iiot_core::ua::StatusCode;
//! use iiot_rogue::{Case, Suffered, Victim, cases, try_case};
//!
//! /// A client that looks at nothing and therefore cannot be hurt.
//! struct Ostrich;
//!
//! #[async_trait]
//! impl Victim for Ostrich {
//!     async fn suffer(&self, _: &Case, _rogue: &str, _honest: &str) -> Result<Suffered, String> {
//!         let never = Err(StatusCode::BadTimeout);
//!         Ok(Suffered { outcome: never, afterwards: never, growth: None })
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let case = cases::all().into_iter().find(|case| case.name == "silence after HEL").unwrap();
//! let trial = try_case(&case, &Ostrich).await;
//! assert_eq!(trial.faults, ["the honest server was not reached afterwards: BadTimeout (2148139008)"]);
//! # });
//! ```
//!
//! Our own client is tried in `tests/client.rs`: a process of its own for each case, so that a client
//! that aborts is a finding like any other, and memory is the client's alone.
//!
//! A client in another process, in any language, is tried against the example `serve`: it plays one case
//! at a port until it is stopped.
//!
//! The server has no security: an attacker who has no certificate gets no further than this, and one
//! who has can do all of it as well.

mod attack;
mod callers;
pub mod cases;
pub mod honest;
mod server;
mod trial;
pub mod wire;

pub use attack::{Act, Attack, Change, Next, On, Once, Turn};
pub use callers::Caller;
pub use cases::{Case, Expect, Task};
pub use server::Rogue;
pub use trial::{Suffered, Trial, Victim, peak_memory, reset_peak_memory, try_case};
