//! Flip, delete, move, cut off, exchange: the verifier names the entry.

use std::sync::Arc;

use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey, SignatureAlgorithm};
use iiot_gds::audit::{
    Checkpoint, Fault, Finding, Marks, Verified, Verifier, checkpoint, effects, entry_hash, export, verify_export,
};
use iiot_gds::store::{AuditEntry, MemoryStore, Outcome, RevocationReason, Store};

use crate::conformance::{at, finish, list, reserve, revoke, serial, signed};

/// A record of some entries of each kind, two of them checkpoints.
struct Record {
    lines: Vec<String>,
    public_key: Vec<u8>,
    marks: Marks,
}

async fn key(name: &str) -> Arc<dyn PrivateKey> {
    MemoryKeyStore::default().generate(name, KeySpec::Rsa(2048)).await.unwrap()
}

async fn record() -> Record {
    let (store, key) = (MemoryStore::new(), key("checkpoints").await);
    let sign = async || checkpoint(&store, &*key, SignatureAlgorithm::RsaPkcs1Sha256, at(9)).await.unwrap();
    assert_eq!(sign().await, None, "there is nothing yet");
    reserve(&store, serial("ca", 1)).await.unwrap();
    finish(&store, &serial("ca", 1), signed(&serial("ca", 1))).await.unwrap();
    reserve(&store, list("ca", 1)).await.unwrap();
    sign().await.unwrap();
    reserve(&store, serial("ca", 2)).await.unwrap();
    finish(&store, &serial("ca", 2), Outcome::Void("no".to_owned())).await.unwrap();
    let last: Checkpoint = sign().await.unwrap();
    revoke(&store, &serial("ca", 1), at(3), RevocationReason::KeyCompromise).await.unwrap();
    reserve(&store, serial("ca", 3)).await.unwrap();
    let mut text = Vec::new();
    export(&store, 0, &mut text).await.unwrap();
    let lines: Vec<String> = String::from_utf8(text).unwrap().lines().map(str::to_owned).collect();
    let (number, hash) = store.audit_head().await.unwrap();
    let marks = Marks { number, hash, checkpoint: Some(last), ..Marks::default() };
    Record { lines, public_key: key.public_key().to_vec(), marks }
}

impl Record {
    fn verify(&self, lines: &[String], marks: Option<&Marks>) -> Result<Verified, Finding> {
        verify_export(lines.join("\n").as_bytes(), vec![self.public_key.clone()], marks).unwrap()
    }

    fn entries(&self) -> Vec<AuditEntry> {
        self.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Makes all hashes anew from an entry on, as who can write to the database can.
fn made_anew(entries: &mut [AuditEntry], from: usize) {
    for n in from..entries.len() {
        entries[n].previous = if n == 0 { String::new() } else { entries[n - 1].hash.clone() };
        let AuditEntry { number, at, event, previous, .. } = &entries[n];
        entries[n].hash = entry_hash(*number, *at, previous, event);
    }
}

fn lines(entries: &[AuditEntry]) -> Vec<String> {
    entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect()
}

#[tokio::test]
async fn a_record_as_it_was_written_is_verified() {
    let record = record().await;
    let verified = record.verify(&record.lines, Some(&record.marks)).unwrap();
    assert_eq!(verified, Verified { entries: 9, signed: 6 });
    assert_eq!(effects(&record.entries()[0].event).len(), 1);
}

#[tokio::test]
async fn each_byte_that_is_flipped_is_noticed() {
    let record = record().await;
    let mut flips = 0;
    for (n, line) in record.lines.iter().enumerate() {
        let original: AuditEntry = serde_json::from_str(line).unwrap();
        for place in 0..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[place] ^= 1;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            // Some letters of JSON and of times mean the same as others.
            if serde_json::from_str::<AuditEntry>(&flipped).is_ok_and(|entry| entry == original) {
                continue;
            }
            let mut lines = record.lines.clone();
            lines[n] = flipped;
            let finding = record.verify(&lines, None).unwrap_err();
            assert_eq!(finding.number, n as u64 + 1, "byte {place}: {finding}");
            assert!(matches!(finding.fault, Fault::Changed | Fault::Unreadable), "{finding}");
            flips += 1;
        }
    }
    assert!(flips > 2_000, "{flips}");
}

#[tokio::test]
async fn what_is_deleted_moved_or_repeated_is_named() {
    let record = record().await;
    let count = record.lines.len();
    for n in 0..count - 1 {
        let (number, mut lines) = (n as u64 + 1, record.lines.clone());
        lines.remove(n);
        let deleted = Finding { number, fault: Fault::NotInItsPlace { stands: number + 1 } };
        assert_eq!(record.verify(&lines, None).unwrap_err(), deleted);
        let mut lines = record.lines.clone();
        lines.swap(n, count - 1);
        let moved = Finding { number, fault: Fault::NotInItsPlace { stands: count as u64 } };
        assert_eq!(record.verify(&lines, None).unwrap_err(), moved);
        let mut lines = record.lines.clone();
        lines.insert(n, record.lines[n].clone());
        let twice = Finding { number: number + 1, fault: Fault::NotInItsPlace { stands: number } };
        assert_eq!(record.verify(&lines, None).unwrap_err(), twice);
    }
}

#[tokio::test]
async fn an_end_that_is_cut_off_is_named_by_marks() {
    let record = record().await;
    for n in 0..record.lines.len() {
        let cut = Finding { number: n as u64 + 1, fault: Fault::CutOff { up_to: 9 } };
        assert_eq!(record.verify(&record.lines[..n], Some(&record.marks)).unwrap_err(), cut);
        let signed = Marks { number: 0, hash: String::new(), ..record.marks.clone() };
        let by_checkpoint = record.verify(&record.lines[..n], Some(&signed));
        assert_eq!(by_checkpoint.is_err(), n < 6, "the last checkpoint is of entry 6 or before: {by_checkpoint:?}");
    }
}

#[tokio::test]
async fn an_exchanged_entry_is_named() {
    let record = record().await;
    for n in 0..record.lines.len() - 1 {
        let mut entries = record.entries();
        entries[n].event = entries[n].event.replace("conformance", "somebody");
        let AuditEntry { number, at, event, previous, .. } = &entries[n];
        entries[n].hash = entry_hash(*number, *at, previous, event);
        if entries[n] == record.entries()[n] {
            continue; // A checkpoint.
        }
        let exchanged = Finding { number: n as u64 + 1, fault: Fault::Exchanged };
        assert_eq!(record.verify(&lines(&entries), None).unwrap_err(), exchanged);
    }
}

#[tokio::test]
async fn hashes_made_anew_do_not_fit_what_was_signed_or_marked() {
    let record = record().await;
    for n in 0..record.lines.len() {
        let mut entries = record.entries();
        let was = entries[n].event.clone();
        entries[n].event = was.replace("conformance", "somebody");
        made_anew(&mut entries, n);
        if entries[n].event == was {
            continue;
        }
        let number = n as u64 + 1;
        let finding = record.verify(&lines(&entries), Some(&record.marks)).unwrap_err();
        let Fault::MadeAnew { up_to } = finding.fault else { panic!("{finding}") };
        assert!((finding.number..=up_to).contains(&number), "{number} is none of {finding}");
        let unmarked = record.verify(&lines(&entries), None);
        assert_eq!(unmarked.is_err(), number <= 6, "what no checkpoint covers only marks tell: {unmarked:?}");
    }
}

#[tokio::test]
async fn a_checkpoint_of_another_key_is_none() {
    let record = record().await;
    let (store, other) = (MemoryStore::new(), key("other").await);
    reserve(&store, serial("ca", 1)).await.unwrap();
    checkpoint(&store, &*other, SignatureAlgorithm::RsaPkcs1Sha256, at(9)).await.unwrap();
    let forged = store.audit(0, 10).await.unwrap();
    let not_signed = Finding { number: 2, fault: Fault::NotSigned };
    assert_eq!(record.verify(&lines(&forged), None).unwrap_err(), not_signed);
    let mut both = Verifier::new(vec![record.public_key.clone(), other.public_key().to_vec()]);
    forged.iter().for_each(|entry| both.entry(entry).unwrap());
    assert_eq!(both.finish(None).unwrap().signed, 1, "after a roll-over both keys are known");
    let refused = checkpoint(&store, &*other, SignatureAlgorithm::RsaPssSha256, at(9)).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn checkpoints_are_signed_on_curves_too() {
    for (spec, algorithm) in
        [(KeySpec::NistP256, SignatureAlgorithm::EcdsaSha256), (KeySpec::NistP384, SignatureAlgorithm::EcdsaSha384)]
    {
        let key = MemoryKeyStore::default().generate("curve", spec).await.unwrap();
        let store = MemoryStore::new();
        reserve(&store, serial("ca", 1)).await.unwrap();
        let signed = checkpoint(&store, &*key, algorithm, at(9)).await.unwrap().unwrap();
        assert!(signed.holds(key.public_key()));
        assert!(!Checkpoint { number: 2, ..signed }.holds(key.public_key()));
    }
}
