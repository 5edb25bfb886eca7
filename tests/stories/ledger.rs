//! What was lost, against what was declared lost.

use std::collections::{BTreeMap, BTreeSet};

use iiot_stories::{Published, Truth, iso, ticks};
use serde_json::Value;

/// A time in which something was wrong, in ticks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

/// The values that were held before `until` and never published, from the first published one of
/// each variable on: what was before nobody had asked for.
pub(crate) fn lost<'a>(truths: &'a [Truth], published: &[Published], until: i64) -> Vec<&'a Truth> {
    let came: BTreeSet<_> =
        published.iter().filter_map(|field| Some((field.field.as_str(), field.source_ticks()?))).collect();
    // Sorted from late to early, so that the earliest stays.
    let first: BTreeMap<_, _> = came.iter().rev().copied().collect();
    let asked = |truth: &Truth| first.get(truth.name.as_str()).is_some_and(|first| truth.source_ticks >= *first);
    let due = truths.iter().filter(|truth| truth.source_ticks <= until && asked(truth));
    due.filter(|truth| !came.contains(&(truth.name.as_str(), truth.source_ticks))).collect()
}

/// The lost values that no declared interval covers.
pub(crate) fn undeclared<'a>(lost: &[&'a Truth], declared: &[Value]) -> Vec<&'a Truth> {
    lost.iter().copied().filter(|truth| !declared.iter().any(|loss| covers(loss, truth))).collect()
}

/// The declared intervals that touch none of the windows.
pub(crate) fn unfounded<'a>(declared: &'a [Value], windows: &[Window]) -> Vec<&'a Value> {
    let touches = |loss: &Value, window: &Window| after(loss) <= window.until && before(loss) >= window.from;
    declared.iter().filter(|loss| !windows.iter().any(|window| touches(loss, window))).collect()
}

/// A few values for a message.
pub(crate) fn some(truths: &[&Truth]) -> String {
    let shown: Vec<_> = truths
        .iter()
        .take(10)
        .map(|truth| format!("{} {} at {}", truth.name, truth.value, iso(truth.source_ticks)))
        .collect();
    shown.join(", ")
}

fn covers(loss: &Value, truth: &Truth) -> bool {
    let field = loss["field"].as_str().is_none_or(|field| field == truth.name);
    field && after(loss) < truth.source_ticks && truth.source_ticks < before(loss)
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

    fn truth(value: i64) -> Truth {
        let (node, name) = (String::new(), "Counter.0".to_owned());
        Truth {
            node,
            name,
            data_type: "Int64".into(),
            dimensions: None,
            value: json!(value.to_string()),
            has_value: true,
            status: 0,
            source_ticks: value * 10,
        }
    }

    fn published(value: i64) -> Published {
        Published { field: "Counter.0".into(), value: json!({ "SourceTimestamp": iso(value * 10) }) }
    }

    #[test]
    fn a_missing_value_is_lost_and_covered_only_by_an_open_interval() {
        let truths: Vec<_> = (0..=5).map(truth).collect();
        let lost = lost(&truths, &[published(1), published(2), published(4)], 40);
        assert_eq!(lost.iter().map(|truth| truth.source_ticks).collect::<Vec<_>>(), [30]);
        let interval = |after: i64, before: i64| json!({ "after": iso(after), "before": iso(before) });
        assert!(undeclared(&lost, &[interval(20, 40)]).is_empty());
        assert_eq!(undeclared(&lost, &[interval(30, 40)]).len(), 1);
        assert_eq!(undeclared(&lost, &[]).len(), 1);
    }

    #[test]
    fn an_interval_needs_a_cause() {
        let declared = [json!({ "after": iso(20), "before": iso(40) })];
        assert!(unfounded(&declared, &[Window { from: 35, until: 50 }]).is_empty());
        assert_eq!(unfounded(&declared, &[Window { from: 45, until: 50 }]).len(), 1);
    }
}
