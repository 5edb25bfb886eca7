//! A PublishResponse of 1,000 values, from the bytes to every value looked at.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use iiot_core::testing::decode_publish_response;
use iiot_core::time::UtcTime;
use iiot_core::ua::{
    ContextOwned, DataChangeNotification, DataValue, DateTime, ExtensionObject, MonitoredItemNotification,
    NotificationMessage, PublishResponse, Response, Variant,
};

const VALUES: usize = 1000;
const ROUNDS: usize = 201;
/// Decodings in a row: a busy client does nothing else between two of them, an idle one finds cold caches.
const BLOCKS: [u32; 2] = [20, 1];

/// Prints one line for each kind of value.
pub fn compare() {
    kind("doubles", 20.0, |at| (at as f64 * 0.37).sin().into());
    kind("strings", 5.0, |at| format!("state {at} of the machine").into());
}

fn kind(name: &str, wanted: f64, value: impl Fn(usize) -> Variant) {
    let body = message(value);
    assert_eq!(ours(&body), general(&body), "both see the same values");
    for block in BLOCKS {
        // In turns, so that both meet the same neighbours on the machine.
        let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            our_times.extend((0..block).map(|_| timed(|| ours(&body))));
            their_times.extend((0..block).map(|_| timed(|| general(&body))));
        }
        let (own, their) = (per_value(our_times), per_value(their_times));
        let ratio = their / own;
        println!(
            "decode {name:<8} {block:2} in a row: ours {own:7.1} ns/value, async-opcua-types {their:7.1}: {ratio:5.1} times (wanted {wanted})"
        );
    }
}

fn timed(work: impl Fn() -> f64) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// The median, which the scheduler does not change.
fn per_value(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64 / VALUES as f64
}

fn ours(body: &Bytes) -> f64 {
    let batch = decode_publish_response(black_box(body)).expect("it is a PublishResponse");
    let value = |bytes: &[u8]| match bytes {
        [11, number @ ..] => f64::from_le_bytes(number.try_into().unwrap_or_default()),
        [12, text @ ..] => text.len() as f64 - 4.0,
        _ => f64::NAN,
    };
    batch.rows().map(|row| value(row.value.bytes()) + f64::from(row.client_handle)).sum()
}

fn general(body: &Bytes) -> f64 {
    let context = ContextOwned::default();
    let Ok(Response::Publish(response)) = Response::decode(black_box(body), &context.context()) else {
        panic!("it is a PublishResponse")
    };
    let data = response.notification_message.notification_data.unwrap_or_default();
    let changes = data.into_iter().filter_map(|data| data.into_inner_as::<DataChangeNotification>());
    let items = changes.flat_map(|changes| changes.monitored_items.unwrap_or_default());
    let value = |value: Option<Variant>| match value {
        Some(Variant::Double(number)) => number,
        Some(Variant::String(text)) => text.as_ref().len() as f64,
        _ => f64::NAN,
    };
    items.map(|item| value(item.value.value) + f64::from(item.client_handle)).sum()
}

fn message(value: impl Fn(usize) -> Variant) -> Bytes {
    let time = |at: usize| Some(DateTime::from(UtcTime::from_ticks(134_000_000_000_000_000 + at as i64 * 123)));
    let item = |at: usize| MonitoredItemNotification {
        client_handle: at as u32,
        value: DataValue {
            value: Some(value(at)),
            source_timestamp: time(at),
            server_timestamp: time(at),
            ..DataValue::null()
        },
    };
    let data =
        DataChangeNotification { monitored_items: Some((0..VALUES).map(item).collect()), diagnostic_infos: None };
    let response = PublishResponse {
        notification_message: NotificationMessage {
            sequence_number: 1,
            publish_time: DateTime::now(),
            notification_data: Some(vec![ExtensionObject::from_message(data)]),
        },
        ..Default::default()
    };
    let mut body = Vec::new();
    Response::from(response).encode(&mut body, &ContextOwned::default().context()).expect("it encodes");
    body.into()
}
