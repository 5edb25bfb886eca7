//! Which devices come next, when to stop, and what to take back. No I/O.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to roll out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RollOutPlan {
    /// How far each wave goes; what is left after the last one is never pushed to. Default: one device, a tenth, all.
    pub waves: Vec<WaveSize>,
    /// So many failures are borne in all; one more stops it. Default 0.
    pub max_failures: usize,
    /// Whether what was done is taken back when it stops. Default true.
    pub roll_back: bool,
    /// Pushes at a time. Default 8.
    pub parallel: usize,
}

/// How far a wave goes, counted from the first device of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum WaveSize {
    /// To so many devices.
    Devices {
        /// The number.
        count: usize,
    },
    /// To so many percent of the fleet, rounded up.
    Percent {
        /// 1 to 100.
        percent: u8,
    },
    /// To the last one.
    All,
}

/// A roll-out as far as it is.
///
/// ```
/// use iiot_gds::push::{FleetMember, RollOut, RollOutAction, RollOutPlan};
///
/// let fleet = ["press", "lathe", "mill"].map(String::from).to_vec();
/// let begun = RollOut::new(RollOutPlan::default(), fleet);
/// assert_eq!(begun.next(), RollOutAction::Push(vec!["press".into()]));
/// let stopped = begun.finished("press", FleetMember::Failed);
/// assert_eq!(stopped.next(), RollOutAction::Rest);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RollOut {
    /// How.
    pub plan: RollOutPlan,
    /// The devices in their order.
    pub fleet: Vec<String>,
    /// What became of each so far.
    pub members: BTreeMap<String, FleetMember>,
    /// The wave that is under way.
    pub wave: usize,
    /// How it stands.
    pub phase: RollOutPhase,
}

/// What became of a device in a roll-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FleetMember {
    /// It has shown what was pushed.
    Managed,
    /// It has not.
    Failed,
    /// It was managed and has its old trust list again.
    TakenBack,
    /// It was managed, and its old trust list could not be brought back.
    NotTakenBack,
}

/// How a roll-out stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RollOutPhase {
    /// Devices are pushed to.
    UnderWay,
    /// Too many have failed; what was done is taken back.
    TakingBack,
    /// Too many have failed.
    Stopped,
    /// All waves are done.
    Done,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollOutAction {
    /// Push to these devices, and tell of each.
    Push(Vec<String>),
    /// Bring back the trust list that these devices had, and tell of each.
    TakeBack(Vec<String>),
    /// Nothing any more.
    Rest,
}

impl RollOut {
    /// A roll-out that has not begun.
    #[must_use]
    pub fn new(plan: RollOutPlan, fleet: Vec<String>) -> Self {
        Self { plan, fleet, members: BTreeMap::new(), wave: 0, phase: RollOutPhase::UnderWay }.settled()
    }

    /// What is to be done now.
    #[must_use]
    pub fn next(&self) -> RollOutAction {
        match self.phase {
            RollOutPhase::UnderWay => RollOutAction::Push(self.waiting().map(str::to_owned).collect()),
            RollOutPhase::TakingBack => RollOutAction::TakeBack(self.those(FleetMember::Managed)),
            RollOutPhase::Stopped | RollOutPhase::Done => RollOutAction::Rest,
        }
    }

    /// Takes in what became of a device.
    #[must_use]
    pub fn finished(mut self, device: &str, member: FleetMember) -> Self {
        self.members.insert(device.to_owned(), member);
        self.settled()
    }

    /// Whether no further push may begin.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.failures() > self.plan.max_failures
    }

    fn settled(mut self) -> Self {
        if self.phase == RollOutPhase::UnderWay && self.has_stopped() {
            self.phase = if self.plan.roll_back { RollOutPhase::TakingBack } else { RollOutPhase::Stopped };
        }
        while self.phase == RollOutPhase::UnderWay && self.waiting().next().is_none() {
            self.wave += 1;
            if self.wave >= self.plan.waves.len() {
                self.phase = RollOutPhase::Done;
            }
        }
        if self.phase == RollOutPhase::TakingBack && self.those(FleetMember::Managed).is_empty() {
            self.phase = RollOutPhase::Stopped;
        }
        self
    }

    /// Devices of the wave of which nothing is known yet.
    fn waiting(&self) -> impl Iterator<Item = &str> {
        let end = self.plan.waves.get(self.wave).map_or(0, |wave| wave.end(self.fleet.len()));
        self.fleet[..end].iter().map(String::as_str).filter(|device| !self.members.contains_key(*device))
    }

    fn failures(&self) -> usize {
        self.those(FleetMember::Failed).len()
    }

    fn those(&self, wanted: FleetMember) -> Vec<String> {
        let found = self.fleet.iter().filter(|device| self.members.get(*device) == Some(&wanted));
        found.cloned().collect()
    }
}

impl WaveSize {
    fn end(self, fleet: usize) -> usize {
        match self {
            Self::Devices { count } => count.min(fleet),
            Self::Percent { percent } => (fleet * usize::from(percent)).div_ceil(100).min(fleet),
            Self::All => fleet,
        }
    }
}

impl Default for RollOutPlan {
    fn default() -> Self {
        let waves = vec![WaveSize::Devices { count: 1 }, WaveSize::Percent { percent: 10 }, WaveSize::All];
        Self { waves, max_failures: 0, roll_back: true, parallel: 8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("device-{number:03}")).collect()
    }

    fn pushed(roll_out: &RollOut) -> Vec<String> {
        match roll_out.next() {
            RollOutAction::Push(devices) => devices,
            other => panic!("{other:?}"),
        }
    }

    fn all(roll_out: RollOut, member: FleetMember) -> RollOut {
        pushed(&roll_out).iter().fold(roll_out, |roll_out, device| roll_out.finished(device, member))
    }

    #[test]
    fn waves_grow_to_the_whole_fleet() {
        let mut roll_out = RollOut::new(RollOutPlan::default(), fleet(200));
        let mut sizes = Vec::new();
        while roll_out.phase == RollOutPhase::UnderWay {
            sizes.push(pushed(&roll_out).len());
            roll_out = all(roll_out, FleetMember::Managed);
        }
        assert_eq!(sizes, [1, 19, 180]);
        assert_eq!(roll_out.phase, RollOutPhase::Done);
        assert_eq!(roll_out.next(), RollOutAction::Rest);
    }

    #[test]
    fn one_failure_too_many_stops_it_and_takes_back_what_was_done() {
        let plan = RollOutPlan { max_failures: 1, ..RollOutPlan::default() };
        let mut roll_out = all(RollOut::new(plan, fleet(30)), FleetMember::Managed);
        roll_out = roll_out.finished("device-001", FleetMember::Failed);
        assert_eq!(pushed(&roll_out), ["device-002"], "one is borne");
        roll_out = roll_out.finished("device-002", FleetMember::Failed);
        assert_eq!(roll_out.next(), RollOutAction::TakeBack(vec!["device-000".into()]));
        roll_out = roll_out.finished("device-000", FleetMember::NotTakenBack);
        assert_eq!((roll_out.phase, roll_out.next()), (RollOutPhase::Stopped, RollOutAction::Rest));
        assert_eq!(roll_out.members.len(), 3, "nobody else was touched");
    }

    #[test]
    fn small_fleets_and_empty_ones_come_to_an_end() {
        assert_eq!(RollOut::new(RollOutPlan::default(), Vec::new()).phase, RollOutPhase::Done);
        let one = all(RollOut::new(RollOutPlan::default(), fleet(1)), FleetMember::Managed);
        assert_eq!(one.phase, RollOutPhase::Done);
        let plan = RollOutPlan { roll_back: false, ..RollOutPlan::default() };
        let stopped = all(RollOut::new(plan, fleet(3)), FleetMember::Failed);
        assert_eq!(stopped.phase, RollOutPhase::Stopped);
    }
}
