//! The ports on the server in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::{Feed, MemoryServer};
use crate::error::{Error, ErrorKind, Result};
use crate::session::mailbox::{Mailbox, StateCell};
use crate::session::{
    Concern, ConnectOptions, Connector, Item, ResumeRevision, ResumeState, ServerLimits, Session, SessionState,
    Subscription, SubscriptionEvent, SubscriptionOptions,
};
use crate::ua::{EndpointDescription, MessageSecurityMode, Request, Response};

/// Reaches one [`MemoryServer`] by its URL.
#[derive(Debug, Clone)]
pub struct MemoryConnector {
    server: MemoryServer,
}

impl MemoryConnector {
    pub(super) fn new(server: MemoryServer) -> Self {
        Self { server }
    }

    fn check(&self, operation: &'static str, url: &str) -> Result<()> {
        if url == self.server.url() && self.server.state.lock().interrupted.is_none() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unavailable, operation, "there is no server").with("endpoint", url))
    }
}

#[async_trait]
impl Connector for MemoryConnector {
    async fn endpoints(&self, url: &str) -> Result<Vec<EndpointDescription>> {
        self.check("read the endpoints", url)?;
        Ok(vec![EndpointDescription {
            endpoint_url: url.into(),
            security_mode: MessageSecurityMode::None,
            security_policy_uri: "http://opcfoundation.org/UA/SecurityPolicy#None".into(),
            ..Default::default()
        }])
    }

    async fn connect(&self, options: ConnectOptions) -> Result<Arc<dyn Session>> {
        self.check("connect", &options.endpoint_url)?;
        let state = Arc::new(StateCell::new(SessionState::Connected));
        self.server.state.lock().sessions.push(Arc::downgrade(&state));
        Ok(Arc::new(MemorySession { server: self.server.clone(), state }))
    }
}

#[derive(Debug)]
struct MemorySession {
    server: MemoryServer,
    state: Arc<StateCell>,
}

impl MemorySession {
    /// Waits until the connection is there; a closed session is an error.
    async fn connected(&self, operation: &'static str) -> Result<()> {
        loop {
            match self.state.load() {
                SessionState::Connected => return Ok(()),
                SessionState::Closed => return Err(closed(operation)),
                seen @ SessionState::Reconnecting { .. } => self.state.changed(&seen).await,
            };
        }
    }
}

#[async_trait]
impl Session for MemorySession {
    async fn call(&self, request: Request, _timeout: Option<Duration>) -> Result<Response> {
        self.connected(request.service()).await?;
        self.server.answer(request)
    }

    async fn subscribe(&self, options: SubscriptionOptions, items: Vec<Item>) -> Result<Box<dyn Subscription>> {
        if self.state.load() == SessionState::Closed {
            return Err(closed("subscribe"));
        }
        let mut state = self.server.state.lock();
        let key = state.next_feed;
        state.next_feed += 1;
        let mut feed = Feed::new(key as u32, Arc::downgrade(&self.state), options, items);
        feed.create(&state.nodes, &state.namespaces);
        let mailbox = Arc::clone(&feed.mailbox);
        state.feeds.insert(key, feed);
        state.flush();
        drop(state);
        let session = Arc::clone(&self.state);
        Ok(Box::new(MemorySubscription { server: self.server.clone(), session, key, mailbox }))
    }

    fn namespaces(&self) -> Arc<Vec<String>> {
        Arc::clone(&self.server.state.lock().namespaces)
    }

    fn limits(&self) -> Arc<ServerLimits> {
        Arc::default()
    }

    fn concerns(&self) -> Arc<Vec<Concern>> {
        Arc::clone(&self.server.state.lock().concerns)
    }

    fn state(&self) -> SessionState {
        self.state.load()
    }

    async fn state_changed(&self, seen: &SessionState) -> SessionState {
        self.state.changed(seen).await
    }

    async fn resume_state(&self) -> Result<Option<ResumeState>> {
        Ok(None)
    }

    async fn resume_state_changed(&self, _: ResumeRevision) -> ResumeRevision {
        std::future::pending().await
    }

    async fn suspend(&self) -> Result<Option<ResumeState>> {
        self.close().await;
        Ok(None)
    }

    async fn close(&self) {
        self.state.store(SessionState::Closed);
        self.server.state.lock().feeds.retain(|_, feed| !feed.is_of(&self.state));
    }
}

#[derive(Debug)]
struct MemorySubscription {
    server: MemoryServer,
    session: Arc<StateCell>,
    key: u64,
    mailbox: Arc<Mailbox>,
}

#[async_trait]
impl Subscription for MemorySubscription {
    async fn next(&mut self) -> Option<SubscriptionEvent> {
        let closed = async {
            let mut seen = self.session.load();
            while seen != SessionState::Closed {
                seen = self.session.changed(&seen).await;
            }
        };
        let next = self.mailbox.next();
        futures::pin_mut!(closed, next);
        match futures::future::select(next, closed).await {
            futures::future::Either::Left((event, _)) => event,
            futures::future::Either::Right(_) => None,
        }
    }

    fn acknowledge(&self, token: u64) {
        static ORDER: AtomicU64 = AtomicU64::new(0);
        let mut state = self.server.state.lock();
        if let Some(feed) = state.feeds.get_mut(&self.key) {
            feed.acknowledge(token, ORDER.fetch_add(1, Ordering::Relaxed));
        }
        state.flush();
    }

    async fn set_items(&self, items: Vec<Item>) -> Result<()> {
        let mut state = self.server.state.lock();
        let state = &mut *state;
        let feed = state.feeds.get_mut(&self.key).ok_or_else(|| closed("set the items"))?;
        feed.set_items(items, &state.nodes, &state.namespaces);
        state.flush();
        Ok(())
    }

    async fn modify(&self, options: SubscriptionOptions) -> Result<()> {
        let mut state = self.server.state.lock();
        let feed = state.feeds.get_mut(&self.key).ok_or_else(|| closed("modify the subscription"))?;
        feed.modify(options);
        state.flush();
        Ok(())
    }

    async fn close(&mut self) {
        self.server.state.lock().feeds.remove(&self.key);
        self.mailbox.end();
    }
}

impl Drop for MemorySubscription {
    fn drop(&mut self) {
        self.server.state.lock().feeds.remove(&self.key);
    }
}

fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Closed, operation, "the session was closed")
}
