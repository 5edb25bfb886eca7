//! UtcTime as OPC 10000-6 §5.2.2.5 encodes it, without a calendar library on the hot path.

use std::cell::Cell;
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
const TICKS_PER_SECOND: u64 = 10_000_000;
const SECONDS_PER_DAY: u64 = 86_400;
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

    /// Nanoseconds since 1970; the nearest that there are for times before 1677 and after 2262.
    #[must_use]
    pub const fn unix_nanoseconds(self) -> i64 {
        let ticks = self.ticks().saturating_sub(UNIX_EPOCH_TICKS).saturating_mul(100);
        // The smallest number stands for no time in other places.
        if ticks == i64::MIN { i64::MIN + 1 } else { ticks }
    }

    /// The time that has passed since `earlier`; zero if it is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let ticks = self.ticks().saturating_sub(earlier.ticks());
        if ticks <= 0 { Duration::ZERO } else { Duration::from_nanos((ticks as u64).saturating_mul(100)) }
    }

    /// Appends ISO 8601 with as many fraction digits as there are (at most seven) and a `Z`.
    pub fn write_iso8601(self, out: &mut Vec<u8>) {
        // Unsigned arithmetic, which is quicker; the clamp keeps all of it in range.
        let ticks = self.ticks().clamp(0, MAX_TICKS) as u64;
        let (second, fraction) = (ticks / TICKS_PER_SECOND, (ticks % TICKS_PER_SECOND) as u32);
        out.extend_from_slice(&text_of_second(second));
        if fraction == 0 {
            return out.push(b'Z');
        }
        let (digits, length) = fraction_digits(fraction);
        // A copy of fixed length is quicker than one that is as long as it must be.
        let end = out.len() + 1 + length;
        out.extend_from_slice(&[b'.', digits[0], digits[1], digits[2], digits[3], digits[4], digits[5], digits[6]]);
        out.truncate(end);
        out.push(b'Z');
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

/// A second since 1601 as `0000-00-00T00:00:00`. Times that are written one after the other mostly lie in the same
/// second.
fn text_of_second(second: u64) -> [u8; 19] {
    thread_local! {
        static LAST: Cell<(u64, [u8; 19])> = const { Cell::new((0, *b"1601-01-01T00:00:00")) };
    }
    let (known, text) = LAST.get();
    if known == second {
        return text;
    }
    let text = render_second(second);
    LAST.set((second, text));
    text
}

fn render_second(second: u64) -> [u8; 19] {
    let (year, month, day) = civil_from_days((second / SECONDS_PER_DAY) as u32);
    let second = (second % SECONDS_PER_DAY) as u32;
    let mut text = *b"0000-00-00T00:00:00";
    digits(&mut text[0..4], year);
    digits(&mut text[5..7], month);
    digits(&mut text[8..10], day);
    digits(&mut text[11..13], second / 3600);
    digits(&mut text[14..16], second / 60 % 60);
    digits(&mut text[17..19], second % 60);
    text
}

/// Seven digits of ticks below a second, the eighth is 0, and how many of them there are without zeros at the
/// end.
fn fraction_digits(ticks: u32) -> ([u8; 8], usize) {
    // All digits at once, each in a byte of one number: first four and four, then pairs, then single ones.
    let ticks = u64::from(ticks) * 10;
    let halves = (ticks / 10_000) | (ticks % 10_000) << 32;
    let upper = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = ((halves - 100 * upper) << 16) + upper;
    let upper = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    let digits = ((pairs - 10 * upper) << 8) + upper;
    let length = 8 - digits.leading_zeros() as usize / 8;
    ((digits + 0x3030_3030_3030_3030).to_le_bytes(), length)
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
            (UNIX_EPOCH_TICKS + 1_234_567, "1970-01-01T00:00:00.1234567Z"),
            (UNIX_EPOCH_TICKS + 10_009_000, "1970-01-01T00:00:01.0009Z"),
            (UNIX_EPOCH_TICKS + 9_999_999, "1970-01-01T00:00:00.9999999Z"),
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
    fn every_fraction_has_its_digits_and_no_zeros_behind_them() {
        for ticks in (1..10_000_000).step_by(7).chain((0..7).map(|zeros| 10_u32.pow(zeros))) {
            let (digits, length) = fraction_digits(ticks);
            let text = format!("{ticks:07}");
            assert_eq!(std::str::from_utf8(&digits[..length]), Ok(text.trim_end_matches('0')));
        }
    }

    #[test]
    fn every_day_of_a_cycle_agrees_with_the_calendar_library() {
        for day in 0..150_000 {
            let time = UtcTime::from_ticks(day * 864_000_000_000);
            let expected = opcua::DateTime::from(time.ticks()).as_chrono().format("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!(time.to_string(), expected);
        }
    }
}
