//! Whom a certificate is issued to.

use iiot_core::ua::trust::draft;
use iiot_core::{Error, ErrorKind, Result};
use x509_cert::name::Name;

/// The name of the holder of a certificate: `CN=common name,O=organization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    common_name: String,
    organization: String,
}

impl Subject {
    /// A name; the organization may be empty.
    ///
    /// # Errors
    /// `InvalidArgument` if the common name is empty, one of both is longer than 64 characters (RFC 5280 Appendix A.1), or
    /// has control characters.
    pub fn new(common_name: &str, organization: &str) -> Result<Self> {
        for (part, text) in [("common name", common_name), ("organization", organization)] {
            if text.chars().count() > MAX_LENGTH || text.chars().any(is_forbidden) {
                return Err(unfit("it has 64 characters at most and no control characters").with("part", part));
            }
        }
        if common_name.trim().is_empty() {
            return Err(unfit("the common name must not be empty"));
        }
        Ok(Self { common_name: common_name.to_owned(), organization: organization.to_owned() })
    }

    /// The name of an application, whatever it calls itself: what cannot stand in a certificate is left out, what is too
    /// long is cut, and without a name it has that of its ApplicationUri.
    ///
    /// # Errors
    /// `InvalidArgument` if nothing is left, or the organization does not fit.
    pub fn of_application(application_name: &str, application_uri: &str, organization: &str) -> Result<Self> {
        let names = [shortened(application_name), shortened(application_uri)];
        let name = names.iter().find(|name| !name.is_empty()).map(String::as_str);
        Self::new(name.unwrap_or_default(), organization)
    }

    /// The common name.
    #[must_use]
    pub fn common_name(&self) -> &str {
        &self.common_name
    }

    /// The organization; may be empty.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    pub(super) fn name(&self) -> der::Result<Name> {
        draft::name(&self.common_name, &self.organization)
    }
}

/// RFC 5280 Appendix A.1: ub-common-name, ub-organization-name.
const MAX_LENGTH: usize = 64;

fn shortened(text: &str) -> String {
    let clean: String = text.chars().filter(|char| !is_forbidden(*char)).collect();
    clean.trim().chars().take(MAX_LENGTH).collect::<String>().trim_end().to_owned()
}

/// Control characters, and those that turn the direction of the text around them, so that a name looks like another.
fn is_forbidden(char: char) -> bool {
    char.is_control() || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn unfit(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "name the holder of a certificate", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_name_has_its_bounds() {
        Subject::new(&"ä".repeat(64), "").unwrap();
        for (name, organization) in [("", "Works"), (" ", ""), (&"x".repeat(65), ""), ("a\nb", ""), ("a", "\u{202e}b")]
        {
            let error = Subject::new(name, organization).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name} {organization}");
        }
    }

    #[test]
    fn whatever_an_application_calls_itself_it_gets_a_name() {
        let named = |name: &str| Subject::of_application(name, "urn:works:press", "").unwrap().common_name().to_owned();
        assert_eq!(named("Press\u{0} 7 "), "Press 7");
        assert_eq!(named("\u{202e}\n"), "urn:works:press");
        assert_eq!(named(&"x".repeat(100)), "x".repeat(64));
    }
}
