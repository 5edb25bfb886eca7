//! All positions of a long list, each once, in an order that looks random, without holding them.

/// Gives 0 to `count - 1`, each once, in an order that depends on the seed.
///
/// A Feistel network permutes the next larger power of four; what lies beyond the count is left out. So memory is constant,
/// and a number costs four rounds on average at most.
#[derive(Debug, Clone)]
pub(crate) struct Permutation {
    count: u64,
    next: u64,
    half_bits: u32,
    keys: [u64; ROUNDS],
}

/// Four rounds make neighbours strangers; it is no cipher.
const ROUNDS: usize = 4;

impl Permutation {
    /// Of at most 2^62 positions.
    pub(crate) fn new(count: u64, seed: u64) -> Self {
        let count = count.min(1 << 62);
        let bits = u64::BITS - count.saturating_sub(1).leading_zeros();
        let keys = std::array::from_fn(|round| mix(seed ^ mix(round as u64 + 1)));
        Self { count, next: 0, half_bits: bits.div_ceil(2).max(1), keys }
    }

    fn permuted(&self, number: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let halves = (number >> self.half_bits, number & mask);
        let round = |(left, right): (u64, u64), key: &u64| (right, left ^ (mix(right ^ key) & mask));
        let (left, right) = self.keys.iter().fold(halves, round);
        left << self.half_bits | right
    }
}

impl Iterator for Permutation {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        while self.next < 1 << (2 * self.half_bits) {
            let position = self.permuted(self.next);
            self.next += 1;
            if position < self.count {
                return Some(position);
            }
        }
        None
    }
}

/// The finaliser of SplitMix64.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_position_comes_once(count in 0_u64..3000, seed in any::<u64>()) {
            let order: Vec<u64> = Permutation::new(count, seed).collect();
            prop_assert_eq!(order.len() as u64, count);
            prop_assert_eq!(order.into_iter().collect::<BTreeSet<_>>(), (0..count).collect::<BTreeSet<_>>());
        }
    }

    #[test]
    fn neighbours_are_not_met_one_after_the_other() {
        // 256 hosts of 256 ports each, host by host: in any 256 tries in a row no host may be met often.
        let order: Vec<u64> = Permutation::new(1 << 16, 7).map(|position| position / 256).collect();
        let most = order
            .chunks(256)
            .map(|tries| (0..256).map(|host| tries.iter().filter(|tried| **tried == host).count()).max().unwrap_or(0));
        assert!(most.max() < Some(12), "one on average, a handful by chance");
        let other: Vec<u64> = Permutation::new(1 << 16, 8).map(|position| position / 256).collect();
        assert_ne!(order, other);
    }

    #[test]
    fn all_ports_of_a_huge_network_cost_no_memory() {
        let count = (1_u64 << 24) * 65_535;
        let some: BTreeSet<u64> = Permutation::new(count, 3).take(10_000).collect();
        assert_eq!(some.len(), 10_000);
        assert!(some.last() < Some(&count) && some.first() < Some(&(count / 100)));
    }
}
