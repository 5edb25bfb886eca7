//! Whether a token is valid, and for whom, as a function of token, key, rules and time.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::{TokenOptions, refused};
use crate::access::keys::{Grant, Proof};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Role;
use crate::time::UtcTime;

/// How a token says that it was signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) algorithm: Algorithm,
    pub(super) key: Option<String>,
}

/// What the head of a token says, if it is one that we take.
pub(super) fn header(token: &str) -> Result<Signed> {
    let header = decode_header(token).map_err(|_| refused("it is no JSON Web Token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(refused("it is not signed by RS256, ES256 or EdDSA"));
    }
    if header.crit.is_some() {
        return Err(refused("it asks for extensions (crit) that are not known"));
    }
    Ok(Signed { algorithm: header.alg, key: header.kid })
}

/// Who shows a token.
pub(super) fn verdict(token: &str, key: &DecodingKey, options: &TokenOptions, now: UtcTime) -> Result<Grant> {
    let mut validation = Validation::new(header(token)?.algorithm);
    // Times are checked below, by our clock.
    (validation.validate_exp, validation.validate_nbf) = (false, false);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    validation.set_audience(&[&options.audience]);
    validation.set_issuer(&[&options.issuer]);
    let claims = decode::<Map<String, Value>>(token, key, &validation).map_err(|cause| wrong(&cause))?.claims;
    let expires = time(&claims, "exp")?.ok_or_else(|| refused("it has no exp"))?;
    if now >= expires + LEEWAY {
        return Err(refused("it has expired"));
    }
    if time(&claims, "nbf")?.is_some_and(|begins| now + LEEWAY < begins) {
        return Err(refused("it is not valid yet"));
    }
    let name = subject(&claims)?;
    let role = role(&claims, &options.role_claim)?;
    Ok(Grant { id: format!("jwt:{name}"), name, role, expires: Some(expires), by: Proof::Token })
}

fn wrong(cause: &jsonwebtoken::errors::Error) -> Error {
    use jsonwebtoken::errors::ErrorKind as Kind;
    match cause.kind() {
        Kind::InvalidAudience => refused("it is for another audience"),
        Kind::InvalidIssuer => refused("it is of another issuer"),
        Kind::MissingRequiredClaim(claim) => refused(format!("it has no {claim}")),
        _ => refused("its signature or content is wrong"),
    }
}

/// A time in seconds, which may have a fraction (RFC 7519 §2).
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<UtcTime>> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| (0.0..MAX_SECONDS).contains(seconds));
    let seconds = seconds.ok_or_else(|| refused(format!("its {name} is no time")))?;
    Ok(Some(UtcTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)))
}

fn subject(claims: &Map<String, Value>) -> Result<String> {
    let named = |name: &&str| !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control);
    let name = claims.get("sub").and_then(Value::as_str).filter(named);
    name.map(Into::into).ok_or_else(|| refused("its sub is no name of 1 to 256 bytes"))
}

fn role(claims: &Map<String, Value>, claim: &str) -> Result<Role> {
    let found = if claim.starts_with('/') {
        Value::Object(claims.clone()).pointer(claim).cloned()
    } else {
        claims.get(claim).cloned()
    };
    let highest = match &found {
        Some(Value::String(text)) => text.split_whitespace().filter_map(Role::named).max(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).filter_map(Role::named).max(),
        _ => None,
    };
    highest.ok_or_else(|| {
        let message = "the token is valid, and its role claim names none of our roles";
        Error::new(ErrorKind::Forbidden, "check token", message).with("claim", claim)
    })
}

const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
const LEEWAY: Duration = Duration::from_secs(30);
/// The year 9999.
const MAX_SECONDS: f64 = 253_402_300_800.0;
const MAX_NAME: usize = 256;
