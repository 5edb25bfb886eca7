//! One JSON object with known properties, whose every oddity becomes a finding.

use std::cell::Cell;
use std::time::Duration;

use iiot_core::session::Secret;

use super::finding::{FindingKind, Findings, Place};
use super::json::{Json, Located, Member};
use super::property::{Property, nearest};
use super::{secret, timespan};

/// Reads the members of an object by name, whatever their case.
#[derive(Debug)]
pub(super) struct Object<'a> {
    pub(super) place: Place,
    members: Vec<Known<'a>>,
    findings: &'a Findings,
}

/// A member with a known name.
#[derive(Debug)]
struct Known<'a> {
    property: &'a Property,
    member: &'a Member,
    /// Whether somebody has looked at its value.
    seen: Cell<bool>,
}

impl<'a> Object<'a> {
    /// Checks every member against the known properties and reports those that have no effect.
    pub(super) fn new(place: Place, members: &'a [Member], known: &'a [Property], findings: &'a Findings) -> Self {
        let mut object = Self { place, members: Vec::with_capacity(members.len()), findings };
        for member in members {
            object.take(member, known);
        }
        object
    }

    fn take(&mut self, member: &'a Member, known: &'a [Property]) {
        let Member { name, .. } = member;
        let Some(property) = known.iter().find(|property| property.name.eq_ignore_ascii_case(name)) else {
            return self.report_name(member, FindingKind::UnknownProperty, unknown(name, known));
        };
        if self.find(property.name).is_some() {
            return self.report_name(member, FindingKind::Duplicate, "it is there twice; the first one is used");
        }
        self.members.push(Known { property, member, seen: Cell::new(false) });
    }

    /// Checks the values that nobody has looked at: a slip shows also where something else counts.
    pub(super) fn check_unseen(&self) {
        for Known { property, member, .. } in self.members.iter().filter(|known| !known.seen.get()) {
            if let Err(cause) = property.kind.check(&member.value.json) {
                self.invalid(property.name, &cause, "it has no effect");
            }
        }
    }

    fn find(&self, name: &str) -> Option<&'a Member> {
        let found = self.members.iter().find(|known| known.property.name == name)?;
        found.seen.set(true);
        Some(found.member)
    }

    /// The member, unless it is absent or null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Json> {
        self.member(name).map(|value| &value.json)
    }

    /// The same with its place.
    pub(super) fn member(&self, name: &str) -> Option<&'a Located> {
        self.find(name).map(|member| &member.value).filter(|value| value.json != Json::Null)
    }

    /// Where the value of a property is, or the object if it has none.
    pub(super) fn place_of(&self, name: &str) -> Place {
        match self.find(name) {
            Some(member) => self.place.below(&member.name, member.value.at),
            None => self.place.below(name, self.place.at),
        }
    }

    /// Reports something about a property, at its value.
    pub(super) fn report(&self, property: &str, kind: FindingKind, message: impl Into<String>) {
        let written = self.find(property).map_or(property, |member| &member.name);
        self.findings.add(&self.place_of(property), written, kind, message);
    }

    /// Reports something about the name of a member.
    fn report_name(&self, member: &Member, kind: FindingKind, message: impl Into<String>) {
        self.findings.add(&self.place.below(&member.name, member.at), &member.name, kind, message);
    }

    /// Reports a wrong value and what happens instead.
    pub(super) fn invalid(&self, property: &str, cause: &str, effect: &str) {
        self.report(property, FindingKind::InvalidValue, format!("{cause}; {effect}"));
    }

    /// An object with these properties; `None` where there is none, or something else, which is reported.
    pub(super) fn object(&self, name: &str, known: &'a [Property], effect: &str) -> Option<Self> {
        match self.get(name)? {
            Json::Object(members) => Some(Self::new(self.place_of(name), members, known, self.findings)),
            other => {
                self.invalid(name, &format!("it is {}, not an object", other.type_name()), effect);
                None
            }
        }
    }

    /// The objects of an array. What is none is reported and left out.
    pub(super) fn objects(&self, name: &str, known: &'a [Property]) -> Vec<Self> {
        let object = |(index, value): (usize, &'a Located)| {
            let place = self.place.below(&format!("{name}[{index}]"), value.at);
            let Json::Object(members) = &value.json else {
                let message = format!("it is {}, not an object; it is left out", value.json.type_name());
                self.findings.add(&place, "", FindingKind::InvalidValue, message);
                return None;
            };
            Some(Self::new(place, members, known, self.findings))
        };
        match self.get(name) {
            Some(Json::Array(values)) => values.iter().enumerate().filter_map(object).collect(),
            Some(other) => {
                self.invalid(name, &format!("it is {}, not an array", other.type_name()), "it is left out");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// The texts of an array, which may be one text; `None` if there is anything else, which is reported.
    pub(super) fn texts(&self, name: &str, effect: &str) -> Option<Vec<&'a str>> {
        let text = |value: &'a Json| match value {
            Json::Text(text) => Some(text.as_str()),
            _ => None,
        };
        let texts = match self.get(name) {
            None => Some(Vec::new()),
            Some(Json::Array(values)) => values.iter().map(|value| text(&value.json)).collect(),
            Some(value) => text(value).map(|text| vec![text]),
        };
        if texts.is_none() {
            self.invalid(name, "it is not an array of texts", effect);
        }
        texts
    }

    /// A text, trimmed; empty counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        match self.get(name)? {
            Json::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            other => {
                self.invalid(name, &format!("it is {}, not a text", other.type_name()), IGNORED);
                None
            }
        }
    }

    /// A text that must not be seen, untrimmed; it may lie elsewhere. `Err` if it cannot be had: reported
    /// with `effect`.
    pub(super) fn secret(&self, name: &str, effect: &str) -> Result<Option<Secret>, ()> {
        let Some(value) = self.get(name) else { return Ok(None) };
        secret::read(value).map(Some).map_err(|cause| self.invalid(name, &cause, effect))
    }

    /// A text, or a number written as one.
    pub(super) fn name(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Json::Number(number) => Some(number.to_string()),
            _ => self.text(name).map(str::to_owned),
        }
    }

    /// A boolean, also as text.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Json::Bool(value) => Some(*value),
            Json::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Json::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            other => {
                self.invalid(name, &format!("it is {}, not true or false", other.type_name()), IGNORED);
                None
            }
        }
    }

    /// A number, also as text.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        let number = match self.get(name)? {
            Json::Number(value) => Some(*value),
            Json::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        if number.is_none_or(|number| !number.is_finite()) {
            self.invalid(name, "it is not a number", IGNORED);
        }
        number.filter(|number| number.is_finite())
    }

    /// A whole number from 0 to `max`.
    pub(super) fn count(&self, name: &str, max: u32) -> Option<u32> {
        let number = self.number(name)?;
        if number.fract() == 0.0 && (0.0..=f64::from(max)).contains(&number) {
            return Some(number as u32);
        }
        self.invalid(name, &format!("it is not a whole number from 0 to {max}"), IGNORED);
        None
    }

    /// A time: the property with `Timespan` behind its name, else the number times `unit`.
    pub(super) fn duration(&self, name: &str, unit: Duration) -> Option<Duration> {
        let span_name = format!("{name}Timespan");
        if let Some(text) = self.text(&span_name) {
            let span = timespan::parse(text);
            if span.is_none() {
                self.invalid(&span_name, "it is not a time span like 00:00:01.5", IGNORED);
            }
            return span;
        }
        let number = self.number(name)?;
        let time = Duration::try_from_secs_f64(number * unit.as_secs_f64()).ok();
        if time.is_none() {
            self.invalid(name, "it is negative or too large", IGNORED);
        }
        time
    }

    /// One of the named values, whatever its case. `Err` if it is another one: reported with `effect`.
    pub(super) fn choice<T: Copy>(&self, name: &str, values: &[(&str, T)], effect: &str) -> Result<Option<T>, ()> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let found = match value {
            Json::Text(text) => values.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim())),
            _ => None,
        };
        if let Some((_, value)) = found {
            return Ok(Some(*value));
        }
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        self.invalid(name, &format!("it is none of {}", names.join(", ")), effect);
        Err(())
    }
}

/// What happens to an invalid value that something else can stand in for.
pub(super) const IGNORED: &str = "the default is used";

fn unknown(name: &str, known: &[Property]) -> String {
    match nearest(name, known) {
        Some(near) => format!("there is no such property, it has no effect; did you mean {near}?"),
        None => "there is no such property, it has no effect".into(),
    }
}
