//! Sinks by the connections that writer groups bring.

use std::sync::Arc;

use iiot_core::Result;
use iiot_publisher::plan::SinkChoice;
use iiot_publisher::sink::{OpenSink, Sink};
use url::Url;
use zeroize::Zeroizing;

use super::{at_once, refused};

/// Opens the sinks of writer groups by their `WriterGroupTransportConfiguration`: an address as
/// [`open`](super::open) takes it, but for `file:` and `nats:`, or by the group's `WriterGroupTransport`
///
/// | transport | connection string |
/// |---|---|
/// | `IoTHub` | `HostName=…;DeviceId=…;SharedAccessKey=…` |
/// | `Mqtt` | `HostName=…;Port=…;UserName=…;Password=…;Protocol=v5 or v311;UseTls=true or false` |
/// | `Http` | `HostName=…;Port=…;Scheme=https;Put=true or false;ApiKey=…` |
/// | `FileSystem` | the path of a folder |
///
/// `KeepAlivePeriod` and `Partitions` of a broker are not used.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    /// Of whose failure MQTT brokers tell when they lose us.
    pub publisher_id: Option<String>,
}

impl OpenSink for Connections {
    fn open(&self, choice: &SinkChoice) -> Result<Arc<dyn Sink>> {
        let connection = choice.connection.as_ref().map(|text| text.expose()).unwrap_or_default();
        at_once(&address(&choice.name.to_ascii_lowercase(), connection)?, self.publisher_id.as_deref())
    }
}

fn address(kind: &str, connection: &str) -> Result<Zeroizing<String>> {
    let scheme = connection.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| SCHEMES.contains(scheme));
    let text = match kind {
        _ if scheme.is_some() || connection == "null" => connection.to_owned(),
        "iothub" => format!("iothub:{connection}"),
        "mqtt" | "aiomqtt" => mqtt(&mut Pairs::read(connection)?)?,
        "http" => http(&mut Pairs::read(connection)?)?,
        "filesystem" => format!("folder:{connection}"),
        _ => {
            return Err(refused(
                "the connection is not an address, and its group names none of IoTHub, Mqtt, Http, FileSystem",
            ));
        }
    };
    Ok(Zeroizing::new(text))
}

fn mqtt(pairs: &mut Pairs<'_>) -> Result<String> {
    let secure = pairs.flag("UseTls")?;
    let mut url = pairs.url(if secure { "mqtts" } else { "mqtt" })?;
    let (user, password) = (pairs.take("UserName"), pairs.take("Password"));
    let fits = url.set_username(user.unwrap_or_default()).and_then(|()| url.set_password(password));
    fits.map_err(|()| refused("the connection string has no host"))?;
    match pairs.take("Protocol").map(str::to_ascii_lowercase).as_deref() {
        None | Some("v5" | "v500") => {}
        Some("v311") => drop(url.query_pairs_mut().append_pair("version", "3.1.1")),
        Some(_) => return Err(refused("Protocol is v5 or v311")),
    }
    pairs.finish(&["KeepAlivePeriod", "Partitions"])?;
    Ok(url.into())
}

fn http(pairs: &mut Pairs<'_>) -> Result<String> {
    let scheme = pairs.take("Scheme").unwrap_or("https");
    let mut url = pairs.url(scheme)?;
    let method = if pairs.flag("Put")? { "put" } else { "post" };
    let mut settings = url::form_urlencoded::Serializer::new(String::new());
    settings.append_pair("method", method);
    if let Some(key) = pairs.take("ApiKey") {
        settings.append_pair("header", &format!("ApiKey: {key}"));
    }
    url.set_path("/{topic}");
    url.set_fragment(Some(&settings.finish()));
    pairs.finish(&[])?;
    Ok(url.into())
}

/// `name=value` pairs between semicolons, names in any case.
struct Pairs<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Pairs<'a> {
    fn read(text: &'a str) -> Result<Self> {
        let pairs = text.split(';').map(str::trim).filter(|pair| !pair.is_empty());
        let pairs: Option<_> = pairs.map(|pair| pair.split_once('=')).collect();
        pairs
            .map(Self)
            .ok_or_else(|| refused("the connection string does not consist of NAME=VALUE between semicolons"))
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        let at = self.0.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(self.0.remove(at).1)
    }

    fn flag(&mut self, name: &'static str) -> Result<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(refused("this setting is true or false").with("setting", name)),
        }
    }

    /// Host and port, behind a scheme.
    fn url(&mut self, scheme: &str) -> Result<Url> {
        let host = self.take("HostName").ok_or_else(|| refused("the connection string has no HostName"))?;
        let port = self.take("Port").map(|port| format!(":{port}")).unwrap_or_default();
        let wrong = || refused("HostName or Port of the connection string is none");
        Url::parse(&format!("{scheme}://{host}{port}")).map_err(|_| wrong())
    }

    /// Fails on what nobody has taken.
    fn finish(&self, unused: &[&str]) -> Result<()> {
        let unknown = self.0.iter().find(|(name, _)| !unused.iter().any(|unused| unused.eq_ignore_ascii_case(name)));
        match unknown {
            None => Ok(()),
            Some((name, _)) => Err(refused("the connection string has an unknown setting").with("setting", *name)),
        }
    }
}

const SCHEMES: &[&str] = &["mqtt", "mqtts", "ws", "wss", "http", "https", "iothub", "folder"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn connection_strings_of_the_field_become_addresses() {
        let cases = [
            ("mqtt", "HostName=broker;UserName=a@b;Password=p/w:1", "mqtt://a%40b:p%2Fw%3A1@broker"),
            (
                "mqtt",
                "hostname=b; port=8884; usetls=True; protocol=V311;KeepAlivePeriod=00:00:30",
                "mqtts://b:8884?version=3.1.1",
            ),
            ("mqtt", "wss://b/x", "wss://b/x"),
            ("", "null", "null"),
            (
                "http",
                "HostName=h;Port=81;Scheme=http;Put=true;ApiKey=k&1",
                "http://h:81/%7Btopic%7D#method=put&header=ApiKey%3A+k%261",
            ),
            (
                "iothub",
                "HostName=h;DeviceId=d;SharedAccessKey=QQ==",
                "iothub:HostName=h;DeviceId=d;SharedAccessKey=QQ==",
            ),
            ("filesystem", "/var/lib/x", "folder:/var/lib/x"),
        ];
        for (kind, connection, expected) in cases {
            assert_eq!(address(kind, connection).unwrap().as_str(), expected);
        }
    }

    #[tokio::test]
    async fn each_opens_its_sink() {
        let folder = tempfile::tempdir().unwrap();
        let (path, hub) =
            (folder.path().display().to_string(), "HostName=h.invalid;DeviceId=child;SharedAccessKey=QUJDRA==");
        let cases = [
            ("Mqtt", "HostName=127.0.0.1;Port=1;UserName=u;Password=s3cret", "mqtt://127.0.0.1:1"),
            ("IoTHub", hub, "iothub://h.invalid/child"),
            ("Http", "HostName=127.0.0.1;ApiKey=s3cret", "https://127.0.0.1/{topic}"),
            ("FileSystem", &path, &format!("folder:{path}")),
        ];
        for (name, connection, shown) in cases {
            let sink = Connections::default()
                .open(&SinkChoice { connection: Some(connection.into()), ..name.into() })
                .unwrap();
            assert_eq!(sink.address(), shown);
            sink.close().await;
        }
    }

    #[test]
    fn a_wrong_connection_is_refused_and_not_shown() {
        let cases = [
            ("Mqtt", "HostName=h;Passwort=s3cret"),
            ("Mqtt", "s3cret"),
            ("Mqtt", "Port=s3cret"),
            ("Mqtt", "HostName=h;UseTls=s3cret"),
            ("Http", "HostName=h;Scheme=s3cret"),
            ("Http", "HostName=h;Port=s3cret"),
            ("EventHub", "Endpoint=s3cret"),
            ("", "file:s3cret"),
        ];
        for (name, connection) in cases {
            let error = Connections::default()
                .open(&SinkChoice { connection: Some(connection.into()), ..name.into() })
                .unwrap_err();
            assert!(!error.report().contains("s3cret"), "{}", error.report());
        }
    }
}
