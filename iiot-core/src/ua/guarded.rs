//! What the general decoders read from: it ends them before they run out of stack.

use std::io::{self, Read};

use crate::error::{Error, ErrorKind, Result};
use crate::ua::{BinaryDecodable, Context, ContextOwned, DecodingOptions, NamespaceMap, Variant};

/// Bytes to decode.
///
/// The general decoders descend for every value inside a value, and not all of them count how deep
/// they are: a message of nested DataValues or DiagnosticInfos would overflow any stack, which ends the
/// process. At each level they read a single byte that tells what follows, and so the reader can see how
/// far the stack has grown.
#[derive(Debug)]
pub(crate) struct Guarded<'a> {
    bytes: &'a [u8],
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
    *bytes = reader.bytes;
    Ok(decoded)
}

/// A quarter of what threads have at least; real messages need a tenth of it.
const MAX_STACK: usize = 512 << 10;

impl<'a> Guarded<'a> {
    /// Decoders that start here may go [`MAX_STACK`] deep.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, top: stack_position() }
    }

    /// What is not read yet.
    #[cfg(feature = "opcua")]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Takes so many of the bytes that are left, or all.
    #[cfg(feature = "opcua")]
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.bytes.split_at(length.min(self.bytes.len()));
        self.bytes = rest;
        taken
    }

    fn check(&self, wanted: usize) -> io::Result<()> {
        if wanted == 1 && self.top.abs_diff(stack_position()) > MAX_STACK {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "values are nested too deep"));
        }
        Ok(())
    }
}

impl Read for Guarded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check(buffer.len())?;
        self.bytes.read(buffer)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.check(buffer.len())?;
        self.bytes.read_exact(buffer)
    }
}

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
    use crate::ua::{BinaryDecodable, ContextOwned, DataValue, DiagnosticInfo};

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
