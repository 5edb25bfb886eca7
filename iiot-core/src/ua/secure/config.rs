//! What a channel needs to know before it opens.

use std::sync::Arc;
use std::time::Duration;

use crate::keys::PrivateKey;
use crate::time::UtcTime;
use crate::ua::MessageSecurityMode;
use crate::ua::secure::SecurityPolicy;

/// How the client opens a channel.
#[derive(Debug, Clone)]
pub struct ChannelConfig {
    /// The URL that HEL names; at most 4096 bytes.
    pub endpoint_url: String,
    /// Our limits; ACK may lower the buffer sizes.
    pub limits: Limits,
    /// Policy, mode and certificates.
    pub security: ChannelSecurity,
    /// The lifetime to ask for; a token is renewed at 75 % of what the server revised it to.
    pub token_lifetime: Duration,
    /// The time of day when the channel connects, for the timestamps of request headers.
    pub utc: UtcTime,
}

/// Policy, mode and certificates of a channel.
#[derive(Debug, Clone)]
pub struct ChannelSecurity {
    /// Fixed for the life of the channel.
    pub policy: SecurityPolicy,
    /// `None` with the policy None, else `Sign` or `SignAndEncrypt`.
    pub mode: MessageSecurityMode,
    /// Who we are; needed unless the policy is None.
    pub own: Option<ApplicationCertificate>,
    /// The leaf (DER) that the other side must present; needed unless the policy is None.
    pub remote_certificate: Option<Vec<u8>>,
}

impl ChannelSecurity {
    /// No security at all: policy and mode None.
    #[must_use]
    pub const fn none() -> Self {
        Self { policy: SecurityPolicy::NONE, mode: MessageSecurityMode::None, own: None, remote_certificate: None }
    }
}

/// A certificate and the key that belongs to it.
#[derive(Debug, Clone)]
pub struct ApplicationCertificate {
    /// DER, leaf first, issuers behind it if they are to be sent.
    pub chain: Vec<u8>,
    /// The private key of the leaf.
    pub key: Arc<dyn PrivateKey>,
}

/// Bounds on what the other side can make us hold (OPC 10000-6 §7.1.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest chunk we take, in bytes; at least 8192.
    pub receive_buffer_size: u32,
    /// The largest chunk we send, in bytes; at least 8192.
    pub send_buffer_size: u32,
    /// The largest message body we take, in bytes; 0 is refused, everything here is bounded.
    pub max_message_size: u32,
    /// The most chunks of one message we take; 0 is refused.
    pub max_chunk_count: u32,
}

impl Limits {
    /// What discovery and a handshake need: whoever answers has proven nothing yet.
    pub(crate) fn for_strangers(self) -> Self {
        Self {
            max_message_size: self.max_message_size.min(512 << 10),
            max_chunk_count: self.max_chunk_count.min(64),
            ..self
        }
    }
}

impl Default for Limits {
    /// 64 KiB chunks, messages of 16 MiB.
    fn default() -> Self {
        Self {
            receive_buffer_size: 65_536,
            send_buffer_size: 65_536,
            max_message_size: 16 << 20,
            max_chunk_count: 4096,
        }
    }
}
