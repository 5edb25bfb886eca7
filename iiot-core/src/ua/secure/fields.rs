//! The few field types that headers and transport messages are made of.

use crate::error::Result;
use crate::ua::secure::fault::truncated;

/// Reads fields from the front of borrowed bytes; no length is trusted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next four bytes as a number.
    pub(crate) fn uint32(&mut self) -> Result<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>().ok_or_else(truncated)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*number))
    }

    /// The next String or ByteString; any negative length stands for null.
    pub(crate) fn byte_string(&mut self) -> Result<Option<&'a [u8]>> {
        let length = self.uint32()?.cast_signed();
        let Ok(length) = usize::try_from(length) else { return Ok(None) };
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(truncated)?;
        self.0 = rest;
        Ok(Some(bytes))
    }
}

/// Appends a UInt32.
pub(crate) fn put_uint32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends a String or ByteString; `None` is written as null.
pub(crate) fn put_byte_string(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    let length = bytes.map_or(-1, |bytes| i32::try_from(bytes.len()).expect("our own strings are short"));
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes.unwrap_or_default());
}
