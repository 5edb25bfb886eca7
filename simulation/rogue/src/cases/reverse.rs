//! Case 9: servers that nobody waits for, and things that are no servers, at the port of a client that
//! waits for its server.

use std::net::Ipv4Addr;

use super::{Case, Task};
use crate::attack::Attack;
use crate::callers::Caller;
use crate::wire::{frame_claiming, reverse_hello};

const URL: &str = "opc.tcp://nobody:4840";

pub(super) fn cases() -> Vec<Case> {
    let case = |name, says: Vec<u8>| {
        let callers = vec![Caller { from: Ipv4Addr::new(127, 0, 0, 2), says, at_once: 8 }];
        Case::new(9, name, Attack::default).task(Task::AwaitServer).called_by(callers)
    };
    let long = |length: usize| "x".repeat(length);
    vec![
        case("reverse hellos of unknown servers without end", reverse_hello("urn:unknown", URL)),
        case("reverse hellos whose texts have 4,097 bytes", reverse_hello(&long(4097), &long(4097))),
        case("reverse hellos with a text of 1 MB", reverse_hello("urn:unknown", &long(1 << 20))),
        case("reverse hellos that claim 4 GiB", frame_claiming(b"RHEF", &[1; 64], u32::MAX)),
        case("reverse hellos that claim 7 bytes", frame_claiming(b"RHEF", &[1; 64], 7)),
        case("reverse hellos whose text claims 2 GiB", frame_claiming(b"RHEF", &[0xff, 0xff, 0xff, 0x7f, 1], 13)),
        case("what is no reverse hello", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        Case::new(9, "reverse hellos that never end, of twenty addresses", Attack::default)
            .task(Task::AwaitServer)
            .called_by((2..22).map(slow).collect()),
    ]
}

/// As many connections as there can be, on which nothing ever comes to an end.
fn slow(last: u8) -> Caller {
    let says = reverse_hello("urn:rogue:server", URL)[..20].to_vec();
    Caller { from: Ipv4Addr::new(127, 0, 0, last), says, at_once: 20 }
}
