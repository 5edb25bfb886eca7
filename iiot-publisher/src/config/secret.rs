//! Texts that must not be seen, and need not stand in the file.

use std::fs::File;
use std::io::Read;

use iiot_core::session::Secret;
use zeroize::Zeroizing;

use super::json::{Json, Member};

/// The text, that of `{"$file": "path"}` or of `{"$env": "NAME"}`; why there is none otherwise.
pub(super) fn read(value: &Json) -> Result<Secret, String> {
    match value {
        Json::Text(text) => Ok(text.as_str().into()),
        Json::Object(members) => match members.as_slice() {
            [Member { name, value, .. }] => referred(name, &value.json),
            _ => Err(EXPECTED.into()),
        },
        other => Err(format!("it is {}, not a text", other.type_name())),
    }
}

fn referred(name: &str, value: &Json) -> Result<Secret, String> {
    match (name, value) {
        ("$file", Json::Text(path)) => of_file(path).map_err(|cause| format!("the file {path} {cause}")),
        ("$env", Json::Text(name)) => {
            std::env::var(name).map(Secret::from).map_err(|_| format!("the environment has no text {name}"))
        }
        _ => Err(EXPECTED.into()),
    }
}

/// The content but for a line end behind it.
fn of_file(path: &str) -> Result<Secret, String> {
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    // Of full size at once: a buffer that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SIZE + 1));
    let read = file.take(MAX_SIZE as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() > MAX_SIZE {
        return Err(format!("is larger than {MAX_SIZE} bytes"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| "is not text")?;
    Ok(text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text)).into())
}

const EXPECTED: &str = r#"it is neither a text nor {"$file": "path"} nor {"$env": "NAME"}"#;
const MAX_SIZE: usize = 65_536;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::json;

    fn of(text: &str) -> Result<Secret, String> {
        read(&json::read(text).unwrap().json)
    }

    #[test]
    fn a_secret_stands_in_the_file_in_another_or_in_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let reference = format!(r#"{{"$file": {:?}}}"#, path.to_str().unwrap());
        for (content, secret) in [("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" a\n\n", " a\n"), ("", "")] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(of(&reference).unwrap().expose(), secret);
        }
        assert_eq!(of(r#""s3cret""#).unwrap().expose(), "s3cret");
        assert_eq!(of(r#"{"$env": "PATH"}"#).unwrap().expose(), std::env::var("PATH").unwrap());
        std::fs::write(&path, vec![b'x'; MAX_SIZE + 1]).unwrap();
        assert!(of(&reference).unwrap_err().ends_with("is larger than 65536 bytes"));
    }

    #[test]
    fn a_secret_that_cannot_be_had_says_why() {
        let cases = [
            (r#"{"$env": "NO_SUCH_VARIABLE"}"#, "the environment has no text NO_SUCH_VARIABLE"),
            (r#"{"$file": "/no/such/file"}"#, "the file /no/such/file cannot be read: "),
            (r#"{"$vault": "x"}"#, "it is neither a text nor "),
            (r#"{"$env": "A", "$file": "b"}"#, "it is neither a text nor "),
            (r#"{"$env": 5}"#, "it is neither a text nor "),
            ("83417", "it is a number, not a text"),
        ];
        for (text, cause) in cases {
            let told = of(text).unwrap_err();
            assert!(told.starts_with(cause), "{told}");
        }
    }
}
