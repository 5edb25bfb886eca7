//! What an address and port turned out to be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an address and port turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum Outcome {
    /// A connection was refused: the host is there, nothing listens.
    Closed,
    /// No answer to a connection in time: no host, or something on the way drops it.
    Filtered,
    /// The network says that nothing can be reached there.
    Unreachable {
        /// What it says.
        message: String,
    },
    /// We could not try: this machine lacks sockets, memory or rights.
    NotTried {
        /// Why.
        message: String,
    },
    /// It took the connection and said nothing in time.
    Silent,
    /// It took the connection and ended it before it said anything.
    Hangup,
    /// It says something else than OPC UA.
    Other {
        /// What it begins with, printable; `HTTP` where it is that.
        begins: String,
    },
    /// It speaks OPC UA and refuses us.
    Refused {
        /// The StatusCode.
        code: u32,
        /// Its name: `BadTcpEndpointUrlInvalid`.
        symbol: String,
        /// The reason it gives.
        reason: String,
    },
    /// It speaks OPC UA.
    OpcUa,
}

impl Outcome {
    /// Whether it speaks OPC UA, to us or not.
    #[must_use]
    pub const fn is_opc_ua(&self) -> bool {
        matches!(self, Self::OpcUa | Self::Refused { .. })
    }
}
