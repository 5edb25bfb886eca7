//! What servers say, within bounds. Whoever searches has cut it already; what is kept for long is looked at twice.

use iiot_core::model::{ApplicationDescription, EndpointDescription, UserTokenPolicy};

pub(super) fn application(description: &ApplicationDescription) -> ApplicationDescription {
    let ApplicationDescription { application_uri, application_name, locale, product_uri, .. } = description;
    ApplicationDescription {
        application_uri: text(application_uri, MAX_TEXT),
        application_name: text(application_name, MAX_TEXT),
        locale: locale.as_deref().map(|locale| text(locale, MAX_WORD)),
        product_uri: text(product_uri, MAX_TEXT),
        application_type: description.application_type,
        gateway_server_uri: description.gateway_server_uri.as_deref().map(|uri| text(uri, MAX_TEXT)),
        discovery_profile_uri: description.discovery_profile_uri.as_deref().map(|uri| text(uri, MAX_TEXT)),
        discovery_urls: texts(&description.discovery_urls, MAX_TEXT),
        capabilities: texts(&description.capabilities, MAX_WORD),
    }
}

pub(super) fn endpoint(description: &EndpointDescription) -> EndpointDescription {
    let certificate = description.certificate.as_ref().filter(|certificate| certificate.len() <= MAX_CERTIFICATE);
    EndpointDescription {
        url: text(&description.url, MAX_TEXT),
        reported_url: text(&description.reported_url, MAX_TEXT),
        security_mode: text(&description.security_mode, MAX_WORD),
        security_policy_uri: text(&description.security_policy_uri, MAX_TEXT),
        security_level: description.security_level,
        transport_profile_uri: text(&description.transport_profile_uri, MAX_TEXT),
        certificate_thumbprint: description.certificate_thumbprint.as_deref().map(|one| text(one, MAX_WORD)),
        certificate: certificate.cloned(),
        user_tokens: description.user_tokens.iter().take(MAX_ITEMS).map(user_token).collect(),
    }
}

fn user_token(policy: &UserTokenPolicy) -> UserTokenPolicy {
    UserTokenPolicy {
        policy_id: text(&policy.policy_id, MAX_TEXT),
        token_type: text(&policy.token_type, MAX_WORD),
        security_policy_uri: policy.security_policy_uri.as_deref().map(|uri| text(uri, MAX_TEXT)),
    }
}

fn texts(all: &[String], most: usize) -> Vec<String> {
    all.iter().take(MAX_ITEMS).map(|one| text(one, most)).collect()
}

fn text(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(most).collect()
}

const MAX_TEXT: usize = 4_096;
const MAX_WORD: usize = 64;
const MAX_ITEMS: usize = 100;
const MAX_CERTIFICATE: usize = 65_536;
