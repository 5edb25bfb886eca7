//! Where our private key is, and what opens it.

use std::path::{Path, PathBuf};

use iiot_core::keys::{FsKeyStore, KeyStore, Passphrase};
#[cfg(feature = "pkcs11")]
use iiot_core::keys::{Pkcs11KeyStore, Pkcs11Options};
use iiot_core::{Error, ErrorKind, Result};

/// Where our private key is.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum KeyPlace {
    /// In a file, in clear: who can read the file has the key.
    #[default]
    File,
    /// In a file, encrypted with this. A key that lies there in clear is encrypted when it is first opened.
    SealedFile(Passphrase),
    /// In hardware, where it is made and which it never leaves.
    #[cfg(feature = "pkcs11")]
    Token(Pkcs11Options),
}

impl KeyPlace {
    /// The store; files are in `folder`.
    pub(crate) fn store(&self, folder: PathBuf) -> Box<dyn KeyStore> {
        match self {
            Self::File => Box::new(FsKeyStore::new(folder)),
            Self::SealedFile(passphrase) => Box::new(FsKeyStore::encrypted(folder, passphrase.clone())),
            #[cfg(feature = "pkcs11")]
            Self::Token(options) => Box::new(Pkcs11KeyStore::new(options.clone())),
        }
    }
}

/// A passphrase or PIN out of a file or, where none is named, an environment variable; never out of the command line,
/// which everybody on the machine can read. `None` where the variable is not set either.
///
/// # Errors
/// `Io` if the file cannot be read, `InvalidArgument` if there is nothing in it or in the variable.
pub fn passphrase(file: Option<&Path>, variable: &str) -> Result<Option<Passphrase>> {
    let Some(file) = file else {
        let found = std::env::var(variable).ok();
        return found.map(|text| Passphrase::new(text).map_err(|error| error.with("variable", variable))).transpose();
    };
    let unreadable = |cause| Error::new(ErrorKind::Io, "take passphrase", "the file cannot be read").because(cause);
    let bytes = std::fs::read(file).map_err(unreadable);
    bytes.and_then(Passphrase::new).map(Some).map_err(|error| error.with("file", file.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_passphrase_comes_out_of_a_file_that_must_hold_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passphrase");
        assert!(passphrase(None, "IIOT_NO_SUCH_VARIABLE").unwrap().is_none());
        let error = passphrase(Some(&file), "").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        std::fs::write(&file, "\n").unwrap();
        assert_eq!(passphrase(Some(&file), "").unwrap_err().kind(), ErrorKind::InvalidArgument);
        std::fs::write(&file, "correct horse\n").unwrap();
        assert!(passphrase(Some(&file), "").unwrap().is_some());
    }
}
