//! Figures as a request of the OpenTelemetry protocol (OTLP 1), in its JSON encoding.

use serde_json::{Value, json};

use super::{Exposition, Kind, Samples};
use crate::time::UtcTime;

/// Whose figures they are.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// `service.name`
    pub service: &'a str,
    /// `service.instance.id`: which one of that name.
    pub instance: &'a str,
    /// When the process began: counters rise from then on.
    pub started: UtcTime,
}

impl Exposition {
    /// An ExportMetricsServiceRequest, for `POST /v1/metrics` of a collector with the content type `application/json`.
    /// Counters are cumulative monotonic sums.
    #[must_use]
    pub fn otlp(mut self, resource: Resource<'_>, now: UtcTime) -> Vec<u8> {
        self.count_dropped();
        let times = (nanoseconds(resource.started), nanoseconds(now));
        let metrics: Vec<Value> = self.families.iter().map(|(name, family)| metric(name, family, &times)).collect();
        let attributes = attributes([("service.name", resource.service), ("service.instance.id", resource.instance)]);
        let scope = json!({ "name": "iiot", "version": env!("CARGO_PKG_VERSION") });
        let scoped = json!([{ "scope": scope, "metrics": metrics }]);
        let request =
            json!({ "resourceMetrics": [{ "resource": { "attributes": attributes }, "scopeMetrics": scoped }] });
        serde_json::to_vec(&request).expect("texts and numbers are JSON")
    }
}

fn metric(name: &str, family: &Samples, (started, now): &(String, String)) -> Value {
    let point = |(labels, value): &(Vec<(String, String)>, f64)| {
        let attributes = attributes(labels.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let mut point = json!({ "attributes": attributes, "timeUnixNano": now, "asDouble": value });
        if family.kind == Kind::Counter {
            point["startTimeUnixNano"] = json!(started);
        }
        point
    };
    let points: Vec<Value> = family.samples.iter().map(point).collect();
    let mut metric = json!({ "name": name, "description": family.help, "unit": unit(name) });
    match family.kind {
        Kind::Gauge => metric["gauge"] = json!({ "dataPoints": points }),
        Kind::Counter => {
            metric["sum"] = json!({ "dataPoints": points, "aggregationTemporality": CUMULATIVE, "isMonotonic": true });
        }
    }
    metric
}

fn attributes<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Value> {
    pairs.into_iter().map(|(key, text)| json!({ "key": key, "value": { "stringValue": text } })).collect()
}

/// By the name, which tells it as Prometheus wants it.
fn unit(name: &str) -> &'static str {
    match name.trim_end_matches("_total").rsplit('_').next() {
        Some("seconds") => "s",
        Some("bytes") => "By",
        _ => "1",
    }
}

/// Since 1970, as text, as OTLP has 64-bit numbers.
fn nanoseconds(time: UtcTime) -> String {
    time.since(UtcTime::UNIX_EPOCH).as_nanos().to_string()
}

/// AGGREGATION_TEMPORALITY_CUMULATIVE
const CUMULATIVE: u8 = 2;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn counters_are_sums_and_gauges_are_gauges() {
        let mut exposition = Exposition::default();
        exposition.gauge("iiot_uptime_seconds", "Up").sample(&[], 1.5);
        exposition.counter("iiot_messages_total", "Messages").sample(&[("group", "line \"1\"")], 7.0);
        let started = UtcTime::UNIX_EPOCH + Duration::from_secs(3);
        let resource = Resource { service: "iiot edge", instance: "e1", started };
        let request: Value =
            serde_json::from_slice(&exposition.otlp(resource, started + Duration::from_nanos(100))).unwrap_or_default();
        let metrics = &request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        let sum = json!({
            "name": "iiot_messages_total",
            "description": "Messages",
            "unit": "1",
            "sum": {
                "dataPoints": [{
                    "attributes": [{ "key": "group", "value": { "stringValue": "line \"1\"" } }],
                    "startTimeUnixNano": "3000000000",
                    "timeUnixNano": "3000000100",
                    "asDouble": 7.0
                }],
                "aggregationTemporality": 2,
                "isMonotonic": true
            }
        });
        assert_eq!(metrics[0], sum);
        assert_eq!(metrics[1]["name"], "iiot_metrics_dropped_series");
        assert_eq!(metrics[2]["gauge"]["dataPoints"][0]["asDouble"], 1.5);
        assert_eq!(metrics[2]["unit"], "s");
    }
}
