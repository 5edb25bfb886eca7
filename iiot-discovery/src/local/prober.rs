//! One probe of one address and port.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::ua::client::{Greeter, Greeting};

use crate::outcome::Outcome;

/// The network, as a search sees it.
pub trait Prober: Debug + Send + Sync + 'static {
    /// What stands at an address and port, found out within `timeout`. All that can be is made ready by the call itself;
    /// the connection begins when the future is first polled, and ends when it is dropped.
    fn probe(&self, at: SocketAddr, timeout: Duration) -> BoxFuture<'_, Greeting>;
}

/// Connects over TCP and says the Hello of OPC UA.
#[derive(Debug)]
pub struct HelloProber {
    clock: Arc<dyn Clock>,
}

impl HelloProber {
    /// On this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl Default for HelloProber {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

impl Prober for HelloProber {
    fn probe(&self, at: SocketAddr, timeout: Duration) -> BoxFuture<'_, Greeting> {
        let (greeter, url) = (Greeter::new(at), format!("opc.tcp://{at}"));
        Box::pin(async move { greeter.greet(&url, timeout, self.clock.as_ref()).await })
    }
}

impl From<Greeting> for Outcome {
    fn from(greeting: Greeting) -> Self {
        match greeting {
            Greeting::Closed => Self::Closed,
            Greeting::Filtered => Self::Filtered,
            Greeting::Unreachable { message } => Self::Unreachable { message },
            Greeting::NotTried { message, .. } => Self::NotTried { message },
            Greeting::Silent => Self::Silent,
            Greeting::Hangup => Self::Hangup,
            Greeting::Other { begins } => Self::Other { begins },
            Greeting::Refused { status, reason } => {
                Self::Refused { code: status.bits(), symbol: status.sub_code().to_string(), reason }
            }
            Greeting::OpcUa => Self::OpcUa,
        }
    }
}

#[cfg(test)]
mod tests {
    use iiot_core::ua::StatusCode;

    use super::*;

    #[test]
    fn a_refusal_is_told_by_code_and_name() {
        let greeting = Greeting::Refused { status: StatusCode::BadTcpEndpointUrlInvalid, reason: "no".into() };
        let symbol = "BadTcpEndpointUrlInvalid".to_owned();
        assert_eq!(Outcome::from(greeting), Outcome::Refused { code: 0x8083_0000, symbol, reason: "no".into() });
    }
}
