//! Sinks by address.

mod settings;

use std::sync::Arc;

#[cfg(feature = "mqtt")]
use iiot_core::transport::{MqttOptions, MqttTransport, Transport};
use iiot_core::{Error, ErrorKind, Result};
#[cfg(feature = "mqtt")]
use iiot_publisher::sink::TransportSink;
use iiot_publisher::sink::{FileSink, FolderSink, NullSink, Rotation, Sink, Sinks, StdoutSink};
use settings::Settings;

/// Opens the sink at an address:
///
/// | address | messages go to |
/// |---|---|
/// | `stdout` | standard output, one a line |
/// | `file:PATH[?…]` | a file, appended, one a line |
/// | `folder:PATH[?…]` | a file for each topic below a folder, likewise |
/// | `null` | nowhere |
/// | `mqtt://[USER:PASSWORD@]HOST[:PORT]`, `mqtts://…` | an MQTT broker |
///
/// Files rotate by `max-mib=64` and `max-age=1d`; `keep=10` complete ones are kept, compressed with
/// `gzip`.
///
/// A broker need not be there yet.
///
/// # Errors
/// `InvalidArgument` if the address is none of these, `Io` if the file cannot be opened.
pub async fn open(address: &str) -> Result<Arc<dyn Sink>> {
    let (scheme, rest) = address.split_once(':').unwrap_or((address, ""));
    match scheme {
        "stdout" if rest.is_empty() => Ok(Arc::new(StdoutSink::new())),
        "null" if rest.is_empty() => Ok(Arc::new(NullSink)),
        "file" | "folder" if !rest.is_empty() => files(scheme, rest).await,
        #[cfg(feature = "mqtt")]
        "mqtt" | "mqtts" => Ok(Arc::new(TransportSink::new(hub(address)?))),
        // The address is not shown: it may hold a password.
        _ => {
            let message =
                "the address is none of stdout, null, file:PATH, folder:PATH, mqtt://HOST:PORT, mqtts://HOST:PORT";
            Err(Error::new(ErrorKind::InvalidArgument, "open sink", message))
        }
    }
}

/// Opens the sinks of a process, each given as `ADDRESS` or `NAME=ADDRESS`. The first one takes what no
/// writer group sends elsewhere. One without a name has that of its kind in the configuration of OPC
/// Publisher: `FileSystem`, `Mqtt`, `Null`, else its scheme.
///
/// # Errors
/// As [`open`]; `InvalidArgument` also if there is none, or two have one name.
pub async fn open_all(addresses: &[impl AsRef<str>]) -> Result<Sinks> {
    let mut all: Option<Sinks> = None;
    for text in addresses {
        let (name, address) = named(text.as_ref());
        let sink = open(address).await?;
        all = Some(match all {
            None => Sinks::new(name, sink),
            Some(sinks) if sinks.named(name).is_none() => sinks.with(name, sink),
            Some(_) => return Err(refused("two sinks have one name; write NAME=ADDRESS").with("name", name)),
        });
    }
    all.ok_or_else(|| refused("no sink is given"))
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
        "mqtt" | "mqtts" => "Mqtt",
        "null" => "Null",
        other => other,
    }
}

async fn files(scheme: &str, rest: &str) -> Result<Arc<dyn Sink>> {
    let (path, mut settings) = Settings::split(rest);
    let rotation = rotation(&mut settings)?;
    settings.finish()?;
    match scheme {
        "file" => Ok(Arc::new(FileSink::open_with(path, rotation).await?)),
        _ => Ok(Arc::new(FolderSink::open(path, rotation).await?)),
    }
}

fn rotation(settings: &mut Settings) -> Result<Rotation> {
    let max_bytes = settings.number("max-mib")?.map(|mib| mib.saturating_mul(1 << 20));
    let max_age = settings.duration("max-age")?;
    let kept = settings.number("keep")?.map(|keep| usize::try_from(keep).unwrap_or(usize::MAX));
    let keep = kept.unwrap_or_else(|| Rotation::default().keep);
    Ok(Rotation { max_bytes, max_age, keep, gzip: settings.flag("gzip")? })
}

/// The broker at an address as above; it need not be there yet.
///
/// # Errors
/// `InvalidArgument` if the address is of another form.
#[cfg(feature = "mqtt")]
pub fn hub(address: &str) -> Result<Arc<dyn Transport>> {
    Ok(Arc::new(MqttTransport::connect_lazy(MqttOptions::from_url(address)?)?))
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
        ] {
            let sink = open(address).await.unwrap();
            assert_eq!(sink.address(), shown);
            sink.close().await;
        }
    }

    #[tokio::test]
    async fn a_wrong_address_is_refused_and_not_shown() {
        for address in
            ["", "kafka://user:s3cret@host", "file:", "file:x?keep=s3cret", "null?a", "stdout:x", "mqtt:s3cret"]
        {
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
