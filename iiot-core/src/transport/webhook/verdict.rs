//! What an answer means for the message.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// An answer, as far as it matters.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// In seconds; a date is not understood.
    pub(super) retry_after: Option<u64>,
    /// How the text of the answer begins.
    pub(super) text: String,
}

/// What becomes of the message.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The server has it.
    Taken,
    /// It is sent again.
    Later { reason: String, retry_after: Option<Duration> },
    /// The server does not take this message.
    Never { kind: ErrorKind, reason: String, at_once: bool },
}

impl Verdict {
    pub(super) fn of(outcome: Result<&Answer, &Error>) -> Self {
        let answer = match outcome {
            Ok(answer) => answer,
            Err(error) => return Self::Later { reason: error.report(), retry_after: None },
        };
        let reason = answer.reason();
        match answer.status {
            200..=299 => Self::Taken,
            400 | 422 => Self::Never { kind: ErrorKind::InvalidArgument, reason, at_once: false },
            413 => Self::Never { kind: ErrorKind::LimitExceeded, reason, at_once: true },
            _ => Self::Later { reason, retry_after: answer.retry_after.map(Duration::from_secs) },
        }
    }

    /// What is wrong, if something is.
    pub(super) fn trouble(&self) -> Option<String> {
        match self {
            Self::Taken => None,
            Self::Later { reason, .. } | Self::Never { reason, .. } => Some(reason.clone()),
        }
    }
}

impl Answer {
    fn reason(&self) -> String {
        let advice = match self.status {
            300..=399 => "it sends us elsewhere; give that address",
            401 | 403 => "check the key or token, and what it allows",
            404 | 405 | 410 => "check the address and the method",
            413 => "the message is larger than the server takes",
            415 => "it does not want this kind of content",
            429 => "it has too much to do",
            400 | 422 => "it does not understand the message",
            _ => "it has a problem of its own",
        };
        let text = self.text.trim();
        let said = if text.is_empty() { String::new() } else { format!(": {text}") };
        format!("the server answered {}, {advice}{said}", self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16) -> Verdict {
        Verdict::of(Ok(&Answer { status, retry_after: Some(7), text: " no\n".into() }))
    }

    #[test]
    fn only_what_is_wrong_with_the_message_itself_gives_it_up() {
        for status in [200, 201, 202, 204, 299] {
            assert!(matches!(verdict(status), Verdict::Taken), "{status}");
        }
        for status in [400, 413, 422] {
            assert!(
                matches!(verdict(status), Verdict::Never { at_once, .. } if at_once == (status == 413)),
                "{status}"
            );
        }
        for status in [100, 301, 307, 401, 403, 404, 405, 408, 409, 410, 415, 425, 429, 500, 502, 503, 504, 599] {
            let Verdict::Later { reason, retry_after } = verdict(status) else {
                panic!("{status} is to be tried again")
            };
            assert_eq!(retry_after, Some(Duration::from_secs(7)));
            assert!(reason.contains(&status.to_string()) && reason.ends_with(": no"), "{reason}");
        }
        let error = Error::new(ErrorKind::Unavailable, "connect", "refused");
        assert!(matches!(Verdict::of(Err(&error)), Verdict::Later { retry_after: None, .. }));
    }
}
