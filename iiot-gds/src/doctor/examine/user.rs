//! Whether the server takes the user.

use iiot_core::ua::{EndpointDescription, MessageSecurityMode, StatusCode, UserTokenPolicy, UserTokenType};

use super::offer::{Offer, is_ecc, is_none, is_rsa, short_name};
use super::words::at;
use crate::doctor::{ClientFacts, Fix, ServerFacts, Side, Step, StepName, User};

/// Why an endpoint does not take a user, and what to do.
#[derive(Debug)]
pub(super) struct Refusal {
    detail: String,
    fix: Fix,
}

/// The kind of token, and whether the user is let in as far as that can be said.
pub(super) fn steps(client: &ClientFacts, server: &ServerFacts, offer: &Offer<'_>) -> Vec<Step> {
    let Some(endpoint) = offer.endpoint else { return Vec::new() };
    if let Some(Refusal { detail, fix }) = refusal(client, endpoint) {
        let step = Step::failed(StepName::UserToken, Side::Client, detail, fix);
        return vec![step.with_status(StatusCode::BadIdentityTokenRejected)];
    }
    let detail = format!("the endpoint takes {}", kind_of(&client.user).1);
    let token = Step::passed(StepName::UserToken, Side::Client, detail);
    let open = match (&client.user, &server.users) {
        (User::Anonymous, _) | (User::Certificate(Some(_)), Some(_)) => None,
        _ => Some(Step::unknown(StepName::User, Side::Server, "whether this user is let in only an attempt shows")),
    };
    std::iter::once(token).chain(open).collect()
}

/// Why this endpoint does not take the user of the client; `None` if it does, as far as it tells.
pub(super) fn refusal(client: &ClientFacts, endpoint: &EndpointDescription) -> Option<Refusal> {
    let offered = endpoint.user_identity_tokens.as_deref().unwrap_or_default();
    let fitting: Vec<_> = offered.iter().filter(|policy| is_for(policy, &client.user)).collect();
    if fitting.is_empty() {
        return Some(not_offered(&client.user, offered));
    }
    let mut refusals = fitting.iter().map(|policy| unprotected(client, endpoint, policy));
    let first = refusals.next()?;
    if first.is_none() || refusals.any(|other| other.is_none()) { None } else { first }
}

fn kind_of(user: &User) -> (UserTokenType, &'static str) {
    match user {
        User::Anonymous => (UserTokenType::Anonymous, "anonymous users"),
        User::UserName(_) => (UserTokenType::UserName, "user names"),
        User::Certificate(_) => (UserTokenType::Certificate, "certificates of users"),
        User::Issued(_) => (UserTokenType::IssuedToken, "issued tokens"),
    }
}

fn is_for(policy: &UserTokenPolicy, user: &User) -> bool {
    let issued = policy.issued_token_type.as_ref();
    policy.token_type == kind_of(user).0 && !matches!(user, User::Issued(kind) if !issued.is_empty() && issued != kind)
}

fn not_offered(user: &User, offered: &[UserTokenPolicy]) -> Refusal {
    let mut kinds: Vec<String> = offered.iter().map(|policy| format!("{:?}", policy.token_type)).collect();
    kinds.sort();
    kinds.dedup();
    let (kinds, (kind, words)) = (kinds.join(", "), kind_of(user));
    let fix = match user {
        User::Anonymous => {
            at(Side::Client, format!("say who the user is: the server takes {kinds}, and nobody anonymously"))
        }
        _ => at(
            Side::Server,
            format!("switch the user token type {kind:?} on in the server's configuration, or use {kinds}"),
        ),
    };
    Refusal { detail: format!("the server does not take {words}; it takes {kinds}"), fix }
}

/// Why the secret or proof of a user cannot be protected as the token policy wants it.
fn unprotected(client: &ClientFacts, endpoint: &EndpointDescription, policy: &UserTokenPolicy) -> Option<Refusal> {
    if client.user == User::Anonymous {
        return None;
    }
    let own = policy.security_policy_uri.as_ref();
    let uri = if own.is_empty() { endpoint.security_policy_uri.as_ref() } else { own };
    let name = short_name(uri);
    if name == "None" {
        return in_clear(&client.user, endpoint);
    }
    if !client.policies.iter().any(|known| known == uri) {
        let detail = format!("the server wants the user protected by {name}, which the client does not know");
        return Some(Refusal {
            detail,
            fix: at(Side::Server, "let its user tokens use Basic256Sha256, or the policy of the endpoint"),
        });
    }
    no_certificate(endpoint, name)
}

fn in_clear(user: &User, endpoint: &EndpointDescription) -> Option<Refusal> {
    let by_certificate = matches!(user, User::Certificate(_));
    if endpoint.security_mode == MessageSecurityMode::SignAndEncrypt && !by_certificate {
        return None;
    }
    let detail = match by_certificate {
        true => "the server wants no proof that the user has the key of the certificate",
        false => "the password or token would travel in clear",
    };
    let fix = "let its user token policy name Basic256Sha256, or use an endpoint with SignAndEncrypt";
    Some(Refusal { detail: detail.into(), fix: at(Side::Server, fix) })
}

/// Secrets are encrypted for the server's certificate, and proofs are made for it, also without security on the channel.
fn no_certificate(endpoint: &EndpointDescription, policy: &str) -> Option<Refusal> {
    let chain = endpoint.server_certificate.value.as_deref().unwrap_or_default();
    let detail = match is_rsa(chain) {
        Some(rsa) if rsa != is_ecc(policy) => return None,
        Some(_) => {
            format!("the key of the server's certificate does not go with {policy}, which is to protect the user")
        }
        None if chain.is_empty() => format!("the endpoint gives no certificate to protect the user with ({policy})"),
        None => format!("the certificate to protect the user with ({policy}) cannot be read"),
    };
    let place = if is_none(endpoint) { "the endpoint without security too" } else { "the endpoint" };
    Some(Refusal {
        detail,
        fix: at(Side::Server, format!("give {place} the server's certificate, or use another endpoint")),
    })
}
