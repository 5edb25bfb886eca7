//! Whether several addresses lead to one server, by the numbers of its channels.

/// The numbers of channels that were opened at addresses in turn, round after round; `None` where none could be opened.
pub(crate) type Rounds = Vec<Vec<Option<u32>>>;

/// Rounds that are made. By two of them addresses of different servers seem to be one where other clients come and go
/// just so at both of them.
pub(crate) const ROUNDS: usize = 3;

/// Whether one server can have numbered the channels at both addresses (by their place in a round, the lesser first): a
/// server counts its channels wherever they come from, so that the numbers rise in the order in which they were opened.
/// Two servers with a count each would have to meet between two numbers of the other, round after round.
///
/// It says nothing of servers whose numbers are random, or counted for each of their addresses: these do not rise, and
/// seem to be several.
pub(crate) fn rises(rounds: &Rounds, one: usize, other: usize) -> bool {
    let pairs = rounds.iter().map(|round| Some([*round.get(one)?, *round.get(other)?]));
    let numbers: Option<Vec<u32>> = pairs.flatten().flatten().collect();
    numbers.is_some_and(|numbers| {
        numbers.len() == 2 * rounds.len() && numbers.len() >= 4 && numbers.windows(2).all(|pair| pair[0] < pair[1])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses of servers, each with a count of its own that begins somewhere and rises by so much at each connection.
    fn rounds(addresses: &[usize], begin: &[u32], step: &[u32]) -> Rounds {
        let mut counts = begin.to_vec();
        let mut open = |server: usize| {
            counts[server] += step[server];
            Some(counts[server])
        };
        (0..ROUNDS).map(|_| addresses.iter().map(|server| open(*server)).collect()).collect()
    }

    #[test]
    fn one_server_counts_over_all_of_its_addresses() {
        let all = rounds(&[0, 0, 0], &[41], &[1]);
        assert!(rises(&all, 0, 1) && rises(&all, 1, 2) && rises(&all, 0, 2));
        assert!(rises(&rounds(&[0, 0], &[7], &[9]), 0, 1), "others connect meanwhile");
    }

    #[test]
    fn clones_never_pass_for_one() {
        for first in 0..20 {
            for second in 0..20 {
                let both = rounds(&[0, 1], &[100 + first, 100 + second], &[1, 1]);
                assert!(!rises(&both, 0, 1), "{first} {second}");
            }
        }
        assert!(!rises(&rounds(&[0, 1], &[0, 0], &[1, 2]), 0, 1));
        assert!(!rises(&rounds(&[0, 1], &[0, 1_000_000], &[3, 3]), 0, 1));
    }

    #[test]
    fn of_mixed_addresses_only_those_of_one_server_rise() {
        let all = rounds(&[0, 1, 0, 1], &[5, 5], &[1, 1]);
        assert!(rises(&all, 0, 2) && rises(&all, 1, 3));
        assert!(!rises(&all, 0, 1) && !rises(&all, 2, 3) && !rises(&all, 0, 3));
    }

    #[test]
    fn without_numbers_nothing_is_proven() {
        assert!(!rises(&vec![vec![Some(1), None], vec![Some(2), Some(3)]], 0, 1));
        assert!(!rises(&vec![vec![Some(1), Some(2)]], 0, 1), "one round proves nothing");
        assert!(!rises(&Vec::new(), 0, 1));
        assert!(!rises(&vec![vec![Some(1), Some(2)], vec![Some(3), Some(3)]], 0, 1));
    }
}
