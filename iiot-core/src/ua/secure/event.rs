//! What a channel tells its owner.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::keys::{DecryptionAlgorithm, PrivateKey, SignatureAlgorithm};

/// Something that the owner of a channel must act on, in order.
#[derive(Debug)]
pub enum ChannelEvent {
    /// Run it and hand the result to [`key_done`](crate::ua::secure::SecureChannel::key_done).
    KeyOperation(KeyOperation),
    /// Messages can be sent.
    Opened {
        /// The channel, as the server numbers it.
        channel_id: u32,
        /// How long the first token lives.
        revised_lifetime: Duration,
    },
    /// A new token secures what is sent from now on.
    Renewed {
        /// The token, as the server numbers it.
        token_id: u32,
    },
    /// A complete message.
    Message {
        /// The id given to [`send`](crate::ua::secure::SecureChannel::send).
        request_id: u32,
        /// The encoding id and the fields of the service structure.
        body: Bytes,
    },
    /// The sender gave up one message; the channel goes on.
    Aborted {
        /// The id given to [`send`](crate::ua::secure::SecureChannel::send).
        request_id: u32,
        /// Why, with the StatusCode of the sender.
        error: Error,
    },
    /// The channel is dead; drop the connection. Nothing comes after it.
    Failed(Error),
}

/// A piece of work for a private key, which may be in a device and take long.
#[derive(Debug)]
pub struct KeyOperation {
    /// To be handed back with the result.
    pub id: u64,
    /// The key.
    pub key: Arc<dyn PrivateKey>,
    /// What it must do.
    pub work: KeyWork,
}

/// What a private key must do.
#[derive(Debug)]
pub enum KeyWork {
    /// Sign; the result is the signature.
    Sign {
        /// How.
        algorithm: SignatureAlgorithm,
        /// The data itself, not its hash.
        data: Vec<u8>,
    },
    /// Decrypt; the result is the plain text of all blocks, one after the other.
    Decrypt {
        /// How.
        algorithm: DecryptionAlgorithm,
        /// Each as long as the modulus.
        blocks: Vec<Vec<u8>>,
    },
}

impl KeyOperation {
    /// Does the work; give the result to [`key_done`](crate::ua::secure::SecureChannel::key_done)
    /// with [`id`](Self::id).
    pub async fn run(&self) -> Result<Vec<u8>> {
        match &self.work {
            KeyWork::Sign { algorithm, data } => self.key.sign(*algorithm, data).await,
            KeyWork::Decrypt { algorithm, blocks } => {
                let mut plain = Zeroizing::new(Vec::with_capacity(blocks.iter().map(Vec::len).sum()));
                let mut failure = None;
                // Every block has its turn, so that time does not tell which one was wrong.
                for block in blocks {
                    match self.key.decrypt(*algorithm, block).await {
                        Ok(part) => plain.extend_from_slice(&Zeroizing::new(part)),
                        Err(error) => failure = failure.or(Some(error)),
                    }
                }
                failure.map_or_else(|| Ok(std::mem::take(&mut *plain)), Err)
            }
        }
    }
}
