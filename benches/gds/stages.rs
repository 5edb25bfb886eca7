//! What a certificate consists of, stage by stage.

use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::Result;
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::{KeyStore, MemoryKeyStore};
use iiot_gds::authority::{AuthorityKey, RequestRecord};
use iiot_gds::pki::{CertificateContent, Csr, Issuer, Kind, Serial, Subject, certificate, judge};
use iiot_gds::policy::{Approvable, CertificateRequest, Wanted};

use crate::plant::Plant;

/// What the parts of one certificate cost on one thread, without threads and databases between them.
pub(crate) async fn stages() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let keys = Arc::new(MemoryKeyStore::default());
    let plant = Plant::new(folder.path(), Arc::clone(&keys) as _, AuthorityKey::Rsa2048).await?;
    let issuer = Issuer::of(plant.authorities.authority("plant").await?.der()?)?;
    let key = keys.open("authority-plant").await?.expect("it was made");
    let request = plant.next_request();
    let Wanted::SigningRequest { csr } = request.wanted.clone() else { unreachable!("it is one") };
    let accepted = judge(&Csr::parse(&csr.0)?, &request.applicant, request.certificate_type)?;
    let content = content(&request, accepted.public_key());
    let serial = Serial::random()?;
    let to_be_signed = certificate(&content, Some(&issuer), &serial, issuer.algorithm())?;
    let sign = || futures::executor::block_on(key.sign(issuer.algorithm(), to_be_signed.bytes())).expect("it signs");
    let signature = std::thread::scope(|scope| scope.spawn(sign).join().expect("it signs"));
    let record = RequestRecord { request: request.clone(), votes: Vec::new() };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            stage("judging the request, with its signature", || {
                judge(&Csr::parse(&csr.0)?, &request.applicant, request.certificate_type)?;
                Ok(())
            });
            stage("building what is to be signed", || {
                certificate(&content, Some(&issuer), &serial, issuer.algorithm()).map(drop)
            });
            stage("signing", || {
                sign();
                Ok(())
            });
            stage("checking the signature", || issuer.check(&to_be_signed, &signature));
            stage("putting the certificate together", || to_be_signed.signed(&signature).map(drop));
            stage("the digest of the request", || {
                request.digest();
                Ok(())
            });
            stage("writing the request as JSON", || {
                serde_json::to_string(&record).expect("it encodes");
                Ok(())
            });
        });
    });
    Ok(())
}

pub(crate) fn stage(name: &str, work: impl Fn() -> Result<()>) {
    const ROUNDS: u32 = 300;
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let begun = Instant::now();
            (0..ROUNDS).for_each(|_| work().expect("it works"));
            begun.elapsed() / ROUNDS
        })
        .collect();
    times.sort_unstable();
    println!("stage: {name}: {:.0} µs", times[2].as_secs_f64() * 1e6);
}

pub(crate) fn content(request: &CertificateRequest, key: &[u8]) -> CertificateContent {
    let applicant = &request.applicant;
    let (name, uri) = (&applicant.application_name, &applicant.application_uri);
    CertificateContent {
        subject: Subject::of_application(name, uri, "Works").expect("it has a name"),
        kind: Kind::Application(applicant.application_type),
        application_uri: Some(uri.clone()),
        hosts: applicant.hosts.clone(),
        public_key: key.to_vec(),
        from: SystemClock.utc(),
        until: SystemClock.utc() + Duration::from_secs(365 * 86_400),
        crl_urls: vec!["http://gds.local/plant.crl".into()],
        issuer_urls: vec!["http://gds.local/plant.cer".into()],
    }
}
