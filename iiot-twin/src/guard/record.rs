//! What is left for the audit record.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// An item of a change: what was asked, what was there before, what came of it as far as that is known.
pub(super) fn record(asked: &Value, before: Option<&impl Serialize>, result: Option<&impl Serialize>) -> Value {
    let mut record = Map::new();
    record.insert("asked".into(), short(asked.clone()));
    for (name, value) in
        [("before", before.map(|before| json!(before))), ("result", result.map(|result| json!(result)))]
    {
        if let Some(value) = value {
            record.insert(name.into(), short(value));
        }
    }
    record.into()
}

/// Without members that are null; a long one is cut.
fn short(value: Value) -> Value {
    let Value::Object(members) = value else { return cut(value) };
    let kept = members.into_iter().filter(|(_, value)| !value.is_null());
    kept.map(|(name, value)| (name, cut(value))).collect::<Map<_, _>>().into()
}

fn cut(value: Value) -> Value {
    let text = value.to_string();
    if text.len() <= MAX_MEMBER {
        return value;
    }
    json!({ "cut": text.chars().take(KEPT).collect::<String>(), "bytes": text.len() })
}

const MAX_MEMBER: usize = 1024;
const KEPT: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_and_nulls_left_out() {
        let asked = json!({ "node": "i=1", "indexRange": null, "value": "x".repeat(5_000) });
        let record = record(&asked, None::<&Value>, Some(&json!({ "status": 0 })));
        assert_eq!(record["asked"]["node"], "i=1");
        assert_eq!(record["asked"]["value"]["bytes"], 5_002);
        assert!(record["asked"].get("indexRange").is_none() && record.get("before").is_none());
        assert_eq!(record["result"], json!({ "status": 0 }));
        assert!(record.to_string().len() < 1_000);
    }
}
