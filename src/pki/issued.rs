//! A certificate that an authority has issued for our key, in place of the one before.

use iiot_core::model::{ApplicationDescription, ApplicationType};
use iiot_core::time::UtcTime;
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{Certificate, RequestedNames, signing_request};
use iiot_core::{Error, ErrorKind, Result};

use super::{CURRENT, PREVIOUS, Pki, common_name, host_name, thumbprint};

impl Pki {
    /// What this application says of itself.
    #[must_use]
    pub fn description(&self) -> ApplicationDescription {
        ApplicationDescription {
            application_uri: self.application_uri.clone(),
            application_name: common_name(&self.own.name),
            locale: None,
            product_uri: String::new(),
            application_type: ApplicationType::Client,
            gateway_server_uri: None,
            discovery_profile_uri: None,
            discovery_urls: Vec::new(),
            capabilities: Vec::new(),
        }
    }

    /// A request for a certificate of our key (PKCS #10, DER).
    ///
    /// # Errors
    /// Those of the key.
    pub async fn signing_request(&self) -> Result<Vec<u8>> {
        let names = RequestedNames {
            application_uri: self.application_uri.clone(),
            common_name: common_name(&self.own.name),
            dns_names: vec![host_name()],
            ..RequestedNames::default()
        };
        signing_request(self.own.key.as_ref(), &names).await
    }

    /// Whether our certificate is one that we have signed ourselves.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        let current = self.certificate.current();
        iiot_core::ua::trust::leaf_of_chain(&current.chain).is_ok_and(|(leaf, _)| leaf.is_self_issued())
    }

    /// Takes a certificate that an authority has issued for our key into use: the certificate first, then those above it
    /// (DER), the root last or left out. The one before stays, for servers that do not trust the authority yet; sessions go
    /// on. Tells whether it is another one than ours; interrupted, it is done again.
    ///
    /// # Errors
    /// `InvalidArgument` if it is not of our key and ApplicationUri, or not valid now; `Io` if it cannot be written.
    pub fn install(&self, chain: &[Vec<u8>], now: UtcTime) -> Result<bool> {
        let next = self.issued(chain, now)?;
        let _one = self.own.replacing.lock();
        let current = self.certificate.current();
        if current.chain == next.chain {
            return Ok(false);
        }
        self.own.write(PREVIOUS, &current.chain)?;
        self.own.write(CURRENT, &next.chain)?;
        self.certificate.replace(next);
        Ok(true)
    }

    fn issued(&self, chain: &[Vec<u8>], now: UtcTime) -> Result<ApplicationCertificate> {
        let parsed = chain.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>>>()?;
        let (leaf, above) = parsed.split_first().ok_or_else(|| unfit("there is none"))?;
        if leaf.public_key() != self.own.key.public_key() {
            return Err(unfit("it is not of our key"));
        }
        if leaf.application_uri().as_deref() != Some(self.application_uri.as_str()) {
            return Err(unfit("it has another ApplicationUri than ours").with("ours", &self.application_uri));
        }
        if leaf.not_after() <= now || leaf.is_self_issued() || !above.iter().all(Certificate::is_authority) {
            return Err(unfit("it has expired, or is not issued by an authority"));
        }
        tracing::info!("our certificate is issued until {} (thumbprint {})", leaf.not_after(), thumbprint(leaf));
        // A peer trusts the root or it does not: sent along, it proves nothing.
        let sent = chain.iter().zip(&parsed).filter(|(_, parsed)| !parsed.is_self_issued());
        let chain = sent.flat_map(|(der, _)| der.iter().copied()).collect();
        Ok(ApplicationCertificate { chain, key: std::sync::Arc::clone(&self.own.key) })
    }
}

fn unfit(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "install our certificate", message)
}
