//! How to reach an MQTT broker, from a URL.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::settings;
use super::token::TokenSource;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Backoff, Message};

/// How to reach an MQTT broker and how to behave towards it.
///
/// ```
/// use iiot_core::transport::MqttOptions;
///
/// let options = MqttOptions::from_url("mqtts://edge:s%65cret@broker.plant.example")?;
/// assert_eq!(options.address(), "mqtts://broker.plant.example:8883");
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Clone)]
pub struct MqttOptions {
    /// Host name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Which protocol is spoken. Default 5.
    pub version: MqttVersion,
    /// The path of a websocket, for `ws` and `wss`.
    pub websocket: Option<String>,
    /// TLS, for `mqtts` and `wss`.
    pub tls: Option<MqttTls>,
    /// User name.
    pub user: Option<String>,
    /// Password; never shown.
    pub password: Option<String>,
    /// Makes passwords that end, in place of `password`.
    pub token: Option<Arc<dyn TokenSource>>,
    /// Names this client at the broker, which lets a later connection resume the session. Two
    /// clients with one id throw each other out. Default: `iiot-` and a random part.
    pub client_id: String,
    /// What the broker publishes when it loses us without having heard why.
    pub will: Option<Message>,
    /// Idle time after which the broker is asked whether it is there. Default 20 s.
    pub keep_alive: Duration,
    /// How long the broker keeps session and subscriptions while we are away; at least a second.
    /// Default 1 h.
    pub session_expiry: Duration,
    /// How long an attempt to connect may take. Default 10 s.
    pub connect_timeout: Duration,
    /// How long a publish or subscribe waits for the broker's answer over all reconnects. Default 60 s.
    pub timeout: Duration,
    /// Published messages on their way at once; the broker can ask for fewer. Default 200.
    pub max_in_flight: u16,
    /// Messages the broker may send ahead of our subscribers; bounds what is queued. Default 200.
    pub receive_maximum: u16,
    /// Largest MQTT packet in bytes. Default 16 MiB.
    pub max_packet: u32,
    /// Delays between attempts to connect.
    pub backoff: Backoff,
}

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MqttVersion {
    /// MQTT 3.1.1, for brokers that know no other, to publish only: nothing in it bounds what a broker sends
    /// ahead of a slow reader, so `subscribe` fails with `Unsupported`. A message has topic, payload,
    /// quality and retain; content type, properties, expiry, response topic and correlation are left out.
    /// The broker keeps the session of a client id for as long as it likes, and does not say why it
    /// refuses a message.
    V311,
    /// MQTT 5.0.
    #[default]
    V5,
}

/// How a TLS connection proves who is who. The server's name is always checked.
#[derive(Clone, Default)]
pub struct MqttTls {
    /// PEM with the certificates of the authorities to trust, instead of the public ones.
    pub ca_pem: Option<Vec<u8>>,
    /// PEM with our certificate chain, leaf first.
    pub certificate_pem: Option<Vec<u8>>,
    /// PEM with our private key.
    pub key_pem: Option<Vec<u8>>,
}

impl MqttOptions {
    /// Options for `mqtt://user:password@host:1883`, `mqtts://…:8883`, and over a websocket
    /// `ws://…:80/mqtt` and `wss://…:443/mqtt`; user, password, port and path can be left out. Reserved
    /// characters of user and password are percent-encoded.
    ///
    /// | setting behind `?` | |
    /// |---|---|
    /// | `version` | `5` or `3.1.1` |
    /// | `ca`, `certificate`, `key` | files in PEM form: authorities to trust instead of the public ones, and who we are |
    /// | `user`, `password` | the password as `file:PATH` or `env:NAME` |
    /// | `client-id` | lets the next process resume the session of this one |
    /// | `keep-alive`, `session-expiry` | in seconds |
    /// | `will-topic`, `will-payload` | what the broker says, and keeps, when it loses us |
    ///
    /// # Errors
    /// `InvalidArgument` for anything else, `Io` for a file that cannot be read; the message never holds
    /// the URL, which may hold a password.
    pub fn from_url(text: &str) -> Result<Self> {
        let url = Url::parse(text).map_err(|cause| refused("the URL does not parse").because(cause))?;
        let (secure, websocket, default_port) = match url.scheme() {
            "mqtt" => (false, false, 1883),
            "mqtts" => (true, false, 8883),
            "ws" => (false, true, 80),
            "wss" => (true, true, 443),
            other => {
                let message = "the URL must start with mqtt://, mqtts://, ws:// or wss://";
                return Err(refused(message).with("scheme", other));
            }
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refused("the URL names no host"))?;
        let path = Some(url.path()).filter(|path| !matches!(*path, "" | "/"));
        if (path.is_some() && !websocket) || url.fragment().is_some() {
            return Err(refused("the URL must end after host and port, and settings behind a ?").with("host", host));
        }
        let mut options = Self {
            tls: secure.then(MqttTls::default),
            websocket: websocket.then(|| path.unwrap_or("/mqtt").to_owned()),
            user: Some(url.username()).filter(|user| !user.is_empty()).map(percent_decoded).transpose()?,
            password: url.password().map(percent_decoded).transpose()?,
            ..Self::new(host, url.port().unwrap_or(default_port))
        };
        for (name, value) in url.query_pairs() {
            settings::apply(&mut options, &name, &value).map_err(|error| error.with("setting", name.as_ref()))?;
        }
        Ok(options)
    }

    /// Options for a broker without TLS, user and password.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            version: MqttVersion::default(),
            websocket: None,
            tls: None,
            user: None,
            password: None,
            token: None,
            will: None,
            client_id: format!("iiot-{}", uuid::Uuid::new_v4().simple()),
            keep_alive: Duration::from_secs(20),
            session_expiry: Duration::from_secs(3600),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            max_in_flight: 200,
            receive_maximum: 200,
            max_packet: 16 * 1024 * 1024,
            backoff: Backoff::default(),
        }
    }

    /// The broker's URL without user, password and settings.
    #[must_use]
    pub fn address(&self) -> String {
        let scheme = match (&self.websocket, &self.tls) {
            (None, None) => "mqtt",
            (None, Some(_)) => "mqtts",
            (Some(_), None) => "ws",
            (Some(_), Some(_)) => "wss",
        };
        format!("{scheme}://{}:{}{}", self.host, self.port, self.websocket.as_deref().unwrap_or_default())
    }

    /// Fails on what can never work.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = if self.host.is_empty() {
            "no host is given"
        } else if self.receive_maximum == 0 || self.max_in_flight == 0 {
            "at least one message must be allowed in flight"
        } else if self.session_expiry < Duration::from_secs(1) {
            "the session must outlive a reconnect: give a session expiry of at least 1 s"
        } else if self.client_id.is_empty() {
            "the client id is empty"
        } else if self.will.as_ref().is_some_and(|will| will.topic.is_empty()) {
            "the last will has no topic: give will-topic"
        } else if (self.password.is_some() || self.token.is_some()) && self.user.is_none() {
            "a password needs a user name"
        } else {
            return self.tls.as_ref().map_or(Ok(()), MqttTls::check);
        };
        Err(refused(wrong).with("broker", self.address()))
    }
}

impl MqttTls {
    /// The MQTT crate only logs what it cannot parse, so this is looked at here.
    fn check(&self) -> Result<()> {
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let has_certificate = |pem: &[u8]| matches!(CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>(), Ok(all) if !all.is_empty());
        if self.ca_pem.as_deref().is_some_and(|pem| !has_certificate(pem)) {
            return Err(refused("the CA file holds no certificate in PEM form"));
        }
        match (self.certificate_pem.as_deref(), self.key_pem.as_deref()) {
            (None, None) => Ok(()),
            (Some(certificate), _) if !has_certificate(certificate) => {
                Err(refused("the client certificate file holds no certificate in PEM form"))
            }
            (Some(_), Some(key)) if PrivateKeyDer::from_pem_slice(key).is_ok() => Ok(()),
            (Some(_), Some(_)) => Err(refused("the client key file holds no private key in PEM form")),
            _ => Err(refused("a client certificate and its private key must be given together")),
        }
    }
}

impl fmt::Debug for MqttOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttOptions")
            .field("address", &self.address())
            .field("version", &self.version)
            .field("user", &self.user)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MqttTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttTls")
            .field("own_authorities", &self.ca_pem.is_some())
            .field("client_certificate", &self.certificate_pem.is_some())
            .finish_non_exhaustive()
    }
}

pub(super) fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read MQTT options", message)
}

fn percent_decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        let decoded = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(decoded.unwrap_or(first));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).map_err(|_| refused("user and password must be UTF-8"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn urls_name_host_port_and_credentials() {
        let options = MqttOptions::from_url("mqtt://ed:p%40ss%2Fw%C3%B6rd%@[::1]:1999/").unwrap();
        assert_eq!((options.host.as_str(), options.port), ("[::1]", 1999));
        assert_eq!((options.user.as_deref(), options.password.as_deref()), (Some("ed"), Some("p@ss/wörd%")));
        assert_eq!(MqttOptions::from_url("mqtt://b").unwrap().port, 1883);
        assert_eq!(MqttOptions::from_url("mqtts://b").unwrap().port, 8883);
    }

    #[test]
    fn urls_carry_websockets_and_settings() {
        let options =
            MqttOptions::from_url("ws://b?version=3.1.1&client-id=line%201&keep-alive=5&will-topic=gone").unwrap();
        assert_eq!((options.address().as_str(), options.version), ("ws://b:80/mqtt", MqttVersion::V311));
        assert_eq!((options.client_id.as_str(), options.keep_alive), ("line 1", Duration::from_secs(5)));
        let will = options.will.unwrap();
        assert_eq!((will.topic.as_str(), will.retain), ("gone", true));
        assert_eq!(MqttOptions::from_url("wss://b/hub/mqtt").unwrap().address(), "wss://b:443/hub/mqtt");
        let missing = MqttOptions::from_url("mqtts://b?ca=/nowhere/ca.pem").unwrap_err();
        assert!(
            missing.report().contains("/nowhere/ca.pem") && missing.report().contains("ca"),
            "{}",
            missing.report()
        );
        let nothing = MqttOptions::from_url("mqtt://b?will-payload=x").unwrap().check().unwrap_err();
        assert!(nothing.message().contains("will-topic"));
        assert!(MqttOptions::from_url("mqtt://b?client-id=").unwrap().check().is_err());
    }

    #[test]
    fn the_password_shows_nowhere() {
        let options = MqttOptions::from_url("mqtt://ed:s3cret@b").unwrap();
        assert!(!format!("{options:?} {}", options.address()).contains("s3cret"));
        let wrong = MqttOptions::from_url("http://ed:s3cret@b").unwrap_err();
        assert!(!format!("{wrong:?}").contains("s3cret"));
    }

    #[test]
    fn wrong_urls_and_options_are_refused_with_the_reason() {
        for url in [
            "",
            "b:1883",
            "http://b",
            "mqtt://",
            "mqtt://b/topic",
            "mqtt://b?x=1",
            "mqtt://b:99999",
            "mqtt://b?ca=x",
            "mqtt://b?version=4",
            "mqtt://b?keep-alive=1.5",
            "mqtt://b?password=s3cret",
            "ws://b#x",
        ] {
            assert_eq!(MqttOptions::from_url(url).unwrap_err().kind(), ErrorKind::InvalidArgument, "{url}");
        }
        let tls = |ca: Option<&str>, certificate: Option<&str>, key: Option<&str>| {
            let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
            let tls = MqttTls { ca_pem: bytes(ca), certificate_pem: bytes(certificate), key_pem: bytes(key) };
            MqttOptions { tls: Some(tls), ..MqttOptions::new("b", 1) }.check()
        };
        assert!(tls(None, None, None).is_ok());
        assert!(tls(Some("no pem"), None, None).unwrap_err().message().contains("CA file"));
        assert!(tls(None, None, Some("key")).unwrap_err().message().contains("together"));
        assert!(tls(None, Some("no pem"), Some("key")).unwrap_err().message().contains("client certificate"));
        assert!(MqttOptions { receive_maximum: 0, ..MqttOptions::new("b", 1) }.check().is_err());
        assert!(MqttOptions { session_expiry: Duration::ZERO, ..MqttOptions::new("b", 1) }.check().is_err());
    }
}
