//! One server process, and each client in a process of its own.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use iiot_core::testing::{free_port, wait_until};

use crate::cpu::Used;
use crate::{ours, peer};

const NODES: usize = 4000;
const INTERVAL: Duration = Duration::from_millis(200);
const TIME: Duration = Duration::from_secs(10);
const ROUNDS: usize = 5;

/// Values that have come, as a client counts them.
pub type Count = std::sync::Arc<std::sync::atomic::AtomicU64>;

/// Prints one line for each security.
pub fn compare(plant: &str) {
    let folder = std::env::temp_dir().join(format!("iiot-ratios-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let (port, nodes) = (free_port(), folder.join("nodes.json"));
    let mut server = serve(plant, port, &folder, &nodes);
    for (security, wanted) in [("none", 8.0), ("encrypt", 5.0)] {
        // In turns, so that both meet the same neighbours on the machine.
        let run = |who| measure(who, port, security, &nodes);
        let (own, their): (Vec<_>, Vec<_>) = (0..ROUNDS).map(|_| (run("ours"), run("stock"))).unzip();
        let ratios = sorted(own.iter().zip(&their).map(|(own, their)| their / own).collect());
        let (least, most) = (ratios[0], ratios[ROUNDS - 1]);
        let (own, their, ratio) = (median(own), median(their), median(ratios));
        println!(
            "live {security:<8} ours {own:6.1} ns/value, stock client {their:6.1}: {ratio:5.1} times, {least:.1} to {most:.1} (wanted {wanted})"
        );
    }
    let _ = (server.kill(), server.wait(), std::fs::remove_dir_all(folder));
}

/// What a child does: it prints how many nanoseconds of CPU a value took.
pub fn client(who: &str, url: &str, security: &str, nodes: &str) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (count, secure) = (Count::default(), security == "encrypt");
    let ids: Vec<String> =
        std::fs::read_to_string(nodes).expect("the nodes are written").lines().map(Into::into).collect();
    runtime.block_on(async {
        let counting = Count::clone(&count);
        let _alive: Box<dyn std::any::Any> = match who {
            "ours" => Box::new(ours::subscribe(url, secure, &ids, counting).await),
            _ => Box::new(peer::subscribe(url, secure, &ids, counting).await),
        };
        let total = || count.load(std::sync::atomic::Ordering::Relaxed);
        let every = 2 * ids.len() as u64;
        wait_until("all values have come", Duration::from_secs(120), || total() >= every).await;
        let (values, before) = (total(), Used::now());
        tokio::time::sleep(TIME).await;
        let (values, used) = (total() - values, Used::now().since(&before));
        println!("RESULT {values} {}", used.as_nanos());
    });
    // Closing in order is not what is measured.
    std::process::exit(0);
}

fn measure(who: &str, port: u16, security: &str, nodes: &std::path::Path) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let url = format!("opc.tcp://127.0.0.1:{port}/");
    let mut command = Command::new(program);
    let output = command.args(["client", who, &url, security]).arg(nodes).stderr(Stdio::inherit()).output();
    let text = String::from_utf8_lossy(&output.expect("a client starts").stdout).into_owned();
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).unwrap_or_else(|| panic!("{who}: {text}"));
    let (values, nanoseconds) = result.split_once(' ').expect("two numbers");
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let per_value = number(nanoseconds) / number(values);
    println!("  {who:<6} {security:<8} {values:>9} values, {per_value:7.1} ns/value");
    per_value
}

fn median(values: Vec<f64>) -> f64 {
    sorted(values)[ROUNDS / 2]
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn serve(plant: &str, port: u16, folder: &std::path::Path, nodes: &std::path::Path) -> Child {
    let (published, interval) = (folder.join("published.json"), INTERVAL.as_millis().to_string());
    let child = Command::new(plant)
        .args(["--port", &port.to_string(), "--servers", "1", "--nodes", &NODES.to_string(), "--security", "all"])
        .args(["--interval-ms", &interval, "--data"])
        .arg(folder)
        .arg("--published-nodes")
        .arg(&published)
        .stdout(Stdio::null())
        .spawn()
        .expect("the plant starts");
    let ids = loop {
        let text = std::fs::read_to_string(&published).unwrap_or_default();
        let ids: Vec<&str> = text.split('"').filter(|word| word.starts_with("nsu=")).collect();
        if ids.len() >= NODES {
            break ids.join("\n");
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    std::fs::write(nodes, ids).expect("the temporary folder can be written");
    child
}
