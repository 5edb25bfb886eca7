//! Puts the chunks of a message together, within the limits.

use bytes::{Bytes, BytesMut};

use crate::error::{Error, Result};
use crate::ua::StatusCode;
use crate::ua::secure::Limits;
use crate::ua::secure::fault::protocol;
use crate::ua::secure::frame::ChunkKind;
use crate::ua::secure::hello::report;

/// A message that came to its end.
#[derive(Debug)]
pub(crate) enum Assembled {
    Complete { request_id: u32, body: Bytes },
    Aborted { request_id: u32, error: Error },
}

/// Collects chunks; the chunks of different messages must not be mixed.
#[derive(Debug)]
pub(crate) struct Assembler {
    max_size: usize,
    max_chunks: usize,
    partial: Option<Partial>,
}

#[derive(Debug)]
struct Partial {
    request_id: u32,
    /// As they arrived: joined once, when all are there, so that nothing is held twice before.
    chunks: Vec<BytesMut>,
    size: usize,
}

/// A body shares the block of memory that it arrived in. Whoever keeps a smaller one shall not keep the block.
const WORTH_KEEPING: usize = 8 * 1024;

impl Partial {
    fn new(request_id: u32) -> Self {
        Self { request_id, chunks: Vec::new(), size: 0 }
    }

    /// The whole body; that of a message of one chunk is not copied unless it is small.
    fn joined(mut self) -> Bytes {
        if self.chunks.len() == 1 && self.size >= WORTH_KEEPING {
            return self.chunks.remove(0).freeze();
        }
        let mut body = BytesMut::with_capacity(self.size);
        for chunk in self.chunks {
            body.extend_from_slice(&chunk);
        }
        body.freeze()
    }
}

impl Assembler {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { max_size: limits.max_message_size as usize, max_chunks: limits.max_chunk_count as usize, partial: None }
    }

    pub(crate) fn set_limits(&mut self, limits: &Limits) {
        self.max_size = limits.max_message_size as usize;
        self.max_chunks = limits.max_chunk_count as usize;
    }

    /// Takes the body of a chunk. Fails with `BadResponseTooLarge` before it would hold more than the limits allow.
    pub(crate) fn push(&mut self, kind: ChunkKind, request_id: u32, body: BytesMut) -> Result<Option<Assembled>> {
        let partial = self.partial.take();
        if let Some(other) = partial.as_ref().filter(|partial| partial.request_id != request_id) {
            return Err(mixed(other.request_id, request_id));
        }
        if kind == ChunkKind::Abort {
            return Ok(Some(Assembled::Aborted { request_id, error: report(&body)? }));
        }
        let partial = self.appended(partial, request_id, body)?;
        if kind == ChunkKind::Final {
            return Ok(Some(Assembled::Complete { request_id, body: partial.joined() }));
        }
        self.partial = Some(partial);
        Ok(None)
    }

    /// Bytes held for a message that is not complete.
    pub(crate) fn buffered(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| partial.chunks.iter().map(BytesMut::capacity).sum())
    }

    fn appended(&self, partial: Option<Partial>, request_id: u32, body: BytesMut) -> Result<Partial> {
        let mut partial = partial.unwrap_or_else(|| Partial::new(request_id));
        if partial.chunks.len() + 1 > self.max_chunks || partial.size + body.len() > self.max_size {
            return Err(self.too_large(request_id));
        }
        partial.size += body.len();
        partial.chunks.push(body);
        Ok(partial)
    }

    fn too_large(&self, request_id: u32) -> Error {
        let (size, chunks) = (self.max_size, self.max_chunks);
        let message = format!(
            "a message exceeds {size} bytes or {chunks} chunks: ask for less at once, or raise max_message_size and max_chunk_count"
        );
        protocol(StatusCode::BadResponseTooLarge, message).with("request", request_id)
    }
}

fn mixed(expected: u32, got: u32) -> Error {
    let message = format!("a chunk of request {got} stands among those of request {expected}");
    protocol(StatusCode::BadTcpInternalError, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn assembler() -> Assembler {
        Assembler::new(&Limits { max_message_size: 100, max_chunk_count: 4, ..Limits::default() })
    }

    fn push(assembler: &mut Assembler, kind: ChunkKind, id: u32, length: usize) -> Result<Option<Assembled>> {
        assembler.push(kind, id, BytesMut::from(vec![7; length].as_slice()))
    }

    #[test]
    fn chunks_become_one_message() {
        let mut assembler = assembler();
        assert!(push(&mut assembler, ChunkKind::Intermediate, 9, 60).unwrap().is_none());
        let whole = push(&mut assembler, ChunkKind::Final, 9, 40).unwrap().unwrap();
        assert!(matches!(whole, Assembled::Complete { request_id: 9, body } if body.len() == 100));
        assert_eq!(assembler.buffered(), 0);
    }

    #[test]
    fn one_chunk_is_copied_only_where_it_would_keep_much_more_than_itself() {
        for (length, copied) in [(WORTH_KEEPING, false), (WORTH_KEEPING - 1, true)] {
            let single = BytesMut::from(vec![7; length].as_slice());
            let address = single.as_ptr();
            let whole = Assembler::new(&Limits::default()).push(ChunkKind::Final, 1, single).unwrap().unwrap();
            let Assembled::Complete { body, .. } = whole else { panic!("{whole:?}") };
            assert_eq!((body.len(), body.as_ptr() != address), (length, copied));
        }
    }

    #[test]
    fn both_limits_are_exact() {
        let mut bytes = assembler();
        push(&mut bytes, ChunkKind::Intermediate, 1, 100).unwrap();
        let error = push(&mut bytes, ChunkKind::Final, 1, 1).unwrap_err();
        assert_eq!(error.status(), StatusCode::BadResponseTooLarge);
        assert_eq!(bytes.buffered(), 0);
        let mut chunks = assembler();
        for _ in 0..4 {
            push(&mut chunks, ChunkKind::Intermediate, 1, 0).unwrap();
        }
        let error = push(&mut chunks, ChunkKind::Intermediate, 1, 0).unwrap_err();
        assert_eq!(error.status(), StatusCode::BadResponseTooLarge);
    }

    #[test]
    fn an_abort_drops_its_message_only() {
        let mut assembler = assembler();
        push(&mut assembler, ChunkKind::Intermediate, 1, 10).unwrap();
        let reason = StatusCode::BadEncodingLimitsExceeded.bits().to_le_bytes();
        let aborted = assembler.push(ChunkKind::Abort, 1, BytesMut::from(&reason[..])).unwrap().unwrap();
        let Assembled::Aborted { request_id: 1, error } = aborted else { panic!("{aborted:?}") };
        assert_eq!(error.status(), StatusCode::BadEncodingLimitsExceeded);
        assert!(push(&mut assembler, ChunkKind::Final, 2, 10).unwrap().is_some());
    }

    #[test]
    fn messages_must_not_be_mixed() {
        let mut assembler = assembler();
        push(&mut assembler, ChunkKind::Intermediate, 1, 10).unwrap();
        assert!(push(&mut assembler, ChunkKind::Final, 2, 10).is_err());
    }
}
