//! Against mosquitto in the place of a hub, with an ear on the line.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::testing::{Mosquitto, MosquittoOptions, Process, free_port, wait_until, within};
use crate::transport::{MqttOptions, MqttVersion};

const PATIENCE: Duration = Duration::from_secs(30);
const KEY: &str = "VGhpcyBpcyBhIGtleSBvZiAzMiBieXRlcywgdHJ1bHkhIQ==";

/// What a client said first: names and password of its CONNECT (MQTT 3.1.1 §3.1).
#[derive(Debug, Clone, PartialEq)]
struct Connect {
    level: u8,
    clean: bool,
    texts: Vec<String>,
}

impl Connect {
    fn read(packet: &[u8]) -> Self {
        let start = 1 + packet[1..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let body = &packet[start..];
        assert_eq!((packet[0], &body[..6]), (0x10, &b"\0\x04MQTT"[..]));
        let (level, flags, mut rest) = (body[6], body[7], &body[10..]);
        assert_eq!(flags & 0b1110_0100 & !0b0010_0000, 0b1100_0000, "user and password and no will");
        let mut texts = Vec::new();
        while let [high, low, after @ ..] = rest {
            let (text, next) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            texts.push(String::from_utf8(text.to_vec()).unwrap());
            rest = next;
        }
        Self { level, clean: flags & 2 != 0, texts }
    }
}

/// Passes connections on to the broker and keeps each CONNECT.
async fn tap(broker: u16) -> (u16, Arc<Mutex<Vec<Connect>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::<Mutex<Vec<Connect>>>::default();
    let ear = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let ear = Arc::clone(&ear);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", broker)).await.unwrap();
                let mut first = vec![0; 4096];
                let read = client.read(&mut first).await.unwrap();
                ear.lock().push(Connect::read(&first[..read]));
                server.write_all(&first[..read]).await.unwrap();
                // Ends when either side has gone.
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (port, heard)
}

/// mosquitto_sub, which shares no code with us. It has subscribed when it prints what is retained.
async fn listen(broker: &Mosquitto) -> Process {
    let begin = Message { retain: true, ..Message::new("devices/begin", "") };
    let hub = MqttTransport::connect(MqttOptions::from_url(&broker.url()).unwrap()).await.unwrap();
    hub.publish(Message { payload: "begin".into(), ..begin }).await.unwrap();
    let mut observer = std::process::Command::new("mosquitto_sub");
    observer.args([
        "-h",
        "127.0.0.1",
        "-p",
        &broker.port().to_string(),
        "-q",
        "2",
        "-t",
        "devices/#",
        "-F",
        "%t q%q r%r %p",
    ]);
    let observer = Process::start(&mut observer).unwrap();
    wait_until("mosquitto_sub listens", PATIENCE, || !observer.stdout().is_empty()).await;
    observer
}

/// The signature as Python makes it.
fn signed_by_python(resource: &str, expiry: &str) -> String {
    let program = "import base64,hashlib,hmac,sys,urllib.parse\n\
        key,resource,expiry=sys.argv[1:]\n\
        uri=urllib.parse.quote(resource,safe='')\n\
        digest=hmac.new(base64.b64decode(key),(uri+'\\n'+expiry).encode(),hashlib.sha256).digest()\n\
        sig=urllib.parse.quote(base64.b64encode(digest),safe='')\n\
        print('SharedAccessSignature sr=%s&sig=%s&se=%s'%(uri,sig,expiry))";
    let output = std::process::Command::new("python3").args(["-c", program, KEY, resource, expiry]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signatures_are_renewed_in_time_and_no_message_is_lost_or_doubled() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let observer = listen(&broker).await;
    let (port, heard) = tap(broker.port()).await;
    let text = format!("HostName=plant.azure-devices.net;DeviceId=edge 7;ModuleId=m;SharedAccessKey={KEY}");
    let options = IotHubOptions {
        token_lifetime: Duration::from_secs(1),
        ..IotHubOptions::from_connection_string(&text).unwrap()
    };
    let plain = MqttOptions { tls: None, host: "localhost".into(), port, ..options.mqtt().unwrap() };
    let hub = IotHubTransport::over(MqttTransport::connect(plain).await.unwrap(), &options);
    let mut sent = 0;
    within("two renewals", PATIENCE, async {
        while heard.lock().len() < 3 {
            let message = |number: u32| Message {
                quality: QualityOfService::ExactlyOnce,
                retain: true,
                content_type: Some("application/json".into()),
                ..Message::new("plant/oven", number.to_string())
            };
            futures::future::try_join_all((sent..sent + 10).map(|number| hub.publish(message(number)))).await.unwrap();
            sent += 10;
        }
    })
    .await;
    hub.close().await;
    let topic = "devices/edge 7/modules/m/messages/events/$.ct=application%2Fjson&$.ce=utf-8&topic=plant%2Foven";
    wait_until("all of them", PATIENCE, || observer.stdout().len() > sent as usize).await;
    let expected: Vec<_> = (0..sent).map(|number| format!("{topic} q1 r0 {number}")).collect();
    assert_eq!(observer.stdout()[1..], expected, "each once, in order, at least once and not retained");
    let mut last = 0;
    for Connect { level, clean, texts } in heard.lock().clone() {
        assert_eq!((level, clean), (4, false));
        assert_eq!(texts[..2], ["edge 7/m", "plant.azure-devices.net/edge 7/m/?api-version=2021-04-12"]);
        let expiry = texts[2].rsplit_once("&se=").unwrap().1;
        assert_eq!(texts[2], signed_by_python("plant.azure-devices.net/devices/edge 7/modules/m", expiry));
        let expiry: u64 = expiry.parse().unwrap();
        assert!(expiry >= last);
        last = expiry;
    }
}

#[tokio::test]
async fn a_device_with_a_certificate_needs_no_signature() {
    let plain = free_port();
    let extra = ["require_certificate true".to_owned(), format!("listener {plain} 127.0.0.1")];
    let broker = Mosquitto::start(MosquittoOptions { tls: true, extra: extra.into(), ..Default::default() }).await;
    let authority = broker.authority().unwrap();
    let text = "HostName=hub.example;DeviceId=d;x509=true;GatewayHostName=localhost";
    let (certificate, key) = (authority.read("client.pem"), authority.read("client.key"));
    let options = IotHubOptions::with_certificate(text, certificate, key).unwrap();
    let options = IotHubOptions { port: broker.port(), ca_pem: Some(authority.read("ca.pem")), ..options };
    let mqtt = options.mqtt().unwrap();
    assert_eq!((mqtt.version, mqtt.password, mqtt.token.is_none()), (MqttVersion::V311, None, true));
    // The second listener may open a moment after the first.
    let observer = MqttTransport::connect_lazy(MqttOptions::new("127.0.0.1", plain)).unwrap();
    let mut messages = observer.subscribe("devices/d/messages/events/#").await.unwrap();
    let hub = IotHubTransport::connect(&options).await.unwrap();
    let largest = vec![b'x'; hub.max_payload().unwrap()];
    hub.publish(Message::new("t", largest.clone())).await.unwrap();
    assert_eq!(within("the message", PATIENCE, messages.next()).await.unwrap().payload, largest);
    let error = hub.publish(Message::new("t", vec![b'x'; 256 << 10])).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::LimitExceeded, false));
    assert_eq!(hub.subscribe("a").await.map(drop).unwrap_err().kind(), ErrorKind::Unsupported);
    hub.close().await;
}

#[test]
fn connection_strings_are_read_in_any_order_and_never_shown() {
    let text = format!("SharedAccessKey={KEY};DeviceId=d;hostname=h");
    let options = IotHubOptions::from_connection_string(&text).unwrap();
    assert_eq!(options.address(), "iothub://h/d");
    assert!(!format!("{options:?}").contains("VGhp"));
    for (wrong, part) in [
        ("", "HostName"),
        ("HostName=h;DeviceId=d", "SharedAccessKey"),
        ("HostName=h;SharedAccessKey=QUJD", "DeviceId"),
        ("HostName=h;DeviceId=d;SharedAccessKey=s3cret!", "Base64"),
        ("s3cret", "NAME=VALUE"),
    ] {
        let error = IotHubOptions::from_connection_string(wrong).unwrap_err().report();
        assert!((part == "HostName" || error.contains(part)) && !error.contains("s3cret"), "{error}");
    }
    let slash = IotHubOptions { device: "a/b".into(), ..options };
    assert!(slash.mqtt().is_err());
}
