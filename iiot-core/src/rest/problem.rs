//! What a server says that went wrong (RFC 9457).

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde::Deserialize;

use crate::error::{Error, ErrorKind};
use crate::operation::{Operation, POINTER};

/// A problem, as our servers write it; others leave most of it out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
    code: String,
    retryable: Option<bool>,
    about: BTreeMap<String, String>,
    causes: Vec<String>,
    errors: Vec<WrongPart>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrongPart {
    pointer: String,
}

/// The error that an answer without success stands for.
pub(super) fn read(operation: &Operation, status: StatusCode, body: &[u8]) -> Error {
    let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    let kind = ErrorKind::from_code(&problem.code).unwrap_or_else(|| kind_of(status));
    let detail =
        if problem.detail.is_empty() { format!("the server answered {status}") } else { plain(&problem.detail) };
    error(operation, kind, detail, problem)
}

/// The error that ended a stream.
pub(super) fn of_stream(operation: &Operation, data: &[u8]) -> Error {
    let problem: Problem = serde_json::from_slice(data).unwrap_or_default();
    let kind = ErrorKind::from_code(&problem.code).unwrap_or(ErrorKind::Protocol);
    error(operation, kind, plain(&problem.detail), problem)
}

fn error(operation: &Operation, kind: ErrorKind, detail: String, problem: Problem) -> Error {
    let error = Error::new(kind, operation.full_name(), detail);
    let error =
        problem.about.iter().take(MAX_PARTS).fold(error, |error, (key, value)| error.with(plain(key), plain(value)));
    let wrong = problem.errors.iter().take(MAX_PARTS).map(|part| plain(&part.pointer));
    let error = wrong.fold(error, |error, pointer| error.with(POINTER, pointer));
    let error = match problem.retryable {
        Some(retryable) => error.retryable(retryable),
        None => error,
    };
    let causes: Vec<String> = problem.causes.iter().take(MAX_PARTS).map(|cause| plain(cause)).collect();
    if causes.is_empty() { error } else { error.because(causes.join(": ")) }
}

/// It goes into logs.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MAX_TEXT).collect()
}

fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        400 | 413 | 415 | 422 => ErrorKind::InvalidArgument,
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Forbidden,
        404 | 405 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::Timeout,
        409 => ErrorKind::AlreadyExists,
        412 => ErrorKind::Conflict,
        429 => ErrorKind::LimitExceeded,
        500..=599 => ErrorKind::Unavailable,
        _ => ErrorKind::Protocol,
    }
}

const MAX_TEXT: usize = 2000;
const MAX_PARTS: usize = 32;
