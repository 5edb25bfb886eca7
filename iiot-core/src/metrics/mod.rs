//! Figures for a monitoring system, as Prometheus text or as an OTLP request.

use std::collections::BTreeMap;
use std::fmt::Write;

mod otlp;

pub use otlp::Resource;

/// What a monitoring system is told at once: families of samples, in the Prometheus text format 0.0.4
/// ([`finish`](Self::finish)) or as OTLP ([`otlp`](Self::otlp)).
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
    families: BTreeMap<&'static str, Samples>,
    series: usize,
    dropped: u64,
    max_series: usize,
}

/// What a family is, and its samples.
#[derive(Debug)]
struct Samples {
    kind: Kind,
    help: &'static str,
    samples: Vec<(Labels, f64)>,
}

type Labels = Vec<(String, String)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
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
        self.family(name, Kind::Counter, help)
    }

    /// A figure that rises and falls.
    pub fn gauge(&mut self, name: &'static str, help: &'static str) -> Family<'_> {
        self.family(name, Kind::Gauge, help)
    }

    /// The text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.count_dropped();
        self.families.iter().fold(String::new(), |mut text, (name, family)| {
            family.write(name, &mut text);
            text
        })
    }

    fn family(&mut self, name: &'static str, kind: Kind, help: &'static str) -> Family<'_> {
        self.families.entry(name).or_insert_with(|| Samples { kind, help, samples: Vec::new() });
        Family { exposition: self, name }
    }

    fn count_dropped(&mut self) {
        let dropped = self.dropped as f64;
        self.max_series = self.max_series.saturating_add(1);
        self.gauge("iiot_metrics_dropped_series", "Series left out because there are too many").sample(&[], dropped);
    }
}

impl Samples {
    fn write(&self, name: &str, text: &mut String) {
        let kind = match self.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", self.help);
        for (labels, value) in &self.samples {
            let labels: Vec<String> =
                labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "{name}{labels} {value}");
        }
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
        if let Some(family) = self.exposition.families.get_mut(self.name) {
            let labels = labels.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            family.samples.push((labels, value));
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
