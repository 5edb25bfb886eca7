//! Which applications are approved without anybody looking at them.

use std::cmp::Reverse;

use iiot_core::model::{Approval, Endpoint, Finding, Severity};
use iiot_core::operation::{POINTER, parse_request};
use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cover::{Addresses, place};
use super::merge::{Draft, Drafts, Verdict};

/// Which applications are approved, and used, as soon as a search finds them. The first rule that fits decides; without one
/// they wait for somebody. What is on record already is never touched.
///
/// ```
/// use iiot_discovery::registrar::ApprovalRules;
///
/// let rules = ApprovalRules::from_json(br#"{
///     "rules": [
///         { "addresses": ["10.0.9.0/24"], "approve": false },
///         {
///             "addresses": ["10.0.0.0/16"],
///             "applicationUri": "urn:*:acme:press",
///             "securityMode": "SignAndEncrypt",
///             "noFindingsOf": "high",
///             "activate": true
///         }
///     ]
/// }"#)?;
/// assert_eq!(rules.rules.len(), 2);
///
/// let error = ApprovalRules::from_json(br#"{"rules": [{"addresses": ["10.0.0.0/99"]}]}"#).unwrap_err();
/// assert!(error.report().contains("#/rules/0/addresses/0"));
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalRules {
    /// In the order in which they are tried.
    #[schemars(length(max = 1000))]
    pub rules: Vec<ApprovalRule>,
}

/// What an application must be like, all of it, and what is then done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ApprovalRule {
    /// All its addresses are among these: `10.0.0.0/24`, `10.0.0.1-10.0.0.9`, `10.0.0.7`, `fd00::/64`. Any where empty.
    #[schemars(length(max = 1000), inner(length(max = 255)))]
    pub addresses: Vec<String>,
    /// Its ApplicationUri, whatever its case; `*` stands for any text. Any where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub application_uri: Option<String>,
    /// It has an endpoint that protects messages at least so. Any where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_mode: Option<SecurityMode>,
    /// It has an endpoint with one of these policies: `Basic256Sha256`, or the whole URI. Any where empty.
    #[schemars(length(max = 20), inner(length(max = 256)))]
    pub security_policies: Vec<String>,
    /// Nothing is wrong with it, or with the endpoint that is activated, that is so bad or worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_findings_of: Option<Severity>,
    /// Whether it is approved; else it waits for somebody, whatever later rules say. Default true.
    pub approve: bool,
    /// Whether the most secure of the endpoints that fit is activated, too. Default false.
    pub activate: bool,
}

impl Default for ApprovalRule {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            application_uri: None,
            security_mode: None,
            security_policies: Vec::new(),
            no_findings_of: None,
            approve: true,
            activate: false,
        }
    }
}

/// How messages are protected, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SecurityMode {
    /// Not at all.
    None,
    /// Signed.
    Sign,
    /// Signed and encrypted.
    SignAndEncrypt,
}

impl ApprovalRules {
    /// Rules as a file has them.
    ///
    /// # Errors
    /// `InvalidArgument` with the place as JSON pointer.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let rules: Self = parse_request(READ, json)?;
        rules.check()?;
        Ok(rules)
    }

    /// Whether the rules can be meant.
    ///
    /// # Errors
    /// `InvalidArgument` with the place as JSON pointer.
    pub fn check(&self) -> Result<()> {
        for (index, rule) in self.rules.iter().enumerate() {
            for (at, text) in rule.addresses.iter().enumerate() {
                if Addresses::read(text).is_none() {
                    let message =
                        "it is no address, network or range of addresses: 10.0.0.0/24, 10.0.0.1-10.0.0.9, fd00::17";
                    return Err(wrong(message, format!("#/rules/{index}/addresses/{at}")));
                }
            }
            if rule.activate && !rule.approve {
                let message = "what is not approved cannot be activated; leave out one of both";
                return Err(wrong(message, format!("#/rules/{index}/activate")));
            }
        }
        Ok(())
    }

    /// Decides about those that are new.
    pub(super) fn apply(&self, drafts: &mut Drafts) {
        for draft in drafts.values_mut().filter(|draft| draft.verdict == Some(Verdict::New)) {
            let fitting = self.rules.iter().find_map(|rule| Some((rule, rule.fits(draft)?)));
            if let Some((rule, endpoint)) = fitting {
                rule.carry_out(draft, endpoint);
            }
        }
    }
}

impl ApprovalRule {
    /// The id of the best endpoint that fits, if there is one, of an application that does.
    fn fits(&self, draft: &Draft) -> Option<Option<String>> {
        let application = &draft.application;
        let uri = &application.description.application_uri;
        let fits = self.application_uri.as_ref().is_none_or(|pattern| matches(pattern, uri))
            && application.addresses.iter().all(|address| self.allows(address))
            && self.tolerates(&application.findings);
        let endpoint = self.best(draft);
        (fits && (endpoint.is_some() || !self.needs_endpoint())).then_some(endpoint)
    }

    const fn needs_endpoint(&self) -> bool {
        self.activate || self.security_mode.is_some() || !self.security_policies.is_empty()
    }

    fn allows(&self, address: &str) -> bool {
        let mut allowed = self.addresses.iter().filter_map(|text| Addresses::read(text));
        self.addresses.is_empty() || place(address).is_some_and(|at| allowed.any(|some| some.contains(at.ip())))
    }

    fn tolerates(&self, findings: &[Finding]) -> bool {
        self.no_findings_of.is_none_or(|least| findings.iter().all(|finding| finding.severity < least))
    }

    fn best(&self, draft: &Draft) -> Option<String> {
        let endpoints = draft.endpoints.iter().filter_map(|(id, one)| Some((id, one.endpoint.as_ref()?)));
        let fitting = endpoints.filter(|(_, endpoint)| self.takes(endpoint));
        fitting.max_by_key(|(id, endpoint)| (strength(endpoint), Reverse(*id))).map(|(id, _)| id.clone())
    }

    fn takes(&self, endpoint: &Endpoint) -> bool {
        let description = &endpoint.description;
        let policy = policy_name(&description.security_policy_uri);
        description.url.starts_with("opc.tcp://")
            && self.security_mode.is_none_or(|least| mode(endpoint) >= Some(least))
            && (self.security_policies.is_empty()
                || self.security_policies.iter().any(|allowed| policy_name(allowed) == policy))
            && self.tolerates(&endpoint.findings)
    }

    fn carry_out(&self, draft: &mut Draft, endpoint: Option<String>) {
        if !self.approve {
            return;
        }
        draft.application.approval = Approval::Approved;
        let best = endpoint.filter(|_| self.activate).and_then(|id| draft.endpoints.get_mut(&id));
        if let Some(endpoint) = best.and_then(|one| one.endpoint.as_mut()) {
            endpoint.activated = true;
        }
    }
}

/// How well an endpoint is protected: by its mode, then by its policy, then as the server says.
fn strength(endpoint: &Endpoint) -> (Option<SecurityMode>, usize, u8) {
    let policy = policy_name(&endpoint.description.security_policy_uri);
    let policy = POLICIES.iter().position(|known| *known == policy).map_or(0, |at| at + 1);
    (mode(endpoint), policy, endpoint.description.security_level)
}

fn mode(endpoint: &Endpoint) -> Option<SecurityMode> {
    match endpoint.description.security_mode.as_str() {
        "None" => Some(SecurityMode::None),
        "Sign" => Some(SecurityMode::Sign),
        "SignAndEncrypt" => Some(SecurityMode::SignAndEncrypt),
        _ => None,
    }
}

/// What stands behind the `#` of its URI.
fn policy_name(policy: &str) -> &str {
    policy.rsplit('#').next().unwrap_or(policy)
}

/// Whether a text is as a pattern says; `*` stands for any part of it.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

fn wrong(message: &'static str, pointer: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, READ, message).with(POINTER, pointer)
}

const READ: &str = "read approval rules";
/// The weakest first (OPC 10000-7 §6.6); what is not known is weaker.
const POLICIES: [&str; 6] =
    ["None", "Basic128Rsa15", "Basic256", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, fits) in [
            ("urn:a", "urn:a", true),
            ("urn:A", "URN:a", true),
            ("urn:a", "urn:ab", false),
            ("*", "", true),
            ("urn:*:press", "urn:acme:7:press", true),
            ("urn:*:press", "urn:press", false),
            ("urn:*a*b", "urn:xaxb", true),
            ("urn:*a*b", "urn:xb", false),
            ("*b", "ab", true),
            ("a*a", "a", false),
            ("*ä*", "xÄy", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_told_by_its_place() {
        for (json, pointer) in [
            (r#"{"rules":[{},{"addresses":["10.0.0.0/8","plc-7"]}]}"#, "#/rules/1/addresses/1"),
            (r#"{"rules":[{"approve":false,"activate":true}]}"#, "#/rules/0/activate"),
            (r#"{"rules":[{"securityMode":"Best"}]}"#, "#/rules/0/securityMode"),
            (r#"{"rules":[{"adresses":[]}]}"#, "#/rules/0/adresses"),
        ] {
            let error = ApprovalRules::from_json(json.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.context().contains(&(POINTER.into(), pointer.to_owned())), "{error:?}");
        }
    }
}
