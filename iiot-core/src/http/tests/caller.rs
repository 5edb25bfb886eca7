//! Callers of our own.

use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::tls::identity;
use super::valve::{PositionRequest, RemoteValve, SetRequest, Target, WatchRequest};
use super::*;
use crate::http::TlsIdentity;
use crate::operation::POINTER;
use crate::rest::{RestCaller, RestOptions, Trust};
use crate::testing::{wait_until, within};

fn caller(url: &str, key: &str) -> RemoteValve {
    RemoteValve::new(Arc::new(RestCaller::new(RestOptions::new(url, key.to_owned()).unwrap()).unwrap()))
}

fn set(percent: u32) -> SetRequest {
    SetRequest { target: Target { percent } }
}

#[tokio::test]
async fn calls_are_answered_and_refusals_told() {
    let plant = Plant::start().await;
    let url = plant.server.url();
    let operator = caller(&url, &plant.operator);
    for percent in 1..5 {
        assert_eq!(operator.set(set(percent)).await.unwrap().percent, percent);
        assert_eq!(operator.position(PositionRequest {}).await.unwrap().percent, percent);
    }
    let wrong = operator.set(set(101)).await.unwrap_err();
    assert_eq!((wrong.kind(), wrong.message()), (ErrorKind::InvalidArgument, "give 0 to 100"));
    assert!(wrong.context().iter().any(|(key, value)| key == POINTER && value == "#/target/percent"), "{wrong}");
    let refused = caller(&url, &plant.reader).set(set(1)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    let unknown = caller(&url, "iiot_x").position(PositionRequest {}).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_stream_ends_with_its_last_item_or_with_whoever_listens() {
    let plant = Plant::start().await;
    let reader = caller(&plant.server.url(), &plant.reader);
    let short = reader.watch(WatchRequest { ballast: 100_000, count: Some(20) }).await.unwrap();
    let items = within("the end of the stream", PATIENCE, short.collect::<Vec<_>>()).await;
    assert_eq!(items.len(), 20);
    assert!(items.into_iter().all(|item| item.unwrap().ballast.len() == 100_000));
    let mut endless = reader.watch(WatchRequest { ballast: 10, count: None }).await.unwrap();
    within("an item", PATIENCE, endless.next()).await.unwrap().unwrap();
    drop(endless);
    wait_until("the operation ends", PATIENCE, || plant.valve.open_streams() == 0).await;
    let mut cut = reader.watch(WatchRequest { ballast: 10, count: None }).await.unwrap();
    within("an item", PATIENCE, cut.next()).await.unwrap().unwrap();
    plant.keys.revoke(id(&plant.reader)).unwrap();
    let last =
        within("the end of the stream", PATIENCE, cut.filter_map(|item| std::future::ready(item.err())).next()).await;
    assert_eq!(last.unwrap().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_server_proves_itself_by_its_fingerprint_or_its_authority() {
    let (certificate, key) = identity().await;
    let tls = TlsIdentity::from_der(certificate.clone(), &key).unwrap();
    let fingerprint = tls.fingerprint();
    let options = HttpOptions { tls: Some(tls), ..HttpOptions::new(([127, 0, 0, 1], 0)) };
    let plant = Plant::with_options(options).await;
    let call = async |trust: Trust| {
        let mut options = RestOptions::new(&plant.server.url(), plant.reader.clone()).unwrap();
        options.trust = trust;
        RemoteValve::new(Arc::new(RestCaller::new(options).unwrap())).position(PositionRequest {}).await
    };
    call(Trust::Fingerprint(fingerprint.parse().unwrap())).await.unwrap();
    let pem = der::Document::try_from(certificate).unwrap().to_pem("CERTIFICATE", der::pem::LineEnding::LF).unwrap();
    call(Trust::Authorities(pem.into_bytes())).await.unwrap();
    for other in [Trust::Fingerprint("00".repeat(32).parse().unwrap()), Trust::System] {
        assert_eq!(call(other).await.unwrap_err().kind(), ErrorKind::Untrusted);
    }
}

#[tokio::test]
async fn of_a_change_whose_answer_is_lost_nobody_knows() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut read = [0; 10];
            connection.read_exact(&mut read).await.unwrap();
        }
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.write_all(b"rubbish\r\n\r\n").await.unwrap();
    });
    let remote = caller(&url, "iiot_x");
    assert_eq!(remote.set(set(1)).await.unwrap_err().kind(), ErrorKind::Indeterminate);
    assert_eq!(remote.position(PositionRequest {}).await.unwrap_err().kind(), ErrorKind::Unavailable);
    remote.position(PositionRequest {}).await.unwrap_err();
    server.await.unwrap();
    let gone = remote.set(set(1)).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Unavailable, "nothing was sent: {gone:?}");
}
