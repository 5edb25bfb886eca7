//! Certificates of an authority, from the signing request to the certificate on record.
//!
//! ```text
//! cargo bench -p iiot-gds --bench gds
//! cargo bench -p iiot-gds --bench gds -- issue 10
//! ```
//!
//! Parts: `raw`, `issue`, `stages`, `peers`, `token`, `list`; all of them unless some are named. A number is the seconds
//! that each figure is taken for. The keys of the authorities are RSA-2048 in files, sealed with a passphrase; the records
//! are in SQLite (`synchronous=FULL`) in the folder of temporary files, with high-water marks beside them. `openssl`, Python's
//! `cryptography` and SoftHSM2 are on the machine, or their lines are missing.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::{FsKeyStore, KeySpec, KeyStore, MemoryKeyStore, Passphrase, PrivateKey, SignatureAlgorithm};
use iiot_core::model::ApplicationType;
use iiot_core::testing::{SOFTHSM_PIN, SOFTHSM_TOKEN, softhsm_store};
use iiot_core::{Error, Result};
use iiot_gds::audit::{MarkedStore, MarksFile};
use iiot_gds::authority::{Authorities, AuthorityKey, AuthorityParts, AuthoritySpec, Issued, RequestRecord};
use iiot_gds::model::{Applicant, CertificateType, Der};
use iiot_gds::pki::{CertificateContent, Csr, Issuer, Kind, Serial, Subject, certificate, judge};
use iiot_gds::policy::{
    Approvable, ApprovalPolicy, Approved, CertificateGroup, CertificateRequest, CrlRules, Decision, RequestState,
    Wanted, decide,
};
use iiot_gds::store::{
    ArtefactName, AuditEvent, Outcome, Reservation, Revocation, RevocationReason, SqliteStore, Store, Transaction,
};

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let seconds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(5);
    let wanted =
        |part: &str| words.iter().all(|word| word.parse::<u64>().is_ok()) || words.iter().any(|word| word == part);
    let time = Duration::from_secs(seconds);
    if wanted("raw") {
        raw(time).await?;
    }
    if wanted("peers") {
        peers(time);
    }
    if wanted("issue") {
        issue(time).await?;
    }
    if wanted("stages") {
        stages().await?;
    }
    if wanted("token") {
        token(time).await?;
    }
    if wanted("list") {
        list().await?;
    }
    Ok(())
}

/// What the keys alone do, on one thread.
async fn raw(time: Duration) -> Result<()> {
    for spec in [KeySpec::Rsa(2048), KeySpec::NistP256] {
        let key = MemoryKeyStore::default().generate("raw", spec).await?;
        let rate = std::thread::spawn(move || signatures(&*key, spec, time)).join().expect("it signs");
        println!("raw: {rate:.0} signatures/s on a core, {spec:?}");
    }
    Ok(())
}

/// Outside of a runtime the keys sign where they are called.
fn signatures(key: &dyn PrivateKey, spec: KeySpec, time: Duration) -> f64 {
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
async fn issue(time: Duration) -> Result<()> {
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

async fn report(what: &str, plant: &Arc<Plant>, time: Duration, callers: usize) -> Result<()> {
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

/// An authority with an automatic group, and signing requests for it.
struct Plant {
    authorities: Authorities,
    store: Arc<dyn Store>,
    requests: Vec<CertificateRequest>,
    next: AtomicUsize,
    in_steps: bool,
}

impl Plant {
    async fn new(folder: &Path, keys: Arc<dyn KeyStore>, key: AuthorityKey) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Arc::new(SqliteStore::open(folder.join("gds.db")).await?);
        let store = MarkedStore::open(store, MarksFile::new(folder.join("marks.json")), Arc::clone(&clock)).await?;
        let store: Arc<dyn Store> = Arc::new(store);
        let authorities = Authorities::open(AuthorityParts { store: Arc::clone(&store), keys, clock }).await?;
        for (id, issuer) in [("root", None), ("plant", Some("root"))] {
            authorities.create(approved(&spec(id, issuer, key))).await?;
        }
        authorities.put_group(&group(), "bench").await?;
        let requests = (0..REQUESTS).map(|number| request(folder, number)).collect();
        Ok(Self { authorities, store, requests, next: AtomicUsize::new(0), in_steps: false })
    }

    async fn issue_for(self: Arc<Self>, time: Duration, callers: usize) -> Result<f64> {
        let begun = Instant::now();
        let call = |plant: Arc<Self>| async move {
            let mut done = 0_u32;
            while begun.elapsed() < time {
                plant.issue_one().await?;
                done += 1;
            }
            Ok::<_, Error>(f64::from(done))
        };
        let calls = (0..callers).map(|_| tokio::spawn(call(Arc::clone(&self))));
        let mut all = 0.0;
        for call in calls.collect::<Vec<_>>() {
            all += call.await.expect("a caller ends by itself")?;
        }
        Ok(all)
    }

    /// As whoever answers StartSigningRequest does it; `in_steps` as where somebody decides in between.
    async fn issue_one(&self) -> Result<()> {
        let request = self.next_request();
        if !self.in_steps {
            let issued = self.authorities.start_request(request, None).await?;
            assert!(issued.is_some(), "the group is automatic");
            return Ok(());
        }
        let id = request.id.clone();
        self.authorities.submit(request).await?;
        match self.authorities.decide(&id, |_| None).await? {
            Decision::Approved(approved) => self.authorities.issue(approved, None).await.map(drop),
            other => panic!("the group is automatic, not {other:?}"),
        }
    }

    fn next_request(&self) -> CertificateRequest {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let template = &self.requests[number % self.requests.len()];
        CertificateRequest { id: format!("r{number}"), at: SystemClock.utc(), ..template.clone() }
    }
}

fn spec(id: &str, issuer: Option<&str>, key: AuthorityKey) -> AuthoritySpec {
    AuthoritySpec {
        id: id.into(),
        common_name: format!("Works {id}"),
        organization: "Works".into(),
        key,
        issuer: issuer.map(Into::into),
        group: None,
        replaces: None,
        valid_days: 3650,
        crl: CrlRules::default(),
        crl_urls: vec![format!("http://gds.local/{id}.crl")],
        issuer_urls: vec![format!("http://gds.local/{id}.cer")],
        requester: "bench".into(),
    }
}

fn group() -> CertificateGroup {
    let approval = ApprovalPolicy::Automatic;
    CertificateGroup { approval, ..CertificateGroup::default_application("plant") }
}

/// With an RSA-2048 key that OpenSSL has made.
fn request(folder: &Path, number: usize) -> CertificateRequest {
    let out = folder.join("csr.der");
    let names = format!("subjectAltName=URI:urn:works:press{number},DNS:press{number}.local");
    let mut command = Command::new("openssl");
    command.args(["req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=press", "-outform", "DER"]);
    command.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(&out).args(["-addext", &names]);
    let made = command.output().expect("openssl is on the machine");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let csr = Der(std::fs::read(out).expect("openssl has made a request"));
    CertificateRequest {
        id: String::new(),
        applicant: Applicant {
            application: format!("press{number}"),
            application_uri: format!("urn:works:press{number}"),
            application_name: format!("Press {number}"),
            application_type: ApplicationType::Server,
            hosts: vec![format!("press{number}.local")],
        },
        group: "DefaultApplicationGroup".into(),
        certificate_type: CertificateType::RsaSha256,
        requester: "bench".into(),
        at: SystemClock.utc(),
        wanted: Wanted::SigningRequest { csr },
        state: RequestState::New,
    }
}

/// What the parts of one certificate cost on one thread, without threads and databases between them.
async fn stages() -> Result<()> {
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

fn stage(name: &str, work: impl Fn() -> Result<()>) {
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

fn content(request: &CertificateRequest, key: &[u8]) -> CertificateContent {
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

/// What others do: OpenSSL signs; Python's `cryptography` reads a request, checks it, and signs a certificate with the same
/// extensions; `openssl x509` does so in a process for each. None of them puts anything on record.
fn peers(time: Duration) {
    let seconds = time.as_secs().max(1).to_string();
    let mut speed = Command::new("openssl");
    if let Ok(said) = speed.args(["speed", "-seconds", &seconds, "rsa2048"]).output() {
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        said.lines()
            .filter(|line| line.contains("2048"))
            .for_each(|line| println!("peer, openssl speed: {}", line.trim()));
    }
    let folder = tempfile::tempdir().expect("a folder for the bench");
    drop(request(folder.path(), 0));
    match Command::new("python3").args(["-c", PEER, &seconds]).current_dir(folder.path()).output() {
        Ok(said) if said.status.success() => {
            println!("peer, Python's cryptography: {}", String::from_utf8_lossy(&said.stdout).trim())
        }
        _ => println!("peer, Python's cryptography: not on this machine"),
    }
    openssl_x509(folder.path(), time);
}

fn openssl_x509(folder: &Path, time: Duration) {
    let run = |arguments: &[&str]| {
        let made =
            Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl is on the machine");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    run(&[
        "req", "-x509", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", "ca.key", "-subj", "/CN=ca", "-out",
        "ca.pem",
    ]);
    let (begun, mut done) = (Instant::now(), 0_u32);
    while begun.elapsed() < time {
        run(&[
            "x509", "-req", "-inform", "DER", "-in", "csr.der", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "leaf.pem",
        ]);
        done += 1;
    }
    println!(
        "peer, openssl x509, a process each: {:.0} certificates/s",
        f64::from(done) / begun.elapsed().as_secs_f64()
    );
}

/// The keys in SoftHSM2.
async fn token(time: Duration) -> Result<()> {
    const CONFIGURATION: &str = "SOFTHSM2_CONF";
    if std::env::var_os(CONFIGURATION).is_none() {
        return in_a_process_with_a_token(time, CONFIGURATION);
    }
    for (spec, key) in [(KeySpec::Rsa(2048), AuthorityKey::Rsa2048), (KeySpec::NistP256, AuthorityKey::NistP256)] {
        let folder = tempfile::tempdir().expect("a folder for the bench");
        let keys = Arc::new(softhsm_store(SOFTHSM_TOKEN, SOFTHSM_PIN));
        let raw = keys.generate(&format!("raw-{spec:?}"), spec).await?;
        let rate = std::thread::spawn(move || signatures(&*raw, spec, time)).join().expect("it signs");
        println!("token: {rate:.0} signatures/s, {spec:?} in SoftHSM2");
        let plant = Arc::new(Plant::new(folder.path(), Arc::clone(&keys) as _, key).await?);
        report(&format!("issue, in one call, {spec:?} in SoftHSM2"), &plant, time, 8).await?;
        for id in ["root", "plant"] {
            keys.remove(&format!("authority-{id}")).await?;
        }
    }
    Ok(())
}

/// The module finds its token by an environment variable.
fn in_a_process_with_a_token(time: Duration, variable: &str) -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let configuration = folder.path().join("softhsm2.conf");
    std::fs::write(&configuration, format!("directories.tokendir = {}\n", folder.path().display()))
        .expect("it is written");
    let token = ["--init-token", "--free", "--label", SOFTHSM_TOKEN, "--pin", SOFTHSM_PIN, "--so-pin", SOFTHSM_PIN];
    let made = Command::new("softhsm2-util").args(token).env(variable, &configuration).output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("token: SoftHSM2 is not on this machine");
        return Ok(());
    }
    let this = std::env::current_exe().expect("the bench knows its program");
    let seconds = time.as_secs().to_string();
    let done = Command::new(this).args(["token", &seconds]).env(variable, &configuration).status();
    assert!(done.is_ok_and(|done| done.success()), "it measures");
    Ok(())
}

/// A revocation list with 100,000 entries.
async fn list() -> Result<()> {
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
async fn revoke_many(store: &dyn Store, certificate: &[u8]) -> Result<()> {
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

async fn openssl_accepts(folder: &Path, revoked: &Issued, list: &[u8], plant: &Plant) -> Result<()> {
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
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    most.and_then(|most| most.trim().trim_end_matches(" kB").parse::<f64>().ok()).map_or(f64::NAN, |kib| kib / 1024.0)
}

fn approved<T: Approvable + Clone + std::fmt::Debug>(subject: &T) -> Approved<T> {
    match decide(&ApprovalPolicy::Automatic, subject, &[], |_| None, SystemClock.utc()) {
        Decision::Approved(approved) => approved,
        other => panic!("approved, not {other:?}"),
    }
}

/// CPU seconds of this process (Linux counts hundredths).
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap_or("").split(' ').filter_map(|field| field.parse().ok()).collect();
    // Without the state, utime and stime are the 11th and 12th of those behind the name.
    fields.get(10).zip(fields.get(11)).map_or(f64::NAN, |(user, system)| (user + system) / 100.0)
}

const REQUESTS: usize = 16;
const ENTRIES: usize = 100_000;

/// With the profile of an application certificate.
const PEER: &str = r#"
import sys, time, datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
now = datetime.datetime.now(datetime.timezone.utc)
der = open("csr.der", "rb").read()
def issue():
    csr = x509.load_der_x509_csr(der)
    assert csr.is_signature_valid
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usage = x509.KeyUsage(True, True, True, True, False, False, False, False, False)
    return (x509.CertificateBuilder().subject_name(csr.subject).issuer_name(name).public_key(csr.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + datetime.timedelta(365))
        .add_extension(x509.BasicConstraints(False, None), True).add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False).add_extension(names, False)
        .sign(key, hashes.SHA256())).public_bytes(__import__("cryptography").hazmat.primitives.serialization.Encoding.DER)
issue()
begun, cpu, done = time.perf_counter(), time.process_time(), 0
while time.perf_counter() - begun < float(sys.argv[1]):
    issue(); done += 1
print("%.0f certificates/s, %.0f for each second of CPU, not on record" % (done / (time.perf_counter() - begun), done / (time.process_time() - cpu)))
"#;
