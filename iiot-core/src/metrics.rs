//! Figures for a monitoring system, as Prometheus text.

use std::collections::BTreeMap;
use std::fmt::Write;

/// One answer to a monitoring system: families of samples in the Prometheus text format 0.0.4.
///
/// The number of series is bounded: what comes beyond is left out and counted as
/// `iiot_metrics_dropped_series`.
///
/// ```
/// use iiot_core::metrics::Exposition;
///
/// let mut exposition = Exposition::default();
/// exposition.counter("iiot_messages_total", "Messages that the sink has taken").sample(&[("group", "line 1")], 7.0);
/// assert!(exposition.finish().contains("iiot_messages_total{group=\"line 1\"} 7\n"));
/// ```
#[derive(Debug)]
pub struct Exposition {
    families: BTreeMap<&'static str, Lines>,
    series: usize,
    dropped: u64,
    max_series: usize,
}

#[derive(Debug)]
struct Lines {
    head: String,
    samples: String,
}

/// Samples with one name, told apart by labels.
#[derive(Debug)]
pub struct Family<'a> {
    exposition: &'a mut Exposition,
    name: &'static str,
}

impl Default for Exposition {
    fn default() -> Self {
        Self::with_max_series(MAX_SERIES)
    }
}

impl Exposition {
    /// An answer with at most so many series.
    #[must_use]
    pub fn with_max_series(max_series: usize) -> Self {
        Self { families: BTreeMap::new(), series: 0, dropped: 0, max_series }
    }

    /// A figure that only rises from the start of the process; its name ends with `_total`.
    pub fn counter(&mut self, name: &'static str, help: &'static str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    /// A figure that rises and falls.
    pub fn gauge(&mut self, name: &'static str, help: &'static str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    /// The text.
    #[must_use]
    pub fn finish(mut self) -> String {
        let dropped = self.dropped as f64;
        self.max_series = self.max_series.saturating_add(1);
        self.gauge("iiot_metrics_dropped_series", "Series left out because there are too many").sample(&[], dropped);
        self.families.into_values().map(|lines| lines.head + &lines.samples).collect()
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        let head = || format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
        self.families.entry(name).or_insert_with(|| Lines { head: head(), samples: String::new() });
        Family { exposition: self, name }
    }
}

impl Family<'_> {
    /// Adds a sample. The labels of two samples of a family differ.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: f64) -> &mut Self {
        if self.exposition.series >= self.exposition.max_series {
            self.exposition.dropped += 1;
            return self;
        }
        self.exposition.series += 1;
        if let Some(lines) = self.exposition.families.get_mut(self.name) {
            let labels: Vec<String> =
                labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            // Writing to a String cannot fail.
            let _ = writeln!(lines.samples, "{}{labels} {value}", self.name);
        }
        self
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

const MAX_SERIES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_family_stand_together_and_labels_are_escaped() {
        let mut exposition = Exposition::default();
        exposition.gauge("a", "A").sample(&[("x", "1\"\\\n")], 1.5);
        exposition.counter("b_total", "B").sample(&[], 2.0);
        exposition.gauge("a", "A").sample(&[("x", "2")], -3.0);
        let text = exposition.finish();
        let expected = "# HELP a A\n# TYPE a gauge\na{x=\"1\\\"\\\\\\n\"} 1.5\na{x=\"2\"} -3\n\
            # HELP b_total B\n# TYPE b_total counter\nb_total 2\n";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn too_many_series_are_left_out_and_counted() {
        let mut exposition = Exposition::with_max_series(2);
        for index in 0..5 {
            exposition.gauge("a", "A").sample(&[("i", &index.to_string())], 0.0);
        }
        let text = exposition.finish();
        assert_eq!(text.matches("a{").count(), 2);
        assert!(text.contains("iiot_metrics_dropped_series 3\n"), "{text}");
    }
}
