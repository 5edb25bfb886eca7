//! What the general decoders read from: it ends them before they run out of stack or memory.

use std::io::{self, Read};

use crate::error::{Error, ErrorKind, Result};
use crate::ua::{BinaryDecodable, Context, ContextOwned, DecodingOptions, NamespaceMap, Variant};

/// Bytes to decode.
///
/// The general decoders descend for every value inside a value, and not all of them count how deep
/// they are: a message of nested DataValues or DiagnosticInfos would overflow any stack, which ends the
/// process. At each level they read a single byte that tells what follows, and so the reader can see how
/// far the stack has grown.
///
/// The decoder of an Argument makes room for as many dimensions as its ValueRank says, and that number
/// comes from the wire: a hundred bytes would claim eight gigabytes. So an Argument is looked at before
/// its body is read, and the structures that hold some are refused.
#[derive(Debug)]
pub(crate) struct Guarded<'a> {
    all: &'a [u8],
    at: usize,
    top: usize,
}

/// Decodes what `bytes` begin with, and moves them behind it.
///
/// The bytes need not be trusted: nothing in a value can be longer than they are, and nesting is
/// bounded.
///
/// # Errors
/// `Corrupt` if they do not begin with a `T`; `bytes` are then as before.
pub fn read_binary<T: BinaryDecodable>(bytes: &mut &[u8]) -> Result<T> {
    read(bytes, |reader, context| T::decode(reader, context))
}

/// Decodes what follows the first byte of a Variant, its encoding mask, and moves `bytes` behind it.
///
/// # Errors
/// As [`read_binary`].
pub fn read_variant_body(mask: u8, bytes: &mut &[u8]) -> Result<Variant> {
    read(bytes, |reader, context| Variant::decode(&mut [mask].as_slice().chain(reader), context))
}

fn read<T>(
    bytes: &mut &[u8],
    decode: impl FnOnce(&mut Guarded<'_>, &Context<'_>) -> opcua::EncodingResult<T>,
) -> Result<T> {
    let options = DecodingOptions {
        max_string_length: bytes.len(),
        max_byte_string_length: bytes.len(),
        max_array_length: bytes.len(),
        ..Default::default()
    };
    let context = ContextOwned::new_default(NamespaceMap::new(), options);
    let mut reader = Guarded::new(bytes);
    let decoded = decode(&mut reader, &context.context());
    let decoded = decoded
        .map_err(|cause| Error::new(ErrorKind::Corrupt, "decode a value", "it does not decode").because(cause))?;
    *bytes = reader.rest();
    Ok(decoded)
}

/// A quarter of what threads have at least; real messages need a tenth of it.
const MAX_STACK: usize = 512 << 10;

impl<'a> Guarded<'a> {
    /// Decoders that start here may go [`MAX_STACK`] deep.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { all: bytes, at: 0, top: stack_position() }
    }

    /// What is not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.all[self.at..]
    }

    /// Takes so many of the bytes that are left, or all.
    #[cfg(feature = "opcua")]
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let taken = &self.rest()[..length.min(self.rest().len())];
        self.at += taken.len();
        taken
    }

    fn check(&self, wanted: usize) -> io::Result<()> {
        if wanted == 1 && self.top.abs_diff(stack_position()) > MAX_STACK {
            return Err(refused("values are nested too deep"));
        }
        // The length of a structure's body comes right behind the id of its encoding.
        if wanted == 4 {
            return self.check_body();
        }
        Ok(())
    }

    fn check_body(&self) -> io::Result<()> {
        match type_before(&self.all[..self.at]) {
            Some(ARGUMENT_TYPE | ARGUMENT) if has_huge_rank(self.rest()).unwrap_or(true) => {
                Err(refused("an argument has more dimensions than it tells"))
            }
            Some(id) if PROGRAM_DIAGNOSTICS.contains(&id) => Err(refused("diagnostics of programs are not read")),
            _ => Ok(()),
        }
    }
}

impl Read for Guarded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check(buffer.len())?;
        let read = self.rest().read(buffer)?;
        self.at += read;
        Ok(read)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.check(buffer.len())?;
        self.rest().read_exact(buffer)?;
        self.at += buffer.len();
        Ok(())
    }
}

/// The number of the type in namespace 0 that a structure with a binary body names, if such a one ends here.
fn type_before(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [.., 2, 0, 0, a, b, c, d, BINARY_BODY] => Some(u32::from_le_bytes([*a, *b, *c, *d])),
        [.., 1, 0, a, b, BINARY_BODY] => Some(u32::from(u16::from_le_bytes([*a, *b]))),
        _ => None,
    }
}

/// Whether the Argument behind this length tells dimensions, though there be none, and a ValueRank far beyond
/// them; `None` if it is cut short.
fn has_huge_rank(body: &[u8]) -> Option<bool> {
    // The length of the body, then the name.
    let fields = after_string(body.get(4..)?)?;
    let fields = match fields.first()? {
        0 => fields.get(2..)?,
        1 => fields.get(4..)?,
        2 => fields.get(7..)?,
        3 | 5 => after_string(fields.get(3..)?)?,
        _ => fields.get(19..)?,
    };
    let (rank, dimensions) = (number(fields)?, number(fields.get(4..)?)?);
    Some(dimensions >= 0 && rank > dimensions.max(MAX_RANK))
}

fn after_string(bytes: &[u8]) -> Option<&[u8]> {
    let length = usize::try_from(number(bytes)?).unwrap_or_default();
    bytes.get(4..)?.get(length..)
}

fn number(bytes: &[u8]) -> Option<i32> {
    bytes.first_chunk().map(|bytes| i32::from_le_bytes(*bytes))
}

fn refused(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

const BINARY_BODY: u8 = 1;
/// Argument, by its data type and by its encoding; the decoders take both.
const ARGUMENT_TYPE: u32 = 296;
const ARGUMENT: u32 = 298;
/// ProgramDiagnosticDataType and ProgramDiagnostic2DataType.
const PROGRAM_DIAGNOSTICS: [u32; 4] = [894, 896, 24_033, 24_034];
/// Nobody has an array of more dimensions.
const MAX_RANK: i32 = 64;

/// An address in the frame of the caller, or near it.
#[inline(always)]
fn stack_position() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ua::{
        Argument, BinaryDecodable, BinaryEncodable, ContextOwned, DataTypeId, DataValue, DiagnosticInfo,
        ExtensionObject, ObjectId, ReadValueId,
    };

    /// An Argument of this rank with these dimensions, and with type and name written in different ways.
    fn argument(prefix: &[u8], rank: i32, dimensions: &[u32]) -> Vec<u8> {
        let count = (dimensions.len() as u32).to_le_bytes();
        let lengths: Vec<u8> = dimensions.iter().flat_map(|length| length.to_le_bytes()).collect();
        let name_and_type = [1, 0, 0, 0, b'x', 3, 1, 0, 1, 0, 0, 0, b'T'];
        let fields = [&name_and_type[..], &rank.to_le_bytes(), &count, &lengths, &[0]].concat();
        [prefix, &[BINARY_BODY], &(fields.len() as u32).to_le_bytes(), &fields].concat()
    }

    fn object(bytes: &[u8]) -> Option<ExtensionObject> {
        ExtensionObject::decode(&mut Guarded::new(bytes), &ContextOwned::default().context()).ok()
    }

    #[test]
    fn the_rank_of_an_argument_claims_no_memory() {
        for prefix in [&[1, 0, 0x2a, 1][..], &[1, 0, 0x28, 1], &[2, 0, 0, 0x2a, 1, 0, 0], &[2, 0, 0, 0x28, 1, 0, 0]] {
            assert!(object(&argument(prefix, i32::MAX, &[])).is_none());
            assert!(object(&argument(prefix, i32::MAX, &[1])).is_none());
            assert!(object(&argument(prefix, 65, &[1])).is_none());
            let read = object(&argument(prefix, 2, &[3])).unwrap();
            assert_eq!(read.inner_as::<Argument>().unwrap().array_dimensions, Some(vec![3, 0]));
        }
    }

    #[test]
    fn what_holds_arguments_is_refused() {
        let ids = [
            DataTypeId::ProgramDiagnosticDataType as u32,
            ObjectId::ProgramDiagnosticDataType_Encoding_DefaultBinary as u32,
            DataTypeId::ProgramDiagnostic2DataType as u32,
            ObjectId::ProgramDiagnostic2DataType_Encoding_DefaultBinary as u32,
        ];
        assert_eq!(ids, PROGRAM_DIAGNOSTICS);
        let diagnostics = crate::ua::ProgramDiagnosticDataType::default();
        let bytes = ExtensionObject::from_message(diagnostics).encode_to_vec(&ContextOwned::default().context());
        assert!(object(&bytes).is_none());
    }

    #[test]
    fn other_structures_are_read() {
        let sent = ExtensionObject::from_message(ReadValueId { attribute_id: 13, ..Default::default() });
        assert_eq!(object(&sent.encode_to_vec(&ContextOwned::default().context())), Some(sent));
    }

    fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
        std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
    }

    #[test]
    fn values_nested_without_end_are_refused_on_any_thread() {
        on_a_small_stack(|| {
            let context = ContextOwned::default();
            let values = [1, 0x17].repeat(500_000);
            assert!(DataValue::decode(&mut Guarded::new(&values), &context.context()).is_err());
            let infos = vec![0x40; 1_000_000];
            assert!(DiagnosticInfo::decode(&mut Guarded::new(&infos), &context.context()).is_err());
        });
    }

    #[test]
    fn values_nested_as_deep_as_anybody_nests_are_read() {
        on_a_small_stack(|| {
            let context = ContextOwned::default();
            let values = [[1, 0x17].repeat(20), vec![0]].concat();
            assert!(DataValue::decode(&mut Guarded::new(&values), &context.context()).is_ok());
            let infos = [vec![0x40; 50], vec![0]].concat();
            assert!(DiagnosticInfo::decode(&mut Guarded::new(&infos), &context.context()).is_ok());
        });
    }
}
