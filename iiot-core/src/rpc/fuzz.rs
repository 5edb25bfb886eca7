//! Messages of remote calls under attack.

use bytes::Bytes;

use super::frame::{Answer, Request};
use super::header::Header;
use super::pieces::{pack, unpack};
use crate::time::UtcTime;

/// What anybody at the hub may send: frames and headers mean the same when they are written again, and a packed content
/// never becomes larger than is taken.
pub(crate) fn remote_call(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Some(request) = Request::read(bytes.clone()) {
        if let Request::Call { header, .. } = &request {
            signed(header);
        }
        assert_eq!(Request::read(request.clone().into_bytes()), Some(request));
    }
    if let Some(answer) = Answer::read(bytes) {
        assert_eq!(Answer::read(answer.clone().into_bytes()), Some(answer));
    }
    if let Ok(content) = unpack(data.to_vec(), MOST) {
        assert!(content.len() <= MOST);
        assert_eq!(unpack(pack(&content), MOST).ok(), Some(content));
    }
}

fn signed(header: &[u8]) {
    let Ok(header) = serde_json::from_slice::<Header>(header) else { return };
    let written = serde_json::to_vec(&header).expect("a header is JSON");
    assert_eq!(serde_json::from_slice::<Header>(&written).ok(), Some(header.clone()));
    // Times at the ends of the calendar too.
    let _ = header.check(&header.to, &header.operation, UtcTime::UNIX_EPOCH);
}

pub(crate) fn remote_call_seeds() -> Vec<Vec<u8>> {
    let header = br#"{"version":1,"id":"00","to":"a/b","operation":"twin.write","caller":"0011223344556677",
        "principal":{"name":"bob","role":"operator"},"key":"AA","issued":"2026-01-01T00:00:00Z",
        "expires":"2026-01-01T00:00:10Z","timeoutMs":10000,"credit":0,"answers":"a/b","pieces":1}"#;
    let (signature, piece) = (Bytes::from_static(&[7; 64]), Bytes::from_static(b"sealed"));
    let call = Request::Call { header: Bytes::from_static(header), signature, piece: piece.clone() };
    let more =
        [Request::Piece { index: 1, piece: piece.clone() }, Request::Control { number: 1, control: piece.clone() }];
    let answer = Answer { sequence: 1, index: 0, count: 1, nonce: [3; 12], piece };
    let frames = more.into_iter().chain([call]).map(|frame| frame.into_bytes().to_vec());
    frames.chain([answer.into_bytes().to_vec(), pack(&[b'x'; 1000]), pack(b"short")]).collect()
}

const MOST: usize = 1 << 16;
