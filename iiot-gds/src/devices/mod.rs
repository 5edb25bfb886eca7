//! The devices of a plant under push management: who may talk to whom, the trust lists that follow from it, and how they and
//! the certificates get to the devices and stay right there.
//!
//! - [`Devices`] is what can be asked, [`LocalDevices`] carries it out, [`RemoteDevices`] asks somewhere else.
//! - [`Keeper`] is the task that sees to it all: it compares what each device should have with what it was last seen to have,
//!   pushes what differs, tries again what failed, renews certificates, revokes those that were replaced, publishes revocation
//!   lists and carries roll-outs on. What it decides is in [`Upkeep`], which knows neither devices nor clocks.
//! - [`StorePushBook`] and [`AuthorityIssuing`] put [pushes](crate::push) on the store and the authorities.
//!
//! A certificate that is revoked is out of the trust lists of all devices that answer within [`REACH`], read back from
//! them. Devices that do not answer are listed with the reason and the next attempt, and get it when they are back.

mod book;
pub mod device;
mod essence;
pub mod graph;
mod issuing;
mod keeper;
mod local;
pub mod operations;
mod password;
mod records;
pub mod roll_out;
mod rolling;
mod settle;
mod survey;
#[cfg(test)]
mod tests;
mod upkeep;
mod wanted;
pub mod watch;
mod work;

pub use book::StorePushBook;
pub use essence::{Change, Essence};
pub use issuing::AuthorityIssuing;
pub use keeper::Keeper;
pub use local::{DevicesParts, LocalDevices};
pub use operations::{Devices, OPERATIONS, RemoteDevices};
pub use password::Password;
pub use survey::DeviceFigures;
pub use upkeep::{CertificateNeed, KeeperRules, Need, PushNeed, Situation, Upkeep, Verdict};
pub use wanted::trust_list;

use std::time::Duration;

/// Within this time a revocation is in the trust lists of all devices that answer.
pub const REACH: Duration = Duration::from_secs(60);

/// The name of whatever the keeper does by itself in the audit record.
pub const KEEPER: &str = "keeper";
