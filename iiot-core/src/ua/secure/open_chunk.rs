//! Chunks of OPN: signed and encrypted with the keys of the certificates (OPC 10000-6 §6.7.2.3).

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::keys::PrivateKey;
use crate::ua::secure::chunk::SEQUENCE_HEADER;
use crate::ua::secure::fault::{insecure, tampered, truncated};
use crate::ua::secure::fields::{Fields, put_byte_string, put_uint32};
use crate::ua::secure::frame::{ChunkKind, FRAME_HEADER, FrameKind, begin_frame, end_frame};
use crate::ua::secure::policy::RemoteKey;
use crate::ua::secure::{ChannelSecurity, KeyWork, SecurityPolicy};
use crate::ua::trust::{Certificate, leaf_bytes, thumbprint_sha1};
use crate::ua::{MessageSecurityMode, StatusCode};

/// What secures every OPN of a channel; it never changes.
#[derive(Debug)]
pub(crate) struct OpenSecurity {
    policy: SecurityPolicy,
    keyed: Option<Keyed>,
}

/// Certificates and keys of both sides.
#[derive(Debug)]
struct Keyed {
    own_key: Arc<dyn PrivateKey>,
    own_chain: Vec<u8>,
    own_thumbprint: [u8; 20],
    /// The length of our modulus.
    own_block: usize,
    remote_certificate: Vec<u8>,
    remote: RemoteKey,
}

/// An OPN that lacks its signature, unless the policy is None.
#[derive(Debug)]
pub(crate) struct OpenDraft {
    frame: Vec<u8>,
    encrypted_from: usize,
}

/// A received OPN whose signature was right.
#[derive(Debug)]
pub(crate) struct OpenedOpen {
    pub(crate) sequence_number: u32,
    pub(crate) request_id: u32,
    pub(crate) body: Vec<u8>,
}

impl OpenSecurity {
    /// Fails with `InvalidArgument` if mode, certificates and policy do not belong together.
    pub(crate) fn new(security: &ChannelSecurity) -> Result<Self> {
        let policy = security.policy;
        let unsecured = security.mode == MessageSecurityMode::None;
        if security.mode == MessageSecurityMode::Invalid || unsecured != policy.is_none() {
            return Err(misused("the security mode does not fit the policy").with("policy", policy));
        }
        let keyed = if unsecured { None } else { Some(Keyed::new(security)?) };
        Ok(Self { policy, keyed })
    }

    /// Lays out an OPN with everything but the signature.
    pub(crate) fn draft(&self, channel_id: u32, sequence_number: u32, request_id: u32, body: &[u8]) -> OpenDraft {
        let mut frame = Vec::new();
        begin_frame(&mut frame, FrameKind::Open, ChunkKind::Final);
        put_uint32(&mut frame, channel_id);
        put_byte_string(&mut frame, Some(self.policy.uri().as_bytes()));
        put_byte_string(&mut frame, self.keyed.as_ref().map(|keyed| keyed.own_chain.as_slice()));
        put_byte_string(
            &mut frame,
            self.keyed
                .as_ref()
                .map(|keyed| thumbprint_sha1(&keyed.remote_certificate))
                .as_ref()
                .map(<[u8; 20]>::as_slice),
        );
        let encrypted_from = frame.len();
        put_uint32(&mut frame, sequence_number);
        put_uint32(&mut frame, request_id);
        frame.extend_from_slice(body);
        let size = match &self.keyed {
            Some(keyed) => encrypted_from + keyed.pad(&mut frame, encrypted_from),
            None => frame.len(),
        };
        end_frame(&mut frame, size);
        OpenDraft { frame, encrypted_from }
    }

    /// The key and the work that make a draft's signature; `None` if it needs none.
    pub(crate) fn signing(&self, draft: &OpenDraft) -> Option<(Arc<dyn PrivateKey>, KeyWork)> {
        let (keyed, algorithm) = (self.keyed.as_ref()?, self.policy.sign_algorithm()?);
        Some((Arc::clone(&keyed.own_key), KeyWork::Sign { algorithm, data: draft.frame.clone() }))
    }

    /// Signs and encrypts a draft. `signature` is empty for the policy None.
    pub(crate) fn seal(&self, draft: OpenDraft, signature: &[u8]) -> Result<Vec<u8>> {
        let OpenDraft { mut frame, encrypted_from } = draft;
        let Some(keyed) = &self.keyed else { return Ok(frame) };
        if signature.len() != keyed.own_block {
            return Err(misused(
                "the signature is not as long as the key of the certificate: they do not belong together",
            ));
        }
        frame.extend_from_slice(signature);
        let sealed = keyed.remote.encrypt(&frame[encrypted_from..])?;
        frame.truncate(encrypted_from);
        frame.extend(sealed);
        Ok(frame)
    }

    /// Checks policy and certificates of a received OPN and returns where its encrypted part begins.
    pub(crate) fn check_header(&self, frame: &[u8]) -> Result<usize> {
        let mut fields = Fields(frame.get(FRAME_HEADER + 4..).ok_or_else(truncated)?);
        let uri = fields.byte_string()?.unwrap_or_default();
        let (sender, receiver) = (fields.byte_string()?.unwrap_or_default(), fields.byte_string()?.unwrap_or_default());
        if uri != self.policy.uri().as_bytes() {
            let policy = self.policy;
            return Err(insecure(format!(
                "an OPN is not secured with {policy}; the policy of a channel never changes"
            )));
        }
        if let Some(keyed) = &self.keyed {
            keyed.check(sender, receiver)?;
        }
        Ok(frame.len() - fields.0.len())
    }

    /// The key and the work that decrypt a received OPN; `None` if it is in clear.
    /// Fails if the encrypted part is no whole number of blocks.
    pub(crate) fn decrypting(&self, encrypted: &[u8]) -> Result<Option<(Arc<dyn PrivateKey>, KeyWork)>> {
        let (Some(keyed), Some(algorithm)) = (&self.keyed, self.policy.decrypt_algorithm()) else { return Ok(None) };
        if encrypted.is_empty() || !encrypted.len().is_multiple_of(keyed.own_block) {
            return Err(tampered());
        }
        let blocks = encrypted.chunks(keyed.own_block).map(<[u8]>::to_vec).collect();
        Ok(Some((Arc::clone(&keyed.own_key), KeyWork::Decrypt { algorithm, blocks })))
    }

    /// Checks the signature over `header` and `plain` and takes the body out. Fails with `BadSecurityChecksFailed`.
    pub(crate) fn open(&self, header: &[u8], plain: &[u8]) -> Result<OpenedOpen> {
        let content = match &self.keyed {
            Some(keyed) => keyed.verified(header, plain)?,
            None => plain,
        };
        let mut fields = Fields(content);
        let (sequence_number, request_id) = (fields.uint32()?, fields.uint32()?);
        Ok(OpenedOpen { sequence_number, request_id, body: fields.0.to_vec() })
    }
}

impl Keyed {
    fn new(security: &ChannelSecurity) -> Result<Self> {
        let own = security.own.as_ref().ok_or_else(|| misused("an application certificate is needed"))?;
        let remote =
            security.remote_certificate.as_deref().ok_or_else(|| misused("the other side's certificate is needed"))?;
        let own_leaf = Certificate::parse(leaf_bytes(&own.chain).unwrap_or_default())?;
        let remote_leaf = Certificate::parse(leaf_bytes(remote).unwrap_or_default())?;
        if own_leaf.public_key() != own.key.public_key() {
            return Err(misused("the private key does not belong to the application certificate"));
        }
        Ok(Self {
            own_key: Arc::clone(&own.key),
            own_chain: own.chain.clone(),
            own_thumbprint: own_leaf.thumbprint_sha1(),
            own_block: RemoteKey::new(security.policy, own_leaf.public_key())?.block_length(),
            remote: RemoteKey::new(security.policy, remote_leaf.public_key())?,
            remote_certificate: remote_leaf.der().to_vec(),
        })
    }

    /// Chains are common: only the leaf counts here, the chain was judged before the channel was opened.
    fn check(&self, sender: &[u8], receiver: &[u8]) -> Result<()> {
        if leaf_bytes(sender) != Some(self.remote_certificate.as_slice()) {
            let message = "the other side presents another certificate than its endpoint: ask for the endpoints again";
            return Err(insecure(message));
        }
        if receiver != self.own_thumbprint {
            return Err(insecure("an OPN is encrypted for another certificate than ours"));
        }
        Ok(())
    }

    /// Pads what will be encrypted and returns how long it will be then.
    fn pad(&self, frame: &mut Vec<u8>, encrypted_from: usize) -> usize {
        let extra = has_extra_padding(self.remote.block_length());
        let content = frame.len() - encrypted_from + 1 + usize::from(extra) + self.own_block;
        let filled = content.next_multiple_of(self.remote.plain_length());
        let [low, high, ..] = (filled - content).to_le_bytes();
        frame.resize(frame.len() + 1 + filled - content, low);
        if extra {
            frame.push(high);
        }
        filled / self.remote.plain_length() * self.remote.block_length()
    }

    /// A plain text that is too short for a signature is verified like any other. Under Basic128Rsa15 a block
    /// with wrong padding decrypts to random bytes of random length (see `DecryptionAlgorithm::RsaPkcs1V15`),
    /// and neither the error nor the time may tell those from a well padded block of an attacker's
    /// (Bleichenbacher 1998). What remains is the time that a copy and a hash of at most a block more or less
    /// take, behind a millisecond of RSA; an attacker has one try for each connection that we open to him.
    fn verified<'a>(&self, header: &[u8], plain: &'a [u8]) -> Result<&'a [u8]> {
        let block = self.remote.block_length();
        let (content, signature) = plain.split_at(plain.len().saturating_sub(block));
        let signed = [header, content].concat();
        let filled = [signature, &vec![0; block - signature.len()]].concat();
        self.remote.verify(&signed, &filled).map_err(|_| tampered())?;
        self.unpadded(content)
    }

    fn unpadded<'a>(&self, content: &'a [u8]) -> Result<&'a [u8]> {
        let (high, padded) = if has_extra_padding(self.own_block) {
            let (high, padded) = content.split_last().ok_or_else(tampered)?;
            (usize::from(*high), padded)
        } else {
            (0, content)
        };
        let low = usize::from(*padded.last().ok_or_else(tampered)?);
        let end = padded.len().checked_sub(1 + (high << 8 | low)).ok_or_else(tampered)?;
        if end < SEQUENCE_HEADER { Err(tampered()) } else { Ok(&padded[..end]) }
    }
}

/// Blocks longer than 256 bytes need a second byte for the size of the padding.
fn has_extra_padding(block: usize) -> bool {
    block > 256
}

fn misused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "open secure channel", message)
        .with_status(StatusCode::BadConfigurationError)
}
