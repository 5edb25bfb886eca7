//! What a place turned out to be, as steps towards it, with what to do.

use std::net::SocketAddr;

use iiot_core::ua::client::{Advice, Greeting, Stage};

use crate::explanation::{Step, StepName, Verdict};

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
pub(super) fn of_greeting(greeting: &Greeting, at: SocketAddr) -> Vec<Step> {
    let port = at.port();
    let Advice { stage, detail, fix } = greeting.advice(port);
    let verdict = if fix.is_some() { Verdict::Bad } else { Verdict::Good };
    let open = || {
        (stage > Stage::Port)
            .then(|| step(StepName::Port, Verdict::Good, format!("port {port} takes connections"), None))
    };
    open().into_iter().chain([step(name(stage), verdict, detail, fix)]).collect()
}

fn name(stage: Stage) -> StepName {
    match stage {
        Stage::Route => StepName::Route,
        Stage::Port => StepName::Port,
        Stage::Hello => StepName::Hello,
    }
}
