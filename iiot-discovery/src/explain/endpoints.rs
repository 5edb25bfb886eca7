//! What endpoints say of the way to a server: where they are said to be, and who may log in.

use std::collections::BTreeSet;

use iiot_core::model::{ApplicationType, EndpointDescription};

use super::words::step;
use crate::explanation::{Step, StepName, Verdict};
use crate::interrogation::Answered;

/// Whether there are endpoints for us, and whether their URLs lead anywhere.
pub(super) fn endpoints(answered: &Answered) -> Step {
    let binary: Vec<_> = answered.endpoints().filter(|endpoint| is_binary(endpoint)).collect();
    let names = |verdict, detail, fix: &'static str| step(StepName::Endpoints, verdict, detail, fix);
    if answered.endpoints().next().is_none() {
        return match answered.is_directory() {
            true => names(Verdict::Bad, told_of_others(answered), DIRECTORY),
            false => names(Verdict::Bad, format!("it tells no endpoints{}", flaws(answered)), NO_ENDPOINTS),
        };
    }
    if binary.is_empty() {
        return names(Verdict::Bad, "its endpoints are for HTTPS or websockets alone".into(), OTHER_TRANSPORT);
    }
    let count = binary.len();
    if let Some((url, why)) = answered.astray.first() {
        return names(Verdict::Doubtful, format!("it tells {count} endpoints, at {url}, which {why}"), ASTRAY);
    }
    if !answered.flaws().is_empty() {
        return names(Verdict::Doubtful, format!("it tells {count} endpoints{}", flaws(answered)), FLAWS);
    }
    let detail = format!("{} tells {count} endpoints: {}", answered.name(), securities(&binary));
    step(StepName::Endpoints, Verdict::Good, detail, None)
}

/// Whether anybody can log in.
pub(super) fn identity(answered: &Answered) -> Step {
    let all: BTreeSet<&str> = answered
        .endpoints()
        .flat_map(|endpoint| &endpoint.user_tokens)
        .map(|token| token.token_type.as_str())
        .collect();
    if all.is_empty() {
        let (detail, fix) = match answered.is_directory() {
            true => (told_of_others(answered), DIRECTORY),
            false => ("no endpoint tells a way to log in".to_owned(), NO_TOKENS),
        };
        return step(StepName::Identity, Verdict::Bad, detail, fix);
    }
    let listed = all.iter().copied().collect::<Vec<_>>().join(", ");
    step(StepName::Identity, Verdict::Good, format!("one may log in by: {listed}"), None)
}

const DIRECTORY: &str = "this is a discovery server: connect to one of the servers that it tells of";
const NO_ENDPOINTS: &str = "switch an endpoint on in the server's configuration";
const OTHER_TRANSPORT: &str = "switch opc.tcp on in the server's configuration";
const ASTRAY: &str = "connect with keep_dialled_host; better correct the host name in the server's configuration, or teach it \
                      to the name service";
const FLAWS: &str = "clients may stumble over it: tell the maker of the server";
const NO_TOKENS: &str = "switch a way to log in on in the server's configuration";
const BINARY: &str = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";

fn is_binary(endpoint: &EndpointDescription) -> bool {
    match endpoint.transport_profile_uri.as_str() {
        "" => endpoint.reported_url.starts_with("opc.tcp:"),
        profile => profile == BINARY,
    }
}

fn securities(endpoints: &[&EndpointDescription]) -> String {
    let short = |uri: &str| uri.rsplit('#').next().unwrap_or_default().to_owned();
    let one = |endpoint: &&EndpointDescription| match endpoint.security_mode.as_str() {
        "None" => "None".to_owned(),
        mode => format!("{} with {}", mode, short(&endpoint.security_policy_uri)),
    };
    endpoints.iter().map(one).collect::<BTreeSet<_>>().into_iter().take(MAX_LISTED).collect::<Vec<_>>().join(", ")
}

const MAX_LISTED: usize = 12;

fn flaws(answered: &Answered) -> String {
    answered.flaws().into_iter().take(3).map(|flaw| format!("; {flaw}")).collect()
}

fn told_of_others(answered: &Answered) -> String {
    let kind =
        if answered.kind() == Some(ApplicationType::DiscoveryServer) { "a discovery server" } else { "a server" };
    format!("it is {kind} that tells of {} others and offers no session itself", answered.others)
}
