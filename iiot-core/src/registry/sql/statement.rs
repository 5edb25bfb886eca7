//! A statement with its values, and the one shape of rows that statements here yield.

/// A value in a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Nothing,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// What every statement that reads yields, in this order: a number, a kind, an id, a text.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) number: i64,
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) text: Option<String>,
}

impl Row {
    /// The number where it is a revision or a count.
    pub(super) fn unsigned(&self) -> u64 {
        u64::try_from(self.number).unwrap_or(0)
    }
}

/// SQL with its values. The text is made of constants here and of places for values; what comes from elsewhere is a value.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// Whether the same text comes again and again, so that it pays to keep it prepared.
    pub(super) again: bool,
}

impl Statement {
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new(), again: true }
    }

    /// Adds a value for the next place.
    #[must_use]
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// The place of the next value, which is added.
    pub(super) fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Statements that name all rows between what comes before and after, some hundred at a time.
    pub(super) fn of_rows<const N: usize>(before: &str, mut rows: Vec<[Value; N]>, after: &str) -> Vec<Self> {
        let mut statements = Vec::new();
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(ROWS));
            statements.push(Self::of_some_rows(before, rows, after));
            rows = rest;
        }
        statements
    }

    fn of_some_rows<const N: usize>(before: &str, rows: Vec<[Value; N]>, after: &str) -> Self {
        let places = |row: usize| {
            let places: Vec<String> = (1..=N).map(|column| format!("${}", row * N + column)).collect();
            format!("({})", places.join(", "))
        };
        let all: Vec<String> = (0..rows.len()).map(places).collect();
        Self {
            sql: format!("{before} {} {after}", all.join(", ")),
            again: rows.len() == 1,
            values: rows.into_iter().flatten().collect(),
        }
    }
}

/// Rows in one statement; some databases take 32,766 values at most.
const ROWS: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_over_statements() {
        let rows: Vec<[Value; 2]> = (0..ROWS as u64 + 1).map(|n| [n.into(), "x".into()]).collect();
        let statements = Statement::of_rows("IN (VALUES", rows, ")");
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[0].values.len(), 2 * ROWS);
        assert_eq!(statements[1].sql, "IN (VALUES ($1, $2) )");
        assert!(statements[1].again && !statements[0].again);
    }
}
