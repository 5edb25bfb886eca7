//! The values that every peer shows, out of `simulation/peers/interop.json`.

use iiot_core::testing::Stack;
use iiot_core::ua::{DateTime, UAString, Variant};
use serde_json::Value;

const SAMPLES: &str = include_str!("../../../../simulation/peers/interop.json");

/// Names and values.
pub(super) fn samples(stack: Stack) -> Vec<(String, Variant)> {
    let samples: Vec<Value> = serde_json::from_str(SAMPLES).unwrap();
    let value = |sample: &Value| match sample["value"].as_array() {
        None => scalar(stack, &sample["type"], &sample["value"]),
        Some(values) => {
            let values: Vec<Variant> = values.iter().map(|value| scalar(stack, &sample["type"], value)).collect();
            let kind = values[0].scalar_type_id().unwrap();
            Variant::Array(Box::new(iiot_core::ua::Array::new(kind, values).unwrap()))
        }
    };
    samples.iter().map(|sample| (sample["name"].as_str().unwrap().to_owned(), value(sample))).collect()
}

fn scalar(stack: Stack, kind: &Value, value: &Value) -> Variant {
    let text = value.as_str().unwrap_or_default();
    match kind.as_str().unwrap() {
        "Boolean" => Variant::Boolean(value.as_bool().unwrap()),
        "Int32" => Variant::Int32(text.parse().unwrap()),
        "Int64" => Variant::Int64(text.parse().unwrap()),
        "Double" => Variant::Double(f64::from_bits(u64::from_str_radix(text, 16).unwrap())),
        "DateTime" => Variant::DateTime(Box::new(DateTime::from(text.parse::<i64>().unwrap()))),
        // gopcua writes an empty String as null.
        "String" if text.is_empty() && stack == Stack::Gopcua => Variant::String(UAString::null()),
        "String" => Variant::String(text.into()),
        other => panic!("no sample has the type {other}"),
    }
}
