//! The messages of one group on several ways side by side: those of one topic stay in order, and a topic whose
//! messages are sent again holds up no topic on another way.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::select_all;
use iiot_core::clock::Clock;

use super::sender::{Outcome, Outgoing, Sender};
use crate::sink::Sink;

/// A sender for each partition.
#[derive(Debug)]
pub(super) struct Partitions {
    senders: Vec<Sender>,
    wanted: usize,
    sink: Arc<dyn Sink>,
    clock: Arc<dyn Clock>,
}

impl Partitions {
    /// So many, at least one.
    pub(super) fn new(sink: Arc<dyn Sink>, clock: Arc<dyn Clock>, count: u8) -> Self {
        let mut partitions = Self { senders: Vec::new(), wanted: 0, sink, clock };
        partitions.set_count(count);
        partitions.repartition();
        partitions
    }

    /// So many from the time on at which nothing is under way: until then topics stay where they are.
    pub(super) fn set_count(&mut self, count: u8) {
        self.wanted = usize::from(count.max(1));
    }

    /// What is not on its way yet goes there.
    pub(super) fn set_sink(&mut self, sink: &Arc<dyn Sink>) {
        self.sink = Arc::clone(sink);
        self.senders.iter_mut().for_each(|sender| sender.set_sink(sink));
    }

    /// Sends a message behind those with the same topic; `topic` stands for its own where it is to go with others.
    pub(super) fn push(&mut self, topic: Option<&str>, outgoing: Outgoing) {
        self.repartition();
        let place = partition(topic.unwrap_or(&outgoing.message.topic), self.senders.len());
        self.senders[place].push(outgoing);
    }

    fn repartition(&mut self) {
        if self.senders.len() != self.wanted && self.len() == 0 {
            let sender = || Sender::new(Arc::clone(&self.sink), Arc::clone(&self.clock));
            self.senders = std::iter::repeat_with(sender).take(self.wanted).collect();
        }
    }

    /// Whether a topic decides anything.
    pub(super) fn is_one(&self) -> bool {
        self.senders.len() == 1 && self.wanted == 1
    }

    /// Messages not taken yet.
    pub(super) fn len(&self) -> usize {
        self.senders.iter().map(Sender::len).sum()
    }

    /// What becomes of the first message of a partition; never returns while there is none. Can be dropped and called
    /// again.
    pub(super) async fn next(&mut self) -> Outcome {
        if let [only] = self.senders.as_mut_slice() {
            return only.next().await;
        }
        let busy: Vec<_> =
            self.senders.iter_mut().filter(|sender| sender.len() > 0).map(|sender| sender.next().boxed()).collect();
        if busy.is_empty() {
            return std::future::pending().await;
        }
        select_all(busy).await.0
    }
}

/// FNV-1a, 32 bits.
fn partition(topic: &str, count: usize) -> usize {
    let hash = topic.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize % count
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use iiot_core::ErrorKind;
    use iiot_core::clock::ManualClock;
    use iiot_core::time::UtcTime;
    use iiot_core::transport::Message;

    use super::*;
    use crate::message::MessageKind;
    use crate::sink::MemorySink;

    fn outgoing(id: u64, topic: &str) -> Outgoing {
        Outgoing { id, kind: MessageKind::Data, values: 1, message: Message::new(topic, id.to_string()) }
    }

    fn setup(count: u8) -> (Partitions, Arc<MemorySink>) {
        let (sink, clock) = (Arc::new(MemorySink::default()), Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH)));
        (Partitions::new(Arc::clone(&sink) as _, clock, count), sink)
    }

    #[tokio::test]
    async fn topics_are_spread_and_each_stays_in_order() {
        let (mut partitions, sink) = setup(4);
        let topics: Vec<String> = (0..20).map(|number| format!("t/{number}")).collect();
        for id in 0..200 {
            let topic = &topics[id as usize % topics.len()];
            partitions.push(None, outgoing(id, topic));
        }
        assert!(partitions.senders.iter().all(|sender| sender.len() > 0), "some partition has nothing to do");
        for _ in 0..200 {
            assert!(matches!(partitions.next().await, Outcome::Taken(_)));
        }
        let mut last: HashMap<String, u64> = HashMap::new();
        for message in sink.messages() {
            let id: u64 = String::from_utf8_lossy(&message.payload).parse().expect("a number");
            assert!(last.insert(message.topic, id).is_none_or(|before| before < id));
        }
        assert_eq!((last.len(), partitions.len()), (20, 0));
    }

    #[tokio::test]
    async fn what_fails_holds_up_its_own_partition_alone() {
        let (mut partitions, sink) = setup(2);
        let other = (0..).map(|number| format!("u{number}")).find(|topic| partition(topic, 2) != partition("t", 2));
        let other = other.expect("there are two partitions");
        sink.fail_next(ErrorKind::Unavailable);
        partitions.push(None, outgoing(1, "t"));
        assert!(matches!(partitions.next().await, Outcome::Failed(_)));
        partitions.push(None, outgoing(2, &other));
        assert!(matches!(partitions.next().await, Outcome::Taken(outgoing) if outgoing.id == 2));
        assert_eq!(partitions.len(), 1, "the clock stands still, and so does the first one");
    }

    #[tokio::test]
    async fn another_number_counts_when_nothing_is_under_way() {
        let (mut partitions, _) = setup(1);
        partitions.push(None, outgoing(1, "t"));
        partitions.set_count(3);
        partitions.push(None, outgoing(2, "t"));
        assert_eq!((partitions.senders.len(), partitions.is_one()), (1, false));
        for _ in 0..2 {
            assert!(matches!(partitions.next().await, Outcome::Taken(_)));
        }
        partitions.push(None, outgoing(3, "t"));
        assert_eq!(partitions.senders.len(), 3);
    }
}
