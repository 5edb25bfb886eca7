//! Where a URL leads.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use iiot_core::text::{MAX_URI, cleaned};
use iiot_core::{Error, ErrorKind, Result};
use url::{Host, Url};

/// The port registered for OPC UA over TCP.
const DEFAULT_PORT: u16 = 4840;
const SCHEME: &str = "opc.tcp";

/// An `opc.tcp` URL in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    url: Url,
    host: Host<String>,
    port: u16,
}

impl Location {
    /// # Errors
    /// `InvalidArgument` for what is no URL, `Unsupported` for one of another scheme.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refused = |kind, why: String| Error::new(kind, "read a URL", why).with("url", cleaned(text, 200));
        if text.len() > MAX_URI {
            return Err(refused(ErrorKind::InvalidArgument, "it is longer than 4096 bytes".into()));
        }
        let none = || refused(ErrorKind::InvalidArgument, "it is no URL of the form opc.tcp://host:4840/path".into());
        let url = Url::parse(text.trim()).map_err(|_| none())?;
        if url.scheme() != SCHEME {
            let why = format!("it is reached by {}; only opc.tcp is asked", cleaned(url.scheme(), 40));
            return Err(refused(ErrorKind::Unsupported, why));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(none)?;
        // The library keeps addresses of schemes that it does not know as names.
        let host = Host::parse(host).map_err(|_| none())?;
        let port = url.port().unwrap_or(DEFAULT_PORT);
        Ok(Self { url, host, port })
    }

    /// `opc.tcp://IP:PORT`
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self::parse(&format!("{SCHEME}://{address}")).expect("an address makes a URL")
    }

    /// Without brackets.
    pub(crate) fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// The address, where the host is none of a name.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address).to_canonical()),
        }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// What stands behind the port, without slashes at its end.
    pub(crate) fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// The same path at the host and port of another.
    pub(crate) fn at(&self, other: &Self) -> Self {
        let mut url = self.url.clone();
        // Both are URLs of one scheme, so that they fit.
        let _ = url.set_host(other.url.host_str());
        let _ = url.set_port(other.url.port().or(Some(DEFAULT_PORT)));
        Self { url, host: other.host.clone(), port: other.port }
    }

    /// Where it leads if its host has this address.
    pub(crate) fn place(&self, address: IpAddr) -> Place {
        Place { address: SocketAddr::new(address.to_canonical(), self.port), path: self.path().to_owned() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// An address and what is asked for there: several servers may share a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let location = Location::parse("opc.tcp://[fd00::17]/UA/Server/").unwrap();
        assert_eq!((location.host().as_str(), location.port(), location.path()), ("fd00::17", 4840, "/UA/Server"));
        assert_eq!(location.ip(), Some("fd00::17".parse().unwrap()));
        let named = Location::parse("opc.tcp://plc-7:14840").unwrap();
        assert_eq!((named.ip(), named.path()), (None, ""));
        let place = named.place("::ffff:10.0.0.7".parse().unwrap());
        assert_eq!(place, Place { address: "10.0.0.7:14840".parse().unwrap(), path: String::new() });
        assert_eq!(Location::of("10.0.0.7:4841".parse().unwrap()).ip(), Some("10.0.0.7".parse().unwrap()));
    }

    #[test]
    fn the_path_goes_to_the_host_that_was_dialled() {
        let dialled = Location::parse("opc.tcp://10.0.0.5:14840").unwrap();
        let reported = Location::parse("opc.tcp://plc-7.local/UA").unwrap();
        assert_eq!(reported.at(&dialled).to_string(), "opc.tcp://10.0.0.5:14840/UA");
        assert_eq!(dialled.at(&reported).to_string(), "opc.tcp://plc-7.local:4840");
    }

    #[test]
    fn garbage_is_refused_and_shown_without_what_steers_terminals() {
        let long = format!("opc.tcp://plc/{}", "x".repeat(MAX_URI));
        for text in
            ["", "plc", "opc.tcp://", "opc.tcp://:4840", "opc.tcp://a b:1", "opc.tcp://h:99999", "\u{1b}[2J", &long]
        {
            let error = Location::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
            assert!(!error.report().chars().any(char::is_control), "{error}");
        }
        assert_eq!(Location::parse("opc.https://plc:443").unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
