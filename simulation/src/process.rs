//! What every example process does the same way.

use std::path::Path;
use std::process::ExitCode;

use iiot::core::{Error, ErrorKind, Result};
use serde_json::Value;

/// Returns on SIGTERM or Ctrl-C.
pub async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// 0, or 1 after one sentence on standard error.
#[must_use]
pub fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::FAILURE
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
