//! What a change did, for the audit record.

use parking_lot::Mutex;
use serde_json::{Value, json};

/// What a change did item by item: left by whoever carries it out, put into the audit record by the face that it came through.
///
/// ```
/// use iiot_core::operation::Details;
/// use serde_json::json;
///
/// let details = Details::default();
/// assert_eq!(details.to_json(), None);
/// details.set(vec![json!({ "node": "i=1", "before": 20, "value": 21 })]);
/// assert_eq!(details.to_json(), Some(json!({ "items": [{ "node": "i=1", "before": 20, "value": 21 }] })));
/// ```
#[derive(Debug, Default)]
pub struct Details(Mutex<Vec<Value>>);

impl Details {
    /// Replaces what was left before.
    pub fn set(&self, items: Vec<Value>) {
        *self.0.lock() = items;
    }

    /// `{"items": […], "more": 3}`: the first items that fit into 16 KiB, and how many others there are. `None` if there are
    /// none at all.
    #[must_use]
    pub fn to_json(&self) -> Option<Value> {
        let items = self.0.lock();
        let mut room = MAX_BYTES;
        let fitting = items.iter().take_while(|item| take(&mut room, item)).count();
        match items.len() - fitting {
            _ if items.is_empty() => None,
            0 => Some(json!({ "items": *items })),
            more => Some(json!({ "items": items[..fitting], "more": more })),
        }
    }
}

fn take(room: &mut usize, item: &Value) -> bool {
    let left = room.checked_sub(item.to_string().len() + 1);
    *room = left.unwrap_or(*room);
    left.is_some()
}

const MAX_BYTES: usize = (16 << 10) - 64;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let details = Details::default();
        details.set((0..1_000).map(|index| json!({ "node": format!("i={index}"), "text": "x".repeat(80) })).collect());
        let json = details.to_json().unwrap();
        let kept = json["items"].as_array().unwrap().len();
        assert!((100..200).contains(&kept) && json.to_string().len() <= 16 << 10, "{kept}");
        assert_eq!(json["more"], 1_000 - kept);
        details.set(vec![json!("x".repeat(20_000))]);
        assert_eq!(details.to_json(), Some(json!({ "items": [], "more": 1 })));
    }
}
