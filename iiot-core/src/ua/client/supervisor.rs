//! The task that keeps a session: serves it while connected, reconnects while not.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use super::alarm::Alarm;
use super::channel::{Answer, Outgoing, Unanswered};
use super::dialer::{Connection, Dialer, Failure, PATIENCE_AT_CLOSE};
use super::handshake::{Established, request_header};
use super::ladder::{Event, Ladder, session_is_gone};
use super::liveness::{Liveness, Pulse};
use super::redundancy::{self, News};
use super::refresh::{keep_identity, outlived};
use super::session::{Command, Link, Outlet, Shared};
use super::trust_watch::Latest;
use super::verify::concerns;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{ConnectOptions, ResumeState, SessionState, attribute};
use crate::ua::subscribe::{Continuity, Engine, EngineRequest, Key, fault_status};
use crate::ua::{AttributeId, CloseSessionRequest, ReadRequest, Request, StatusCode, VariableId};

pub(super) struct Supervisor {
    dialer: Arc<Dialer>,
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Command>,
    ladder: Ladder,
    engine: Engine,
    outlets: HashMap<Key, Arc<Outlet>>,
    closing: HashMap<Key, oneshot::Sender<()>>,
    answers: Answers,
    outgoing: VecDeque<EngineRequest>,
    trust: watch::Receiver<Latest>,
}

type Answers = (mpsc::UnboundedSender<(u64, Answer)>, mpsc::UnboundedReceiver<(u64, Answer)>);

/// Why serving a connection ended.
enum End {
    /// The connection is lost; `session`: the server may still have the session.
    Lost { cause: Arc<Error>, session: bool },
    /// Another server of the redundant set, at this URL, is better.
    Left(String),
    /// The users have closed the session, or are gone.
    Closed(Farewell),
}

/// How the users part from the session.
#[derive(Default)]
struct Farewell {
    done: Option<oneshot::Sender<()>>,
    /// Whoever wants to resume the subscriptions later.
    heir: Option<oneshot::Sender<ResumeState>>,
}

const KEEP: &str = "keep the session";
const BETTER: &str = "the server is not healthy, and another one of its set is better";
const OUTLIVED: &str = "our certificate of this session expires; a new session takes the new one";
/// The tag of the supervisor's own requests; the engine's begin at 1.
const PROBE: u64 = 0;

impl Supervisor {
    pub(super) fn new(
        dialer: Dialer,
        shared: Arc<Shared>,
        commands: mpsc::Receiver<Command>,
        trust: watch::Receiver<Latest>,
    ) -> Self {
        Self {
            ladder: Ladder::new(dialer.places(), dialer.options.max_backoff, dialer.parts.clock.now()),
            engine: engine(&dialer.options),
            dialer: Arc::new(dialer),
            shared,
            commands,
            outlets: HashMap::new(),
            closing: HashMap::new(),
            answers: mpsc::unbounded_channel(),
            outgoing: VecDeque::new(),
            trust,
        }
    }

    /// Runs until the session is closed or all its users are gone.
    pub(super) async fn run(mut self, mut connection: Connection) {
        loop {
            let link = self.begin(&connection);
            match self.serve(&link, &connection.session).await {
                End::Closed(farewell) => return self.finish(Some(&link), farewell).await,
                End::Lost { cause, session } => self.interrupt(&link, cause, Event::Lost { session }),
                End::Left(place) => self.leave(&link, place).await,
            }
            drop(link);
            connection = match self.reconnect().await {
                Ok(connection) => connection,
                Err(farewell) => return self.finish(None, farewell).await,
            };
        }
    }

    fn begin(&mut self, connection: &Connection) -> Arc<Link> {
        let link = Arc::new(Link {
            channel: connection.channel.clone(),
            authentication_token: connection.session.authentication_token.clone(),
            gone: watch::Sender::new(None),
        });
        *self.shared.namespaces.lock() = Arc::clone(&connection.namespaces);
        *self.shared.concerns.lock() = Arc::clone(&connection.concerns);
        let same_session = connection.continuity == Continuity::Session;
        self.shared.learned.lock().connected(Arc::clone(&connection.limits), same_session);
        self.engine.limit_items(connection.limits.max_monitored_items_per_call);
        // Answers over an earlier connection are of no use to anybody.
        self.answers = mpsc::unbounded_channel();
        self.outgoing.clear();
        let now = self.now();
        self.ladder.handle(Event::Connected, now, random());
        self.engine.connected(Arc::clone(&connection.namespaces), connection.continuity, now);
        self.shared.state.store(SessionState::Connected);
        self.shared.link.send_replace(Some(Arc::clone(&link)));
        link
    }

    /// Closes the session, whose server still answers, and goes elsewhere.
    async fn leave(&mut self, link: &Link, place: String) {
        self.close_session(link, true).await;
        self.interrupt(link, unavailable(BETTER), Event::Left(place));
    }

    /// Without a connection from here on; `event` says to the ladder why.
    fn interrupt(&mut self, link: &Link, cause: Arc<Error>, event: Event) {
        let reason = cause.report();
        tracing::warn!(reason, endpoint = self.dialer.options.endpoint_url, "the connection is lost");
        self.shared.link.send_replace(None);
        link.channel.shut_for(cause);
        self.shared.state.store(SessionState::Reconnecting { reason: reason.clone(), attempts: 0 });
        if event != (Event::Lost { session: true }) {
            self.dialer.forget();
        }
        let now = self.now();
        self.ladder.handle(event, now, random());
        self.engine.disconnected(&reason, now);
        self.deliver();
    }

    /// Serves until the connection or the session ends.
    async fn serve(&mut self, link: &Link, session: &Established) -> End {
        let mut liveness = Liveness::new(session.timeout, self.dialer.options.request_timeout);
        let clock = Arc::clone(&self.shared.clock);
        let shared = Arc::clone(&self.shared);
        let mut gone = link.gone.subscribe();
        let identity = keep_identity(Arc::clone(&self.dialer), link.channel.clone(), session.clone());
        let mut identity = std::pin::pin!(identity);
        let mut outlived = std::pin::pin!(outlived(Arc::clone(&self.dialer), session.own.clone()));
        let (sender, mut news) = mpsc::channel(1);
        let set = redundancy::watch(Arc::clone(&self.dialer), link.channel.clone(), session.clone(), sender);
        let mut set = std::pin::pin!(set);
        let mut ended = std::pin::pin!(link.channel.ended());
        let mut alarm = Alarm::new(&clock);
        loop {
            // Requests first: the server works on while users look at what has come.
            self.collect();
            self.transmit(link);
            self.deliver();
            let pulse = liveness.check(link.channel.heard(), self.now());
            let wake = match pulse {
                Pulse::Dead => return self.dead(link),
                Pulse::Ask => {
                    self.outgoing.push_front(probe());
                    continue;
                }
                Pulse::Wait(until) => self.engine.poll_timeout().map_or(until, |at| at.min(until)),
            };
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(command) => if let Err(farewell) = self.command(command) {
                        return End::Closed(farewell);
                    },
                    None => return End::Closed(Farewell::default()),
                },
                permit = link.channel.reserve(), if !self.outgoing.is_empty() => {
                    if let Some(permit) = permit {
                        self.send(link, permit);
                    }
                }
                Some((tag, answer)) = self.answers.1.recv() => {
                    if let Some(status) = self.answered(tag, answer) {
                        return forgotten(link, status).await;
                    }
                }
                Ok(()) = gone.changed() => {
                    let status = gone.borrow().unwrap_or(StatusCode::BadSessionIdInvalid);
                    return forgotten(link, status).await;
                }
                cause = &mut ended => return End::Lost { cause, session: true },
                Ok(()) = self.trust.changed() => {
                    if let Some(cause) = self.distrust(session) {
                        return End::Lost { cause, session: true };
                    }
                }
                () = shared.acknowledged.notified() => self.acknowledge(),
                () = &mut identity => {}
                () = &mut outlived => return End::Lost { cause: unavailable(OUTLIVED), session: false },
                () = &mut set => {}
                Some(news) = news.recv() => match news {
                    News::Servers(urls) => self.ladder.handle(Event::Servers(urls), self.now(), random()),
                    News::Better(place) => return End::Left(place),
                },
                () = alarm.until(Some(wake)) => self.engine.handle_timeout(clock.now()),
            }
        }
    }

    /// Why the server is no longer trusted, by the lists as they are now.
    fn distrust(&mut self, session: &Established) -> Option<Arc<Error>> {
        let lists = self.trust.borrow_and_update().clone()?;
        let verdict = self.dialer.judge(session, &lists)?;
        if let Some(finding) = verdict.refusal {
            let why = format!("the server is no longer trusted: {finding}");
            return Some(Arc::new(Error::new(ErrorKind::Untrusted, KEEP, why).with_status(finding.status)));
        }
        *self.shared.concerns.lock() = Arc::new(concerns(verdict.suppressed));
        None
    }

    fn dead(&self, link: &Link) -> End {
        let silent = self.now().saturating_duration_since(link.channel.heard());
        let why = format!("the server has been silent for {} s", silent.as_secs());
        End::Lost { cause: Arc::new(Error::new(ErrorKind::Timeout, KEEP, why)), session: true }
    }

    /// Tries until a connection stands. `Err` if the users close the session meanwhile.
    async fn reconnect(&mut self) -> Result<Connection, Farewell> {
        let mut trust = self.trust.clone();
        loop {
            let next = self.ladder.next();
            let (dialer, clock) = (Arc::clone(&self.dialer), Arc::clone(&self.shared.clock));
            let attempt = async {
                tokio::select! {
                    () = clock.sleep_until(next.at) => {}
                    // What was distrusted may be trusted now.
                    Ok(()) = trust.changed() => {}
                }
                dialer.connect(&next.place, next.rung).await
            };
            let Failure { error, session, closed } = match self.while_away(attempt).await? {
                Ok(connection) => return Ok(connection),
                Err(failure) => failure,
            };
            self.ladder.handle(Event::Failed { session, closed }, self.now(), random());
            let attempts = self.ladder.attempts();
            tracing::info!(%error, attempts, "could not reconnect");
            self.shared.state.store(SessionState::Reconnecting { reason: error.report(), attempts });
        }
    }

    /// Runs an attempt while users go on asking for things.
    async fn while_away<T>(&mut self, attempt: impl Future<Output = T>) -> Result<T, Farewell> {
        let shared = Arc::clone(&self.shared);
        let mut attempt = std::pin::pin!(attempt);
        loop {
            self.deliver();
            tokio::select! {
                result = &mut attempt => return Ok(result),
                command = self.commands.recv() => match command {
                    Some(command) => self.command(command)?,
                    None => return Err(Farewell::default()),
                },
                () = shared.acknowledged.notified() => self.acknowledge(),
            }
        }
    }

    /// `Err` if it ends the session.
    fn command(&mut self, command: Command) -> Result<(), Farewell> {
        let now = self.now();
        match command {
            Command::Subscribe { key, options, items, outlet } => {
                self.outlets.insert(key, outlet);
                self.engine.subscribe(key, options, items, now);
            }
            Command::SetItems { key, items } => self.engine.set_items(key, items, now),
            Command::Modify { key, options } => self.engine.modify(key, options, now),
            Command::Unsubscribe { key, done } if self.outlets.contains_key(&key) => {
                self.closing.extend(done.map(|done| (key, done)));
                self.engine.close(key, now);
            }
            // Closed already.
            Command::Unsubscribe { .. } => {}
            Command::Save { reply } => drop(reply.send(self.saved())),
            Command::Suspend { heir } => return Err(Farewell { done: None, heir: Some(heir) }),
            Command::Close { done } => return Err(Farewell { done: Some(done), heir: None }),
        }
        Ok(())
    }

    fn saved(&self) -> ResumeState {
        ResumeState { subscriptions: self.engine.saved(), ..self.dialer.saved() }
    }

    fn acknowledge(&mut self) {
        let now = self.now();
        for (key, outlet) in &self.outlets {
            let tokens = std::mem::take(&mut *outlet.tokens.lock());
            if !tokens.is_empty() {
                self.engine.acknowledge(*key, &tokens, now);
            }
        }
    }

    /// Takes an answer; returns the status that says that the session is gone.
    fn answered(&mut self, tag: u64, answer: Answer) -> Option<StatusCode> {
        let result = match answer {
            Ok(body) => match fault_status(&body) {
                Some(status) if session_is_gone(status) => return Some(status),
                Some(status) => Err(status),
                None => Ok(body),
            },
            Err(Unanswered::TimedOut) => Err(StatusCode::BadRequestTimeout),
            Err(Unanswered::Refused(error)) => Err(error.status()),
            // The end of the channel is about to tell the same.
            Err(Unanswered::Lost(_)) => return None,
        };
        if tag != PROBE {
            self.engine.completed(tag, result, self.now());
        }
        None
    }

    /// Sends what waits as far as there is room.
    fn transmit(&mut self, link: &Link) {
        while !self.outgoing.is_empty()
            && let Some(permit) = link.channel.try_reserve()
        {
            self.send(link, permit);
        }
    }

    /// Sends the first request that waits.
    fn send(&mut self, link: &Link, permit: mpsc::Permit<'_, Outgoing>) {
        let Some(EngineRequest { tag, mut request, timeout }) = self.outgoing.pop_front() else { return };
        let timeout = if tag == PROBE { self.dialer.options.request_timeout } else { timeout };
        *request.header_mut() = request_header(&link.authentication_token, self.shared.clock.utc(), timeout);
        match link.channel.tagged(tag, &request, self.now() + timeout, &self.answers.0) {
            Ok(outgoing) => permit.send(outgoing),
            Err(error) => drop(self.answers.0.send((tag, Err(Unanswered::Refused(error))))),
        }
    }

    /// Takes what the engine has for the server.
    fn collect(&mut self) {
        while let Some(request) = self.engine.poll_request() {
            self.outgoing.push_back(request);
        }
    }

    /// Passes on what the engine has for the users.
    fn deliver(&mut self) {
        while let Some((key, event)) = self.engine.poll_event() {
            if let Some(outlet) = self.outlets.get(&key) {
                outlet.mailbox.push(event);
            }
        }
        self.shared.revision.send_if_modified(|seen| {
            let revision = self.engine.revision();
            std::mem::replace(seen, revision) != revision
        });
        while let Some(key) = self.engine.poll_closed() {
            self.outlets.remove(&key).inspect(|outlet| outlet.mailbox.end());
            let _ = self.closing.remove(&key).map(|done| done.send(()));
        }
    }

    /// Ends the session and everything that depends on it.
    async fn finish(mut self, link: Option<&Link>, farewell: Farewell) {
        let mut state = self.saved();
        self.shared.state.store(SessionState::Closed);
        self.shared.link.send_replace(None);
        self.commands.close();
        match link {
            Some(link) => {
                state.session = None;
                self.close_session(link, farewell.heir.is_none()).await;
            }
            None if farewell.heir.is_none() => self.dialer.abandon().await,
            None => {}
        }
        for outlet in self.outlets.values() {
            outlet.mailbox.end();
        }
        let _ = farewell.done.map(|done| done.send(()));
        let _ = farewell.heir.map(|heir| heir.send(state));
    }

    /// CloseSession, then the channel. The server may be unable to answer.
    async fn close_session(&self, link: &Link, delete_subscriptions: bool) {
        let request = CloseSessionRequest {
            request_header: request_header(&link.authentication_token, self.shared.clock.utc(), PATIENCE_AT_CLOSE),
            delete_subscriptions,
        };
        if let Err(why) = link.channel.call(&request.into(), self.now() + PATIENCE_AT_CLOSE).await {
            tracing::debug!(?why, "the session was not closed in order");
        }
        link.channel.close().await;
    }

    fn now(&self) -> Instant {
        self.shared.clock.now()
    }
}

fn engine(options: &ConnectOptions) -> Engine {
    let mut engine = Engine::new(options.request_timeout);
    if let Some(resume) = &options.resume {
        engine.inherit(resume.subscriptions.clone());
    }
    engine
}

/// The server has forgotten the session: the channel goes too, since nothing else runs on it.
async fn forgotten(link: &Link, status: StatusCode) -> End {
    link.channel.shut_for(Arc::new(Error::from_status(KEEP, status)));
    End::Lost { cause: link.channel.ended().await, session: false }
}

fn unavailable(why: &'static str) -> Arc<Error> {
    Arc::new(Error::new(ErrorKind::Unavailable, KEEP, why))
}

/// A small request that every server answers.
fn probe() -> EngineRequest {
    let state = attribute(&VariableId::Server_ServerStatus_State.into(), AttributeId::Value);
    let request: Request = ReadRequest { nodes_to_read: Some(vec![state]), ..Default::default() }.into();
    EngineRequest { tag: PROBE, request, timeout: Duration::ZERO }
}

/// A number in 0..1.
fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without random numbers the pauses are only less spread.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
