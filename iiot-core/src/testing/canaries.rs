//! Secrets that must be found nowhere, and the search for them.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use memchr::memmem;

/// Secrets, in all forms in which they could be written: as they are, hexadecimal, Base64 of whatever they are a part of, and as
/// a list of numbers; also broken into lines.
#[derive(Debug, Default)]
pub struct Canaries(Vec<Canary>);

#[derive(Debug)]
struct Canary {
    name: String,
    forms: Vec<Vec<u8>>,
}

impl Canaries {
    /// A secret, and what it is called where it is found.
    ///
    /// # Panics
    /// If it is so short that it would be found by chance.
    pub fn add(&mut self, name: &str, secret: &[u8]) {
        assert!(secret.len() >= 12, "{name} is too short to be told from what is there by chance");
        self.0.push(Canary { name: name.to_owned(), forms: forms(secret) });
    }

    /// The name of one that stands in these bytes.
    #[must_use]
    pub fn found_in(&self, bytes: &[u8]) -> Option<&str> {
        let joined: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let stands = |form: &Vec<u8>| memmem::find(bytes, form).is_some() || memmem::find(&joined, form).is_some();
        self.0.iter().find(|canary| canary.forms.iter().any(stands)).map(|canary| canary.name.as_str())
    }

    /// Searches all files below a folder, and returns how many bytes were searched.
    ///
    /// # Panics
    /// With the names of secret and file where one is found.
    pub fn are_not_below(&self, folder: &Path) -> usize {
        let mut searched = 0;
        each_file(folder, &mut |path, bytes| {
            searched += bytes.len();
            let found = self.found_in(&bytes);
            assert_eq!(found, None, "in {}", path.display());
        });
        searched
    }
}

/// Base64 depends on where in a group of three bytes the secret begins; what is left at either end belongs to its neighbours.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut hex = String::new();
    secret.iter().for_each(|byte| write!(hex, "{byte:02x}").expect("a text takes all"));
    let list = secret.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes(), list.into_bytes()];
    for skip in 0..3 {
        let inner = &secret[skip..skip + (secret.len() - skip) / 3 * 3];
        forms.push(BASE64_STANDARD_NO_PAD.encode(inner).into_bytes());
        forms.push(BASE64_URL_SAFE_NO_PAD.encode(inner).into_bytes());
    }
    forms
}

fn each_file(folder: &Path, see: &mut impl FnMut(&Path, Vec<u8>)) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|cause| panic!("{}: {cause}", folder.display())) {
        let path = entry.expect("a folder can be read").path();
        match std::fs::read(&path) {
            _ if path.is_dir() => each_file(&path, see),
            Ok(bytes) => see(&path, bytes),
            // A draft that has got its name meanwhile.
            Err(cause) => assert_eq!(cause.kind(), ErrorKind::NotFound, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SECRET: &[u8] = b"correct horse?>~battery";

    fn canaries() -> Canaries {
        let mut canaries = Canaries::default();
        canaries.add("the passphrase", SECRET);
        canaries
    }

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let canaries = canaries();
        for before in 0..4 {
            let whole = [&b"xyzw"[..before], SECRET, b"behind"].concat();
            let base64 = base64::prelude::BASE64_STANDARD.encode(&whole);
            let lines = base64.as_bytes().chunks(11).collect::<Vec<_>>().join(&b"\r\n"[..]);
            let urls = base64::prelude::BASE64_URL_SAFE.encode(&whole);
            let hex: String = whole.iter().map(|byte| format!("{byte:02X}")).collect();
            let list = format!("{whole:?}");
            let written = [whole.clone(), base64.into(), lines, urls.into(), hex.into(), list.into()];
            for text in written {
                assert_eq!(canaries.found_in(&text), Some("the passphrase"), "{}", String::from_utf8_lossy(&text));
            }
        }
        assert_eq!(canaries.found_in(b"correct horse?>~batter"), None);
    }

    #[test]
    fn files_are_searched_in_folders_of_folders() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("file"), "nothing").unwrap();
        assert_eq!(canaries().are_not_below(folder.path()), 7);
        std::fs::write(deep.join("file"), SECRET).unwrap();
        let folder = folder.path().to_owned();
        assert!(std::panic::catch_unwind(move || canaries().are_not_below(&folder)).is_err());
    }
}
