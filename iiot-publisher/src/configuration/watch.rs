//! When a watched file counts as changed.

/// Decides by its content: when a file was replaced, written in place or reached by another link is
/// all the same. Editors write in pieces, so a content counts when it was seen twice in a row.
#[derive(Debug)]
pub(super) struct Watch {
    /// Of what was taken over, as a hash.
    known: u64,
    seen: Option<u64>,
    gone: bool,
}

/// What to do after a look at the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    /// Its content is new.
    Changed,
    /// It cannot be read any more; said once.
    Gone,
}

impl Watch {
    pub(super) fn new(known: u64) -> Self {
        Self { known, seen: Some(known), gone: false }
    }

    /// The content is as somebody has just taken it over, or put it there.
    pub(super) fn handle_known(&mut self, content: u64) {
        (self.known, self.seen, self.gone) = (content, Some(content), false);
    }

    /// Somebody looked at the file; `None` if it cannot be read.
    pub(super) fn handle_look(&mut self, content: Option<u64>) -> Verdict {
        let before = std::mem::replace(&mut self.seen, content);
        let Some(content) = content else {
            let settled = before.is_none() && !std::mem::replace(&mut self.gone, true);
            return if settled { Verdict::Gone } else { Verdict::Nothing };
        };
        self.gone = false;
        if content == self.known || before != Some(content) {
            return Verdict::Nothing;
        }
        self.known = content;
        Verdict::Changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(looks: &[Option<u64>]) -> Vec<Verdict> {
        let mut watch = Watch::new(1);
        looks.iter().map(|look| watch.handle_look(*look)).collect()
    }

    #[test]
    fn a_content_counts_when_it_stays_for_two_looks() {
        use Verdict::{Changed, Nothing};
        assert_eq!(verdicts(&[Some(1), Some(1)]), [Nothing; 2]);
        assert_eq!(verdicts(&[Some(2), Some(3), Some(3), Some(3)]), [Nothing, Nothing, Changed, Nothing]);
        assert_eq!(verdicts(&[Some(2), Some(1), Some(1)]), [Nothing; 3], "it was taken back");
    }

    #[test]
    fn a_file_that_is_replaced_is_not_gone_and_one_that_is_gone_is_said_to_be_so_once() {
        use Verdict::{Changed, Gone, Nothing};
        assert_eq!(verdicts(&[None, Some(1)]), [Nothing; 2]);
        assert_eq!(
            verdicts(&[None, None, None, Some(1), None, None]),
            [Nothing, Gone, Nothing, Nothing, Nothing, Gone]
        );
        assert_eq!(verdicts(&[None, None, Some(2), Some(2)]), [Nothing, Gone, Nothing, Changed]);
    }
}
