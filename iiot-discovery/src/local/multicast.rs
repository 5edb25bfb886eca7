//! Servers that announce themselves by multicast DNS (OPC 10000-12 §4.3.4 and Annex C).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use futures::future::select_all;
use iiot_core::clock::Clock;
use iiot_core::{Error, ErrorKind, Result};
use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};
use tokio_util::sync::CancellationToken;

/// What a server announces of itself. Nobody has checked it: contact only what the plan allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The name of its service, at most 255 characters.
    pub name: String,
    /// How it is reached.
    pub transport: AnnouncedTransport,
    /// The name of its host, without a dot at the end.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Where its discovery endpoint stands in its URL: `/UA/Server`; empty if it does not say.
    pub path: String,
    /// What it says it can do, as `LDS` or `DA`: at most 32 identifiers.
    pub capabilities: Vec<String>,
    /// The addresses that its host is said to have, at most 16.
    pub addresses: Vec<IpAddr>,
}

/// What a service is announced as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnnouncedTransport {
    /// `_opcua-tcp._tcp`: OPC UA over TCP.
    Tcp,
    /// `_opcua-tls._tcp`: OPC UA over HTTPS or websockets.
    Tls,
}

/// How long to listen: responders answer within a second, and a lost packet is asked for again.
pub const LISTEN: Duration = Duration::from_secs(3);
/// Announcements that are taken; the others are left out.
pub const MAX_ANNOUNCEMENTS: usize = 1000;
const MAX_ADDRESSES: usize = 16;
const MAX_CAPABILITIES: usize = 32;
const MAX_CAPABILITY: usize = 32;
const MAX_NAME: usize = 255;
const MAX_PATH: usize = 1024;

impl AnnouncedTransport {
    const ALL: [Self; 2] = [Self::Tcp, Self::Tls];

    /// The type of the service.
    #[must_use]
    pub const fn service(self) -> &'static str {
        match self {
            Self::Tcp => "_opcua-tcp._tcp.local.",
            Self::Tls => "_opcua-tls._tcp.local.",
        }
    }
}

impl Announcement {
    /// Its discovery URL at a host: `opc.tcp://plc-7.local:4840/UA/Server`; `None` where it is not announced for TCP.
    #[must_use]
    pub fn url_at(&self, host: &str) -> Option<String> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let url = format!("opc.tcp://{host}:{}{}", self.port, self.path);
        (self.transport == AnnouncedTransport::Tcp).then_some(url)
    }

    /// Its discovery URL by its own name.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.url_at(&self.host)
    }
}

/// Asks on all interfaces who is there, and listens for `time` or until `stop`.
///
/// # Errors
/// `Unavailable` if this machine cannot listen to multicast DNS.
pub async fn listen(time: Duration, clock: &dyn Clock, stop: &CancellationToken) -> Result<Vec<Announcement>> {
    let daemon = ServiceDaemon::new().map_err(deaf)?;
    let mut heard = Heard::default();
    let listening = hear(&daemon, &mut heard);
    let result = tokio::select! {
        biased;
        () = stop.cancelled() => Ok(()),
        () = clock.sleep_until(clock.now() + time) => Ok(()),
        result = listening => result,
    };
    // It ends its thread and closes its sockets by itself; there is nothing to wait for.
    let _ = daemon.shutdown();
    result.map(|()| heard.0.into_values().collect())
}

async fn hear(daemon: &ServiceDaemon, heard: &mut Heard) -> Result<()> {
    let browse = |transport: AnnouncedTransport| Ok((transport, daemon.browse(transport.service()).map_err(deaf)?));
    let services: Vec<_> = AnnouncedTransport::ALL.into_iter().map(browse).collect::<Result<_>>()?;
    loop {
        let next =
            services.iter().map(|(transport, events)| Box::pin(async move { (*transport, events.recv_async().await) }));
        match select_all(next).await.0 {
            (transport, Ok(ServiceEvent::ServiceResolved(service))) => heard.take(transport, &service),
            (_, Ok(_)) => {}
            (_, Err(_)) => return Err(Error::new(ErrorKind::Unavailable, LISTENING, "the listener has ended")),
        }
    }
}

/// What was heard, by the full name of the service.
#[derive(Debug, Default)]
struct Heard(BTreeMap<String, Announcement>);

impl Heard {
    fn take(&mut self, transport: AnnouncedTransport, service: &ResolvedService) {
        let name = service.get_fullname();
        if self.0.len() >= MAX_ANNOUNCEMENTS && !self.0.contains_key(name) {
            return;
        }
        let mut told = announcement(transport, service);
        if let Some(before) = self.0.get(name).filter(|before| before.host == told.host) {
            told.addresses.extend(&before.addresses);
        }
        told.addresses.sort_unstable();
        told.addresses.dedup();
        told.addresses.truncate(MAX_ADDRESSES);
        self.0.insert(name.to_owned(), told);
    }
}

fn announcement(transport: AnnouncedTransport, service: &ResolvedService) -> Announcement {
    let full = service.get_fullname();
    let name = full.strip_suffix(transport.service()).unwrap_or(full).trim_end_matches('.');
    let said = |key: &str| service.get_property_val(key).flatten().map(String::from_utf8_lossy).unwrap_or_default();
    Announcement {
        name: printable(name, MAX_NAME),
        transport,
        host: printable(service.get_hostname().trim_end_matches('.'), MAX_NAME),
        port: service.get_port(),
        path: path(&said("path")),
        capabilities: capabilities(&said("caps")),
        addresses: service.get_addresses().iter().map(|address| address.to_ip_addr().to_canonical()).collect(),
    }
}

/// A path that is safe to stand in a URL: others would change where the URL leads or what a log shows.
fn path(said: &str) -> String {
    let path = if said.is_empty() || said.starts_with('/') { said.to_owned() } else { format!("/{said}") };
    let is_sound = path.len() <= MAX_PATH && path.bytes().all(|letter| letter.is_ascii_graphic());
    if is_sound { path } else { String::new() }
}

fn capabilities(said: &str) -> Vec<String> {
    let each = said.split(',').map(|one| printable(one.trim(), MAX_CAPABILITY)).filter(|one| !one.is_empty());
    each.take(MAX_CAPABILITIES).collect()
}

fn printable(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(most).collect()
}

const LISTENING: &str = "listen to multicast DNS";

fn deaf(cause: mdns_sd::Error) -> Error {
    let message = "this machine cannot; check that an interface takes multicast and UDP port 5353 may be shared";
    Error::new(ErrorKind::Unavailable, LISTENING, message).because(cause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use mdns_sd::ServiceInfo;

    use super::*;

    fn told(name: &str, address: &str, txt: &[(&str, &str)]) -> ResolvedService {
        let service = AnnouncedTransport::Tcp.service();
        ServiceInfo::new(service, name, "plc-7.local.", address, 4850, txt).unwrap().as_resolved_service()
    }

    fn taken(service: &ResolvedService) -> Announcement {
        announcement(AnnouncedTransport::Tcp, service)
    }

    #[test]
    fn an_announcement_tells_name_url_and_capabilities() {
        let heard = taken(&told("Boiler", "10.0.0.7", &[("path", "/UA/Server"), ("caps", "LDS, DA,,HD")]));
        assert_eq!(
            (heard.name.as_str(), heard.addresses.as_slice()),
            ("Boiler", ["10.0.0.7".parse().unwrap()].as_slice())
        );
        assert_eq!(heard.capabilities, ["LDS", "DA", "HD"]);
        assert_eq!(heard.url().unwrap(), "opc.tcp://plc-7.local:4850/UA/Server");
        assert_eq!(heard.url_at("fd00::7").unwrap(), "opc.tcp://[fd00::7]:4850/UA/Server");
        let bare = taken(&told("Boiler", "10.0.0.7", &[("path", "UA")]));
        assert_eq!((bare.path.as_str(), bare.capabilities.len()), ("/UA", 0));
    }

    #[test]
    fn what_is_announced_is_bounded_and_printable() {
        let caps = vec!["X".repeat(40); 5].join(",");
        let heard = taken(&told("\x1b[31mred", "10.0.0.7", &[("path", "/a b\n@10.0.0.9"), ("caps", &caps)]));
        assert_eq!((heard.name.as_str(), heard.path.as_str()), ("[31mred", ""));
        assert!(heard.capabilities.iter().all(|one| one.len() == MAX_CAPABILITY));
        assert_eq!(capabilities(&"DA,".repeat(100)).len(), MAX_CAPABILITIES);
    }

    #[test]
    fn what_comes_in_pieces_is_put_together_and_no_flood_is_kept() {
        let mut heard = Heard::default();
        for number in 0..40 {
            heard.take(AnnouncedTransport::Tcp, &told("Boiler", &format!("10.0.0.{}", number / 2), &[]));
        }
        assert_eq!(heard.0.values().next().unwrap().addresses.len(), MAX_ADDRESSES);
        for number in 0..MAX_ANNOUNCEMENTS + 10 {
            heard.take(AnnouncedTransport::Tcp, &told(&format!("S{number}"), "10.0.0.7", &[]));
        }
        assert_eq!(heard.0.len(), MAX_ANNOUNCEMENTS);
    }
}
