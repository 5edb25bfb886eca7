//! What trust lists are computed from.

use iiot_core::Result;

use super::{Authorities, AuthorityRecord};
use crate::policy::Purpose;
use crate::store::CertificateQuery;
use crate::trust::{HeldCertificate, Material, TrustAuthority};

impl Authorities {
    /// The authorities that are trusted and the certificates that are valid and not revoked, of all groups with this
    /// purpose, for [`TrustPlan`](crate::trust::TrustPlan).
    ///
    /// # Errors
    /// Those of the store.
    pub async fn material(&self, purpose: Purpose) -> Result<Material> {
        let mut material = Material::default();
        for record in self.all().await?.into_iter().filter(AuthorityRecord::is_trusted) {
            let revocation_list = self.revocation_list(&record.id).await?;
            material.authorities.push(TrustAuthority {
                certificates: vec![record.der()?.to_vec()],
                revocation_list,
                issuers: record.issuer.into_iter().collect(),
                id: record.id,
                group: record.group,
                successor: record.successor,
            });
        }
        material.certificates = self.held(purpose).await?;
        Ok(material)
    }

    async fn held(&self, purpose: Purpose) -> Result<Vec<HeldCertificate>> {
        let query = CertificateQuery { revoked: Some(false), until_after: Some(self.now()?), ..Default::default() };
        let mut held = Vec::new();
        for one in self.store().certificates(&query).await? {
            if !one.application.is_empty() && self.purpose_of(&one.group).await? == Some(purpose) {
                let issuer = Some(one.issuer);
                held.push(HeldCertificate { application: one.application, certificate: one.certificate, issuer });
            }
        }
        Ok(held)
    }

    async fn purpose_of(&self, group: &str) -> Result<Option<Purpose>> {
        Ok(super::document::load::<crate::policy::CertificateGroup>(self.store(), super::document::GROUP, group)
            .await?
            .map(|group| group.value.purpose))
    }
}
