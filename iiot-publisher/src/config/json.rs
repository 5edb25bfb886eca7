//! JSON as it stands in the file: members in order, repeated names kept, and where each token begins.

use serde::de::DeserializeOwned;

/// Where a token begins. Both numbers count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) at: Position,
    pub(super) json: Json,
}

/// The same value elsewhere is equal.
impl PartialEq for Located {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Where its name stands.
    pub(super) at: Position,
    pub(super) name: String,
    pub(super) value: Located,
}

impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value == other.value
    }
}

/// A JSON value. Unlike `serde_json::Value` it shows that a member was written twice.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Located>),
    Object(Vec<Member>),
}

impl Json {
    /// What it is, for messages that must not show the value.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Whether it says "off": nothing, false, zero or empty.
    pub(super) fn is_off(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Number(value) => *value == 0.0,
            Self::Text(value) => value.is_empty(),
            Self::Array(values) => values.is_empty(),
            Self::Object(members) => members.is_empty(),
        }
    }
}

/// Why a text is not JSON, and where that shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) at: Position,
    pub(super) cause: &'static str,
}

/// Reads a text that is one JSON value (RFC 8259), nested at most 64 deep.
pub(super) fn read(text: &str) -> Result<Located, Broken> {
    let mut reader = Reader { text, at: 0, line: 1, line_start: 0, continuation_bytes: 0 };
    reader.skip_space();
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err(reader.broken("there is something behind the end"));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    /// The next byte.
    at: usize,
    line: u32,
    line_start: usize,
    /// Bytes of this line so far that begin no character.
    continuation_bytes: usize,
}

impl Reader<'_> {
    fn position(&self) -> Position {
        let column = self.at - self.line_start - self.continuation_bytes + 1;
        Position { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    fn broken(&self, cause: &'static str) -> Broken {
        Broken { at: self.position(), cause }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                (self.line, self.line_start, self.continuation_bytes) = (self.line + 1, self.at, 0);
            }
        }
    }

    /// Takes this byte and the space around it, if it is the next.
    fn take(&mut self, wanted: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        self.skip_space();
        found
    }

    fn value(&mut self, depth: usize) -> Result<Located, Broken> {
        if depth > MAX_DEPTH {
            return Err(self.broken("it is nested too deep"));
        }
        let at = self.position();
        let json = match self.peek() {
            Some(b'{') => Json::Object(self.members(depth)?),
            Some(b'[') => Json::Array(self.elements(depth)?),
            Some(b'"') => Json::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Json::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Located { at, json })
    }

    fn members(&mut self, depth: usize) -> Result<Vec<Member>, Broken> {
        let mut members = Vec::new();
        self.at += 1;
        if self.take(b'}') {
            return Ok(members);
        }
        loop {
            let at = self.position();
            if self.peek() != Some(b'"') {
                return Err(self.broken("expected a name in quotes"));
            }
            let name = self.string()?;
            if !self.take(b':') {
                return Err(self.broken("expected a colon"));
            }
            let value = self.value(depth + 1)?;
            members.push(Member { at, name, value });
            if self.take(b'}') {
                return Ok(members);
            }
            if !self.take(b',') {
                return Err(self.broken("expected a comma or }"));
            }
        }
    }

    fn elements(&mut self, depth: usize) -> Result<Vec<Located>, Broken> {
        let mut elements = Vec::new();
        self.at += 1;
        if self.take(b']') {
            return Ok(elements);
        }
        loop {
            elements.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(elements);
            }
            if !self.take(b',') {
                return Err(self.broken("expected a comma or ]"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Broken> {
        let begin = self.position();
        let rest = &self.text[self.at..];
        let Some(length) = length_of_string(rest.as_bytes()) else {
            return Err(Broken { at: begin, cause: "the text does not end" });
        };
        let string =
            parse(&rest[..length]).ok_or(Broken { at: begin, cause: "the text holds what JSON does not allow" });
        self.continuation_bytes += rest.as_bytes()[..length].iter().filter(|byte| **byte & 0xc0 == 0x80).count();
        self.at += length;
        string
    }

    fn number(&mut self) -> Result<f64, Broken> {
        let rest = &self.text[self.at..];
        let length =
            rest.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
        let number = parse(&rest[..length]).ok_or_else(|| self.broken("it is not a number"))?;
        self.at += length;
        Ok(number)
    }

    fn word(&mut self) -> Result<Json, Broken> {
        let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        let found = words.into_iter().find(|(word, _)| self.text[self.at..].starts_with(word));
        let (word, json) = found.ok_or_else(|| self.broken("expected a value"))?;
        self.at += word.len();
        Ok(json)
    }
}

/// Bytes from the opening quote to the closing one, both included.
fn length_of_string(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let end = bytes.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    Some(end? + 2)
}

fn parse<T: DeserializeOwned>(token: &str) -> Option<T> {
    serde_json::from_str(token).ok()
}

/// Files of the field are nested six deep.
const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// As serde_json has it, with members that are there twice left out.
    fn plain(json: &Json) -> serde_json::Value {
        match json {
            Json::Null => serde_json::Value::Null,
            Json::Bool(value) => (*value).into(),
            Json::Number(value) => (*value).into(),
            Json::Text(text) => text.as_str().into(),
            Json::Array(values) => values.iter().map(|value| plain(&value.json)).collect(),
            Json::Object(members) => members.iter().map(|m| (m.name.clone(), plain(&m.value.json))).collect(),
        }
    }

    #[test]
    fn tokens_have_their_line_and_column() {
        let json = read("[\n  { \"ä\": \"ö\\\"\", \"b\": [1,\r\n\t2] } ]").unwrap();
        let Json::Array(elements) = &json.json else { panic!("{json:?}") };
        let Json::Object(members) = &elements[0].json else { panic!("{json:?}") };
        let Json::Array(numbers) = &members[1].value.json else { panic!("{json:?}") };
        let tokens = [json.at, elements[0].at, members[0].at, members[1].at, numbers[0].at, numbers[1].at];
        let places = tokens.map(|at| (at.line, at.column));
        assert_eq!(places, [(1, 1), (2, 3), (2, 5), (2, 17), (2, 23), (3, 2)]);
        assert_eq!(members[0].value.json, Json::Text("ö\"".into()));
    }

    #[test]
    fn what_is_broken_is_told_where_it_shows() {
        let cases = [
            ("", 1, 1, "expected a value"),
            ("[1,]", 1, 4, "expected a value"),
            ("[1 2]", 1, 4, "expected a comma or ]"),
            ("{\"a\" 1}", 1, 6, "expected a colon"),
            ("{\"a\": 1,}", 1, 9, "expected a name in quotes"),
            ("{\"a\": 1]", 1, 8, "expected a comma or }"),
            ("\n\"a", 2, 1, "the text does not end"),
            ("[\"a\nb\"]", 1, 2, "the text holds what JSON does not allow"),
            ("[\"\\ud800\"]", 1, 2, "the text holds what JSON does not allow"),
            ("[01]", 1, 2, "it is not a number"),
            ("[1e999]", 1, 2, "it is not a number"),
            ("[] x", 1, 4, "there is something behind the end"),
        ];
        for (text, line, column, cause) in cases {
            assert_eq!(read(text).unwrap_err(), Broken { at: Position { line, column }, cause }, "{text}");
        }
        assert_eq!(read(&"[".repeat(100_000)).unwrap_err().cause, "it is nested too deep");
    }

    proptest! {
        #[test]
        fn what_it_takes_is_what_serde_json_takes(text in r#"[\[\]{},:"0-9.eE+\\ \nä-]{0,12}|\[(\{"a":-?[0-9.]{0,3}\},?)*\]"#) {
            let other = serde_json::from_str::<serde_json::Value>(&text);
            let own = read(&text);
            prop_assert_eq!(own.is_ok(), other.is_ok(), "{}", text);
        }

        #[test]
        fn any_text_comes_back(content in ".*") {
            let text = serde_json::to_string(&[&content]).unwrap();
            prop_assert_eq!(plain(&read(&text).unwrap().json), serde_json::json!([content]));
        }
    }
}
