//! Sinks by address.

use std::sync::Arc;

#[cfg(feature = "mqtt")]
use iiot_core::transport::{MqttOptions, MqttTransport, Transport};
use iiot_core::{Error, ErrorKind, Result};
#[cfg(feature = "mqtt")]
use iiot_publisher::sink::TransportSink;
use iiot_publisher::sink::{FileSink, Sink, StdoutSink};

/// Opens the sink at an address:
///
/// | address | messages go to |
/// |---|---|
/// | `stdout` | standard output, one a line |
/// | `file:PATH` | a file, appended, one a line |
/// | `mqtt://[USER:PASSWORD@]HOST[:PORT]`, `mqtts://…` | an MQTT broker |
///
/// A broker need not be there yet.
///
/// # Errors
/// `InvalidArgument` if the address is none of these, `Io` if the file cannot be opened.
pub async fn open(address: &str) -> Result<Arc<dyn Sink>> {
    let (scheme, rest) = address.split_once(':').unwrap_or((address, ""));
    match scheme {
        "stdout" if rest.is_empty() => Ok(Arc::new(StdoutSink::new())),
        "file" if !rest.is_empty() => Ok(Arc::new(FileSink::open(rest).await?)),
        #[cfg(feature = "mqtt")]
        "mqtt" | "mqtts" => Ok(Arc::new(TransportSink::new(hub(address)?))),
        // The address is not shown: it may hold a password.
        _ => {
            let message = "the address is none of stdout, file:PATH, mqtt://HOST:PORT, mqtts://HOST:PORT";
            Err(Error::new(ErrorKind::InvalidArgument, "open sink", message))
        }
    }
}

/// The broker at an address as above; it need not be there yet.
///
/// # Errors
/// `InvalidArgument` if the address is of another form.
#[cfg(feature = "mqtt")]
pub fn hub(address: &str) -> Result<Arc<dyn Transport>> {
    Ok(Arc::new(MqttTransport::connect_lazy(MqttOptions::from_url(address)?)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn every_address_opens_its_sink() {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("file:{}", folder.path().join("values.jsonl").display());
        let broker = "mqtt://user:s3cret@127.0.0.1:1";
        for (address, shown) in [("stdout", "stdout"), (&file, &file), (broker, "mqtt://127.0.0.1:1")] {
            let sink = open(address).await.unwrap();
            assert_eq!(sink.address(), shown);
            sink.close().await;
        }
    }

    #[tokio::test]
    async fn a_wrong_address_is_refused_and_not_shown() {
        for address in ["", "kafka://user:s3cret@host", "file:", "stdout:x", "mqtt:s3cret"] {
            let error = open(address).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{address}");
            assert!(!error.report().contains("s3cret"), "{}", error.report());
        }
    }
}
