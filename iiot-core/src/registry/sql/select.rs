//! What a query is in SQL: ranges of one index, joined by id.

use super::engine::Dialect;
use super::names::{kind_name, stored_text, stored_value};
use super::statement::Statement;
use crate::registry::{Filter, Query};

/// Finds the records behind an id that fit the filters, of which it is known how many records fit them: what finds least
/// leads.
pub(super) fn page(
    dialect: &Dialect,
    query: &Query,
    filters: &[(u64, Filter)],
    after: &str,
    limit: usize,
) -> Statement {
    let mut statement = Statement::new("");
    let kind = statement.place(kind_name(query.kind));
    let (narrow, wide): (Vec<_>, Vec<_>) = filters.iter().partition(|(count, _)| *count < MANY);
    let mut joined = Joined::default();
    narrow.into_iter().for_each(|(_, filter)| joined.filter(&mut statement, &kind, filter));
    // To look through all texts is quicker than to look up the text of each record that a wide filter finds.
    if let Some(text) = query.contains.as_ref().filter(|text| !text.is_empty()) {
        let text = statement.place(stored_text(&text.to_lowercase()));
        joined.add("texts", "t", &kind, &format!(" AND {}(t.text, {text}) > 0", dialect.find));
    }
    wide.into_iter().for_each(|(_, filter)| joined.filter(&mut statement, &kind, filter));
    joined.add("records", "r", &kind, "");
    let after = statement.place(before_nul(after));
    let limit = statement.place(limit as u64);
    statement.sql = joined.select(&after, &limit);
    statement
}

/// Counts the records with a value, up to as many as make no difference.
pub(super) fn count(query: &Query, filter: &Filter, after: &str) -> Statement {
    let mut statement = Statement::new("");
    let kind = statement.place(kind_name(query.kind));
    let (field, value) = place(&mut statement, filter);
    let after = statement.place(before_nul(after));
    statement.sql = format!(
        "SELECT count(*), '', '', NULL FROM (SELECT 1 FROM labels
            WHERE kind = {kind} AND field = {field} AND value = {value} AND id > {after} LIMIT {MANY}) AS found"
    );
    statement
}

/// Tables that are joined by id in their order.
#[derive(Debug, Default)]
struct Joined {
    tables: Vec<String>,
    conditions: Vec<String>,
    first: Option<String>,
}

impl Joined {
    fn filter(&mut self, statement: &mut Statement, kind: &str, filter: &Filter) {
        let (field, value) = place(statement, filter);
        let name = format!("l{}", self.tables.len());
        self.add("labels", &name, kind, &format!(" AND {name}.field = {field} AND {name}.value = {value}"));
    }

    fn add(&mut self, table: &str, name: &str, kind: &str, condition: &str) {
        self.tables.push(format!("{table} AS {name}"));
        let same = self.first.as_ref().map(|first| format!(" AND {name}.id = {first}.id")).unwrap_or_default();
        self.conditions.push(format!("{name}.kind = {kind}{same}{condition}"));
        self.first.get_or_insert_with(|| name.to_owned());
    }

    fn select(self, after: &str, limit: &str) -> String {
        let first = self.first.unwrap_or_default();
        // CROSS JOIN, so that SQLite keeps the order.
        format!(
            "SELECT r.revision, r.kind, r.id, r.record FROM {} WHERE {} AND {first}.id > {after}
            ORDER BY {first}.id LIMIT {limit}",
            self.tables.join(" CROSS JOIN "),
            self.conditions.join(" AND "),
        )
    }
}

fn place(statement: &mut Statement, filter: &Filter) -> (String, String) {
    (statement.place(filter.field.name()), statement.place(stored_value(&filter.normal())))
}

/// Ids hold no NUL, so what lies behind an id with one lies behind its beginning.
fn before_nul(after: &str) -> &str {
    after.split('\0').next().unwrap_or_default()
}

/// A filter that so many records fit need not be told from one that more fit.
const MANY: u64 = 1_000;
