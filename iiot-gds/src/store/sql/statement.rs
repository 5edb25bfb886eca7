//! A statement with its values, and the rows that it yields.

/// A value in a statement or in a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    Text,
    Number,
    Bytes,
}

/// What a statement found, read from left to right.
#[derive(Debug)]
pub(super) struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    pub(super) fn maybe_text(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Value::Text(text)) => text,
            _ => None,
        }
    }

    pub(super) fn text(&mut self) -> String {
        self.maybe_text().unwrap_or_default()
    }

    pub(super) fn maybe_number(&mut self) -> Option<i64> {
        match self.0.next() {
            Some(Value::Number(number)) => number,
            _ => None,
        }
    }

    pub(super) fn number(&mut self) -> i64 {
        self.maybe_number().unwrap_or_default()
    }

    /// A number that is never below 0.
    pub(super) fn unsigned(&mut self) -> u64 {
        u64::try_from(self.number()).unwrap_or(0)
    }

    pub(super) fn maybe_bytes(&mut self) -> Option<Vec<u8>> {
        match self.0.next() {
            Some(Value::Bytes(bytes)) => bytes,
            _ => None,
        }
    }

    pub(super) fn bytes(&mut self) -> Vec<u8> {
        self.maybe_bytes().unwrap_or_default()
    }
}

/// SQL with its values. The text is made of constants here and of places for values; what comes from elsewhere is a value.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// What it yields.
    pub(super) columns: &'static [Column],
    /// Whether the same text comes again and again, so that it pays to keep it prepared.
    pub(super) again: bool,
}

impl Statement {
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new(), columns: &[], again: true }
    }

    /// Says what it yields.
    #[must_use]
    pub(super) fn yields(self, columns: &'static [Column]) -> Self {
        Self { columns, ..self }
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
            columns: &[],
            values: rows.into_iter().flatten().collect(),
        }
    }
}

/// The same text with `?` for `$1`, `$2` and so on, where these stand in their order, each once; else as it is.
///
/// SQLite gives a name to each `$N`, and whoever binds values goes through all names for each of them.
pub(super) fn unnamed(sql: String) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (part, number) in parts.zip(1_usize..) {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        if part[..digits].parse() != Ok(number) {
            return sql;
        }
        text.push('?');
        text.push_str(&part[digits..]);
    }
    text
}

/// Rows in one statement; some databases take 32,766 values at most.
const ROWS: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lose_their_numbers_where_these_are_of_no_use() {
        let text = |sql: &str| unnamed(sql.to_owned());
        assert_eq!(text("SELECT 1"), "SELECT 1");
        assert_eq!(text("a = $1 AND b IN ($2, $3)"), "a = ? AND b IN (?, ?)");
        for kept in ["a = $1 OR b = $1", "b = $2 AND a = $1", "a = $2", "$one"] {
            assert_eq!(text(kept), kept);
        }
        let [statement] =
            &Statement::of_rows("VALUES", vec![[1_u64.into(), 2_u64.into()], [3_u64.into(), 4_u64.into()]], "")[..]
        else {
            panic!("two rows are few");
        };
        assert_eq!(unnamed(statement.sql.clone()), "VALUES (?, ?), (?, ?) ");
    }
}
