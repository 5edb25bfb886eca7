//! What trust lists are computed from.

use std::collections::BTreeSet;

use iiot_core::Result;

use super::{Authorities, AuthorityRecord};
use crate::document::{self, Kept};
use crate::policy::{CertificateGroup, Purpose};
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
        let groups: Vec<Kept<CertificateGroup>> = document::all(self.store(), document::GROUP).await?;
        let groups: BTreeSet<String> =
            groups.into_iter().filter(|group| group.value.purpose == purpose).map(|group| group.value.id).collect();
        let query = CertificateQuery { revoked: Some(false), until_after: Some(self.now()?), ..Default::default() };
        let all = self.store().certificates(&query).await?;
        let held = all.into_iter().filter(|one| !one.application.is_empty() && groups.contains(&one.group));
        Ok(held
            .map(|one| {
                let issuer = Some(one.issuer);
                HeldCertificate { application: one.application, certificate: one.certificate, issuer }
            })
            .collect())
    }
}
