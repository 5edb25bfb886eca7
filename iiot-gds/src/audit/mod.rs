//! The record of what was done, which nobody can change unnoticed.
//!
//! Each [entry](crate::store::AuditEntry) has the [hash](entry_hash) of the one before it. The last entry of a transaction also
//! names what it made of artefacts, with the [hash](Effect::digest) of each, so that the record vouches for these too.

mod chain;
mod effect;

pub use chain::entry_hash;
pub(crate) use chain::{hex, next_entry};
pub(crate) use effect::recorded;
pub use effect::{Became, Effect, effects, finished_digest, reserved_digest, revoked_digest};
