//! A revocation list with 100,000 entries.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::Result;
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::MemoryKeyStore;
use iiot_gds::authority::{AuthorityKey, Issued};
use iiot_gds::pki::Serial;
use iiot_gds::store::{
    ArtefactName, AuditEvent, Outcome, Reservation, Revocation, RevocationReason, Store, Transaction,
};

use crate::plant::Plant;

/// A revocation list with 100,000 entries.
pub(crate) async fn list() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let plant = Plant::new(folder.path(), Arc::new(MemoryKeyStore::default()), AuthorityKey::Rsa2048).await?;
    let first = plant.authorities.start_request(plant.next_request(), None).await?.expect("the group is automatic");
    let begun = Instant::now();
    revoke_many(&*plant.store, &first.certificate).await?;
    println!("list: {ENTRIES} certificates put on record as revoked in {:.1} s", begun.elapsed().as_secs_f64());
    let before = memory();
    let begun = Instant::now();
    let list = plant.authorities.publish("plant", "bench").await?;
    let (took, after) = (begun.elapsed().as_secs_f64(), memory());
    println!(
        "list: {} bytes with {ENTRIES} entries, published in {took:.2} s; resident at most {after:.0} MiB, {before:.0} before",
        list.len(),
    );
    let begun = Instant::now();
    let reason = RevocationReason::Superseded;
    let list = plant.authorities.revoke(&first.issuer, &first.serial, reason, "bench").await?;
    println!("list: one more revoked in {:.2} s", begun.elapsed().as_secs_f64());
    openssl_accepts(folder.path(), &first, &list, &plant).await
}

/// As if so many certificates had been issued and revoked; each as long as a real one.
pub(crate) async fn revoke_many(store: &dyn Store, certificate: &[u8]) -> Result<()> {
    let serials: Vec<String> =
        (0..ENTRIES).map(|_| Serial::random().map(|serial| serial.to_string())).collect::<Result<_>>()?;
    let (from, reason) = (SystemClock.utc(), RevocationReason::Superseded);
    let done = || {
        let event = AuditEvent {
            action: "many".into(),
            by: "bench".into(),
            subject: "plant".into(),
            details: serde_json::json!({}),
        };
        Transaction::new(event, from)
    };
    for some in serials.chunks(1_000) {
        let name = |serial: &String| ArtefactName::Certificate { issuer: "plant".into(), serial: serial.clone() };
        let reserved = some.iter().map(|serial| Reservation {
            name: name(serial),
            to_be_signed: certificate.to_vec(),
            from,
            until: from + Duration::from_secs(365 * 86_400),
            application: "press".into(),
            group: "DefaultApplicationGroup".into(),
            request: String::new(),
        });
        store.commit(Transaction { reservations: reserved.collect(), ..done() }).await?;
        let outcomes = some.iter().map(|serial| (name(serial), Outcome::Signed(certificate.to_vec())));
        let revoked =
            some.iter().map(|serial| Revocation { issuer: "plant".into(), serial: serial.clone(), at: from, reason });
        store.commit(Transaction { outcomes: outcomes.collect(), revocations: revoked.collect(), ..done() }).await?;
    }
    Ok(())
}

pub(crate) async fn openssl_accepts(folder: &Path, revoked: &Issued, list: &[u8], plant: &Plant) -> Result<()> {
    let good = plant.authorities.start_request(plant.next_request(), None).await?.expect("the group is automatic");
    let root = plant.authorities.revocation_list("root").await?.expect("it has one from the start");
    let pem = |name: &str, kind: &str, ders: &[&[u8]]| {
        let one = |der: &&[u8]| {
            let path = folder.join("one.der");
            std::fs::write(&path, der).expect("it is written");
            let text = Command::new("openssl").args([kind, "-inform", "DER", "-in"]).arg(&path).output();
            String::from_utf8(text.expect("openssl is on the machine").stdout).expect("it is text")
        };
        std::fs::write(folder.join(name), ders.iter().map(one).collect::<String>()).expect("it is written");
    };
    pem("root.pem", "x509", &[&good.issuers[1]]);
    pem("plant.pem", "x509", &[&good.issuers[0]]);
    pem("lists.pem", "crl", &[list, &root]);
    for (issued, expected) in [(&good, "leaf.pem: OK"), (revoked, "certificate revoked")] {
        pem("leaf.pem", "x509", &[&issued.certificate]);
        let begun = Instant::now();
        let said = Command::new("openssl")
            .args(["verify", "-x509_strict", "-crl_check_all", "-CAfile", "root.pem", "-untrusted", "plant.pem"])
            .args(["-CRLfile", "lists.pem", "leaf.pem"])
            .current_dir(folder)
            .output()
            .expect("openssl is on the machine");
        let said = [said.stdout, said.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(expected), "{said}");
        println!("list: openssl says `{expected}` after {:.2} s", begun.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The most memory that this process ever had, in MiB (Linux).
pub(crate) fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    most.and_then(|most| most.trim().trim_end_matches(" kB").parse::<f64>().ok()).map_or(f64::NAN, |kib| kib / 1024.0)
}

pub(crate) const ENTRIES: usize = 100_000;
