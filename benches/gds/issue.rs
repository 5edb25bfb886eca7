//! Signatures by themselves, and certificates on record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::Result;
use iiot_core::keys::{FsKeyStore, KeySpec, KeyStore, MemoryKeyStore, Passphrase, PrivateKey, SignatureAlgorithm};
use iiot_gds::authority::AuthorityKey;

use crate::plant::{Plant, cpu};

/// What the keys alone do, on one thread.
pub(crate) async fn raw(time: Duration) -> Result<()> {
    for spec in [KeySpec::Rsa(2048), KeySpec::NistP256] {
        let key = MemoryKeyStore::default().generate("raw", spec).await?;
        let rate = std::thread::spawn(move || signatures(&*key, spec, time)).join().expect("it signs");
        println!("raw: {rate:.0} signatures/s on a core, {spec:?}");
    }
    Ok(())
}

/// Outside of a runtime the keys sign where they are called.
pub(crate) fn signatures(key: &dyn PrivateKey, spec: KeySpec, time: Duration) -> f64 {
    let algorithm = match spec {
        KeySpec::Rsa(_) => SignatureAlgorithm::RsaPkcs1Sha256,
        _ => SignatureAlgorithm::EcdsaSha256,
    };
    let (begun, mut done) = (Instant::now(), 0_u32);
    while begun.elapsed() < time {
        futures::executor::block_on(key.sign(algorithm, &[7; 1000])).expect("it signs");
        done += 1;
    }
    f64::from(done) / begun.elapsed().as_secs_f64()
}

/// The whole way. In parallel as many as there are callers, on all cores.
pub(crate) async fn issue(time: Duration) -> Result<()> {
    for (in_steps, callers) in [(false, 1), (false, 8), (false, 64), (true, 64)] {
        let folder = tempfile::tempdir().expect("a folder for the bench");
        let keys = FsKeyStore::encrypted(folder.path().join("keys"), Passphrase::new("bench")?);
        let mut plant = Plant::new(folder.path(), Arc::new(keys), AuthorityKey::Rsa2048).await?;
        plant.in_steps = in_steps;
        let how = if in_steps { "submitted, decided, issued" } else { "in one call" };
        report(&format!("issue, {how}, RSA-2048 in files"), &Arc::new(plant), time, callers).await?;
    }
    Ok(())
}

pub(crate) async fn report(what: &str, plant: &Arc<Plant>, time: Duration, callers: usize) -> Result<()> {
    plant.issue_one().await?;
    let (cpu, begun) = (cpu(), Instant::now());
    let done = Arc::clone(plant).issue_for(time, callers).await?;
    let (second, cpu) = (begun.elapsed().as_secs_f64(), self::cpu() - cpu);
    println!(
        "{what}, {callers} callers: {:.0} certificates/s, {:.0} for each second of CPU ({:.2} cores)",
        done / second,
        done / cpu,
        cpu / second
    );
    Ok(())
}
