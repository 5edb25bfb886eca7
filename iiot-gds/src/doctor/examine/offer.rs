//! Which endpoint a client takes of those that a server offers, or why none.

use std::collections::BTreeSet;

use iiot_core::session::ModeChoice;
use iiot_core::ua::trust::{Certificate, leaf_of_chain};
use iiot_core::ua::{ApplicationType, EndpointDescription, MessageSecurityMode, StatusCode};

use super::user;
use super::words::at;
use crate::doctor::{ClientFacts, ServerFacts, Side, Step, StepName};

/// The endpoint that is taken, and how it came to that.
#[derive(Debug, Default)]
pub(super) struct Offer<'a> {
    pub(super) endpoint: Option<&'a EndpointDescription>,
    pub(super) steps: Vec<Step>,
}

const BINARY: &str = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";
/// Policies with broken algorithms.
const LEGACY: [&str; 2] = ["Basic128Rsa15", "Basic256"];
const MAX_LISTED: usize = 12;

type Endpoints<'a> = Vec<&'a EndpointDescription>;

/// Takes the most secure endpoint that both sides can use, as our client does: by mode, policy and level.
pub(super) fn choose<'a>(client: &ClientFacts, server: &'a ServerFacts) -> Offer<'a> {
    let mut offer = Offer::default();
    offer.endpoint = try_choose(client, server, &mut offer.steps);
    offer
}

fn try_choose<'a>(
    client: &ClientFacts,
    server: &'a ServerFacts,
    steps: &mut Vec<Step>,
) -> Option<&'a EndpointDescription> {
    let told = take(endpoints(server), steps)?;
    let moded = take(of_mode(client, told), steps)?;
    let mut usable = take(of_policy(client, moded), steps)?;
    usable.sort_by_key(|endpoint| rank(client, endpoint));
    let takes_user = usable.iter().rev().find(|endpoint| user::refusal(client, endpoint).is_none());
    takes_user.or_else(|| usable.last()).copied()
}

fn take<'a>(found: (Endpoints<'a>, Step), steps: &mut Vec<Step>) -> Option<Endpoints<'a>> {
    let (endpoints, step) = found;
    steps.push(step);
    (!endpoints.is_empty()).then_some(endpoints)
}

/// The endpoints for a client over TCP.
fn endpoints(server: &ServerFacts) -> (Endpoints<'_>, Step) {
    const NAME: StepName = StepName::Endpoints;
    let failed = |detail: &str, side, fix| (Vec::new(), Step::failed(NAME, Side::Server, detail, at(side, fix)));
    let told = match &server.endpoints {
        None => return (Vec::new(), Step::unknown(NAME, Side::Server, "the server was not asked for its endpoints")),
        Some(Err(why)) => {
            let refuses_open = why.status() == StatusCode::BadSecurityPolicyRejected;
            let fix = if refuses_open { CLOSED } else { UNTOLD };
            let detail = format!("it does not tell its endpoints: {}", why.report());
            let (none, step) = failed(&detail, Side::Server, fix);
            return (none, step.with_status(why.status()));
        }
        Some(Ok(told)) => told,
    };
    let has_users =
        |endpoint: &EndpointDescription| endpoint.user_identity_tokens.as_ref().is_some_and(|all| !all.is_empty());
    if !told.iter().any(has_users) && is_directory(server, told) {
        return failed("it is a discovery server and offers no session itself", Side::Client, DIRECTORY);
    }
    if told.is_empty() {
        return failed("it tells no endpoints", Side::Server, "switch an endpoint on in the server's configuration");
    }
    let binary: Endpoints<'_> = told.iter().filter(|endpoint| is_binary(endpoint)).collect();
    if binary.is_empty() {
        let fix = "switch opc.tcp on in the server's configuration";
        return failed("its endpoints are for HTTPS or websockets alone", Side::Server, fix);
    }
    let detail = format!("it tells {} endpoints: {}", binary.len(), offers(&binary));
    (binary, Step::passed(NAME, Side::Server, detail))
}

const CLOSED: &str = "let it tell its endpoints without security: it refuses every channel without security, and those for \
                      GetEndpoints must be let in";
const UNTOLD: &str = "look into the server's log; GetEndpoints must be answered without security, on every server";
const DIRECTORY: &str = "dial one of the servers that this discovery server tells of (FindServers)";

/// Endpoints that nobody can log in at are for discovery.
fn is_directory(server: &ServerFacts, told: &[EndpointDescription]) -> bool {
    let description = server.party.description.as_ref();
    let says_so = description.is_some_and(|told| told.application_type == ApplicationType::DiscoveryServer);
    says_so || !told.is_empty()
}

fn of_mode<'a>(client: &ClientFacts, told: Endpoints<'a>) -> (Endpoints<'a>, Step) {
    const NAME: StepName = StepName::SecurityMode;
    let wanted = |endpoint: &&EndpointDescription| match client.security.mode {
        ModeChoice::Best => true,
        ModeChoice::NotNone => endpoint.security_mode != MessageSecurityMode::None,
        ModeChoice::Exactly(mode) => endpoint.security_mode == mode,
    };
    let fit: Endpoints<'_> = told.iter().copied().filter(wanted).collect();
    if !fit.is_empty() {
        return (fit, Step::passed(NAME, Side::Client, "an endpoint has a security mode that the client takes"));
    }
    let modes: BTreeSet<String> = told.iter().map(|endpoint| format!("{:?}", endpoint.security_mode)).collect();
    let modes = modes.into_iter().collect::<Vec<_>>().join(", ");
    let (asked, fix) = match client.security.mode {
        ModeChoice::Exactly(MessageSecurityMode::None) => (
            "None".to_owned(),
            at(
                Side::Client,
                format!("take {modes} and give the client a certificate; the server rightly has None switched off"),
            ),
        ),
        ModeChoice::Exactly(mode) => {
            let action = format!("switch {mode:?} on in the server's configuration, or let the client take {modes}");
            (format!("{mode:?}"), at(Side::Server, action))
        }
        _ => {
            let action = "switch Sign and SignAndEncrypt with Basic256Sha256 on in the server's configuration, with a certificate";
            ("security".to_owned(), at(Side::Server, action))
        }
    };
    let step = Step::failed(NAME, Side::Client, format!("the client asks for {asked}, the server offers {modes}"), fix);
    (Vec::new(), step.with_status(StatusCode::BadSecurityModeRejected))
}

fn of_policy<'a>(client: &ClientFacts, told: Endpoints<'a>) -> (Endpoints<'a>, Step) {
    let refuse = |detail: String, side, fix: String| {
        let step = Step::failed(StepName::SecurityPolicy, Side::Client, detail, at(side, fix));
        (Vec::new(), step.with_status(StatusCode::BadSecurityPolicyRejected))
    };
    let offered = offers(&told);
    let asked: Endpoints<'_> = told.into_iter().filter(|endpoint| is_asked_for(client, endpoint)).collect();
    if asked.is_empty() {
        let policy = client.security.policy.as_deref().map(short_name).unwrap_or_default();
        let detail = format!("the client asks for {policy} alone, the server offers {offered}");
        return refuse(
            detail,
            Side::Server,
            format!("switch {policy} on in the server's configuration, or let the client take another"),
        );
    }
    let known: Endpoints<'_> = asked.iter().copied().filter(|endpoint| is_known(client, endpoint)).collect();
    if known.is_empty() {
        let (side, fix) = unknown_policies(&asked);
        return refuse(
            format!("the client knows none of the policies that the server offers: {offered}"),
            side,
            fix.into(),
        );
    }
    if let Some((detail, side, fix)) = no_key(client, &known) {
        return refuse(detail, side, fix);
    }
    let usable = known.into_iter().filter(|endpoint| fits_keys(client, endpoint)).collect();
    (usable, Step::passed(StepName::SecurityPolicy, Side::Client, "both know a security policy and have keys for it"))
}

fn is_asked_for(client: &ClientFacts, endpoint: &EndpointDescription) -> bool {
    let uri = endpoint.security_policy_uri.as_ref();
    client.security.policy.as_deref().is_none_or(|asked| asked == uri || short_name(uri) == asked)
}

fn is_known(client: &ClientFacts, endpoint: &EndpointDescription) -> bool {
    client.policies.iter().any(|known| known == endpoint.security_policy_uri.as_ref())
}

fn unknown_policies(asked: &Endpoints<'_>) -> (Side, &'static str) {
    let all = |is: fn(&str) -> bool| asked.iter().all(|endpoint| is(short_name(endpoint.security_policy_uri.as_ref())));
    if all(|name| LEGACY.contains(&name)) {
        (
            Side::Server,
            "switch Basic256Sha256 or a newer policy on in the server's configuration, after an update if need be; \
                        those that it offers are broken",
        )
    } else if all(is_ecc) {
        (
            Side::Server,
            "switch a policy for RSA such as Basic256Sha256 on in the server's configuration, or use a client \
                        that knows policies for elliptic curves",
        )
    } else {
        (Side::Server, "switch Basic256Sha256 on in the server's configuration")
    }
}

/// Why no known policy goes with the keys of both.
fn no_key(client: &ClientFacts, known: &Endpoints<'_>) -> Option<(String, Side, String)> {
    if known.iter().any(|endpoint| fits_keys(client, endpoint)) {
        return None;
    }
    let wanted = known.iter().map(|endpoint| short_name(endpoint.security_policy_uri.as_ref()));
    let wanted = wanted.collect::<BTreeSet<_>>().into_iter().take(MAX_LISTED).collect::<Vec<_>>().join(", ");
    match &client.party.certificate {
        Some(none) if none.is_empty() => Some((
            format!("every endpoint needs a certificate of the client ({wanted}), and it has none"),
            Side::Client,
            "give the client a certificate, and trust it at the server".into(),
        )),
        Some(chain) if is_rsa(chain) == Some(true) && known.iter().all(|one| is_ecc_policy(one)) => Some((
            format!("the client's certificate has an RSA key, and {wanted} need one on an elliptic curve"),
            Side::Client,
            "give the client a certificate with a key on the curve of the policy, or switch Basic256Sha256 on at the server".into(),
        )),
        Some(chain) if is_rsa(chain) == Some(false) && !known.iter().any(|one| is_ecc_policy(one)) => Some((
            format!("the client's certificate has a key on an elliptic curve, and {wanted} need one of RSA"),
            Side::Client,
            "give the client a certificate with an RSA key, or switch a policy for its curve on at the server".into(),
        )),
        _ => Some((
            format!("the server's certificate has a key that does not go with {wanted}"),
            Side::Server,
            "give each endpoint a certificate with a key of the kind that its policy needs".into(),
        )),
    }
}

/// Whether the keys of both sides are of the kind that the policy needs; what is not known fits.
fn fits_keys(client: &ClientFacts, endpoint: &EndpointDescription) -> bool {
    if is_none(endpoint) {
        return true;
    }
    let rsa = !is_ecc_policy(endpoint);
    let own = client.party.certificate.as_deref();
    let theirs = endpoint.server_certificate.value.as_deref().unwrap_or_default();
    own.is_none_or(|own| !own.is_empty() && is_rsa(own).is_none_or(|own| own == rsa))
        && is_rsa(theirs).is_none_or(|theirs| theirs == rsa)
}

/// `None` if the certificate cannot be read.
pub(super) fn is_rsa(chain: &[u8]) -> Option<bool> {
    leaf_of_chain(chain).ok().map(|(leaf, _): (Certificate, _)| leaf.rsa_bits().is_some())
}

fn is_ecc_policy(endpoint: &EndpointDescription) -> bool {
    is_ecc(short_name(endpoint.security_policy_uri.as_ref()))
}

pub(super) fn is_ecc(policy: &str) -> bool {
    policy.starts_with("ECC_")
}

/// Whether an endpoint has no security.
pub(super) fn is_none(endpoint: &EndpointDescription) -> bool {
    endpoint.security_mode == MessageSecurityMode::None
}

/// What stands behind the `#` of a URI.
pub(super) fn short_name(uri: &str) -> &str {
    uri.rsplit_once('#').map_or(uri, |(_, name)| name)
}

fn is_binary(endpoint: &EndpointDescription) -> bool {
    match endpoint.transport_profile_uri.as_ref() {
        "" => endpoint.endpoint_url.as_ref().starts_with("opc.tcp:"),
        profile => profile == BINARY,
    }
}

fn offers(endpoints: &Endpoints<'_>) -> String {
    let one = |endpoint: &&EndpointDescription| match endpoint.security_mode {
        MessageSecurityMode::None => "None".to_owned(),
        mode => format!("{mode:?} with {}", short_name(endpoint.security_policy_uri.as_ref())),
    };
    endpoints.iter().map(one).collect::<BTreeSet<_>>().into_iter().take(MAX_LISTED).collect::<Vec<_>>().join(", ")
}

fn rank(client: &ClientFacts, endpoint: &EndpointDescription) -> (i32, Option<usize>, u8) {
    let uri = endpoint.security_policy_uri.as_ref();
    let policy = client.policies.iter().position(|known| known == uri);
    (endpoint.security_mode as i32, policy, endpoint.security_level)
}
