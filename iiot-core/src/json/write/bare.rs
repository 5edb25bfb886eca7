//! Values without their type: raw fields of PubSub, and Variants that cannot be read back.

use super::{MISFIT, SCALAR_WITH_DIMENSIONS, Writer, Written};
use crate::json::binary::{Malformed, Read};
use crate::json::text;

impl Writer<'_, '_> {
    /// Writes what follows the mask of a Variant.
    pub(super) fn bare_value(&mut self, mask: u8) -> Read<Written> {
        let built_in_type = mask & 0x3f;
        match mask & 0xc0 {
            0 if mask == 0 => Ok(self.null()),
            0 => self.value(built_in_type),
            0x40 => Err(SCALAR_WITH_DIMENSIONS),
            0x80 => self.bare_array(built_in_type),
            _ => self.bare_matrix(built_in_type),
        }
    }

    fn bare_array(&mut self, built_in_type: u8) -> Read<Written> {
        let Some(count) = self.input.array_length(1)? else { return Ok(self.null()) };
        self.elements(count, |writer| writer.value(built_in_type).map(|_| ()))?;
        Ok(Written::Value)
    }

    /// Elements come first, their dimensions behind them.
    fn bare_matrix(&mut self, built_in_type: u8) -> Read<Written> {
        let count = self.input.array_length(1)?.unwrap_or(0);
        let (start, mut ends) = (self.out.len(), Vec::with_capacity(count));
        for _ in 0..count {
            self.value(built_in_type)?;
            ends.push(self.out.len() - start);
        }
        let lengths = self.lengths()?;
        let elements = self.out.split_off(start);
        self.write_matrix(&elements, &ends, &lengths)?;
        Ok(Written::Value)
    }

    /// The dimensions of a matrix.
    pub(super) fn lengths(&mut self) -> Read<Vec<usize>> {
        let count = self.input.array_length(4)?.unwrap_or(0);
        (0..count)
            .map(|_| usize::try_from(self.input.i32()?).map_err(|_| Malformed("a dimension is negative")))
            .collect()
    }

    /// Writes elements that were written one behind the other, each up to one of `ends`: nested
    /// arrays in version 1.04, else an object (§5.4.5).
    pub(super) fn write_matrix(&mut self, elements: &[u8], ends: &[usize], lengths: &[usize]) -> Read<()> {
        let product = lengths.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
        if !lengths.is_empty() && product != Some(ends.len()) {
            return Err(MISFIT);
        }
        if self.is_earlier() {
            return self.nested_arrays(elements, ends, lengths);
        }
        self.out.extend_from_slice(b"{\"Array\":");
        self.nested_arrays(elements, ends, &[ends.len()])?;
        self.out.extend_from_slice(b",\"Dimensions\":");
        let mut rest = lengths.iter();
        self.elements(lengths.len(), |writer| {
            text::integer(writer.out, rest.next().copied().unwrap_or_default());
            Ok(())
        })?;
        self.close();
        Ok(())
    }

    fn nested_arrays(&mut self, elements: &[u8], ends: &[usize], lengths: &[usize]) -> Read<()> {
        if lengths.len() > MAX_DIMENSIONS {
            return Err(Malformed("an array has too many dimensions"));
        }
        if ends.is_empty() {
            self.out.extend_from_slice(b"[]");
            return Ok(());
        }
        let whole = [ends.len()];
        let lengths = if lengths.is_empty() { &whole } else { lengths };
        let mut start = 0;
        for (index, end) in ends.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.out.extend(std::iter::repeat_n(b'[', boundaries(index, lengths)));
            self.out.extend_from_slice(&elements[start..*end]);
            self.out.extend(std::iter::repeat_n(b']', boundaries(index + 1, lengths)));
            start = *end;
        }
        Ok(())
    }
}

/// How many arrays begin (or end) at an element: those whose size divides its index.
fn boundaries(index: usize, lengths: &[usize]) -> usize {
    let sizes = lengths.iter().rev().scan(1, |size, length| {
        *size *= length;
        Some(*size)
    });
    sizes.take_while(|size| index.is_multiple_of(*size)).count()
}

/// Far more than any device has, and few enough for parsers of JSON.
const MAX_DIMENSIONS: usize = 16;
