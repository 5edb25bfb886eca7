//! The way back to one caller.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};

use super::answer::Answer;
use super::frame::{self, NONCE};
use super::pending::MAX_ANSWER;
use super::pieces::{cut, pack};
use super::running::Work;
use super::seal::Keys;
use super::topics::piece_size;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Message, Transport};

/// The way back to one caller.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) answers: String,
    pub(super) id: Bytes,
    pub(super) keys: Arc<Keys>,
}

impl Line {
    /// Sends the opening, then items as far as the caller lets us, then the end.
    pub(super) async fn send_items(
        &self,
        operation: &str,
        mut items: BoxStream<'static, Result<Vec<u8>>>,
        work: &Work,
    ) {
        self.send(Answer::empty(0, true)).await;
        let mut sequence = 1;
        while work.may_send().await {
            let next = AssertUnwindSafe(items.next()).catch_unwind();
            let item = tokio::select! {
                item = next => item,
                () = work.abandoned() => return,
            };
            match item {
                Ok(Some(Ok(item))) => self.send(Answer::of(sequence, &item, true)).await,
                Ok(Some(Err(error))) => return self.send(Answer::failed(sequence, &error)).await,
                Ok(None) => return self.send(Answer::empty(sequence, false)).await,
                Err(_) => return self.send(Answer::failed(sequence, &defect(operation))).await,
            }
            sequence += 1;
        }
    }

    pub(super) async fn send(&self, answer: Answer) {
        let Err(error) = self.publish(answer.sequence, &answer.to_json()).await else { return };
        tracing::warn!(topic = self.answers, "could not send an answer: {}", error.report());
        if error.kind() == ErrorKind::LimitExceeded && answer.error.is_none() {
            // The caller should know; if this fails too there is nobody else to tell.
            let _ = self.publish(answer.sequence, &Answer::failed(answer.sequence, &error).to_json()).await;
        }
    }

    /// Sends the first answer as it was kept.
    pub(super) async fn send_kept(&self, json: &[u8]) {
        if let Err(error) = self.publish(0, json).await {
            tracing::warn!(topic = self.answers, "could not send an answer again: {}", error.report());
        }
    }

    async fn publish(&self, sequence: u64, json: &[u8]) -> Result<()> {
        if json.len() > MAX_ANSWER {
            let message = format!("the answer of {} bytes is too large; ask for less at once", json.len());
            return Err(Error::new(ErrorKind::LimitExceeded, "answer a request", message).retryable(false));
        }
        let packed = pack(json);
        let pieces = cut(&packed, piece_size(&*self.transport)?);
        let count = u32::try_from(pieces.len()).expect("the answer is bounded");
        for (index, piece) in (0..count).zip(pieces) {
            let frame = self.seal(sequence, index, count, piece)?;
            self.transport.publish(self.message(frame.into_bytes())).await?;
        }
        Ok(())
    }

    fn seal(&self, sequence: u64, index: u32, count: u32, piece: &[u8]) -> Result<frame::Answer> {
        let mut nonce = [0; NONCE];
        aws_lc_rs::rand::fill(&mut nonce)
            .map_err(|_| Error::new(ErrorKind::Internal, "answer a request", "the system gives no random numbers"))?;
        let about = frame::Answer::about(&self.id, sequence, index, count);
        let piece = self.keys.answers.seal(nonce, &about, piece).into();
        Ok(frame::Answer { sequence, index, count, nonce, piece })
    }

    fn message(&self, payload: Bytes) -> Message {
        Message {
            content_type: Some("application/octet-stream".to_owned()),
            correlation: Some(self.id.clone()),
            ..Message::new(self.answers.clone(), payload)
        }
    }
}

pub(super) fn defect(operation: &str) -> Error {
    Error::new(ErrorKind::Internal, operation.to_owned(), "the operation ended by a defect of the program")
}
