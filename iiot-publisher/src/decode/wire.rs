//! Numbers and texts from borrowed bytes.

use iiot_core::Result;
use iiot_core::time::UtcTime;

use super::malformed;

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire<'a>(pub(super) &'a [u8]);

impl<'a> Wire<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| malformed("it ends before its last byte"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(|| malformed("it ends before its last byte"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn time(&mut self) -> Result<Option<UtcTime>> {
        self.array().map(|bytes| UtcTime::from_wire(i64::from_le_bytes(bytes)))
    }

    /// A String or ByteString; null is empty.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8]> {
        match i32::from_le_bytes(self.array()?) {
            -1 => Ok(&[]),
            length => self.take(usize::try_from(length).map_err(|_| malformed("a length is negative"))?),
        }
    }

    pub(super) fn text(&mut self) -> Result<String> {
        let text = str::from_utf8(self.bytes()?).map_err(|cause| malformed("a text is not UTF-8").because(cause))?;
        Ok(text.to_owned())
    }
}
