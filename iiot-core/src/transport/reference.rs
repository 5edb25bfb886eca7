//! Secrets that do not stand where everybody can read them.

use std::io::Read;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::session::Secret;

/// The secret that `file:PATH` or `env:NAME` leads to: the content of a file without the line end
/// behind it, or a variable of the environment.
///
/// # Errors
/// `InvalidArgument` if the text is neither, the variable is not set or the content is no text;
/// `Io` if the file cannot be read.
pub fn referred_secret(reference: &str) -> Result<Secret> {
    match reference.split_once(':') {
        Some(("file", path)) => of_file(path).map_err(|error| error.with("file", path)),
        Some(("env", name)) => {
            let value = std::env::var(name).map_err(|_| refused("the environment has no text of this name"));
            value.map(Secret::from).map_err(|error| error.with("variable", name))
        }
        // The text is not shown: it may be the secret itself.
        _ => Err(refused("a secret is given as file:PATH or env:NAME")),
    }
}

fn of_file(path: &str) -> Result<Secret> {
    let unreadable = |cause| Error::new(ErrorKind::Io, READ, "the file cannot be read").because(cause);
    let file = std::fs::File::open(path).map_err(unreadable)?;
    // Of full size at once: a buffer that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SIZE + 1));
    file.take(MAX_SIZE as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MAX_SIZE {
        return Err(refused("the file is too large for a secret"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| refused("the file holds no text"))?;
    Ok(Secret::from(text.trim_end_matches(['\r', '\n'])))
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, READ, message)
}

const READ: &str = "read secret";
const MAX_SIZE: usize = 64 << 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn secrets_are_read_where_they_are_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "s3cret\r\n").unwrap();
        assert_eq!(referred_secret(&format!("file:{}", path.display())).unwrap().expose(), "s3cret");
        assert!(!referred_secret("env:PATH").unwrap().expose().is_empty());
        let missing = referred_secret("file:/nowhere/password").unwrap_err();
        assert!(missing.report().contains("/nowhere/password"), "{}", missing.report());
        assert!(referred_secret("env:IIOT_NO_SUCH_VARIABLE").unwrap_err().report().contains("IIOT_NO_SUCH_VARIABLE"));
        assert!(!referred_secret("s3cret").unwrap_err().report().contains("s3cret"));
        std::fs::write(&path, vec![b'x'; MAX_SIZE + 1]).unwrap();
        assert!(referred_secret(&format!("file:{}", path.display())).is_err());
    }
}
