use std::collections::HashMap;
use std::sync::Arc;

use iiot::ErrorKind;
use iiot::core::testing::within;
use serde_json::{Value, json};

use super::{PATIENCE, Plant, node, parsed};
use crate::Columns;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_of_a_read_say_what_the_read_says() {
    let plant = Plant::start();
    let twin = plant.twin().await;
    let names = ["Double", "Int32", "Boolean", "String", "Int64", "Nowhere", "Double.Array"];
    let mut nodes: Vec<_> = names.iter().map(|name| json!({ "node": node(name) })).collect();
    nodes.push(json!({ "node": "what" }));
    let request = plant.about(json!({ "nodes": nodes, "encoding": "raw" }));
    let read = parsed(&twin.call("read", request.clone()).await.unwrap());
    let columns = twin.read_columns(request).await.unwrap();
    assert_eq!(columns.node, (0..8).collect::<Vec<u32>>());
    let (arrays, others): (HashMap<_, _>, _) = (columns.arrays.iter().collect(), others(&columns));
    for (row, result) in read["results"].as_array().unwrap().iter().enumerate() {
        let status = result["status"]["code"].as_u64().unwrap();
        assert_eq!(u64::from(columns.status[row]), status, "{row}");
        if let Some(array) = arrays.get(&(row as u32)) {
            assert_eq!(json!(array), result["value"], "{row}");
            continue;
        }
        match (others.get(&(row as u32)), result["value"].as_f64(), result["value"].as_bool()) {
            (Some(other), ..) => assert_eq!(*other, result["value"], "{row}"),
            (None, Some(number), _) => assert_eq!(columns.value[row].to_bits(), number.to_bits(), "{row}"),
            (None, _, Some(truth)) => assert_eq!(columns.value[row] == 1.0, truth, "{row}"),
            (None, None, None) => assert!(columns.value[row].is_nan() && result["value"].is_null(), "{row}: {result}"),
        }
        assert_eq!(columns.source_timestamp[row] == i64::MIN, result["sourceTimestamp"].is_null(), "{row}");
    }
    assert!(others.contains_key(&3), "the text is not lost: {others:?}");
    assert_eq!(arrays, HashMap::from([(6, [0.5, -0.25].as_slice())]));
    twin.close().await;
    let closed = twin.read_columns(plant.about(json!({ "nodes": [] }))).await.unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_in_columns_misses_nothing_and_ends_when_it_is_closed() {
    let plant = Plant::start();
    let twin = plant.twin().await;
    let counter = json!({ "node": node("Counter"), "queueSize": 100, "samplingIntervalMs": 0.0 });
    let nodes = json!([counter, { "node": node("String") }, { "node": node("Nowhere") }, { "node": "what" }]);
    let request = plant.about(json!({ "nodes": nodes, "publishingIntervalMs": 200, "encoding": "raw" }));
    let items = Arc::new(twin.open_columns(request).await.unwrap());
    let (mut seen, mut text, mut told) = (Vec::new(), None, Vec::new());
    while seen.len() < 20 {
        let columns = within("values", PATIENCE, items.next(10_000)).await.unwrap().unwrap();
        assert!(columns.told.is_empty() || parsed(&columns.told)["gap"].is_null(), "{:?}", columns.told);
        told.extend((!columns.told.is_empty()).then(|| parsed(&columns.told)));
        let rows = columns.node.iter().zip(&columns.value);
        seen.extend(rows.filter(|(node, _)| **node == 0).map(|(_, value)| *value as u32));
        text = others(&columns).into_values().next().or(text);
    }
    assert!(seen.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seen:?}");
    assert!(text.is_some_and(|text| text.is_string()));
    let states: Vec<_> = told.iter().filter_map(|told| told["items"].as_array()).flatten().collect();
    let bad: Vec<_> = states.iter().filter(|state| state["status"]["code"] != 0).map(|state| &state["item"]).collect();
    assert!(bad.contains(&&json!(2)) && bad.contains(&&json!(3)), "{states:?}");
    let waiting = tokio::spawn({
        let items = Arc::clone(&items);
        async move { while items.next(1).await.unwrap().is_some() {} }
    });
    within("the end", PATIENCE, items.close()).await;
    within("the end of the reader", PATIENCE, waiting).await.unwrap();
    assert_eq!(items.next(1).await.unwrap(), None);
    let after = plant.about(json!({ "nodes": [], "after": 7 }));
    assert_eq!(twin.open_columns(after).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    twin.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_first_calls_at_once_are_all_answered() {
    let plant = Plant::start();
    let twin = Arc::new(plant.twin().await);
    // A busy machine needs longer for all of them than for one.
    let request = plant.about(json!({ "nodes": [{ "node": "i=2258" }], "header": { "timeoutMs": 60_000 } }));
    let calls = (0..1000).map(|_| {
        let (twin, request) = (Arc::clone(&twin), request.clone());
        tokio::spawn(async move { twin.call("read", request).await })
    });
    for call in futures::future::join_all(calls).await {
        let answer = parsed(&call.unwrap().unwrap());
        assert_eq!(answer["results"][0]["status"]["code"], 0, "{answer}");
    }
    twin.close().await;
}

#[test]
fn what_is_no_publish_response_is_refused() {
    let wrong = Columns::of_publish_responses(&[bytes::Bytes::from_static(b"what")]).unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Corrupt);
    assert!(Columns::of_publish_responses(&[]).unwrap().is_empty());
}

fn others(columns: &Columns) -> HashMap<u32, Value> {
    let values =
        if columns.others.is_empty() { Vec::new() } else { parsed(&columns.others).as_array().unwrap().clone() };
    assert_eq!(columns.other_rows.len(), values.len());
    columns.other_rows.iter().copied().zip(values).collect()
}
