//! Which paths are wanted.

use regex::{Regex, RegexBuilder};

use iiot_core::{Error, ErrorKind, Result};

/// Chooses variables by their path below the node where the search began, as `Motor/Speed`.
///
/// A pattern is compared with the whole path, in any case: `*` stands for any characters of one name, `**` for any
/// number of names, `?` for one character. Behind `re:` it is a regular expression, of which a match anywhere counts.
///
/// ```
/// use iiot_publisher::expand::PathFilter;
///
/// let filter = PathFilter::new(["**/Temp*", "re:^Pump[0-9]/"], ["**/Internal/**"])?;
/// assert!(filter.wants("Oven/Zone1/Temperature") && filter.wants("Pump7/Flow"));
/// assert!(!filter.wants("Oven/Internal/Temperature") && !filter.wants("Oven/Flow"));
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct PathFilter {
    include: Vec<Regex>,
    exclude: Vec<Regex>,
}

impl PathFilter {
    /// Wants paths that a pattern of `include` fits, all where there is none, but for those that one of `exclude` fits.
    ///
    /// # Errors
    /// `InvalidArgument` with the pattern that is none.
    pub fn new<'a>(
        include: impl IntoIterator<Item = &'a str>,
        exclude: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self> {
        let read = |patterns: &mut dyn Iterator<Item = &'a str>| patterns.map(pattern).collect::<Result<Vec<_>>>();
        Ok(Self { include: read(&mut include.into_iter())?, exclude: read(&mut exclude.into_iter())? })
    }

    /// Whether a path is wanted.
    #[must_use]
    pub fn wants(&self, path: &str) -> bool {
        let fits = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(path));
        (self.include.is_empty() || fits(&self.include)) && !fits(&self.exclude)
    }
}

/// Filters are equal if they were written alike.
impl PartialEq for PathFilter {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &[Regex], b: &[Regex]| a.iter().map(Regex::as_str).eq(b.iter().map(Regex::as_str));
        same(&self.include, &other.include) && same(&self.exclude, &other.exclude)
    }
}

fn pattern(text: &str) -> Result<Regex> {
    let expression = match text.strip_prefix("re:") {
        Some(expression) => expression.to_owned(),
        None => of_wildcards(text),
    };
    let built = RegexBuilder::new(&expression).case_insensitive(true).size_limit(MAX_SIZE).build();
    built.map_err(|cause| {
        // The lines before show the expression.
        let cause = cause.to_string();
        let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let message = format!("{text:?} is no pattern: {cause}; write **/Temp* or re:^Pump[0-9]/");
        Error::new(ErrorKind::InvalidArgument, "read pattern", message)
    })
}

fn of_wildcards(text: &str) -> String {
    let (mut expression, mut rest) = (String::from("^"), text);
    while let Some(first) = rest.chars().next() {
        let (piece, length) = match rest {
            _ if rest.starts_with("**/") => ("(.*/)?".to_owned(), 3),
            _ if rest.starts_with("**") => (".*".to_owned(), 2),
            _ if first == '*' => ("[^/]*".to_owned(), 1),
            _ if first == '?' => ("[^/]".to_owned(), 1),
            _ => (regex::escape(&rest[..first.len_utf8()]), first.len_utf8()),
        };
        expression.push_str(&piece);
        rest = &rest[length..];
    }
    expression + "$"
}

/// Bytes of a compiled pattern.
const MAX_SIZE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn wildcards_and_expressions_choose_paths() {
        let cases: &[(&str, &str, bool)] = &[
            ("*", "A", true),
            ("*", "A/B", false),
            ("**", "A/B", true),
            ("A/**", "A/B/C", true),
            ("A/**", "A", false),
            ("**/C", "C", true),
            ("**/C", "A/B/c", true),
            ("A?/[x]", "A1/[x]", true),
            ("A?/[x]", "A/[x]", false),
            ("Temp.*", "Temp.1", true),
            ("Temp.*", "TempX1", false),
            ("re:speed$", "Motor/Speed", true),
            ("re:^speed", "Motor/Speed", false),
        ];
        for (pattern, path, wanted) in cases {
            assert_eq!(PathFilter::new([*pattern], []).unwrap().wants(path), *wanted, "{pattern} {path}");
            assert_eq!(PathFilter::new([], [*pattern]).unwrap().wants(path), !wanted, "not {pattern} {path}");
        }
        assert!(PathFilter::default().wants("A"));
    }

    #[test]
    fn a_bad_pattern_is_told_with_its_text() {
        let error = PathFilter::new(["re:("], []).unwrap_err().to_string();
        assert!(error.contains("\"re:(\" is no pattern: unclosed group"), "{error}");
        assert!(PathFilter::new(["re:(a{1000}){1000}"], []).is_err());
    }
}
