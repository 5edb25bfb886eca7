//! A unified namespace: each node of a foreign server below the topic of its browse path.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use iiot_core::testing::{Mosquitto, MosquittoOptions, Peers, free_port};
use iiot_stories::{Edge, EdgeOptions, Messages};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_a_foreign_server_lie_where_their_browse_paths_say() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (data, truth) = (folder.path().join("edge"), folder.path().join("truth"));
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let port = free_port();
    let arguments = ["--truth", &truth.display().to_string(), "--counters", "1", "--interval-ms", "200"];
    let _server = peers.node("counter.mjs", port, &arguments).expect("the server starts");
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let messages = Messages::new(peers.subscriber("127.0.0.1", broker.port(), "#").expect("a subscriber"));
    let entry = |group: &str, routing: &str| {
        json!({
            "EndpointUrl": format!("opc.tcp://127.0.0.1:{port}"), "UseSecurity": false, "DataSetWriterGroup": group,
            "WriterGroupQueueName": "plant/{WriterGroup}", "DataSetPublishingInterval": 200, "DataSetRouting": routing,
            "WriterGroupPartitions": 4,
            "OpcNodes": [
                { "Id": "i=2258", "DataSetFieldId": "time" },
                { "Id": "nsu=urn:iiot:peer:counter;s=Counter.0", "DataSetFieldId": "count" },
                { "Id": "nsu=urn:iiot:peer:counter;s=Counter.0", "DataSetFieldId": "count again" },
            ],
        })
    };
    let entries = json!([entry("a", "UseBrowseNames"), entry("b", "UseBrowseNamesWithNamespaceIndex")]);
    let sink = format!("mqtt://127.0.0.1:{}", broker.port());
    let mut edge = Edge::start(&EdgeOptions { published_nodes: &entries, sink: &sink, data: &data });
    let expected = BTreeMap::from(
        [
            ("plant/a/Objects/Server/ServerStatus/CurrentTime", "time"),
            ("plant/a/Objects/Counter.0", "count"),
            ("plant/a/Objects/Counter.0_2", "count again"),
            ("plant/b/Objects/Server/ServerStatus/CurrentTime", "time"),
            ("plant/b/Objects/1:Counter.0", "count"),
            ("plant/b/Objects/1:Counter.0_2", "count again"),
        ]
        .map(|(topic, field)| (topic.to_owned(), field.to_owned())),
    );
    let deadline = Instant::now() + PATIENCE;
    loop {
        let data = messages.all().into_iter().filter(|message| message.body["Messages"].is_array());
        let fields = data.flat_map(|message| {
            let fields = message.published();
            fields.into_iter().map(move |field| (message.topic.clone(), field.field))
        });
        let found: BTreeMap<String, String> = fields.collect();
        if found == expected {
            break;
        }
        assert!(Instant::now() < deadline, "{found:#?}\n{}", edge.process.said());
        let _ = messages.wait_until(Duration::from_millis(200), |_| false);
    }
    assert!(edge.process.said().contains("would have the topic of another field"), "{}", edge.process.said());
    assert!(edge.stop(), "{}", edge.process.said());
}
