#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::clock::SystemClock;
use crate::testing::within;

const SECOND: Duration = Duration::from_secs(1);

/// A server that takes one connection, reads the Hello, says `answer`, and then waits for our end, which it tells.
async fn answering(answer: Vec<u8>) -> (SocketAddr, JoinHandle<Result<usize, IoErrorKind>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    let end = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = [0; 512];
        let count = socket.read(&mut hello).await.unwrap();
        assert!(hello.starts_with(b"HELF") && hello[..count].ends_with(format!("opc.tcp://{at}").as_bytes()));
        socket.write_all(&answer).await.unwrap();
        socket.read(&mut hello).await.map_err(|error| error.kind())
    });
    (at, end)
}

async fn greeted(at: SocketAddr) -> Greeting {
    let url = format!("opc.tcp://{at}");
    within("a greeting has its end", 3 * SECOND, greet(at, &url, SECOND, &SystemClock)).await
}

async fn greeted_with(answer: impl Into<Vec<u8>>) -> Greeting {
    greeted(answering(answer.into()).await.0).await
}

fn frame(letters: &str, size: u32, body: &[u8]) -> Vec<u8> {
    [letters.as_bytes(), &size.to_le_bytes(), body].concat()
}

fn other(begins: &str) -> Greeting {
    Greeting::Other { begins: begins.into() }
}

#[tokio::test]
async fn an_acknowledgement_is_opc_ua_and_is_told_goodbye_in_order() {
    for buffer in [65_536_u32, 1, 0, u32::MAX] {
        let numbers = [0, buffer, buffer, 0, 0].map(u32::to_le_bytes).concat();
        let (at, end) = answering(frame("ACKF", 28, &numbers)).await;
        assert_eq!(greeted(at).await, Greeting::OpcUa);
        assert_eq!(end.await.unwrap(), Ok(0), "the server sees the end of the connection, and no reset");
    }
}

#[tokio::test]
async fn an_error_tells_code_and_reason() {
    let status = StatusCode::BadTcpEndpointUrlInvalid;
    let body = [&status.bits().to_le_bytes(), &5_u32.to_le_bytes(), b"no\x07ne".as_slice()].concat();
    assert_eq!(greeted_with(frame("ERRF", 21, &body)).await, Greeting::Refused { status, reason: "none".into() });
    let bare = frame("ERRF", 12, &status.bits().to_le_bytes());
    assert_eq!(greeted_with(bare).await, Greeting::Refused { status, reason: String::new() });
}

#[tokio::test]
async fn what_speaks_otherwise_is_shown_printable_and_short() {
    assert_eq!(greeted_with("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n").await, other("HTTP/1.1 400 Bad Request"));
    assert_eq!(greeted_with(b"\x15\x03\x03\0\x02\x02F").await, other("\\x15\\x03\\x03\\x00\\x02\\x02F"));
    assert_eq!(greeted_with("\x1b[31mred\u{202e}").await, other("\\x1b[31mred\\xe2\\x80\\xae"));
    let Greeting::Other { begins } = greeted_with(vec![b'x'; 100_000]).await else { panic!("it is no OPC UA") };
    assert_eq!(begins.len(), 64);
    let Greeting::Other { begins } = greeted_with(vec![0; 5_000]).await else { panic!("it is no OPC UA") };
    assert_eq!(begins.len(), 64);
}

#[tokio::test]
async fn sizes_that_lie_are_no_opc_ua() {
    for size in [0, 8, 27, 8193, 0x7fff_ffff, u32::MAX] {
        let greeting = greeted_with(frame("ACKF", size, &[0; 20])).await;
        assert!(matches!(&greeting, Greeting::Other { begins } if begins.starts_with("ACKF")), "{size}: {greeting:?}");
    }
    // It promises more than it sends.
    let greeting = greeted_with(frame("ERRF", 4000, &[0; 20])).await;
    assert!(matches!(&greeting, Greeting::Other { begins } if begins.starts_with("ERRF")), "{greeting:?}");
}

#[tokio::test]
async fn who_stays_mute_is_silent_and_is_cut_off() {
    let (at, end) = answering(Vec::new()).await;
    assert_eq!(greeted(at).await, Greeting::Silent);
    assert_eq!(end.await.unwrap(), Err(IoErrorKind::ConnectionReset), "nothing half-open is left on either side");
}

#[tokio::test]
async fn who_keeps_his_side_open_is_cut_off_too() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    let (done, wait) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(&frame("ACKF", 28, &[0; 20])).await.unwrap();
        // It takes no notice of the end, as some devices do.
        let _ = wait.await;
    });
    assert_eq!(greeted(at).await, Greeting::OpcUa);
    assert_eq!(sockets_to(at), 0);
    drop(done);
}

#[tokio::test]
async fn a_connection_that_is_ended_at_once_is_a_hangup() {
    for reset in [false, true] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            if reset {
                socket.set_zero_linger().unwrap();
            }
        });
        assert_eq!(greeted(at).await, Greeting::Hangup, "reset: {reset}");
    }
}

#[tokio::test]
async fn where_nothing_listens_it_is_closed() {
    let at = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    assert_eq!(greeted(at).await, Greeting::Closed);
}

#[tokio::test]
async fn a_port_that_connects_to_itself_is_closed() {
    // The local port of the connection is the one it goes to, which TCP lets connect.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let own = socket.local_addr().unwrap();
    assert!(is_own(&socket.connect(own).await.unwrap()));
}

#[tokio::test]
async fn a_greeting_that_is_dropped_leaves_no_socket() {
    let (at, end) = answering(Vec::new()).await;
    let url = format!("opc.tcp://{at}");
    let greeting = tokio::time::timeout(Duration::from_millis(200), greet(at, &url, 60 * SECOND, &SystemClock)).await;
    assert!(greeting.is_err());
    assert_eq!(end.await.unwrap(), Err(IoErrorKind::ConnectionReset));
    assert_eq!(sockets_to(at), 0);
}

#[test]
fn what_the_system_says_is_told_apart() {
    let of = |code: i32| unconnected(&IoError::from_raw_os_error(code));
    if cfg!(target_os = "linux") {
        for (code, passing) in [(24, true), (23, true), (105, true), (99, true), (12, true), (1, false)] {
            assert!(matches!(of(code), Greeting::NotTried { passing: told, .. } if told == passing), "{code}");
        }
        for code in [101, 113] {
            assert!(matches!(of(code), Greeting::Unreachable { message } if !message.is_empty()), "{code}");
        }
        assert_eq!([of(111), of(110)], [Greeting::Closed, Greeting::Filtered]);
    }
}

/// Sockets of this machine that are connected to a port of the loopback interface, but for those that only wait for
/// late segments.
fn sockets_to(at: SocketAddr) -> usize {
    const TIME_WAIT: &str = "06";
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let IpAddr::V4(address) = at.ip() else { return 0 };
    let remote = format!("{:08X}:{:04X}", u32::from_le_bytes(address.octets()), at.port());
    let columns = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    columns.filter(|columns| columns.get(2) == Some(&remote.as_str()) && columns.get(3) != Some(&TIME_WAIT)).count()
}
