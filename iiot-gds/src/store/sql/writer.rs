//! Group commit: what many callers want is written and flushed together, and each learns what became of his.

use std::sync::Arc;

use iiot_core::sql::{failure, failure_at_the_end, in_time};
use iiot_core::{Error, ErrorKind, Result};
use tokio::sync::{mpsc, oneshot};

use super::engine::{Engine, Work};
use super::situation::situation;
use super::write::Plan;
use crate::store::{COMMIT, Committed, Transaction};

/// Callers that can wait in the line before others wait to get into it.
pub(super) const LINE: usize = 1_024;

/// What a caller wants, and where he waits.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) transaction: Transaction,
    pub(super) answer: oneshot::Sender<Result<Committed>>,
}

/// Writes what stands in the line until nobody can join it any more. After a write that failed nothing is written.
pub(super) async fn write(engine: Arc<dyn Engine>, mut line: mpsc::Receiver<Job>) {
    let (mut jobs, mut broken) = (Vec::new(), None::<String>);
    while line.recv_many(&mut jobs, TOGETHER).await > 0 {
        let (transactions, callers): (Vec<_>, Vec<_>) = jobs.drain(..).map(|job| (job.transaction, job.answer)).unzip();
        let answers = match &broken {
            Some(cause) => Err(Failure { error: refusal(cause), lasting: true }),
            None => together(&*engine, transactions).await,
        };
        if let Err(Failure { error, lasting: true }) = &answers {
            broken.get_or_insert_with(|| error.to_string());
        }
        answer(callers, answers);
    }
}

/// Why a whole batch failed.
#[derive(Debug)]
struct Failure {
    error: Error,
    /// Whether something may be half written, or lost: what the store knows is not what the database holds.
    lasting: bool,
}

/// Several transactions in one of the database.
async fn together(engine: &dyn Engine, transactions: Vec<Transaction>) -> Result<Vec<Result<Committed>>, Failure> {
    let meaning = engine.dialect().meaning;
    let fail = |lasting| move |cause| Failure { error: failure(meaning, COMMIT, cause), lasting };
    let mut work = in_time(begin(engine)).await.map_err(fail(false))?;
    let mut situation = in_time(situation(&mut *work, &transactions)).await.map_err(fail(false))?;
    let mut plan = Plan::default();
    let answers = transactions.into_iter().map(|transaction| Ok(plan.add(situation.carry_out(transaction)?))).collect();
    if !plan.is_empty() {
        in_time(plan.write(&mut *work)).await.map_err(fail(true))?;
        let end = in_time(work.commit()).await;
        end.map_err(|cause| Failure { error: failure_at_the_end(meaning, COMMIT, cause), lasting: true })?;
    }
    Ok(answers)
}

async fn begin(engine: &dyn Engine) -> sqlx::Result<Box<dyn Work>> {
    let mut work = engine.begin().await?;
    work.script(engine.dialect().lock).await?;
    Ok(work)
}

fn answer(callers: Vec<oneshot::Sender<Result<Committed>>>, answers: Result<Vec<Result<Committed>>, Failure>) {
    // A caller who has gone does not want to know.
    match answers {
        Ok(answers) => callers.into_iter().zip(answers).for_each(|(caller, answer)| drop(caller.send(answer))),
        Err(Failure { error, .. }) => callers.into_iter().for_each(|caller| drop(caller.send(Err(again(&error))))),
    }
}

/// The same error for another caller.
fn again(error: &Error) -> Error {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let same = Error::new(error.kind(), COMMIT, error.message().to_owned());
    source.into_iter().fold(same, Error::because)
}

fn refusal(cause: &str) -> Error {
    let message = "an earlier write failed, so what the database holds is not known; make sure that it is well and open the \
        store again";
    Error::new(ErrorKind::Closed, COMMIT, message).because(cause.to_owned())
}

/// Transactions that are written together at most.
const TOGETHER: usize = 256;
