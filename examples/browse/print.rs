//! Answers as lines for people.

use std::io::{Write, stdout};

use iiot::core::{Error, ErrorKind, Result};
use iiot::twin::Status;
use iiot::twin::alarm::Alarm;
use iiot::twin::read::DataValue;
use serde_json::Value;

/// Prints a line; fails if nobody reads any more.
pub(crate) fn line(text: impl AsRef<str>) -> Result<()> {
    let written = writeln!(stdout().lock(), "{}", text.as_ref());
    written.map_err(|cause| Error::new(ErrorKind::Io, "print", "nobody reads standard output").because(cause))
}

/// An answer as it is.
pub(crate) fn json(answer: serde_json::Result<Value>) -> Result<()> {
    let unfit = |cause| Error::new(ErrorKind::Internal, "print", "the answer does not fit into JSON").because(cause);
    line(answer.map_err(unfit)?.to_string())
}

/// A value, with its status unless that is plain good.
pub(crate) fn data_value(read: &DataValue) -> String {
    match (read.status.is_bad(), read.status.symbol.as_str()) {
        (true, _) => status(&read.status),
        (false, "Good") => read.value.to_string(),
        (false, symbol) => format!("{}  {symbol}", read.value),
    }
}

/// The same with the time when it came about.
pub(crate) fn with_time(read: &DataValue) -> String {
    let time = read.source_timestamp.or(read.server_timestamp).map(|time| time.to_string());
    format!("{}  {}", time.as_deref().unwrap_or("-"), data_value(read))
}

pub(crate) fn status(status: &Status) -> String {
    match &status.reason {
        Some(reason) => format!("{}: {reason}", status.symbol),
        None => status.symbol.clone(),
    }
}

/// An alarm: how urgent, how it stands, what, and what it says.
pub(crate) fn alarm(alarm: &Alarm) -> String {
    let severity = alarm.severity.map_or_else(|| "-".to_owned(), |severity| severity.to_string());
    let branch = alarm.name.branch.as_ref().map_or_else(String::new, |branch| format!(" branch {branch}"));
    let message = alarm.message.as_deref().unwrap_or_default();
    let comment = alarm.comment.as_deref().filter(|comment| !comment.is_empty());
    let comment = comment.map_or_else(String::new, |comment| format!("  \"{comment}\""));
    format!("{severity:>4}  {}  {}{branch}  {message}{comment}", states(alarm), alarm.name.condition)
}

fn states(alarm: &Alarm) -> String {
    let say = |state: Option<bool>, [yes, no]: [&'static str; 2]| state.map(|state| if state { yes } else { no });
    let all = [
        say(alarm.active, ["active", "inactive"]),
        say(alarm.acknowledged, ["acknowledged", "unacknowledged"]),
        say(alarm.confirmed, ["confirmed", "unconfirmed"]),
        say(Some(alarm.retain), ["retained", "ended"]),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The error of a command of whose items one did not go well: behind all of them, so that each is seen.
pub(crate) fn judge<'a>(operation: &'static str, statuses: impl IntoIterator<Item = &'a Status>) -> Result<()> {
    let bad = statuses.into_iter().find(|status| status.is_bad());
    bad.map_or(Ok(()), |bad| {
        Err(Error::new(ErrorKind::Rejected, operation, "not all of it went well").with("status", status(bad)))
    })
}
