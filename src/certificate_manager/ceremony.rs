//! The first authorities and certificate groups.

use std::fmt;

use iiot_core::clock::Clock;
use iiot_core::{Error, ErrorKind, Result};
use iiot_gds::authority::{Authorities, AuthorityKey, AuthorityRecord, AuthoritySpec};
use iiot_gds::model::{CertificateType, Der};
use iiot_gds::office::Office;
use iiot_gds::policy::{ApprovalPolicy, Approved, CertificateGroup, CrlRules, Decision, Purpose, decide};

use super::Lists;

/// Makes the first authorities and certificate groups of a plant: a root, below it an authority for each purpose, and the groups
/// of OPC 10000-12 §7.8.3. Whoever may use the files of the process carries it out; nobody votes, since there is nobody yet. It
/// is on record.
///
/// It can be carried out again: what there is stays as it is, what was interrupted is finished, what is missing is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// The organization in the names of the authorities: `Plant One`. 40 bytes at most.
    pub organization: String,
    /// Who carries it out, for the record.
    pub by: String,
    /// Where revocation lists and certificates of authorities are found by everybody, `http://pki.plant:9703`: stands in all
    /// certificates, which cannot be changed afterwards. Without it they name no place.
    pub public_url: Option<String>,
    /// The keys of the authorities.
    pub key: AuthorityKey,
    /// Whether there is a DefaultHttpsGroup, for certificates of web servers.
    pub https: bool,
    /// Whether there is a DefaultUserTokenGroup, for certificates of people.
    pub users: bool,
}

/// What there is after a ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The id of an authority or a group.
    pub id: String,
    /// Whether it was made now.
    pub new: bool,
    /// Of an authority: its name, and the SHA-256 of its certificate, hexadecimal: what people compare.
    pub authority: Option<(String, String)>,
}

impl Ceremony {
    /// Carries it out.
    ///
    /// # Errors
    /// `InvalidArgument` if the organization or the URL cannot be used; those of the keys and the store.
    pub async fn carry_out(&self, office: &Office) -> Result<Vec<Made>> {
        self.check()?;
        let authorities = &office.authorities;
        let recovered = authorities.recover().await?;
        if let Some((_, cause)) = recovered.failed.into_iter().next() {
            return Err(cause);
        }
        let mut made = Vec::new();
        for spec in self.specs() {
            made.push(self.authority(authorities, spec, &*office.clock).await?);
        }
        for group in self.groups() {
            made.push(self.group(authorities, group).await?);
        }
        Ok(made)
    }

    fn check(&self) -> Result<()> {
        let wrong = |message| Err(Error::new(ErrorKind::InvalidArgument, SETUP, message));
        if self.organization.trim().is_empty() || self.organization.len() > 40 {
            return wrong("the organization has 1 to 40 bytes: it stands in the names of the authorities");
        }
        if self.by.trim().is_empty() || self.by.len() > 64 {
            return wrong("who carries it out is named by 1 to 64 bytes, for the record");
        }
        let Some(url) = &self.public_url else { return Ok(()) };
        let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        match parsed.is_some_and(|url| url.has_host() && url.query().is_none()) && url.len() <= 200 {
            true => Ok(()),
            false => wrong("the URL for everybody is one like http://pki.plant:9703, of 200 bytes at most"),
        }
    }

    fn specs(&self) -> Vec<AuthoritySpec> {
        let mut specs = vec![self.spec(ROOT, "Root CA", None), self.spec(APPLICATIONS, "Applications CA", Some(ROOT))];
        specs.extend(self.https.then(|| self.spec(HTTPS, "HTTPS CA", Some(ROOT))));
        specs.extend(self.users.then(|| self.spec(USERS, "Users CA", Some(ROOT))));
        specs
    }

    fn spec(&self, id: &str, title: &str, issuer: Option<&str>) -> AuthoritySpec {
        let is_root = issuer.is_none();
        let url = |make: fn(&str, &str) -> String| self.public_url.iter().map(|base| make(base, id)).collect();
        AuthoritySpec {
            id: id.into(),
            common_name: format!("{} {title}", self.organization),
            organization: self.organization.clone(),
            key: self.key,
            issuer: issuer.map(Into::into),
            group: None,
            replaces: None,
            valid_days: if is_root { ROOT_DAYS } else { ISSUING_DAYS },
            crl: if is_root { CrlRules::of_root() } else { CrlRules::default() },
            crl_urls: url(Lists::crl_url),
            issuer_urls: url(Lists::issuer_url),
            requester: self.by.clone(),
        }
    }

    fn groups(&self) -> Vec<CertificateGroup> {
        let first = CertificateGroup::default_application(APPLICATIONS);
        let like_it = |id: &str, purpose, kind, authority: &str| CertificateGroup {
            id: id.into(),
            purpose,
            certificate_types: vec![kind],
            authority: authority.into(),
            ..first.clone()
        };
        let https = like_it("DefaultHttpsGroup", Purpose::Https, CertificateType::Https, HTTPS);
        let users = like_it("DefaultUserTokenGroup", Purpose::UserToken, CertificateType::User, USERS);
        let all = [(true, first.clone()), (self.https, https), (self.users, users)];
        all.into_iter().filter_map(|(is, group)| is.then_some(group)).collect()
    }

    async fn authority(&self, authorities: &Authorities, spec: AuthoritySpec, clock: &dyn Clock) -> Result<Made> {
        match authorities.authority(&spec.id).await {
            Ok(record) => Made::of(&record, false),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Made::of(&authorities.create(approved(spec, clock)?).await?, true)
            }
            Err(error) => Err(error),
        }
    }

    async fn group(&self, authorities: &Authorities, group: CertificateGroup) -> Result<Made> {
        let id = group.id.clone();
        let new = match authorities.group(&id).await {
            Ok(_) => false,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                authorities.put_group(&group, &self.by).await?;
                true
            }
            Err(error) => return Err(error),
        };
        Ok(Made { id, new, authority: None })
    }
}

impl Made {
    fn of(record: &AuthorityRecord, new: bool) -> Result<Self> {
        let sha256 = Der(record.der()?.to_vec()).sha256();
        Ok(Self { id: record.id.clone(), new, authority: Some((record.common_name.clone(), sha256)) })
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.new { "made" } else { "was there" };
        match &self.authority {
            Some((name, sha256)) => write!(f, "authority {} ({name}): {how}, SHA-256 {sha256}", self.id),
            None => write!(f, "group {}: {how}", self.id),
        }
    }
}

fn approved(spec: AuthoritySpec, clock: &dyn Clock) -> Result<Approved<AuthoritySpec>> {
    match decide(&ApprovalPolicy::Automatic, &spec, &[], |_| None, clock.utc()) {
        Decision::Approved(approved) => Ok(approved),
        _ => Err(Error::new(ErrorKind::Internal, SETUP, "what needs no votes was not approved")),
    }
}

const SETUP: &str = "set up";
const ROOT: &str = "root";
const APPLICATIONS: &str = "applications";
const HTTPS: &str = "https";
const USERS: &str = "users";
/// Twenty and ten years.
const ROOT_DAYS: u32 = 7_300;
const ISSUING_DAYS: u32 = 3_650;
