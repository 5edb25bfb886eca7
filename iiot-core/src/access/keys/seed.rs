//! The seed of a private key, in a file that only its owner can read.

use std::io::{self, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::owners_only;
use crate::error::{Error, ErrorKind, Result};

/// The content of the file, which is made with a new random seed where it is missing; `operation` is for errors.
pub(crate) fn open(operation: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let failed = |cause: io::Error| {
        let message = "the file cannot be read or written";
        Error::new(ErrorKind::Io, operation, message).with("file", path.display()).because(cause)
    };
    match read(path) {
        Ok(seed) => Ok(seed),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let seed = random(operation)?;
            write(path, &seed).map_err(failed)?;
            Ok(seed)
        }
        Err(cause) => Err(failed(cause)),
    }
}

fn random(operation: &'static str) -> Result<Zeroizing<Vec<u8>>> {
    let mut seed = Zeroizing::new(vec![0; SEED]);
    let filled = aws_lc_rs::rand::fill(&mut seed);
    filled.map_err(|_| Error::new(ErrorKind::Internal, operation, "the system gives no random numbers"))?;
    Ok(seed)
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut seed = Zeroizing::new(Vec::with_capacity(2 * SEED));
    owners_only().read(true).open(path)?.take(2 * SEED as u64).read_to_end(&mut seed)?;
    Ok(seed)
}

/// On the disk as a whole, or not at all.
fn write(path: &Path, seed: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension("draft");
    let mut file = owners_only().create(true).truncate(true).write(true).open(&draft)?;
    file.write_all(seed)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}

const SEED: usize = 32;
