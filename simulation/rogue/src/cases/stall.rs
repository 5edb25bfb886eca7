//! Case 41: servers that accept and then say nothing, or hang up.

use iiot_core::ua::{Request, StatusCode};

use super::{Case, read_one};
use crate::attack::{Act, Attack, On};

/// Whether a moment is the one to stall in.
type Moment = fn(&On<'_>) -> bool;

/// The system tells of a reset once; who asks the socket after that sees its end.
const RESET: [StatusCode; 2] = [StatusCode::BadCommunicationError, StatusCode::BadConnectionClosed];

pub(super) fn cases() -> Vec<Case> {
    let moments: [(&'static str, &'static str, Moment); 7] = [
        ("silence after accepting", "a reset after accepting", |on| matches!(on, On::Accepted | On::Hello(_))),
        ("silence after HEL", "a reset after HEL", |on| matches!(on, On::Hello(_))),
        ("silence after OPN", "a reset after OPN", |on| matches!(on, On::Open { .. })),
        ("silence after GetEndpoints", "a reset after GetEndpoints", |on| requested(on, is_discovery)),
        ("silence after CreateSession", "a reset after CreateSession", |on| requested(on, is_creation)),
        ("silence after ActivateSession", "a reset after ActivateSession", |on| requested(on, is_activation)),
        ("silence after Read", "a reset after Read", |on| requested(on, is_read)),
    ];
    let mut cases = Vec::new();
    for (silence, reset, moment) in moments {
        let quiet = Case::new(41, silence, move || stalling(moment, || Act::Silence));
        cases.push(quiet.task(read_one()).fails(&[StatusCode::BadTimeout]));
        let hung_up = Case::new(41, reset, move || stalling(moment, || Act::Reset));
        cases.push(hung_up.task(read_one()).fails(&RESET));
    }
    cases
}

/// Resets every connection after so many bytes of the server's.
#[must_use]
pub fn cut_after(bytes: usize) -> Attack {
    Attack::new(move |turn| match turn.on {
        On::Accepted => Act::CutAfter(bytes),
        _ => Act::Honest,
    })
}

fn stalling(moment: Moment, act: fn() -> Act) -> Attack {
    Attack::new(move |turn| if moment(&turn.on) { act() } else { Act::Honest })
}

fn requested(on: &On<'_>, is: fn(&Request) -> bool) -> bool {
    matches!(on, On::Request(request) if is(request))
}

fn is_discovery(request: &Request) -> bool {
    matches!(request, Request::GetEndpoints(_))
}

fn is_creation(request: &Request) -> bool {
    matches!(request, Request::CreateSession(_))
}

fn is_activation(request: &Request) -> bool {
    matches!(request, Request::ActivateSession(_))
}

fn is_read(request: &Request) -> bool {
    matches!(request, Request::Read(_))
}
