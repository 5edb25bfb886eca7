//! Runs the fuzz targets with libFuzzer, on the stable toolchain and without further tools.

use std::path::PathBuf;
use std::time::Duration;

use crate::run::{Failure, cargo, program, root, target};

/// Those of `iiot_core::fuzz`, of `iiot_gds::fuzz` and of `iiot_publisher::fuzz`.
const TARGETS: [&str; 13] = [
    "frame",
    "chunks",
    "certificate",
    "crl",
    "csr",
    "publish",
    "response",
    "transcode",
    "json",
    "node_id",
    "remote_call",
    "pubsub_json",
    "pubsub_uadp",
];

const TIME: Duration = Duration::from_secs(30 * 60);

/// What tells libFuzzer which way an input took. Sanitizers need another toolchain and would find little:
/// there is no unsafe code here.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// `[TARGET] [SECONDS]`: one target or all, so long each. What it found lies in the folder `artifacts`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let time = seconds(arguments)?;
    let targets: Vec<&str> = match arguments.first().filter(|word| word.parse::<u64>().is_err()) {
        Some(name) => vec![known(name)?],
        None => TARGETS.to_vec(),
    };
    build()?;
    targets.into_iter().try_for_each(|target| attack(target, time))
}

fn build() -> Result<(), Failure> {
    if !program("c++").args(["--version"]).works() {
        return Err(Failure::new("please install a C++ compiler, which builds libFuzzer (Debian: g++)"));
    }
    // The flags hold for what is fuzzed, and with a target also for nothing else.
    cargo(["build", "--manifest-path", "fuzz/Cargo.toml", "--release", "--locked", "--target", &host()?])
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", folder())
        .run()
}

fn attack(name: &str, time: Duration) -> Result<(), Failure> {
    println!("\n=== {name} for {} s", time.as_secs());
    let places = ["corpus", "seeds", "artifacts"].map(|kind| folder().join(kind).join(name));
    for place in &places {
        std::fs::create_dir_all(place)
            .map_err(|error| Failure::new(format!("{} cannot be made: {error}", place.display())))?;
    }
    let [corpus, seeds, artifacts] = places.map(|place| place.display().to_string());
    program(folder().join(host()?).join("release").join(name))
        .args([corpus, seeds.clone()])
        .args(["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .args([format!("-max_total_time={}", time.as_secs()), format!("-artifact_prefix={artifacts}/")])
        .env("IIOT_FUZZ_SEEDS", seeds)
        .run()
}

fn seconds(arguments: &[String]) -> Result<Duration, Failure> {
    let number = arguments.iter().find_map(|word| word.parse().ok());
    match (number, arguments.len()) {
        (Some(seconds), _) => Ok(Duration::from_secs(seconds)),
        (None, 0 | 1) => Ok(TIME),
        (None, _) => Err(Failure::new("the second argument is a number of seconds")),
    }
}

fn known(name: &str) -> Result<&'static str, Failure> {
    let found = TARGETS.into_iter().find(|target| *target == name);
    found.ok_or_else(|| Failure::new(format!("there is no fuzz target `{name}`; there are {}", TARGETS.join(", "))))
}

/// Apart from everything else, which is built without those flags.
fn folder() -> PathBuf {
    std::path::absolute(target().join("fuzz")).unwrap_or_else(|_| root().join("target/fuzz"))
}

/// The triple of this machine.
fn host() -> Result<String, Failure> {
    let version = program("rustc").args(["--version", "--verbose"]).output()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(Into::into).ok_or_else(|| Failure::new("`rustc --version --verbose` names no host"))
}
