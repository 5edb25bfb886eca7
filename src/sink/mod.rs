//! Sinks by address.

mod connection;
mod settings;

use std::collections::HashMap;
use std::sync::Arc;
#[cfg(feature = "mqtt")]
use std::time::Duration;

#[cfg(any(feature = "mqtt", feature = "nats", feature = "webhook"))]
use iiot_core::transport::Transport;
#[cfg(feature = "mqtt")]
use iiot_core::transport::{IotHubOptions, IotHubTransport, MqttOptions, MqttTransport, MqttVersion, referred_secret};
#[cfg(feature = "nats")]
use iiot_core::transport::{NatsOptions, NatsTransport};
#[cfg(feature = "webhook")]
use iiot_core::transport::{WebhookOptions, WebhookTransport};
use iiot_core::{Error, ErrorKind, Result};
#[cfg(feature = "mqtt")]
use iiot_publisher::publisher_status::last_will;
#[cfg(any(feature = "mqtt", feature = "nats", feature = "webhook"))]
use iiot_publisher::sink::TransportSink;
use iiot_publisher::sink::{FileSink, FolderSink, NullSink, Rotation, Sink, Sinks, StdoutSink};
use settings::Settings;

pub use connection::Connections;

/// Opens the sink at an address:
///
/// | address | messages go to |
/// |---|---|
/// | `stdout` | standard output, one a line |
/// | `file:PATH[?…]` | a file, appended, one a line |
/// | `folder:PATH[?…]` | a file for each topic below a folder, likewise |
/// | `null` | nowhere |
/// | `mqtt://[USER:PASSWORD@]HOST[:PORT][?…]`, `mqtts://…`, `ws://…`, `wss://…` | an MQTT broker |
/// | `iothub:file:PATH[?…]`, `iothub:env:NAME`, `iothub:HostName=…` | an Azure IoT Hub, by connection string |
/// | `http://HOST/PATH[#…]`, `https://…` | an HTTP server, one request each |
/// | `nats://HOST[:PORT][?…]`, `tls://…` | a stream of NATS JetStream (feature `nats`) |
///
/// Files rotate by `max-mib=64` and `max-age=1d`; `keep=10` complete ones are kept, compressed with
/// `gzip`. For a broker see `MqttOptions::from_url`, for an HTTP server `WebhookOptions::from_url`, for NATS
/// `NatsOptions::from_url`. An IoT Hub takes `certificate` and `key` of a device without a key in its
/// connection string, `ca`, `port`, and `token-lifetime=1h`.
///
/// Whatever is behind the address need not be there yet.
///
/// # Errors
/// `InvalidArgument` if the address is none of these, `Io` if a file cannot be opened.
pub async fn open(address: &str) -> Result<Arc<dyn Sink>> {
    open_with(address, None).await
}

async fn open_with(address: &str, publisher_id: Option<&str>) -> Result<Arc<dyn Sink>> {
    match parts(address) {
        ("file", rest) if !rest.is_empty() => {
            let (path, rotation) = files(rest)?;
            Ok(Arc::new(FileSink::open_with(path, rotation).await?))
        }
        #[cfg(feature = "nats")]
        ("nats" | "tls", _) => through(NatsTransport::connect_lazy(NatsOptions::from_url(address)?).await?),
        _ => at_once(address, publisher_id),
    }
}

/// Those that open without waiting.
fn at_once(address: &str, publisher_id: Option<&str>) -> Result<Arc<dyn Sink>> {
    #[cfg(not(feature = "mqtt"))]
    let _ = publisher_id;
    match parts(address) {
        ("stdout", "") => Ok(Arc::new(StdoutSink::new())),
        ("null", "") => Ok(Arc::new(NullSink)),
        ("folder", rest) if !rest.is_empty() => {
            let (path, rotation) = files(rest)?;
            Ok(Arc::new(FolderSink::open(path, rotation)?))
        }
        #[cfg(feature = "mqtt")]
        ("mqtt" | "mqtts" | "ws" | "wss", _) => {
            let mut options = MqttOptions::from_url(address)?;
            options.will = options.will.or_else(|| publisher_id.map(last_will));
            through(MqttTransport::connect_lazy(options)?)
        }
        #[cfg(feature = "mqtt")]
        ("iothub", rest) if !rest.is_empty() => through(IotHubTransport::connect_lazy(&iot_hub(rest)?)?),
        #[cfg(feature = "webhook")]
        ("http" | "https", _) => through(WebhookTransport::new(WebhookOptions::from_url(address)?)?),
        // The address is not shown: it may hold a password.
        _ => Err(refused(
            "the address is none of stdout, null, file:PATH, folder:PATH, mqtt://HOST:PORT, mqtts://, ws://, wss://, iothub:, http://, \
             https://, or of what this build can do",
        )),
    }
}

/// Scheme and rest.
fn parts(address: &str) -> (&str, &str) {
    address.split_once(':').unwrap_or((address, ""))
}

#[cfg(any(feature = "mqtt", feature = "nats", feature = "webhook"))]
fn through(transport: impl Transport) -> Result<Arc<dyn Sink>> {
    Ok(Arc::new(TransportSink::new(Arc::new(transport))))
}

/// `file:PATH`, `env:NAME` or the connection string itself, with settings.
#[cfg(feature = "mqtt")]
fn iot_hub(rest: &str) -> Result<IotHubOptions> {
    let (place, mut settings) = Settings::split(rest);
    let (certificate, key) = (settings.file("certificate")?, settings.file("key")?);
    let text = match place.split_once(':') {
        Some(("file" | "env", _)) => referred_secret(place)?,
        _ => place.into(),
    };
    let mut options = match (certificate, key) {
        (None, None) => IotHubOptions::from_connection_string(text.expose())?,
        (Some(certificate), Some(key)) => IotHubOptions::with_certificate(text.expose(), certificate, key)?,
        _ => return Err(refused("a client certificate and its private key must be given together")),
    };
    options.ca_pem = settings.file("ca")?;
    if let Some(port) = settings.number("port")? {
        options.port = u16::try_from(port).map_err(|_| refused("a port has at most 65535"))?;
    }
    options.token_lifetime = settings.duration("token-lifetime")?.unwrap_or(options.token_lifetime);
    settings.finish()?;
    Ok(options)
}

/// Opens the sinks of a process, each given as `ADDRESS` or `NAME=ADDRESS`. The first one takes what no
/// writer group sends elsewhere. One without a name has that of its kind in the configuration of OPC
/// Publisher: `FileSystem`, `Mqtt`, `IoTHub`, `Http`, `Null`, else its scheme. Groups with a connection of
/// their own get sinks by [`Connections`].
///
/// # Errors
/// As [`open`]; `InvalidArgument` also if there is none, or two have one name.
pub async fn open_all(addresses: &[impl AsRef<str>]) -> Result<Sinks> {
    open_each(None, addresses, &HashMap::new()).await
}

/// As [`open_all`]; an MQTT broker that loses us says that this publisher has failed, unless its address holds another last
/// will ([`publisher_status`](iiot_publisher::publisher_status)).
///
/// # Errors
/// As [`open_all`].
pub async fn open_all_as(publisher_id: &str, addresses: &[impl AsRef<str>]) -> Result<Sinks> {
    open_each(Some(publisher_id), addresses, &HashMap::new()).await
}

/// As [`open_all_as`] with a publisher id, else as [`open_all`]; `host:KEY` is the one that stands below this key.
///
/// # Errors
/// As [`open_all`]; `NotFound` if there is none of this key.
pub async fn open_all_among(
    publisher_id: Option<&str>,
    addresses: &[impl AsRef<str>],
    hosts: &HashMap<String, Arc<dyn Sink>>,
) -> Result<Sinks> {
    open_each(publisher_id, addresses, hosts).await
}

async fn open_each(
    publisher_id: Option<&str>,
    addresses: &[impl AsRef<str>],
    hosts: &HashMap<String, Arc<dyn Sink>>,
) -> Result<Sinks> {
    let mut all: Option<Sinks> = None;
    for text in addresses {
        let (name, address) = named(text.as_ref());
        let sink = match address.strip_prefix("host:") {
            Some(key) => Arc::clone(hosts.get(key).ok_or_else(|| unknown(key))?),
            None => open_with(address, publisher_id).await?,
        };
        all = Some(match all {
            None => Sinks::new(name, sink),
            Some(sinks) if sinks.named(name).is_none() => sinks.with(name, sink),
            Some(_) => return Err(refused("two sinks have one name; write NAME=ADDRESS").with("name", name)),
        });
    }
    let all = all.ok_or_else(|| refused("no sink is given"))?;
    let publisher_id = publisher_id.map(str::to_owned);
    Ok(all.with_opener(Arc::new(Connections { publisher_id })))
}

/// The name and the address in `NAME=ADDRESS`.
fn named(text: &str) -> (&str, &str) {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "-_.".contains(letter));
    match text.split_once('=') {
        Some((name, address)) if is_name(name) => (name, address),
        _ => (kind(text.split(':').next().unwrap_or_default()), text),
    }
}

fn kind(scheme: &str) -> &str {
    match scheme {
        "file" | "folder" => "FileSystem",
        "mqtt" | "mqtts" | "ws" | "wss" => "Mqtt",
        "iothub" => "IoTHub",
        "http" | "https" => "Http",
        "null" => "Null",
        other => other,
    }
}

/// Path and rotation.
fn files(rest: &str) -> Result<(&str, Rotation)> {
    let (path, mut settings) = Settings::split(rest);
    let rotation = rotation(&mut settings)?;
    settings.finish()?;
    Ok((path, rotation))
}

fn rotation(settings: &mut Settings) -> Result<Rotation> {
    let max_bytes = settings.number("max-mib")?.map(|mib| mib.saturating_mul(1 << 20));
    let max_age = settings.duration("max-age")?;
    let kept = settings.number("keep")?.map(|keep| usize::try_from(keep).unwrap_or(usize::MAX));
    let keep = kept.unwrap_or_else(|| Rotation::default().keep);
    Ok(Rotation { max_bytes, max_age, keep, gzip: settings.flag("gzip")? })
}

/// The broker at an address as above, to ask and to be asked through; it need not be there yet.
///
/// # Errors
/// `InvalidArgument` if the address is of another form, or wants MQTT 3.1.1, which cannot carry answers.
#[cfg(feature = "mqtt")]
pub fn hub(address: &str) -> Result<Arc<dyn Transport>> {
    let mut options = MqttOptions::from_url(address)?;
    // Others wait for us to be back.
    options.backoff.max = Duration::from_secs(3);
    if options.version == MqttVersion::V311 {
        return Err(refused("remote calls need MQTT 5").with("broker", options.address()));
    }
    Ok(Arc::new(MqttTransport::connect_lazy(options)?))
}

fn unknown(key: &str) -> Error {
    Error::new(ErrorKind::NotFound, "open sink", "nothing of the host program has this key").with("key", key)
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "open sink", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn every_address_opens_its_sink() {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("file:{}", folder.path().join("values.jsonl").display());
        let tree = format!("folder:{}", folder.path().display());
        let rotating = format!("{file}?max-mib=1&max-age=1h&keep=3&gzip");
        let broker = "mqtt://user:s3cret@127.0.0.1:1";
        for (address, shown) in [
            ("stdout", "stdout"),
            ("null", "null"),
            (&file, &file),
            (&rotating, &file),
            (&tree, &tree),
            (broker, "mqtt://127.0.0.1:1"),
            ("ws://user:s3cret@127.0.0.1:1/x?version=3.1.1", "ws://127.0.0.1:1/x"),
            ("iothub:HostName=h.invalid;DeviceId=d;SharedAccessKey=QUJDRA==?token-lifetime=5m", "iothub://h.invalid/d"),
            ("http://127.0.0.1:1/x?key=s3cret#method=put", "http://127.0.0.1:1/x"),
        ] {
            let sink = open(address).await.unwrap();
            assert_eq!(sink.address(), shown);
            sink.close().await;
        }
    }

    #[tokio::test]
    async fn a_wrong_address_is_refused_and_not_shown() {
        for address in [
            "",
            "kafka://user:s3cret@host",
            "file:",
            "file:x?keep=s3cret",
            "null?a",
            "stdout:x",
            "mqtt:s3cret",
            "iothub:s3cret",
            "iothub:HostName=h;DeviceId=s3cret",
            "http://u:s3cret@h",
            "ws://h#s3cret",
        ] {
            let error = open(address).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{address}");
            assert!(!error.report().contains("s3cret"), "{}", error.report());
        }
    }

    #[tokio::test]
    async fn sinks_have_the_names_they_are_given_or_that_of_their_kind() {
        let sinks = open_all(&["stdout", "null", "cloud=mqtt://127.0.0.1:1?x=y"]).await.map(drop);
        assert_eq!(sinks.unwrap_err().kind(), ErrorKind::InvalidArgument, "brokers have no such setting");
        let sinks = open_all(&["stdout", "null", "cloud=mqtt://127.0.0.1:1"]).await.unwrap();
        let names: Vec<_> = sinks.iter().map(|(name, sink)| (name.to_owned(), sink.address())).collect();
        assert_eq!(names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["stdout", "Null", "cloud"]);
        assert_eq!(sinks.named("CLOUD").unwrap().address(), "mqtt://127.0.0.1:1");
        for wrong in [&["null", "null"][..], &[], &["a=null", "A=stdout"]] {
            assert_eq!(open_all(wrong).await.unwrap_err().kind(), ErrorKind::InvalidArgument, "{wrong:?}");
        }
        sinks.close().await;
    }
}
