//! Arrays of numbers as a column.

use super::{EncodedValue, Number};

/// Arrays of numbers, one behind the other in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrays {
    /// The row that each is the value of, ascending.
    pub rows: Vec<u32>,
    /// Where each ends among the elements, and the next begins.
    pub ends: Vec<u32>,
    /// Numbers, and booleans as 0 and 1.
    pub elements: Vec<f64>,
}

impl Arrays {
    /// Number of arrays.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The arrays in order, each with its row.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[f64])> {
        let mut start = 0;
        self.rows.iter().zip(&self.ends).map(move |(row, end)| {
            let end = *end as usize;
            (*row, &self.elements[std::mem::replace(&mut start, end)..end])
        })
    }

    /// Adds an array, unless there is an element that a double does not hold exactly: whether it was added.
    pub fn push(&mut self, row: u32, elements: impl IntoIterator<Item = Number>) -> bool {
        let known = self.elements.len();
        for element in elements {
            let Number::Exact(number) = element else {
                self.elements.truncate(known);
                return false;
            };
            self.elements.push(number);
        }
        self.rows.push(row);
        self.ends.push(self.elements.len() as u32);
        true
    }

    /// The same of a value in its encoding (OPC 10000-6 §5.2.2.16), which may be another than an array.
    pub(super) fn push_encoded(&mut self, row: u32, value: EncodedValue<'_>) -> bool {
        let Some((encoding, [a, b, c, d, elements @ ..])) = value.bytes().split_first() else { return false };
        let kind = encoding & !IS_ARRAY;
        let size = match kind {
            1..=3 => 1,
            4 | 5 => 2,
            6 | 7 | 10 => 4,
            8 | 9 | 11 => 8,
            // Other types, and arrays with dimensions.
            _ => return false,
        };
        // An array that is null has the length -1.
        if encoding & IS_ARRAY == 0 || i32::from_le_bytes([*a, *b, *c, *d]) < 0 {
            return false;
        }
        self.elements.reserve(elements.len() / size);
        self.push(row, elements.chunks_exact(size).map(|element| Number::of_scalar(kind, element)))
    }
}

const IS_ARRAY: u8 = 0x80;
