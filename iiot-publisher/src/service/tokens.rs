//! Names of batches that are unique in the process.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use iiot_core::session::SubscriptionEvent;

/// Gives the batches of one subscription names of our own, because a writer that begins anew has
/// another subscription, and what is still under way from the first must not be acknowledged there.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) instance: u64,
    next: u64,
    /// Our names of those that are not acknowledged, with the subscription's.
    waiting: VecDeque<(u64, u64)>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        static INSTANCES: AtomicU64 = AtomicU64::new(1);
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        Self { instance, next: instance << 40, waiting: VecDeque::new() }
    }

    /// The event with our name where it is a batch.
    pub(super) fn renamed(&mut self, mut event: SubscriptionEvent) -> SubscriptionEvent {
        match &mut event {
            SubscriptionEvent::Data(batch) => {
                let batch = Arc::make_mut(batch);
                batch.token = self.issue(batch.token);
            }
            SubscriptionEvent::Events(batch) => {
                let batch = Arc::make_mut(batch);
                batch.token = self.issue(batch.token);
            }
            _ => {}
        }
        event
    }

    fn issue(&mut self, theirs: u64) -> u64 {
        self.next += 1;
        self.waiting.push_back((self.next, theirs));
        self.next
    }

    /// The subscription is another one from now on.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
    }

    /// What the subscription calls it; `None` if it is of another one.
    pub(super) fn redeem(&mut self, ours: u64) -> Option<u64> {
        let at = self.waiting.iter().position(|(issued, _)| *issued == ours)?;
        self.waiting.remove(at).map(|(_, theirs)| theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_one_subscription_and_holds_once() {
        let (mut first, mut second) = (Tokens::new(), Tokens::new());
        let names = [first.issue(7), first.issue(8)];
        second.issue(7);
        assert_eq!(second.redeem(names[0]), None);
        assert_eq!((first.redeem(names[1]), first.redeem(names[1]), first.redeem(names[0])), (Some(8), None, Some(7)));
    }
}
