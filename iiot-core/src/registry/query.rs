//! What is asked of a registry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RecordKind, Versioned};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Field, Record, normal_value};

/// Records in one page.
pub const MAX_PAGE: usize = 1_000;

/// Filters in one query.
pub const MAX_FILTERS: usize = 16;

/// Asks for records of a kind that fit all filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What they are.
    pub kind: RecordKind,
    /// What they must be; all of it. [`MAX_FILTERS`] at most, else `InvalidArgument`.
    pub filters: Vec<Filter>,
    /// What names or URIs must contain, whatever its case.
    pub contains: Option<String>,
    /// The id behind which the page begins.
    pub after: Option<String>,
    /// Records in the page, [`MAX_PAGE`] at most.
    pub limit: usize,
}

impl Query {
    /// All records of a kind, the first hundred of them.
    #[must_use]
    pub const fn of(kind: RecordKind) -> Self {
        Self { kind, filters: Vec::new(), contains: None, after: None, limit: 100 }
    }

    /// Only those with this value.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<String>) -> Self {
        self.filters.push(Filter { field, value: value.into() });
        self
    }

    /// Records in the page, within the bounds.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.clamp(1, MAX_PAGE)
    }

    /// What every store refuses before it looks at what it holds.
    ///
    /// # Errors
    /// `InvalidArgument` for too many filters.
    pub fn check(&self) -> Result<()> {
        if self.filters.len() <= MAX_FILTERS {
            return Ok(());
        }
        let message = format!("{} filters, {MAX_FILTERS} are allowed", self.filters.len());
        Err(Error::new(ErrorKind::InvalidArgument, "query records", message))
    }

    /// Whether a record is asked for, wherever it stands in the order.
    #[must_use]
    pub fn fits(&self, record: &Record) -> bool {
        let labels = record.labels();
        let contains = self.contains.as_ref().map(|text| text.to_lowercase());
        self.filters.iter().all(|filter| labels.contains(&(filter.field, filter.normal())))
            && contains.is_none_or(|text| record.text().contains(&text))
    }
}

/// A value that records must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// Where.
    pub field: Field,
    /// What, in full.
    #[schemars(length(max = 4096))]
    pub value: String,
}

impl Filter {
    /// The value as labels have it.
    #[must_use]
    pub fn normal(&self) -> String {
        normal_value(self.field, &self.value)
    }
}

/// Some of the records that were asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Ordered by id.
    pub records: Vec<Versioned>,
    /// The id behind which there may be more.
    pub next: Option<String>,
}
