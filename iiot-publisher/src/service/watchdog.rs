//! When late fields call for something to be done.

use std::collections::HashSet;

use iiot_core::session::DataBatch;

use crate::plan::{WatchdogCondition, WatchdogPlan, WriterPlan};

/// Which fields of a writer are late.
#[derive(Debug)]
pub(super) struct Watchdog {
    plan: Option<WatchdogPlan>,
    /// Fields that are watched.
    watched: usize,
    late: HashSet<u32>,
}

impl Watchdog {
    pub(super) fn new(plan: &WriterPlan) -> Self {
        let watched = plan.fields.iter().filter(|field| field.triggered_by.is_none()).count();
        Self { plan: plan.watchdog, watched, late: HashSet::new() }
    }

    /// These fields are late, too; returns what is to be done, and how many there are.
    pub(super) fn late(&mut self, handles: &[u32]) -> Option<(WatchdogPlan, usize)> {
        let before = self.late.len();
        self.late.extend(handles);
        let plan = self.plan.filter(|_| self.late.len() > before)?;
        let counts = match plan.condition {
            WatchdogCondition::WhenAnyIsLate => true,
            WatchdogCondition::WhenAllAreLate => self.late.len() >= self.watched,
        };
        counts.then_some((plan, self.late.len()))
    }

    /// Fields have reported.
    pub(super) fn heard(&mut self, batch: &DataBatch) {
        if !self.late.is_empty() {
            for row in batch.rows() {
                self.late.remove(&row.client_handle);
            }
        }
    }

    /// All begin anew.
    pub(super) fn reset(&mut self) {
        self.late.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use iiot_core::session::{BatchBuilder, ConnectOptions, ItemNode};

    use super::*;
    use crate::plan::{Connection, FieldPlan, WatchdogBehavior};

    fn watchdog(condition: WatchdogCondition) -> Watchdog {
        let field = |id: &str| FieldPlan::of_node(id.parse::<ItemNode>().unwrap(), Duration::from_secs(1));
        let mut plan = WriterPlan::new(1, "W", Connection::new(ConnectOptions::new("opc.tcp://a")));
        let mut triggered = field("i=3");
        triggered.triggered_by = Some("i=1".into());
        plan.fields = vec![field("i=1"), field("i=2"), triggered].into();
        let timeout = Duration::from_secs(60);
        plan.watchdog = Some(WatchdogPlan { timeout, condition, behavior: WatchdogBehavior::Diagnostic });
        Watchdog::new(&plan)
    }

    #[test]
    fn one_late_field_is_enough_or_all_have_to_be() {
        let count = |watchdog: &mut Watchdog, handles: &[u32]| watchdog.late(handles).map(|(_, count)| count);
        let mut any = watchdog(WatchdogCondition::WhenAnyIsLate);
        assert_eq!([count(&mut any, &[0]), count(&mut any, &[0]), count(&mut any, &[1])], [Some(1), None, Some(2)]);
        let mut all = watchdog(WatchdogCondition::WhenAllAreLate);
        assert_eq!([count(&mut all, &[0]), count(&mut all, &[1])], [None, Some(2)]);
    }

    #[test]
    fn a_field_that_reports_is_not_late() {
        let mut watchdog = watchdog(WatchdogCondition::WhenAllAreLate);
        watchdog.late(&[0]);
        let mut batch = BatchBuilder::default();
        batch.push(0, iiot_core::ua::StatusCode::Good, None, None, &[1, 1]);
        watchdog.heard(&batch.build(1, 1, None));
        assert_eq!(watchdog.late(&[1]), None);
    }
}
