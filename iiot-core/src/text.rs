//! Texts of strangers: printable, and no longer than anybody needs.

/// Longer URIs and URLs are none (OPC 10000-6 §7.1.2.3).
pub const MAX_URI: usize = 4096;
/// Longer names are for nobody to read.
pub const MAX_NAME: usize = 512;

/// A text without what could move a cursor, change a colour or turn the direction of writing, cut behind `most` bytes;
/// and whether anything had to be done to it. Markup stays as it is: it is text.
#[must_use]
pub fn clean(text: &str, most: usize) -> (String, bool) {
    let mut cleaned = String::with_capacity(text.len().min(most));
    let mut changed = false;
    for letter in text.chars() {
        let letter = if is_printable(letter) { letter } else { char::REPLACEMENT_CHARACTER };
        if cleaned.len() + letter.len_utf8() > most {
            return (cleaned, true);
        }
        changed |= letter == char::REPLACEMENT_CHARACTER;
        cleaned.push(letter);
    }
    (cleaned, changed)
}

/// The text alone.
#[must_use]
pub fn cleaned(text: &str, most: usize) -> String {
    clean(text, most).0
}

fn is_printable(letter: char) -> bool {
    let turns =
        matches!(letter, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}');
    !letter.is_control() && !turns && !breaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        let hostile = "\u{1b}[31mred\u{1b}[0m\r\nnext\0 \u{9b}2J \u{202e}txt.exe";
        let (text, changed) = clean(hostile, MAX_NAME);
        assert!(changed && !text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}') && text.contains("red") && text.contains("next"));
    }

    #[test]
    fn markup_and_other_scripts_are_left_alone() {
        for text in ["<script>alert(1)</script>", "Förderband 3 – Ölpumpe", "压力传感器", "", "a\u{301}"] {
            assert_eq!(clean(text, MAX_NAME), (text.to_owned(), false));
        }
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(clean(&"ä".repeat(40_000), 7), ("äää".to_owned(), true));
        assert_eq!(clean("abc", 3), ("abc".to_owned(), false));
    }
}
