//! What stands before the value of each field, rendered once.

use iiot_core::json;

use crate::plan::{FieldPlan, WriterPlan};
use crate::profile::MessageProfile;

/// The prefixes of a data set's fields, one behind the other: there may be many fields.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    text: Box<[u8]>,
    /// Where that of each field ends.
    ends: Box<[u32]>,
}

impl Prefixes {
    /// Those of a writer: a key for each field, or the beginning of a sample. Binary messages have none.
    pub(crate) fn of(profile: MessageProfile, writer: &WriterPlan, application_uri: &str) -> Self {
        let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(writer.fields.len()));
        for field in writer.fields.iter().filter(|_| !profile.is_binary()) {
            write_prefix(&mut text, profile, writer, field, application_uri);
            ends.push(u32::try_from(text.len()).expect("the names of a configuration fit into 4 GiB"));
        }
        Self { text: text.into(), ends: ends.into() }
    }

    /// That of the field at this position; empty where there is none.
    pub(crate) fn get(&self, position: usize) -> &[u8] {
        let end = |position: usize| self.ends.get(position).map(|end| *end as usize);
        let Some(to) = end(position) else { return &[] };
        let from = position.checked_sub(1).and_then(end).unwrap_or(0);
        &self.text[from..to]
    }
}

fn write_prefix(
    out: &mut Vec<u8>,
    profile: MessageProfile,
    writer: &WriterPlan,
    field: &FieldPlan,
    application_uri: &str,
) {
    if profile.is_samples() && writer.event.is_none() {
        return super::json::sample_prefix(out, profile, writer, field, application_uri);
    }
    json::write_string(out, &field.name);
    out.push(b':');
}

/// What stands before all fields of an event: nothing, but in samples, where they are one value of the notifier.
pub(crate) fn event_prefix(
    profile: MessageProfile,
    writer: &WriterPlan,
    notifier: &FieldPlan,
    application_uri: &str,
) -> Box<[u8]> {
    let mut out = Vec::new();
    if profile.is_samples() {
        super::json::sample_prefix(&mut out, profile, writer, notifier, application_uri);
    }
    out.into()
}
