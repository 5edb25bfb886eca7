//! What every implementation of a port must do: one function for each port, which panics where the
//! contract is broken.

mod clock;
#[cfg(feature = "opcua")]
mod key_store;
mod registry;
mod session;
mod transport;
#[cfg(feature = "opcua")]
mod trust_store;

pub use clock::clock;
#[cfg(feature = "opcua")]
pub use key_store::key_store;
pub use registry::registry;
pub use session::{SessionFixture, session};
pub use transport::transport;
#[cfg(feature = "opcua")]
pub use trust_store::{certificate, trust_store};
