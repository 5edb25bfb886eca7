//! Figures of a publisher for a monitoring system.

use iiot_core::metrics::Exposition;

use crate::diagnostics::{
    ConnectionDiagnostics, ConnectionState, Diagnostics, WriterDiagnostics, WriterGroupDiagnostics,
};

/// Adds how a publisher stands. Series grow with servers and writer groups, never with nodes: what concerns single nodes
/// is in the [`Diagnostics`].
pub fn measure(diagnostics: &Diagnostics, out: &mut Exposition) {
    diagnostics.connections.iter().for_each(|connection| measure_connection(connection, out));
    diagnostics.writer_groups.iter().for_each(|group| measure_group(group, out));
    for (cause, count) in &diagnostics.losses {
        let cause = serde_json::to_value(cause).unwrap_or_default();
        out.counter("iiot_losses_total", "Losses that were declared")
            .sample(&[("cause", cause.as_str().unwrap_or_default())], *count as f64);
    }
    let uptime = diagnostics.taken.since(diagnostics.started).as_secs_f64();
    out.gauge("iiot_publisher_uptime_seconds", "Time since the publisher was started").sample(&[], uptime);
}

fn measure_connection(connection: &ConnectionDiagnostics, out: &mut Exposition) {
    let labels = [("endpoint", connection.endpoint_url.as_str())];
    let connected = f64::from(u8::from(connection.state == ConnectionState::Connected));
    let total = |figure: fn(&WriterDiagnostics) -> u64| connection.writers.iter().map(figure).sum::<u64>() as f64;
    out.gauge("iiot_connection_up", "Whether the session with the server is there").sample(&labels, connected);
    out.gauge("iiot_connection_failed_attempts", "Failed attempts since the connection was last there")
        .sample(&labels, f64::from(connection.attempts));
    out.gauge("iiot_connection_fields", "Fields in the plan").sample(&labels, total(|writer| writer.fields.into()));
    out.gauge("iiot_connection_fields_reporting", "Fields whose monitored item reports")
        .sample(&labels, total(|writer| writer.reporting.into()));
    out.gauge("iiot_connection_fields_failed", "Fields that the server refused")
        .sample(&labels, total(|writer| writer.failed.len() as u64));
    out.counter("iiot_connection_values_total", "Values received").sample(&labels, total(|writer| writer.values));
}

fn measure_group(group: &WriterGroupDiagnostics, out: &mut Exposition) {
    let labels = [("writer_group", group.name.as_str())];
    let mut count = |name, help, value: u64| {
        out.counter(name, help).sample(&labels, value as f64);
    };
    count("iiot_group_values_in_total", "Values taken in from servers", group.values_in);
    count("iiot_group_values_out_total", "Values in messages that the sink has taken", group.values_out);
    count("iiot_group_messages_total", "Messages that the sink has taken", group.messages);
    count("iiot_group_bytes_total", "Bytes of messages that the sink has taken", group.bytes);
    out.gauge("iiot_group_messages_waiting", "Messages that wait for the sink").sample(&labels, group.waiting as f64);
    if let Some(log) = &group.log {
        out.gauge("iiot_group_log_bytes", "Size of the log on the disk").sample(&labels, log.bytes as f64);
        let paused = f64::from(u8::from(log.paused));
        out.gauge("iiot_group_log_paused", "Whether the log takes no values").sample(&labels, paused);
    }
    let failing = f64::from(u8::from(group.sink_error.is_some()));
    out.gauge("iiot_group_sink_failing", "Whether the sink takes no messages").sample(&labels, failing);
}

#[cfg(test)]
mod tests {
    use iiot_core::time::UtcTime;

    use super::*;
    use crate::ledger::LossCause;

    #[test]
    fn series_grow_with_connections_and_groups_and_not_with_fields() {
        let writer = |id| WriterDiagnostics {
            id,
            name: format!("writer {id}"),
            fields: 1000,
            reporting: 900,
            loss_unobservable: 0,
            failed: Vec::new(),
            values: 7,
        };
        let diagnostics = Diagnostics {
            publisher_id: "edge".into(),
            started: UtcTime::UNIX_EPOCH,
            taken: UtcTime::UNIX_EPOCH + std::time::Duration::from_secs(90),
            sink: "stdout".into(),
            connections: vec![ConnectionDiagnostics {
                endpoint_url: "opc.tcp://plc".into(),
                state: ConnectionState::Connected,
                reason: None,
                concerns: Vec::new(),
                session: None,
                attempts: 0,
                writers: (0..50).map(writer).collect(),
            }],
            expansions: Vec::new(),
            writer_groups: Vec::new(),
            losses: [(LossCause::Stopped, 3)].into(),
            newest_losses: Vec::new(),
        };
        let mut out = Exposition::default();
        measure(&diagnostics, &mut out);
        let text = out.finish();
        for line in [
            "iiot_connection_up{endpoint=\"opc.tcp://plc\"} 1",
            "iiot_connection_fields_reporting{endpoint=\"opc.tcp://plc\"} 45000",
            "iiot_connection_values_total{endpoint=\"opc.tcp://plc\"} 350",
            "iiot_losses_total{cause=\"stopped\"} 3",
            "iiot_publisher_uptime_seconds 90",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        assert!(text.lines().filter(|line| !line.starts_with('#')).count() < 12, "{text}");
    }
}
