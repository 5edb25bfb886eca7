//! What a place turned out to be, as steps towards it, with what to do.

use std::net::SocketAddr;

use crate::explanation::{Step, StepName, Verdict};
use crate::outcome::Outcome;

/// A step without its time.
pub(super) fn step(
    step: StepName,
    verdict: Verdict,
    detail: impl Into<String>,
    fix: impl Into<Option<&'static str>>,
) -> Step {
    let fix = fix.into().map(str::to_owned);
    Step { step, address: None, verdict, detail: detail.into(), fix, took_ms: 0 }
}

/// The steps that an attempt to connect tells of: route, port and Hello, as far as it went.
pub(super) fn of_outcome(outcome: &Outcome, at: SocketAddr) -> Vec<Step> {
    let port = at.port();
    let open = || step(StepName::Port, Verdict::Good, format!("port {port} takes connections"), None);
    let hello = |detail: String, fix| vec![open(), step(StepName::Hello, Verdict::Bad, detail, fix)];
    match outcome {
        Outcome::Unreachable { message } => {
            vec![step(StepName::Route, Verdict::Bad, format!("the network says: {message}"), UNREACHABLE)]
        }
        Outcome::NotTried { message } => {
            vec![step(StepName::Route, Verdict::Bad, format!("this machine could not try: {message}"), NOT_TRIED)]
        }
        Outcome::Closed => {
            let detail = format!("the host is there and refuses connections at port {port}: nothing listens");
            vec![step(StepName::Port, Verdict::Bad, detail, CLOSED)]
        }
        Outcome::Filtered => {
            let detail = format!("no answer from port {port} in time: no host, or something on the way drops it");
            vec![step(StepName::Port, Verdict::Bad, detail, FILTERED)]
        }
        Outcome::Silent => hello("it takes the connection and says nothing".into(), SILENT),
        Outcome::Hangup => hello("it takes the connection and ends it before it says anything".into(), HANGUP),
        Outcome::Other { begins } if begins.starts_with("HTTP") => {
            hello("a web server answers at this port, not an OPC UA server".into(), HTTP)
        }
        Outcome::Other { begins } => hello(format!("it says something else than OPC UA: {begins:?}"), OTHER),
        Outcome::Refused { symbol, reason, .. } => {
            hello(format!("it speaks OPC UA and refuses us: {symbol} {reason}"), refused(symbol))
        }
        Outcome::OpcUa => vec![open(), step(StepName::Hello, Verdict::Good, "it speaks OPC UA", None)],
    }
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
