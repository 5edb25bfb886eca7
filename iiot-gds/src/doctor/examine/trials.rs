//! Who judges which certificate: the client the server's, the server the client's and the user's.

use iiot_core::time::UtcTime;
use iiot_core::ua::client::{Address, Claim};
use iiot_core::ua::trust::{Certificate, ParsedLists, Purpose, Role, TrustPolicy, leaf_of_chain, verdict};
use iiot_core::ua::{EndpointDescription, StatusCode};

use super::certificate::{Judged, Trial};
use super::offer::{Offer, is_none};
use super::words::at;
use crate::doctor::{CheckName, ClientFacts, ServerFacts, Side, Step, StepName, User};

/// What came of all trials.
#[derive(Debug, Default)]
pub(super) struct Trials {
    pub(super) steps: Vec<Step>,
    /// Whose clock is wrong, where that makes a certificate fail.
    pub(super) blames_clock: Option<Side>,
}

/// Every trial that can be held.
pub(super) fn hold(client: &ClientFacts, server: &ServerFacts, offer: &Offer<'_>) -> Trials {
    let mut trials = Trials::default();
    let endpoint = offer.endpoint.cloned().or_else(|| likely_endpoint(server));
    let is_open = offer.endpoint.is_some_and(is_none);
    if let Some(endpoint) = &endpoint {
        let needs_none = is_open && client.user == User::Anonymous;
        trials.take(Side::Client, if needs_none { not_needed() } else { of_server(client, server, endpoint) });
        trials.steps.extend((!is_open).then(|| same_certificate(server, endpoint)).flatten());
    }
    if !is_open {
        trials.take(Side::Server, of_client(client, server));
    }
    trials.take(Side::Server, of_user(client, server));
    trials
}

impl Trials {
    fn take(&mut self, judge: Side, judged: Judged) {
        self.steps.extend(judged.steps);
        self.blames_clock = self.blames_clock.or_else(|| judged.blames_clock.then_some(judge));
    }
}

/// Where no endpoint can be taken: one with a certificate, so that it is judged all the same.
fn likely_endpoint(server: &ServerFacts) -> Option<EndpointDescription> {
    let told = server.endpoints.as_ref().and_then(|told| told.as_ref().ok());
    let secured = told.into_iter().flatten().find(|endpoint| endpoint.server_certificate.value.is_some());
    let made = || {
        let certificate = server.party.certificate.clone()?;
        let description = server.party.description.clone().unwrap_or_default();
        Some(EndpointDescription { server: description, server_certificate: certificate.into(), ..Default::default() })
    };
    secured.cloned().or_else(made)
}

fn not_needed() -> Judged {
    let why = "the channel has no security and the user is anonymous, so that no certificate is needed";
    Judged { steps: vec![Step::passed(StepName::ServerCertificate, Side::Client, why)], blames_clock: false }
}

/// As our client judges.
fn of_server(client: &ClientFacts, server: &ServerFacts, endpoint: &EndpointDescription) -> Judged {
    let Ok(dialled) = Address::parse(&client.url) else { return Judged::default() };
    let reported = Address::parse(endpoint.endpoint_url.as_ref()).ok().filter(|_| client.keep_dialled_host);
    let claim = match Claim::new(endpoint, dialled.host(), reported.map(|address| address.host().to_owned())) {
        Ok(claim) => claim,
        Err(error) => return unreadable(StepName::ServerCertificate, Side::Client, Side::Server, error.message()),
    };
    Trial {
        step: StepName::ServerCertificate,
        judge: Side::Client,
        owner: Side::Server,
        chain: claim.chain(),
        knows: client.party.trust.as_ref(),
        now: client.clock,
        other: server.clock,
        described_as: server.party.description.as_ref().map(|told| told.application_uri.as_ref()),
        verdict: &|lists, now, policy| claim.judge(lists, now, policy),
    }
    .hold()
}

/// Whether the server presents the certificate that its endpoints tell of.
fn same_certificate(server: &ServerFacts, endpoint: &EndpointDescription) -> Option<Step> {
    let presented = leaf_of_chain(server.party.certificate.as_deref()?).ok()?.0;
    let told = leaf_of_chain(endpoint.server_certificate.value.as_deref()?).ok()?.0;
    if presented.der() == told.der() {
        return Some(Step::passed(
            StepName::Session,
            Side::Client,
            "the server presents the certificate of its endpoints",
        ));
    }
    let detail = format!(
        "the server presents {} (thumbprint {}), its endpoints tell of {} (thumbprint {})",
        presented.subject(),
        presented.thumbprint(),
        told.subject(),
        told.thumbprint()
    );
    let fix = at(
        Side::Server,
        "restart it, so that its endpoints tell of the certificate that it uses; if that does not help, \
                               something else answers in its place",
    );
    let step = Step::failed(StepName::Session, Side::Client, detail, fix);
    Some(step.with_status(StatusCode::BadSecurityChecksFailed))
}

fn of_client(client: &ClientFacts, server: &ServerFacts) -> Judged {
    let uri = client.party.description.as_ref().map(|told| told.application_uri.as_ref());
    let purpose = Purpose { host: None, application_uri: uri, role: Some(Role::Client) };
    let Some(chain) = client.party.certificate.as_deref() else {
        let why = "the client's certificate is not known here";
        return Judged {
            steps: vec![Step::unknown(StepName::ClientCertificate, Side::Server, why)],
            blames_clock: false,
        };
    };
    if chain.is_empty() {
        // That there is none was told where an endpoint was chosen.
        return Judged::default();
    }
    let knows = server.party.trust.as_ref();
    judged(StepName::ClientCertificate, Side::Client, chain, knows, (client, server), &purpose)
}

fn of_user(client: &ClientFacts, server: &ServerFacts) -> Judged {
    let User::Certificate(Some(chain)) = &client.user else { return Judged::default() };
    let knows = server.users.as_ref();
    judged(StepName::UserCertificate, Side::Client, chain, knows, (client, server), &Purpose::default())
}

/// By a server.
fn judged(
    step: StepName,
    owner: Side,
    chain: &[u8],
    knows: Option<&crate::doctor::Judge>,
    (client, server): (&ClientFacts, &ServerFacts),
    purpose: &Purpose<'_>,
) -> Judged {
    let chain: Vec<Certificate> = match leaf_of_chain(chain) {
        Ok((leaf, issuers)) => std::iter::once(leaf).chain(issuers).collect(),
        Err(error) => return unreadable(step, Side::Server, owner, error.message()),
    };
    let by_verdict =
        |lists: &ParsedLists, now: UtcTime, policy: &TrustPolicy| verdict(&chain, lists, now, purpose, policy);
    Trial {
        step,
        judge: Side::Server,
        owner,
        chain: &chain,
        knows,
        now: server.clock.unwrap_or(client.clock),
        other: Some(client.clock),
        described_as: None,
        verdict: &by_verdict,
    }
    .hold()
}

fn unreadable(step: StepName, judge: Side, owner: Side, why: &str) -> Judged {
    let failed =
        Step::failed(step, judge, why, at(owner, "give it a new certificate")).with_check(CheckName::Structure);
    Judged { steps: vec![failed.with_status(StatusCode::BadCertificateInvalid)], blames_clock: false }
}
