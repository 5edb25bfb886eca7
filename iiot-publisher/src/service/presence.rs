//! Tells brokers whether the publisher is there: the shell around [`StatusReports`].

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use iiot_core::Result;

use super::status::Shared;
use crate::plan::Plan;
use crate::publisher_status::{PublisherState, StatusReports};
use crate::sink::Sink;

/// Who is told, and as whom.
#[derive(Debug, Clone)]
pub(super) struct Audience {
    sink: Arc<dyn Sink>,
    publisher_id: String,
}

impl PartialEq for Audience {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.sink, &other.sink) && self.publisher_id == other.publisher_id
    }
}

/// The sinks of a plan that keep the last message, each once for each PublisherId.
pub(super) fn audiences(plan: &Plan, shared: &Shared) -> Vec<Audience> {
    let parts = &shared.parts;
    let mut audiences: Vec<Audience> = Vec::new();
    for group in &plan.writer_groups {
        let sink = parts.sinks.chosen_or_first(group.sink.as_ref());
        let publisher_id = group.publisher_id.clone().unwrap_or_else(|| parts.publisher_id.clone());
        let audience = Audience { sink, publisher_id };
        if audience.sink.carries().retain && !audiences.contains(&audience) {
            audiences.push(audience);
        }
    }
    audiences
}

/// Tells them until the publisher ends, and that it does.
pub(super) async fn tell(shared: Arc<Shared>, interval: Duration) {
    let mut teller = Teller { told: Vec::new(), sending: FuturesUnordered::new(), interval, shared };
    let (clock, close) = (Arc::clone(teller.shared.clock()), teller.shared.close.clone());
    let mut next = clock.now();
    loop {
        tokio::select! {
            () = close.cancelled() => break,
            Some(sent) = teller.sending.next() => teller.sent(sent),
            () = clock.sleep_until(next) => {
                teller.tell(teller.shared.publisher_state());
                next = clock.now() + TICK;
            }
        }
    }
    // What is under way must not arrive after the last word.
    let end = clock.now() + PATIENCE;
    let last = async {
        while let Some(sent) = teller.sending.next().await {
            teller.sent(sent);
        }
        teller.tell(PublisherState::Disabled);
        while teller.sending.next().await.is_some() {}
    };
    tokio::select! {
        () = last => {}
        () = clock.sleep_until(end) => {}
    }
}

/// An audience, and what became of the message to it.
type Sent = (Audience, Result<()>);

struct Teller {
    told: Vec<Told>,
    sending: FuturesUnordered<BoxFuture<'static, Sent>>,
    interval: Duration,
    shared: Arc<Shared>,
}

struct Told {
    audience: Audience,
    reports: StatusReports,
    /// One message at a time.
    busy: bool,
}

impl Teller {
    fn tell(&mut self, state: PublisherState) {
        self.gather();
        let (now, utc) = (self.shared.clock().now(), self.shared.clock().utc());
        for Told { audience, reports, busy } in self.told.iter_mut().filter(|told| !told.busy) {
            let Some(message) = reports.due(&audience.publisher_id, state, now, utc) else { continue };
            *busy = true;
            let audience = audience.clone();
            let send = async move {
                let sent = audience.sink.send(message).await;
                (audience, sent)
            };
            self.sending.push(Box::pin(send));
        }
    }

    /// Takes over who is to be told now.
    fn gather(&mut self) {
        let wanted = self.shared.audiences.lock().clone();
        self.told.retain(|told| wanted.contains(&told.audience));
        for audience in wanted {
            if !self.told.iter().any(|told| told.audience == audience) {
                self.told.push(Told { audience, reports: StatusReports::new(self.interval), busy: false });
            }
        }
    }

    fn sent(&mut self, (audience, sent): Sent) {
        let Some(told) = self.told.iter_mut().find(|told| told.audience == audience) else { return };
        told.busy = false;
        if sent.is_err() {
            told.reports.failed();
        }
    }
}

const TICK: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::session::MemoryServer;
    use iiot_core::testing::within;
    use iiot_core::transport::Message;
    use serde_json::Value;

    use super::*;
    use crate::service::{Parts, Publisher};
    use crate::sink::MemorySink;

    #[tokio::test]
    async fn a_broker_hears_of_the_beginning_the_work_and_the_end() {
        let (server, sink) = (MemoryServer::new(), Arc::new(MemorySink::default()));
        let plan = Plan::of_nodes(server.url(), vec!["ns=1;s=A".parse().unwrap()], Duration::from_secs(1));
        let parts = Parts::new(Arc::new(server.connector()), Arc::clone(&sink) as _, "edge");
        let parts = Parts { status_interval: Some(Duration::from_secs(3600)), ..parts };
        let publisher = Publisher::start(&plan, parts);
        let told = |messages: &[Message]| -> Vec<u64> {
            let of_status = messages.iter().filter(|message| message.topic == "edge/status" && message.retain);
            let value = |payload: &[u8]| serde_json::from_slice::<Value>(payload).unwrap();
            of_status.map(|message| value(&message.payload)["Status"].as_u64().unwrap()).collect()
        };
        let operational = sink.wait_for(|messages| told(messages).last() == Some(&2));
        within("the status", Duration::from_secs(20), operational).await;
        publisher.stop(Duration::from_secs(5)).await;
        let told = told(&sink.messages());
        assert_eq!(told.last(), Some(&0));
        assert!(told.iter().all(|state| [4, 2, 0].contains(state)), "{told:?}");
    }
}
