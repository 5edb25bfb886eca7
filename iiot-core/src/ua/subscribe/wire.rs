//! Walking over the binary encoding without building what it describes (OPC 10000-6 §5.2).

use crate::error::{Error, ErrorKind};
use crate::ua::StatusCode;

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(ErrorKind::Corrupt, "decode a message", malformed.0).with_status(StatusCode::BadDecodingError)
    }
}

pub(crate) type Walk<T = ()> = Result<T, Malformed>;

/// A position in borrowed bytes. Every step is checked against the end.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

/// How deep values may contain values; real servers stay below ten.
const MAX_DEPTH: u32 = 64;

const TRUNCATED: Malformed = Malformed("the message ends inside a value");

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Where the next byte lies.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// A cursor at the same position that ends after `length` bytes; this one moves behind them.
    pub(crate) fn region(&mut self, length: usize) -> Walk<Self> {
        let at = self.at;
        self.skip(length)?;
        Ok(Self { bytes: &self.bytes[..self.at], at, depth: self.depth })
    }

    #[inline]
    pub(crate) fn skip(&mut self, length: usize) -> Walk {
        if length > self.remaining() {
            return Err(TRUNCATED);
        }
        self.at += length;
        Ok(())
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Walk<[u8; N]> {
        let bytes = self.bytes[self.at..].first_chunk().ok_or(TRUNCATED)?;
        self.at += N;
        Ok(*bytes)
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Walk<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(crate) fn u16(&mut self) -> Walk<u16> {
        self.array().map(u16::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Walk<u32> {
        self.array().map(u32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn i64(&mut self) -> Walk<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// The length of an array, string or byte string; null counts as empty. It is checked against
    /// the bytes that so many elements of at least `smallest` bytes need.
    #[inline]
    pub(crate) fn count(&mut self, smallest: usize) -> Walk<usize> {
        let claimed = self.array().map(i32::from_le_bytes)?;
        if claimed < -1 {
            return Err(Malformed("a length is negative"));
        }
        let count = claimed.max(0) as usize;
        if count.saturating_mul(smallest) > self.remaining() {
            return Err(Malformed("a length exceeds the message"));
        }
        Ok(count)
    }

    #[inline]
    pub(crate) fn skip_string(&mut self) -> Walk {
        let length = self.count(1)?;
        self.skip(length)
    }

    /// Walks an array whose elements have at least `smallest` bytes.
    pub(crate) fn skip_array(&mut self, smallest: usize, element: impl Fn(&mut Self) -> Walk) -> Walk {
        let count = self.count(smallest)?;
        (0..count).try_for_each(|_| element(self))
    }

    /// A NodeId of namespace 0 with a number, which is what type ids are; others are `None`.
    pub(crate) fn type_id(&mut self) -> Walk<Option<u32>> {
        let start = self.at;
        let id = match self.u8()? {
            0 => Some(u32::from(self.u8()?)),
            1 => (self.u8()? == 0).then_some(u32::from(self.u16()?)),
            2 => (self.u16()? == 0).then_some(self.u32()?),
            _ => {
                self.at = start;
                self.skip_node_id()?;
                None
            }
        };
        Ok(id)
    }

    pub(crate) fn skip_node_id(&mut self) -> Walk {
        let encoding = self.u8()?;
        self.skip_node_id_body(encoding)
    }

    fn skip_node_id_body(&mut self, encoding: u8) -> Walk {
        match encoding {
            0 => self.skip(1),
            1 => self.skip(3),
            2 => self.skip(6),
            3 | 5 => self.skip(2).and_then(|()| self.skip_string()),
            4 => self.skip(18),
            _ => Err(Malformed("a node id has an unknown encoding")),
        }
    }

    fn skip_expanded_node_id(&mut self) -> Walk {
        let encoding = self.u8()?;
        self.skip_node_id_body(encoding & 0x3f)?;
        if encoding & 0x80 != 0 {
            self.skip_string()?;
        }
        if encoding & 0x40 != 0 {
            self.skip(4)?;
        }
        Ok(())
    }

    fn skip_localized_text(&mut self) -> Walk {
        let mask = self.u8()?;
        for field in [0x01, 0x02] {
            if mask & field != 0 {
                self.skip_string()?;
            }
        }
        Ok(())
    }

    pub(crate) fn skip_extension_object(&mut self) -> Walk {
        self.skip_node_id()?;
        match self.u8()? {
            0 => Ok(()),
            1 | 2 => self.skip_string(),
            _ => Err(Malformed("an extension object has an unknown encoding")),
        }
    }

    pub(crate) fn skip_diagnostic_info(&mut self) -> Walk {
        let mask = self.u8()?;
        // Symbolic id, namespace, localized text, locale: indices into the string table.
        self.skip(4 * (mask & 0x0f).count_ones() as usize)?;
        if mask & 0x10 != 0 {
            self.skip_string()?;
        }
        if mask & 0x20 != 0 {
            self.skip(4)?;
        }
        if mask & 0x40 != 0 {
            self.deeper(Self::skip_diagnostic_info)?;
        }
        Ok(())
    }

    fn skip_data_value(&mut self) -> Walk {
        let mask = self.u8()?;
        if mask & 0x01 != 0 {
            self.skip_variant()?;
        }
        // Status 4, source time 8, server time 8, source picoseconds 2, server picoseconds 2.
        let sizes = [(0x02, 4), (0x04, 8), (0x08, 8), (0x10, 2), (0x20, 2)];
        self.skip(sizes.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, size)| size).sum())
    }

    /// Walks over one Variant (OPC 10000-6 §5.2.2.16).
    #[inline]
    pub(crate) fn skip_variant(&mut self) -> Walk {
        let mask = self.u8()?;
        let size = FIXED_SIZES[usize::from(mask & 0x3f)];
        // A scalar of fixed size, by far the most frequent case.
        if mask & 0xc0 == 0 && size != 0 {
            return self.skip(usize::from(size));
        }
        if mask == STRING {
            return self.skip_string();
        }
        self.skip_other_variant(mask)
    }

    fn skip_other_variant(&mut self, mask: u8) -> Walk {
        let kind = mask & 0x3f;
        match (kind, mask & ARRAY != 0) {
            (0, _) if mask == 0 => Ok(()),
            (0, _) => Err(Malformed("a variant is an array of nothing")),
            (32.., _) => Err(Malformed("a variant has an unknown type")),
            (_, false) if mask & DIMENSIONS != 0 => Err(Malformed("a scalar variant has dimensions")),
            (_, false) => self.skip_scalar(kind),
            (_, true) => self.skip_variant_array(kind, mask & DIMENSIONS != 0),
        }
    }

    fn skip_variant_array(&mut self, kind: u8, dimensions: bool) -> Walk {
        let size = usize::from(FIXED_SIZES[usize::from(kind)]);
        let count = self.count(size.max(1))?;
        if size != 0 {
            self.skip(count * size)?;
        } else {
            (0..count).try_for_each(|_| self.skip_scalar(kind))?;
        }
        if dimensions { self.skip_dimensions(count) } else { Ok(()) }
    }

    fn skip_dimensions(&mut self, count: usize) -> Walk {
        let dimensions = self.count(4)?;
        let mut product = u64::from(dimensions != 0);
        for _ in 0..dimensions {
            let dimension = self.array().map(i32::from_le_bytes)?;
            let dimension = u64::try_from(dimension).map_err(|_| Malformed("a dimension is negative"))?;
            product = product.saturating_mul(dimension);
        }
        if dimensions != 0 && product != count as u64 {
            return Err(Malformed("the dimensions do not fit the length of the array"));
        }
        Ok(())
    }

    /// Walks over a scalar whose size is not fixed.
    fn skip_scalar(&mut self, kind: u8) -> Walk {
        match kind {
            17 => self.skip_node_id(),
            18 => self.skip_expanded_node_id(),
            20 => self.skip(2).and_then(|()| self.skip_string()),
            21 => self.skip_localized_text(),
            22 => self.skip_extension_object(),
            23 => self.deeper(Self::skip_data_value),
            24 => self.deeper(Self::skip_variant),
            25 => self.deeper(Self::skip_diagnostic_info),
            // String, ByteString, XmlElement, and what a later version may add (§5.2.2.16).
            _ => self.skip_string(),
        }
    }

    fn deeper(&mut self, step: impl FnOnce(&mut Self) -> Walk) -> Walk {
        if self.depth == MAX_DEPTH {
            return Err(Malformed("values are nested too deeply"));
        }
        self.depth += 1;
        let walked = step(self);
        self.depth -= 1;
        walked
    }
}

const STRING: u8 = 12;
const ARRAY: u8 = 0x80;
const DIMENSIONS: u8 = 0x40;

/// Bytes of a scalar by its built-in type, 0 where it varies.
const FIXED_SIZES: [u8; 64] = {
    let mut sizes = [0; 64];
    let fixed: [(usize, u8); 14] = [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 2),
        (5, 2),
        (6, 4),
        (7, 4),
        (8, 8),
        (9, 8),
        (10, 4),
        (11, 8),
        (13, 8),
        (14, 16),
        (19, 4),
    ];
    let mut index = 0;
    while index < fixed.len() {
        sizes[fixed[index].0] = fixed[index].1;
        index += 1;
    }
    sizes
};
