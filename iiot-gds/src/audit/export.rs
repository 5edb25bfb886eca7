//! The record as a file, for whoever audits it.

use std::io::{BufRead, Read, Write};

use iiot_core::{Error, ErrorKind, Result};

use super::{Fault, Finding, Marks, Verified, Verifier};
use crate::store::Store;

/// Writes the entries behind a number, an [`AuditEntry`](crate::store::AuditEntry) as JSON in each line. Returns the number of
/// the last one.
///
/// # Errors
/// Those of the store, and `Io` if it cannot be written.
pub async fn export(store: &dyn Store, after: u64, mut to: impl Write + Send) -> Result<u64> {
    let mut last = after;
    loop {
        let page = store.audit(last, PAGE).await?;
        for entry in &page {
            let line =
                serde_json::to_string(entry).map_err(|cause| failed("an entry does not encode").because(cause))?;
            writeln!(to, "{line}").map_err(|cause| failed("it cannot be written").because(cause))?;
            last = entry.number;
        }
        if page.len() < PAGE {
            return to.flush().map(|()| last).map_err(|cause| failed("it cannot be written").because(cause));
        }
    }
}

/// Verifies what was exported, from the first entry on.
///
/// # Errors
/// `Io` if it cannot be read; the finding is the answer.
pub fn verify_export(
    mut from: impl BufRead,
    public_keys: Vec<Vec<u8>>,
    marks: Option<&Marks>,
) -> Result<Result<Verified, Finding>> {
    let (mut verifier, mut line) = (Verifier::new(public_keys), Vec::new());
    loop {
        line.clear();
        let read = from.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if read.map_err(|cause| failed("it cannot be read").because(cause))? == 0 {
            return Ok(verifier.finish(marks));
        }
        let unreadable = Finding { number: verifier.next(), fault: Fault::Unreadable };
        let judged = serde_json::from_slice(&line).map_err(|_| unreadable).and_then(|entry| verifier.entry(&entry));
        if let Err(finding) = judged {
            return Ok(Err(finding));
        }
    }
}

fn failed(message: &'static str) -> Error {
    Error::new(ErrorKind::Io, "export the audit record", message)
}

const PAGE: usize = 1_000;
/// Of a line: an entry that tells of 10,000 revocations takes about 3 MB.
const LONGEST: u64 = 64 << 20;
