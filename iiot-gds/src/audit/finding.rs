//! What is wrong with a record.

use std::fmt;

use crate::store::ArtefactName;

/// The first entry that is not as it was written, and how that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The number of the entry.
    pub number: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Another one stands in its place: it was deleted or moved.
    NotInItsPlace {
        /// The number of the one that stands there.
        stands: u64,
    },
    /// It is not what its hash was made of: its number, time, text, hash or the hash before was changed.
    Changed,
    /// The one behind it was written behind another one: it was exchanged, with its hash.
    Exchanged,
    /// It and those behind it, up to this number, are missing: the end was cut off.
    CutOff {
        /// The last entry that was written.
        up_to: u64,
    },
    /// It or one behind it was exchanged, and the hashes were made anew: they are not those that were signed, or marked.
    MadeAnew {
        /// The last entry that it can be.
        up_to: u64,
    },
    /// It is a checkpoint whose signature is wrong, or of no known key.
    NotSigned,
    /// It cannot be read.
    Unreadable,
    /// It tells of an artefact that is not so any more: a serial number, its bytes, its outcome or its revocation.
    Artefact(ArtefactName),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number;
        match &self.fault {
            Fault::NotInItsPlace { stands } => {
                write!(f, "entry {number} was deleted or moved: {stands} stands in its place")
            }
            Fault::Changed => write!(f, "entry {number} was changed: its hash is another one"),
            Fault::Exchanged => {
                write!(f, "entry {number} was exchanged: the one behind it has the hash of another one")
            }
            Fault::CutOff { up_to } => write!(f, "entries {number} to {up_to} were cut off"),
            Fault::MadeAnew { up_to } => {
                write!(
                    f,
                    "one of the entries {number} to {up_to} was exchanged, and the hashes behind it were made anew"
                )
            }
            Fault::NotSigned => write!(f, "entry {number} is a checkpoint that no known key has signed"),
            Fault::Unreadable => write!(f, "entry {number} cannot be read"),
            Fault::Artefact(name) => write!(f, "entry {number} tells of {name}, of which something else is on record"),
        }
    }
}

impl std::error::Error for Finding {}
