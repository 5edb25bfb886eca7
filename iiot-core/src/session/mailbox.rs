//! What passes between a session and its users without a runtime: events one way, tokens and
//! state the other.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use futures::task::AtomicWaker;
use parking_lot::Mutex;

use crate::session::{SessionState, SubscriptionEvent};

/// The events of one subscription on their way to its consumer.
///
/// Bounded: data by the window of unacknowledged messages, everything else by being merged with
/// or dropped behind what the consumer has not read yet.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    queue: Mutex<Queue>,
    waker: AtomicWaker,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<SubscriptionEvent>,
    ended: bool,
}

/// Beyond this many unread events, news about the connection itself are no longer kept.
const MAX_UNREAD_NEWS: usize = 1024;

impl Mailbox {
    /// Hands an event on.
    pub(crate) fn push(&self, event: SubscriptionEvent) {
        self.queue.lock().push(event);
        self.waker.wake();
    }

    /// No event will follow.
    pub(crate) fn end(&self) {
        self.queue.lock().ended = true;
        self.waker.wake();
    }

    /// The next event; `None` after the last.
    pub(crate) async fn next(&self) -> Option<SubscriptionEvent> {
        poll_fn(|context| {
            self.waker.register(context.waker());
            let mut queue = self.queue.lock();
            match queue.events.pop_front() {
                Some(event) => Poll::Ready(Some(event)),
                None if queue.ended => Poll::Ready(None),
                None => Poll::Pending,
            }
        })
        .await
    }
}

impl Queue {
    fn push(&mut self, event: SubscriptionEvent) {
        use SubscriptionEvent as E;
        let unread = self.events.len();
        match (&event, self.events.back_mut()) {
            // Whatever is unread already says that the server was alive.
            (E::KeepAlive, Some(_)) => {}
            (E::Interrupted(_) | E::Resumed(_), Some(_)) if unread >= MAX_UNREAD_NEWS => {}
            (E::Items(new), Some(E::Items(old))) => old.extend_from_slice(new),
            (E::Gap(new), Some(E::Gap(old))) if unread >= MAX_UNREAD_NEWS => old.extend(new),
            _ => self.events.push_back(event),
        }
    }
}

/// The state of a session and who waits for it to change.
#[derive(Debug)]
pub(crate) struct StateCell(Mutex<(SessionState, Vec<Waker>)>);

impl StateCell {
    pub(crate) fn new(state: SessionState) -> Self {
        Self(Mutex::new((state, Vec::new())))
    }

    pub(crate) fn load(&self) -> SessionState {
        self.0.lock().0.clone()
    }

    pub(crate) fn store(&self, state: SessionState) {
        let waiting = {
            let mut cell = self.0.lock();
            cell.0 = state;
            std::mem::take(&mut cell.1)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Returns when the state differs from `seen`, with the new one.
    pub(crate) async fn changed(&self, seen: &SessionState) -> SessionState {
        poll_fn(|context| {
            let mut cell = self.0.lock();
            if cell.0 != *seen {
                return Poll::Ready(cell.0.clone());
            }
            if !cell.1.iter().any(|waker| waker.will_wake(context.waker())) {
                cell.1.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Gap, GapReason};

    fn gap(messages: Option<u32>, items: &[u32]) -> SubscriptionEvent {
        let reason = GapReason::NotAvailableForRepublish;
        SubscriptionEvent::Gap(Gap { after: None, before: None, messages, reason, items: items.to_vec() })
    }

    fn last(queue: &Queue) -> (Option<u32>, Vec<u32>) {
        let Some(SubscriptionEvent::Gap(gap)) = queue.events.back() else { panic!("another event") };
        (gap.messages, gap.items.clone())
    }

    #[test]
    fn gaps_that_nobody_reads_become_one_and_stay_true() {
        let mut queue = Queue::default();
        for _ in 0..MAX_UNREAD_NEWS {
            queue.push(gap(Some(1), &[7]));
        }
        queue.push(gap(Some(u32::MAX), &[3, 7]));
        assert_eq!((queue.events.len(), last(&queue)), (MAX_UNREAD_NEWS, (Some(u32::MAX), vec![3, 7])));
        queue.push(gap(None, &[]));
        assert_eq!((queue.events.len(), last(&queue)), (MAX_UNREAD_NEWS, (None, vec![])));
    }
}
