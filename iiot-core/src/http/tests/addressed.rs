//! A capability of many things, one of which stands in the path.

use std::sync::LazyLock;

use serde_json::json;

use self::pump::{LocalPump, Pump};
use super::*;
use crate::error::Result;
use crate::operation::{Beside, Dispatch, Operation, Principal, Reply, one};

mod pump {
    #![allow(dead_code, reason = "the table makes a remote pump too")]

    use async_trait::async_trait;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use crate::error::Result;

    crate::operations! {
        /// Pumps.
        pub(super) trait Pump / RemotePump = "pump" of name as "pumps" {
            calls {
                /// Says what it was asked.
                ask(AskRequest) -> AskRequest, Reader, Reads;
                /// The same, for operators.
                tell(AskRequest) -> AskRequest, Operator, Changes;
            }
        }
    }

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub(super) struct AskRequest {
        /// Which pump.
        pub(super) name: String,
        #[serde(default)]
        pub(super) marks: Vec<u32>,
    }

    #[derive(Debug)]
    pub(super) struct LocalPump;

    #[async_trait]
    impl Pump for LocalPump {
        async fn ask(&self, request: AskRequest) -> Result<AskRequest> {
            Ok(request)
        }

        async fn tell(&self, request: AskRequest) -> Result<AskRequest> {
            Ok(request)
        }
    }
}

fn parts(folder: &TempDir) -> (HttpParts, String) {
    let keys = Arc::new(ApiKeys::open(folder.path().join("keys.json")).unwrap());
    let audit = Arc::new(AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
    let key = key(&keys, Role::Reader);
    let mut parts = HttpParts::new("pumps", keys, audit, Arc::new(SystemClock));
    parts.capabilities.push(Arc::new(Arc::new(LocalPump) as Arc<dyn Pump>));
    (parts, key)
}

#[tokio::test]
async fn what_is_addressed_stands_in_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let (parts, key) = parts(&folder);
    let server = HttpServer::start(HttpOptions::new(([127, 0, 0, 1], 0)), parts).await.unwrap();
    let mut client = Client::connect(server.address()).await;
    let asked = client.post(&key, "pumps/opc.tcp%3A%2F%2Fplc%3A4840/ask", r#"{"marks":[1]}"#).await;
    assert_eq!(asked.json(), json!({ "name": "opc.tcp://plc:4840", "marks": [1] }));
    let asked = client.get(&key, "/v1/pumps/%22%2F/ask?marks=1&marks=2").await;
    assert_eq!(asked.json(), json!({ "name": "\"/", "marks": [1, 2] }));
    assert_eq!(client.get(&key, "/v1/pumps//ask").await.json()["name"], "");
    for (body, pointer) in [(r#"{"name":"b"}"#, "#/name"), (r#"{"marks":["x"]}"#, "#/marks/0"), ("[]", "#")] {
        let answer = client.post(&key, "pumps/a/ask", body).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (400, &json!(pointer)), "{body}");
    }
    assert_eq!(client.get(&key, "/v1/pumps/a/ask?name=b").await.status, 400);
    assert_eq!(client.get(&key, "/v1/pumps/%FF/ask").await.status, 400);
    assert_eq!(client.post(&key, "pumps/a/tell", "{}").await.status, 403);
    for path in ["pump/ask", "pumps/ask", "pumps/a/b/ask", "pumps/a/none", "pumps/{}/none", "pumps/a/ask/"] {
        assert_eq!(client.post(&key, path, "{}").await.status, 404, "{path}");
    }
    let document = client.get("", "/openapi.json").await.json();
    let ask = &document["paths"]["/v1/pumps/{name}/ask"];
    let place = json!({ "name": "name", "in": "path", "required": true, "schema": { "type": "string" }, "description": "Which pump." });
    assert_eq!((&ask["post"]["parameters"][0], &ask["get"]["parameters"][0]), (&place, &place));
    assert_eq!(ask["get"]["parameters"][1]["name"], "marks");
    assert_eq!(document["components"]["schemas"]["AskRequest"]["properties"].as_object().unwrap().len(), 1);
    let page = client.get("", "/").await.body;
    assert!(page.contains("data-path=\"/v1/pumps/{name}/ask\"") && page.contains("<input name=\"name\""), "{page}");
}

/// The pumps of several halls, which know nothing of halls.
#[derive(Debug)]
struct Halls;

static OF_HALLS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let beside = |operation: &Operation| Operation { of: None, ..*operation }.beside("hall", "halls", "Which hall.");
    pump::OPERATIONS.iter().map(beside).collect()
});

#[async_trait::async_trait]
impl Dispatch for Halls {
    fn operations(&self) -> &'static [Operation] {
        &OF_HALLS
    }

    async fn dispatch(&self, name: &str, _: &Principal, request: &[u8]) -> Result<Reply> {
        let Beside { of, request } = Beside::read("hall", request)?;
        one(name, &json!({ "hall": of, "asked": String::from_utf8_lossy(request) }))
    }
}

#[tokio::test]
async fn what_stands_beside_a_request_stands_in_the_path_before_the_capability() {
    let folder = tempfile::tempdir().unwrap();
    let (mut parts, key) = parts(&folder);
    parts.capabilities.push(Arc::new(Halls));
    let server = HttpServer::start(HttpOptions::new(([127, 0, 0, 1], 0)), parts).await.unwrap();
    let mut client = Client::connect(server.address()).await;
    let asked = client.post(&key, "halls/north%2F1/pump/ask", r#"{"name":"p","marks":[1]}"#).await;
    assert_eq!(asked.json(), json!({ "hall": "north/1", "asked": r#"{"name":"p","marks":[1]}"# }));
    let asked = client.get(&key, "/v1/halls/south/pump/ask?name=p").await;
    assert_eq!(asked.json(), json!({ "hall": "south", "asked": r#"{"name":"p"}"# }));
    assert_eq!(client.post(&key, "halls/south/pump/ask", r#"{},"hall":"north""#).await.status, 400);
    assert_eq!(client.post(&key, "halls/south/pump/tell", r#"{"name":"p"}"#).await.status, 403);
    for path in ["halls/pump/ask", "halls/south/ask", "halls/south/pump/none", "halls/a/b/pump/ask"] {
        assert_eq!(client.post(&key, path, "{}").await.status, 404, "{path}");
    }
    let document = client.get("", "/openapi.json").await.json();
    let ask = &document["paths"]["/v1/halls/{hall}/pump/ask"];
    assert_eq!(
        (&ask["post"]["operationId"], &ask["get"]["operationId"]),
        (&json!("halls.pump.ask"), &json!("halls.pump.ask.get"))
    );
    assert_eq!(
        (&ask["post"]["parameters"][0]["name"], &ask["post"]["parameters"][0]["description"]),
        (&json!("hall"), &json!("Which hall."))
    );
    assert_eq!(document["paths"]["/v1/pumps/{name}/ask"]["post"]["operationId"], "pump.ask");
    assert!(client.get("", "/").await.body.contains("data-path=\"/v1/halls/{hall}/pump/ask\""));
}

#[tokio::test]
async fn another_server_mounts_the_same_paths() {
    let folder = tempfile::tempdir().unwrap();
    let (parts, key) = parts(&folder);
    let router = HttpRouter::new(parts, HttpLimits::default()).unwrap();
    let ask = |key: &str| {
        let request = hyper::Request::post("/v1/pumps/a/ask").header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {key}"));
        request.body(http_body_util::Full::new(bytes::Bytes::from("{}"))).unwrap()
    };
    let peer = ([127, 0, 0, 1], 1).into();
    let answer = router.answer(ask(&key), peer).await;
    assert_eq!(answer.status(), 200);
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, r#"{"name":"a","marks":[]}"#);
    assert_eq!(router.answer(ask("wrong"), peer).await.status(), 401);
    router.stop(PATIENCE).await;
}
