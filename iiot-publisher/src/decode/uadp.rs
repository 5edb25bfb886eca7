//! UADP messages (OPC 10000-14 §7.2.4).

use std::sync::Arc;

use iiot_core::Result;
use iiot_core::json::ValueType;
use iiot_core::ua::{
    Array, DataValue, DateTime, StatusCode, Variant, VariantScalarTypeId, read_binary, read_variant_body,
};
use uuid::Uuid;

use super::chunks::Of;
use super::wire::Wire;
use super::{DataSetMessage, DataSetMetaData, Decoder, Field, FrameKind, Received, malformed};

/// How the fields of a DataSetMessage are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldEncoding {
    Variant,
    Raw,
    DataValue,
}

/// The header of a NetworkMessage as far as the payload needs it.
#[derive(Debug)]
struct Header {
    around: DataSetMessage,
    /// Writers of the DataSetMessages; none where they are not told.
    writers: Vec<u16>,
    chunk: bool,
    kind: u8,
}

impl Decoder {
    pub(super) fn decode_binary(&mut self, bytes: &[u8]) -> Result<Vec<Received>> {
        if bytes.len() > self.limits.max_message_size {
            return Err(malformed("it is larger than the limit"));
        }
        let mut wire = Wire(bytes);
        let header = header(&mut wire)?;
        match header.kind {
            ANNOUNCEMENT => {
                let meta_data = DataSetMetaData::from_announcement(&mut wire, header.around.publisher_id)?;
                Ok(vec![Received::MetaData(meta_data)])
            }
            DATA if header.chunk => self.chunk(&mut wire, header),
            DATA => self.data_set_messages(wire, &header),
            _ => Err(malformed("it is of a kind that publishers do not send")),
        }
    }

    fn chunk(&mut self, wire: &mut Wire<'_>, header: Header) -> Result<Vec<Received>> {
        let writer = *header.writers.first().ok_or_else(|| malformed("a chunk does not tell its writer"))?;
        let (sequence_number, offset, total) = (wire.u16()?, wire.u32()?, wire.u32()?);
        let of = Of { publisher_id: header.around.publisher_id.clone(), writer, sequence_number, total };
        match self.chunks.add(of, offset, wire.bytes()?)? {
            Some(whole) => self.data_set_messages(Wire(&whole), &Header { chunk: false, ..header }),
            None => Ok(Vec::new()),
        }
    }

    fn data_set_messages(&self, mut wire: Wire<'_>, header: &Header) -> Result<Vec<Received>> {
        let count = header.writers.len();
        let sizes = match count {
            0 | 1 => vec![wire.0.len()],
            _ => (0..count).map(|_| wire.u16().map(usize::from)).collect::<Result<_>>()?,
        };
        let mut received = Vec::with_capacity(sizes.len());
        for (index, size) in sizes.into_iter().enumerate() {
            let message = DataSetMessage { writer_id: header.writers.get(index).copied(), ..header.around.clone() };
            let mut part = Wire(wire.take(size)?);
            received.extend(self.binary_message(&mut part, message)?.map(Received::Data));
            if !part.0.is_empty() {
                return Err(malformed("there are bytes behind a DataSetMessage"));
            }
        }
        if wire.0.is_empty() { Ok(received) } else { Err(malformed("there are bytes behind the last DataSetMessage")) }
    }

    /// `None` for one that its publisher declares invalid.
    fn binary_message(&self, wire: &mut Wire<'_>, mut message: DataSetMessage) -> Result<Option<DataSetMessage>> {
        let first = wire.u8()?;
        let second = if first & 0x80 == 0 { 0 } else { wire.u8()? };
        let encoding = match first >> 1 & 3 {
            0 => FieldEncoding::Variant,
            1 => FieldEncoding::Raw,
            2 => FieldEncoding::DataValue,
            _ => return Err(malformed("fields in an unknown encoding")),
        };
        let kind = match second & 0x0f {
            0 => FrameKind::Key,
            1 => FrameKind::Delta,
            2 => FrameKind::Event,
            3 => FrameKind::KeepAlive,
            _ => return Err(malformed("a DataSetMessage of an unknown kind")),
        };
        message.kind = Some(kind);
        message.sequence_number = if first & 0x08 == 0 { None } else { Some(wire.u16()?.into()) };
        message.timestamp = if second & 0x10 == 0 { message.timestamp } else { wire.time()? };
        if second & 0x20 != 0 {
            wire.u16()?;
        }
        if first & 0x10 != 0 {
            wire.u16()?;
        }
        let major = if first & 0x20 == 0 { None } else { Some(wire.u32()?) };
        let minor = if first & 0x40 == 0 { None } else { Some(wire.u32()?) };
        message.version = major.or(minor).map(|_| (major.unwrap_or(0), minor.unwrap_or(0)));
        if first & 1 == 0 {
            wire.0 = &[];
            return Ok(None);
        }
        if kind != FrameKind::KeepAlive {
            message.fields = self.fields(wire, &message, kind, encoding)?;
        }
        Ok(Some(message))
    }

    fn fields(
        &self,
        wire: &mut Wire<'_>,
        message: &DataSetMessage,
        kind: FrameKind,
        encoding: FieldEncoding,
    ) -> Result<Vec<Field>> {
        let meta_data = self.known.of(message);
        let (count, by_index) = match (kind, encoding) {
            (FrameKind::Key, FieldEncoding::Raw) => {
                let known = meta_data.as_ref().ok_or_else(|| malformed("raw values came before their metadata"))?;
                (known.fields.len(), false)
            }
            (FrameKind::Delta, _) => (usize::from(wire.u16()?), true),
            _ => (usize::from(wire.u16()?), false),
        };
        // Each field takes a byte at least.
        if count > wire.0.len() {
            return Err(malformed("it has fewer fields than it says"));
        }
        let mut fields = Vec::with_capacity(count);
        for position in 0..count {
            let index = if by_index { usize::from(wire.u16()?) } else { position };
            fields.push(field(wire, index, meta_data.as_ref(), encoding)?);
        }
        Ok(fields)
    }
}

fn field(
    wire: &mut Wire<'_>,
    index: usize,
    meta_data: Option<&Arc<DataSetMetaData>>,
    encoding: FieldEncoding,
) -> Result<Field> {
    let described = meta_data.and_then(|meta_data| meta_data.fields.get(index));
    let name = described.map_or_else(|| index.to_string(), |field| field.name.clone());
    let value = match encoding {
        FieldEncoding::DataValue => data_value(wire)?,
        FieldEncoding::Variant => match variant(wire)? {
            // A status stands for a value that there is not (§7.2.4.5.5).
            Variant::StatusCode(status) => DataValue { status: Some(status), ..DataValue::null() },
            value => DataValue { value: Some(value), status: Some(StatusCode::Good), ..DataValue::null() },
        },
        FieldEncoding::Raw => {
            let described = described.ok_or_else(|| malformed("a raw value is not in the metadata"))?;
            DataValue { value: Some(raw(wire, described.value_type)?), ..DataValue::null() }
        }
    };
    Ok(Field { name, node: None, value, unreadable: None })
}

/// DataValue (OPC 10000-6 §5.2.2.17).
fn data_value(wire: &mut Wire<'_>) -> Result<DataValue> {
    let mask = wire.u8()?;
    let has = |bit: u8| mask & bit != 0;
    let value = if has(0x01) { Some(variant(wire)?).filter(|value| *value != Variant::Empty) } else { None };
    let status = if has(0x02) { Some(StatusCode::from(wire.u32()?)) } else { None };
    let source_timestamp = if has(0x04) { wire.time()?.map(DateTime::from) } else { None };
    let source_picoseconds = if has(0x10) { Some(wire.u16()?) } else { None };
    let server_timestamp = if has(0x08) { wire.time()?.map(DateTime::from) } else { None };
    let server_picoseconds = if has(0x20) { Some(wire.u16()?) } else { None };
    Ok(DataValue { value, status, source_timestamp, source_picoseconds, server_timestamp, server_picoseconds })
}

/// Variant (§5.2.2.16). Arrays without elements are read here: the general decoder forgets their
/// dimensions, and does not know null ones.
fn variant(wire: &mut Wire<'_>) -> Result<Variant> {
    let [mask, 0 | 0xff, 0 | 0xff, 0 | 0xff, length @ (0 | 0xff), rest @ ..] = wire.0 else {
        return read_binary(&mut wire.0);
    };
    let uniform = wire.0[1..4].iter().all(|byte| byte == length);
    let Some(value_type) = VariantScalarTypeId::from_encoding_mask(mask & 0x3f).filter(|_| mask & 0x80 != 0 && uniform)
    else {
        return read_binary(&mut wire.0);
    };
    wire.0 = rest;
    let dimensions = if mask & 0x40 == 0 { None } else { Some(lengths(wire)?) };
    Ok(Array { value_type, values: Vec::new(), dimensions }.into())
}

/// An array of dimensions.
fn lengths(wire: &mut Wire<'_>) -> Result<Vec<u32>> {
    let count = wire.u32()? as usize;
    if count > wire.0.len() / 4 {
        return Err(malformed("it ends before its last byte"));
    }
    (0..count).map(|_| wire.u32()).collect()
}

/// A value as a field of a structure would be.
fn raw(wire: &mut Wire<'_>, value_type: ValueType) -> Result<Variant> {
    const ARRAY: u8 = 0x80;
    let ValueType { built_in_type, value_rank } = value_type;
    match value_rank {
        _ if built_in_type == ValueType::ANY.built_in_type => variant(wire),
        -1 => read_variant_body(built_in_type, &mut wire.0),
        1 => read_variant_body(built_in_type | ARRAY, &mut wire.0),
        rank if rank >= 2 => matrix(wire, built_in_type),
        _ => Err(malformed("a raw value is of no certain rank")),
    }
}

/// Dimensions first, then all elements without a count (OPC 10000-6 §5.2.5).
fn matrix(wire: &mut Wire<'_>, built_in_type: u8) -> Result<Variant> {
    let lengths = lengths(wire)?;
    let elements = lengths.iter().try_fold(1_usize, |product, length| product.checked_mul(*length as usize));
    let elements = elements.filter(|elements| *elements <= wire.0.len());
    let elements = elements.ok_or_else(|| malformed("dimensions do not fit the array"))?;
    let values = (0..elements).map(|_| read_variant_body(built_in_type, &mut wire.0)).collect::<Result<Vec<_>>>()?;
    let type_id = VariantScalarTypeId::from_encoding_mask(built_in_type);
    let type_id = type_id.ok_or_else(|| malformed("a value of no built-in type"))?;
    let array = Array::new_multi(type_id, values, lengths);
    array.map(Variant::from).map_err(|cause| malformed("dimensions do not fit the array").because(cause))
}

/// Reads the headers up to the payload (§7.2.4.4.2).
fn header(wire: &mut Wire<'_>) -> Result<Header> {
    let flags = wire.u8()?;
    if flags & 0x0f != 1 {
        return Err(malformed("it is of another version than 1"));
    }
    let first = if flags & 0x80 == 0 { 0 } else { wire.u8()? };
    let second = if first & 0x80 == 0 { 0 } else { wire.u8()? };
    if first & 0x10 != 0 {
        return Err(malformed("it is signed or encrypted"));
    }
    let publisher_id = if flags & 0x10 == 0 { None } else { Some(publisher_id(wire, first & 7)?) };
    let class_id = if first & 0x08 == 0 { None } else { Some(Uuid::from_bytes_le(wire.array()?)) };
    if flags & 0x20 != 0 {
        group_header(wire)?;
    }
    let (chunk, kind) = (second & 1 != 0, second >> 2 & 7);
    let writers = match flags & 0x40 != 0 {
        true if chunk => vec![wire.u16()?],
        true if kind == DATA => (0..wire.u8()?).map(|_| wire.u16()).collect::<Result<_>>()?,
        _ => Vec::new(),
    };
    let timestamp = if first & 0x20 == 0 { None } else { wire.time()? };
    if first & 0x40 != 0 {
        wire.u16()?;
    }
    if second & 2 != 0 {
        let size = wire.u16()?;
        wire.take(usize::from(size))?;
    }
    let around = DataSetMessage { publisher_id, data_set_class_id: class_id, timestamp, ..DataSetMessage::default() };
    Ok(Header { around, writers, chunk, kind })
}

fn publisher_id(wire: &mut Wire<'_>, kind: u8) -> Result<String> {
    Ok(match kind {
        0 => wire.u8()?.to_string(),
        1 => wire.u16()?.to_string(),
        2 => wire.u32()?.to_string(),
        3 => u64::from_le_bytes(wire.array()?).to_string(),
        4 => wire.text()?,
        _ => return Err(malformed("a PublisherId of an unknown type")),
    })
}

fn group_header(wire: &mut Wire<'_>) -> Result<()> {
    let flags = wire.u8()?;
    for (bit, size) in [(1, 2), (2, 4), (4, 2), (8, 2)] {
        if flags & bit != 0 {
            wire.take(size)?;
        }
    }
    Ok(())
}

const DATA: u8 = 0;
const ANNOUNCEMENT: u8 = 2;
