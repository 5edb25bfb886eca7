//! The one runtime of the process.

use std::sync::OnceLock;

use iiot::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, Runtime};

/// The runtime that everything of a binding runs on; its threads come with the first call.
///
/// # Errors
/// `Unsupported` in a process that was forked from one in which it runs: its threads are not there.
pub fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<(u32, std::io::Result<Runtime>)> = OnceLock::new();
    let made = || Builder::new_multi_thread().worker_threads(WORKERS).thread_name("iiot").enable_all().build();
    let (owner, runtime) = RUNTIME.get_or_init(|| (std::process::id(), made()));
    if *owner != std::process::id() {
        let message = "this process was forked after iiot was used; start it anew instead (spawn), or use iiot only after the fork";
        return Err(Error::new(ErrorKind::Unsupported, "use iiot", message));
    }
    runtime.as_ref().map_err(|cause| Error::new(ErrorKind::Io, "start threads", cause.to_string()))
}

/// What is done there waits for the network most of the time.
const WORKERS: usize = 2;
