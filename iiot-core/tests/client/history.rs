//! History of servers whose stacks share no code with ours.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::SystemClock;
use iiot_core::session::{
    Connector, CyclicReads, EventField, EventQuery, HistoryExt, HistoryRange, Identity, Item, ItemState, Processing,
    SessionExt, Subscription, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::testing::{Peers, free_port, within};
use iiot_core::time::UtcTime;
use iiot_core::ua::{
    DataValue, DateTime, MessageSecurityMode, NodeId, ObjectId, PerformUpdateType, StatusCode, Variant,
};

use crate::events::{connect, node, start};
use crate::setup::{connector, options};

/// The server's values begin here, one a second.
fn second(number: u64) -> UtcTime {
    "2026-01-01T00:00:00Z".parse::<UtcTime>().unwrap() + Duration::from_secs(number)
}

fn numbers(values: &[DataValue]) -> Vec<f64> {
    let number = |value: &DataValue| match value.value {
        Some(Variant::Double(number)) => number,
        ref other => panic!("{other:?}"),
    };
    values.iter().map(number).collect()
}

fn counted(range: std::ops::Range<u32>) -> Vec<f64> {
    range.map(f64::from).collect()
}

fn value(number: f64, time: UtcTime) -> DataValue {
    DataValue { source_timestamp: Some(DateTime::from(time)), ..DataValue::value_only(number) }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua_gives_its_history_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(&peers, "node");
    let session = connect(&url).await;
    let trend = node(session.as_ref(), "Trend");
    let range = HistoryRange::between(second(0), second(249)).in_pages_of(100);
    let mut pages = session.history_raw(&trend, range).unwrap();
    let mut sizes = Vec::new();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        sizes.push(page.len());
        all.extend(numbers(&page));
    }
    assert_eq!((sizes, all), (vec![100, 100, 50], counted(0..250)));
    // A reading that is given up leaves the server free for the next ones.
    for _ in 0..30 {
        let mut pages = session.history_raw(&trend, range).unwrap();
        assert_eq!(pages.next().await.unwrap().map(|page| page.len()), Some(100));
    }
    let last = HistoryRange { end: Some(second(249)), page: 3, ..Default::default() };
    let page = session.history_raw(&trend, last).unwrap().next().await.unwrap().unwrap();
    assert_eq!(numbers(&page), [249.0, 248.0, 247.0]);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua_computes_averages_and_refuses_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(&peers, "node");
    let session = connect(&url).await;
    let trend = node(session.as_ref(), "Trend");
    let processing = Processing {
        aggregate: ObjectId::AggregateFunction_Average.into(),
        interval_ms: 10_000.0,
        configuration: None,
    };
    let averages = session.history_processed(&trend, second(0), second(30), processing.clone()).collect(100).await;
    assert_eq!(numbers(&averages.unwrap()), [4.5, 14.5, 24.5]);
    let unknown = Processing { aggregate: NodeId::new(0, 85), ..processing };
    let error = session.history_processed(&trend, second(0), second(30), unknown).collect(100).await.unwrap_err();
    assert!(error.status().is_bad(), "{error:?}");
    let error = session.history_at(&trend, &[second(3)]).collect(100).await.unwrap_err();
    assert_eq!(error.status(), StatusCode::BadHistoryOperationUnsupported);
    let error = session.history_update_values(&trend, PerformUpdateType::Insert, Vec::new()).await.unwrap_err();
    assert_eq!(error.status(), StatusCode::BadServiceUnsupported);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_in_the_history_of_asyncua_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(&peers, "python");
    let session = connect(&url).await;
    let trend = node(session.as_ref(), "Trend");
    let read = async |from, to| {
        let range = HistoryRange::between(second(from), second(to));
        numbers(&session.history_raw(&trend, range).unwrap().collect(1000).await.unwrap())
    };
    assert_eq!(read(0, 249).await, counted(0..250), "over three pages");

    let values = || vec![value(-5.0, second(5)), value(-300.0, second(300))];
    let change = async |how| session.history_update_values(&trend, how, values()).await.unwrap();
    let inserted = change(PerformUpdateType::Insert).await;
    assert_eq!(inserted, [StatusCode::BadEntryExists, StatusCode::GoodEntryInserted]);
    assert_eq!((read(5, 5).await, read(300, 300).await), (vec![5.0], vec![-300.0]));
    assert_eq!(change(PerformUpdateType::Update).await, [StatusCode::GoodEntryReplaced; 2]);
    assert_eq!(read(4, 6).await, [4.0, -5.0, 6.0]);

    let deleted = session.history_delete_at(&trend, &[second(5), second(1000)]).await.unwrap();
    assert_eq!(deleted, [StatusCode::Good, StatusCode::BadNoEntryExists]);
    assert_eq!(change(PerformUpdateType::Replace).await, [StatusCode::BadNoEntryExists, StatusCode::GoodEntryReplaced]);
    session.history_delete(&trend, second(10), second(240), false).await.unwrap();
    assert_eq!(read(0, 249).await, [counted(0..5), counted(6..10), counted(240..250)].concat());
    let unknown = node(session.as_ref(), "Nothing");
    let error = session.history_delete(&unknown, second(0), second(1), false).await.unwrap_err();
    assert_eq!(error.status(), StatusCode::BadNodeIdUnknown);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asyncua_gives_the_events_that_it_has_stored() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = start(&peers, "python");
    let session = connect(&url).await;
    for severity in [100, 200, 300] {
        server.send(&format!("raise {severity} 1.5 stored")).unwrap();
        server.expect_line("DONE", Duration::from_secs(20)).unwrap();
    }
    let query = EventQuery::new(["Severity", "Message"].map(EventField::new));
    let range = HistoryRange { start: Some(second(0)), page: 100, ..Default::default() };
    let server_node = ObjectId::Server.into();
    let stored = || async {
        let mut pages = session.history_events(&server_node, range, &query).unwrap();
        pages.next().await.unwrap().unwrap_or_default()
    };
    let events = within("the events are stored", Duration::from_secs(20), async {
        loop {
            let events = stored().await;
            if events.len() >= 3 {
                return events;
            }
        }
    })
    .await;
    let severities: Vec<_> = events.iter().map(|fields| fields[0].clone()).collect();
    assert_eq!(severities, [100_u16, 200, 300].map(Variant::from));
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_registered_and_read_by_their_handles() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    for kind in ["node", "python"] {
        let (_server, url) = start(&peers, kind);
        let session = connect(&url).await;
        let handles = session.register_nodes(vec![node(session.as_ref(), "Trend")]).await.unwrap();
        assert!(session.read_values(&handles).await.unwrap()[0].status().is_good(), "{kind}");
        session.unregister_nodes(handles).await.unwrap();
        session.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cyclic_reads_go_on_with_new_handles_after_the_server_was_restarted() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let port = free_port();
    let (mut server, url) = peers.node("events.mjs", port, &[]).unwrap();
    let mut options = options(&url, MessageSecurityMode::None, &Identity::Anonymous);
    options.request_timeout = Duration::from_secs(2);
    options.max_backoff = Duration::from_secs(1);
    let session = connector().await.connect(options).await.unwrap();
    let items = vec![Item::new(1, node(session.as_ref(), "Trend")), Item::new(2, node(session.as_ref(), "Nothing"))];
    let fast = SubscriptionOptions { publishing_interval: Duration::from_millis(50), ..Default::default() };
    let mut reads = CyclicReads::new(Arc::clone(&session), Arc::new(SystemClock), fast, items).with_registered_nodes();
    let first = session.namespaces();
    let mut failed = false;
    for restarted in [false, true] {
        let values = async {
            let mut values = 0;
            while values < 5 {
                match reads.next().await.unwrap() {
                    SubscriptionEvent::Data(batch) => {
                        assert_eq!(batch.row(0).client_handle, 1);
                        assert_eq!(batch.row(0).value.decode().unwrap(), Variant::from(249.0));
                        values += i32::from(restarted != Arc::ptr_eq(&first, &session.namespaces()));
                        reads.acknowledge(batch.token);
                    }
                    SubscriptionEvent::Items(states) => {
                        failed |= states.iter().any(|(handle, state)| {
                            *handle == 2 && matches!(state, ItemState::Failed { status, .. } if status.is_bad())
                        });
                    }
                    _ => {}
                }
            }
        };
        within("values are read", Duration::from_secs(60), values).await;
        if !restarted {
            server.kill();
            (server, _) = peers.node("events.mjs", port, &[]).unwrap();
        }
    }
    assert!(failed, "the node that is not there is told of");
    reads.close().await;
    session.close().await;
}
