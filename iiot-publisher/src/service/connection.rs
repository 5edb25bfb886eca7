//! One server: its session, and a task for each of its writers.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::session::{
    ConnectOptions, Gap, GapReason, ResumeRevision, ResumeState, Session, SessionState, Subscription,
};
use iiot_core::ua::types::TypeLibrary;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::session_diagnostics;
use super::status::{ConnectionStatus, Shared};
use super::store::Store;
use super::writer::{Common, WriterTask};

/// Opens the session, however often it takes, runs the writers, and closes it once it is needed no
/// more.
#[derive(Debug)]
pub(super) struct ConnectionTask {
    pub(super) options: ConnectOptions,
    /// Whether the server is asked what it knows of the session.
    pub(super) session_diagnostics: bool,
    pub(super) writers: Vec<WriterTask>,
    /// Writers that come later; closed when none will.
    pub(super) joining: mpsc::Receiver<WriterTask>,
    pub(super) status: Arc<ConnectionStatus>,
    pub(super) shared: Arc<Shared>,
}

impl ConnectionTask {
    pub(super) async fn run(mut self) {
        let quiesce = self.shared.quiesce.clone();
        self.options.resume = self.legacy();
        let (session, sessions) = watch::channel(None);
        let mut crew = self.crew(sessions);
        let connected = tokio::select! {
            session = self.connect() => Some(session),
            () = quiesce.cancelled() => None,
            () = crew.work() => None,
        };
        if let Some(connected) = connected {
            session.send_replace(Some(Arc::clone(&connected)));
            tokio::select! {
                () = self.follow(connected.as_ref()) => {}
                () = self.keep(connected.as_ref()) => {}
                () = self.ask(connected.as_ref()) => {}
                () = crew.work() => {}
            }
            crew.work().await;
            self.leave(connected.as_ref()).await;
        }
        crew.work().await;
        self.status.changed(&SessionState::Closed);
    }

    /// The writers, set to work.
    fn crew(&mut self, session: watch::Receiver<Option<Arc<dyn Session>>>) -> Crew {
        let (status, shared) = (Arc::clone(&self.status), Arc::clone(&self.shared));
        let common = Common { session, library: TypeLibrary::new(), status, shared };
        let (_, nobody) = mpsc::channel(1);
        let joining = std::mem::replace(&mut self.joining, nobody);
        let mut crew = Crew { common, joining, open: true, writers: JoinSet::new(), subscriptions: Vec::new() };
        std::mem::take(&mut self.writers).into_iter().for_each(|writer| crew.add(writer));
        crew
    }

    /// Asks the server again and again what it knows of the session, where that is wanted.
    async fn ask(&self, session: &dyn Session) {
        if !self.session_diagnostics {
            return std::future::pending().await;
        }
        let clock = self.shared.clock();
        session_diagnostics::follow(session, &self.options.session_name, &self.status, clock.as_ref()).await;
    }

    /// Saves the session again and again, so that the next process can go on with it.
    async fn keep(&self, session: &dyn Session) {
        let Some(store) = &self.shared.parts.store else { return std::future::pending().await };
        let (clock, mut seen) = (self.shared.clock(), ResumeRevision::default());
        loop {
            seen = session.resume_state_changed(seen).await;
            let begun = clock.now();
            if let Ok(Some(state)) = session.resume_state().await {
                save(store, &self.options, state).await;
            }
            // Saving takes its time where there are many items.
            let (now, took) = (clock.now(), clock.now() - begun);
            clock.sleep_until(now + took).await;
            tokio::select! {
                () = clock.sleep_until(now + (took * 20).max(SHORTEST_PAUSE)) => {}
                () = holdings_changed(session, seen) => {}
            }
        }
    }

    /// Closes the session, or leaves it to the next process where we are being stopped.
    async fn leave(&self, session: &dyn Session) {
        let store = self.shared.parts.store.as_ref().filter(|_| self.shared.quiesce.is_cancelled());
        let Some(store) = store else { return session.close().await };
        if let Ok(Some(state)) = session.suspend().await {
            save(store, &self.options, state).await;
        }
    }

    /// What an earlier process has left, and what of it is in the logs.
    fn legacy(&mut self) -> Option<ResumeState> {
        let mut state = self.shared.parts.store.as_ref()?.session(&self.options)?;
        for writer in &mut self.writers {
            let Some(name) = writer.resume_as() else { continue };
            if let Some(mark) = writer.mark {
                state.note_safe(&name, mark.subscription_id, mark.sequence_number);
            }
            writer.abandoned = abandoned(&state, &name, &writer.resumed_before());
        }
        Some(state)
    }

    async fn connect(&self) -> Arc<dyn Session> {
        let mut backoff = Backoff::new(Duration::from_secs(1), self.options.max_backoff);
        loop {
            match self.shared.parts.connector.connect(self.options.clone()).await {
                Ok(session) => return session,
                Err(error) => {
                    let mut pause = backoff.failed();
                    // Servers lock users out who try a wrong password too often.
                    if error.kind() == ErrorKind::Unauthenticated {
                        pause = pause.max(AFTER_REFUSED_USER);
                    }
                    self.status.not_reached(&error, backoff.failures());
                    let clock = self.shared.clock();
                    clock.sleep_until(clock.now() + pause).await;
                }
            }
        }
    }

    /// Notes every change of the session's state until it is closed.
    async fn follow(&self, session: &dyn Session) {
        let mut state = session.state();
        loop {
            self.status.changed(&state);
            self.status.concerned(&session.concerns());
            if state == SessionState::Closed {
                return;
            }
            state = session.state_changed(&state).await;
        }
    }
}

/// Returns when a process that was killed now would leave something behind of which the next one knows nothing.
async fn holdings_changed(session: &dyn Session, mut seen: ResumeRevision) {
    let saved = seen.holdings;
    while seen.holdings == saved {
        seen = session.resume_state_changed(seen).await;
    }
}

/// What may be missing because the writer had other fields when its subscription was left.
fn abandoned(state: &ResumeState, name: &str, before: &str) -> Option<Gap> {
    if state.subscriptions().any(|saved| saved == name) {
        return None;
    }
    let saved = state.subscriptions().find(|saved| saved.starts_with(before))?;
    let after = state.last_publish(saved);
    Some(Gap { after, before: None, messages: None, reason: GapReason::SubscriptionLost, items: Vec::new() })
}

/// The writers of a connection at work.
struct Crew {
    common: Common,
    joining: mpsc::Receiver<WriterTask>,
    open: bool,
    writers: JoinSet<Option<Box<dyn Subscription>>>,
    /// Left to the next process; dropping one would delete it.
    subscriptions: Vec<Box<dyn Subscription>>,
}

impl Crew {
    fn add(&mut self, writer: WriterTask) {
        self.common.status.add_writer(&writer.wanted.borrow().plan, writer.tokens.instance);
        self.writers.spawn(writer.run(self.common.clone()));
    }

    /// Returns when all writers have ended and no more will come.
    async fn work(&mut self) {
        while self.open || !self.writers.is_empty() {
            tokio::select! {
                joining = self.joining.recv(), if self.open => match joining {
                    Some(writer) => self.add(writer),
                    None => self.open = false,
                },
                Some(ended) = self.writers.join_next() => self.subscriptions.extend(ended.ok().flatten()),
            }
        }
    }
}

async fn save(store: &Arc<Store>, options: &ConnectOptions, state: ResumeState) {
    let (store, options) = (Arc::clone(store), options.clone());
    let saved = tokio::task::spawn_blocking(move || store.save_session(&options, &state)).await;
    if let Ok(Err(error)) = saved {
        tracing::warn!("{}", error.report());
    }
}

/// Between two times that a session is saved because messages are safe.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const AFTER_REFUSED_USER: Duration = Duration::from_secs(60);
