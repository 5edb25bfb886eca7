//! How to reach an HTTP server, from a URL.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::transport::referred_secret;
use crate::transport::setting::{file, seconds};

/// How to reach an HTTP server, and how to send to it.
///
/// ```
/// use iiot_core::transport::WebhookOptions;
///
/// let options = WebhookOptions::from_url("https://hooks.example/plant?line=7#method=put&timeout=20")?;
/// assert_eq!(options.address(), "https://hooks.example/plant");
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Clone)]
pub struct WebhookOptions {
    /// `http` or `https`, with host; `{topic}` in its path stands for the topic of each message.
    pub url: Url,
    /// Whether messages are PUT, not POST.
    pub put: bool,
    /// Sent with each message; their values are never shown.
    pub headers: Vec<(String, String)>,
    /// PEM with the authorities to trust instead of those of the system.
    pub ca_pem: Option<Vec<u8>>,
    /// PEM with our certificate chain, leaf first, and our private key.
    pub certificate_and_key_pem: Option<(Vec<u8>, Vec<u8>)>,
    /// How long one attempt may take. Default 30 s.
    pub attempt_timeout: Duration,
    /// How long a publish goes on trying. Default 60 s.
    pub timeout: Duration,
}

impl WebhookOptions {
    /// POST to this URL and nothing else set.
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self {
            url,
            put: false,
            headers: Vec::new(),
            ca_pem: None,
            certificate_and_key_pem: None,
            attempt_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(60),
        }
    }

    /// Options from `http://…` or `https://…`. What is behind a `?` belongs to the server, so our own
    /// settings stand behind a `#`, joined by `&`:
    ///
    /// | setting | |
    /// |---|---|
    /// | `method` | `post` or `put` |
    /// | `bearer` | a token, as `file:PATH` or `env:NAME` |
    /// | `user`, `password` | for basic authentication, the password as `file:PATH` or `env:NAME` |
    /// | `header` | `NAME:VALUE`, where the value can be `file:PATH` or `env:NAME`; can be repeated |
    /// | `ca`, `certificate`, `key` | files in PEM form |
    /// | `attempt-timeout`, `timeout` | in seconds |
    ///
    /// # Errors
    /// `InvalidArgument` for anything else, `Io` for a file that cannot be read; the message never holds
    /// the URL or a value.
    pub fn from_url(text: &str) -> Result<Self> {
        let mut url = Url::parse(text).map_err(|cause| refused("the URL does not parse").because(cause))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(refused("the URL must start with http:// or https:// and a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("give user and password behind the #: #user=NAME&password=file:PATH"));
        }
        let settings = url.fragment().unwrap_or_default().to_owned();
        url.set_fragment(None);
        let mut reader = Reader { options: Self::new(url), user: None, password: None, certificate: None, key: None };
        for (name, value) in url::form_urlencoded::parse(settings.as_bytes()) {
            reader.apply(&name, &value).map_err(|error| error.with("setting", name.as_ref()))?;
        }
        reader.finish()
    }

    /// The URL without what may be secret in it.
    #[must_use]
    pub fn address(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.to_string().replace("%7Btopic%7D", "{topic}")
    }

    pub(super) fn method(&self) -> Method {
        if self.put { Method::PUT } else { Method::POST }
    }

    /// The headers, in the form in which they are sent.
    pub(super) fn fixed_headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>> {
        let header = |(name, value): &(String, String)| {
            let wrong = || refused("a header has a name or value that HTTP does not allow");
            let name = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
            let mut value = HeaderValue::try_from(value.as_str()).map_err(|_| wrong().with("header", &name))?;
            value.set_sensitive(true);
            Ok((name, value))
        };
        self.headers.iter().map(header).collect()
    }
}

/// Options while their settings are read.
struct Reader {
    options: WebhookOptions,
    user: Option<String>,
    password: Option<String>,
    certificate: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
}

impl Reader {
    fn apply(&mut self, name: &str, value: &str) -> Result<()> {
        match (name, value) {
            ("method", "post") => self.options.put = false,
            ("method", "put") => self.options.put = true,
            ("bearer", _) => {
                let token = referred_secret(value)?;
                self.header(AUTHORIZATION.as_str(), &format!("Bearer {}", token.expose()));
            }
            ("user", _) => self.user = Some(value.to_owned()),
            ("password", _) => self.password = Some(referred_secret(value)?.expose().to_owned()),
            ("header", _) => self.named_header(value)?,
            ("ca", _) => self.options.ca_pem = Some(file(value, READ)?),
            ("certificate", _) => self.certificate = Some(file(value, READ)?),
            ("key", _) => self.key = Some(file(value, READ)?),
            ("attempt-timeout", _) => self.options.attempt_timeout = seconds(value, READ)?,
            ("timeout", _) => self.options.timeout = seconds(value, READ)?,
            _ => return Err(refused("a webhook has no such setting, or not this value")),
        }
        Ok(())
    }

    fn named_header(&mut self, text: &str) -> Result<()> {
        let (name, value) = text.split_once(':').ok_or_else(|| refused("a header is given as NAME:VALUE"))?;
        match value.split_once(':') {
            Some(("file" | "env", _)) => self.header(name, referred_secret(value)?.expose()),
            _ => self.header(name, value.trim()),
        }
        Ok(())
    }

    fn header(&mut self, name: &str, value: &str) {
        self.options.headers.push((name.to_owned(), value.to_owned()));
    }

    fn finish(mut self) -> Result<WebhookOptions> {
        if let Some(user) = self.user.take() {
            let login = format!("{user}:{}", self.password.take().unwrap_or_default());
            self.header(AUTHORIZATION.as_str(), &format!("Basic {}", STANDARD.encode(login)));
        }
        self.options.certificate_and_key_pem = match (self.certificate, self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => return Err(refused("a client certificate and its private key must be given together")),
        };
        if self.password.is_some() {
            return Err(refused("a password needs a user name"));
        }
        self.options.fixed_headers()?;
        Ok(self.options)
    }
}

impl fmt::Debug for WebhookOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookOptions")
            .field("address", &self.address())
            .field("put", &self.put)
            .finish_non_exhaustive()
    }
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, READ, message)
}

const READ: &str = "read webhook options";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn settings_stand_behind_the_fragment_and_secrets_show_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cret\n").unwrap();
        let text = format!(
            "https://h/p/{{topic}}?key=s3cret#method=put&bearer=file:{}&header=X-A: b&timeout=9",
            path.display()
        );
        let options = WebhookOptions::from_url(&text).unwrap();
        assert_eq!((options.put, options.timeout), (true, Duration::from_secs(9)));
        assert_eq!(options.headers[0], ("authorization".into(), "Bearer s3cret".into()));
        assert_eq!(options.headers[1], ("X-A".into(), "b".into()));
        assert_eq!(options.url.query(), Some("key=s3cret"));
        assert_eq!(options.address(), "https://h/p/{topic}");
        assert!(!format!("{options:?}").contains("s3cret"));
    }

    #[test]
    fn wrong_urls_are_refused_with_the_setting_and_without_values() {
        for url in [
            "",
            "ftp://h",
            "https://",
            "https://u:s3cret@h",
            "https://h#bearer=s3cret",
            "https://h#method=get",
            "https://h#header=s3cret",
            "https://h#timeout=0",
            "https://h#certificate=/nowhere/s3cret.pem",
            "https://h#nothing=s3cret",
            "https://h#header=a b:s3cret",
        ] {
            let error = WebhookOptions::from_url(url).unwrap_err();
            let io = url.contains("nowhere");
            assert_eq!(error.kind(), if io { ErrorKind::Io } else { ErrorKind::InvalidArgument }, "{url}");
            assert!(io || !error.report().contains("s3cret"), "{}", error.report());
        }
    }
}
