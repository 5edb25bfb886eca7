//! One server: its session, and a task for each of its writers.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::session::{ConnectOptions, Session, SessionState};
use iiot_core::ua::types::TypeLibrary;
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::status::{ConnectionStatus, Shared};
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
        let Some(session) = quiesce.run_until_cancelled(self.connect()).await else {
            return self.status.changed(&SessionState::Closed);
        };
        let types = TypeLibrary::new();
        let mut writers = JoinSet::new();
        for writer in std::mem::take(&mut self.writers) {
            let (session, types) = (Arc::clone(&session), types.clone());
            writers.spawn(writer.run(session, types, Arc::clone(&self.status), Arc::clone(&self.shared)));
        }
        tokio::select! {
            () = self.follow(session.as_ref()) => {}
            () = async { while writers.join_next().await.is_some() {} } => {}
        }
        while writers.join_next().await.is_some() {}
        session.close().await;
        self.status.changed(&SessionState::Closed);
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

const AFTER_REFUSED_USER: Duration = Duration::from_secs(60);
