//! One client against one case.

use std::fmt;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use iiot_core::ua::StatusCode;
use tokio::time::timeout;

use crate::attack::Attack;
use crate::cases::{Case, Expect};
use crate::server::Rogue;

/// A client under attack.
#[async_trait]
pub trait Victim: Send + Sync {
    /// Lets a client do the task of a case with the server at `rogue`, and afterwards, in the same
    /// process, read one value from the server at `honest`. Fails, in words, if the client is not alive
    /// any more. The client bounds the time itself.
    async fn suffer(&self, case: &Case, rogue: &str, honest: &str) -> Result<Suffered, String>;
}

/// What a client told of its lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suffered {
    /// What came of the task.
    pub outcome: Result<(), StatusCode>,
    /// What came of the honest server.
    pub afterwards: Result<(), StatusCode>,
    /// Bytes that the client's process grew by at its height, if that can be told.
    pub growth: Option<usize>,
}

/// What came of a case.
#[derive(Debug)]
pub struct Trial {
    /// The case.
    pub name: &'static str,
    /// What the client told, while it could.
    pub suffered: Option<Suffered>,
    /// How long it took.
    pub took: Duration,
    /// What is wrong with the client, in sentences; empty if all is well.
    pub faults: Vec<String>,
}

/// Whatever a client does, it must have given up by then.
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_IF_SLOW: Duration = Duration::from_secs(900);

/// Plays one case against a client, then lets it read from an honest server.
///
/// # Panics
/// If there is no port to listen on.
pub async fn try_case(case: &Case, victim: &dyn Victim) -> Trial {
    let rogue = Rogue::for_case(case).await.expect("a port is free");
    let honest = Rogue::start(Attack::default()).await.expect("a port is free");
    let start = Instant::now();
    let patience = if case.slow { PATIENCE_IF_SLOW } else { PATIENCE };
    let told = timeout(patience, victim.suffer(case, &rogue.url(), &honest.url())).await;
    let told = told.unwrap_or_else(|_| Err(format!("it was still busy after {} s", patience.as_secs())));
    let faults = match &told {
        Ok(suffered) => faults_of(case, suffered),
        Err(fault) => vec![fault.clone()],
    };
    Trial { name: case.name, suffered: told.ok(), took: start.elapsed(), faults }
}

/// Makes the most memory that this process has had so far what it has now, and returns that, in bytes;
/// where the system can (Linux).
#[must_use]
pub fn reset_peak_memory() -> Option<usize> {
    // proc(5), clear_refs.
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    peak_memory()
}

/// The most memory that this process has had at once, in bytes; where the system tells (Linux).
#[must_use]
pub fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kibibytes| kibibytes * 1024)
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.faults.is_empty() { "stood".into() } else { self.faults.join("; ") };
        let said = match self.suffered.map(|suffered| suffered.outcome) {
            None => "nothing".into(),
            Some(Ok(())) => "Good".into(),
            Some(Err(status)) => format!("{status:?}"),
        };
        let growth = self.suffered.and_then(|suffered| suffered.growth).unwrap_or_default() / 1024;
        let milliseconds = self.took.as_millis();
        write!(f, "{:<62} {said:<26} {growth:>7} KiB {milliseconds:>6} ms  {verdict}", self.name)
    }
}

fn faults_of(case: &Case, suffered: &Suffered) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(wrong_outcome(&case.expect, suffered.outcome));
    if suffered.growth.is_some_and(|growth| growth > case.growth) {
        faults.push(format!("it may take {} KiB and took more", case.growth / 1024));
    }
    if let Err(status) = suffered.afterwards {
        faults.push(format!("the honest server was not reached afterwards: {status:?}"));
    }
    faults
}

fn wrong_outcome(expected: &Expect, outcome: Result<(), StatusCode>) -> Option<String> {
    match (expected, outcome) {
        (Expect::Works, Ok(())) => None,
        (Expect::Fails(allowed), Err(status)) if allowed.contains(&status) => None,
        (Expect::Works, Err(status)) => Some(format!("it failed with {status:?}")),
        (Expect::Fails(allowed), outcome) => Some(format!("{outcome:?} instead of one of {allowed:?}")),
    }
}
