//! What a caller says to a place about one request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;

use super::caller::Link;
use super::desk::MAX_REQUEST;
use super::frame::Request;
use super::header::{Header, MAX_HEADER, MAX_TIMEOUT, VERSION};
use super::items::LEASE;
use super::pieces::{cut, pack};
use super::running::Control;
use super::seal::{Keys, counted};
use super::topics::{piece_size, request_topic};
use crate::access::keys::hex;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Operation, Principal};
use crate::transport::Message;

/// One request, as its caller speaks of it.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) link: Arc<Link>,
    pub(super) operation: &'static Operation,
    id: Bytes,
    keys: Arc<Keys>,
    public: Vec<u8>,
    number: AtomicU64,
    granted: AtomicU64,
}

impl Talk {
    pub(super) fn new(
        link: &Arc<Link>,
        operation: &'static Operation,
        id: &Bytes,
        keys: Arc<Keys>,
        public: Vec<u8>,
    ) -> Self {
        let (link, id) = (Arc::clone(link), id.clone());
        Self { link, operation, id, keys, public, number: AtomicU64::new(0), granted: AtomicU64::new(0) }
    }

    /// The messages of the request, signed and sealed.
    pub(super) fn request(
        &self,
        body: &[u8],
        principal: Option<Principal>,
        timeout: Duration,
        credit: u32,
    ) -> Result<Vec<Message>> {
        if body.len() > MAX_REQUEST {
            let message = format!("the request of {} bytes is too large; ask for less at once", body.len());
            return Err(Error::new(ErrorKind::LimitExceeded, self.operation.full_name(), message).retryable(false));
        }
        let packed = pack(body);
        let pieces = cut(&packed, piece_size(&*self.link.transport)?);
        let timeout = timeout.min(MAX_TIMEOUT);
        self.granted.store(u64::from(credit), Ordering::SeqCst);
        let header = self.header(principal, timeout, credit, pieces.len())?;
        let signature = Bytes::copy_from_slice(&self.link.signer.sign(&header));
        let frames = pieces.enumerate().map(|(index, piece)| {
            let piece: Bytes = self.keys.request.seal(counted(index as u64), &self.id, piece).into();
            match index {
                0 => Request::Call { header: header.clone(), signature: signature.clone(), piece },
                _ => Request::Piece { index: index as u32, piece },
            }
        });
        Ok(frames.map(|frame| self.message(frame, timeout)).collect())
    }

    fn header(&self, principal: Option<Principal>, timeout: Duration, credit: u32, pieces: usize) -> Result<Bytes> {
        let issued = self.link.clock.utc();
        let header = Header {
            version: VERSION,
            id: self.id_text(),
            to: self.link.to.root.clone(),
            operation: self.operation.full_name(),
            caller: self.link.signer.id().to_owned(),
            principal,
            key: BASE64_URL_SAFE_NO_PAD.encode(&self.public),
            issued,
            expires: issued + timeout,
            timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
            credit,
            answers: self.link.answers.clone(),
            pieces: u32::try_from(pieces).expect("requests are bounded"),
        };
        let header = serde_json::to_vec(&header).expect("strings, numbers and times can be written");
        if header.len() > MAX_HEADER {
            let message = "the names of place and principal are too long";
            return Err(Error::new(ErrorKind::InvalidArgument, self.operation.full_name(), message));
        }
        Ok(header.into())
    }

    /// Lets the other side send so many more items.
    pub(super) async fn grant(&self, more: u32) -> Result<()> {
        self.granted.fetch_add(u64::from(more), Ordering::SeqCst);
        self.control(false).await
    }

    /// Says that we still wait, or that we no longer do.
    pub(super) async fn control(&self, cancel: bool) -> Result<()> {
        // The number before the rest: whoever has a higher one says at least as much.
        let number = self.number.fetch_add(1, Ordering::SeqCst) + 1;
        let control = Control { granted: self.granted.load(Ordering::SeqCst), cancel };
        let control = serde_json::to_vec(&control).expect("numbers can be written");
        let control = self.keys.control.seal(counted(number), &self.id, &control).into();
        self.link.transport.publish(self.message(Request::Control { number, control }, LEASE)).await
    }

    /// The id as the place records it.
    pub(super) fn id_text(&self) -> String {
        hex(&self.id)
    }

    fn message(&self, frame: Request, expiry: Duration) -> Message {
        Message {
            content_type: Some("application/octet-stream".to_owned()),
            expiry: Some(expiry),
            response_topic: Some(self.link.answers.clone()),
            correlation: Some(self.id.clone()),
            ..Message::new(
                request_topic(&self.link.to.root, self.operation.capability, self.operation.name),
                frame.into_bytes(),
            )
        }
    }
}
