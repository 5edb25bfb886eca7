//! Whether a record is as it was written, entry by entry.

use super::{CHECKPOINT, Checkpoint, Fault, Finding, Marks, entry_hash};
use crate::store::{AuditEntry, AuditEvent};

/// Takes the entries of a record in the order in which they stand, and says which is the first that is not as it was written.
///
/// ```
/// use iiot_gds::audit::Verifier;
///
/// # futures::executor::block_on(async {
/// let store = iiot_gds::store::open("memory:").await?;
/// let mut verifier = Verifier::new(Vec::new());
/// for entry in store.audit(0, 1_000).await? {
///     verifier.entry(&entry).expect("it is as it was written");
/// }
/// assert_eq!(verifier.finish(None).expect("all of it is there").entries, 0);
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Verifier {
    public_keys: Vec<Vec<u8>>,
    /// The hash of each entry so far.
    hashes: Vec<String>,
    signed: u64,
}

/// What a record that is as it was written comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// Up to which number a checkpoint is signed by a known key; whoever can write to the database can have exchanged those
    /// behind it, with all hashes.
    pub signed: u64,
}

impl Verifier {
    /// One that knows the public keys of checkpoints (SubjectPublicKeyInfo, DER). Without any, signatures are not looked at.
    #[must_use]
    pub fn new(public_keys: Vec<Vec<u8>>) -> Self {
        Self { public_keys, hashes: Vec::new(), signed: 0 }
    }

    /// The number that the next entry must have.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.hashes.len() as u64 + 1
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// The finding; what comes behind cannot be judged.
    pub fn entry(&mut self, entry: &AuditEntry) -> Result<(), Finding> {
        let number = self.next();
        if entry.hash != entry_hash(entry.number, entry.at, &entry.previous, &entry.event) {
            // Which one it was, where the number was changed.
            return Err(Finding { number, fault: Fault::Changed });
        }
        if entry.number != number {
            return Err(Finding { number, fault: Fault::NotInItsPlace { stands: entry.number } });
        }
        if entry.previous != *self.hashes.last().unwrap_or(&String::new()) {
            return Err(Finding { number: number.saturating_sub(1).max(1), fault: Fault::Exchanged });
        }
        let event: AuditEvent =
            serde_json::from_str(&entry.event).map_err(|_| Finding { number, fault: Fault::Unreadable })?;
        if event.action == CHECKPOINT {
            self.checkpoint(number, serde_json::from_value(event.details).ok())?;
        }
        self.hashes.push(entry.hash.clone());
        Ok(())
    }

    /// Takes the end of the record, and marks of how far it must have come.
    ///
    /// # Errors
    /// The finding.
    pub fn finish(mut self, marks: Option<&Marks>) -> Result<Verified, Finding> {
        let entries = self.hashes.len() as u64;
        let Some(marks) = marks else { return Ok(Verified { entries, signed: self.signed }) };
        let signed = marks.checkpoint.as_ref();
        let must = signed.map_or(0, |checkpoint| checkpoint.number).max(marks.number);
        if entries < must {
            return Err(Finding { number: entries + 1, fault: Fault::CutOff { up_to: must } });
        }
        if let Some(checkpoint) = signed {
            self.checkpoint(checkpoint.number, Some(checkpoint.clone()))?;
        }
        if marks.number > 0 && self.hash(marks.number) != Some(&marks.hash) {
            return Err(Finding { number: self.signed + 1, fault: Fault::MadeAnew { up_to: marks.number } });
        }
        Ok(Verified { entries, signed: self.signed })
    }

    fn checkpoint(&mut self, number: u64, checkpoint: Option<Checkpoint>) -> Result<(), Finding> {
        let checkpoint = checkpoint.ok_or(Finding { number, fault: Fault::Unreadable })?;
        let known = self.public_keys.is_empty() || self.public_keys.iter().any(|key| checkpoint.holds(key));
        if !known {
            return Err(Finding { number, fault: Fault::NotSigned });
        }
        if self.hash(checkpoint.number) != Some(&checkpoint.hash) {
            return Err(Finding { number: self.signed + 1, fault: Fault::MadeAnew { up_to: checkpoint.number } });
        }
        if !self.public_keys.is_empty() {
            self.signed = self.signed.max(checkpoint.number);
        }
        Ok(())
    }

    fn hash(&self, number: u64) -> Option<&String> {
        self.hashes.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}
