//! What was lost, against what was declared lost.

use iiot_stories::{iso, ticks};
use serde_json::Value;

/// A time in which something was wrong, in ticks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

/// A value that was held and never came.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    /// Of its field.
    pub(crate) name: String,
    pub(crate) value: i64,
    /// Its source timestamp in ticks.
    pub(crate) at: i64,
}

impl Window {
    pub(crate) fn holds(&self, at: i64) -> bool {
        self.from <= at && at <= self.until
    }
}

/// Whether a declared interval says so.
pub(crate) fn is_covered(lost: &Lost, declared: &[Value]) -> bool {
    declared.iter().any(|loss| covers(loss, lost))
}

/// The declared intervals that touch none of the windows.
pub(crate) fn unfounded<'a>(declared: &'a [Value], windows: &[Window]) -> Vec<&'a Value> {
    let touches = |loss: &Value, window: &Window| after(loss) <= window.until && before(loss) >= window.from;
    declared.iter().filter(|loss| !windows.iter().any(|window| touches(loss, window))).collect()
}

/// A few values for a message.
pub(crate) fn some(lost: &[Lost]) -> String {
    let shown: Vec<_> =
        lost.iter().take(10).map(|lost| format!("{} {} at {}", lost.name, lost.value, iso(lost.at))).collect();
    format!("{} values: {}", lost.len(), shown.join(", "))
}

fn covers(loss: &Value, lost: &Lost) -> bool {
    let field = loss["field"].as_str().is_none_or(|field| field == lost.name);
    field && after(loss) < lost.at && lost.at < before(loss)
}

fn after(loss: &Value) -> i64 {
    loss["after"].as_str().and_then(ticks).unwrap_or(i64::MIN)
}

fn before(loss: &Value) -> i64 {
    loss["before"].as_str().and_then(ticks).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn interval(after: i64, before: i64) -> Value {
        json!({ "field": "Counter.0", "after": iso(after), "before": iso(before) })
    }

    #[test]
    fn a_lost_value_is_covered_only_by_an_open_interval_of_its_field() {
        let lost = |name: &str| Lost { name: name.into(), value: 3, at: 30 };
        assert!(is_covered(&lost("Counter.0"), &[interval(20, 40)]));
        assert!(!is_covered(&lost("Counter.0"), &[interval(30, 40)]));
        assert!(!is_covered(&lost("Counter.1"), &[interval(20, 40)]));
        assert!(!is_covered(&lost("Counter.0"), &[]));
    }

    #[test]
    fn an_interval_needs_a_cause() {
        let declared = [interval(20, 40)];
        assert!(unfounded(&declared, &[Window { from: 35, until: 50 }]).is_empty());
        assert_eq!(unfounded(&declared, &[Window { from: 45, until: 50 }]).len(), 1);
    }
}
