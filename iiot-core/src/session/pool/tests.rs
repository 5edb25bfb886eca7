#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::FutureExt;

use super::*;
use crate::clock::ManualClock;
use crate::session::{MemoryConnector, MemoryServer, Session, SessionState};
use crate::time::UtcTime;
use crate::ua::EndpointDescription;

/// A server in memory, one that stalls for ever, one that refuses.
#[derive(Debug)]
struct Site {
    memory: MemoryConnector,
    attempts: AtomicUsize,
}

#[async_trait]
impl Connector for Site {
    async fn endpoints(&self, url: &str) -> Result<Vec<EndpointDescription>> {
        self.memory.endpoints(url).await
    }

    async fn connect(&self, options: ConnectOptions) -> Result<Arc<dyn Session>> {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        match options.endpoint_url.as_str() {
            "opc.memory://stalls" => std::future::pending().await,
            "opc.memory://refuses" => {
                tokio::task::yield_now().await;
                let cause = std::io::Error::other("nobody listens");
                Err(Error::new(ErrorKind::Unavailable, "connect", "the server is away").because(cause))
            }
            _ => self.memory.connect(options).await,
        }
    }
}

struct Setup {
    server: MemoryServer,
    site: Arc<Site>,
    clock: Arc<ManualClock>,
    pool: SessionPool,
}

impl Setup {
    fn new(options: PoolOptions) -> Self {
        let server = MemoryServer::new();
        let site = Arc::new(Site { memory: server.connector(), attempts: AtomicUsize::new(0) });
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH));
        let pool = SessionPool::new(Arc::clone(&site) as _, Arc::clone(&clock) as _, options);
        Self { server, site, clock, pool }
    }

    async fn lease(&self, url: &str) -> Result<Lease> {
        self.pool.lease(&ConnectOptions::new(url), self.clock.now() + Duration::from_secs(5)).await
    }
}

#[tokio::test]
async fn callers_share_a_session_that_is_closed_when_idle() {
    let setup = Setup::new(PoolOptions::default());
    let url = setup.server.url();
    let (first, second) = tokio::join!(setup.lease(&url), setup.lease(&url));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(Arc::ptr_eq(first.session(), second.session()));
    assert_eq!((setup.site.attempts.load(Ordering::SeqCst), setup.pool.sessions()), (1, 1));
    let session = Arc::clone(first.session());
    drop((first, second));
    while setup.clock.next_deadline() != Some(setup.clock.now() + Duration::from_secs(60)) {
        tokio::task::yield_now().await;
    }
    setup.clock.advance(Duration::from_secs(60));
    while session.state() != SessionState::Closed {
        tokio::task::yield_now().await;
    }
    assert_eq!(setup.pool.sessions(), 0);
    setup.lease(&url).await.unwrap();
    assert_eq!(setup.site.attempts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_server_that_stalls_delays_nobody_else() {
    let setup = Setup::new(PoolOptions::default());
    let mut stalled = Box::pin(setup.lease("opc.memory://stalls"));
    assert!(stalled.as_mut().now_or_never().is_none());
    setup.lease(&setup.server.url()).await.unwrap();
    assert!(stalled.as_mut().now_or_never().is_none());
    setup.clock.advance(Duration::from_secs(5));
    assert_eq!(stalled.await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(setup.site.attempts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn everybody_who_waits_learns_why_and_the_next_one_tries_again() {
    let setup = Setup::new(PoolOptions::default());
    let url = "opc.memory://refuses";
    let (first, second) = tokio::join!(setup.lease(url), setup.lease(url));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.report().ends_with("the server is away: nobody listens"), "{}", error.report());
    }
    assert_eq!((setup.site.attempts.load(Ordering::SeqCst), setup.pool.sessions()), (1, 0));
    setup.lease(url).await.unwrap_err();
    assert_eq!(setup.site.attempts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn leases_of_a_session_and_sessions_are_bounded() {
    let options = PoolOptions { max_sessions: 1, max_leases: 1, max_waiting: 1, ..Default::default() };
    let setup = Setup::new(options);
    let url = setup.server.url();
    let lease = setup.lease(&url).await.unwrap();
    let mut waits = Box::pin(setup.lease(&url));
    assert!(waits.as_mut().now_or_never().is_none());
    assert_eq!(setup.lease(&url).await.unwrap_err().kind(), ErrorKind::LimitExceeded);
    assert_eq!(setup.lease("opc.memory://stalls").await.unwrap_err().kind(), ErrorKind::LimitExceeded);
    drop(lease);
    let lease = waits.await.unwrap();
    let mut waits = Box::pin(setup.lease(&url));
    assert!(waits.as_mut().now_or_never().is_none());
    setup.clock.advance(Duration::from_secs(5));
    assert_eq!(waits.await.unwrap_err().kind(), ErrorKind::Timeout);
    drop(lease);
    setup.lease("opc.memory://stalls").now_or_never();
    assert_eq!(setup.pool.sessions(), 1, "the idle session made room");
}

#[tokio::test]
async fn who_stays_takes_no_place_and_keeps_the_session() {
    let setup = Setup::new(PoolOptions { max_leases: 1, idle: Duration::from_secs(60), ..Default::default() });
    let options = ConnectOptions::new(setup.server.url());
    let deadline = setup.clock.now() + Duration::from_secs(5);
    let lease = setup.lease(&setup.server.url()).await.unwrap();
    let stays = setup.pool.stay(&options, deadline).await.unwrap();
    assert!(Arc::ptr_eq(lease.session(), stays.session()));
    drop(lease);
    setup.clock.advance(Duration::from_secs(1_000));
    setup.lease(&setup.server.url()).await.unwrap();
    assert_eq!(stays.session().state(), SessionState::Connected);
    assert_eq!(setup.site.attempts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_holds_for_a_connection_ends_with_it() {
    let setup = Setup::new(PoolOptions::default());
    let lease = setup.lease(&setup.server.url()).await.unwrap();
    let connection = lease.connection();
    assert_eq!(lease.connection(), connection);
    setup.server.add_namespace("urn:more");
    assert_ne!(lease.connection(), connection);
    setup.pool.close().await;
    assert_eq!(lease.session().state(), SessionState::Closed);
    assert_eq!(setup.lease(&setup.server.url()).await.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn a_session_of_its_own_is_shared_with_nobody_and_closed_afterwards() {
    let setup = Setup::new(PoolOptions::default());
    let (options, deadline) = (ConnectOptions::new(setup.server.url()), setup.clock.now() + Duration::from_secs(5));
    let alone = setup.pool.lease_alone(&options, deadline).await.unwrap();
    let other = setup.pool.lease_alone(&options, deadline).await.unwrap();
    let shared = setup.lease(&setup.server.url()).await.unwrap();
    assert!(!Arc::ptr_eq(alone.session(), other.session()) && !Arc::ptr_eq(alone.session(), shared.session()));
    assert_eq!(setup.site.attempts.load(Ordering::SeqCst), 3);
    let session = Arc::clone(alone.session());
    drop(alone);
    assert_eq!(session.state_changed(&SessionState::Connected).await, SessionState::Closed);
    drop(shared);
    assert_eq!(setup.pool.sessions(), 2, "the shared one is kept");
    assert_eq!(other.session().state(), SessionState::Connected);
}

#[tokio::test]
async fn a_server_can_be_left_and_others_stay() {
    let setup = Setup::new(PoolOptions::default());
    assert_eq!(setup.pool.states(&setup.server.url()), []);
    let lease = setup.lease(&setup.server.url()).await.unwrap();
    let _stalls = setup.lease("opc.memory://stalls").now_or_never();
    assert_eq!(setup.pool.states(&setup.server.url()), [Some(SessionState::Connected)]);
    assert_eq!(setup.pool.disconnect(&setup.server.url()).await, 1);
    assert_eq!(lease.session().state(), SessionState::Closed);
    assert_eq!((setup.pool.states(&setup.server.url()), setup.pool.disconnect(&setup.server.url()).await), (vec![], 0));
    assert!(setup.lease(&setup.server.url()).await.is_ok(), "the next one makes a new session");
}
