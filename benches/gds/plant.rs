//! An authority to measure, and requests for it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::KeyStore;
use iiot_core::model::ApplicationType;
use iiot_core::{Error, Result};
use iiot_gds::audit::{MarkedStore, MarksFile};
use iiot_gds::authority::{Authorities, AuthorityKey, AuthorityParts, AuthoritySpec};
use iiot_gds::model::{Applicant, CertificateType, Der};
use iiot_gds::policy::{
    Approvable, ApprovalPolicy, Approved, CertificateGroup, CertificateRequest, CrlRules, Decision, RequestState,
    Wanted, decide,
};
use iiot_gds::store::{SqliteStore, Store};

/// An authority with an automatic group, and signing requests for it.
pub(crate) struct Plant {
    pub(crate) authorities: Authorities,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) requests: Vec<CertificateRequest>,
    pub(crate) next: AtomicUsize,
    pub(crate) in_steps: bool,
}

impl Plant {
    pub(crate) async fn new(folder: &Path, keys: Arc<dyn KeyStore>, key: AuthorityKey) -> Result<Self> {
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

    pub(crate) async fn issue_for(self: Arc<Self>, time: Duration, callers: usize) -> Result<f64> {
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
    pub(crate) async fn issue_one(&self) -> Result<()> {
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

    pub(crate) fn next_request(&self) -> CertificateRequest {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let template = &self.requests[number % self.requests.len()];
        CertificateRequest { id: format!("r{number}"), at: SystemClock.utc(), ..template.clone() }
    }
}

pub(crate) fn spec(id: &str, issuer: Option<&str>, key: AuthorityKey) -> AuthoritySpec {
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

pub(crate) fn group() -> CertificateGroup {
    let approval = ApprovalPolicy::Automatic;
    CertificateGroup { approval, ..CertificateGroup::default_application("plant") }
}

/// With an RSA-2048 key that OpenSSL has made.
pub(crate) fn request(folder: &Path, number: usize) -> CertificateRequest {
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

pub(crate) fn approved<T: Approvable + Clone + std::fmt::Debug>(subject: &T) -> Approved<T> {
    match decide(&ApprovalPolicy::Automatic, subject, &[], |_| None, SystemClock.utc()) {
        Decision::Approved(approved) => approved,
        other => panic!("approved, not {other:?}"),
    }
}

/// CPU seconds of this process (Linux counts hundredths).
pub(crate) fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap_or("").split(' ').filter_map(|field| field.parse().ok()).collect();
    // Without the state, utime and stime are the 11th and 12th of those behind the name.
    fields.get(10).zip(fields.get(11)).map_or(f64::NAN, |(user, system)| (user + system) / 100.0)
}

pub(crate) const REQUESTS: usize = 16;
