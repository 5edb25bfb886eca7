//! What a search changed, application by application.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::model::{NamedApplication, RunDiff};

/// What a search says of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::registrar) enum Verdict {
    New,
    Back,
    /// By the names of what has changed.
    Changed(BTreeSet<&'static str>),
    Gone,
    Unchanged,
}

impl Verdict {
    pub(super) fn of(changed: BTreeSet<&'static str>) -> Self {
        if changed.is_empty() { Self::Unchanged } else { Self::Changed(changed) }
    }

    /// Something else has changed, too.
    pub(super) fn and(self, what: &'static str) -> Self {
        match self {
            Self::Unchanged => Self::Changed(BTreeSet::from([what])),
            Self::Changed(mut changed) => {
                changed.insert(what);
                Self::Changed(changed)
            }
            as_it_is => as_it_is,
        }
    }
}

/// What a search says of all that it concerns, by their ids.
#[derive(Debug, Clone, Default)]
pub(in crate::registrar) struct Verdicts(BTreeMap<String, (String, Verdict)>);

impl Verdicts {
    pub(super) fn note(&mut self, id: &str, name: &str, verdict: Verdict) {
        let name = name.chars().take(MAX_NAME).collect();
        self.0.insert(id.to_owned(), (name, verdict));
    }

    /// Takes over what is said of one application, for it is on record now; what was said first stays.
    pub(in crate::registrar) fn take_over(&mut self, id: &str, from: &Self) {
        if let Some(said) = from.0.get(id) {
            self.0.entry(id.to_owned()).or_insert_with(|| said.clone());
        }
    }

    /// Takes over what is said of those of which nothing is said here.
    pub(in crate::registrar) fn take_over_others(&mut self, from: Self) {
        for (id, said) in from.0 {
            self.0.entry(id).or_insert(said);
        }
    }

    pub(in crate::registrar) fn into_diff(self) -> RunDiff {
        let mut diff = RunDiff::default();
        for (id, (name, verdict)) in self.0 {
            let (list, what) = match verdict {
                Verdict::New => (&mut diff.new, BTreeSet::new()),
                Verdict::Back => (&mut diff.back, BTreeSet::new()),
                Verdict::Gone => (&mut diff.gone, BTreeSet::new()),
                Verdict::Changed(what) => (&mut diff.changed, what),
                Verdict::Unchanged => {
                    diff.unchanged += 1;
                    continue;
                }
            };
            list.push(NamedApplication { id, name, what: what.into_iter().map(str::to_owned).collect() });
        }
        diff.summary = sentence(&diff);
        for list in [&mut diff.new, &mut diff.back, &mut diff.changed, &mut diff.gone] {
            list.truncate(MAX_LISTED);
        }
        diff
    }
}

fn sentence(diff: &RunDiff) -> String {
    let back = match diff.back.len() {
        0 => String::new(),
        count => format!(", {count} back"),
    };
    let (new, gone, changed) = (diff.new.len(), diff.gone.len(), diff.changed.len());
    format!("{new} new{back}, {gone} gone, {changed} changed, {} as before", diff.unchanged)
}

const MAX_NAME: usize = 256;
/// Applications in each list; the summary counts all.
const MAX_LISTED: usize = 10_000;
