//! What is sent for a field that has been silent, and when.

/// The eight behaviours of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HeartbeatBehavior {
    /// The last known value, so long after the last notification.
    #[default]
    WatchdogLKV,
    /// The last known good value, so long after the last notification.
    WatchdogLKG,
    /// The last known value at a fixed pace, whatever comes between.
    PeriodicLKV,
    /// The last known good value at a fixed pace.
    PeriodicLKG,
    /// As `WatchdogLKV`, its times moved on by as long as the value is old.
    WatchdogLKVWithUpdatedTimestamps,
    /// As `WatchdogLKV`, only counted and not sent.
    WatchdogLKVDiagnosticsOnly,
    /// The last known value at a fixed pace, and no value when it comes.
    PeriodicLKVDropValue,
    /// The last known good value at a fixed pace, and no value when it comes.
    PeriodicLKGDropValue,
}

impl HeartbeatBehavior {
    /// All of them with their names in the configuration.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("WatchdogLKV", Self::WatchdogLKV),
        ("WatchdogLKG", Self::WatchdogLKG),
        ("PeriodicLKV", Self::PeriodicLKV),
        ("PeriodicLKG", Self::PeriodicLKG),
        ("WatchdogLKVWithUpdatedTimestamps", Self::WatchdogLKVWithUpdatedTimestamps),
        ("WatchdogLKVDiagnosticsOnly", Self::WatchdogLKVDiagnosticsOnly),
        ("PeriodicLKVDropValue", Self::PeriodicLKVDropValue),
        ("PeriodicLKGDropValue", Self::PeriodicLKGDropValue),
    ];

    pub(crate) const fn is_periodic(self) -> bool {
        matches!(self, Self::PeriodicLKV | Self::PeriodicLKG) || self.drops_values()
    }

    pub(crate) const fn only_good(self) -> bool {
        matches!(self, Self::WatchdogLKG | Self::PeriodicLKG | Self::PeriodicLKGDropValue)
    }

    pub(crate) const fn drops_values(self) -> bool {
        matches!(self, Self::PeriodicLKVDropValue | Self::PeriodicLKGDropValue)
    }

    pub(crate) const fn updates_times(self) -> bool {
        matches!(self, Self::WatchdogLKVWithUpdatedTimestamps)
    }

    pub(crate) const fn is_silent(self) -> bool {
        matches!(self, Self::WatchdogLKVDiagnosticsOnly)
    }
}
