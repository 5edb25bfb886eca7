//! What a query is in SQL: a range of one index, and a look into others for each id of it.

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
    let mut search = Search::default();
    narrow.into_iter().for_each(|(_, filter)| search.filter(&mut statement, &kind, filter));
    // To look through all texts is quicker than to look up the text of each record that a wide filter finds.
    if let Some(text) = query.contains.as_ref().filter(|text| !text.is_empty()) {
        let text = statement.place(stored_text(&text.to_lowercase()));
        search.look("texts", &kind, |name| format!("{}({name}.text, {text}) > 0", dialect.find));
    }
    wide.into_iter().for_each(|(_, filter)| search.filter(&mut statement, &kind, filter));
    let after = statement.place(before_nul(after));
    let limit = statement.place(limit as u64);
    statement.sql = search.sql(&kind, &after, &limit);
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

/// Tables that are looked into for the same id.
#[derive(Debug, Default)]
struct Search {
    /// The one that is read in the order of ids.
    base: Option<&'static str>,
    conditions: Vec<String>,
}

impl Search {
    fn filter(&mut self, statement: &mut Statement, kind: &str, filter: &Filter) {
        let (field, value) = place(statement, filter);
        self.look("labels", kind, |name| format!("{name}.field = {field} AND {name}.value = {value}"));
    }

    /// Tables after the first are looked into for each id, as values: no planner turns them into a join, in which it may,
    /// without statistics, compare everything with everything.
    fn look(&mut self, table: &'static str, kind: &str, condition: impl Fn(&str) -> String) {
        self.conditions.push(match self.base {
            None => condition("base"),
            Some(_) => format!(
                "(SELECT 1 FROM {table} AS other WHERE other.kind = {kind} AND other.id = base.id AND {}) = 1",
                condition("other")
            ),
        });
        self.base.get_or_insert(table);
    }

    fn sql(self, kind: &str, after: &str, limit: &str) -> String {
        let conditions: String = self.conditions.iter().map(|condition| format!(" AND {condition}")).collect();
        let range = format!("base.kind = {kind} AND base.id > {after}{conditions}");
        let Some(base) = self.base else {
            return format!(
                "SELECT revision, kind, id, record FROM records AS base WHERE {range} ORDER BY id LIMIT {limit}"
            );
        };
        // The page first and then its records, so that no planner reads records that are not in it.
        format!(
            "SELECT r.revision, r.kind, r.id, r.record
            FROM (SELECT base.id FROM {base} AS base WHERE {range} ORDER BY base.id LIMIT {limit}) AS page
            CROSS JOIN records AS r WHERE r.kind = {kind} AND r.id = page.id ORDER BY r.id"
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
