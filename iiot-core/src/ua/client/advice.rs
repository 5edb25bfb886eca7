//! What a greeting tells of the way to a server, in words, and what to do about it.

use super::greet::Greeting;

/// What a [`Greeting`] tells of the way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// How far the way goes.
    pub stage: Stage,
    /// What was seen, as a sentence fragment.
    pub detail: String,
    /// What to do about it; `None` where all is well.
    pub fix: Option<&'static str>,
}

/// The stages of the way to a server, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// This machine has a way to the address.
    Route,
    /// Something listens at the port.
    Port,
    /// It speaks OPC UA: Hello and Acknowledge.
    Hello,
}

impl Greeting {
    /// The stage that it tells of, with what to do.
    #[must_use]
    pub fn advice(&self, port: u16) -> Advice {
        let hello = |detail: &str, fix| advice(Stage::Hello, detail, fix);
        match self {
            Self::Unreachable { message } => advice(Stage::Route, format!("the network says: {message}"), UNREACHABLE),
            Self::NotTried { message, .. } => {
                advice(Stage::Route, format!("this machine could not try: {message}"), NOT_TRIED)
            }
            Self::Closed => {
                let detail = format!("the host is there and refuses connections at port {port}: nothing listens");
                advice(Stage::Port, detail, CLOSED)
            }
            Self::Filtered => {
                let detail = format!("no answer from port {port} in time: no host, or something on the way drops it");
                advice(Stage::Port, detail, FILTERED)
            }
            Self::Silent => hello("it takes the connection and says nothing", SILENT),
            Self::Hangup => hello("it takes the connection and ends it before it says anything", HANGUP),
            Self::Other { begins } if begins.starts_with("HTTP") => {
                hello("a web server answers at this port, not an OPC UA server", HTTP)
            }
            Self::Other { begins } => hello(&format!("it says something else than OPC UA: {begins:?}"), OTHER),
            Self::Refused { status, reason } => {
                let symbol = status.sub_code().to_string();
                hello(&format!("it speaks OPC UA and refuses us: {symbol} {reason}"), refused(&symbol))
            }
            Self::OpcUa => Advice { stage: Stage::Hello, detail: "it speaks OPC UA".into(), fix: None },
        }
    }
}

fn advice(stage: Stage, detail: impl Into<String>, fix: &'static str) -> Advice {
    Advice { stage, detail: detail.into(), fix: Some(fix) }
}

const UNREACHABLE: &str = "check the address, this machine's network and its gateway";
const NOT_TRIED: &str = "free sockets, memory or rights on this machine and try again";
const CLOSED: &str = "see whether the server runs, whether its port is another (4840 is usual), and whether it listens at \
                      this address or only at 127.0.0.1";
const FILTERED: &str = "see whether the machine is on, whether the address is right, and whether a firewall between here \
                        and there, or on the machine, lets this port through";
const SILENT: &str = "the server may hang or be overloaded, or something else listens there: restart it, or look at its \
                      machine which program has the port";
const HANGUP: &str = "a firewall, a proxy or a server that takes connections of certain addresses only: look at its log, \
                      and at what it allows";
const HTTP: &str =
    "ask for the server's opc.tcp port; if it offers OPC UA over HTTPS or websockets alone, switch opc.tcp on";
const OTHER: &str = "another program has this port: ask for the server's port (4840 is usual)";
const URL_UNKNOWN: &str = "the server knows itself by another name: use the URL that is in its configuration, with the host \
                           name instead of the address";
const TOO_MANY: &str = "the server has no room for another connection: end others, or wait";
const REFUSED: &str = "look into the server's log for why it refuses connections";

fn refused(symbol: &str) -> &'static str {
    match symbol {
        "BadTcpEndpointUrlInvalid" | "BadServerUriInvalid" => URL_UNKNOWN,
        "BadTcpNotEnoughResources" | "BadTcpServerTooBusy" | "BadServerTooBusy" | "BadMaxConnectionsReached" => {
            TOO_MANY
        }
        _ => REFUSED,
    }
}
