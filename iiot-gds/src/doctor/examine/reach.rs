//! The way to the server before anything of OPC UA is said.

use iiot_core::ua::client::{Address, Greeting, Stage};

use super::words::at;
use crate::doctor::{ClientFacts, Reach, ServerFacts, Side, Step, StepName};

/// Name, route, port and Hello, as far as they are known.
pub(super) fn steps(client: &ClientFacts, server: &ServerFacts) -> Vec<Step> {
    let address = match Address::parse(&client.url) {
        Ok(address) => address,
        Err(error) => {
            let fix = at(Side::Client, "dial a URL of the form opc.tcp://host:4840/path");
            return vec![Step::failed(StepName::Name, Side::Client, error.message(), fix)];
        }
    };
    match &client.reach {
        Some(Reach::NoAddress(why)) => vec![no_address(address.host(), why)],
        Some(Reach::Greeted(greeting)) => greeted(greeting, &address),
        None if matches!(server.endpoints, Some(Ok(_))) => {
            vec![Step::passed(StepName::Hello, Side::Server, "it has told its endpoints")]
        }
        None => vec![Step::unknown(StepName::Port, Side::Network, "nobody has tried to reach it")],
    }
}

fn no_address(host: &str, why: &str) -> Step {
    let fix = "see whether the name is spelt right and the name service of the client's machine knows it; else dial the address";
    Step::failed(StepName::Name, Side::Client, format!("{host} has no address there: {why}"), at(Side::Client, fix))
}

fn greeted(greeting: &Greeting, address: &Address) -> Vec<Step> {
    let advice = greeting.advice(address.port());
    let (name, side) = match advice.stage {
        Stage::Route => (StepName::Route, Side::Network),
        Stage::Port if matches!(greeting, Greeting::Filtered) => (StepName::Port, Side::Network),
        Stage::Port => (StepName::Port, Side::Server),
        Stage::Hello => (StepName::Hello, Side::Server),
    };
    let name_step = Step::passed(StepName::Name, Side::Client, format!("{} has an address", address.host()));
    let port = Step::passed(StepName::Port, Side::Server, format!("port {} takes connections", address.port()));
    let port = (advice.stage == Stage::Hello).then_some(port);
    let last = match advice.fix {
        None => Step::passed(name, side, advice.detail),
        Some(fix) => {
            let place = if side == Side::Network { Side::Network } else { Side::Server };
            let step = Step::failed(name, side, advice.detail, at(place, fix));
            match greeting {
                Greeting::Refused { status, .. } => step.with_status(*status),
                _ => step,
            }
        }
    };
    [Some(name_step), port, Some(last)].into_iter().flatten().collect()
}
