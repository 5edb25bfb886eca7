//! One server: its session, and a task for each of its writers.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::session::{ConnectOptions, Gap, GapReason, ResumeState, Session, SessionState, Subscription};
use iiot_core::ua::types::TypeLibrary;
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::status::{ConnectionStatus, Shared};
use super::store::Store;
use super::writer::WriterTask;

/// Opens the session, however often it takes, runs the writers, and closes it.
#[derive(Debug)]
pub(super) struct ConnectionTask {
    pub(super) options: ConnectOptions,
    pub(super) writers: Vec<WriterTask>,
    pub(super) status: Arc<ConnectionStatus>,
    pub(super) shared: Arc<Shared>,
}

impl ConnectionTask {
    pub(super) async fn run(mut self) {
        let quiesce = self.shared.quiesce.clone();
        self.options.resume = self.legacy();
        let Some(session) = quiesce.run_until_cancelled(self.connect()).await else {
            return self.status.changed(&SessionState::Closed);
        };
        let types = TypeLibrary::new();
        let mut writers = JoinSet::new();
        for writer in std::mem::take(&mut self.writers) {
            let (session, types) = (Arc::clone(&session), types.clone());
            writers.spawn(writer.run(session, types, Arc::clone(&self.status), Arc::clone(&self.shared)));
        }
        let mut subscriptions = Vec::new();
        tokio::select! {
            () = self.follow(session.as_ref()) => {}
            () = self.keep(session.as_ref()) => {}
            () = ended(&mut writers, &mut subscriptions) => {}
        }
        ended(&mut writers, &mut subscriptions).await;
        self.leave(session.as_ref()).await;
        self.status.changed(&SessionState::Closed);
    }

    /// Saves the session again and again, so that the next process can go on with it.
    async fn keep(&self, session: &dyn Session) {
        let Some(store) = &self.shared.parts.store else { return std::future::pending().await };
        let (clock, mut seen) = (self.shared.clock(), 0);
        loop {
            seen = session.resume_state_changed(seen).await;
            let begun = clock.now();
            if let Ok(Some(state)) = session.resume_state().await {
                save(store, &self.options, state).await;
            }
            // Saving takes its time where there are many items.
            let pause = ((clock.now() - begun) * 20).max(SHORTEST_PAUSE);
            clock.sleep_until(clock.now() + pause).await;
        }
    }

    /// Closes the session, or leaves it to the next process.
    async fn leave(&self, session: &dyn Session) {
        let Some(store) = &self.shared.parts.store else { return session.close().await };
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

/// What may be missing because the writer had other fields when its subscription was left.
fn abandoned(state: &ResumeState, name: &str, before: &str) -> Option<Gap> {
    if state.subscriptions().any(|saved| saved == name) {
        return None;
    }
    let saved = state.subscriptions().find(|saved| saved.starts_with(before))?;
    let after = state.last_publish(saved);
    Some(Gap { after, before: None, messages: None, reason: GapReason::SubscriptionLost, items: Vec::new() })
}

async fn ended(
    writers: &mut JoinSet<Option<Box<dyn Subscription>>>,
    subscriptions: &mut Vec<Option<Box<dyn Subscription>>>,
) {
    while let Some(ended) = writers.join_next().await {
        subscriptions.extend(ended);
    }
}

async fn save(store: &Arc<Store>, options: &ConnectOptions, state: ResumeState) {
    let (store, options) = (Arc::clone(store), options.clone());
    let saved = tokio::task::spawn_blocking(move || store.save_session(&options, &state)).await;
    if let Ok(Err(error)) = saved {
        tracing::warn!("{}", error.report());
    }
}

/// Between two times that a session is saved.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const AFTER_REFUSED_USER: Duration = Duration::from_secs(60);
