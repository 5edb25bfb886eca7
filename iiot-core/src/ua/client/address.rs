//! `opc.tcp` URLs.

use std::fmt;

use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::ua::StatusCode;

/// Host, port and path of an `opc.tcp` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    host: String,
    port: u16,
}

/// OPC 10000-6 §7.1.2.3.
const MAX_LENGTH: usize = 4096;
/// The port registered for OPC UA over TCP.
const DEFAULT_PORT: u16 = 4840;

impl Address {
    /// Fails with `InvalidArgument` for anything that is not `opc.tcp://host[:port][/path]`.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid =
            |why: &'static str| Error::new(ErrorKind::InvalidArgument, "read endpoint URL", why).with("endpoint", text);
        if text.len() > MAX_LENGTH {
            let why = "it is longer than 4096 bytes";
            let error = Error::new(ErrorKind::InvalidArgument, "read endpoint URL", why);
            return Err(error.with_status(StatusCode::BadTcpEndpointUrlInvalid));
        }
        let url = Url::parse(text.trim()).map_err(|_| invalid(EXPECTED))?;
        if url.scheme() != "opc.tcp" {
            return Err(invalid(EXPECTED));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| invalid("it names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port().unwrap_or(DEFAULT_PORT);
        Ok(Self { url, host, port })
    }

    /// The host, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 4840 where the URL names none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same path at the host and port of `dialled`.
    pub(crate) fn at(&self, dialled: &Self) -> Self {
        let mut url = self.url.clone();
        // Both come from a URL of the same scheme, so they fit.
        let _ = url.set_host(dialled.url.host_str());
        let _ = url.set_port(dialled.url.port());
        Self { url, host: dialled.host.clone(), port: dialled.port }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

const EXPECTED: &str = "it is not a URL of the form opc.tcp://host:4840/path";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_path_of_the_server_goes_to_the_host_that_was_dialled() {
        let dialled = Address::parse("opc.tcp://10.0.0.5:14840").unwrap();
        let reported = Address::parse("opc.tcp://plc-7.local:4840/UA/Server").unwrap();
        assert_eq!(reported.at(&dialled).to_string(), "opc.tcp://10.0.0.5:14840/UA/Server");
    }

    #[test]
    fn the_default_port_is_taken_and_brackets_go() {
        let address = Address::parse("opc.tcp://[::1]/x").unwrap();
        assert_eq!((address.host(), address.port()), ("::1", 4840));
        assert_eq!(Address::parse("opc.tcp://a:1/").unwrap().at(&address).to_string(), "opc.tcp://[::1]/");
    }

    #[test]
    fn other_schemes_and_missing_hosts_are_refused() {
        let long = format!("opc.tcp://plc/{}", "x".repeat(MAX_LENGTH));
        for text in ["", "plc", "http://plc:4840", "opc.tcp://", "opc.tcp://:4840", &long] {
            assert_eq!(Address::parse(text).unwrap_err().kind(), ErrorKind::InvalidArgument, "{text}");
        }
    }
}
