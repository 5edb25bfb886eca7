//! What records are made from where a request holds a secret.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

use super::Operation;

/// The request as records of it are made from: without what its schema marks as `writeOnly`, which is how a request says
/// that it holds a password or a key. Of other requests it is the request itself, byte by byte.
///
/// A digest over the whole of a request would let whoever reads the record try passwords until one fits.
///
/// A request that holds secrets and is no JSON is nothing at all.
#[must_use]
pub fn recordable<'a>(operation: &Operation, request: &'a [u8]) -> Cow<'a, [u8]> {
    let secrets = secrets(operation);
    if secrets.is_empty() {
        return Cow::Borrowed(request);
    }
    let mut value: Value = serde_json::from_slice(request).unwrap_or_default();
    leave_out(&mut value, &secrets);
    Cow::Owned(value.to_string().into_bytes())
}

type Names = Arc<BTreeSet<String>>;

/// The names of the members that hold secrets, wherever they stand. They are looked for once.
fn secrets(operation: &Operation) -> Names {
    static KNOWN: Mutex<BTreeMap<(&'static str, &'static str), Names>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock();
    let names = known.entry((operation.capability, operation.name)).or_insert_with(|| {
        let mut names = BTreeSet::new();
        find((operation.request)().as_value(), &mut names);
        Arc::new(names)
    });
    Arc::clone(names)
}

fn find(schema: &Value, names: &mut BTreeSet<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        names.extend(properties.iter().filter(|(_, is)| is["writeOnly"] == true).map(|(name, _)| name.clone()));
    }
    match schema {
        Value::Array(parts) => parts.iter().for_each(|part| find(part, names)),
        Value::Object(parts) => parts.values().for_each(|part| find(part, names)),
        _ => {}
    }
}

fn leave_out(value: &mut Value, names: &BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| leave_out(item, names)),
        Value::Object(members) => {
            members.retain(|name, _| !names.contains(name));
            members.values_mut().for_each(|member| leave_out(member, names));
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, dead_code)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Login {
        pub(crate) user: String,
        #[schemars(extend("writeOnly" = true))]
        password: Option<String>,
        deeper: Vec<Deeper>,
    }

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Deeper {
        #[schemars(extend("writeOnly" = true))]
        pin: String,
    }

    crate::operations! {
        /// Opens doors.
        pub(crate) trait Doors / RemoteDoors = "doors" {
            calls {
                /// Opens one.
                open_door(Login) -> bool, Reader, Changes;
                /// Counts them.
                count(u8) -> u8, Reader, Changes;
            }
        }
    }

    fn record(request: &str) -> String {
        String::from_utf8(recordable(&OPERATIONS[0], request.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn secrets_are_left_out_wherever_they_stand() {
        let request = r#"{"user": "anna", "password": "open sesame", "deeper": [{"pin": "1234"}, {"pin": "5678"}]}"#;
        assert_eq!(record(request), r#"{"deeper":[{},{}],"user":"anna"}"#);
        assert_eq!(record(r#"{"password": "open sesame"}"#), "{}");
    }

    #[test]
    fn what_does_not_parse_leaves_nothing() {
        assert_eq!(record(r#"{"password": "open sesame""#), "null");
    }

    #[test]
    fn other_requests_stay_as_they_are() {
        assert_eq!(&*recordable(&OPERATIONS[1], b" 7 "), b" 7 ");
    }
}
