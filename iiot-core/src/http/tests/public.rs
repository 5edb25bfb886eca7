//! Files that anybody may fetch.

use super::*;
use crate::http::{HttpParts, PublicFile, PublicFiles, PublicServer};
use crate::operation::async_trait;
use crate::time::UtcTime;

/// One file, one that is there and cannot be read, and nothing else.
#[derive(Debug)]
struct Lists;

#[async_trait]
impl PublicFiles for Lists {
    async fn file(&self, path: &str) -> crate::Result<Option<PublicFile>> {
        match path {
            "/crl/plant.crl" => {
                let modified = UtcTime::UNIX_EPOCH;
                Ok(Some(PublicFile::new("application/pkix-crl", "list", modified, Duration::from_secs(60))))
            }
            "/crl/broken.crl" => Err(Error::new(ErrorKind::Unavailable, "find list", "the store is away")),
            _ => Ok(None),
        }
    }
}

async fn asked(client: &mut Client, method: &str, path: &str, header: &str) -> client::Answer {
    client.send(&format!("{method} {path} HTTP/1.1\r\nHost: plant\r\n{header}\r\n")).await;
    if method == "HEAD" || header.starts_with("If-None-Match") { client.head().await } else { client.answer().await }
}

/// What is so wherever the files are served.
async fn they_are_served(address: std::net::SocketAddr) {
    let mut client = Client::connect(address).await;
    let file = asked(&mut client, "GET", "/crl/plant.crl", "").await;
    assert_eq!((file.status, file.body.as_str()), (200, "list"));
    assert_eq!(file.header("content-type"), Some("application/pkix-crl"));
    assert_eq!(file.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(file.header("last-modified"), Some("thu, 01 jan 1970 00:00:00 gmt"));
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    let head = asked(&mut client, "HEAD", "/crl/plant.crl", "").await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("4")));
    let known = format!("If-None-Match: {}\r\n", file.header("etag").unwrap());
    assert_eq!(asked(&mut client, "GET", "/crl/plant.crl", &known).await.status, 304);
    for (method, path, status, code) in [
        ("GET", "/crl/other.crl", 404, "not_found"),
        ("GET", "/crl/%70lant.crl", 404, "not_found"),
        ("GET", "/crl/../crl/plant.crl", 404, "not_found"),
        ("GET", "/crl/broken.crl", 503, "unavailable"),
        ("DELETE", "/crl/plant.crl", 405, "unsupported"),
    ] {
        let answer = asked(&mut client, method, path, "").await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &code.into()), "{method} {path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {path}");
    }
}

#[tokio::test]
async fn files_are_served_beside_operations() {
    let plant = Plant::start().await;
    let mut parts = HttpParts::new("x", Arc::clone(&plant.keys), Arc::clone(&plant.audit), Arc::new(SystemClock));
    parts.public = Some(Arc::new(Lists));
    let server = HttpServer::start(HttpOptions::new(([127, 0, 0, 1], 0)), parts).await.unwrap();
    they_are_served(server.address()).await;
    let mut client = Client::connect(server.address()).await;
    assert_eq!(client.get("", "/healthz").await.status, 200);
    assert_eq!(client.get("", "/metrics").await.status, 401);
}

#[tokio::test]
async fn a_server_of_files_has_nothing_else() {
    let server = PublicServer::start(([127, 0, 0, 1], 0), Arc::new(Lists), HttpLimits::default()).await.unwrap();
    they_are_served(server.address()).await;
    let mut client = Client::connect(server.address()).await;
    for path in ["/", "/openapi.json", "/healthz", "/readyz", "/metrics", "/v1/access/list_keys"] {
        assert_eq!(client.get("", path).await.status, 404, "{path}");
    }
    assert_eq!(client.post("", "access/list_keys", "{}").await.status, 405);
    let mut held = Client::connect(server.address()).await;
    assert_eq!(asked(&mut held, "GET", "/crl/plant.crl", "").await.status, 200);
    server.stop(PATIENCE).await;
    held.closed().await;
    assert!(tokio::net::TcpStream::connect(server.address()).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn who_asks_too_slowly_or_too_much_is_disconnected() {
    let limits = HttpLimits {
        header_time: Duration::from_millis(300),
        connections_per_address: 2,
        headers: 8 << 10,
        ..HttpLimits::default()
    };
    let server = PublicServer::start(([127, 0, 0, 1], 0), Arc::new(Lists), limits).await.unwrap();
    let mut slow = Client::connect(server.address()).await;
    slow.send("GET /crl/plant.crl HTTP/1.1\r\nX-").await;
    slow.closed().await;
    let mut large = Client::connect(server.address()).await;
    large.send(&format!("GET /crl/plant.crl HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000))).await;
    assert_eq!(large.head().await.status, 431);
    drop(large);
    let mut held = [Client::connect(server.address()).await, Client::connect(server.address()).await];
    for client in &mut held {
        assert_eq!(asked(client, "GET", "/crl/plant.crl", "").await.status, 200);
    }
    assert_eq!(Client::connect(server.address()).await.closed().await, "");
}
