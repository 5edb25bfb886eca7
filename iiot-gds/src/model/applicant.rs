//! Whose certificate it is.

use iiot_core::model::{Application, ApplicationType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a certificate may say of an application: what is on record of it, whatever it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Applicant {
    /// The id of its record.
    pub application: String,
    /// The ApplicationUri: the only URI of its certificate.
    pub application_uri: String,
    /// The common name of its certificate.
    pub application_name: String,
    /// Server, client or both: what its key may be used for.
    pub application_type: ApplicationType,
    /// The hosts of its DiscoveryUrls, names and addresses, each once; those that it may be reached by.
    pub hosts: Vec<String>,
}

impl Applicant {
    /// What is on record under this id.
    #[must_use]
    pub fn of(id: &str, application: &Application) -> Self {
        let description = &application.description;
        let mut hosts: Vec<String> = description.discovery_urls.iter().filter_map(|url| host(url)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        Self {
            application: id.to_owned(),
            application_uri: description.application_uri.clone(),
            application_name: description.application_name.clone(),
            application_type: description.application_type,
            hosts,
        }
    }
}

/// The host of `opc.tcp://host:4840/path`, without the brackets of an IPv6 address.
fn host(url: &str) -> Option<String> {
    let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_come_from_urls() {
        assert_eq!(host("opc.tcp://Press.local:4840/ua").as_deref(), Some("press.local"));
        assert_eq!(host("opc.tcp://[fe80::1]:4840").as_deref(), Some("fe80::1"));
        assert_eq!(host("https://10.0.0.7/ua").as_deref(), Some("10.0.0.7"));
        assert_eq!(host("opc.tcp://:4840"), None);
        assert_eq!(host("press"), None);
    }
}
