//! Reads the binary encoding (OPC 10000-6 §5.2) from borrowed bytes.

/// The bytes are not what they should be; says why. Small, since it is on the way of every value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

pub(super) type Read<T> = Result<T, Malformed>;

const TRUNCATED: Malformed = Malformed("the value ends before its last byte");

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether everything from here to `behind`, a later state of the same bytes, is zero.
    pub(super) fn is_zero_until(&self, behind: Self) -> bool {
        self.0[..self.0.len() - behind.0.len()].iter().all(|byte| *byte == 0)
    }

    /// Refuses bytes behind the value.
    pub(super) fn end(self) -> Read<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("there are bytes behind the value")) }
    }

    pub(super) fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Read<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Read<i32> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Read<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A ByteString; `None` is null.
    pub(super) fn byte_string(&mut self) -> Read<Option<&'a [u8]>> {
        match self.i32()? {
            -1 => Ok(None),
            length => self.take(usize::try_from(length).map_err(|_| NEGATIVE)?).map(Some),
        }
    }

    /// A String; `None` is null.
    pub(super) fn string(&mut self) -> Read<Option<&'a str>> {
        self.byte_string()?.map(str::from_utf8).transpose().map_err(|_| Malformed("a string is not UTF-8"))
    }

    /// The number of elements of an array, each of at least `least` bytes; `None` is null.
    pub(super) fn array_length(&mut self, least: usize) -> Read<Option<usize>> {
        match self.i32()? {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| NEGATIVE)?;
                if length > self.len() / least { Err(TRUNCATED) } else { Ok(Some(length)) }
            }
        }
    }
}

const NEGATIVE: Malformed = Malformed("a length is negative");
