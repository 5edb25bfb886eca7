//! What the fuzz targets run: one entry for each decoder, with seeds from our own encoders.
//!
//! Compiled for tests and with `--cfg fuzzing` only. A target panics if a decoder breaks a promise:
//! it must neither panic nor hold more than its limits, and what it accepts must mean the same when
//! it is written and read again.

use crate::json::fuzz as json;
#[cfg(feature = "rpc")]
use crate::rpc::fuzz as remote;
use crate::ua::fuzz as services;
use crate::ua::secure::fuzz as secure;
use crate::ua::trust::fuzz as trust;

/// A decoder under attack.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, that of the fuzz target.
    pub name: &'static str,
    /// Panics if the decoder breaks a promise.
    pub run: fn(&[u8]),
    /// Inputs that reach deep into it.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every decoder that takes bytes from the network, from files or from users.
pub const TARGETS: &[Target] = &[
    Target { name: "frame", run: secure::frames, seeds: secure::frame_seeds },
    Target { name: "chunks", run: secure::chunks, seeds: secure::chunk_seeds },
    Target { name: "certificate", run: trust::certificate, seeds: trust::certificate_seeds },
    Target { name: "crl", run: trust::revocation_list, seeds: trust::revocation_list_seeds },
    Target { name: "publish", run: services::publish, seeds: services::publish_seeds },
    Target { name: "response", run: services::response, seeds: services::response_seeds },
    Target { name: "transcode", run: json::transcode, seeds: json::transcode_seeds },
    Target { name: "json", run: json::read, seeds: json::read_seeds },
    #[cfg(feature = "rpc")]
    Target { name: "remote_call", run: remote::remote_call, seeds: remote::remote_call_seeds },
    Target { name: "node_id", run: json::node_id, seeds: json::node_id_seeds },
];

/// The target of this name.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).expect("the name is one of TARGETS")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Numbers that look random and are the same in every run (xorshift64).
    struct Noise(u64);

    impl Noise {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % limit as u64) as usize
        }
    }

    fn changed(seed: &[u8], noise: &mut Noise) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=noise.below(4) {
            let at = noise.below(bytes.len());
            match noise.below(4) {
                0 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][noise.below(5)],
                1 => bytes[at] ^= 1 << noise.below(8),
                2 => bytes.insert(at, noise.below(256) as u8),
                _ => bytes.truncate(at + 1),
            }
        }
        bytes
    }

    #[test]
    fn every_decoder_keeps_its_promises_near_its_seeds() {
        for target in TARGETS {
            let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
            (target.run)(&[]);
            for seed in (target.seeds)() {
                (target.run)(&seed);
                for _ in 0..50 {
                    (target.run)(&changed(&seed, &mut noise));
                }
            }
        }
    }

    #[test]
    fn every_decoder_has_seeds() {
        for target in TARGETS {
            assert!((target.seeds)().iter().any(|seed| !seed.is_empty()), "{}", target.name);
        }
    }
}
