//! How a publisher stands, for people: a table on a terminal, lines elsewhere.

use std::fmt::Write;
use std::time::Duration;

use iiot::publisher::diagnostics::{ConnectionState, Diagnostics};

/// Renders diagnostics once in a while and works out rates.
#[derive(Debug)]
pub struct Table {
    terminal: bool,
    before: Option<(Duration, u64, u64)>,
}

/// Rows of last values.
const LAST_VALUES: usize = 12;
/// Clears the screen from its upper left corner on.
const HOME: &str = "\x1b[H\x1b[J";

impl Table {
    /// A table for a terminal, or plain lines.
    #[must_use]
    pub const fn new(terminal: bool) -> Self {
        Self { terminal, before: None }
    }

    /// The text for now, `elapsed` after the start.
    #[must_use]
    pub fn render(&mut self, elapsed: Duration, diagnostics: &Diagnostics, last_values: &[(String, String)]) -> String {
        let totals = Totals::of(diagnostics);
        let (then, messages, values) =
            self.before.replace((elapsed, totals.messages, totals.values)).unwrap_or_default();
        let seconds = (elapsed.saturating_sub(then)).as_secs_f64().max(0.001);
        let rate = |now: u64, before: u64| ((now.saturating_sub(before)) as f64 / seconds).round() as u64;
        let rates = (rate(totals.messages, messages), rate(totals.values, values));
        if self.terminal {
            screen(elapsed, diagnostics, &totals, rates, last_values)
        } else {
            line(elapsed, &totals, rates, last_values)
        }
    }
}

/// What was published and lost, for the end.
#[must_use]
pub fn summary(elapsed: Duration, diagnostics: &Diagnostics) -> String {
    let totals = Totals::of(diagnostics);
    let mut text = format!(
        "published {} messages with {} values in {} s; {} losses declared",
        grouped(totals.messages),
        grouped(totals.values),
        elapsed.as_secs(),
        grouped(totals.losses)
    );
    for (cause, count) in &diagnostics.losses {
        let _ = write!(text, "\n  {count} times: {cause}");
    }
    text
}

struct Totals {
    servers: usize,
    connected: usize,
    messages: u64,
    values: u64,
    losses: u64,
}

impl Totals {
    fn of(diagnostics: &Diagnostics) -> Self {
        let connections = &diagnostics.connections;
        let groups = &diagnostics.writer_groups;
        Self {
            servers: connections.len(),
            connected: connections.iter().filter(|connection| connection.state == ConnectionState::Connected).count(),
            messages: groups.iter().map(|group| group.messages).sum(),
            values: groups.iter().map(|group| group.values_out).sum(),
            losses: diagnostics.losses.values().sum(),
        }
    }
}

fn line(elapsed: Duration, totals: &Totals, rates: (u64, u64), last_values: &[(String, String)]) -> String {
    let Totals { connected, servers, losses, .. } = totals;
    let last = last_values.first().map_or_else(String::new, |(field, value)| format!(", {field} = {value}"));
    let (messages, values) = (grouped(rates.0), grouped(rates.1));
    let seconds = elapsed.as_secs();
    format!(
        "{seconds:>4} s: {connected} of {servers} servers, {messages} messages/s, {values} values/s, {losses} losses declared{last}\n"
    )
}

fn screen(
    elapsed: Duration,
    diagnostics: &Diagnostics,
    totals: &Totals,
    rates: (u64, u64),
    last_values: &[(String, String)],
) -> String {
    let mut text = format!("{HOME}iiot factory, {} s, to {}\n\n", elapsed.as_secs(), diagnostics.sink);
    let _ = writeln!(text, "  servers   {:>12} of {} connected", totals.connected, totals.servers);
    let _ = writeln!(text, "  messages  {:>12}/s {:>16} in all", grouped(rates.0), grouped(totals.messages));
    let _ = writeln!(text, "  values    {:>12}/s {:>16} in all", grouped(rates.1), grouped(totals.values));
    let _ = writeln!(text, "  losses    {:>12} declared\n", grouped(totals.losses));
    for connection in &diagnostics.connections {
        let reason = connection.reason.as_deref().unwrap_or_default();
        let _ = writeln!(text, "  {:<32} {:?} {reason}", connection.endpoint_url, connection.state);
    }
    text.push('\n');
    for (field, value) in last_values.iter().take(LAST_VALUES) {
        let _ = writeln!(text, "  {field:<26} {value:.60}");
    }
    text
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use iiot::core::time::UtcTime;
    use iiot::publisher::diagnostics::WriterGroupDiagnostics;
    use iiot::publisher::ledger::LossCause;

    fn diagnostics(messages: u64, values: u64) -> Diagnostics {
        Diagnostics {
            publisher_id: "factory".into(),
            started: UtcTime::UNIX_EPOCH,
            taken: UtcTime::UNIX_EPOCH,
            sink: "nowhere".into(),
            connections: Vec::new(),
            expansions: Vec::new(),
            writer_groups: vec![WriterGroupDiagnostics {
                name: "plant".into(),
                topic: "t".into(),
                values_in: values,
                values_out: values,
                messages,
                bytes: 0,
                waiting: 0,
                sink_error: None,
                log: None,
            }],
            losses: [(LossCause::ServerQueueOverflow, 2)].into(),
            newest_losses: Vec::new(),
        }
    }

    #[test]
    fn rates_are_differences() {
        let mut table = Table::new(false);
        assert!(
            table.render(Duration::from_secs(2), &diagnostics(10, 2_000), &[]).contains("5 messages/s, 1,000 values/s")
        );
        let text = table.render(Duration::from_secs(4), &diagnostics(30, 3_002_000), &[("A".into(), "1".into())]);
        assert!(text.contains("10 messages/s, 1,500,000 values/s, 2 losses declared, A = 1"), "{text}");
    }

    #[test]
    fn a_terminal_gets_a_screen() {
        let text =
            Table::new(true).render(Duration::from_secs(2), &diagnostics(10, 2_000), &[("A".into(), "1".into())]);
        assert!(text.starts_with(HOME) && text.contains("1,000/s") && text.contains("2,000 in all"), "{text}");
    }

    #[test]
    fn the_summary_names_what_was_lost_and_why() {
        let text = summary(Duration::from_secs(20), &diagnostics(10, 2_000));
        assert!(text.contains("10 messages with 2,000 values in 20 s; 2 losses declared"), "{text}");
        assert!(text.contains("2 times"), "{text}");
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!(
            [0, 12, 123, 1234, 123_456, 1_234_567].map(grouped),
            ["0", "12", "123", "1,234", "123,456", "1,234,567"]
        );
    }
}
