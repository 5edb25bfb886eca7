//! What a server tells whoever asks: its endpoints, and the servers that it knows of (OPC 10000-4 §5.5).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::address::Address;
use super::channel::Channel;
use super::handshake::{request_header, unanswered};
use super::listed::{Listed, list, made_at, read};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;
use crate::ua::secure::{ChannelConfig, ChannelSecurity, Limits};
use crate::ua::{
    ApplicationDescription, BinaryDecodable, DateTime, EndpointDescription, FindServersOnNetworkRequest,
    FindServersRequest, GetEndpointsRequest, MessageInfo, NodeId, RequestHeader, ServerOnNetwork, Service, UAString,
};

/// Asks a server of which it knows nothing yet, on a channel without security.
///
/// Whoever answers has proven nothing: an answer has 512 KiB at most, of its lists as much is taken as is sound and
/// [`most`](DiscoveryOptions::most) allows, and nothing takes longer than the deadline.
///
/// ```no_run
/// use iiot_core::ua::client::{DiscoveryClient, DiscoveryOptions};
///
/// # async fn ask() -> iiot_core::Result<()> {
/// let client = DiscoveryClient::open(DiscoveryOptions::new("opc.tcp://plc-7:4840")).await?;
/// for endpoint in client.endpoints().await?.items {
///     println!("{} {:?}", endpoint.endpoint_url, endpoint.security_mode);
/// }
/// client.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct DiscoveryClient {
    channel: Channel,
    options: DiscoveryOptions,
    url: String,
    deadline: Instant,
    /// What the server's clock said in its last answer.
    time: Mutex<Option<DateTime>>,
}

/// Whom to ask, and how much of an answer to take.
#[derive(Debug, Clone)]
pub struct DiscoveryOptions {
    /// `opc.tcp://host:port/path`, as the server is to be told.
    pub url: String,
    /// Where to connect; where the URL says if there is none.
    pub address: Option<SocketAddr>,
    /// Languages of names, the preferred first.
    pub locales: Vec<String>,
    /// From the connection to the last answer. Default 20 s.
    pub timeout: Duration,
    /// Elements that are taken of a list. Default 1,000 endpoints or servers; of servers on the network ten times as many.
    pub most: usize,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl DiscoveryOptions {
    /// The server at this URL, on the clock of the machine.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            address: None,
            locales: Vec::new(),
            timeout: Duration::from_secs(20),
            most: 1000,
            clock: Arc::new(SystemClock),
        }
    }
}

/// The servers that a discovery server has heard of by multicast (FindServersOnNetwork).
pub type NetworkServers = Listed<ServerOnNetwork>;

impl DiscoveryClient {
    /// Connects and opens a channel.
    ///
    /// # Errors
    /// `InvalidArgument` if the URL is none, `Unavailable` if there is no connection, `Timeout`, and with the status that
    /// the server gives if it refuses.
    pub async fn open(options: DiscoveryOptions) -> Result<Self> {
        let address = Address::parse(&options.url)?;
        let config = ChannelConfig {
            endpoint_url: address.to_string(),
            limits: Limits::default(),
            security: ChannelSecurity::none(),
            // Longer than anybody asks; a server may say less.
            token_lifetime: Duration::from_secs(600).max(options.timeout * 2),
            utc: options.clock.utc(),
        };
        let deadline = options.clock.now() + options.timeout;
        let clock = Arc::clone(&options.clock);
        let opening = async {
            match options.address {
                Some(place) => Channel::open_at(place, config, &clock).await,
                None => Channel::open(&address, config, &clock).await,
            }
        };
        let channel = tokio::select! {
            channel = opening => channel,
            () = clock.sleep_until(deadline) => Err(too_late()),
        };
        let channel = channel.map_err(|error| error.with("endpoint", &address))?;
        Ok(Self { channel, url: address.to_string(), deadline, options, time: Mutex::default() })
    }

    /// The number that the server gave the channel. Most servers count their channels, over all of their addresses.
    #[must_use]
    pub fn channel_id(&self) -> u32 {
        self.channel.id()
    }

    /// What the clock of the server said in its last answer; `None` before one, and of a server that does not tell.
    #[must_use]
    pub fn server_time(&self) -> Option<UtcTime> {
        (*self.time.lock()).map(UtcTime::from)
    }

    /// Whether the connection has ended; nothing can be asked any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.channel.has_ended()
    }

    /// GetEndpoints: the ways to reach the server.
    ///
    /// # Errors
    /// `Timeout`, `Unavailable` if the connection ends, `Corrupt`, `LimitExceeded` for an answer that is too large, and
    /// with the status that the server gives if it refuses.
    pub async fn endpoints(&self) -> Result<Listed<EndpointDescription>> {
        let request = GetEndpointsRequest {
            request_header: self.header(),
            endpoint_url: self.url.as_str().into(),
            locale_ids: self.locales(),
            profile_uris: None,
        };
        self.list(request).await
    }

    /// FindServers: the server itself and, of a discovery server, those that registered there; of these only those with
    /// one of `uris`, unless that is empty.
    ///
    /// # Errors
    /// As [`endpoints`](Self::endpoints).
    pub async fn servers(&self, uris: &[String]) -> Result<Listed<ApplicationDescription>> {
        let request = FindServersRequest {
            request_header: self.header(),
            endpoint_url: self.url.as_str().into(),
            locale_ids: self.locales(),
            server_uris: texts(uris),
        };
        self.list(request).await
    }

    /// FindServersOnNetwork, page by page: the servers that a discovery server has heard of. What was read before a page
    /// fails is kept, with the failure as flaw.
    ///
    /// # Errors
    /// As [`endpoints`](Self::endpoints), if the first page fails. Who is no discovery server often refuses with
    /// `BadServiceUnsupported`.
    pub async fn servers_on_network(&self) -> Result<NetworkServers> {
        let mut paging = Paging::new(self.options.most.saturating_mul(10));
        for page in 0..MAX_PAGES {
            match self.page(paging.after).await {
                Ok((reset, page)) => {
                    if !paging.take(reset, page) {
                        return Ok(paging.finish(None));
                    }
                }
                Err(error) if page == 0 => return Err(error),
                Err(error) => return Ok(paging.finish(Some(error.report()))),
            }
        }
        Ok(paging.finish(Some(format!("it has no end within {MAX_PAGES} pages"))))
    }

    /// Tells the server that nothing more will be asked.
    pub async fn close(self) {
        self.channel.close().await;
    }

    async fn page(&self, after: u32) -> Result<(DateTime, Listed<ServerOnNetwork>)> {
        let request = FindServersOnNetworkRequest {
            request_header: self.header(),
            starting_record_id: after,
            max_records_to_return: PAGE,
            server_capability_filter: None,
        };
        let body = self.call(request).await?;
        read::<FindServersOnNetworkRequest, _>(&body, |input, context| {
            Ok((DateTime::decode(input, context)?, list(input, context, self.options.most)?))
        })
    }

    async fn list<S: Service, T: BinaryDecodable>(&self, request: S) -> Result<Listed<T>>
    where
        S::Response: MessageInfo + Default,
    {
        let body = self.call(request).await?;
        read::<S, _>(&body, |input, context| list(input, context, self.options.most))
    }

    async fn call<S: Service>(&self, request: S) -> Result<bytes::Bytes> {
        let answer = self.channel.call(&request.into(), self.deadline).await;
        let body = answer.map_err(|why| unanswered(S::NAME, why).with("endpoint", &self.url))?;
        *self.time.lock() = made_at(&body);
        Ok(body)
    }

    fn header(&self) -> RequestHeader {
        let clock = &self.options.clock;
        request_header(&NodeId::null(), clock.utc(), self.deadline.saturating_duration_since(clock.now()))
    }

    fn locales(&self) -> Option<Vec<UAString>> {
        texts(&self.options.locales)
    }
}

/// Records asked for at a time; servers may give fewer.
const PAGE: u32 = 1000;
const MAX_PAGES: usize = 200;

fn texts(texts: &[String]) -> Option<Vec<UAString>> {
    let texts: Vec<_> = texts.iter().map(|text| UAString::from(text.as_str())).collect();
    Some(texts).filter(|texts| !texts.is_empty())
}

fn too_late() -> Error {
    Error::new(ErrorKind::Timeout, "open a channel", "the server did not answer in time")
}

/// Which records come next (OPC 10000-4 §5.5.3). Record ids rise; those behind `after` are asked for until none is new,
/// since servers may give fewer than they are asked for.
#[derive(Debug)]
struct Paging {
    after: u32,
    reset: Option<DateTime>,
    /// The counter was reset meanwhile, and all was read again.
    restarted: bool,
    records: BTreeMap<u32, ServerOnNetwork>,
    most: usize,
    flaw: Option<String>,
}

impl Paging {
    const fn new(most: usize) -> Self {
        Self { after: 0, reset: None, restarted: false, records: BTreeMap::new(), most, flaw: None }
    }

    /// Takes a page; false if it was the last one.
    fn take(&mut self, reset: DateTime, page: Listed<ServerOnNetwork>) -> bool {
        if self.reset.replace(reset).is_some_and(|before| before != reset) && !self.restarted {
            return self.restart();
        }
        let before = self.records.len();
        for record in page.items {
            self.after = self.after.max(record.record_id);
            self.records.entry(record.record_id).or_insert(record);
        }
        self.flaw = self.flaw.take().or(page.flaw);
        if self.records.len() > self.most {
            self.flaw = Some(format!("more than {} servers, of which so many are taken", self.most));
            return false;
        }
        self.records.len() > before && self.flaw.is_none()
    }

    /// Other servers may have the ids that were read already. Some servers tell the time of each answer as that of the
    /// reset, so that it is believed once.
    fn restart(&mut self) -> bool {
        self.records.clear();
        (self.restarted, self.after, self.flaw) = (true, 0, None);
        true
    }

    fn finish(self, flaw: Option<String>) -> NetworkServers {
        Listed { items: self.records.into_values().take(self.most).collect(), flaw: self.flaw.or(flaw) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn page(ids: impl IntoIterator<Item = u32>) -> Listed<ServerOnNetwork> {
        let record = |record_id: u32| ServerOnNetwork { record_id, ..Default::default() };
        Listed { items: ids.into_iter().map(record).collect(), flaw: None }
    }

    fn reset(ticks: i64) -> DateTime {
        DateTime::from(UtcTime::UNIX_EPOCH + Duration::from_secs(ticks as u64))
    }

    fn ids(paging: Paging) -> Vec<u32> {
        paging.finish(None).items.iter().map(|record| record.record_id).collect()
    }

    /// A server with these records that gives so many at a time; `inclusive` as some read the specification.
    fn read_all(records: &[u32], at_a_time: usize, inclusive: bool) -> (Vec<u32>, usize) {
        let (mut paging, mut pages) = (Paging::new(10_000), 0);
        loop {
            let after = paging.after;
            let wanted = records.iter().copied().filter(|id| *id > after || (inclusive && *id == after));
            pages += 1;
            if !paging.take(reset(0), page(wanted.take(at_a_time))) {
                return (ids(paging), pages);
            }
        }
    }

    #[test]
    fn every_record_is_read_once_however_many_come_at_a_time() {
        let many: Vec<u32> = (1..=2500).collect();
        assert_eq!(read_all(&many, 1000, false), (many.clone(), 4));
        assert_eq!(read_all(&many, 100, false).0, many);
        assert_eq!(read_all(&many, 1000, true).0, many);
        assert_eq!(read_all(&[], 1000, false), (Vec::new(), 1));
        assert_eq!(read_all(&[7, 4_000_000_000, u32::MAX], 2, false).0, [7, 4_000_000_000, u32::MAX]);
    }

    #[test]
    fn a_server_that_repeats_itself_is_left() {
        let mut paging = Paging::new(10);
        assert!(paging.take(reset(0), page([1, 2])));
        assert!(!paging.take(reset(0), page([1, 2])));
        assert_eq!(ids(paging), [1, 2]);
    }

    #[test]
    fn records_that_are_numbered_anew_are_read_again_once() {
        let mut paging = Paging::new(10);
        assert!(paging.take(reset(0), page([1, 2])));
        assert!(paging.take(reset(1), page([9])));
        assert_eq!(paging.after, 0);
        assert!(paging.take(reset(1), page([1, 3])));
        assert!(!paging.take(reset(1), page([])));
        assert_eq!(ids(paging), [1, 3]);
    }

    #[test]
    fn a_server_whose_reset_is_always_now_loses_nothing() {
        let mut paging = Paging::new(100);
        let mut now = 0;
        loop {
            now += 1;
            let behind = (1..=7_u32).filter(|id| *id > paging.after).take(3);
            if !paging.take(reset(now), page(behind.collect::<Vec<_>>())) {
                break;
            }
        }
        assert_eq!(ids(paging), [1, 2, 3, 4, 5, 6, 7]);
        assert!(now < 10);
    }

    #[test]
    fn no_more_than_wanted_is_kept() {
        let mut paging = Paging::new(3);
        assert!(!paging.take(reset(0), page(1..=1000)));
        let told = paging.finish(None);
        assert_eq!((told.items.len(), told.flaw.is_some()), (3, true));
    }
}
