//! What went wrong, as RFC 9457 has it.

use std::collections::BTreeMap;

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Answer, full};
use crate::error::{Error, ErrorKind};
use crate::operation::POINTER;
use crate::ua;

/// A problem (RFC 9457), the body of every answer that is no success.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Problem {
    /// `urn:iiot:problem:CODE`
    r#type: String,
    /// The kind of problem, for people.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The cause, and what to do.
    detail: String,
    /// Names this one occurrence.
    instance: String,
    /// The kind of problem, for programs.
    code: String,
    /// What was being done.
    operation: String,
    /// Whether the same request can succeed later.
    retryable: bool,
    /// What it was about: a node, an endpoint, a file.
    about: BTreeMap<String, String>,
    /// The causes behind it, nearest first.
    causes: Vec<String>,
    /// Which parts of the request are wrong.
    errors: Vec<WrongPart>,
}

/// A part of a request that is wrong.
#[derive(Debug, Serialize, JsonSchema)]
struct WrongPart {
    /// Where it is, as JSON pointer: `#/intervalMs`.
    pointer: String,
    /// What is wrong with it.
    detail: String,
}

/// Why a request is not answered with success.
#[derive(Debug)]
pub(super) struct Refusal {
    error: Error,
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, status: None, headers: Vec::new() }
    }
}

impl Refusal {
    /// One that HTTP has a status of its own for.
    pub(super) fn new(status: StatusCode, kind: ErrorKind, message: impl Into<String>) -> Self {
        let error = Error::new(kind, "take the request", message.into()).retryable(false);
        Self { error, status: Some(status), headers: Vec::new() }
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status.unwrap_or_else(|| status_of(&self.error))
    }

    pub(super) fn into_answer(self) -> Answer {
        let problem = Problem::new(&self.error, self.status());
        tracing::debug!(instance = problem.instance, "answered {}: {}", problem.status, self.error.report());
        let mut answer = Response::new(full(problem.to_json()));
        *answer.status_mut() = self.status();
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        answer.headers_mut().extend(self.headers.into_iter().map(|(name, value)| (Some(name), value)));
        answer
    }
}

impl Problem {
    pub(super) fn new(error: &Error, status: StatusCode) -> Self {
        let code = error.kind().code();
        let detail = error.message().to_owned();
        let wrong = |pointer: &str| WrongPart { pointer: pointer.into(), detail: detail.clone() };
        let (wrong_parts, about): (Vec<_>, Vec<_>) = error.context().iter().partition(|(key, _)| key == POINTER);
        Self {
            r#type: format!("urn:iiot:problem:{code}"),
            title: code.replace('_', " "),
            status: status.as_u16(),
            instance: format!("urn:uuid:{}", uuid::Uuid::new_v4()),
            code: code.into(),
            operation: error.operation().into(),
            retryable: error.is_retryable(),
            about: about.iter().map(|(key, value)| (key.to_string(), value.clone())).collect(),
            causes: causes(error),
            errors: wrong_parts.iter().map(|(_, pointer)| wrong(pointer)).collect(),
            detail,
        }
    }

    /// As the last event of a stream, where no status can be given any more.
    pub(super) fn of(error: &Error) -> Self {
        Self::new(error, status_of(error))
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings, numbers and lists can be written")
    }
}

fn causes(error: &Error) -> Vec<String> {
    let mut next = std::error::Error::source(error);
    let chain = std::iter::from_fn(|| next.inspect(|cause| next = cause.source()));
    chain.take(MAX_CAUSES).map(ToString::to_string).collect()
}

/// That of its kind; but what is not there yet (OPC 10000-12 §7.9.5) is nobody's fault, and no gateway's.
fn status_of(error: &Error) -> StatusCode {
    match (error.kind(), error.status()) {
        (ErrorKind::Rejected, ua::StatusCode::BadNothingToDo) => StatusCode::CONFLICT,
        (kind, _) => StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

pub(super) const PROBLEM_JSON: &str = "application/problem+json";
const MAX_CAUSES: usize = 8;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_says_what_failed_why_and_where() {
        let error = Error::new(ErrorKind::InvalidArgument, "watch", "too short; take 100 or more")
            .with("endpoint", "opc.tcp://plc")
            .with(POINTER, "#/intervalMs")
            .because(std::io::Error::other("below"));
        let problem = serde_json::to_value(Problem::of(&error)).expect("a problem is JSON");
        assert!(problem["instance"].as_str().is_some_and(|urn| urn.starts_with("urn:uuid:")));
        let expected = json!({
            "type": "urn:iiot:problem:invalid_argument", "title": "invalid argument", "status": 400,
            "detail": "too short; take 100 or more", "instance": problem["instance"], "code": "invalid_argument",
            "operation": "watch", "retryable": false, "about": { "endpoint": "opc.tcp://plc" }, "causes": ["below"],
            "errors": [{ "pointer": "#/intervalMs", "detail": "too short; take 100 or more" }],
        });
        assert_eq!(problem, expected);
    }

    #[test]
    fn every_kind_has_a_status_of_http() {
        for kind in ErrorKind::ALL {
            assert_eq!(Refusal::from(Error::new(*kind, "x", "y")).status().as_u16(), kind.http_status());
        }
    }

    #[test]
    fn what_is_not_there_yet_is_a_conflict_and_no_bad_gateway() {
        let pending = Error::new(ErrorKind::Rejected, "finish request", "it is not approved yet");
        let status = |error: Error| Refusal::from(error).status().as_u16();
        assert_eq!(status(pending.with_status(ua::StatusCode::BadNothingToDo)), 409);
        assert_eq!(
            status(Error::new(ErrorKind::Rejected, "x", "y").with_status(ua::StatusCode::BadDeviceFailure)),
            502
        );
    }
}
