//! What the fuzz targets of this crate run; see `iiot_core::fuzz`.
//!
//! Compiled for tests and with `--cfg fuzzing` only.

use crate::pki::fuzz;

/// A decoder under attack: its name, what it runs, and inputs that reach deep into it.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// Every decoder of this crate that takes bytes from the network.
pub const TARGETS: &[Target] = &[("csr", fuzz::csr, fuzz::csr_seeds)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_reaches_its_decoder() {
        for (name, run, seeds) in TARGETS {
            run(&[]);
            assert!(!seeds().is_empty(), "{name}");
            seeds().iter().for_each(|seed| run(seed));
        }
    }
}
