//! What every example process does the same way.

use std::path::Path;
use std::process::ExitCode;

use iiot::core::{Error, ErrorKind, Result};
use serde_json::Value;

/// 0, or after one sentence on standard error the code of the error.
#[must_use]
pub fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::from(iiot::app::exit_code(&error))
        }
    }
}

/// Writes a JSON file that a person can read.
///
/// # Errors
/// If the file cannot be written.
pub fn write_json(file: &Path, value: &Value) -> Result<()> {
    std::fs::write(file, format!("{value:#}\n")).map_err(|cause| {
        Error::new(ErrorKind::Io, "write a file", "it cannot be written").with("file", file.display()).because(cause)
    })
}
