//! Changing records, all or none.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::Transaction;
use super::names::{Indexed, Label, kind_name};
use super::statement::{Row, Statement, Value};
use crate::model::Record;
use crate::registry::{RecordKey, Revision, Write};

/// Changes that the log keeps: two of the largest commits.
pub(super) const KEPT: u64 = 2 * crate::registry::MAX_CHANGES as u64;

/// Takes the counter: whoever else changes records waits until the transaction is over, and sees its changes then. This is
/// what makes revisions visible in their order.
pub(super) async fn take_counter(transaction: &mut dyn Transaction) -> sqlx::Result<u64> {
    let take = Statement::new("UPDATE counter SET revision = revision RETURNING revision, '', '', NULL");
    let rows = transaction.rows(take).await?;
    rows.first().map(Row::unsigned).ok_or(sqlx::Error::RowNotFound)
}

/// A record as it is before a change.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) revision: Revision,
    indexed: Indexed,
}

/// What is there of the records that are to be changed.
pub(super) async fn before(
    transaction: &mut dyn Transaction,
    changes: &[Write],
) -> sqlx::Result<BTreeMap<(String, String), Before>> {
    let keys = changes.iter().map(|change| named(&change.key)).collect();
    let mut found = BTreeMap::new();
    for statement in Statement::of_rows(BEFORE, keys, ")") {
        for row in transaction.rows(statement).await? {
            let indexed = serde_json::from_str(row.text.as_deref().unwrap_or_default());
            let indexed = indexed.map_err(|cause| sqlx::Error::Decode(Box::new(cause)))?;
            let revision = Revision(row.unsigned());
            found.insert((row.kind, row.id), Before { revision, indexed });
        }
    }
    Ok(found)
}

/// What changes mean for each table.
#[derive(Debug)]
pub(super) struct Plan {
    /// A revision for each change.
    pub(super) revisions: Vec<Revision>,
    last: u64,
    put: Vec<[Value; 5]>,
    deleted: Vec<[Value; 2]>,
    labels: Vec<[Value; 4]>,
    no_labels: Vec<[Value; 4]>,
    texts: Vec<[Value; 3]>,
    log: Vec<[Value; 4]>,
}

impl Plan {
    /// Plans changes whose expectations were checked. `last` is the revision before them.
    pub(super) fn new(
        last: u64,
        changes: Vec<Write>,
        before: &BTreeMap<(String, String), Before>,
    ) -> serde_json::Result<Self> {
        let mut plan = Self {
            revisions: Vec::with_capacity(changes.len()),
            last,
            put: Vec::new(),
            deleted: Vec::new(),
            labels: Vec::new(),
            no_labels: Vec::new(),
            texts: Vec::new(),
            log: Vec::new(),
        };
        for change in changes {
            let name = (kind_name(change.key.kind), change.key.id.clone());
            plan.add(change, before.get(&name))?;
        }
        Ok(plan)
    }

    fn add(&mut self, change: Write, before: Option<&Before>) -> serde_json::Result<()> {
        let key = named(&change.key);
        match (change.record, before) {
            (Some(record), _) => self.put(key, &record, before.map(|before| &before.indexed))?,
            (None, Some(before)) => self.delete(key, &before.indexed),
            (None, None) => {}
        }
        self.revisions.push(Revision(self.last));
        Ok(())
    }

    fn put(&mut self, [kind, id]: [Value; 2], record: &Record, was: Option<&Indexed>) -> serde_json::Result<()> {
        let (is, text) = (Indexed::of(record), serde_json::to_string(record)?);
        self.last += 1;
        self.label(&kind, &id, was.map_or(&[], |was| &was.labels), &is.labels);
        if was.is_none_or(|was| was.text != is.text) {
            self.texts.push([kind.clone(), id.clone(), is.text.as_str().into()]);
        }
        self.log.push([self.last.into(), kind.clone(), id.clone(), text.as_str().into()]);
        self.put.push([kind, id, self.last.into(), serde_json::to_string(&is)?.into(), text.into()]);
        Ok(())
    }

    fn delete(&mut self, [kind, id]: [Value; 2], was: &Indexed) {
        self.last += 1;
        self.label(&kind, &id, &was.labels, &[]);
        self.log.push([self.last.into(), kind.clone(), id.clone(), Value::Nothing]);
        self.deleted.push([kind, id]);
    }

    /// Only what changes is written: searches see most servers as they were.
    fn label(&mut self, kind: &Value, id: &Value, was: &[Label], is: &[Label]) {
        let row = |(field, value): &Label| [kind.clone(), field.as_str().into(), value.as_str().into(), id.clone()];
        let (was, is): (BTreeSet<_>, BTreeSet<_>) = (was.iter().collect(), is.iter().collect());
        self.no_labels.extend(was.difference(&is).map(|label| row(label)));
        self.labels.extend(is.difference(&was).map(|label| row(label)));
    }

    /// Carries it out; returns the last revision.
    pub(super) async fn write(mut self, transaction: &mut dyn Transaction) -> sqlx::Result<u64> {
        let last = self.last;
        // In the order of their index, so that neighbours are written together.
        self.labels.sort_unstable();
        self.no_labels.sort_unstable();
        self.put.sort_unstable();
        self.texts.sort_unstable();
        let statements = [
            Statement::of_rows("DELETE FROM labels WHERE (kind, field, value, id) IN (VALUES", self.no_labels, ")"),
            Statement::of_rows("DELETE FROM texts WHERE (kind, id) IN (VALUES", self.deleted.clone(), ")"),
            Statement::of_rows("DELETE FROM records WHERE (kind, id) IN (VALUES", self.deleted, ")"),
            Statement::of_rows(PUT, self.put, PUT_AGAIN),
            Statement::of_rows("INSERT INTO labels (kind, field, value, id) VALUES", self.labels, ""),
            Statement::of_rows("INSERT INTO texts (kind, id, text) VALUES", self.texts, TEXT_AGAIN),
            Statement::of_rows("INSERT INTO changes (revision, kind, id, record) VALUES", self.log, ""),
        ];
        for statement in statements.into_iter().flatten() {
            transaction.run(statement).await?;
        }
        transaction.run(Statement::new("UPDATE counter SET revision = $1").bind(last)).await?;
        let old = last.saturating_sub(KEPT);
        transaction.run(Statement::new("DELETE FROM changes WHERE revision <= $1").bind(old)).await?;
        Ok(last)
    }
}

fn named(key: &RecordKey) -> [Value; 2] {
    [kind_name(key.kind).into(), key.id.as_str().into()]
}

const BEFORE: &str = "SELECT revision, kind, id, indexed FROM records WHERE (kind, id) IN (VALUES";

const PUT: &str = "INSERT INTO records (kind, id, revision, indexed, record) VALUES";
const PUT_AGAIN: &str = "ON CONFLICT (kind, id) DO UPDATE
    SET revision = excluded.revision, indexed = excluded.indexed, record = excluded.record";

const TEXT_AGAIN: &str = "ON CONFLICT (kind, id) DO UPDATE SET text = excluded.text";
