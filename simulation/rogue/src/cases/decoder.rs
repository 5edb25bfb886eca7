//! Cases 18 to 21: what decoders choke on, as the answer to a read of one value.

use iiot_core::ua::{
    ByteString, DataValue, DateTime, NodeId, ReadResponse, Request, ResponseHeader, StatusCode, UAString, Variant,
};

use super::{Case, Task, read_one};
use crate::attack::{Act, Attack};
use crate::wire::{encoded_part, little_endian, response_with};

use StatusCode as S;

const MALFORMED: [StatusCode; 1] = [S::BadDecodingError];

pub(super) fn cases() -> Vec<Case> {
    [depths(), lengths(), texts(), numbers()].into_iter().flatten().collect()
}

/// A good response with this value.
pub(super) fn read_response(value: impl Into<DataValue>) -> ReadResponse {
    ReadResponse { results: Some(vec![value.into()]), ..Default::default() }
}

fn depths() -> Vec<Case> {
    vec![
        raw(18, "arrays of Variants, 100,000 deep", || one_value(&nested(&[0x98, 1, 0, 0, 0], 100_000))),
        raw(18, "DataValues in Variants, 100,000 deep", || one_value(&nested(&[0x17, 1], 100_000))),
        raw(18, "DiagnosticInfos in Variants, 100,000 deep", || one_value(&nested_diagnostics())),
        Case::new(18, "DiagnosticInfos in a header, 100,000 deep", || answer_to_read(header_with_diagnostics)),
    ]
    .into_iter()
    .map(|case| case.fails(&MALFORMED))
    // Bodies of structures are looked into by whoever knows their types.
    .chain([raw(18, "structures in structures, 2,000 deep", || one_value(&structures(2000)))])
    .map(|case| case.task(read_one()))
    .collect()
}

fn lengths() -> Vec<Case> {
    let int32s = |length: i32| one_value(&[&[0x86][..], &length.to_le_bytes(), &[0; 16]].concat());
    let matrix = |dimensions: &[i32]| {
        let mut value = vec![0xc6, 4, 0, 0, 0];
        value.extend([0; 16]);
        value.extend((dimensions.len() as i32).to_le_bytes());
        value.extend(dimensions.iter().flat_map(|size| size.to_le_bytes()));
        one_value(&value)
    };
    vec![
        raw(19, "an array of -2 values", move || int32s(-2)),
        raw(19, "an array of 2 billion values", move || int32s(i32::MAX)),
        raw(19, "2 billion results", || [i32::MAX.to_le_bytes().to_vec(), vec![0; 1000]].concat()),
        raw(19, "-2 results", || [(-2_i32).to_le_bytes(), [0xff; 4]].concat()).fails(&[S::BadUnknownResponse]),
        raw(19, "dimensions whose product overflows", move || matrix(&[0x1_0000, 0x1_0000])),
        raw(19, "a dimension of 0 and a huge one", move || matrix(&[0, i32::MAX])),
        raw(19, "a negative dimension", move || matrix(&[-2, -2])),
        // Three million bytes that are each a whole value: the answer to one read.
        raw(19, "three million empty values", || {
            [3_000_000_i32.to_le_bytes().to_vec(), vec![0; 3_000_000], vec![0xff; 4]].concat()
        })
        .megabytes(64),
        raw(19, "three million empty DiagnosticInfos", || {
            [little_endian(&[1]), vec![0], 3_000_000_i32.to_le_bytes().to_vec(), vec![0; 3_000_000]].concat()
        })
        .megabytes(64),
        raw(19, "six results to one operation", || [little_endian(&[6]), vec![0; 6], vec![0xff; 4]].concat())
            .fails(&[S::BadUnknownResponse]),
    ]
    .into_iter()
    .map(|case| if case.expect == super::Expect::Works { case.fails(&MALFORMED) } else { case })
    .map(|case| case.task(read_one()))
    .collect()
}

fn texts() -> Vec<Case> {
    let string = |bytes: &[u8]| one_value(&[&[0x0c][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat());
    vec![
        raw(20, "a string that is no UTF-8", move || string(b"\xff\xfe\xc3")).fails(&MALFORMED),
        raw(20, "a string with half a surrogate pair", move || string(b"\xed\xa0\x80")).fails(&MALFORMED),
        raw(20, "a string with zeros", move || string(b"a\0b\0")),
        raw(20, "a string of 4 MB", move || string(&vec![b'x'; 4_000_000])).megabytes(24),
        raw(20, "a string of 17 MB", move || string(&vec![b'x'; 17 << 20]))
            .fails(&[S::BadResponseTooLarge])
            .megabytes(24),
    ]
    .into_iter()
    .map(|case| case.task(read_one()))
    .collect()
}

fn numbers() -> Vec<Case> {
    let times = || {
        let extremes = [i64::MIN, -1, 0, 1, i64::MAX, i64::MAX - 1];
        let value = |ticks: i64| {
            let mut bytes = vec![0x0d, 0x0d];
            bytes.extend(ticks.to_le_bytes().repeat(3));
            bytes
        };
        let values: Vec<u8> = extremes.iter().flat_map(|ticks| value(*ticks)).collect();
        [little_endian(&[extremes.len() as u32]), values, little_endian(&[u32::MAX])].concat()
    };
    let nan = |bits: u64| one_value(&[&[0x0b][..], &bits.to_le_bytes()].concat());
    vec![
        raw(21, "times before 1601 and after 9999", times).task(Task::Read(vec![NodeId::new(1, "Value"); 6])),
        raw(21, "a NaN with a payload", move || nan(0x7ff4_dead_beef_0001)).task(read_one()),
        raw(21, "a negative NaN", move || nan(u64::MAX)).task(read_one()),
    ]
}

/// Answers a read with a response that has these bytes behind its header.
fn raw(number: u8, name: &'static str, rest: impl Fn() -> Vec<u8> + Clone + Send + Sync + 'static) -> Case {
    Case::new(number, name, move || {
        let rest = rest.clone();
        answer_to_read(move |handle| response_with::<ReadResponse>(handle, &rest()))
    })
}

fn answer_to_read(body: impl Fn(u32) -> Vec<u8> + Send + 'static) -> Attack {
    Attack::on_request(move |request, _, _| {
        matches!(request, Request::Read(_)).then(|| Act::Body(body(request.header().request_handle)))
    })
}

/// One result with this Variant, and no DiagnosticInfos.
pub(super) fn one_value(variant: &[u8]) -> Vec<u8> {
    [little_endian(&[1]), vec![1], variant.to_vec(), little_endian(&[u32::MAX])].concat()
}

fn nested(level: &[u8], depth: usize) -> Vec<u8> {
    [level.repeat(depth), vec![0]].concat()
}

fn nested_diagnostics() -> Vec<u8> {
    [vec![0x19], vec![0x40; 100_000], vec![0]].concat()
}

/// ContentFilterElements, each the operand of the one around it.
fn structures(depth: usize) -> Vec<u8> {
    let id = encoded_part(&NodeId::new(0, 587));
    let body_of = |operands: &[u8]| [&little_endian(&[0, 1])[..], operands].concat();
    let mut inner = vec![0, 0, 0];
    for _ in 0..depth {
        let body = body_of(&inner);
        inner = [&id[..], &[1], &little_endian(&[body.len() as u32]), &body].concat();
    }
    [vec![0x16], inner].concat()
}

fn header_with_diagnostics(request_handle: u32) -> Vec<u8> {
    let whole = response_with::<ReadResponse>(request_handle, &[]);
    let header = encoded_part(&ResponseHeader { request_handle, ..Default::default() });
    let fixed = whole.len() - header.len() + 16;
    [whole[..fixed].to_vec(), vec![0x40; 100_000], vec![0], little_endian(&[u32::MAX]), vec![0; 3]].concat()
}

/// Values that a live item goes through: every type differs from the one before.
pub(super) fn changing_types() -> Vec<Variant> {
    vec![
        1.5.into(),
        "text".into(),
        Variant::from(vec![1_i32, 2, 3]),
        Variant::Empty,
        Variant::from(UAString::null()),
        Variant::from(ByteString::from(vec![1, 2])),
        Variant::from(DateTime::now()),
        true.into(),
        Variant::from(NodeId::new(1, 1)),
    ]
}
