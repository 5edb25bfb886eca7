//! What stands behind the `?` of an address.

use std::time::Duration;

use iiot_core::{Error, ErrorKind, Result};

/// Names and values, taken out one by one.
#[derive(Debug)]
pub(super) struct Settings(Vec<(String, String)>);

impl Settings {
    /// An address without its settings, and these: `PLACE?name=value&flag`.
    pub(super) fn split(address: &str) -> (&str, Self) {
        let (place, text) = address.rsplit_once('?').unwrap_or((address, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
            (name.to_owned(), value.to_owned())
        };
        (place, Self(text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()))
    }

    /// The value of a setting.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// A whole number.
    pub(super) fn number(&mut self, name: &'static str) -> Result<Option<u64>> {
        let wrong = || refused("this setting is a whole number").with("setting", name);
        self.text(name).map(|text| text.parse().map_err(|_| wrong())).transpose()
    }

    /// A number with its unit: `500ms`, `30s`, `15m`, `12h`, `7d`.
    pub(super) fn duration(&mut self, name: &'static str) -> Result<Option<Duration>> {
        let wrong = || refused("this setting is a time as 500ms, 30s, 15m, 12h or 7d").with("setting", name);
        self.text(name).map(|text| duration(&text).ok_or_else(wrong)).transpose()
    }

    /// Present, or `true`, or `false`.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool> {
        match self.text(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(refused("this setting is true or false").with("setting", name)),
        }
    }

    /// The content of a file.
    #[cfg(feature = "mqtt")]
    pub(super) fn file(&mut self, name: &'static str) -> Result<Option<Vec<u8>>> {
        let unreadable = |cause| Error::new(ErrorKind::Io, "open sink", "the file cannot be read").because(cause);
        let read = |path: String| std::fs::read(&path).map_err(|cause| unreadable(cause).with("file", path));
        self.text(name).map(read).transpose()
    }

    /// Fails on what nobody has taken.
    pub(super) fn finish(self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(refused("this kind of sink has no such setting").with("setting", name)),
        }
    }
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = (text[..digits].parse::<u64>().ok()?, &text[digits..]);
    let seconds = match unit {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "open sink", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn settings_are_read_with_their_units_and_unknown_ones_named() {
        let (place, mut settings) = Settings::split("file:a?b.jsonl?max-mib=64&max-age=1d&gzip&kepp=3");
        assert_eq!(place, "file:a?b.jsonl");
        assert_eq!(settings.number("max-mib").unwrap(), Some(64));
        assert_eq!(settings.duration("max-age").unwrap(), Some(Duration::from_secs(86_400)));
        assert!(settings.flag("gzip").unwrap());
        let error = settings.finish().unwrap_err();
        assert!(error.report().contains("kepp"), "{}", error.report());
        for wrong in ["5", "s", "5y", "-5s", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
        assert!(Settings::split("x?n=1.5").1.number("n").is_err() && Settings::split("x?f=yes").1.flag("f").is_err());
    }
}
