//! What is wrong with an endpoint.

use iiot_core::model::{EndpointDescription, Finding, FindingCode, Severity, UserTokenPolicy};

use super::finding;

/// What is wrong with one way to reach a server. One that takes no users serves discovery alone, and may be open.
#[must_use]
pub fn of_endpoint(endpoint: &EndpointDescription) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().filter_map(|check| check(endpoint)).collect();
    findings.sort_by(|one, other| (other.severity, one).cmp(&(one.severity, other)));
    findings
}

type Check = fn(&EndpointDescription) -> Option<Finding>;

const CHECKS: &[Check] = &[
    anonymous,
    no_security,
    not_encrypted,
    deprecated_policy,
    deprecated_secret,
    secret_in_clear,
    certificate_missing,
    contradictory,
];

const POLICY: &str = "http://opcfoundation.org/UA/SecurityPolicy#";
/// Policies that OPC 10000-7 has withdrawn, and why.
const DEPRECATED: &[(&str, &str)] = &[
    ("Basic128Rsa15", "SHA-1 and RSA PKCS #1 v1.5, which are broken"),
    ("Basic192Rsa15", "SHA-1 and RSA PKCS #1 v1.5, which are broken"),
    ("Basic256Rsa15", "SHA-1 and RSA PKCS #1 v1.5, which are broken"),
    ("Basic256", "SHA-1, which is broken"),
];

fn anonymous(endpoint: &EndpointDescription) -> Option<Finding> {
    takes(endpoint, "Anonymous").then(|| {
        let (severity, whoever) = match is_open(endpoint) {
            true => (Severity::High, "whoever reaches it on the network may act without saying who he is"),
            false => (Severity::Medium, "whoever has a trusted certificate may act without saying who he is"),
        };
        finding(severity, FindingCode::Anonymous, whoever, "take Anonymous out of the endpoint's ways to log in")
    })
}

fn no_security(endpoint: &EndpointDescription) -> Option<Finding> {
    (is_open(endpoint) && !endpoint.user_tokens.is_empty()).then(|| {
        finding(
            Severity::Medium,
            FindingCode::NoSecurity,
            "it is used without signature and encryption: whoever is on the network reads and changes everything",
            "switch the policy None off, or offer it for discovery alone; clients then need a certificate that the server trusts",
        )
    })
}

fn not_encrypted(endpoint: &EndpointDescription) -> Option<Finding> {
    (endpoint.security_mode == "Sign").then(|| {
        finding(
            Severity::Info,
            FindingCode::NotEncrypted,
            "messages are signed and not encrypted: whoever is on the network reads everything",
            "use the mode SignAndEncrypt where values are confidential",
        )
    })
}

fn deprecated_policy(endpoint: &EndpointDescription) -> Option<Finding> {
    let (name, why) = deprecated(&endpoint.security_policy_uri)?;
    Some(finding(
        Severity::Medium,
        FindingCode::DeprecatedPolicy,
        format!("its policy {name} rests on {why}"),
        "switch it off, and use Basic256Sha256, Aes128_Sha256_RsaOaep or Aes256_Sha256_RsaPss",
    ))
}

/// Secrets have a policy of their own.
fn deprecated_secret(endpoint: &EndpointDescription) -> Option<Finding> {
    let own = endpoint.user_tokens.iter().filter_map(|token| token.security_policy_uri.as_deref());
    let (name, why) = own.filter(|uri| *uri != endpoint.security_policy_uri).find_map(deprecated)?;
    Some(finding(
        Severity::Medium,
        FindingCode::DeprecatedPolicy,
        format!("users log in by the policy {name}, which rests on {why}"),
        "set the policy of the way to log in to Basic256Sha256 or better",
    ))
}

fn secret_in_clear(endpoint: &EndpointDescription) -> Option<Finding> {
    let secrets =
        endpoint.user_tokens.iter().filter(|token| matches!(token.token_type.as_str(), "UserName" | "IssuedToken"));
    let in_clear = secrets.filter(|token| is_in_clear(token, endpoint)).count();
    (in_clear > 0 && endpoint.security_mode != "SignAndEncrypt").then(|| {
        finding(
            Severity::High,
            FindingCode::PasswordInClear,
            "passwords travel in clear: whoever is on the network can read them",
            "give the way to log in a policy of its own (Basic256Sha256 or better), or offer it on encrypted endpoints alone",
        )
    })
}

fn certificate_missing(endpoint: &EndpointDescription) -> Option<Finding> {
    let is_secured = matches!(endpoint.security_mode.as_str(), "Sign" | "SignAndEncrypt");
    (is_secured && endpoint.certificate.is_none()).then(|| {
        finding(
            Severity::High,
            FindingCode::CertificateMissing,
            "it is secured and shows no certificate: nobody can use it",
            "give the server a certificate",
        )
    })
}

fn contradictory(endpoint: &EndpointDescription) -> Option<Finding> {
    let is_none = is_none(&endpoint.security_policy_uri);
    let agrees = match endpoint.security_mode.as_str() {
        "None" => is_none,
        "Sign" | "SignAndEncrypt" => !is_none && !endpoint.security_policy_uri.is_empty(),
        _ => false,
    };
    (!agrees).then(|| {
        let (mode, policy) = (&endpoint.security_mode, &endpoint.security_policy_uri);
        finding(
            Severity::Low,
            FindingCode::Malformed,
            format!("its mode {mode} and its policy {policy:?} do not go together: no client can use it"),
            "correct or remove the endpoint in the server's configuration",
        )
    })
}

fn takes(endpoint: &EndpointDescription, kind: &str) -> bool {
    endpoint.user_tokens.iter().any(|token| token.token_type == kind)
}

fn is_open(endpoint: &EndpointDescription) -> bool {
    endpoint.security_mode == "None" && !is_tls(endpoint)
}

/// Under HTTPS and secure websockets TLS protects what is not protected here.
fn is_tls(endpoint: &EndpointDescription) -> bool {
    ["https://", "opc.https://", "opc.wss://"].iter().any(|scheme| endpoint.reported_url.starts_with(scheme))
}

/// The policy of the way to log in counts, else that of the endpoint.
fn is_in_clear(token: &UserTokenPolicy, endpoint: &EndpointDescription) -> bool {
    let own = token.security_policy_uri.as_deref().filter(|uri| !uri.is_empty());
    is_none(own.unwrap_or(&endpoint.security_policy_uri)) && !is_tls(endpoint)
}

fn is_none(policy: &str) -> bool {
    policy.strip_prefix(POLICY) == Some("None")
}

fn deprecated(policy: &str) -> Option<(&'static str, &'static str)> {
    let name = policy.strip_prefix(POLICY)?;
    DEPRECATED.iter().copied().find(|(deprecated, _)| *deprecated == name)
}
