//! One OPN exchange: the first one opens the channel, each later one renews its token.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use bytes::BytesMut;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::keys::PrivateKey;
use crate::ua::guarded::Guarded;
use crate::ua::secure::channel::{SecureChannel, check_channel};
use crate::ua::secure::chunk::Protection;
use crate::ua::secure::fault::{insecure, protocol, reported, tampered, unexpected};
use crate::ua::secure::hello::PROTOCOL_VERSION;
use crate::ua::secure::open_chunk::OpenDraft;
use crate::ua::secure::policy::DirectionKeys;
use crate::ua::secure::token::{Token, Tokens};
use crate::ua::secure::{ChannelEvent, KeyOperation, KeyWork};
use crate::ua::services;
use crate::ua::{
    BinaryDecodable, ByteString, ContextOwned, MessageSecurityMode, OpenSecureChannelRequest,
    OpenSecureChannelResponse, SecurityTokenRequestType, ServiceFault, StatusCode,
};

/// An exchange under way.
#[derive(Debug)]
pub(super) struct Opening {
    request_id: u32,
    nonce: Zeroizing<Vec<u8>>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Our key signs the request.
    Signing { operation: u64, draft: OpenDraft },
    /// The server has to answer.
    Sent,
    /// Our key decrypts the answer; what arrives behind it waits.
    Decrypting { operation: u64, header: Vec<u8> },
}

impl SecureChannel {
    /// Asks for a token: the first one, or the next one.
    pub(super) fn begin_opening(&mut self) -> Result<()> {
        let request_id = self.next_request_id();
        let nonce = random(self.config.security.policy.nonce_length())?;
        let body = self.open_request(request_id, &nonce)?;
        let draft = self.security.draft(self.channel_id, self.outgoing.take_next(), request_id, &body);
        let stage = match self.security.signing(&draft) {
            None => {
                self.outbox.push(self.security.seal(draft, &[])?);
                Stage::Sent
            }
            Some((key, work)) => {
                self.outbox.hold();
                Stage::Signing { operation: self.ask_key(key, work), draft }
            }
        };
        self.opening = Some(Opening { request_id, nonce, stage });
        Ok(())
    }

    /// Goes on when a key has done its work. Results nobody waits for any more are dropped.
    pub(super) fn continue_opening(&mut self, id: u64, result: Result<Vec<u8>>) -> Result<()> {
        let Some(mut opening) = self.opening.take() else { return Ok(()) };
        match opening.stage {
            Stage::Signing { operation, draft } if operation == id => {
                self.outbox.fill(self.security.seal(draft, &result?)?);
                opening.stage = Stage::Sent;
                self.opening = Some(opening);
                Ok(())
            }
            Stage::Decrypting { operation, ref header } if operation == id => {
                let plain = Zeroizing::new(result.map_err(undecrypted)?);
                let header = header.clone();
                self.finish_opening(&opening, &header, &plain)
            }
            _ => {
                self.opening = Some(opening);
                Ok(())
            }
        }
    }

    /// Whether our key works on an answer.
    pub(super) fn is_decrypting(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| matches!(opening.stage, Stage::Decrypting { .. }))
    }

    /// Takes an OPN from the server.
    pub(super) fn receive_open(&mut self, frame: &BytesMut) -> Result<()> {
        if self.tokens.is_some() {
            check_channel(self.channel_id, frame)?;
        }
        let (header, encrypted) = frame.split_at(self.security.check_header(frame)?);
        let Some(mut opening) = self.opening.take_if(|opening| matches!(opening.stage, Stage::Sent)) else {
            return Err(unexpected("an OPN nobody asked for"));
        };
        match self.security.decrypting(encrypted)? {
            None => self.finish_opening(&opening, header, encrypted),
            Some((key, work)) => {
                opening.stage = Stage::Decrypting { operation: self.ask_key(key, work), header: header.to_vec() };
                self.opening = Some(opening);
                Ok(())
            }
        }
    }

    fn ask_key(&mut self, key: Arc<dyn PrivateKey>, work: KeyWork) -> u64 {
        self.operations += 1;
        self.events.push_back(ChannelEvent::KeyOperation(KeyOperation { id: self.operations, key, work }));
        self.operations
    }

    fn finish_opening(&mut self, opening: &Opening, header: &[u8], plain: &[u8]) -> Result<()> {
        let opened = self.security.open(header, plain)?;
        self.incoming.accept(opened.sequence_number)?;
        if opened.request_id != opening.request_id {
            return Err(unexpected("an OPN that answers another request"));
        }
        let response = decode_response(&opened.body)?;
        let id = response.security_token.channel_id;
        if self.tokens.is_some() && id != self.channel_id {
            return Err(protocol(StatusCode::BadTcpSecureChannelUnknown, "a renewal changed the channel id"));
        }
        let token = self.token(opening, &response)?;
        self.channel_id = id;
        self.use_token(token);
        Ok(())
    }

    fn use_token(&mut self, token: Token) {
        let (token_id, revised_lifetime) = (token.id, token.lifetime);
        match &mut self.tokens {
            Some(tokens) => {
                tokens.renew(token);
                self.events.push_back(ChannelEvent::Renewed { token_id });
            }
            None => {
                self.tokens = Some(Tokens::new(token));
                self.events.push_back(ChannelEvent::Opened { channel_id: self.channel_id, revised_lifetime });
            }
        }
    }

    fn token(&self, opening: &Opening, response: &OpenSecureChannelResponse) -> Result<Token> {
        let policy = self.config.security.policy;
        let server_nonce = response.server_nonce.as_ref();
        if !policy.is_none() && server_nonce.len() != policy.nonce_length() {
            return Err(insecure("the server's nonce has the wrong length").with_status(StatusCode::BadNonceInvalid));
        }
        let protection =
            |secret, seed| protection(self.config.security.mode, DirectionKeys::derive(policy, secret, seed)?);
        let token = &response.security_token;
        Ok(Token {
            id: token.token_id,
            issued: self.now(),
            lifetime: Duration::from_millis(token.revised_lifetime.into()).max(SHORTEST_LIFETIME),
            own: protection(server_nonce, &opening.nonce)?,
            remote: protection(&opening.nonce, server_nonce)?,
        })
    }

    fn open_request(&self, request_id: u32, nonce: &[u8]) -> Result<Vec<u8>> {
        let renews = self.tokens.is_some();
        let request = OpenSecureChannelRequest {
            request_header: self.request_header(request_id),
            client_protocol_version: PROTOCOL_VERSION,
            request_type: if renews { SecurityTokenRequestType::Renew } else { SecurityTokenRequestType::Issue },
            security_mode: self.config.security.mode,
            client_nonce: if nonce.is_empty() { ByteString::null() } else { ByteString::from(nonce) },
            requested_lifetime: u32::try_from(self.config.token_lifetime.as_millis()).unwrap_or(u32::MAX),
        };
        let mut body = Vec::new();
        services::encode(&request, &mut body, &ContextOwned::default().context()).map_err(|cause| {
            Error::new(ErrorKind::Internal, OPERATION, "the request does not encode").because(cause)
        })?;
        Ok(body)
    }
}

/// That a block does not decrypt is told as that a signature is wrong. Whether the key could be used at all
/// is another matter.
fn undecrypted(error: Error) -> Error {
    if error.kind() == ErrorKind::Security { tampered() } else { error }
}

const OPERATION: &str = "open secure channel";

/// A server that grants less would have us renew without end.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(1);

fn random(length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    rand::fill(&mut bytes)
        .map_err(|cause| Error::new(ErrorKind::Internal, OPERATION, "there is no randomness").because(cause))?;
    Ok(bytes)
}

pub(super) fn protection(mode: MessageSecurityMode, keys: Option<DirectionKeys>) -> Result<Protection> {
    Ok(match (mode, keys) {
        (MessageSecurityMode::Sign, Some(keys)) => Protection::Sign(keys),
        (MessageSecurityMode::SignAndEncrypt, Some(keys)) => Protection::SignAndEncrypt(keys),
        _ => Protection::None,
    })
}

/// The answer, or the error that the server answers with.
fn decode_response(body: &[u8]) -> Result<OpenSecureChannelResponse> {
    let context = ContextOwned::default();
    let context = context.context();
    let undecodable =
        |cause| protocol(StatusCode::BadDecodingError, "the answer to OPN does not decode").because(cause);
    let (id, fields) = services::encoding_id(body, &context).map_err(undecodable)?;
    let mut rest = Guarded::new(fields);
    if id == services::encoding_id_of::<ServiceFault>() {
        let fault = ServiceFault::decode(&mut rest, &context).map_err(undecodable)?;
        return Err(reported(fault.response_header.service_result, None));
    }
    if id != services::encoding_id_of::<OpenSecureChannelResponse>() {
        return Err(unexpected("a body that does not answer OPN"));
    }
    let response = OpenSecureChannelResponse::decode(&mut rest, &context).map_err(undecodable)?;
    match response.response_header.service_result {
        status if status.is_bad() => Err(reported(status, None)),
        _ => Ok(response),
    }
}
