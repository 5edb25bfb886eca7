//! Times as text and as 100 ns ticks since 1601, by a calendar that is not the one under test.

const TICKS_PER_SECOND: i64 = 10_000_000;
const DAYS_TO_1601: i64 = 584_388;

/// The ticks of `2026-01-31T23:59:59.1234567Z`.
#[must_use]
pub fn ticks(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (date, time) = whole.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let seconds = (days(year, month, day) - DAYS_TO_1601) * 86_400 + hour * 3600 + minute * 60 + second;
    let fraction: i64 = if fraction.len() > 7 { return None } else { format!("{fraction:0<7}").parse().ok()? };
    Some(seconds * TICKS_PER_SECOND + fraction)
}

/// The shortest text for ticks.
#[must_use]
pub fn iso(ticks: i64) -> String {
    let (seconds, fraction) = (ticks.div_euclid(TICKS_PER_SECOND), ticks.rem_euclid(TICKS_PER_SECOND));
    let (day, second) = (seconds.div_euclid(86_400) + DAYS_TO_1601, seconds.rem_euclid(86_400));
    // At most a few steps from the estimate, which takes every year for a leap year.
    let mut year = day / 366 + 1;
    while days(year + 1, 1, 1) <= day {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days(year, *month, 1) <= day).unwrap_or(1);
    let date = format!("{year:04}-{month:02}-{:02}", day - days(year, month, 1) + 1);
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    let fraction = format!(".{fraction:07}");
    format!("{date}T{time}{}Z", fraction.trim_end_matches('0').trim_end_matches('.'))
}

/// Days from 0001-01-01 of the proleptic Gregorian calendar, which is day 0.
fn days(year: i64, month: i64, day: i64) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let past = year - 1;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let leap_day = i64::from(is_leap && month > 2);
    past * 365 + past / 4 - past / 100 + past / 400 + BEFORE[(month - 1) as usize % 12] + leap_day + day - 1
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let numbers: Vec<i64> = text.split(separator).map(str::parse).collect::<Result<_, _>>().ok()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: [(i64, &str); 6] = [
        (0, "1601-01-01T00:00:00Z"),
        (116_444_736_000_000_000, "1970-01-01T00:00:00Z"),
        (125_963_022_410_000_000, "2000-02-29T12:50:41Z"),
        (134_397_857_093_193_925, "2026-11-22T01:48:29.3193925Z"),
        (132_539_328_000_000_001, "2021-01-01T00:00:00.0000001Z"),
        (2_650_467_743_990_000_000, "9999-12-31T23:59:59Z"),
    ];

    #[test]
    fn times_read_and_print() {
        for (number, text) in CASES {
            assert_eq!((ticks(text), iso(number).as_str()), (Some(number), text));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "2026-11-22T01:48:29", "2026-11-22 01:48:29Z", "2026-11-22T01:48:29.12345678Z", "x-y-zT1:2:3Z"]
        {
            assert_eq!(ticks(text), None, "{text}");
        }
    }
}
