//! What one station of the plant measures: numbers only, no server.

use std::f64::consts::TAU;

use iiot::core::ua::{ExtensionObject, StatusCode, ThreeDCartesianCoordinates, Variant};

/// The variables of a station, in the order of [`Station::step`].
pub const SIGNALS: [&str; 10] =
    ["Counter", "Produced", "Sine", "Temperature", "Level", "Running", "Message", "Profile", "Position", "Pressure"];

/// A value and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Variant,
    /// Bad in the windows in which a sensor is broken.
    pub status: StatusCode,
}

/// One station; each step is one interval of the plant.
#[derive(Debug, Clone)]
pub struct Station {
    steps: u64,
    produced: i64,
    temperature: f64,
    level: f32,
    random: Random,
}

impl Station {
    /// Station `number` of a plant with this seed.
    #[must_use]
    pub fn new(seed: u64, number: u64) -> Self {
        let random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        // Stations start at different points of their cycles, else all of them change at once.
        Self { steps: number % 100 * 7, produced: 0, temperature: 60.0, level: 50.0, random }
    }

    /// Starts counting at zero again.
    pub fn reset(&mut self) {
        self.produced = 0;
    }

    /// One interval later.
    pub fn step(&mut self) -> [Reading; SIGNALS.len()] {
        self.steps += 1;
        let running = self.steps % 300 < 270;
        self.produced += i64::from(running && self.steps.is_multiple_of(10));
        self.temperature = (self.temperature + self.random.between(-0.5, 0.5)).clamp(20.0, 100.0);
        self.level = (self.level + self.random.between(-1.0, 1.0) as f32).clamp(0.0, 100.0);
        [
            good(Variant::from(self.steps)),
            good(Variant::from(self.produced)),
            good(Variant::from(self.wave(100))),
            good(Variant::from(self.temperature)),
            good(Variant::from(self.level)),
            good(Variant::from(running)),
            good(Variant::from(self.message(running))),
            good(Variant::from(self.profile())),
            good(Variant::from(ExtensionObject::from_message(self.position()))),
            self.pressure(),
        ]
    }

    /// A sine with a period of so many steps.
    fn wave(&self, period: u64) -> f64 {
        (TAU * (self.steps % period) as f64 / period as f64).sin()
    }

    fn message(&self, running: bool) -> String {
        match (running, self.temperature > 80.0) {
            (false, _) => "standing still".into(),
            (true, true) => format!("hot: {:.0} °C", self.temperature),
            (true, false) => "running".into(),
        }
    }

    /// The load along a conveyor.
    fn profile(&self) -> Vec<f64> {
        (0..8).map(|place| self.wave(100) * f64::from(place)).collect()
    }

    /// Where the gripper is.
    fn position(&self) -> ThreeDCartesianCoordinates {
        ThreeDCartesianCoordinates { x: self.wave(60), y: self.wave(90), z: f64::from(self.level) / 100.0 }
    }

    /// A sensor that fails for 20 of 200 steps and is uncertain for 10 more.
    fn pressure(&self) -> Reading {
        let value = Variant::from(2.0 + self.wave(50) / 10.0);
        let status = match self.steps % 200 {
            0..20 => StatusCode::BadSensorFailure,
            20..30 => StatusCode::UncertainLastUsableValue,
            _ => StatusCode::Good,
        };
        Reading { value, status }
    }
}

fn good(value: Variant) -> Reading {
    Reading { value, status: StatusCode::Good }
}

/// A xorshift generator: small, and the same on every machine.
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (high - low) * (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(seed: u64, steps: usize) -> Vec<[Reading; SIGNALS.len()]> {
        let mut station = Station::new(seed, 3);
        (0..steps).map(|_| station.step()).collect()
    }

    #[test]
    fn a_seed_makes_the_same_plant() {
        assert_eq!(history(1, 500), history(1, 500));
        assert_ne!(history(1, 500), history(2, 500));
    }

    #[test]
    fn counters_rise_by_one() {
        let counts: Vec<_> = history(1, 50).iter().map(|readings| readings[0].value.clone()).collect();
        assert!(counts.windows(2).all(|pair| match pair {
            [Variant::UInt64(a), Variant::UInt64(b)] => b - a == 1,
            _ => false,
        }));
    }

    #[test]
    fn every_status_comes_up_within_a_cycle() {
        let history = history(1, 200);
        let times = |status| history.iter().filter(|readings| readings[9].status == status).count();
        assert_eq!(times(StatusCode::BadSensorFailure), 20);
        assert_eq!(times(StatusCode::UncertainLastUsableValue), 10);
    }

    #[test]
    fn walks_stay_in_their_range() {
        let walked = history(4, 5000);
        assert!(
            walked
                .iter()
                .all(|readings| matches!(readings[3].value, Variant::Double(t) if (20.0..=100.0).contains(&t)))
        );
        assert!(
            walked.iter().all(|readings| matches!(readings[4].value, Variant::Float(l) if (0.0..=100.0).contains(&l)))
        );
    }
}
