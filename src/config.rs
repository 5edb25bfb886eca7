//! Reads what a process is configured with.

use std::path::Path;

use iiot_core::{Error, ErrorKind, Result};
use iiot_publisher::config::{Loaded, load_as};
use iiot_publisher::plan::Plan;
use iiot_publisher::profile::Dialect;

/// Reads a file of published nodes and logs what its author should know of it.
///
/// # Errors
/// `NotFound` or `Io` if it cannot be read, `InvalidArgument` if it is broken or nothing in it can
/// be published.
pub fn published_nodes(file: &Path, dialect: Dialect) -> Result<Plan> {
    let at_file = |error: Error| error.with("file", file.display());
    let text = std::fs::read_to_string(file).map_err(|cause| at_file(unreadable(cause)))?;
    let Loaded { plan, findings } = load_as(&text, dialect).map_err(at_file)?;
    for finding in &findings {
        tracing::warn!("{} {finding}", file.display());
    }
    if plan.writer_groups.is_empty() {
        let message = "nothing in it can be published; add an entry with EndpointUrl and OpcNodes";
        return Err(at_file(Error::new(ErrorKind::InvalidArgument, READ, message)));
    }
    Ok(plan)
}

fn unreadable(cause: std::io::Error) -> Error {
    match cause.kind() {
        std::io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, READ, "there is no such file; check the path"),
        std::io::ErrorKind::InvalidData => Error::new(ErrorKind::InvalidArgument, READ, "it is not UTF-8 text"),
        _ => Error::new(ErrorKind::Io, READ, "it cannot be read; check its permissions").because(cause),
    }
}

const READ: &str = "read published nodes";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nodes.json");
        let error = published_nodes(&file, Dialect::Strict).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "there is no such file; check the path"));
        for (content, message) in [(&b"[{"[..], "line 1"), (b"\xff", "UTF-8"), (b"[]", "nothing in it")] {
            std::fs::write(&file, content).unwrap();
            let error = published_nodes(&file, Dialect::Strict).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.report().contains(message) && error.report().contains("nodes.json"), "{}", error.report());
        }
    }
}
