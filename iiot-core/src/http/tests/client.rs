//! A client that can also do what no client should.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::PATIENCE;
use crate::testing::within;

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<C: AsyncRead + AsyncWrite + Send + Unpin> Connection for C {}

/// One connection.
pub(super) struct Client {
    connection: Box<dyn Connection>,
    read: Vec<u8>,
}

/// An answer: status, headers in lower case, body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    pub(super) fn over(connection: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { connection: Box::new(connection), read: Vec::new() }
    }

    pub(super) async fn post(&mut self, key: &str, operation: &str, body: &str) -> Answer {
        self.send(&post(key, operation, body)).await;
        self.answer().await
    }

    pub(super) async fn get(&mut self, key: &str, path: &str) -> Answer {
        let key = authorization(key);
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: plant\r\n{key}\r\n")).await;
        self.answer().await
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.connection.write_all(text.as_bytes()).await.unwrap();
        self.connection.flush().await.unwrap();
    }

    /// The head of the next answer; of a stream, what is read of its body stays.
    pub(super) async fn head(&mut self) -> Answer {
        let head = self.until("\r\n\r\n").await;
        let (line, headers) = head.split_once("\r\n").unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: headers.to_lowercase(), body: String::new() }
    }

    /// The next answer, whole.
    pub(super) async fn answer(&mut self) -> Answer {
        let mut answer = self.head().await;
        let length: usize = answer.header("content-length").map_or(0, |text| text.parse().unwrap());
        within("the body of an answer", PATIENCE, async {
            while self.read.len() < length {
                assert!(self.more().await, "the connection ends in a body");
            }
        })
        .await;
        answer.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        answer
    }

    /// What comes until this text, and the text.
    pub(super) async fn until(&mut self, end: &str) -> String {
        within(end, PATIENCE, async {
            loop {
                if let Some(place) = self.read.windows(end.len()).position(|part| part == end.as_bytes()) {
                    return String::from_utf8(self.read.drain(..place + end.len()).collect()).unwrap();
                }
                assert!(self.more().await, "it ends before {end:?}: {}", String::from_utf8_lossy(&self.read));
            }
        })
        .await
    }

    /// Waits until the server closes the connection, and returns what came before.
    pub(super) async fn closed(&mut self) -> String {
        within("the end of the connection", PATIENCE, async { while self.more().await {} }).await;
        String::from_utf8_lossy(&self.read).into_owned()
    }

    async fn more(&mut self) -> bool {
        self.connection.read_buf(&mut self.read).await.is_ok_and(|count| count > 0)
    }
}

/// A request for an operation, `capability/operation`.
pub(super) fn post(key: &str, operation: &str, body: &str) -> String {
    let (key, length) = (authorization(key), body.len());
    format!(
        "POST /v1/{operation} HTTP/1.1\r\nHost: plant\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{key}\r\n{body}"
    )
}

fn authorization(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("Authorization: Bearer {key}\r\n") }
}
