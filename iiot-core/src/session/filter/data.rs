//! Which changes of a value are reported, and values computed from several.

use super::{ItemFilter, resolve_node};
use crate::session::ItemNode;
use crate::time::UtcTime;
use crate::ua::{
    AggregateConfiguration, AggregateFilter, DataChangeFilter, DataChangeTrigger, DateTime, NodeId, StatusCode,
};

/// By how much a number must change to be reported (OPC 10000-4 §7.22.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deadband {
    /// By this much.
    Absolute(f64),
    /// By this part, in percent, of the span of the variable's EURange (OPC 10000-8 §7.2).
    Percent(f64),
}

impl ItemFilter {
    /// Which changes count: of the status, of status or value, or of the source timestamp too.
    #[must_use]
    pub fn changes(trigger: DataChangeTrigger) -> Self {
        Self::DataChange(DataChangeFilter { trigger, ..Default::default() })
    }

    /// Changes of the status, and of the value if they are large enough.
    #[must_use]
    pub fn deadband(deadband: Deadband) -> Self {
        let (deadband_type, deadband_value) = match deadband {
            Deadband::Absolute(value) => (1, value),
            Deadband::Percent(value) => (2, value),
        };
        let trigger = DataChangeTrigger::StatusValue;
        Self::DataChange(DataChangeFilter { trigger, deadband_type, deadband_value })
    }
}

/// Values computed from those of an interval (OPC 10000-4 §7.22.4).
///
/// The server tells in [`FilterResult::Aggregate`](super::FilterResult::Aggregate) what it made of
/// it, or refuses the item for good with `BadMonitoredItemFilterUnsupported`.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The aggregate, such as `ObjectId::AggregateFunction_Average`.
    pub function: ItemNode,
    /// Length of the interval that each value stands for.
    pub interval_ms: f64,
    /// Where the first interval begins; now where `None`.
    pub start: Option<UtcTime>,
    /// What counts as good; the server's own choice where `None`.
    pub configuration: Option<AggregateConfiguration>,
}

impl Aggregate {
    /// Over intervals of this length from now on.
    #[must_use]
    pub fn new(function: impl Into<NodeId>, interval_ms: f64) -> Self {
        Self { function: ItemNode::Indexed(function.into()), interval_ms, start: None, configuration: None }
    }

    pub(super) fn resolve(&self, namespaces: &[String]) -> Result<AggregateFilter, StatusCode> {
        let configuration = self.configuration.clone();
        Ok(AggregateFilter {
            start_time: self.start.map_or_else(DateTime::now, Into::into),
            aggregate_type: resolve_node(&self.function, namespaces)?,
            processing_interval: self.interval_ms,
            aggregate_configuration: configuration.unwrap_or_else(of_server),
        })
    }
}

impl From<Aggregate> for ItemFilter {
    fn from(aggregate: Aggregate) -> Self {
        Self::Aggregate(aggregate)
    }
}

/// The server's own configuration (OPC 10000-13 §4.2.1.2).
pub(crate) fn of_server() -> AggregateConfiguration {
    AggregateConfiguration { use_server_capabilities_defaults: true, ..Default::default() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ua::ObjectId;

    #[test]
    fn deadbands_are_written_as_the_specification_numbers_them() {
        for (deadband, number) in [(Deadband::Absolute(0.5), 1), (Deadband::Percent(0.5), 2)] {
            let resolved = ItemFilter::deadband(deadband).resolve(&[]).unwrap();
            let filter = resolved.inner_as::<DataChangeFilter>().unwrap();
            assert_eq!((filter.deadband_type, filter.deadband_value), (number, 0.5));
            assert_eq!(filter.trigger, DataChangeTrigger::StatusValue);
        }
    }

    #[test]
    fn an_aggregate_leaves_to_the_server_what_is_not_said() {
        let aggregate = Aggregate::new(ObjectId::AggregateFunction_Average, 1000.0);
        let resolved = ItemFilter::from(aggregate).resolve(&[]).unwrap();
        let filter = resolved.inner_as::<AggregateFilter>().unwrap();
        assert_eq!(filter.aggregate_type, ObjectId::AggregateFunction_Average);
        assert!(filter.aggregate_configuration.use_server_capabilities_defaults);
        assert!(!filter.start_time.is_null());
    }
}
