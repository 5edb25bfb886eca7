//! Hours in which nothing is contacted.

use std::time::Duration;

use iiot_core::operation::POINTER;
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};

use crate::plan::QuietHours;

/// The quiet minutes of each day.
///
/// ```
/// use iiot_discovery::plan::QuietHours;
/// use iiot_discovery::quiet::Quiet;
///
/// # fn main() -> iiot_core::Result<()> {
/// // The early shift, where clocks are an hour ahead of UTC.
/// let hours = QuietHours { from: "22:00".into(), to: "06:00".into(), utc_offset_minutes: 60 };
/// let quiet = Quiet::of(&[hours])?;
/// assert_eq!(quiet.until("2025-03-01T23:30:00Z".parse()?), Some("2025-03-02T05:00:00Z".parse()?));
/// assert_eq!(quiet.until("2025-03-02T05:00:00Z".parse()?), None);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// By the minute of the day in UTC; all hours of all zones at once.
    minutes: Box<[bool; MINUTES]>,
}

const MINUTES: usize = 24 * 60;
const TICKS_PER_MINUTE: i64 = 60 * 10_000_000;
/// Minutes that clocks can be ahead of UTC, either way.
const MAX_OFFSET: i16 = 840;

impl Quiet {
    /// The hours of a plan.
    ///
    /// # Errors
    /// `InvalidArgument` where an hour is none, or nothing is left of the day; the place is told as [`POINTER`].
    pub fn of(hours: &[QuietHours]) -> Result<Self> {
        let mut minutes = Box::new([false; MINUTES]);
        for (index, hours) in hours.iter().enumerate() {
            let (first, count) = span(hours).map_err(|(member, why)| wrong(&format!("/{index}{member}"), why))?;
            (first..first + count).for_each(|minute| minutes[minute % MINUTES] = true);
        }
        if minutes.iter().all(|quiet| *quiet) {
            return Err(wrong("", "they leave no minute of the day, so nothing could ever be contacted"));
        }
        Ok(Self { minutes })
    }

    /// When it is no longer quiet; `None` if it is not quiet now.
    #[must_use]
    pub fn until(&self, now: UtcTime) -> Option<UtcTime> {
        let minute = now.ticks().div_euclid(TICKS_PER_MINUTE);
        let of_day = usize::try_from(minute.rem_euclid(MINUTES as i64)).unwrap_or_default();
        let wait = (0..MINUTES).find(|wait| !self.minutes[(of_day + wait) % MINUTES])?;
        let begun = UtcTime::from_ticks(minute * TICKS_PER_MINUTE);
        (wait > 0).then(|| begun + Duration::from_secs(60 * wait as u64))
    }
}

/// The first minute in UTC and how many there are.
fn span(hours: &QuietHours) -> Result<(usize, usize), (&'static str, &'static str)> {
    let (from, to) = (time("/from", &hours.from)?, time("/to", &hours.to)?);
    if from == to {
        return Err(("", "they end when they begin; leave them out, or leave some of the day"));
    }
    let offset = hours.utc_offset_minutes;
    if !(-MAX_OFFSET..=MAX_OFFSET).contains(&offset) {
        return Err(("/utcOffsetMinutes", "clocks are at most 840 minutes ahead of UTC or behind it"));
    }
    let day = MINUTES as i32;
    let first = (i32::from(from) - i32::from(offset)).rem_euclid(day);
    let count = (i32::from(to) - i32::from(from)).rem_euclid(day);
    Ok((first.unsigned_abs() as usize, count.unsigned_abs() as usize))
}

/// The minute of the day that `06:00` is.
fn time(member: &'static str, text: &str) -> Result<u16, (&'static str, &'static str)> {
    let two_digits = |text: &str, below: u16| {
        let is_number = text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_digit());
        text.parse::<u16>().ok().filter(|number| is_number && *number < below)
    };
    let parsed =
        text.split_once(':').and_then(|(hour, minute)| Some(two_digits(hour, 24)? * 60 + two_digits(minute, 60)?));
    parsed.ok_or((member, "it is not a time of day like 06:00"))
}

fn wrong(place: &str, why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read the quiet hours", why)
        .with(POINTER, format!("#/plan/quietHours{place}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn hours(from: &str, to: &str, utc_offset_minutes: i16) -> QuietHours {
        QuietHours { from: from.into(), to: to.into(), utc_offset_minutes }
    }

    fn until(hours: &[QuietHours], now: &str) -> Option<String> {
        Quiet::of(hours).unwrap().until(now.parse().unwrap()).map(|time| time.to_string())
    }

    #[test]
    fn hours_may_go_over_midnight_and_follow_each_other() {
        let night = [hours("22:00", "06:00", 0)];
        assert_eq!(until(&night, "2025-12-31T21:59:59.9Z"), None);
        assert_eq!(until(&night, "2025-12-31T22:00:00Z").unwrap(), "2026-01-01T06:00:00Z");
        assert_eq!(until(&night, "2026-01-01T05:59:59.9Z").unwrap(), "2026-01-01T06:00:00Z");
        assert_eq!(until(&night, "2026-01-01T06:00:00Z"), None);
        let shifts = [hours("06:00", "14:00", 0), hours("14:00", "22:00", 0), hours("21:00", "23:00", 0)];
        assert_eq!(until(&shifts, "2025-06-01T06:30:00Z").unwrap(), "2025-06-01T23:00:00Z");
        assert_eq!(until(&[], "2025-06-01T06:30:00Z"), None);
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        let kathmandu = [hours("00:30", "08:00", 345)];
        assert_eq!(until(&kathmandu, "2025-06-01T18:44:00Z"), None);
        assert_eq!(until(&kathmandu, "2025-06-01T18:45:00Z").unwrap(), "2025-06-02T02:15:00Z");
        let behind = [hours("20:00", "22:00", -300)];
        assert_eq!(until(&behind, "2025-06-01T01:00:00Z").unwrap(), "2025-06-01T03:00:00Z");
    }

    #[test]
    fn hours_that_are_none_are_named() {
        let cases = [
            (hours("6:00", "08:00", 0), "#/plan/quietHours/1/from"),
            (hours("06:00", "24:00", 0), "#/plan/quietHours/1/to"),
            (hours("06:00", "+6:00", 0), "#/plan/quietHours/1/to"),
            (hours("06:00", "06:60", 0), "#/plan/quietHours/1/to"),
            (hours("06:00", "06:00", 0), "#/plan/quietHours/1"),
            (hours("06:00", "07:00", 841), "#/plan/quietHours/1/utcOffsetMinutes"),
            (hours("02:00", "01:00", 0), "#/plan/quietHours"),
        ];
        for (wrong, place) in cases {
            let error = Quiet::of(&[hours("01:00", "02:00", 0), wrong]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.context().contains(&(POINTER.into(), place.into())), "{error}");
        }
    }

    proptest! {
        #[test]
        fn it_is_not_quiet_when_the_wait_is_over(
            all in prop::collection::vec((0_u16..1440, 1_u16..400, -840_i16..=840), 0..4),
            now in 0_i64..864_000_000_000 * 400,
        ) {
            let text = |minute: u16| format!("{:02}:{:02}", minute % 1440 / 60, minute % 60);
            let list: Vec<QuietHours> =
                all.iter().map(|(from, count, offset)| hours(&text(*from), &text(from + count), *offset)).collect();
            let (quiet, now) = (Quiet::of(&list).unwrap(), UtcTime::from_ticks(now));
            if let Some(end) = quiet.until(now) {
                prop_assert!(end > now && quiet.until(end).is_none());
                let just_before = UtcTime::from_ticks(end.ticks() - 1);
                prop_assert_eq!(quiet.until(just_before), Some(end));
            }
        }
    }
}
