//! Push management of devices of others: open62541, node-opcua. Their certificates come from OpenSSL.

#![allow(clippy::unwrap_used)]

mod authority;
mod deaths;
mod honest;
mod kept;
mod liar;
mod setup;
