//! Tries the addresses and ports of a plan, at its pace.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::operation::POINTER;
use iiot_core::time::UtcTime;
use iiot_core::ua::client::Greeting;
use iiot_core::{Error, ErrorKind, Result};
use tokio_util::sync::CancellationToken;

use super::prober::{HelloProber, Prober};
use super::shared_pace::SharedPace;
pub use super::tally::Tally;
use crate::outcome::Outcome;
use crate::pace::Next;
use crate::plan::ScanPlan;
use crate::quiet::Quiet;
use crate::range::Targets;

/// How quickly a scan goes, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanSettings {
    /// Probes that start in a second, at most.
    pub rate: u32,
    /// Open sockets, at most; fewer where the descriptor limit leaves fewer.
    pub concurrency: u32,
    /// How long a connection and its first answer may take.
    pub probe_timeout: Duration,
    /// When nothing is contacted.
    pub quiet: Quiet,
}

/// What a scan is made of.
#[derive(Debug, Clone)]
pub struct ScanParts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The network.
    pub prober: Arc<dyn Prober>,
    /// Decides the order of addresses and ports.
    pub seed: u64,
    /// What is shared with others who connect because of the same plan; the scan keeps to the settings by itself where
    /// there is none.
    pub pace: Option<Arc<SharedPace>>,
}

/// What a scan tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanEvent {
    /// A connection was taken: [`Outcome::is_opc_ua`] tells servers from others.
    Answer {
        /// Where.
        address: SocketAddr,
        /// What it is.
        outcome: Outcome,
    },
    /// How far it is: every second.
    Progress(Tally),
    /// It waits for the end of quiet hours.
    Quiet {
        /// When they end.
        until: UtcTime,
    },
}

/// A probe that the machine had no room for is tried once more after this time.
const RETRY: Duration = Duration::from_millis(500);
/// How often it is told how far it is.
const REPORT: Duration = Duration::from_secs(1);
/// Probes that start in a row until others have their turn.
const IN_A_ROW: u32 = 16;
/// From this rate on the timers of the runtime, which are good to two milliseconds, would cost some of it.
const PRECISE_FROM: u32 = 500;

impl ScanSettings {
    /// Those of a plan.
    ///
    /// # Errors
    /// `InvalidArgument` where a number is out of its range, with its place as [`POINTER`].
    pub fn of(plan: &ScanPlan) -> Result<Self> {
        within("rate", plan.rate, 1, 100_000)?;
        within("concurrency", plan.concurrency, 1, 10_000)?;
        within("probeTimeoutMs", plan.probe_timeout_ms, 50, 60_000)?;
        Ok(Self {
            rate: plan.rate,
            concurrency: plan.concurrency,
            probe_timeout: Duration::from_millis(plan.probe_timeout_ms.into()),
            quiet: Quiet::of(&plan.quiet_hours)?,
        })
    }
}

fn within(member: &'static str, number: u32, least: u32, most: u32) -> Result<()> {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    let message = format!("it is {number}; it takes {least} to {most}");
    Err(Error::new(ErrorKind::InvalidArgument, "read the scan plan", message).with(POINTER, format!("#/plan/{member}")))
}

impl ScanParts {
    /// The clock and the network of this machine.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let clock = Arc::new(SystemClock);
        Self { clock: Arc::clone(&clock) as _, prober: Arc::new(HelloProber::new(clock)), seed, pace: None }
    }
}

/// Tries all targets, each once, and returns what they turned out to be.
///
/// Each probe holds one socket, which is closed when it ends. `stop` ends all of them at once; the tally is then what was
/// found until there. Memory depends on the concurrency, not on the number of targets. `tell` must not block.
///
/// ```no_run
/// use iiot_discovery::local::scan::{ScanEvent, ScanParts, ScanSettings, scan};
/// use iiot_discovery::plan::ScanPlan;
/// use iiot_discovery::range::{Targets, Written};
///
/// # async fn search() -> iiot_core::Result<()> {
/// let plan = ScanPlan { addresses: vec!["10.0.0.0/24".into()], ..ScanPlan::default() };
/// let targets = Targets::of(&Written::of(&plan)?);
/// let tally = scan(&targets, &ScanSettings::of(&plan)?, &ScanParts::new(1), &Default::default(), |event| {
///     if let ScanEvent::Answer { address, outcome } = event {
///         println!("{address}: {outcome:?}");
///     }
/// })
/// .await;
/// println!("{} of {} speak OPC UA", tally.answered(), tally.planned);
/// # Ok(()) }
/// ```
pub async fn scan(
    targets: &Targets,
    settings: &ScanSettings,
    parts: &ScanParts,
    stop: &CancellationToken,
    tell: impl FnMut(ScanEvent) + Send,
) -> Tally {
    let mut scan = Scan::new(targets, settings, parts, tell);
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = scan.run() => {}
    }
    scan.tally
}

struct Scan<'a, I, F> {
    settings: &'a ScanSettings,
    parts: &'a ScanParts,
    tell: F,
    targets: I,
    pace: Arc<SharedPace>,
    /// The next one, made ready while it waits for its time.
    ready: Option<(Target, Probe<'a>)>,
    running: FuturesUnordered<Probe<'a>>,
    /// What the machine had no room for, in the order in which it is due.
    again: VecDeque<(Instant, Target)>,
    tally: Tally,
    report: Instant,
    is_quiet: bool,
}

type Probe<'a> = BoxFuture<'a, Ended>;

/// A probe that has ended.
struct Ended {
    target: Target,
    greeting: Greeting,
}

#[derive(Clone, Copy)]
struct Target {
    address: SocketAddr,
    is_second_try: bool,
}

/// What is to be done.
enum Step<'a> {
    Start(Probe<'a>),
    Wait(Instant),
    WaitForRoom,
    WaitForEnd,
    Finished,
}

impl<'a> Scan<'a, (), ()> {
    fn new<F>(
        targets: &Targets,
        settings: &'a ScanSettings,
        parts: &'a ScanParts,
        tell: F,
    ) -> Scan<'a, impl Iterator<Item = SocketAddr> + Send + use<F>, F> {
        let now = parts.clock.now();
        Scan {
            settings,
            parts,
            tell,
            targets: targets.shuffled(parts.seed),
            pace: parts.pace.clone().unwrap_or_else(|| SharedPace::new(settings, Arc::clone(&parts.clock))),
            ready: None,
            running: FuturesUnordered::new(),
            again: VecDeque::new(),
            tally: Tally { planned: targets.count(), ..Tally::default() },
            report: now + REPORT,
            is_quiet: false,
        }
    }
}

impl<'a, I: Iterator<Item = SocketAddr>, F: FnMut(ScanEvent)> Scan<'a, I, F> {
    async fn run(&mut self) {
        let mut in_a_row = 0;
        loop {
            self.report();
            match self.step() {
                Step::Start(probe) => self.start(probe),
                Step::Wait(until) => self.wait(until).await,
                Step::WaitForRoom => self.wait_for_room().await,
                Step::WaitForEnd => self.wait_for_end().await,
                Step::Finished => return,
            }
            in_a_row += 1;
            if in_a_row >= IN_A_ROW {
                in_a_row = 0;
                self.take_ended().await;
                tokio::task::yield_now().await;
            }
        }
    }

    fn step(&mut self) -> Step<'a> {
        let now = self.parts.clock.now();
        if let Some(glance) = self.quiet() {
            self.put_back(now);
            return Step::Wait(glance);
        }
        match self.pace.next_of_scan(now) {
            Next::Full => {
                self.put_back(now);
                Step::WaitForRoom
            }
            Next::At(at) => self.wait_ready(now, at),
            Next::Now => self.next_probe(now).map_or_else(|instead| instead, |(_, probe)| Step::Start(probe)),
        }
    }

    /// Makes the next probe ready, and waits until it may start.
    fn wait_ready(&mut self, now: Instant, at: Instant) -> Step<'a> {
        match self.next_probe(now) {
            Ok(ready) => {
                self.ready = Some(ready);
                Step::Wait(at)
            }
            Err(instead) => instead,
        }
    }

    /// What is ready holds a socket, for which there is no room, or no time, any more.
    fn put_back(&mut self, now: Instant) {
        if let Some((target, _)) = self.ready.take() {
            self.again.push_front((now, target));
        }
    }

    /// The next probe, or what to do instead.
    fn next_probe(&mut self, now: Instant) -> Result<(Target, Probe<'a>), Step<'a>> {
        match self.ready.take() {
            Some(ready) => Ok(ready),
            None => self.next_target(now).map(|target| (target, self.probe(target))),
        }
    }

    /// What is due again, else nothing new: while the machine has no room, more probes would only wait too.
    fn next_target(&mut self, now: Instant) -> Result<Target, Step<'a>> {
        match self.again.front().copied() {
            Some((due, _)) if due > now => return Err(Step::Wait(due)),
            Some((_, target)) => {
                self.again.pop_front();
                return Ok(target);
            }
            None => {}
        }
        match self.targets.next() {
            Some(address) => Ok(Target { address, is_second_try: false }),
            None if self.running.is_empty() => Err(Step::Finished),
            None => Err(Step::WaitForEnd),
        }
    }

    fn probe(&self, target: Target) -> Probe<'a> {
        let probe = self.parts.prober.probe(target.address, self.settings.probe_timeout);
        Box::pin(probe.map(move |greeting| Ended { target, greeting }))
    }

    /// Until when to wait where it is quiet.
    fn quiet(&mut self) -> Option<Instant> {
        let quiet = self.pace.quiet();
        if let Some((until, _)) = quiet.filter(|_| !self.is_quiet) {
            (self.tell)(ScanEvent::Quiet { until });
        }
        self.is_quiet = quiet.is_some();
        quiet.map(|(_, glance)| glance)
    }

    /// Begins a probe; its connection is under way when this returns.
    fn start(&mut self, mut probe: Probe<'a>) {
        let progress = probe.poll_unpin(&mut Context::from_waker(Waker::noop()));
        // Counted from when it has surely started: if we are held up before, the next ones wait too.
        self.pace.started(self.parts.clock.now());
        match progress {
            Poll::Ready(ended) => self.end(ended),
            Poll::Pending => self.running.push(probe),
        }
    }

    fn end(&mut self, Ended { target, greeting }: Ended) {
        self.pace.ended();
        if matches!(greeting, Greeting::NotTried { passing: true, .. }) && !target.is_second_try {
            let at_a_time = self.pace.crowded();
            tracing::debug!(?greeting, at_a_time, "no room for a probe");
            let target = Target { is_second_try: true, ..target };
            return self.again.push_back((self.parts.clock.now() + RETRY, target));
        }
        let outcome = Outcome::from(greeting);
        self.tally.count(&outcome);
        if matches!(
            outcome,
            Outcome::Closed | Outcome::Filtered | Outcome::Unreachable { .. } | Outcome::NotTried { .. }
        ) {
            return;
        }
        (self.tell)(ScanEvent::Answer { address: target.address, outcome });
    }

    fn report(&mut self) {
        let now = self.parts.clock.now();
        if now >= self.report {
            self.report = now + REPORT;
            (self.tell)(ScanEvent::Progress(self.tally));
        }
    }

    /// Waits, and takes what ends meanwhile; no longer than until the next report.
    async fn wait(&mut self, until: Instant) {
        let precise = self.settings.rate >= PRECISE_FROM;
        let mut sleep = pin!(sleep(&self.parts.clock, until.min(self.report), precise));
        loop {
            tokio::select! {
                biased;
                () = &mut sleep => return,
                Some(ended) = self.running.next() => self.end(ended),
            }
        }
    }

    /// Waits until there is room for another probe, made by this scan or by others.
    async fn wait_for_room(&mut self) {
        tokio::select! {
            biased;
            Some(ended) = self.running.next() => self.end(ended),
            () = self.pace.no_longer_full() => {}
            () = self.parts.clock.sleep_until(self.report) => {}
        }
    }

    async fn wait_for_end(&mut self) {
        tokio::select! {
            biased;
            Some(ended) = self.running.next() => self.end(ended),
            () = self.parts.clock.sleep_until(self.report) => {}
        }
    }

    /// Takes what has ended already.
    async fn take_ended(&mut self) {
        while let Poll::Ready(Some(ended)) = futures::poll!(self.running.next()) {
            self.end(ended);
        }
    }
}

/// Sleeps until a time, to a few microseconds where that is asked for: what is late in one window cannot be made up for in
/// the next. The timers of the runtime are good to two milliseconds, those of a thread to a tenth of one on a machine with
/// little to do.
async fn sleep(clock: &Arc<dyn Clock>, until: Instant, precise: bool) {
    const OF_RUNTIME: Duration = Duration::from_millis(3);
    const OF_THREAD: Duration = Duration::from_micros(500);
    const LAST: Duration = Duration::from_micros(100);
    if !precise {
        return clock.sleep_until(until).await;
    }
    let left = || until.saturating_duration_since(clock.now());
    if left() > OF_RUNTIME {
        clock.sleep_until(until - OF_RUNTIME).await;
    }
    let nap = left().saturating_sub(OF_THREAD);
    if !nap.is_zero() {
        // It cannot panic, and if the runtime ends nobody waits.
        let _ = tokio::task::spawn_blocking(move || std::thread::sleep(nap)).await;
    }
    loop {
        // The scheduler takes longer for each turn than is left now.
        let turn = Instant::now();
        while left() < LAST && turn.elapsed() < LAST {
            if left().is_zero() {
                return;
            }
            std::hint::spin_loop();
        }
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
