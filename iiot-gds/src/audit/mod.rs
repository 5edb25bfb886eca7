//! The record of what was done, which nobody can change unnoticed.
//!
//! Each [entry](crate::store::AuditEntry) has the [hash](entry_hash) of the one before it. The last entry of a transaction also
//! names what it made of artefacts, with the [hash](Effect::digest) of each, so that the record vouches for these too.
//!
//! A [`Checkpoint`] is signed: nobody without its key can make the hashes before it anew. [`Marks`] lie outside the database, so
//! that its end cannot be cut off unnoticed, nor the whole of it be replaced by a backup: see [`MarkedStore`]. A [`Verifier`]
//! names the first entry that is not as it was written.

mod chain;
mod checkpoint;
mod effect;
mod export;
mod finding;
mod marked;
mod marks;
mod verify;
mod verify_store;

pub use chain::entry_hash;
pub(crate) use chain::{hex, next_entry};
pub use checkpoint::{CHECKPOINT, Checkpoint, CheckpointAlgorithm, CheckpointSchedule, checkpoint, key_id};
pub(crate) use effect::recorded;
pub use effect::{Became, Effect, effects, finished_digest, reserved_digest, revoked_digest};
pub use export::{export, verify_export};
pub use finding::{Fault, Finding};
pub use marked::MarkedStore;
pub use marks::{Marks, MarksFile};
pub use verify::{Verified, Verifier};
pub use verify_store::verify_store;
