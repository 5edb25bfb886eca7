//! Sequence numbers (OPC 10000-6 §6.7.2.4): one counter a direction, over OPN, MSG and CLO alike.
//!
//! The RSA policies follow the legacy rule: the first number is any, each next one is greater by one,
//! and only beyond 4,294,966,271 may the counter start again, below 1024.

use crate::error::Result;
use crate::ua::StatusCode;
use crate::ua::secure::fault::protocol;

/// From here on the counter may start again.
const WRAP_FROM: u32 = u32::MAX - 1024;
/// It must start again below this.
const WRAP_BELOW: u32 = 1024;

/// Numbers what we send.
#[derive(Debug, Default)]
pub(crate) struct OutgoingSequence {
    last: u32,
}

impl OutgoingSequence {
    /// The number of the next chunk.
    pub(crate) fn take_next(&mut self) -> u32 {
        self.last = if self.last > WRAP_FROM { 1 } else { self.last + 1 };
        self.last
    }
}

/// Checks the numbers of what we receive.
#[derive(Debug, Default)]
pub(crate) struct IncomingSequence {
    last: Option<u32>,
}

impl IncomingSequence {
    /// Accepts the number of the next chunk, or fails with `BadSequenceNumberInvalid`.
    pub(crate) fn accept(&mut self, number: u32) -> Result<()> {
        let Some(last) = self.last.replace(number) else { return Ok(()) };
        let follows = last.checked_add(1) == Some(number);
        let starts_again = last >= WRAP_FROM && number < WRAP_BELOW;
        if follows || starts_again {
            return Ok(());
        }
        let message =
            format!("the chunk after number {last} has number {number}: chunks were lost, repeated or injected");
        Err(protocol(StatusCode::BadSequenceNumberInvalid, message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn accepts(last: u32, next: u32) -> bool {
        let mut sequence = IncomingSequence::default();
        sequence.accept(last).unwrap();
        sequence.accept(next).is_ok()
    }

    #[test]
    fn each_number_follows_its_predecessor() {
        assert!(accepts(0, 1));
        assert!(accepts(51, 52));
        for wrong in [50, 51, 53, 0, u32::MAX] {
            assert!(!accepts(51, wrong), "{wrong}");
        }
    }

    #[test]
    fn the_counter_starts_again_only_near_its_end_and_only_low() {
        assert!(accepts(WRAP_FROM, 0));
        assert!(accepts(u32::MAX, 1023));
        assert!(accepts(u32::MAX - 1, u32::MAX));
        assert!(!accepts(u32::MAX, 1024));
        assert!(!accepts(WRAP_FROM - 1, 1));
    }

    #[test]
    fn our_own_numbers_pass_our_own_check_across_the_wrap() {
        let mut ours = OutgoingSequence { last: WRAP_FROM - 3 };
        let mut theirs = IncomingSequence::default();
        let numbers: Vec<u32> = (0..8).map(|_| ours.take_next()).collect();
        assert!(numbers.iter().all(|number| theirs.accept(*number).is_ok()));
        assert_eq!(numbers[3..6], [WRAP_FROM + 1, 1, 2]);
        assert_eq!(OutgoingSequence::default().take_next(), 1);
    }
}
