//! An application of somebody else, which reads its certificates from files.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::keys::{FsKeyStore, KeySpec, KeyStore, PrivateKey};
use iiot_core::model::{ApplicationDescription, ApplicationType};
use iiot_core::time::UtcTime;
use iiot_core::trust::FsTrustStore;
use iiot_core::ua::trust::{Certificate, RequestedNames, signing_request};
use iiot_core::{Error, ErrorKind, Result};
use iiot_gds::enrolment::{
    EnrollRequest, Enrolled, Enrolment, IssuedCertificate, Standing, StandingRequest, lists_revision,
};
use iiot_gds::model::{Applicant, Der};
use iiot_gds::policy::{Due, RenewalSchedule, Validity};

use super::{chain, off_thread, rejected};

/// An application that is to get certificates.
#[derive(Debug, Clone)]
pub struct Enrollee {
    /// The name of its files.
    pub name: String,
    /// What it says of itself. The hosts of its DiscoveryUrls stand in its certificate.
    pub description: ApplicationDescription,
    /// The kind of its key, where none is there yet.
    pub key: KeySpec,
}

impl Enrollee {
    /// An application with an RSA key of 2048 bits.
    #[must_use]
    pub fn new(name: impl Into<String>, application_uri: impl Into<String>, kind: ApplicationType) -> Self {
        let name = name.into();
        let description = ApplicationDescription {
            application_uri: application_uri.into(),
            application_name: name.clone(),
            locale: None,
            product_uri: String::new(),
            application_type: kind,
            gateway_server_uri: None,
            discovery_profile_uri: None,
            discovery_urls: Vec::new(),
            capabilities: Vec::new(),
        };
        Self { name, description, key: KeySpec::Rsa(2048) }
    }
}

/// The files of an application, in the usual layout:
///
/// | file | holds |
/// |---|---|
/// | `own/private/NAME.pem` | the key (PKCS #8), which only its owner can read; it never leaves the machine |
/// | `own/certs/NAME.der`, `.pem` | the certificate |
/// | `own/certs/NAME.chain.pem` | the certificate and the authorities above it, without the root |
/// | `trusted/certs/managed_….der`, `trusted/crl/managed_….crl` | whom the manager says to trust, and revocation lists |
/// | `issuers/certs/managed_….der`, `issuers/crl/managed_….crl` | authorities that complete chains, and theirs |
///
/// Every file is replaced whole or not at all. Others in these folders stay.
#[derive(Debug)]
pub struct EnrolledFiles {
    enrollee: Enrollee,
    trust: FsTrustStore,
    key: Arc<dyn PrivateKey>,
}

/// What a round came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnrolledStep {
    /// Whether there is another certificate than before.
    pub certificate: bool,
    /// Whether there are other trust lists than before.
    pub lists: bool,
    /// Whether somebody has to agree before there is a certificate.
    pub pending: bool,
    /// Until when the certificate is valid, if there is one.
    pub valid_until: Option<UtcTime>,
}

impl EnrolledFiles {
    /// The files below a folder. The key is made where there is none.
    ///
    /// # Errors
    /// `InvalidArgument` if the name cannot be that of files; `Io` if the folder cannot be used.
    pub async fn open(folder: impl Into<PathBuf>, enrollee: Enrollee) -> Result<Self> {
        let trust = FsTrustStore::new(folder);
        trust.make_directories().await?;
        let keys = FsKeyStore::new(trust.own_keys());
        let key = match keys.open(&enrollee.name).await? {
            Some(key) => key,
            None => keys.generate(&enrollee.name, enrollee.key).await?,
        };
        Ok(Self { enrollee, trust, key })
    }

    /// Brings the files up to date: asks for a certificate where there is none or it is due, and for the trust lists.
    /// Interrupted at any place, it is done again.
    ///
    /// # Errors
    /// Those of the certificate manager and of the files. `Forbidden` where a person has refused or must invite anew.
    pub async fn update(&self, certificates: &dyn Enrolment, clock: &dyn Clock) -> Result<EnrolledStep> {
        let mut step = EnrolledStep::default();
        let held = self.held()?.filter(|held| held.until > clock.utc());
        match held {
            Some(held) => {
                let renew = self.look(certificates, &mut step).await?;
                if renew || RenewalSchedule::new(held).next(clock.utc()) == Due::Now {
                    self.enroll(certificates, &mut step).await?;
                }
            }
            None => {
                self.enroll(certificates, &mut step).await?;
                if step.valid_until.is_some() {
                    self.look(certificates, &mut step).await?;
                }
            }
        }
        step.valid_until = self.held()?.map(|held| held.until);
        Ok(step)
    }

    /// Where the certificate lies.
    #[must_use]
    pub fn certificate_file(&self) -> PathBuf {
        self.own("der")
    }

    fn own(&self, extension: &str) -> PathBuf {
        self.trust.own_certificates().join(format!("{}.{extension}", self.enrollee.name))
    }

    async fn enroll(&self, certificates: &dyn Enrolment, step: &mut EnrolledStep) -> Result<()> {
        let names = self.names();
        let request = EnrollRequest {
            csr: Der(signing_request(self.key.as_ref(), &names).await?),
            certificate_type: None,
            application: Some(self.enrollee.description.clone()),
        };
        match certificates.enroll(request).await?.outcome {
            Enrolled::Issued(issued) => self.keep(issued, step).await,
            Enrolled::Rejected { reason } => Err(rejected(&reason)),
            _ => {
                step.pending = true;
                Ok(())
            }
        }
    }

    fn names(&self) -> RequestedNames {
        let Applicant { application_uri, application_name, hosts, .. } = Applicant::of("", &self.application());
        let addresses = hosts.iter().filter_map(|host| host.parse().ok()).collect();
        let names = hosts.into_iter().filter(|host| host.parse::<std::net::IpAddr>().is_err()).collect();
        RequestedNames {
            application_uri,
            common_name: application_name,
            organization: String::new(),
            dns_names: names,
            ip_addresses: addresses,
        }
    }

    fn application(&self) -> iiot_core::model::Application {
        iiot_core::model::Application::new(self.enrollee.description.clone())
    }

    /// Follows the trust lists; tells whether a certificate should be asked for. One that was issued and did not reach us is
    /// taken here.
    async fn look(&self, certificates: &dyn Enrolment, step: &mut EnrolledStep) -> Result<bool> {
        let held = lists_revision(&self.trust.managed().await?.into());
        let standing = certificates.standing(StandingRequest { revision: Some(held) }).await?;
        let Standing { certificate, revoked, renew, lists, .. } = standing;
        if let Some(lists) = lists {
            step.lists = self.trust.replace_managed((&lists).into()).await?;
        }
        if let Some(reason) = revoked {
            let message = "the certificate manager has revoked the certificate: ask for a new invitation";
            return Err(Error::new(ErrorKind::Forbidden, ENROLL, message).with("reason", reason.name()));
        }
        if let Some(issued) = certificate {
            self.keep(issued, step).await?;
        }
        Ok(renew)
    }

    /// The DER file last: it is the one that we read ourselves.
    async fn keep(&self, issued: IssuedCertificate, step: &mut EnrolledStep) -> Result<()> {
        step.valid_until = Some(issued.valid_until);
        let chain = chain(issued);
        let leaf = Certificate::parse(&chain[0])?;
        if leaf.public_key() != self.key.public_key() {
            return Err(Error::new(ErrorKind::InvalidArgument, ENROLL, "the certificate is not of our key"));
        }
        let sent = chain.iter().filter(|der| !Certificate::parse(der).is_ok_and(|parsed| parsed.is_self_issued()));
        let pems: Vec<String> = sent.map(|der| Der(der.clone()).to_pem("CERTIFICATE")).collect();
        let files = [
            (self.own("chain.pem"), pems.concat().into_bytes()),
            (self.own("pem"), pems.first().cloned().unwrap_or_default().into_bytes()),
            (self.own("der"), chain[0].clone()),
        ];
        step.certificate |= off_thread(move || {
            let changed = files.iter().map(|(file, content)| put(file, content)).collect::<Result<Vec<_>>>()?;
            Ok(changed.contains(&true))
        })
        .await?;
        Ok(())
    }

    /// The validity of the certificate that is there, if it is of our key.
    fn held(&self) -> Result<Option<Validity>> {
        let file = self.own("der");
        let der = match std::fs::read(&file) {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|cause| unusable(&file).because(cause))?,
        };
        let leaf = Certificate::parse(&der).ok().filter(|leaf| leaf.public_key() == self.key.public_key());
        Ok(leaf.map(|leaf| Validity { from: leaf.not_before(), until: leaf.not_after() }))
    }
}

/// Whole or not at all; tells whether it was another content.
fn put(file: &Path, content: &[u8]) -> Result<bool> {
    if std::fs::read(file).is_ok_and(|held| held == content) {
        return Ok(false);
    }
    let draft = file.with_extension("draft");
    let written = || {
        let mut open = File::create(&draft)?;
        open.write_all(content)?;
        open.sync_all()?;
        std::fs::rename(&draft, file)
    };
    written().map_err(|cause: std::io::Error| unusable(file).because(cause))?;
    Ok(true)
}

fn unusable(file: &Path) -> Error {
    Error::new(ErrorKind::Io, ENROLL, "the file cannot be used").with("file", file.display())
}

const ENROLL: &str = "enroll";
