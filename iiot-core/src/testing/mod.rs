//! What tests of several crates share: a conformance function for each port, child processes,
//! foreign peers, a broker, faults.
//!
//! All of it is for tests: it panics, with a sentence, where an implementation breaks its contract
//! or the machine lacks a program.

mod canaries;
pub mod conformance;
mod distance;
mod interop;
mod inventory;
mod mosquitto;
mod network;
#[cfg(feature = "rpc")]
mod offered;
mod peers;
#[cfg(unix)]
mod postgres;
mod process;
mod proxy;
#[cfg(feature = "pkcs11")]
mod softhsm;
mod wait;
mod ways_in;

pub use canaries::Canaries;
pub use distance::Distance;
pub use interop::Stack;
pub use inventory::inventory;
pub use mosquitto::{Mosquitto, MosquittoOptions, TestAuthority};
pub use network::Network;
#[cfg(feature = "rpc")]
pub use offered::Offered;
pub use peers::{Peers, free_port, repository};
#[cfg(unix)]
pub use postgres::PostgresServer;
pub use process::Process;
pub use proxy::FaultProxy;
#[cfg(feature = "pkcs11")]
pub use softhsm::{SOFTHSM_PIN, SOFTHSM_TOKEN, softhsm_module, softhsm_store, with_softhsm};
pub use wait::{eventually, wait_until, within};
pub use ways_in::{WayIn, ways_in, ways_in_table};

/// The data changes of a PublishResponse as the client decodes them, for benches; `None` if it is none.
#[cfg(feature = "opcua")]
#[must_use]
pub fn decode_publish_response(body: &bytes::Bytes) -> Option<crate::session::DataBatch> {
    crate::ua::decode_publish_response(body)
}
