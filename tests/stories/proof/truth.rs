//! What the servers wrote down before they showed it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::Value;

use super::line::COUNTERS;

/// The values of each counter by source timestamp.
pub(super) type Truth = Vec<BTreeMap<i64, i64>>;

/// All of it.
pub(super) fn all(file: &Path) -> Truth {
    let mut truth = vec![BTreeMap::new(); COUNTERS];
    let file = File::open(file).expect("the server has written a truth");
    for (counter, at, value) in BufReader::new(file).lines().map_while(Result::ok).filter_map(|line| read(&line)) {
        truth[counter].insert(at, value);
    }
    truth
}

/// The source timestamp of each counter's last value in a truth.
pub(super) fn ends(truth: &Truth) -> Vec<i64> {
    truth.iter().map(|counter| counter.last_key_value().map_or(0, |(at, _)| *at)).collect()
}

/// The source timestamp of each counter's last value in a file.
pub(super) fn newest(file: &Path) -> Vec<Option<i64>> {
    let mut newest = vec![None; COUNTERS];
    for (counter, at, _) in tail(file).lines().filter_map(read) {
        newest[counter] = newest[counter].max(Some(at));
    }
    newest
}

fn tail(file: &Path) -> String {
    let mut file = File::open(file).expect("the server has written a truth");
    let length = file.metadata().expect("an open file has a length").len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).expect("it is an ordinary file");
    let mut text = Vec::new();
    file.read_to_end(&mut text).expect("it is an ordinary file");
    String::from_utf8_lossy(&text).into_owned()
}

/// Counter, source timestamp, value; `None` for a line that is cut on either side.
fn read(line: &str) -> Option<(usize, i64, i64)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let number = |key: &str| line[key].as_str()?.parse::<i64>().ok();
    let counter = line["name"].as_str()?.strip_prefix("Counter.")?.parse().ok()?;
    Some((counter, number("source_ticks")?, number("value")?))
}

/// Some hundred lines.
const TAIL: u64 = 1 << 15;
