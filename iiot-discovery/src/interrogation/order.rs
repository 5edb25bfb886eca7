//! Whether several addresses lead to one server, by the numbers of its channels.

/// The numbers of channels that were opened at addresses in turn, round after round; `None` where none could be opened.
pub(crate) type Rounds = Vec<Vec<Option<u32>>>;

/// Rounds over all addresses, to see which of them may be one at all.
pub(crate) const FIRST_ROUNDS: usize = 2;
/// Rounds over two addresses alone, to be sure.
pub(crate) const ROUNDS: usize = 3;

/// Whether one server can have numbered the channels at both addresses (by their place in a round, the lesser first): a
/// server counts its channels wherever they come from, so that the numbers rise in the order in which they were opened.
///
/// Of two addresses that were tried alone it proves that they are one: two servers with a count each would have to meet
/// between two numbers of the other, round after round, and between two numbers that follow each other there is none.
/// While further addresses are tried in between, numbers are left out, and it proves nothing but the contrary.
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

/// Pairs of addresses that may be one server, as far as rounds over all of them tell.
pub(crate) fn candidates(rounds: &Rounds, addresses: usize) -> Vec<(usize, usize)> {
    let pairs = (0..addresses).flat_map(|one| (one + 1..addresses).map(move |other| (one, other)));
    pairs.filter(|(one, other)| rises(rounds, *one, *other)).collect()
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
    fn who_is_one_is_always_a_candidate() {
        let all = rounds(&[0, 1, 0, 1], &[5, 5], &[1, 1]);
        let candidates = candidates(&all, 4);
        assert!(candidates.contains(&(0, 2)) && candidates.contains(&(1, 3)));
        assert!(!candidates.contains(&(0, 1)) && !candidates.contains(&(2, 3)));
    }

    #[test]
    fn without_numbers_nothing_is_proven() {
        assert!(!rises(&vec![vec![Some(1), None], vec![Some(2), Some(3)]], 0, 1));
        assert!(!rises(&vec![vec![Some(1), Some(2)]], 0, 1), "one round proves nothing");
        assert!(!rises(&Vec::new(), 0, 1));
        assert!(!rises(&vec![vec![Some(1), Some(2)], vec![Some(3), Some(3)]], 0, 1));
    }
}
