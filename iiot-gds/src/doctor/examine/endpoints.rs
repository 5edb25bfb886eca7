//! Whether the endpoint that is taken lies where the client looks for it.

use iiot_core::ua::client::Address;

use super::offer::Offer;
use super::words::at;
use crate::doctor::{ClientFacts, Outcome, Side, Step, StepName};

const NAME: StepName = StepName::EndpointUrl;

/// Whether the URL that the endpoint reports leads to the server.
pub(super) fn url(client: &ClientFacts, offer: &Offer<'_>) -> Option<Step> {
    let url = offer.endpoint?.endpoint_url.as_ref();
    let dialled = Address::parse(&client.url).ok()?;
    let Ok(reported) = Address::parse(url) else {
        let fix = at(Side::Server, "correct the URL in the server's configuration");
        return Some(Step::failed(NAME, Side::Client, format!("its endpoint has no URL that can be read: {url}"), fix));
    };
    if (reported.host(), reported.port()) == (dialled.host(), dialled.port()) {
        return Some(Step::passed(NAME, Side::Client, "the endpoint is where the client dialled"));
    }
    let unreachable = client.unreachable.iter().find(|(host, _)| host.eq_ignore_ascii_case(reported.host()));
    Some(elsewhere(client, url, unreachable.map(|(_, why)| why.as_str())))
}

fn elsewhere(client: &ClientFacts, url: &str, unreachable: Option<&str>) -> Step {
    match (unreachable, client.keep_dialled_host) {
        (None, true) => {
            let detail = format!("the endpoint says {url}; the client stays where it dialled");
            Step::passed(NAME, Side::Client, detail)
        }
        (None, false) => Step::passed(NAME, Side::Client, format!("the endpoint says {url}, where the client goes on")),
        (Some(why), true) => {
            let detail =
                format!("the endpoint says {url}, which cannot be reached ({why}); clients that follow it fail");
            Step::new(NAME, Side::Client, Outcome::Doubtful, detail).with_fix(at(Side::Server, CORRECT))
        }
        (Some(why), false) => {
            let detail = format!("the client follows the endpoint to {url}, which it cannot reach: {why}");
            Step::failed(NAME, Side::Client, detail, at(Side::Server, FOLLOWED))
        }
    }
}

const CORRECT: &str = "correct the host name in the server's configuration, or teach it to the name service of clients";
const FOLLOWED: &str = "correct the host name in the server's configuration, or teach it to the name service of the client's \
                        machine, or connect with keep_dialled_host";
