//! The durable log: how fast it grows, and how soon it is open again.
//!
//! `cargo bench --bench log [-- MIB]`, 1,024 MiB unless said otherwise, in the folder of temporary files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::Result;
use iiot_publisher::log::{FileStorage, Log, LogOptions, Meta};

const RECORD: usize = 30_000;
const VALUES: u32 = 1_000;
/// Records that are forced to the disk together.
const GROUP: usize = 8;
/// Groups between two writes of the state; a publisher writes it every 250 ms.
const STORE: usize = 64;

fn main() -> Result<()> {
    let mib: u64 = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1024);
    let folder = tempfile::tempdir().expect("a folder for the bench");
    for (name, stored) in [("state written now and then, as it is", true), ("state never written", false)] {
        let path = folder.path().join(if stored { "stored" } else { "unstored" });
        let open = || {
            let storage = Arc::new(FileStorage::open(&path).expect("a folder can be made"));
            let options = LogOptions { max_bytes: u64::MAX, ..LogOptions::default() };
            Log::open(storage, options)
        };
        let (records, took) = grow(open()?, mib << 20, stored)?;
        let (values, gib) = (records as f64 * f64::from(VALUES), mib as f64 / 1024.0);
        println!(
            "{name}: {mib} MiB, {:.0} MiB/s with an fsync every {GROUP} records, {:.1} M values/s",
            mib as f64 / took.as_secs_f64(),
            values / took.as_secs_f64() / 1e6
        );
        let opened = best(|| open().map(drop));
        println!("  open again: {:.1} ms, {:.1} ms/GiB", ms(opened), ms(opened) / gib);
        let mut log = open()?;
        let begun = Instant::now();
        let mut reader = log.reader("sink");
        while reader.read()?.is_some() {}
        println!("  read all: {:.0} MiB/s", mib as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Appends so many bytes.
fn grow(mut log: Log, bytes: u64, stored: bool) -> Result<(usize, Duration)> {
    let payload = vec![0x5a; RECORD];
    let (meta, begun) = (Meta { values: VALUES, times: (1, 2) }, Instant::now());
    let groups = bytes as usize / (RECORD * GROUP);
    for group in 0..groups {
        for _ in 0..GROUP {
            log.append(meta, |out| out.extend_from_slice(&payload))?;
        }
        log.commit()?;
        if stored && group % STORE == 0 {
            log.store()?;
        }
    }
    Ok((groups * GROUP, begun.elapsed()))
}

/// The best of seven.
fn best(mut open: impl FnMut() -> Result<()>) -> Duration {
    let timed = || {
        let begun = Instant::now();
        open().expect("the log opens");
        begun.elapsed()
    };
    std::iter::repeat_with(timed).take(7).min().expect("there are seven")
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
