//! How to reach a NATS server, from a URL.

use std::fmt;
use std::time::Duration;

use async_nats::ConnectOptions;
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::session::Secret;
use crate::transport::setting::{file, seconds};
use crate::transport::{referred_secret, tls};

/// How to reach a NATS server.
///
/// ```
/// use iiot_core::transport::NatsOptions;
///
/// let options = NatsOptions::from_url("nats://broker.plant.example?name=edge-7")?;
/// assert_eq!(options.address(), "nats://broker.plant.example:4222");
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Clone)]
pub struct NatsOptions {
    /// Host name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether the connection must be TLS. A server that wants TLS gets it in any case.
    pub tls: bool,
    /// PEM with the authorities to trust instead of those of the system.
    pub ca_pem: Option<Vec<u8>>,
    /// PEM with our certificate chain, leaf first, and our private key.
    pub certificate_and_key_pem: Option<(Vec<u8>, Vec<u8>)>,
    /// How we say who we are.
    pub login: NatsLogin,
    /// What the server shows of us. Default `iiot`.
    pub name: String,
    /// How long a publish waits for a connection, and for the answer. Default 10 s.
    pub timeout: Duration,
}

/// How a client says who it is.
#[derive(Debug, Clone, Default)]
pub enum NatsLogin {
    /// Not at all, or by its certificate.
    #[default]
    Nobody,
    /// By user name and password.
    User(String, Secret),
    /// By a token.
    Token(Secret),
    /// By a JWT and a key, as in a `.creds` file.
    Credentials(Secret),
}

impl NatsOptions {
    /// Options for a server that asks for nothing.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            tls: false,
            ca_pem: None,
            certificate_and_key_pem: None,
            login: NatsLogin::default(),
            name: "iiot".to_owned(),
            timeout: Duration::from_secs(10),
        }
    }

    /// Options from `nats://host:4222` or `tls://host:4222`, with settings behind a `?`: `user` and
    /// `password`, or `token`, or `credentials` (each secret as `file:PATH` or `env:NAME`); `ca`,
    /// `certificate` and `key` (files in PEM form); `name`; `timeout` in seconds.
    ///
    /// # Errors
    /// `InvalidArgument` for anything else, `Io` for a file that cannot be read; the message never holds
    /// the URL or a value.
    pub fn from_url(text: &str) -> Result<Self> {
        let url = Url::parse(text).map_err(|cause| refused("the URL does not parse").because(cause))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refused("the URL names no host"))?;
        if !matches!(url.scheme(), "nats" | "tls") || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(refused("the URL must be nats://HOST:PORT or tls://HOST:PORT, with settings behind a ?"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("give user and password behind the ?: ?user=NAME&password=file:PATH"));
        }
        let options = Self { tls: url.scheme() == "tls", ..Self::new(host, url.port().unwrap_or(4222)) };
        let mut reader = Reader { options, user: None, password: None, certificate: None, key: None };
        for (name, value) in url.query_pairs() {
            reader.apply(&name, &value).map_err(|error| error.with("setting", name.as_ref()))?;
        }
        reader.finish()
    }

    /// The server's URL without settings.
    #[must_use]
    pub fn address(&self) -> String {
        let scheme = if self.tls { "tls" } else { "nats" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }

    pub(super) fn server(&self) -> String {
        self.address()
    }

    pub(super) fn client(&self) -> Result<ConnectOptions> {
        let own = self.certificate_and_key_pem.as_ref().map(|(certificate, key)| (&certificate[..], &key[..]));
        let mut client = ConnectOptions::new().name(&self.name).require_tls(self.tls);
        if self.tls || self.ca_pem.is_some() || own.is_some() {
            client = client.tls_client_config(tls::client(self.ca_pem.as_deref(), own)?);
        }
        match &self.login {
            NatsLogin::Nobody => Ok(client),
            NatsLogin::User(user, password) => Ok(client.user_and_password(user.clone(), password.expose().to_owned())),
            NatsLogin::Token(token) => Ok(client.token(token.expose().to_owned())),
            NatsLogin::Credentials(text) => {
                client.credentials(text.expose()).map_err(|_| refused("the credentials are no .creds file"))
            }
        }
    }
}

/// Options while their settings are read.
struct Reader {
    options: NatsOptions,
    user: Option<String>,
    password: Option<Secret>,
    certificate: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
}

impl Reader {
    fn apply(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "user" => self.user = Some(value.to_owned()),
            "password" => self.password = Some(referred_secret(value)?),
            "token" => self.options.login = NatsLogin::Token(referred_secret(value)?),
            "credentials" => self.options.login = NatsLogin::Credentials(referred_secret(value)?),
            "ca" => self.options.ca_pem = Some(file(value, READ)?),
            "certificate" => self.certificate = Some(file(value, READ)?),
            "key" => self.key = Some(file(value, READ)?),
            "name" => self.options.name = value.to_owned(),
            "timeout" => self.options.timeout = seconds(value, READ)?,
            _ => return Err(refused("a NATS server's URL has no such setting")),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<NatsOptions> {
        match (self.user, self.password) {
            (None, None) => {}
            (Some(user), Some(password)) => self.options.login = NatsLogin::User(user, password),
            _ => return Err(refused("user and password must be given together")),
        }
        self.options.certificate_and_key_pem = match (self.certificate, self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => return Err(refused("a client certificate and its private key must be given together")),
        };
        Ok(self.options)
    }
}

impl fmt::Debug for NatsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsOptions")
            .field("address", &self.address())
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, READ, message)
}

const READ: &str = "read NATS options";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn wrong_urls_are_refused_with_the_setting_and_without_values() {
        for url in [
            "",
            "http://h",
            "nats://",
            "nats://u:s3cret@h",
            "nats://h/x",
            "nats://h?token=s3cret",
            "nats://h?user=u",
            "nats://h?nothing=s3cret",
            "nats://h?key=/nowhere/key.pem",
        ] {
            let error = NatsOptions::from_url(url).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::Io), "{url}");
            assert!(!error.report().contains("s3cret"), "{}", error.report());
        }
        assert_eq!(NatsOptions::from_url("tls://h:1").unwrap().address(), "tls://h:1");
    }
}
