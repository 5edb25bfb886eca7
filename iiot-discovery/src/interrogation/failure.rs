//! Why a server could not be asked.

use std::error::Error as _;
use std::io;

use iiot_core::text::cleaned;
use iiot_core::{Error, ErrorKind};

use super::visits::Failure;
use crate::outcome::Outcome;

const MAX_MESSAGE: usize = 1000;

impl Failure {
    pub(crate) fn of(error: &Error) -> Self {
        Self { outcome: outcome_of(error), message: cleaned(&error.report(), MAX_MESSAGE) }
    }
}

/// What a place turned out to be, where the connection itself is at fault.
pub(crate) fn outcome_of(error: &Error) -> Option<Outcome> {
    let message = || cleaned(&error.report(), MAX_MESSAGE);
    if let Some(cause) = io_cause(error) {
        return Some(match cause.kind() {
            io::ErrorKind::ConnectionRefused => Outcome::Closed,
            io::ErrorKind::TimedOut => Outcome::Filtered,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Outcome::Unreachable { message: message() }
            }
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                Outcome::Hangup
            }
            _ => Outcome::NotTried { message: message() },
        });
    }
    match error.kind() {
        ErrorKind::Rejected | ErrorKind::Security => {
            let status = error.status();
            Some(Outcome::Refused {
                code: status.bits(),
                symbol: status.sub_code().to_string(),
                reason: cleaned(error.message(), MAX_MESSAGE),
            })
        }
        _ => None,
    }
}

fn io_cause(error: &Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(one) = cause {
        if let Some(found) = one.downcast_ref::<io::Error>() {
            return Some(found);
        }
        cause = one.source();
    }
    None
}
