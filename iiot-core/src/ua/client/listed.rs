//! Lists out of the answers of strangers: as much of them as is sound, and no more than was asked for.

use crate::error::{Error, ErrorKind, Result};
use crate::ua::codec::decode_response;
use crate::ua::guarded::Guarded;
use crate::ua::services::{encoding_id, encoding_id_of};
use crate::ua::{
    BinaryDecodable, Context, ContextOwned, DateTime, DecodingOptions, DepthGauge, EncodingResult, MessageInfo,
    NamespaceMap, ResponseHeader, Service, StatusCode,
};

/// What came of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// Its elements, as far as they are sound.
    pub items: Vec<T>,
    /// What is wrong with the rest of it, as a sentence fragment; `None` if this is all of it.
    pub flaw: Option<String>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), flaw: None }
    }
}

/// What stands behind the header of an answer to `S`. A ServiceFault and a bad service result are errors.
pub(super) fn read<S: Service, T>(
    body: &[u8],
    fields: impl FnOnce(&mut Guarded<'_>, &Context<'_>) -> EncodingResult<T>,
) -> Result<T>
where
    S::Response: MessageInfo + Default,
{
    let context = ContextOwned::new_default(NamespaceMap::new(), options(body.len()));
    let context = context.context();
    let corrupt = |cause| Error::new(ErrorKind::Corrupt, S::NAME, "the response does not decode").because(cause);
    let (id, rest) = encoding_id(body, &context).map_err(corrupt)?;
    if id != encoding_id_of::<S::Response>() {
        decode_response(S::NAME, body)?;
        let message = "the server answered with another service";
        return Err(Error::new(ErrorKind::Protocol, S::NAME, message).with_status(StatusCode::BadUnknownResponse));
    }
    let mut input = Guarded::new(rest);
    let header = ResponseHeader::decode(&mut input, &context).map_err(corrupt)?;
    if header.service_result.is_bad() {
        return Err(Error::from_status(S::NAME, header.service_result));
    }
    fields(&mut input, &context).map_err(corrupt)
}

/// What the clock of the server said when it made this answer.
pub(super) fn made_at(body: &[u8]) -> Option<DateTime> {
    let context = ContextOwned::new_default(NamespaceMap::new(), options(body.len()));
    let (_, rest) = encoding_id(body, &context.context()).ok()?;
    let header = ResponseHeader::decode(&mut Guarded::new(rest), &context.context()).ok()?;
    Some(header.timestamp).filter(|time| !time.is_null())
}

/// The list that the input begins with, `most` elements at the most. It takes memory for what comes, not for what is
/// claimed; where an element does not decode, the list ends.
pub(super) fn list<T: BinaryDecodable>(
    input: &mut Guarded<'_>,
    context: &Context<'_>,
    most: usize,
) -> EncodingResult<Listed<T>> {
    let count = usize::try_from(i32::decode(input, context)?).unwrap_or(0);
    let mut items = Vec::new();
    for _ in 0..count.min(most) {
        match T::decode(input, context) {
            Ok(item) => items.push(item),
            Err(cause) => {
                let flaw = Some(format!("element {} of {count} does not decode: {cause}", items.len() + 1));
                return Ok(Listed { items, flaw });
            }
        }
    }
    let flaw = (count > most).then(|| format!("{count} elements, of which the first {most} are taken"));
    Ok(Listed { items, flaw })
}

/// Lists within elements (URLs, tokens, capabilities) have a handful of entries.
const MAX_INNER_LIST: usize = 4096;
const MAX_DEPTH: u64 = 16;

/// Nothing in a message can be longer than the message.
fn options(body: usize) -> DecodingOptions {
    DecodingOptions {
        max_message_size: body,
        max_string_length: body,
        max_byte_string_length: body,
        max_array_length: MAX_INNER_LIST,
        decoding_depth_gauge: DepthGauge::new(MAX_DEPTH),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ua::{
        ApplicationDescription, BinaryEncodable, FindServersRequest, FindServersResponse, GetEndpointsResponse,
        Response, ServiceFault,
    };

    fn encoded(response: impl Into<Response>) -> Vec<u8> {
        let mut body = Vec::new();
        response.into().encode(&mut body, &ContextOwned::default().context()).unwrap();
        body
    }

    fn server(number: u32) -> ApplicationDescription {
        ApplicationDescription { application_uri: format!("urn:{number}").into(), ..Default::default() }
    }

    fn servers(body: &[u8], most: usize) -> Result<Listed<ApplicationDescription>> {
        read::<FindServersRequest, _>(body, |input, context| list(input, context, most))
    }

    /// A good answer that claims `count` servers and has these.
    fn claiming(count: i32, present: u32) -> Vec<u8> {
        let empty = encoded(FindServersResponse { servers: Some(Vec::new()), ..Default::default() });
        let context = ContextOwned::default();
        let elements = (0..present).flat_map(|number| server(number).encode_to_vec(&context.context()));
        [&empty[..empty.len() - 4], &count.to_le_bytes()].concat().into_iter().chain(elements).collect()
    }

    #[test]
    fn a_list_is_read_as_far_as_it_is_sound_and_wanted() {
        for (count, present, most, taken, flawed) in [
            (3, 3, 10, 3, false),
            (3, 3, 2, 2, true),
            (i32::MAX, 3, 10, 3, true),
            (5, 3, 10, 3, true),
            (0, 0, 10, 0, false),
            (-1, 0, 10, 0, false),
            (i32::MIN, 0, 10, 0, false),
        ] {
            let listed = servers(&claiming(count, present), most).unwrap();
            assert_eq!((listed.items.len(), listed.flaw.is_some()), (taken, flawed), "{count} {present} {most}");
        }
    }

    #[test]
    fn what_is_claimed_takes_no_memory() {
        let body = claiming(i32::MAX, 1);
        let claimed = allocation_counter::measure(|| drop(servers(&body, usize::MAX)));
        let honest = allocation_counter::measure(|| drop(servers(&claiming(1, 1), usize::MAX)));
        assert!(claimed.bytes_max < honest.bytes_max + (1 << 12), "{} {}", claimed.bytes_max, honest.bytes_max);
    }

    #[test]
    fn an_inner_list_that_lies_ends_the_list_and_takes_no_memory() {
        let mut body = claiming(2, 2);
        // The discovery URLs are what a description ends with.
        let end = body.len();
        body[end - 4..].copy_from_slice(&i32::MAX.to_le_bytes());
        let listed = servers(&body, 10).unwrap();
        assert_eq!(listed.items, [server(0)]);
        assert!(listed.flaw.unwrap().starts_with("element 2 of 2"));
    }

    #[test]
    fn every_answer_tells_the_time_of_the_server() {
        let timestamp = DateTime::ymd_hms(2026, 11, 23, 6, 0, 0);
        let at = |timestamp| ResponseHeader { timestamp, ..Default::default() };
        let told = |header| made_at(&encoded(FindServersResponse { response_header: header, servers: None }));
        assert_eq!(told(at(timestamp)), Some(timestamp));
        assert_eq!(told(at(DateTime::null())), None);
        assert_eq!(
            made_at(&encoded(Response::Fault(Box::new(ServiceFault { response_header: at(timestamp) })))),
            Some(timestamp)
        );
        assert_eq!(made_at(b"garbage"), None);
    }

    #[test]
    fn faults_and_other_answers_are_errors() {
        let header = |service_result| ResponseHeader { service_result, ..Default::default() };
        let fault = ServiceFault { response_header: header(StatusCode::BadServiceUnsupported) };
        let error = servers(&encoded(Response::Fault(Box::new(fault))), 1).unwrap_err();
        assert_eq!(error.status(), StatusCode::BadServiceUnsupported);
        let bad = FindServersResponse { response_header: header(StatusCode::BadTooManyOperations), servers: None };
        assert_eq!(servers(&encoded(bad), 1).unwrap_err().status(), StatusCode::BadTooManyOperations);
        let other = servers(&encoded(GetEndpointsResponse::default()), 1).unwrap_err();
        assert_eq!(other.status(), StatusCode::BadUnknownResponse);
        for rest in 0..claiming(1, 1).len() - 4 {
            let _ = servers(&claiming(1, 1)[..rest], 1);
        }
        assert_eq!(servers(&[], 1).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
