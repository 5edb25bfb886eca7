//! A /16 on one port, at a thousand probes in a second.
//!
//! With `IIOT_FULL_SWEEP=1` it is the whole, else a quarter.

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::testing::{free_port, within};
use iiot_discovery::local::scan::{ScanEvent, ScanParts, ScanSettings, Tally, scan};
use iiot_discovery::plan::ScanPlan;
use iiot_discovery::range::{Targets, Written};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::gauge::{Gauge, Timed, Usage, connections_to};
use crate::{network, on_host};

const RATE: u32 = 1000;
const TIMEOUT: Duration = Duration::from_secs(1);
/// Who measures time has the machine for himself.
static TURN: Mutex<()> = Mutex::new(());

fn is_full() -> bool {
    std::env::var_os("IIOT_FULL_SWEEP").is_some()
}

fn prefix() -> u8 {
    if is_full() { 16 } else { 18 }
}

fn plan(addresses: &str, port: u16) -> ScanPlan {
    ScanPlan {
        addresses: vec![addresses.into()],
        ports: vec![port.to_string()],
        rate: RATE,
        concurrency: 1200,
        probe_timeout_ms: 1000,
        ..ScanPlan::default()
    }
}

/// What a scan was.
struct Swept {
    tally: Tally,
    took: Duration,
    most: Usage,
    left: Usage,
    in_a_window: usize,
    /// Microseconds, as half of the starts and as nearly all.
    lost: (u128, u128),
}

async fn sweep(plan: &ScanPlan, stop: &CancellationToken) -> Swept {
    let targets = Targets::of(&Written::of(plan).unwrap());
    let (settings, prober) = (ScanSettings::of(plan).unwrap(), Arc::new(Timed::default()));
    let parts = ScanParts { prober: Arc::clone(&prober) as _, ..ScanParts::new(1) };
    let (gauge, start) = (Gauge::start(), Instant::now());
    let tally = scan(&targets, &settings, &parts, stop, |_: ScanEvent| ()).await;
    let took = start.elapsed();
    let (most, left) = gauge.stop();
    Swept { tally, took, most, left, in_a_window: prober.most_in_a_window(), lost: prober.lost() }
}

/// Checks a sweep of the network that begins so, and prints its figures.
fn judge(name: &str, swept: &Swept, network: [u8; 2]) {
    let Swept { tally, took, most, left, in_a_window, lost } = swept;
    println!(
        "{name}: {} probes in {:.3} s, at most {} sockets, {in_a_window} starts in 100 ms, {} KiB more, {} sockets left, \
         {} and {} us lost in 100 ms",
        tally.probed(),
        took.as_secs_f64(),
        most.sockets,
        most.kibibytes,
        left.sockets,
        lost.0,
        lost.1,
    );
    assert!(tally.is_complete(), "{tally:?}");
    assert!(*in_a_window <= 100, "{in_a_window}");
    assert!(most.sockets <= 1200 && left.sockets == 0, "{most:?}, {left:?}");
    assert!(most.kibibytes < 32 << 10, "{most:?}");
    assert_eq!(connections_to(network), 0);
    // 65,536 probes take 65.6 s and one time-out. A quarter among other tests is granted more: what a
    // busy machine is late in one window cannot be made up for in the next.
    let probes = u32::try_from(tally.planned).unwrap();
    let granted = if is_full() { Duration::ZERO } else { Duration::from_secs(5) };
    let bound = Duration::from_millis(65_600) * probes / 65_536 + TIMEOUT + granted;
    assert!(*took <= bound, "{took:?} is more than {bound:?}");
}

#[test]
fn a_network_that_refuses_everything_is_swept_at_the_rate() {
    let _turn = TURN.lock();
    let plan = plan(&format!("127.1.0.0/{}", prefix()), free_port());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let swept = runtime.block_on(sweep(&plan, &CancellationToken::new()));
    judge("refused", &swept, [127, 1]);
    assert_eq!(swept.tally.closed, swept.tally.planned, "{:?}", swept.tally);
}

#[test]
fn a_network_that_drops_everything_is_swept_at_the_rate() {
    let _turn = TURN.lock();
    let Some(network) = dropping() else { return };
    print!("{}", on_host(&network, "edge", "sweep::here_everything_is_dropped", &[]));
}

#[test]
fn a_sweep_stops_within_a_second_and_leaves_no_socket() {
    let _turn = TURN.lock();
    let Some(network) = dropping() else { return };
    print!("{}", on_host(&network, "edge", "sweep::here_it_is_stopped", &[]));
}

#[test]
fn a_sweep_keeps_within_the_descriptor_limit() {
    let _turn = TURN.lock();
    let Some(network) = dropping() else { return };
    let exe = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg("ulimit -n 256 && exec \"$0\" \"$@\"").arg(exe);
    command.args(["--exact", "sweep::here_descriptors_are_few", "--ignored", "--nocapture"]);
    let output = network.on("edge", &command).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    print!("{said}");
}

/// A host `edge` whose packets to 10.78.0.0/16 go to a host that forwards nothing.
fn dropping() -> Option<iiot_core::testing::Network> {
    let mut network = network()?;
    network.host("edge", &["10.77.0.1/24"]).unwrap();
    network.host("hole", &["10.77.0.2/24"]).unwrap();
    let mut route = network.command("edge", "ip");
    assert!(route.args(["route", "add", "10.78.0.0/16", "via", "10.77.0.2"]).status().unwrap().success());
    Some(network)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs on a host that another test makes"]
async fn here_everything_is_dropped() {
    let plan = plan(&format!("10.78.0.0/{}", prefix()), 4840);
    let swept = sweep(&plan, &CancellationToken::new()).await;
    judge("dropped", &swept, [10, 78]);
    assert_eq!(swept.tally.filtered, swept.tally.planned, "{:?}", swept.tally);
    assert!(swept.most.sockets > 900, "a thousand wait at a time: {:?}", swept.most);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs on a host that another test makes"]
async fn here_it_is_stopped() {
    let stop = CancellationToken::new();
    let (plan, token) = (plan("10.78.0.0/16", 4840), stop.clone());
    let work = tokio::spawn(async move { sweep(&plan, &token).await });
    iiot_core::testing::wait_until("many wait", Duration::from_secs(20), || Usage::now().sockets > 800).await;
    stop.cancel();
    let start = Instant::now();
    let swept = within("it stops", Duration::from_secs(1), work).await.unwrap();
    println!("stopped: within {:?} of the call, {} sockets left", start.elapsed(), swept.left.sockets);
    assert!(!swept.tally.is_complete());
    assert_eq!((swept.left.sockets, connections_to([10, 78])), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs on a host that another test makes"]
async fn here_descriptors_are_few() {
    let work = tokio::spawn(async { sweep(&plan("10.78.0.0/22", 4840), &CancellationToken::new()).await });
    iiot_core::testing::wait_until("some wait", Duration::from_secs(20), || Usage::now().sockets > 50).await;
    // Something else takes all that is left, for a moment.
    let hog: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    println!("few descriptors: {} were taken by others", hog.len());
    drop(hog);
    let swept = within("it ends", Duration::from_secs(60), work).await.unwrap();
    println!("few descriptors: at most {} sockets, {:?}", swept.most.sockets, swept.tally);
    assert!(swept.most.sockets < 256 && swept.left.sockets == 0);
    assert_eq!(swept.tally.filtered, 1024, "those without room were tried again: {:?}", swept.tally);
}
