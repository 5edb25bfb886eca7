//! Whether both clocks say the same.

use std::time::Duration;

use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;

use super::words::{at, name};
use crate::doctor::{Outcome, Side, Step, StepName};

/// Clocks that are so far apart, or less, do no harm: certificates begin and lists end with more room than that.
const HARMLESS: Duration = Duration::from_secs(300);

/// Both clocks, and whose is wrong, where a certificate or list fits the other one alone.
pub(super) fn step(client: UtcTime, server: Option<UtcTime>, blamed: Option<Side>) -> Step {
    let Some(server) = server else {
        let why = "the server's clock is not known; it is taken for right";
        return Step::unknown(StepName::Clock, Side::Unknown, why);
    };
    let told = told(client, server);
    match blamed {
        Some(side) => {
            let action = format!("set the clock of {}: certificates fit the other one", name(side));
            let step = Step::failed(StepName::Clock, side, told, at(side, action));
            step.with_status(StatusCode::BadCertificateTimeInvalid)
        }
        None if are_apart(client, server) => {
            let step = Step::new(StepName::Clock, Side::Unknown, Outcome::Doubtful, told);
            step.with_fix(at(Side::Unknown, "set both clocks by a time server"))
        }
        None => Step::passed(StepName::Clock, Side::Unknown, told),
    }
}

/// Whether two clocks are so far apart that it matters.
pub(super) fn are_apart(one: UtcTime, other: UtcTime) -> bool {
    distance(one, other) > HARMLESS
}

fn distance(one: UtcTime, other: UtcTime) -> Duration {
    one.since(other).max(other.since(one))
}

fn told(client: UtcTime, server: UtcTime) -> String {
    let apart = distance(client, server).as_secs();
    let apart = match apart {
        0..=120 => format!("{apart} s"),
        121..=7200 => format!("{} min", apart / 60),
        7201..=172_800 => format!("{} h", apart / 3600),
        _ => format!("{} days", apart / 86_400),
    };
    format!("it is {client} at the client and {server} at the server, {apart} apart")
}
