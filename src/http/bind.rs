//! Where to listen.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use iiot_core::{Error, ErrorKind, Result};

/// An address, and whether by TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) address: SocketAddr,
    pub(super) secure: bool,
}

/// Reads `[http://|https://]HOST:PORT`. Plain HTTP beyond loopback is refused.
pub(super) fn parse(text: &str, has_certificate: bool) -> Result<Bind> {
    let (secure, host) = match text.split_once("://") {
        Some(("http", host)) => (Some(false), host),
        Some(("https", host)) => (Some(true), host),
        Some(_) => return Err(unreadable(text)),
        None => (None, text),
    };
    let address = address(host.trim_end_matches('/')).ok_or_else(|| unreadable(text))?;
    if secure == Some(false) && has_certificate {
        let message =
            "there is a certificate, but http:// asks for no TLS: write https://, or leave the certificate out";
        return Err(Error::new(ErrorKind::InvalidArgument, BIND, message).with("address", text));
    }
    if secure == Some(false) && !address.ip().is_loopback() {
        let message = "keys would travel in clear: write https://, for which a certificate is made if you give none";
        return Err(Error::new(ErrorKind::InvalidArgument, BIND, message).with("address", text));
    }
    let by_itself = has_certificate || !address.ip().is_loopback();
    Ok(Bind { address, secure: secure.unwrap_or(by_itself) })
}

fn address(host: &str) -> Option<SocketAddr> {
    match host.strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.parse().ok()?)),
        None => host.parse().ok(),
    }
}

fn unreadable(text: &str) -> Error {
    let message = "it is no address to listen at; write one like 127.0.0.1:9702 or https://0.0.0.0:9702";
    Error::new(ErrorKind::InvalidArgument, BIND, message).with("address", text)
}

const BIND: &str = "listen for HTTP";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn beyond_loopback_and_with_a_certificate_it_is_tls() {
        for (text, certificate, secure) in [
            ("127.0.0.1:9702", false, false),
            ("localhost:9702", false, false),
            ("[::1]:9702", false, false),
            ("0.0.0.0:9702", false, true),
            ("192.168.0.1:9702", false, true),
            ("127.0.0.1:9702", true, true),
            ("https://127.0.0.1:9702/", false, true),
            ("http://127.0.0.1:9702", false, false),
        ] {
            let bind = parse(text, certificate).unwrap();
            assert_eq!((bind.secure, bind.address.port()), (secure, 9702), "{text}");
        }
        for text in ["", "9702", "plant:9702", "ftp://127.0.0.1:1", "127.0.0.1", "http://0.0.0.0:9702"] {
            assert_eq!(parse(text, false).unwrap_err().kind(), ErrorKind::InvalidArgument, "{text}");
        }
        assert!(parse("http://127.0.0.1:1", true).is_err());
    }
}
