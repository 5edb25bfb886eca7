//! Time spans as .NET writes them.

use std::time::Duration;

/// Reads `[d.]hh:mm[:ss[.fffffff]]`, or a bare number of days; `None` if it is neither or negative.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let (clock, seconds) = match parts.as_slice() {
        [days] => return Some(Duration::from_secs(number(days, 10_675_199)? * 86_400)),
        [hours, minutes] => ((*hours, *minutes), Duration::ZERO),
        [hours, minutes, seconds] => ((*hours, *minutes), fraction(seconds)?),
        _ => return None,
    };
    let (days, hours) = clock.0.split_once('.').unwrap_or(("0", clock.0));
    let minutes = (number(days, 10_675_199)? * 24 + number(hours, 23)?) * 60 + number(clock.1, 59)?;
    Some(Duration::from_secs(minutes * 60) + seconds)
}

/// Reads `ss[.fffffff]`.
fn fraction(text: &str) -> Option<Duration> {
    let (seconds, digits) = text.split_once('.').unwrap_or((text, "0"));
    let ticks = number(digits, 9_999_999)? * 10_u64.checked_pow(7_u32.checked_sub(digits.len() as u32)?)?;
    Some(Duration::from_secs(number(seconds, 59)?) + Duration::from_nanos(ticks * 100))
}

/// Decimal digits and nothing else, not above `max`.
fn number(digits: &str, max: u64) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|value| plain && *value <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_every_form_are_read() {
        let cases = [
            ("00:00:00.5", Some(Duration::from_millis(500))),
            ("00:00:00.0000001", Some(Duration::from_nanos(100))),
            ("00:01", Some(Duration::from_secs(60))),
            ("1.02:03:04", Some(Duration::from_secs(93_784))),
            ("6", Some(Duration::from_secs(6 * 86_400))),
            ("-00:00:01", None),
            ("24:00:00", None),
            ("00:60:00", None),
            ("00:00:00.12345678", None),
            ("1:2:3:4", None),
            ("", None),
            ("500ms", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
