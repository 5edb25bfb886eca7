//! Push management: certificates and trust lists of devices, written with our own client (OPC 10000-12 §7.10).
//!
//! - [`PushClient`]: the methods of a server's ServerConfiguration and of its trust lists.
//! - [`Push`]: one push to one device as a record; [`Push::step`] decides what comes next, without I/O.
//! - [`Pusher`]: does it, and keeps the record in a [`PushBook`] after every step, so that whoever comes back after a crash
//!   goes on where it stood.
//! - [`rehearse`]: who will refuse whom once the push is done.
//! - [`RollOut`]: a fleet in waves, which stops and goes back where too many fail.
//!
//! A device is managed once it has shown what was pushed: `Good` proves nothing. What it shows instead is told as
//! [`Deviation`]s.

mod book;
mod channel;
mod client;
mod dial;
mod issuing;
mod lists;
mod machine;
mod order;
mod pusher;
mod read_back;
mod rehearsal;
mod roll_out;
mod state;
mod strength;
#[cfg(test)]
pub(crate) mod tests;
mod work;

pub use book::{BookEntry, MemoryPushBook, PushBook};
pub use channel::Channel;
pub use client::{CertificateGroup, CertificateUpdate, Configuration, PushClient, SigningRequest};
pub use dial::{Dial, PinnedDial};
pub use issuing::{IssueAnswer, IssueRequest, Issued, Issuing};
pub use lists::{Difference, ListName, PushedLists};
pub use machine::{Action, Event};
pub use order::{CertificateOrder, Order, Rules};
pub use pusher::{Access, Pusher, PusherParts};
pub use read_back::{Deviation, Presented, ReadBack};
pub use rehearsal::{Refusal, RefusedBy, Rehearsal, RehearsalPeer, rehearse};
pub use roll_out::{FleetMember, RollOut, RollOutAction, RollOutPhase, RollOutPlan, WaveSize, roll_out};
pub use state::{Claim, Push, RollBack, Step, Trouble};
pub use strength::{key_of, strength};
pub(crate) use work::key_in_request;
