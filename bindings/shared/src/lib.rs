//! What the bindings share: capabilities as names and JSON, so that a binding only converts, calls and maps the error.
//!
//! A [`Face`] is a capability in the hands of another language, here or somewhere else ([`Reach`]). Its operations are
//! known by their tables; what they take and give crosses as JSON, answers of streams in batches. Values that come in
//! masses cross as columns.

mod columns;
mod face;
mod here;
mod host;
mod items;
mod options;
mod process;
mod reach;
mod runtime;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use columns::{ColumnItems, Columns};
pub use face::Face;
pub use host::{Host, HostRegistry, HostTransport, Parcel};
pub use items::Items;
pub use process::{Ports, Process, command};
pub use reach::{Http, Hub, Local, Reach, Security, TABLES};
pub use runtime::{runtime, runtime_of_processes};
