//! A server in your hands: browse, crawl, read, write, call, history, files, alarms, events and live values of OPC UA servers.
//!
//! [`Twin`] is what can be done with servers, each named by an id: a table of operations whose requests and responses are
//! plain structs and JSON at the same time. With the feature `local`, `LocalTwin` does it over a pool of sessions;
//! [`RemoteTwin`] has it done elsewhere.
//!
//! # Conventions
//! - Every operation takes **batches**, and each item has a [`Status`] of its own: the OPC UA StatusCode with its name and,
//!   where it is known, the reason. One bad item never stops the others. The operation itself fails only if the endpoint
//!   is not known or the server cannot be reached.
//! - **Nodes** and **names** are texts as OPC 10000-6 §5.1.12 writes them: `i=2258`, `ns=2;s=Boiler`,
//!   `nsu=urn:plant;s=Boiler`. Answers name the namespace by URI, which stays right when a server comes back with another
//!   table.
//! - **Values** are JSON as OPC 10000-6 §5.4 writes Variants (`{"UaType": 11, "Value": 21.5}`), with structures by the names
//!   of their fields, or plain ([`ValueEncoding::Raw`]). What is written or passed to a method may be plain too: its type is
//!   looked up.
//! - **Streams** say what they miss, go on over reconnects, and can be resumed: see [`watch`].
//! - At most [`MAX_ITEMS`] items in a request, fewer where each of them costs the server more.

pub mod alarm;
pub mod attribute;
pub mod browse;
pub mod call;
pub mod capabilities;
pub mod columns;
pub mod condition;
pub mod connection;
pub mod crawl;
pub mod data_type;
pub mod diagnostics;
pub mod event;
pub mod files;
#[cfg(feature = "local")]
pub mod guard;
mod header;
pub mod history;
pub mod history_update;
#[cfg(feature = "local")]
mod local;
pub mod node;
pub mod operations;
pub mod read;
mod status;
pub mod translate;
pub mod value;
pub mod watch;
pub mod write;

#[cfg(feature = "local")]
pub use guard::{GuardPolicy, Guarded};
pub use header::{Elevation, Header, MAX_ITEMS, ValueEncoding};
#[cfg(feature = "local")]
pub use local::{ColumnStream, EndpointMap, Endpoints, LocalTwin};
pub use operations::{OPERATIONS, RemoteTwin, Twin};
pub use status::Status;
