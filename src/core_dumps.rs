//! A process that holds keys leaves no copy of its memory on the disk.

use iiot_core::Result;

/// Switches off core dumps of this process, for good: whatever ends it, no file gets what was in its memory. Call it first of all,
/// before a key, a passphrase or a PIN is read.
///
/// Its limit for core files is 0, which no process of its user can raise again. On Linux it is marked as not to be dumped too,
/// since a core that goes to a program (`/proc/sys/kernel/core_pattern`) has no limit; from then on only root can look into its
/// memory or attach a debugger. What a machine swaps out, or writes when it hibernates, is not its business: encrypt that disk.
///
/// Where there are no core files, on Windows, it does nothing.
///
/// # Errors
/// `Forbidden` if the operating system refuses it.
pub fn forbid_core_dumps() -> Result<()> {
    #[cfg(unix)]
    unix::forbid()?;
    Ok(())
}

#[cfg(unix)]
mod unix {
    use iiot_core::{Error, ErrorKind, Result};
    use rustix::process::{Resource, Rlimit, setrlimit};

    pub(super) fn forbid() -> Result<()> {
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        setrlimit(Resource::Core, none).and_then(|()| not_dumpable()).map_err(refused)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn not_dumpable() -> rustix::io::Result<()> {
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn not_dumpable() -> rustix::io::Result<()> {
        Ok(())
    }

    fn refused(cause: rustix::io::Errno) -> Error {
        let message = "the operating system does not let us, and keys would be in the core file of a crash";
        Error::new(ErrorKind::Forbidden, "switch off core dumps", message).because(cause)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit};

    use super::*;

    /// What it does to the process of the tests does them no harm.
    #[test]
    fn neither_limit_nor_program_gets_a_core() {
        forbid_core_dumps().expect("whoever may do less may always do so");
        assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        forbid_core_dumps().expect("twice is as good as once");
    }
}
