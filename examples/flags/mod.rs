//! Flags that several processes have.

use std::path::PathBuf;

use clap::Args;
use iiot::core::Result;
use iiot::core::http::{KeySource, TokenOptions};

/// Where HTTP is served.
#[derive(Args)]
pub(crate) struct TlsFlags {
    /// Certificate and issuers for HTTPS, as PEM
    #[arg(long, env = "IIOT_HTTP_CERTIFICATE", value_name = "FILE", requires = "http_key")]
    pub(crate) http_certificate: Option<PathBuf>,
    /// Its private key, as PEM
    #[arg(long, env = "IIOT_HTTP_KEY", value_name = "FILE", requires = "http_certificate")]
    pub(crate) http_key: Option<PathBuf>,
}

/// Who else may call over HTTP.
#[derive(Args)]
pub(crate) struct TokenFlags {
    /// Takes JSON Web Tokens whose signature fits one of these keys: https://HOST/PATH, or a file with a JSON Web Key Set
    #[arg(long, env = "IIOT_JWKS", value_name = "URL|FILE", requires_all = ["http", "issuer", "audience"])]
    jwks: Option<String>,
    /// The `iss` that tokens must have
    #[arg(long, env = "IIOT_ISSUER", value_name = "ISSUER", requires = "jwks")]
    issuer: Option<String>,
    /// The `aud` that tokens must have
    #[arg(long, env = "IIOT_AUDIENCE", value_name = "AUDIENCE", requires = "jwks")]
    audience: Option<String>,
    /// The claim of tokens that holds reader, operator, approver or administrator: its name, or a JSON pointer to it
    #[arg(long, env = "IIOT_ROLE_CLAIM", value_name = "CLAIM", default_value = "roles")]
    role_claim: String,
}

impl TokenFlags {
    /// Whose tokens are taken.
    ///
    /// # Errors
    /// `InvalidArgument` if the keys cannot be used.
    pub(crate) fn options(&self) -> Result<Option<TokenOptions>> {
        let (Some(keys), Some(issuer), Some(audience)) = (&self.jwks, self.issuer.clone(), self.audience.clone())
        else {
            return Ok(None);
        };
        let role_claim = self.role_claim.clone();
        Ok(Some(TokenOptions { keys: KeySource::parse(keys)?, issuer, audience, role_claim }))
    }
}
