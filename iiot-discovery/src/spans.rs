//! Sets of numbers as spans: addresses and ports, as many as there are, in a few bytes.

/// Numbers as spans that neither overlap nor touch, in rising order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spans(Vec<Span>);

/// The numbers from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) first: u128,
    pub(crate) last: u128,
}

impl Spans {
    /// The union of spans in any order; those whose end comes before their beginning are empty.
    pub(crate) fn union(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut sorted: Vec<Span> = spans.into_iter().filter(|span| span.first <= span.last).collect();
        sorted.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(sorted.len());
        for span in sorted {
            match merged.last_mut() {
                Some(before) if span.first <= before.last.saturating_add(1) => before.last = before.last.max(span.last),
                _ => merged.push(span),
            }
        }
        Self(merged)
    }

    /// What is in this set and not in `other`.
    pub(crate) fn without(&self, other: &Self) -> Self {
        Self(self.0.iter().flat_map(|span| other.holes_in(*span)).collect())
    }

    /// The parts of a span that are not in this set.
    fn holes_in(&self, span: Span) -> Vec<Span> {
        let (mut holes, mut next) = (Vec::new(), Some(span.first));
        let begin = self.0.partition_point(|taken| taken.last < span.first);
        for taken in self.0[begin..].iter().take_while(|taken| taken.first <= span.last) {
            let Some(first) = next else { break };
            if first < taken.first {
                holes.push(Span { first, last: taken.first - 1 });
            }
            next = taken.last.checked_add(1);
        }
        holes.extend(next.filter(|first| *first <= span.last).map(|first| Span { first, last: span.last }));
        holes
    }

    pub(crate) fn contains(&self, number: u128) -> bool {
        let at = self.0.partition_point(|span| span.last < number);
        self.0.get(at).is_some_and(|span| span.first <= number)
    }

    /// How many numbers there are; at most `u64::MAX` is told.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum: u64, span| sum.saturating_add(span.count()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        self.0.iter().copied()
    }
}

impl Span {
    pub(crate) fn count(self) -> u64 {
        u64::try_from(self.last - self.first).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// Finds numbers of a set by their position.
#[derive(Debug, Clone)]
pub(crate) struct Positions {
    /// Each span with the count of numbers up to its end.
    ends: Vec<(u64, Span)>,
}

impl Positions {
    pub(crate) fn of(spans: &Spans) -> Self {
        let mut count: u64 = 0;
        let up_to = |span: Span| {
            count = count.saturating_add(span.count());
            (count, span)
        };
        Self { ends: spans.iter().map(up_to).collect() }
    }

    pub(crate) fn count(&self) -> u64 {
        self.ends.last().map_or(0, |(end, _)| *end)
    }

    /// The number at a position below [`count`](Self::count).
    pub(crate) fn at(&self, position: u64) -> Option<u128> {
        let index = self.ends.partition_point(|(end, _)| *end <= position);
        let (end, span) = self.ends.get(index)?;
        Some(span.last - u128::from(end - 1 - position))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn some_spans() -> impl Strategy<Value = Vec<Span>> {
        prop::collection::vec(
            (0_u128..60, 0_u128..12).prop_map(|(first, more)| Span { first, last: first + more }),
            0..8,
        )
    }

    fn numbers(spans: &[Span]) -> BTreeSet<u128> {
        spans.iter().flat_map(|span| span.first..=span.last).collect()
    }

    proptest! {
        #[test]
        fn sets_of_spans_are_what_sets_of_numbers_are(a in some_spans(), b in some_spans()) {
            let (left, right) = (Spans::union(a.clone()), Spans::union(b.clone()));
            let rest = left.without(&right);
            let expected: BTreeSet<u128> = numbers(&a).difference(&numbers(&b)).copied().collect();
            prop_assert_eq!(numbers(&rest.0), expected.clone());
            prop_assert_eq!(rest.count(), expected.len() as u64);
            prop_assert!((0..80).all(|number| rest.contains(number) == expected.contains(&number)));
            let positions = Positions::of(&rest);
            let listed: Vec<u128> = (0..positions.count()).filter_map(|position| positions.at(position)).collect();
            prop_assert_eq!(listed, expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(positions.at(positions.count()), None);
        }

        #[test]
        fn spans_neither_overlap_nor_touch(a in some_spans()) {
            let spans = Spans::union(a).0;
            prop_assert!(spans.windows(2).all(|pair| pair[0].last + 1 < pair[1].first));
        }
    }

    #[test]
    fn the_ends_of_all_numbers_overflow_nothing() {
        let all = Spans::union([Span { first: 0, last: u128::MAX }]);
        assert_eq!(all.count(), u64::MAX);
        assert!(all.without(&all).is_empty());
        let ends = Spans::union([Span { first: 0, last: 0 }, Span { first: u128::MAX, last: u128::MAX }]);
        assert_eq!(all.without(&ends), Spans::union([Span { first: 1, last: u128::MAX - 1 }]));
    }
}
