//! Commands for whoever may use the files of a process: API keys and the audit record.

use std::path::Path;
use std::time::Duration;

use iiot_core::http::{ApiKey, ApiKeyRequest, ApiKeys, AuditEntry, AuditEvent, AuditLog};
use iiot_core::operation::Role;
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};

/// Carries out `first NAME`, `make NAME ROLE [DAYS]`, `list` or `revoke ID` on the keys of a folder, and returns what to
/// print. A key's text is in it once and nowhere else. A process that runs on the folder notices within a second.
///
/// # Errors
/// `InvalidArgument` if the words are none of these; as of [`ApiKeys`] and [`AuditLog`].
pub fn key_command(folder: &Path, words: &[String], now: UtcTime) -> Result<String> {
    let keys = ApiKeys::open(folder.join("keys.json"))?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["list"] = words.as_slice() {
        return Ok(keys.list().iter().map(line).collect::<Vec<_>>().join("\n"));
    }
    let change = || match words.as_slice() {
        ["first", name] => keys.make_first(*name, now).map(|new| new.text.to_string()),
        ["make", name, role] => keys.make(request(name, role, None)?, now).map(|new| new.text.to_string()),
        ["make", name, role, days] => {
            let expires = now + Duration::from_secs(self::days(days)? * 86_400);
            keys.make(request(name, role, Some(expires))?, now).map(|new| new.text.to_string())
        }
        ["revoke", id] => keys.revoke(id).map(|key| format!("revoked {}", line(&key))),
        _ => Err(usage("key first NAME | make NAME ROLE [DAYS] | list | revoke ID")),
    };
    recorded(folder, &words, now, change)
}

/// Carries out `list` or `check` on the audit record of a folder, and returns what to print.
///
/// # Errors
/// `InvalidArgument` if the words are none of these, `Corrupt` if the record was changed; as of [`AuditLog`].
pub fn audit_command(folder: &Path, words: &[String]) -> Result<String> {
    let audit = AuditLog::open(folder.join("audit.jsonl"))?;
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["list"] => {
            let records = audit.read(0, usize::MAX)?;
            let line = |record| serde_json::to_string(record).unwrap_or_default();
            Ok(records.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        ["check"] => match audit.check()? {
            check if check.broken.is_none() => {
                Ok(format!("{} records follow from each other; the newest is {}", check.records, check.newest))
            }
            check => Err(Error::new(ErrorKind::Corrupt, "check audit record", check.broken.unwrap_or_default())),
        },
        _ => Err(usage("audit list | check")),
    }
}

/// Carries out a change between two records, as the server does.
fn recorded(folder: &Path, words: &[&str], now: UtcTime, change: impl FnOnce() -> Result<String>) -> Result<String> {
    let audit = AuditLog::open(folder.join("audit.jsonl"))?;
    let entry = |event, began, reason| AuditEntry {
        event,
        principal: "command".into(),
        role: None,
        key: None,
        address: None,
        operation: format!("key {}", words.first().unwrap_or(&"")),
        request: iiot_core::http::digest(words.join(" ").as_bytes()),
        began,
        reason,
        details: None,
    };
    let began = audit.append(now, entry(AuditEvent::Began, None, None))?;
    let outcome = change();
    let (event, reason) = match &outcome {
        Ok(_) => (AuditEvent::Done, None),
        Err(error) => (AuditEvent::Failed, Some(error.report())),
    };
    audit.append(now, entry(event, Some(began), reason))?;
    outcome
}

fn request(name: &str, role: &str, expires: Option<UtcTime>) -> Result<ApiKeyRequest> {
    let role =
        Role::named(role).ok_or_else(|| usage("a role is applicant, reader, operator, approver or administrator"))?;
    Ok(ApiKeyRequest { name: name.into(), role, expires })
}

fn days(text: &str) -> Result<u64> {
    let days = text.parse().ok().filter(|days| (1..=36_500).contains(days));
    days.ok_or_else(|| usage("DAYS is a number from 1 to 36500"))
}

fn line(key: &ApiKey) -> String {
    let time = |time: Option<UtcTime>| time.map_or_else(|| "never".into(), |time| time.to_string());
    let ApiKey { id, name, role, created, expires, last_used } = key;
    format!("{id}  {role:?}  {name}  created {created}, expires {}, last used {}", time(*expires), time(*last_used))
}

fn usage(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read command", message)
}
