//! Redundant servers: who else serves the same, and when to go there although this one still
//! answers (OPC 10000-4 §6.6.2).
//!
//! A session is with one server at a time, so every kind of set whose servers are seen is used
//! alike: the other one gets a new session and new subscriptions, behind a declared gap. What
//! replaces its server unseen (transparent redundancy) needs nothing from us.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::address::Address;
use super::channel::Channel;
use super::dialer::Dialer;
use super::handshake::{Established, Handshake, call_sessionless};
use crate::session::attribute;
use crate::ua::{AttributeId, DataValue, FindServersRequest, NodeId, ReadRequest, UAString, VariableId, Variant};

/// What the set has come to.
#[derive(Debug)]
pub(super) enum News {
    /// The URLs of its other servers.
    Servers(Vec<String>),
    /// This server is not healthy, and the one at this URL is better.
    Better(String),
}

/// The other servers of a set.
#[derive(Debug, Default, PartialEq, Eq)]
struct Others {
    urls: Vec<String>,
    /// They run while this one does, so that they can be asked.
    running: bool,
}

/// Decides when the other servers are asked whether they are better.
#[derive(Debug, Default)]
pub(super) struct Failover {
    not_before: Option<Instant>,
    vain: u32,
    /// The server closed the connection when it was asked for its set.
    dislikes: bool,
}

/// How often a server with others beside it is asked for its ServiceLevel.
const LOOK: Duration = Duration::from_secs(1);
/// From here on a server is healthy, below it is degraded (2 to 199), has no data (1) or is in
/// maintenance (0).
const HEALTHY: u8 = 200;
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// So long a server keeps us at least, unless it fails: a set that cannot agree must not chase us
/// around.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A set of redundant servers is small; what is longer is junk.
const MAX_SERVERS: usize = 16;
const MAX_TEXT: usize = 4096;

impl Failover {
    /// Whether to ask the others, this server being at `level`.
    fn is_due(&mut self, level: u8, now: Instant) -> bool {
        if level >= HEALTHY {
            self.vain = 0;
            return false;
        }
        self.not_before.is_none_or(|at| now >= at)
    }

    /// The others were asked; each time in vain doubles the pause.
    fn asked(&mut self, found: bool, now: Instant) {
        let pause = if found { LONGEST_PAUSE } else { FIRST_PAUSE * (1 << self.vain.min(5)) };
        self.vain = if found { 0 } else { self.vain + 1 };
        self.not_before = Some(now + pause.min(LONGEST_PAUSE));
    }
}

/// Learns the set and then watches over the server. Never returns.
pub(super) async fn watch(dialer: Arc<Dialer>, channel: Channel, session: Established, news: mpsc::Sender<News>) {
    let others = learn(&dialer, &channel, &session).await;
    if !others.urls.is_empty() {
        tracing::info!(others = ?others.urls, "the server is one of a redundant set");
        let _ = news.send(News::Servers(others.urls.clone())).await;
    }
    let clock = &dialer.parts.clock;
    while others.running && !others.urls.is_empty() {
        clock.sleep_until(clock.now() + LOOK).await;
        if let Some(url) = look(&dialer, &channel, &session, &others.urls).await {
            let _ = news.send(News::Better(url)).await;
        }
    }
    std::future::pending().await
}

/// A server that ends the connection when it is asked is not asked again. Servers that connect to
/// us cannot be reached any other way, so it does not matter what others there are.
async fn learn(dialer: &Dialer, channel: &Channel, session: &Established) -> Others {
    if dialer.failover.lock().dislikes || dialer.options.reverse.is_some() {
        return Others::default();
    }
    let deadline = dialer.parts.clock.now() + dialer.options.request_timeout;
    let others = others(&dialer.handshake(channel, &session.endpoint, session.own.as_ref(), deadline), session).await;
    dialer.failover.lock().dislikes |= channel.has_ended();
    others
}

/// A better server than this one, if it is time to ask for one.
async fn look(dialer: &Dialer, channel: &Channel, session: &Established, others: &[String]) -> Option<String> {
    let clock = &dialer.parts.clock;
    let deadline = clock.now() + dialer.options.request_timeout;
    let handshake = dialer.handshake(channel, &session.endpoint, session.own.as_ref(), deadline);
    let level = service_level(&handshake, session).await?;
    if !dialer.failover.lock().is_due(level, clock.now()) {
        return None;
    }
    tracing::warn!(level, endpoint = session.place, "the server is not healthy; the others of its set are asked");
    let better = best_above(level, dialer, others).await;
    dialer.failover.lock().asked(better.is_some(), clock.now());
    better
}

/// The first healthy server, else the best of those that are better than `level`.
async fn best_above(level: u8, dialer: &Dialer, others: &[String]) -> Option<String> {
    let mut best = (level, None);
    for url in others {
        match dialer.service_level(url).await {
            Ok(Some(level)) if level > best.0 => best = (level, Some(url.clone())),
            Ok(level) => tracing::debug!(?level, url, "is no better"),
            Err(error) => tracing::debug!(%error, url, "is not there"),
        }
        if best.0 >= HEALTHY {
            break;
        }
    }
    best.1
}

/// The ServiceLevel, from a server that tells it.
pub(super) async fn service_level(handshake: &Handshake<'_>, session: &Established) -> Option<u8> {
    match read(handshake, session, &[VariableId::Server_ServiceLevel]).await.pop()? {
        Variant::Byte(level) => Some(level),
        _ => None,
    }
}

/// The other servers; whatever goes wrong, there are none.
async fn others(handshake: &Handshake<'_>, session: &Established) -> Others {
    let support = read(handshake, session, &[VariableId::Server_ServerRedundancy_RedundancySupport]).await.pop();
    // Cold: the others run only once this one has failed. Warm, hot, and hot with mirrored sessions.
    let running = match support {
        Some(Variant::Int32(1)) => false,
        Some(Variant::Int32(2 | 3 | 5)) => true,
        _ => return Others::default(),
    };
    let uris = read(handshake, session, &[VariableId::Server_ServerRedundancy_ServerUriArray]).await.pop();
    let uris = sane(texts(uris), session.endpoint.server.application_uri.as_ref());
    Others { urls: find(handshake, session, uris).await, running }
}

/// The values that are good.
async fn read(handshake: &Handshake<'_>, session: &Established, variables: &[VariableId]) -> Vec<Variant> {
    let nodes = variables.iter().map(|variable| attribute(&NodeId::from(*variable), AttributeId::Value)).collect();
    let request = ReadRequest { nodes_to_read: Some(nodes), ..Default::default() };
    let token = &session.authentication_token;
    match handshake.call(request, token, |request| &mut request.request_header).await {
        Ok(response) => response.results.unwrap_or_default().into_iter().filter_map(good).collect(),
        Err(error) => {
            tracing::debug!(%error, "the server does not tell of redundancy");
            Vec::new()
        }
    }
}

/// Asks this server where the others are.
async fn find(handshake: &Handshake<'_>, session: &Established, uris: Vec<String>) -> Vec<String> {
    if uris.is_empty() {
        return Vec::new();
    }
    let server_uris = Some(uris.iter().map(|uri| UAString::from(uri.as_str())).collect());
    let request = FindServersRequest { endpoint_url: session.place.as_str().into(), server_uris, ..Default::default() };
    let servers = match call_sessionless(handshake.channel, request, handshake.deadline).await {
        Ok(response) => response.servers.unwrap_or_default(),
        Err(error) => {
            tracing::info!(%error, "the server does not know where the others of its set are");
            return Vec::new();
        }
    };
    // Some servers return all that they know, whatever they were asked for.
    let wanted = servers.into_iter().filter(|server| uris.iter().any(|uri| uri == server.application_uri.as_ref()));
    let urls = wanted.filter_map(|server| first_url(server.discovery_urls.unwrap_or_default()));
    urls.filter(|url| *url != session.place).take(MAX_SERVERS).collect()
}

/// URIs of others.
fn sane(uris: Vec<String>, own: &str) -> Vec<String> {
    let sane = |uri: &String| !uri.is_empty() && uri.len() <= MAX_TEXT && uri != own;
    uris.into_iter().filter(sane).take(MAX_SERVERS).collect()
}

fn first_url(urls: Vec<UAString>) -> Option<String> {
    urls.into_iter().map(|url| url.to_string()).find(|url| url.len() <= MAX_TEXT && Address::parse(url).is_ok())
}

fn good(value: DataValue) -> Option<Variant> {
    value.value.filter(|_| !value.status.is_some_and(|status| status.is_bad()))
}

fn texts(value: Option<Variant>) -> Vec<String> {
    let Some(Variant::Array(array)) = value else { return Vec::new() };
    let text = |value| match value {
        Variant::String(text) => text.value().clone(),
        _ => None,
    };
    array.values.into_iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_is_not_healthy_makes_us_ask_the_others() {
        let now = Instant::now();
        for (level, due) in [(0, true), (1, true), (2, true), (199, true), (200, false), (255, false)] {
            assert_eq!(Failover::default().is_due(level, now), due, "level {level}");
        }
    }

    #[test]
    fn a_set_in_which_nobody_is_better_is_asked_ever_more_seldom() {
        let (mut failover, start) = (Failover::default(), Instant::now());
        let (mut now, mut pauses) = (start, Vec::new());
        for _ in 0..7 {
            assert!(failover.is_due(100, now));
            failover.asked(false, now);
            let asked = now;
            while !failover.is_due(100, now) {
                now += LOOK;
            }
            pauses.push((now - asked).as_secs());
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn whoever_has_moved_stays_for_a_minute() {
        let (mut failover, now) = (Failover::default(), Instant::now());
        assert!(failover.is_due(100, now));
        failover.asked(true, now);
        assert!(!failover.is_due(0, now + LONGEST_PAUSE / 2));
        assert!(failover.is_due(0, now + LONGEST_PAUSE));
    }

    #[test]
    fn a_set_of_junk_is_empty() {
        let junk = ["", "urn:own", &"x".repeat(MAX_TEXT + 1)].map(String::from).to_vec();
        assert_eq!(sane(junk, "urn:own"), Vec::<String>::new());
        assert_eq!(sane(vec!["urn:b".into(); 1000], "urn:own").len(), MAX_SERVERS);
        assert_eq!(texts(Some(Variant::Int32(7))), Vec::<String>::new());
        let urls = ["http://a", "junk", "", "opc.tcp://b:4840"].map(UAString::from).to_vec();
        assert_eq!(first_url(urls).as_deref(), Some("opc.tcp://b:4840"));
    }
}
