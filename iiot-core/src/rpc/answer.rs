//! What a place answers, before it is sealed.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::ua::StatusCode;

/// To the caller.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    /// 0 for the answer to a call and for the opening of a stream, then the items.
    pub(super) sequence: u64,
    /// The response or item; absent for JSON `null`, the opening and the end of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Failure>,
    /// Whether other answers follow.
    pub(super) more: bool,
}

impl Answer {
    /// The answer with this body, which must be JSON.
    pub(super) fn of(sequence: u64, body: &[u8], more: bool) -> Self {
        match serde_json::from_slice(body) {
            Ok(body) => Self { sequence, body: Some(body), error: None, more },
            Err(cause) => {
                let error = Error::new(ErrorKind::Internal, "answer a request", "the answer is not JSON");
                Self::failed(sequence, &error.because(cause))
            }
        }
    }

    /// The opening or the end of a stream.
    pub(super) const fn empty(sequence: u64, more: bool) -> Self {
        Self { sequence, body: None, error: None, more }
    }

    pub(super) fn failed(sequence: u64, error: &Error) -> Self {
        Self { sequence, body: None, error: Some(Failure::from(error)), more: false }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an answer is JSON")
    }

    /// The response or item as JSON.
    pub(super) fn into_body(self, root: &str) -> Result<Vec<u8>> {
        match (self.error, self.body) {
            (Some(failure), _) => Err(failure.into_error().with("at", root)),
            (None, Some(body)) => Ok(body.get().as_bytes().to_vec()),
            (None, None) => Ok(b"null".to_vec()),
        }
    }
}

/// An [`Error`] on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    code: String,
    operation: String,
    message: String,
    #[serde(default)]
    context: Vec<(String, String)>,
    retryable: bool,
    status: u32,
    /// The chain of causes as text.
    #[serde(default)]
    cause: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let context = error.context().iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
        // The report is the text of the error itself, and then the causes.
        let report = error.report();
        let cause = report.strip_prefix(&error.to_string()).and_then(|rest| rest.strip_prefix(": "));
        Self {
            code: error.kind().code().to_owned(),
            operation: error.operation().to_owned(),
            message: error.message().to_owned(),
            context,
            retryable: error.is_retryable(),
            status: error.status().bits(),
            cause: cause.map(str::to_owned),
        }
    }
}

impl Failure {
    /// The error as it was, with the kind `Internal` if we do not know its kind.
    fn into_error(self) -> Error {
        let kind = ErrorKind::from_code(&self.code).unwrap_or(ErrorKind::Internal);
        let mut error = Error::new(kind, self.operation, self.message).retryable(self.retryable);
        if self.status != kind.status_code().bits() {
            error = error.with_status(StatusCode::from(self.status));
        }
        for (key, value) in self.context {
            error = error.with(key, value);
        }
        match self.cause {
            Some(cause) => error.because(cause),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_survives_the_way() {
        for &kind in ErrorKind::ALL {
            let cause = Error::new(ErrorKind::Io, "read", "no such file");
            let sent = Error::new(kind, "open the file", "it failed").with("file", "a.txt").because(cause);
            let answer = Answer::failed(0, &sent.retryable(true));
            let json = serde_json::to_string(&answer).expect("an answer is JSON");
            let answer: Answer = serde_json::from_str(&json).expect("an answer parses");
            let got = answer.into_body("edge").expect_err("a failure");
            assert_eq!((got.kind(), got.is_retryable(), got.status()), (kind, true, kind.status_code()));
            assert_eq!(got.report(), "open the file (file a.txt, at edge): it failed: read: no such file");
        }
    }

    #[test]
    fn a_kind_of_a_later_version_is_internal() {
        let json = r#"{"sequence":0,"more":false,"error":
            {"code":"new","operation":"o","message":"m","retryable":false,"status":2147483648}}"#;
        let answer: Answer = serde_json::from_str(json).expect("an answer parses");
        assert_eq!(answer.into_body("edge").expect_err("a failure").kind(), ErrorKind::Internal);
    }
}
