//! The certificate manager as a process: what the example `gds` puts together.
//!
//! - [`Foundation`] opens what it must not forget: records with their high-water marks, keys, the record of the plant.
//! - [`Ceremony`] makes the first authorities and certificate groups.
//! - [`Manager`] is what it offers, and what goes on by itself.
//! - [`Callers`] are the people who vote: those with API keys, and those who come with tokens.
//! - [`Lists`] are its revocation lists and certificates of authorities, for everybody.
//! - [`Standing`] is how it stands, as figures and as what keeps it from its work; [`Rounds`] keeps that up to date and has the
//!   audit record signed.

mod callers;
mod ceremony;
mod foundation;
mod lists;
mod manager;
mod nowhere;
mod public;
mod rounds;
mod standing;
mod survey;
#[cfg(test)]
mod tests;
mod watched;

pub use callers::Callers;
pub use ceremony::{Ceremony, Made};
pub use foundation::{Foundation, Places};
pub use lists::Lists;
pub use manager::Manager;
pub use nowhere::Nowhere;
pub use public::Public;
pub use rounds::Rounds;
pub use standing::Standing;
pub use watched::WatchedStore;
