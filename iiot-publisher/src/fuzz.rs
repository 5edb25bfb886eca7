//! What the fuzz targets of this crate run; see `iiot_core::fuzz`.
//!
//! Compiled for tests and with `--cfg fuzzing` only.

use crate::decode::{DecodeLimits, Decoder};
use crate::profile::{Dialect, MessageEncoding, MessageProfile, MessagingMode};

/// A decoder under attack: its name, what it runs, and inputs that reach deep into it.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// Every decoder of this crate that takes bytes from the network.
pub const TARGETS: &[Target] = &[("pubsub_json", json, json_seeds), ("pubsub_uadp", uadp, uadp_seeds)];

const LIMITS: DecodeLimits = DecodeLimits { max_message_size: 1 << 20, max_open_messages: 4, max_writers: 4 };

/// The first byte says which profile.
fn json(data: &[u8]) {
    let Some((which, text)) = data.split_first() else { return };
    let modes = MessagingMode::ALL;
    let encodings = [MessageEncoding::Json, MessageEncoding::JsonReversible, MessageEncoding::JsonGzip];
    let dialect = Dialect::compatible(which & 0x80 != 0);
    let mode = modes[usize::from(*which) % modes.len()];
    let encoding = encodings[usize::from(*which) / modes.len() % encodings.len()];
    let Ok(profile) = MessageProfile::new(mode, encoding, dialect) else { return };
    let mut decoder = Decoder::with_limits(profile, LIMITS);
    for line in text.split(|byte| *byte == b'\n') {
        let _ = decoder.decode(line);
    }
}

/// Several messages, each behind its length, to one decoder: metadata and chunks make a difference.
fn uadp(data: &[u8]) {
    let profile = MessageProfile::new(MessagingMode::PubSub, MessageEncoding::Uadp, Dialect::Strict);
    let mut decoder = Decoder::with_limits(profile.expect("there is this pair"), LIMITS);
    let mut rest = data;
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (message, next) = behind.split_at(behind.len().min(usize::from(u16::from_le_bytes(*length))));
        let _ = decoder.decode(message);
        rest = next;
    }
}

fn json_seeds() -> Vec<Vec<u8>> {
    let files = [
        (0, include_str!("../tests/golden/PubSub.Json.json")),
        (2, include_str!("../tests/golden/DataSetMessages.Json.json")),
        (10, include_str!("../tests/golden/PubSub.JsonReversible.json")),
        (0x80 + 2, include_str!("../tests/golden/Samples.Json.compatible.json")),
    ];
    files.map(|(which, text)| [&[which], text.as_bytes()].concat()).to_vec()
}

fn uadp_seeds() -> Vec<Vec<u8>> {
    let files = [include_str!("../tests/golden/PubSub.Uadp.hex"), include_str!("../tests/golden/RawDataSets.Uadp.hex")];
    let message = |line: &str| {
        let bytes: Vec<u8> = line.as_bytes().chunks(2).filter_map(byte).collect();
        [&(bytes.len() as u16).to_le_bytes()[..], &bytes].concat()
    };
    files.map(|text| text.lines().flat_map(message).collect()).to_vec()
}

fn byte(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same in every run (xorshift64).
    fn below(state: &mut u64, limit: usize) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state % limit as u64) as usize
    }

    #[test]
    fn every_decoder_keeps_its_promises_near_its_seeds() {
        for (_, run, seeds) in TARGETS {
            let mut state = 0x9e37_79b9_7f4a_7c15;
            run(&[]);
            for seed in seeds() {
                assert!(seed.len() > 100);
                run(&seed);
                for _ in 0..60 {
                    let mut bytes = seed.clone();
                    for _ in 0..=below(&mut state, 4) {
                        let at = below(&mut state, bytes.len());
                        match below(&mut state, 4) {
                            0 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(&mut state, 5)],
                            1 => bytes[at] ^= 1 << below(&mut state, 8),
                            2 => bytes.insert(at, below(&mut state, 256) as u8),
                            _ => bytes.truncate(at + 1),
                        }
                    }
                    run(&bytes);
                }
            }
        }
    }
}
