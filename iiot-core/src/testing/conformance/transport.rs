//! What every [`Transport`] keeps.

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};

use crate::error::ErrorKind;
use crate::testing::within;
use crate::transport::{Message, QualityOfService, Transport};

/// Runs the contract of [`Transport`]; `connect` makes clients of one hub.
///
/// # Panics
/// Where the contract is broken.
pub async fn transport<T: Transport>(connect: impl AsyncFn() -> T) {
    let case = Case { sender: Box::new(connect().await), receiver: Box::new(connect().await), root: root() };
    case.carries_every_part().await;
    case.filters_select().await;
    case.overlapping_subscriptions_get_one_copy_each().await;
    case.streams_of_one_filter_are_independent().await;
    case.keeps_order().await;
    case.loses_nothing_for_a_slow_subscriber().await;
    case.carries_large_and_small_payloads().await;
    case.keeps_retained_messages().await;
    case.refuses_malformed_topics().await;
    case.closes().await;
}

struct Case {
    sender: Box<dyn Transport>,
    receiver: Box<dyn Transport>,
    root: String,
}

type Messages = BoxStream<'static, Message>;

impl Case {
    fn topic(&self, rest: &str) -> String {
        format!("{}/{rest}", self.root)
    }

    async fn subscribe(&self, rest: &str) -> Messages {
        let filter = self.topic(rest);
        within("subscribe", PATIENCE, self.receiver.subscribe(&filter)).await.expect("subscribe succeeds")
    }

    async fn publish(&self, message: Message) {
        within("publish", PATIENCE, self.sender.publish(message)).await.expect("publish succeeds");
    }

    async fn publish_text(&self, rest: &str, payload: &str) {
        self.publish(Message::new(self.topic(rest), payload.to_owned())).await;
    }

    async fn carries_every_part(&self) {
        let mut messages = self.subscribe("parts").await;
        for quality in [QualityOfService::AtLeastOnce, QualityOfService::AtMostOnce] {
            let sent = Message {
                content_type: Some("application/json".into()),
                properties: vec![("a".into(), "1".into()), ("a".into(), "ü".into())],
                expiry: Some(Duration::from_secs(60)),
                response_topic: Some("answers/here".into()),
                correlation: Some(Bytes::from_static(&[0, 255])),
                quality,
                ..Message::new(self.topic("parts"), "{}")
            };
            self.publish(sent.clone()).await;
            let mut got = next(&mut messages).await;
            // A hub may add properties of its own behind ours, and counts expiry down.
            got.properties.truncate(sent.properties.len());
            assert_eq!(Message { expiry: None, ..got }, Message { expiry: None, ..sent });
        }
    }

    async fn filters_select(&self) {
        let mut one_level = self.subscribe("f/+/x").await;
        let mut rest = self.subscribe("f/deep/#").await;
        for topic in ["f/a/x", "f/a/y", "f/a/b/x", "f/deep", "f/deep/1/2", "f/deep/x", "f/z/x"] {
            self.publish_text(topic, topic).await;
        }
        assert_eq!(texts(&mut one_level, 3).await, ["f/a/x", "f/deep/x", "f/z/x"]);
        assert_eq!(texts(&mut rest, 3).await, ["f/deep", "f/deep/1/2", "f/deep/x"]);
        nothing_more(&mut one_level).await;
    }

    async fn overlapping_subscriptions_get_one_copy_each(&self) {
        let (mut exact, mut wide) = (self.subscribe("o/a").await, self.subscribe("o/#").await);
        self.publish_text("o/a", "1").await;
        self.publish_text("o/a", "2").await;
        assert_eq!(texts(&mut exact, 2).await, ["1", "2"]);
        assert_eq!(texts(&mut wide, 2).await, ["1", "2"]);
    }

    async fn streams_of_one_filter_are_independent(&self) {
        let (mut first, mut second, third) =
            (self.subscribe("s").await, self.subscribe("s").await, self.subscribe("s").await);
        drop(third);
        self.publish_text("s", "1").await;
        assert_eq!(texts(&mut first, 1).await, ["1"]);
        assert_eq!(texts(&mut second, 1).await, ["1"]);
        drop(first);
        self.publish_text("s", "2").await;
        assert_eq!(texts(&mut second, 1).await, ["2"]);
    }

    async fn keeps_order(&self) {
        let mut messages = self.subscribe("order").await;
        let numbers: Vec<String> = (0..500).map(|n| n.to_string()).collect();
        let all = join_all(numbers.iter().map(|n| self.publish_text("order", n)));
        let (_, got) = futures::join!(all, texts(&mut messages, numbers.len()));
        assert!(got == numbers, "in the order of publishing, not {got:?}");
    }

    async fn loses_nothing_for_a_slow_subscriber(&self) {
        let mut slow = self.subscribe("slow").await;
        let numbers: Vec<String> = (0..700).map(|n| n.to_string()).collect();
        let mut all = Box::pin(join_all(numbers.iter().map(|n| self.publish_text("slow", n))).fuse());
        let mut got = Vec::new();
        // The first look at the stream comes after all publishes have started.
        assert!(all.as_mut().now_or_never().is_none());
        let (_, rest) = futures::join!(&mut all, texts(&mut slow, numbers.len()));
        got.extend(rest);
        assert!(got == numbers, "in the order of publishing, not {got:?}");
    }

    async fn carries_large_and_small_payloads(&self) {
        let mut messages = self.subscribe("size").await;
        let largest = self.sender.max_payload().unwrap_or(1 << 20).min(1 << 20);
        for size in [0, 1, 127, 128, 16_383, 16_384, 65_536, largest] {
            let payload = Bytes::from_iter((0..size).map(|n| (n % 251) as u8));
            self.publish(Message::new(self.topic("size"), payload.clone())).await;
            assert!(next(&mut messages).await.payload == payload, "a payload of {size} bytes arrives unchanged");
        }
    }

    async fn keeps_retained_messages(&self) {
        let retained =
            |payload: &str| Message { retain: true, ..Message::new(self.topic("kept/1"), payload.to_owned()) };
        let mut early = self.subscribe("kept/#").await;
        self.publish(retained("old")).await;
        self.publish(retained("new")).await;
        for expected in ["old", "new"] {
            let live = next(&mut early).await;
            assert_eq!((live.payload.as_ref(), live.retain), (expected.as_bytes(), false));
        }
        let kept = next(&mut self.subscribe("kept/+").await).await;
        assert_eq!((kept.payload.as_ref(), kept.retain), ("new".as_bytes(), true));
        self.publish(retained("")).await;
        self.publish_text("kept/1", "live").await;
        let mut late = self.subscribe("kept/#").await;
        self.publish_text("kept/1", "later").await;
        assert_eq!(texts(&mut late, 1).await, ["later"]);
    }

    async fn refuses_malformed_topics(&self) {
        for topic in ["", "a/+", "a/#"] {
            let error = self.sender.publish(Message::new(topic, "x")).await.expect_err("no topic to publish to");
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{topic:?}");
        }
        for filter in ["", "a/#/b", "a+"] {
            let refused = self.receiver.subscribe(filter).await.map(drop).expect_err("no filter");
            assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "{filter:?}");
        }
    }

    async fn closes(&self) {
        let mut messages = self.subscribe("closed").await;
        within("close", PATIENCE, self.receiver.close()).await;
        assert!(within("the stream ends", PATIENCE, messages.next()).await.is_none());
        let refused = self.receiver.subscribe("a").await.map(drop).expect_err("a closed transport refuses");
        assert_eq!(refused.kind(), ErrorKind::Closed);
        let refused = self.receiver.publish(Message::new("a", "x")).await.expect_err("a closed transport refuses");
        assert_eq!(refused.kind(), ErrorKind::Closed);
        self.publish_text("others", "go on").await;
        self.sender.close().await;
    }
}

async fn next(messages: &mut Messages) -> Message {
    within("the next message", PATIENCE, messages.next()).await.expect("the stream goes on")
}

async fn texts(messages: &mut Messages, count: usize) -> Vec<String> {
    let mut texts = Vec::with_capacity(count);
    for _ in 0..count {
        texts.push(String::from_utf8_lossy(&next(messages).await.payload).into_owned());
    }
    texts
}

/// Nothing can be waited for here, so this only catches what has come already.
async fn nothing_more(messages: &mut Messages) {
    assert_eq!(messages.next().now_or_never().flatten(), None);
}

fn root() -> String {
    format!("conformance/{}", uuid::Uuid::new_v4().simple())
}

const PATIENCE: Duration = Duration::from_secs(20);
