//! Values as columns, for whoever computes with many of them.

use iiot_core::session::{Columns, Number};
use iiot_core::ua::VariantScalarTypeId;
use serde_json::Value;

use crate::ValueEncoding;
use crate::read::{DataValue, ReadResponse};
use crate::value::{ValueUpdate, WatchedState};
use crate::watch::{StreamGap, StreamState};

/// Values in columns, and what happened to the stream before them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnBatch {
    /// The values; each item by its place in the request. Of values that were raw JSON, any array of JSON numbers is one of
    /// numbers, also an empty one.
    pub columns: Columns,
    /// The values of the rows that are named in [`Columns::others`], one for each, in the encoding that was asked for.
    pub others: JsonTexts,
    /// How items stand, at the start and when that changes.
    pub items: Vec<WatchedState>,
    /// The connection changed.
    pub state: Option<StreamState>,
    /// Values are missing before these.
    pub gap: Option<StreamGap>,
}

impl ColumnBatch {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Whether it says nothing at all.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        self.is_empty() && self.items.is_empty() && self.state.is_none() && self.gap.is_none()
    }

    /// Of what was read, which is written in `encoding`.
    #[must_use]
    pub fn of_read(response: ReadResponse, encoding: ValueEncoding) -> Self {
        let mut batch = Self::default();
        (0..).zip(response.results).for_each(|(item, value)| batch.push(item, value, encoding));
        batch
    }

    /// Takes in what a stream tells next, written in `encoding`; given back where something is missing between the two, or the
    /// connection changed, so that it belongs into a batch of its own.
    pub fn take_in(&mut self, update: ValueUpdate, encoding: ValueEncoding) -> Option<ValueUpdate> {
        let begins_anew = update.gap.is_some() || update.state.is_some();
        if begins_anew && !self.says_nothing() {
            return Some(update);
        }
        let ValueUpdate { items, values, state, gap, .. } = update;
        self.items.extend(items);
        (self.state, self.gap) = (state.or_else(|| self.state.take()), gap.or_else(|| self.gap.take()));
        values.into_iter().for_each(|value| self.push(value.item, value.value, encoding));
        None
    }

    fn push(&mut self, item: u32, value: DataValue, encoding: ValueEncoding) {
        let number = match number(&value.value, encoding) {
            Number::Other if self.push_array(&value.value, encoding) => Number::None,
            number => number,
        };
        let times = [value.source_timestamp, value.server_timestamp];
        self.columns.add(item, value.status.code(), times, number);
        if matches!(number, Number::Near(_) | Number::Other) {
            self.others.push(&value.value);
        }
    }

    /// Whether it was an array of numbers, and was added.
    fn push_array(&mut self, value: &Value, encoding: ValueEncoding) -> bool {
        let row = self.columns.next_row();
        let mut push = |elements: &Value, number: &dyn Fn(&Value) -> Number| {
            elements.as_array().is_some_and(|elements| self.columns.arrays.push(row, elements.iter().map(number)))
        };
        match encoding {
            ValueEncoding::Raw => push(value, &of_json),
            ValueEncoding::Compact | ValueEncoding::Verbose => match value["UaType"].as_u64() {
                Some(kind @ 1..=DOUBLE) if value["Dimensions"].is_null() => {
                    push(&value["Value"], &|element| of_scalar(kind, element))
                }
                _ => false,
            },
        }
    }
}

/// JSON texts, one behind the other in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonTexts {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl JsonTexts {
    /// Number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The texts in order, in UTF-8.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| &self.bytes[std::mem::replace(&mut start, *end)..*end])
    }

    /// Bytes of all of them.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a value.
    pub fn push(&mut self, value: &Value) {
        // A value in memory can always be written.
        let _ = self.push_with(|out| serde_json::to_writer(out, value));
    }

    /// Adds what `write` appends, or `null` where it fails.
    ///
    /// # Errors
    /// The one of `write`.
    pub fn push_with<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let start = self.bytes.len();
        let written = write(&mut self.bytes);
        if written.is_err() {
            self.bytes.truncate(start);
            self.bytes.extend_from_slice(b"null");
        }
        self.ends.push(self.bytes.len());
        written
    }

    /// Keeps the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }
}

/// A value that was written as JSON, as a number.
fn number(value: &Value, encoding: ValueEncoding) -> Number {
    match encoding {
        ValueEncoding::Raw => of_json(value),
        ValueEncoding::Compact | ValueEncoding::Verbose => of_variant(value),
    }
}

fn of_json(value: &Value) -> Number {
    match value {
        Value::Null => Number::None,
        Value::Bool(truth) => Number::Exact(f64::from(u8::from(*truth))),
        Value::Number(number) => match number.as_i128() {
            Some(integer) => Number::of_integer(integer),
            None => number.as_f64().map_or(Number::Other, Number::Exact),
        },
        _ => Number::Other,
    }
}

fn of_variant(variant: &Value) -> Number {
    let (kind, value) = (variant["UaType"].as_u64().unwrap_or(0), &variant["Value"]);
    match (kind, value) {
        (0, Value::Null) if variant.is_null() || variant.is_object() => Number::None,
        // What has its default is left out.
        (1..=DOUBLE, Value::Null) => Number::Exact(0.0),
        (1..=DOUBLE, _) if !variant["Dimensions"].is_null() => Number::Other,
        _ => of_scalar(kind, value),
    }
}

/// What stands for a number depends on its type: large integers, and what no JSON number is, are texts (OPC 10000-6 §5.4.2).
fn of_scalar(kind: u64, value: &Value) -> Number {
    match (kind, value) {
        (INT64 | UINT64, Value::String(digits)) => digits.parse().map_or(Number::Other, Number::of_integer),
        (FLOAT | DOUBLE, Value::String(name)) => of_name(name),
        (1..=DOUBLE, plain) => of_json(plain),
        _ => Number::Other,
    }
}

fn of_name(name: &str) -> Number {
    match name {
        "NaN" => Number::Exact(f64::NAN),
        "Infinity" => Number::Exact(f64::INFINITY),
        "-Infinity" => Number::Exact(f64::NEG_INFINITY),
        _ => Number::Other,
    }
}

const INT64: u64 = VariantScalarTypeId::Int64 as u64;
const UINT64: u64 = VariantScalarTypeId::UInt64 as u64;
const FLOAT: u64 = VariantScalarTypeId::Float as u64;
const DOUBLE: u64 = VariantScalarTypeId::Double as u64;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::WatchedValue;
    use crate::watch::StreamGapReason;

    fn update(values: &[Value]) -> ValueUpdate {
        let value = |(item, value): (u32, &Value)| WatchedValue {
            item,
            value: DataValue { value: value.clone(), ..Default::default() },
        };
        ValueUpdate { values: (0..).zip(values).map(value).collect(), ..Default::default() }
    }

    fn parsed(texts: &JsonTexts) -> Vec<Value> {
        texts.iter().map(|text| serde_json::from_slice(text).unwrap()).collect()
    }

    fn of(values: &[Value], encoding: ValueEncoding) -> ColumnBatch {
        let mut batch = ColumnBatch::default();
        assert_eq!(batch.take_in(update(values), encoding), None);
        batch
    }

    #[test]
    fn variants_in_json_are_the_numbers_that_they_say() {
        let large = "9007199254740993";
        let variants = [
            json!({ "UaType": 11, "Value": 2.5 }),
            json!({ "UaType": 1, "Value": true }),
            json!({ "UaType": 6 }),
            json!({ "UaType": 9, "Value": "12" }),
            json!({ "UaType": 10, "Value": "-Infinity" }),
            json!({ "UaType": 8, "Value": large }),
            json!({ "UaType": 12, "Value": "7" }),
            json!({ "UaType": 11, "Value": [[1.0]], "Dimensions": [1, 1] }),
            Value::Null,
        ];
        let batch = of(&variants, ValueEncoding::Compact);
        assert_eq!(batch.columns.value[..6], [2.5, 1.0, 0.0, 12.0, f64::NEG_INFINITY, 9_007_199_254_740_992.0]);
        assert!(batch.columns.value[6..].iter().all(|value| value.is_nan()));
        assert_eq!((batch.columns.others, parsed(&batch.others)), (vec![5, 6, 7], variants[5..8].to_vec()));
    }

    #[test]
    fn arrays_of_numbers_are_arrays_and_all_others_are_written() {
        let variants = [
            json!({ "UaType": 11, "Value": [1.5, "NaN"] }),
            json!({ "UaType": 12, "Value": [] }),
            json!({ "UaType": 1, "Value": [true] }),
            json!({ "UaType": 9, "Value": ["1", "9007199254740993"] }),
            json!({ "UaType": 6, "Value": [] }),
            json!({ "UaType": 8, "Value": ["-7"] }),
        ];
        let batch = of(&variants, ValueEncoding::Compact);
        let arrays: Vec<_> = batch.columns.arrays.iter().map(|(row, array)| format!("{row} {array:?}")).collect();
        assert_eq!(arrays, ["0 [1.5, NaN]", "2 [1.0]", "4 []", "5 [-7.0]"]);
        assert_eq!(parsed(&batch.others), [variants[1].clone(), variants[3].clone()]);

        let values = [json!([1, 2.5, true]), json!([]), json!([[1]]), json!(["1"]), json!([1, null])];
        let batch = of(&values, ValueEncoding::Raw);
        let arrays: Vec<_> = batch.columns.arrays.iter().map(|(row, array)| format!("{row} {array:?}")).collect();
        assert_eq!(arrays, ["0 [1.0, 2.5, 1.0]", "1 []"]);
        assert_eq!(parsed(&batch.others), values[2..]);
    }

    #[test]
    fn plain_values_are_numbers_where_they_are() {
        let values = [json!(2.5), json!(false), json!(9_007_199_254_740_993_u64), json!("text"), Value::Null];
        let batch = of(&values, ValueEncoding::Raw);
        assert_eq!(batch.columns.value[..3], [2.5, 0.0, 9_007_199_254_740_992.0]);
        assert_eq!((batch.columns.others, parsed(&batch.others)), (vec![2, 3], values[2..4].to_vec()));
    }

    #[test]
    fn what_is_missing_is_told_before_what_comes_behind_it() {
        let mut batch = of(&[json!(1)], ValueEncoding::Raw);
        assert_eq!(batch.take_in(update(&[json!(2)]), ValueEncoding::Raw), None);
        let gap = ValueUpdate { gap: Some(StreamGap::new(StreamGapReason::ReaderTooSlow)), ..update(&[json!(3)]) };
        let left = batch.take_in(gap.clone(), ValueEncoding::Raw).unwrap();
        assert_eq!((batch.columns.value, &left), (vec![1.0, 2.0], &gap));
        let mut next = ColumnBatch::default();
        assert_eq!(next.take_in(left, ValueEncoding::Raw), None);
        assert_eq!((next.columns.value, next.gap), (vec![3.0], gap.gap));
    }

    #[test]
    fn texts_lie_one_behind_the_other_and_what_cannot_be_written_is_null() {
        let mut texts = JsonTexts::default();
        texts.push(&json!([1, "a"]));
        let failed = texts.push_with(|out| {
            out.extend_from_slice(b"[1, ");
            Err("no such value")
        });
        texts.push(&json!(2));
        assert_eq!(failed, Err("no such value"));
        assert_eq!((texts.len(), texts.size()), (3, 12));
        assert_eq!(texts.iter().collect::<Vec<_>>(), [&br#"[1,"a"]"#[..], b"null", b"2"]);
        texts.truncate(1);
        texts.push(&json!(true));
        assert_eq!(texts.iter().collect::<Vec<_>>(), [&br#"[1,"a"]"#[..], b"true"]);
        texts.truncate(0);
        assert!(texts.is_empty() && texts.size() == 0);
    }
}
