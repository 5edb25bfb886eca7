//! Who must agree before a certificate is made, and when what is due; no I/O, no clock.
//!
//! A [`CertificateRequest`] is approved by [`CertificateGroup::decide`], which counts the votes that hold for exactly this
//! request at this time. What comes out is an [`Approved`] request: nobody else can make one, so what takes one cannot be
//! called without.
//!
//! What decides *when* are plain structs that are told events and the time: [`RenewalSchedule`], [`CrlSchedule`],
//! [`ClockGuard`].

mod approval;
mod clock_guard;
mod crl_schedule;
mod digest;
mod group;
mod office;
mod renewal;
mod request;
#[cfg(test)]
mod tests;
mod validity;

pub use approval::{
    Approvable, ApprovalPolicy, Approved, Choice, Decision, Discounted, Pending, Uncounted, Vote, VotePolicy, decide,
};
pub use clock_guard::{ClockGuard, ClockJump};
pub use crl_schedule::{CrlAlarm, CrlDates, CrlEvent, CrlRules, CrlSchedule, Due};
pub use digest::{Digest, Digester};
pub use group::{CertificateGroup, KeyRules, Purpose};
pub use office::OfficePolicy;
pub use renewal::{RenewalEvent, RenewalSchedule};
pub use request::{CertificateRequest, PrivateKeyFormat, RequestEvent, RequestState, Wanted};
pub use validity::{BACKDATE, Validity};
