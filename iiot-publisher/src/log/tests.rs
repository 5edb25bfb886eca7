#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Instant;

use super::power::{Disk, Fault, Random};
use super::*;

const SMALL: LogOptions = LogOptions { max_bytes: 64 << 10, segment_bytes: 2 << 10 };

/// A record says its number and is filled with bytes that follow from it.
fn payload(number: u64) -> Vec<u8> {
    let length = 8 + (number * 37 % 180) as usize;
    number.to_le_bytes().into_iter().chain((8..length).map(|at| (number as usize + at) as u8)).collect()
}

fn number(record: &Record) -> u64 {
    let number = record::u64_at(&record.payload, 0);
    assert_eq!(record.payload[..], payload(number), "a record was invented");
    assert_eq!(record.meta, meta(number));
    number
}

fn meta(number: u64) -> Meta {
    Meta { values: (number % 5) as u32, times: (number as i64, number as i64 + 1) }
}

fn append(log: &mut Log, numbers: impl IntoIterator<Item = u64>) -> Result<u64> {
    for number in numbers {
        log.append(meta(number), |out| out.extend_from_slice(&payload(number)))?;
    }
    log.commit()
}

fn open(disk: &Disk) -> Result<Log> {
    Log::open(Arc::new(disk.clone()), SMALL)
}

fn read(reader: &mut Reader) -> (Vec<u64>, Vec<Lost>) {
    let (mut numbers, mut lost) = (Vec::new(), Vec::new());
    while let Some(entry) = reader.read().unwrap() {
        match entry {
            Entry::Record(record) => numbers.push(number(&record)),
            Entry::Lost(range) => lost.push(range),
        }
    }
    (numbers, lost)
}

#[test]
fn records_are_read_in_order_over_segments_and_restarts() {
    let disk = Disk::new(1);
    for life in 0..3 {
        let mut log = open(&disk).unwrap();
        for group in 0..10 {
            let first = life * 50 + group * 5;
            append(&mut log, first..first + 5).unwrap();
        }
        assert_eq!(read(&mut log.reader("sink")).0, (0..life * 50 + 50).collect::<Vec<_>>());
    }
    assert!(disk.list().unwrap().len() > 8);
}

#[test]
fn a_reader_goes_on_with_what_is_appended_later() {
    let mut log = open(&Disk::new(1)).unwrap();
    let mut reader = log.reader("sink");
    assert_eq!(reader.read().unwrap(), None);
    for number in 0..100 {
        log.append(meta(number), |out| out.extend_from_slice(&payload(number))).unwrap();
        assert_eq!(reader.read().unwrap(), None, "it is not safe yet");
        log.commit().unwrap();
        assert_eq!(read(&mut reader), (vec![number], vec![]));
    }
}

#[test]
fn segments_below_all_cursors_are_deleted_and_cursors_survive() {
    let disk = Disk::new(1);
    let mut log = open(&disk).unwrap();
    let (mut slow, mut fast) = (log.reader("slow"), log.reader("fast"));
    append(&mut log, 0..200).unwrap();
    append(&mut log, 200..201).unwrap();
    let full = disk.bytes();
    let pass = |log: &mut Log, name: &str, reader: &mut Reader, count: u64| {
        for _ in 0..count {
            let Some(Entry::Record(record)) = reader.read().unwrap() else { panic!("a record is there") };
            log.pass(name, record.next, record.values_before + u64::from(record.meta.values));
        }
        log.store().unwrap();
    };
    pass(&mut log, "fast", &mut fast, 201);
    assert_eq!(disk.bytes(), full);
    pass(&mut log, "slow", &mut slow, 200);
    assert!(disk.bytes() < full);
    let mut log = open(&disk).unwrap();
    assert_eq!(read(&mut log.reader("fast")), (vec![], vec![]));
    assert_eq!(read(&mut log.reader("slow")), (vec![200], vec![]));
}

#[test]
fn the_oldest_segment_can_be_dropped_and_readers_go_on_behind_it() {
    let disk = Disk::new(1);
    let mut log = open(&disk).unwrap();
    let mut reader = log.reader("sink");
    let Some(number) = (0..).find(|number| {
        append(&mut log, [*number]).unwrap();
        log.is_full()
    }) else {
        return;
    };
    let oldest = log.oldest().unwrap().unwrap();
    log.drop_oldest().unwrap();
    assert!(!log.is_full());
    let (numbers, lost) = read(&mut reader);
    assert_eq!(lost, []);
    assert_eq!(numbers, (numbers[0]..=number).collect::<Vec<_>>());
    let dropped: u32 = (0..numbers[0]).map(|number| meta(number).values).sum();
    // The first one has no values, and so no times.
    assert_eq!(oldest.unread, Meta { values: dropped, times: (1, numbers[0] as i64) });
    assert_eq!(read(&mut open(&disk).unwrap().reader("sink")), (numbers, vec![]), "also after a restart");
}

#[test]
fn a_disk_without_room_takes_the_group_again_later() {
    for operation in ["write segment", "create segment", "sync segment", "sync folder after create"] {
        let disk = Disk::new(7);
        let mut log = open(&disk).unwrap();
        append(&mut log, 0..3).unwrap();
        let first = disk.trace().len();
        let fault = if operation == "sync segment" { Fault::SyncFails } else { Fault::NoSpace };
        // The operation itself, or the first of its kind in the next segment.
        let mut at = first;
        let mut failures = 0;
        for group in 1..40_u64 {
            disk.fail_at(at, fault);
            let numbers = group * 3..group * 3 + 3;
            while append(&mut log, numbers.clone()).is_err() {
                failures += 1;
                assert!(failures < 100);
            }
            at = disk.trace().len() + usize::from(group % 3 == 0);
        }
        assert!(failures > 3, "{operation}");
        assert_eq!(read(&mut log.reader("sink")), ((0..120).collect(), vec![]), "{operation}");
        let after = disk.after_power_failure(3);
        assert_eq!(read(&mut open(&after).unwrap().reader("sink")), ((0..120).collect(), vec![]), "{operation}");
    }
}

/// What a process did until the power failed.
#[derive(Default)]
struct Life {
    /// Everything below is acknowledged: safe, as far as anybody was told.
    acknowledged: u64,
    /// Everything below was passed by the cursor, and that was stored.
    passed: u64,
    next: u64,
}

/// Appends groups, reads, moves the cursor, drops nothing; until something fails for good.
fn live(disk: &Disk, random: &mut Random, life: &mut Life) -> Result<()> {
    let mut log = open(disk)?;
    let mut reader = log.reader("sink");
    let mut sent = Vec::new();
    for _ in 0..60 {
        let count = 1 + random.below(6);
        append(&mut log, life.next..life.next + count)?;
        life.next += count;
        life.acknowledged = life.next;
        for _ in 0..random.below(6) {
            if let Some(Entry::Record(record)) = reader.read()? {
                sent.push(record);
            }
        }
        if random.below(4) == 0
            && let Some(record) = sent.last()
        {
            log.pass("sink", record.next, 0);
            let number = number(record);
            log.set_note(number.to_string());
            // If it fails, it may be safe nevertheless.
            life.passed = number + 1;
            log.store()?;
        }
    }
    Ok(())
}

/// Nothing that was acknowledged is missing, nothing is there that was not written, all in order.
fn check(disk: &Disk, life: &Life, context: &str) {
    let mut log = open(disk).unwrap_or_else(|error| panic!("{context}: {}", error.report()));
    let (numbers, lost) = read(&mut log.reader("sink"));
    assert_eq!(lost, [], "{context}: something is lost");
    let first = numbers.first().copied().unwrap_or_else(|| life.next.min(life.passed));
    assert!(first <= life.passed, "{context}: from {first} on, passed {}", life.passed);
    assert!(numbers.iter().zip(first..).all(|(number, expected)| *number == expected), "{context}: {numbers:?}");
    let end = first + numbers.len() as u64;
    assert!(end >= life.acknowledged, "{context}: until {end}, acknowledged {}", life.acknowledged);
    // The process after it goes on, and finds its own as well.
    append(&mut log, end..end + 3).unwrap();
    let (numbers, lost) = read(&mut open(disk).unwrap().reader("sink"));
    assert_eq!((numbers.last(), lost), (Some(&(end + 2)), vec![]), "{context}");
}

#[test]
fn a_thousand_power_failures_at_every_write_lose_nothing_that_was_acknowledged() {
    let mut places: BTreeMap<&'static str, Vec<(u64, usize)>> = BTreeMap::new();
    for seed in 0..20 {
        let disk = Disk::new(seed);
        live(&disk, &mut Random::new(seed), &mut Life::default()).unwrap();
        for (at, name) in disk.trace().into_iter().enumerate() {
            places.entry(name).or_default().push((seed, at));
        }
    }
    assert_eq!(places.len(), 9, "{:?}", places.keys());
    let mut kills = 0;
    for (name, places) in &places {
        let each = 150;
        for kill in 0..each {
            let (seed, at) = places[kill * places.len() / each];
            let disk = Disk::new(seed);
            disk.fail_at(at, Fault::Power);
            let mut life = Life::default();
            live(&disk, &mut Random::new(seed), &mut life).unwrap_err();
            let after = disk.after_power_failure((kill + at) as u64);
            check(&after, &life, &format!("killed at {name}, operation {at}, seed {seed}, kill {kill}"));
            kills += 1;
        }
    }
    assert!(kills >= 1000, "{kills}");
}

#[test]
fn damage_is_told_with_its_count_and_everything_else_is_read() {
    for seed in 0..300 {
        let (disk, mut random) = (Disk::new(seed), Random::new(seed));
        let mut log = open(&disk).unwrap();
        for group in 0..40_u64 {
            append(&mut log, group * 3..group * 3 + 3).unwrap();
        }
        let _ = log.reader("sink");
        log.store().unwrap();
        drop(log);
        let rotten = disk.rot(&mut random).unwrap();
        if seed % 10 == 0 {
            disk.delete(&rotten.0);
        }
        let (numbers, lost) = read(&mut open(&disk).unwrap().reader("sink"));
        assert!(numbers.is_sorted());
        let values = |numbers: &[u64]| numbers.iter().map(|number| u64::from(meta(*number).values)).sum::<u64>();
        let missing: u64 = lost.iter().map(|lost| lost.values.unwrap()).sum();
        assert_eq!(values(&numbers) + missing, values(&(0..120).collect::<Vec<_>>()), "{rotten:?} {lost:?}");
        assert_eq!(lost.len(), usize::from(numbers.len() < 120), "{rotten:?} {numbers:?} {lost:?}");
    }
}

#[test]
fn a_value_that_looks_like_a_record_is_not_taken_for_one() {
    let disk = Disk::new(1);
    let mut log = open(&disk).unwrap();
    append(&mut log, 0..2).unwrap();
    let forged = Header { length: 4, checksum: 0, position: 0, values_before: 0, meta: meta(1), group_offset: 0 };
    let (position, _) = log.append(meta(9), |out| out.extend_from_slice(&[0; 200])).unwrap();
    log.group.truncate(log.group.len() - 200);
    let inside = Header { position: position + HEADER as u64 + 10, ..forged };
    let mut bytes = vec![0; 10];
    bytes.extend_from_slice(&inside.encode(0));
    bytes.resize(200, 7);
    log.group.extend_from_slice(&bytes);
    log.commit().unwrap();
    append(&mut log, 2..4).unwrap();
    let mut reader = log.reader("sink");
    let mut lost = 0;
    while let Some(entry) = reader.read().unwrap() {
        match entry {
            Entry::Record(record) => assert_eq!(record.payload[..], payload(number(&record))),
            Entry::Lost(_) => lost += 1,
        }
    }
    assert_eq!(lost, 1);
}

#[test]
fn a_gigabyte_is_opened_at_once() {
    let bytes: u64 = std::env::var("IIOT_LOG_MIB").map_or(64, |text| text.parse::<u64>().unwrap()) << 20;
    let folder = tempfile::tempdir().unwrap();
    let storage = || Arc::new(FileStorage::open(folder.path().join("log")).unwrap());
    let options = LogOptions { max_bytes: 4 << 30, ..LogOptions::default() };
    let mut log = Log::open(storage(), options).unwrap();
    let batch = vec![7; 30_000];
    while log.bytes() < bytes {
        for _ in 0..30 {
            log.append(Meta::default(), |out| out.extend_from_slice(&batch)).unwrap();
        }
        log.commit().unwrap();
    }
    log.store().unwrap();
    for _ in 0..30 {
        log.append(Meta::default(), |out| out.extend_from_slice(&batch)).unwrap();
    }
    let end = log.commit().unwrap();
    drop(log);
    let start = Instant::now();
    let log = Log::open(storage(), options).unwrap();
    let took = start.elapsed();
    println!("{} MiB opened in {took:?}", bytes >> 20);
    assert_eq!(log.end().0, end);
    assert!(took.as_millis() < 100, "{took:?}");
}

#[test]
fn a_group_larger_than_the_whole_log_does_not_keep_it_full_for_ever() {
    let disk = Disk::new(3);
    let mut log = open(&disk).unwrap();
    let mut reader = log.reader("sink");
    append(&mut log, 0..1000).unwrap();
    assert!(log.bytes() > SMALL.max_bytes && log.is_full());
    assert_eq!(read(&mut reader).0.len(), 1000);
    let (end, values) = log.end();
    log.pass("sink", end - 1, values);
    log.store().unwrap();
    assert!(log.is_full(), "something of it is still needed");
    log.pass("sink", end, values);
    log.store().unwrap();
    assert!(!log.is_full());
    append(&mut log, 1000..1001).unwrap();
    log.store().unwrap();
    assert!(log.bytes() < SMALL.max_bytes, "{} bytes", log.bytes());
    assert_eq!(read(&mut reader).0, [1000]);
}
