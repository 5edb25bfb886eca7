//! All steps in one sentence.

use super::words::name;
use crate::doctor::{Attempt, Connects, Fix, Outcome, Side, Step, StepName};

/// Whether it connects, and a sentence about the step that decides it.
pub(super) fn sum_up(steps: &[Step], attempt: Option<&Attempt>, url: &str) -> (Connects, String) {
    let first = |outcome| steps.iter().find(|step| step.outcome == outcome);
    if let Some(step) = first(Outcome::Failed) {
        return (Connects::No, format!("the client cannot connect to {url}: {}", told(step)));
    }
    if let Some(step) = first(Outcome::Likely) {
        return (
            Connects::Unlikely,
            format!("the client does not connect to {url}, most likely because of this: {}", told(step)),
        );
    }
    let doubt = first(Outcome::Doubtful).map(|step| format!(", but {}", told(step))).unwrap_or_default();
    if matches!(attempt, Some(Attempt::Connected)) {
        return (Connects::Yes, format!("the client can connect to {url}{doubt}"));
    }
    match steps.iter().find(|step| is_open(step)) {
        Some(open) => {
            (Connects::Unknown, format!("nothing that is known keeps the client from {url}, but {}", told(open)))
        }
        None => (Connects::Yes, format!("by all that is known, the client can connect to {url}{doubt}")),
    }
}

/// A clock that is not known is taken for right.
fn is_open(step: &Step) -> bool {
    step.outcome == Outcome::Unknown && step.step != StepName::Clock
}

fn told(step: &Step) -> String {
    let fails = matches!(step.outcome, Outcome::Failed | Outcome::Likely);
    let lead = match (step.step, fails) {
        (StepName::ServerCertificate, true) => "the client refuses the server's certificate: ",
        (StepName::ServerCertificate, false) => "the client and the server's certificate: ",
        (StepName::ClientCertificate, true) => "the server refuses the client's certificate: ",
        (StepName::ClientCertificate, false) => "the server and the client's certificate: ",
        (StepName::UserCertificate, true) => "the server refuses the user's certificate: ",
        (StepName::UserCertificate, false) => "the server and the user's certificate: ",
        _ => "",
    };
    let fix = match &step.fix {
        Some(Fix { side: side @ (Side::Client | Side::Server), action }) => format!("; at {}: {action}", name(*side)),
        Some(Fix { action, .. }) => format!("; {action}"),
        None => String::new(),
    };
    format!("{lead}{}{fix}", step.detail)
}
