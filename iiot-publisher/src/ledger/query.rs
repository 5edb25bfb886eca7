//! What is missing between two times, and why.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DeclaredLoss, Ledger};

/// Asks what is missing between two source times, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MissingRequest {
    /// From then on.
    pub from: UtcTime,
    /// Until then.
    pub until: UtcTime,
    /// Of this writer group alone.
    #[serde(default)]
    pub writer_group: Option<String>,
    /// Of this writer alone.
    #[serde(default)]
    pub writer: Option<String>,
    /// Of this field alone.
    #[serde(default)]
    pub field: Option<String>,
    /// Intervals in the answer at most; 1000 where absent, 10,000 at most.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// What is missing, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingResponse {
    /// The intervals that reach into the time, in the order in which they were declared.
    pub intervals: Vec<DeclaredLoss>,
    /// Intervals that are not shown because of the limit.
    pub not_shown: u64,
    /// Values counted in all of these intervals, those beyond the time included.
    pub values: u64,
    /// Intervals of which nobody knows how many values are missing.
    pub uncounted: u64,
    /// Fields of which values can be missing without anybody knowing.
    pub unobservable: Vec<UnobservableField>,
}

/// A field whose server keeps only the newest value although it samples faster than it publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnobservableField {
    /// Endpoint URL of the server.
    pub server: String,
    /// Name of the writer.
    pub writer: String,
    /// Name of the field.
    pub field: String,
}

impl Ledger {
    /// What was declared missing between two times: from the files where there are some, else of the
    /// newest losses. Reads up to 128 MiB, so it is no work for an async task.
    ///
    /// # Errors
    /// `InvalidArgument` if the times are the wrong way round, `Io` if a file cannot be read.
    pub fn missing(&self, request: &MissingRequest) -> Result<MissingResponse> {
        if request.from > request.until {
            let message = "`from` is later than `until`; exchange them";
            return Err(Error::new(ErrorKind::InvalidArgument, "ask what is missing", message));
        }
        let mut response = MissingResponse::default();
        let Some(path) = &self.path else {
            self.losses().into_iter().for_each(|loss| request.admit(loss, &mut response));
            return Ok(response);
        };
        for name in [super::OLDER, super::NEWER] {
            let path = path.with_file_name(name);
            let read = read(&path, |loss| request.admit(loss, &mut response));
            read.map_err(|cause| {
                let message = "the declared losses cannot be read";
                Error::new(ErrorKind::Io, "ask what is missing", message).with("file", path.display()).because(cause)
            })?;
        }
        Ok(response)
    }
}

impl MissingRequest {
    fn admit(&self, loss: DeclaredLoss, response: &mut MissingResponse) {
        if !self.concerns(&loss) {
            return;
        }
        response.values += loss.values.unwrap_or_default();
        response.uncounted += u64::from(loss.values.is_none());
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
        if response.intervals.len() < limit as usize {
            response.intervals.push(loss);
        } else {
            response.not_shown += 1;
        }
    }

    /// Whether the request is about this field; its group is not looked at.
    #[cfg(feature = "service")]
    pub(crate) fn names(&self, field: &UnobservableField) -> bool {
        self.writer.as_ref().is_none_or(|writer| *writer == field.writer)
            && self.field.as_ref().is_none_or(|name| *name == field.field)
    }

    /// An absent name in a loss stands for all.
    fn concerns(&self, loss: &DeclaredLoss) -> bool {
        let same =
            |asked: &Option<String>, of: Option<&String>| asked.is_none() || of.is_none() || asked.as_ref() == of;
        let names = same(&self.writer_group, Some(&loss.writer_group))
            && same(&self.writer, loss.writer.as_ref())
            && same(&self.field, loss.field.as_ref());
        let begins = loss.after.is_none_or(|after| after < self.until);
        let ends = loss.before.is_none_or(|before| before > self.from);
        names && begins && ends
    }
}

/// A file that is not there holds nothing; a line that was torn by a crash neither.
fn read(path: &std::path::Path, mut take: impl FnMut(DeclaredLoss)) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for line in BufReader::new(file).split(b'\n') {
        if let Ok(loss) = serde_json::from_slice(&line?) {
            take(loss);
        }
    }
    Ok(())
}

const DEFAULT_LIMIT: u32 = 1000;
const MAX_LIMIT: u32 = 10_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;
    use crate::ledger::LossCause;

    fn at(seconds: u64) -> UtcTime {
        UtcTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn loss(field: Option<&str>, after: Option<u64>, before: Option<u64>, values: Option<u64>) -> DeclaredLoss {
        DeclaredLoss {
            declared: at(99),
            server: None,
            writer_group: "G".into(),
            writer: field.map(|_| "W".into()),
            field: field.map(Into::into),
            node: None,
            after: after.map(at),
            before: before.map(at),
            values,
            cause: LossCause::LogFull,
            detail: None,
        }
    }

    fn request(from: u64, until: u64) -> MissingRequest {
        MissingRequest { from: at(from), until: at(until), writer_group: None, writer: None, field: None, limit: None }
    }

    fn check(ledger: &Ledger) {
        ledger.declare(loss(Some("A"), Some(10), Some(20), Some(3)));
        ledger.declare(loss(Some("B"), Some(15), Some(30), None));
        ledger.declare(loss(None, None, Some(12), Some(4)));
        let found = |request: &MissingRequest| {
            let response = ledger.missing(request).unwrap();
            (response.intervals.len(), response.values, response.uncounted)
        };
        assert_eq!(found(&request(10, 20)), (3, 7, 1));
        assert_eq!(found(&request(20, 25)), (1, 0, 1), "the ends are not missing");
        assert_eq!(found(&request(0, 10)), (1, 4, 0));
        assert_eq!(found(&MissingRequest { field: Some("A".into()), ..request(0, 99) }), (2, 7, 0));
        assert_eq!(found(&MissingRequest { writer_group: Some("H".into()), ..request(0, 99) }), (0, 0, 0));
        let limited = ledger.missing(&MissingRequest { limit: Some(1), ..request(0, 99) }).unwrap();
        assert_eq!((limited.intervals.len(), limited.not_shown, limited.values), (1, 2, 7));
        assert_eq!(ledger.missing(&request(2, 1)).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn a_time_and_names_select_intervals() {
        check(&Ledger::in_memory());
    }

    #[test]
    fn what_an_earlier_process_declared_is_found_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        check(&Ledger::open(folder.path()).unwrap());
        let path = folder.path().join("losses.jsonl");
        let mut text = std::fs::read(&path).unwrap();
        text.truncate(text.len() - 5);
        std::fs::write(&path, text).unwrap();
        let ledger = Ledger::open(folder.path()).unwrap();
        assert_eq!(ledger.missing(&request(0, 99)).unwrap().intervals.len(), 2);
        ledger.declare(loss(Some("C"), Some(1), Some(2), None));
        assert_eq!(ledger.missing(&request(0, 99)).unwrap().intervals.len(), 3);
    }
}
