//! Values as columns, for whoever computes with many of them.

use super::{Arrays, DataBatch, EncodedValue, Row};
use crate::time::UtcTime;
use crate::ua::{DataValue, StatusCode, Variant, VariantScalarTypeId};

/// Values with their statuses and times, row by row in columns of one type each.
///
/// Numbers and booleans are in `value`, arrays of them in `arrays`. What doubles do not hold, or not exactly, is named in
/// `others`, so that whoever needs it takes it from where it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// The client handle of each item.
    pub item: Vec<u32>,
    /// When the value came about at its source: nanoseconds since 1970, or [`NO_TIME`](Self::NO_TIME).
    pub source_timestamp: Vec<i64>,
    /// When the server got it: nanoseconds since 1970, or [`NO_TIME`](Self::NO_TIME).
    pub server_timestamp: Vec<i64>,
    /// The StatusCode.
    pub status: Vec<u32>,
    /// The value; NaN where there is none, or one that is no number.
    pub value: Vec<f64>,
    /// The values that are arrays of one dimension, of numbers or booleans.
    pub arrays: Arrays,
    /// The rows whose value is in neither, or not exactly: texts, times, other arrays, structures, large integers.
    pub others: Vec<u32>,
}

impl Columns {
    /// No time.
    pub const NO_TIME: i64 = i64::MIN;

    /// Of a batch.
    #[must_use]
    pub fn of(batch: &DataBatch) -> Self {
        let mut columns = Self::default();
        columns.extend(batch);
        columns
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Adds the values of a batch.
    pub fn extend(&mut self, batch: &DataBatch) {
        self.reserve(batch.len());
        batch.rows().for_each(|row| self.push(&row));
    }

    /// Adds a value.
    #[inline]
    pub fn push(&mut self, row: &Row<'_>) {
        let times = [row.source_timestamp, row.server_timestamp];
        let number = match Number::of_encoded(row.value) {
            Number::Other if self.arrays.push_encoded(self.next_row(), row.value) => Number::None,
            number => number,
        };
        self.add(row.client_handle, row.status, times, number);
    }

    /// Adds a value that was decoded before.
    pub fn push_value(&mut self, item: u32, value: &DataValue) {
        let number = value.value.as_ref().map_or(Number::None, |value| self.number(value));
        let time = |time: Option<crate::ua::DateTime>| time.and_then(|time| UtcTime::from_wire(time.ticks()));
        let times = [time(value.source_timestamp), time(value.server_timestamp)];
        self.add(item, value.status.unwrap_or(StatusCode::Good), times, number);
    }

    /// Adds a row of its parts; what is in `arrays` has no number.
    #[inline]
    pub fn add(&mut self, item: u32, status: StatusCode, times: [Option<UtcTime>; 2], number: Number) {
        let (value, is_other) = match number {
            Number::Exact(value) => (value, false),
            Number::Near(value) => (value, true),
            Number::None => (f64::NAN, false),
            Number::Other => (f64::NAN, true),
        };
        if is_other {
            self.others.push(self.next_row());
        }
        let [source, server] = times.map(|time| time.map_or(Self::NO_TIME, UtcTime::unix_nanoseconds));
        self.item.push(item);
        self.source_timestamp.push(source);
        self.server_timestamp.push(server);
        self.status.push(status.bits());
        self.value.push(value);
    }

    /// The row that the next value gets.
    #[must_use]
    pub fn next_row(&self) -> u32 {
        self.value.len() as u32
    }

    fn number(&mut self, value: &Variant) -> Number {
        match value {
            Variant::Array(array) if array.dimensions.is_none() && is_number(array.value_type) => {
                let added = self.arrays.push(self.next_row(), array.values.iter().map(Number::of));
                if added { Number::None } else { Number::Other }
            }
            value => Number::of(value),
        }
    }

    fn reserve(&mut self, rows: usize) {
        self.item.reserve(rows);
        self.source_timestamp.reserve(rows);
        self.server_timestamp.reserve(rows);
        self.status.reserve(rows);
        self.value.reserve(rows);
    }
}

/// A value as a double.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Exactly this one.
    Exact(f64),
    /// An integer, of which this is the nearest double.
    Near(f64),
    /// There is no value.
    None,
    /// It is no number.
    Other,
}

impl Number {
    /// Of an integer.
    #[must_use]
    pub fn of_integer(value: i128) -> Self {
        let near = value as f64;
        if value.unsigned_abs() <= EXACT { Self::Exact(near) } else { Self::Near(near) }
    }

    /// Of a value in its encoding.
    #[inline]
    #[must_use]
    pub fn of_encoded(value: EncodedValue<'_>) -> Self {
        match value.bytes().split_first() {
            None => Self::None,
            Some((kind, scalar)) => Self::of_scalar(*kind, scalar),
        }
    }

    /// Of a scalar of a built-in type (OPC 10000-6 §5.1.2).
    #[inline]
    pub(super) fn of_scalar(kind: u8, bytes: &[u8]) -> Self {
        match kind {
            11 => Self::Exact(f64::from_le_bytes(fixed(bytes))),
            10 => Self::Exact(f32::from_le_bytes(fixed(bytes)).into()),
            0 => Self::None,
            1 => Self::Exact(f64::from(u8::from(bytes != [0]))),
            2 => Self::Exact(i8::from_le_bytes(fixed(bytes)).into()),
            3 => Self::Exact(u8::from_le_bytes(fixed(bytes)).into()),
            4 => Self::Exact(i16::from_le_bytes(fixed(bytes)).into()),
            5 => Self::Exact(u16::from_le_bytes(fixed(bytes)).into()),
            6 => Self::Exact(i32::from_le_bytes(fixed(bytes)).into()),
            7 => Self::Exact(u32::from_le_bytes(fixed(bytes)).into()),
            8 => Self::of_integer(i64::from_le_bytes(fixed(bytes)).into()),
            9 => Self::of_integer(u64::from_le_bytes(fixed(bytes)).into()),
            _ => Self::Other,
        }
    }

    /// Of a value.
    #[must_use]
    pub fn of(value: &Variant) -> Self {
        match *value {
            Variant::Empty => Self::None,
            Variant::Boolean(truth) => Self::Exact(f64::from(u8::from(truth))),
            Variant::SByte(value) => Self::Exact(value.into()),
            Variant::Byte(value) => Self::Exact(value.into()),
            Variant::Int16(value) => Self::Exact(value.into()),
            Variant::UInt16(value) => Self::Exact(value.into()),
            Variant::Int32(value) => Self::Exact(value.into()),
            Variant::UInt32(value) => Self::Exact(value.into()),
            Variant::Int64(value) => Self::of_integer(value.into()),
            Variant::UInt64(value) => Self::of_integer(value.into()),
            Variant::Float(value) => Self::Exact(value.into()),
            Variant::Double(value) => Self::Exact(value),
            _ => Self::Other,
        }
    }
}

fn is_number(of: VariantScalarTypeId) -> bool {
    (VariantScalarTypeId::Boolean as u32..=VariantScalarTypeId::Double as u32).contains(&(of as u32))
}

/// The bytes of a scalar; its length was checked when it was received.
#[inline]
fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("a Variant that was checked is as long as its type")
}

/// Up to here each integer is a double (2^53).
const EXACT: u128 = 1 << 53;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::session::BatchBuilder;
    use crate::ua::{Array, BinaryEncodable, ContextOwned};

    fn encoded(value: &Variant) -> Vec<u8> {
        value.encode_to_vec(&ContextOwned::default().context())
    }

    fn of_all(values: &[Variant]) -> Columns {
        let mut batch = BatchBuilder::default();
        let time = UtcTime::from_ticks(UtcTime::UNIX_EPOCH.ticks() + 3);
        for (handle, value) in (10..).zip(values) {
            batch.push(handle, StatusCode::UncertainInitialValue, Some(time), None, &encoded(value));
        }
        Columns::of(&batch.build(1, 1, None))
    }

    #[test]
    fn numbers_and_booleans_are_values_and_everything_else_is_named() {
        let large = (1_i64 << 53) + 1;
        let numbers = [
            true.into(),
            (-3_i8).into(),
            200_u8.into(),
            (-300_i16).into(),
            60_000_u16.into(),
            (-70_000).into(),
            4_000_000_000_u32.into(),
            (1_i64 << 53).into(),
            (1_u64 << 53).into(),
            1.5_f32.into(),
            2.5.into(),
            large.into(),
            u64::MAX.into(),
            "text".into(),
            vec!["a"].into(),
            Variant::Empty,
            StatusCode::Bad.into(),
        ];
        let columns = of_all(&numbers);
        let exact = [
            1.0,
            -3.0,
            200.0,
            -300.0,
            60_000.0,
            -70_000.0,
            4e9,
            9_007_199_254_740_992.0,
            9_007_199_254_740_992.0,
            1.5,
            2.5,
            large as f64,
            u64::MAX as f64,
        ];
        assert_eq!(columns.value[..exact.len()], exact);
        assert!(columns.value[exact.len()..].iter().all(|value| value.is_nan()));
        assert_eq!(columns.others, [11, 12, 13, 14, 16]);
        assert_eq!(columns.item, (10..27).collect::<Vec<_>>());
        assert_eq!(columns.status, [StatusCode::UncertainInitialValue.bits(); 17]);
        assert_eq!((columns.source_timestamp[0], columns.server_timestamp[0]), (300, Columns::NO_TIME));
    }

    #[test]
    fn arrays_of_numbers_lie_one_behind_the_other_and_all_others_are_named() {
        let with_dimensions = Array::new_multi(VariantScalarTypeId::Double, [1.0, 2.0].map(Variant::from), vec![2, 1]);
        let values: [Variant; 9] = [
            vec![1.5, f64::NAN].into(),
            vec![true, false].into(),
            vec!["a"].into(),
            Vec::<f32>::new().into(),
            vec![-1_i64, 1 << 53].into(),
            vec![0_u64, (1 << 53) + 1].into(),
            Variant::Array(Box::new(with_dimensions.unwrap())),
            vec![200_u8].into(),
            vec![-2_i16, 300].into(),
        ];
        let Columns { value, arrays, others, .. } = of_all(&values);
        assert!(value.iter().all(|value| value.is_nan()));
        assert_eq!(others, [2, 5, 6]);
        let found: Vec<_> = arrays.iter().map(|(row, array)| (row, format!("{array:?}"))).collect();
        let made = [
            (0, "[1.5, NaN]"),
            (1, "[1.0, 0.0]"),
            (3, "[]"),
            (4, "[-1.0, 9007199254740992.0]"),
            (7, "[200.0]"),
            (8, "[-2.0, 300.0]"),
        ];
        assert_eq!(found, made.map(|(row, array)| (row, array.to_owned())));
        assert_eq!((arrays.len(), arrays.elements.len()), (6, 9));
        assert_eq!(format!("{:?}", of_all_decoded(&values)), format!("{:?}", of_all(&values)));
    }

    #[test]
    fn an_array_that_is_null_is_no_array_of_numbers() {
        let mut batch = BatchBuilder::default();
        batch.push(1, StatusCode::Good, None, None, &[0x80 | 11, 0xFF, 0xFF, 0xFF, 0xFF]);
        let Columns { arrays, others, .. } = Columns::of(&batch.build(1, 1, None));
        assert_eq!((arrays.is_empty(), others), (true, vec![0]));
    }

    fn of_all_decoded(values: &[Variant]) -> Columns {
        let mut columns = Columns::default();
        let time = UtcTime::from_ticks(UtcTime::UNIX_EPOCH.ticks() + 3);
        for (item, value) in (10..).zip(values) {
            let status = Some(StatusCode::UncertainInitialValue);
            let value = DataValue {
                value: Some(value.clone()),
                status,
                source_timestamp: Some(time.into()),
                ..Default::default()
            };
            columns.push_value(item, &value);
        }
        columns
    }

    #[test]
    fn what_was_decoded_before_makes_the_same_columns() {
        let values: [Variant; 6] =
            [false.into(), i64::MIN.into(), 7_u16.into(), "x".into(), f64::NAN.into(), Variant::Empty];
        // NaN differs from itself.
        assert_eq!(format!("{:?}", of_all_decoded(&values)), format!("{:?}", of_all(&values)));
    }

    #[test]
    fn times_beyond_what_nanoseconds_reach_are_the_last_ones() {
        assert_eq!(UtcTime::from_ticks(i64::MAX).unix_nanoseconds(), i64::MAX);
        assert_eq!(UtcTime::from_ticks(1).unix_nanoseconds(), i64::MIN + 1);
    }
}
