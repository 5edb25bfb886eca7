//! UtcTime as OPC 10000-6 §5.2.2.5 encodes it, without a calendar library on the hot path.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::Add;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};

/// A point in time: 100 ns ticks since 1601-01-01T00:00:00Z, as on the wire.
///
/// The wire's smallest and largest values stand for "none" and "never"; [`UtcTime::from_wire`]
/// maps 0 and below to `None`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(
    /// The ticks with their sign turned over, which keeps their order and leaves zero to `None`:
    /// there are as many optional times as values, and they take no more room than others.
    NonZeroU64,
);

const SIGN: u64 = 1 << 63;
/// Ticks from 1601-01-01 to 1970-01-01.
const UNIX_EPOCH_TICKS: i64 = 116_444_736_000_000_000;
const TICKS_PER_SECOND: i64 = 10_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// 9999-12-31T23:59:59Z, the largest time that JSON can show (OPC 10000-6 §5.4.2.6).
const MAX_TICKS: i64 = 2_650_467_743_990_000_000;

impl UtcTime {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self::from_ticks(UNIX_EPOCH_TICKS);

    /// The time with this many ticks of 100 ns since 1601.
    #[must_use]
    pub const fn from_ticks(ticks: i64) -> Self {
        match NonZeroU64::new(ticks as u64 ^ SIGN) {
            Some(turned) => Self(turned),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// The time for a DateTime of the wire; 0 and below mean that there is none.
    #[must_use]
    pub const fn from_wire(ticks: i64) -> Option<Self> {
        if ticks <= 0 { None } else { Some(Self::from_ticks(ticks)) }
    }

    /// Ticks of 100 ns since 1601.
    #[must_use]
    pub const fn ticks(self) -> i64 {
        (self.0.get() ^ SIGN) as i64
    }

    /// The time that has passed since `earlier`; zero if it is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let ticks = self.ticks().saturating_sub(earlier.ticks());
        if ticks <= 0 { Duration::ZERO } else { Duration::from_nanos((ticks as u64).saturating_mul(100)) }
    }

    /// Appends ISO 8601 with as many fraction digits as there are (at most seven) and a `Z`.
    pub fn write_iso8601(self, out: &mut Vec<u8>) {
        let ticks = self.ticks().clamp(0, MAX_TICKS);
        // Unsigned 32-bit arithmetic, which is quicker; the clamp keeps all of it in range.
        let (seconds, fraction) = (ticks / TICKS_PER_SECOND, (ticks % TICKS_PER_SECOND) as u32);
        let (year, month, day) = civil_from_days((seconds / SECONDS_PER_DAY) as u32);
        let second = (seconds % SECONDS_PER_DAY) as u32;
        let mut text = *b"0000-00-00T00:00:00.0000000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], second / 3600);
        digits(&mut text[14..16], second / 60 % 60);
        digits(&mut text[17..19], second % 60);
        digits(&mut text[20..27], fraction);
        let mut end = 27;
        while text[end - 1] == b'0' && end > 20 {
            end -= 1;
        }
        // No fraction, no point.
        let end = if end == 20 { 19 } else { end };
        text[end] = b'Z';
        out.extend_from_slice(&text[..=end]);
    }
}

impl fmt::Debug for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UtcTime({})", self.ticks())
    }
}

impl Add<Duration> for UtcTime {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self::from_ticks(self.ticks().saturating_add(ticks_in(by)))
    }
}

impl From<SystemTime> for UtcTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self::UNIX_EPOCH + after,
            Err(before) => Self::from_ticks(UNIX_EPOCH_TICKS.saturating_sub(ticks_in(before.duration()))),
        }
    }
}

impl From<opcua::DateTime> for UtcTime {
    fn from(time: opcua::DateTime) -> Self {
        Self::from_ticks(time.ticks())
    }
}

impl From<UtcTime> for opcua::DateTime {
    fn from(time: UtcTime) -> Self {
        Self::from(time.ticks())
    }
}

impl FromStr for UtcTime {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let time = opcua::DateTime::parse_from_rfc3339(text);
        time.map(Self::from).map_err(|_| {
            let message = "it is not a time like 2025-12-31T23:59:59.5Z";
            Error::new(ErrorKind::InvalidArgument, "read time", message).with("text", text)
        })
    }
}

/// The text of [`Display`](fmt::Display).
impl Serialize for UtcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for UtcTime {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UtcTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(28);
        self.write_iso8601(&mut text);
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

fn ticks_in(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX)
}

/// The civil date of a day counted from 1601-01-01, a day that begins a 400-year cycle.
fn civil_from_days(days: u32) -> (u32, u32, u32) {
    const DAYS_PER_400_YEARS: u32 = 146_097;
    // Counting years from March puts the leap day last, so that month lengths follow one formula.
    let days = days + 306;
    let cycle = days / DAYS_PER_400_YEARS;
    let day_of_cycle = days % DAYS_PER_400_YEARS;
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = 1600 + cycle * 400 + year_of_cycle + u32::from(month <= 2);
    (year, month, day)
}

/// Writes `value` in decimal, as many digits as there is place.
fn digits(place: &mut [u8], value: u32) {
    let mut rest = value;
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_as_iso_8601_to_100_ns() {
        let cases = [
            (0, "1601-01-01T00:00:00Z"),
            (UNIX_EPOCH_TICKS, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH_TICKS + 1, "1970-01-01T00:00:00.0000001Z"),
            (UNIX_EPOCH_TICKS + 5_000_000, "1970-01-01T00:00:00.5Z"),
            (125_963_022_410_000_000, "2000-02-29T12:50:41Z"),
            (MAX_TICKS, "9999-12-31T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
        ];
        for (ticks, text) in cases {
            assert_eq!(UtcTime::from_ticks(ticks).to_string(), text);
            if ticks <= MAX_TICKS {
                assert_eq!(text.parse::<UtcTime>().ok(), Some(UtcTime::from_ticks(ticks)));
            }
        }
    }

    #[test]
    fn every_day_of_a_cycle_agrees_with_the_calendar_library() {
        for day in 0..150_000 {
            let time = UtcTime::from_ticks(day * SECONDS_PER_DAY * TICKS_PER_SECOND);
            let expected = opcua::DateTime::from(time.ticks()).as_chrono().format("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!(time.to_string(), expected);
        }
    }
}
