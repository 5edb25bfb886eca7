//! Whom to call, and how he proves himself.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use hyper::header::HeaderValue;
use rustls::ClientConfig;
use url::Url;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::transport::tls;

/// Whom to call.
#[derive(Clone)]
#[non_exhaustive]
pub struct RestOptions {
    /// `https://HOST:PORT`; `http://` to this machine alone, since the key goes along.
    pub url: Url,
    /// How the server proves itself. Default [`Trust::System`].
    pub trust: Trust,
    /// How long an answer may take, and the pause between two signs of life of a stream. Default 60 s.
    pub timeout: Duration,
    key: Zeroizing<String>,
}

/// How a server proves itself.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Trust {
    /// By an authority that the system trusts.
    #[default]
    System,
    /// By one of these authorities (PEM), or by being one of these certificates that it has signed itself.
    Authorities(Vec<u8>),
    /// By its certificate, and no other: for a first contact, where nobody vouches for it.
    Fingerprint(Fingerprint),
}

/// SHA-256 of a certificate (DER); as text 64 hexadecimal digits, with or without colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl RestOptions {
    /// The server at this URL, called with this API key.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no URL, and for plain HTTP beyond this machine.
    pub fn new(url: &str, key: impl Into<Zeroizing<String>>) -> Result<Self> {
        let parsed = Url::parse(url).map_err(|cause| unfit("it is no URL").with("url", url).because(cause))?;
        match parsed.scheme() {
            "https" if parsed.has_host() => {}
            "http" if is_here(&parsed) => {}
            "http" => return Err(unfit("whoever is on the way could read the key: write https://").with("url", url)),
            _ => return Err(unfit("it is neither https:// nor http://").with("url", url)),
        }
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() {
            return Err(unfit("it has a user, a password or a query: none of them is sent"));
        }
        Ok(Self { url: parsed, trust: Trust::System, timeout: Duration::from_secs(60), key: key.into() })
    }

    pub(super) fn tls(&self) -> Result<Option<ClientConfig>> {
        if self.url.scheme() == "http" {
            return Ok(None);
        }
        match &self.trust {
            Trust::System => tls::client(None, None),
            Trust::Authorities(pem) => tls::client(Some(pem), None),
            Trust::Fingerprint(Fingerprint(bytes)) => tls::pinned(*bytes),
        }
        .map(Some)
    }

    pub(super) fn authorization(&self) -> Result<HeaderValue> {
        let text = Zeroizing::new(format!("Bearer {}", self.key.trim()));
        let mut value = HeaderValue::from_str(&text).map_err(|_| unfit("the API key is none"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for RestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, trust, timeout, key: _ } = self;
        let mut shown = f.debug_struct("RestOptions");
        shown.field("url", &url.as_str()).field("trust", trust).field("timeout", timeout).finish_non_exhaustive()
    }
}

impl FromStr for Fingerprint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
        let wrong = || unfit("a fingerprint is 64 hexadecimal digits: the SHA-256 of the server's certificate");
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(wrong());
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'));
            *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(wrong)?;
        }
        Ok(Self(bytes))
    }
}

fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn unfit(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, super::CALL, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_key_goes_nowhere_in_clear_beyond_this_machine() {
        for url in ["https://gds.local:9704", "http://127.0.0.1:1", "http://[::1]:1/base", "http://localhost"] {
            RestOptions::new(url, "key".to_owned()).unwrap();
        }
        for url in ["http://gds.local", "ftp://x", "https://", "http://127.0.0.1.example.com", "https://a:b@x", "x"] {
            let error = RestOptions::new(url, "key".to_owned()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{url}");
        }
        let shown = format!("{:?}", RestOptions::new("https://x", "secret".to_owned()).unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_fingerprint_is_read_with_and_without_colons() {
        let plain: Fingerprint = "0f".repeat(32).parse().unwrap();
        assert_eq!(plain.0, [15; 32]);
        assert_eq!(vec!["0F"; 32].join(":").parse::<Fingerprint>().unwrap(), plain);
        for wrong in ["", "0f", &"0g".repeat(32), &"+f".repeat(32), &"é".repeat(32)] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}
