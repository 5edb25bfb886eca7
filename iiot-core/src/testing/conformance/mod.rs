//! What every implementation of a port must do. Each function takes an empty one and panics where
//! it does not keep the contract.

#[cfg(feature = "opcua")]
mod key_store;

#[cfg(feature = "opcua")]
pub use key_store::key_store;
