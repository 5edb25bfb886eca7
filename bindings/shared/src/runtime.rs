//! The threads of a process.

use std::sync::OnceLock;

use iiot::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, Runtime};

/// What calls run on; its thread comes with the first call. A single one, so that a call wakes no other, and an answer neither.
///
/// # Errors
/// `Unsupported` in a process that was forked from one in which it runs: its threads are not there.
pub fn runtime() -> Result<&'static Runtime> {
    static CALLS: OnceLock<Owned> = OnceLock::new();
    of(&CALLS, "iiot", 1)
}

/// What an edge, a publisher and searches run on, which have more to do than to wait for the network.
///
/// # Errors
/// Those of [`runtime`].
pub fn runtime_of_processes() -> Result<&'static Runtime> {
    static PROCESSES: OnceLock<Owned> = OnceLock::new();
    of(&PROCESSES, "iiot process", 2)
}

/// A runtime, and the process whose threads it has.
type Owned = (u32, std::io::Result<Runtime>);

fn of(runtime: &'static OnceLock<Owned>, name: &str, threads: usize) -> Result<&'static Runtime> {
    let made = || Builder::new_multi_thread().worker_threads(threads).thread_name(name).enable_all().build();
    let (owner, runtime) = runtime.get_or_init(|| (std::process::id(), made()));
    if *owner != std::process::id() {
        let message = "this process was forked after iiot was used; start it anew instead (spawn), or use iiot only after the fork";
        return Err(Error::new(ErrorKind::Unsupported, "use iiot", message));
    }
    runtime.as_ref().map_err(|cause| Error::new(ErrorKind::Io, "start threads", cause.to_string()))
}
