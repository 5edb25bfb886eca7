//! Cases: what is asked and what is expected, as data.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::testing::eventually;
use iiot_twin::Twin;
use serde::Deserialize;
use serde_json::Value;

use crate::faces::Faces;
use crate::setup::{PATIENCE, ask};

/// What is asked of the server in memory.
pub(crate) const MEMORY: &str = include_str!("cases/memory.json");
/// What is asked of each foreign server.
pub(crate) const INTEROP: &str = include_str!("cases/interop.json");
/// The same, of what came later: crawls, views, history that is changed, files.
pub(crate) const REACH: &str = include_str!("cases/reach.json");
/// What is asked of a foreign server with alarms.
pub(crate) const ALARMS: &str = include_str!("cases/alarms.json");

/// A case: the response has at least what is expected, or the request fails like that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    operation: String,
    request: Value,
    response: Option<Value>,
    failure: Option<String>,
    /// It takes a moment until it is as expected.
    #[serde(default)]
    eventually: bool,
    /// Servers that do something else.
    #[serde(default)]
    lacks: Vec<String>,
}

/// Runs the cases on the twin itself, behind a hub and over HTTP; all that fail are told.
pub(crate) async fn run(twin: &Arc<dyn Twin>, cases: &str, server: &str) -> usize {
    let mut cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    cases.retain(|case| !case.lacks.iter().any(|lacks| lacks == server));
    let faces = Faces::of(twin).await;
    let mut wrong = Vec::new();
    for (face, twin) in faces.all() {
        for case in &cases {
            if let Err(cause) = case.run_in_time(twin).await {
                wrong.push(format!("{face}: {}: {cause}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    cases.len()
}

impl Case {
    /// Until it is as expected, where that takes a moment.
    async fn run_in_time(&self, twin: &Arc<dyn Twin>) -> Result<(), String> {
        let patience = if self.eventually { PATIENCE / 8 } else { Duration::ZERO };
        eventually(patience, async || self.run(twin).await).await
    }

    async fn run(&self, twin: &Arc<dyn Twin>) -> Result<(), String> {
        match (ask(twin, &self.operation, self.request.clone()).await, &self.response, &self.failure) {
            (Ok(answer), Some(expected), None) => {
                fits(&answer, expected, "#").map_err(|cause| format!("{cause}\n  of {answer}"))
            }
            (Err(error), None, Some(kind)) if error.kind().code() == kind => Ok(()),
            (Ok(answer), ..) => Err(format!("it was answered {answer}")),
            (Err(error), ..) => Err(format!("it failed: {error:?}")),
        }
    }
}

/// Objects may have more members than expected. `"$any"` stands for anything but null, `"$bad"` for a bad status, `{"$has": […]}` for an array with at
/// least these elements, `{"$length": n}` for one of that length.
fn fits(found: &Value, expected: &Value, at: &str) -> Result<(), String> {
    let wrong = || Err(format!("{at} is {found} and not {expected}"));
    match (found, expected) {
        (Value::Null, Value::String(any)) if any == "$any" => wrong(),
        (_, Value::String(any)) if any == "$any" => Ok(()),
        (Value::String(symbol), Value::String(bad)) if bad == "$bad" && symbol.starts_with("Bad") => Ok(()),
        (Value::Array(found), Value::Object(matcher)) => match (matcher.get("$has"), matcher.get("$length")) {
            (Some(Value::Array(wanted)), _) => {
                let missing = wanted.iter().find(|one| found.iter().all(|found| fits(found, one, at).is_err()));
                missing.map_or(Ok(()), |missing| Err(format!("{at} has no {missing}")))
            }
            (_, Some(length)) if *length == found.len() => Ok(()),
            _ => wrong(),
        },
        (Value::Object(found), Value::Object(wanted)) => wanted.iter().try_for_each(|(name, wanted)| {
            fits(found.get(name).unwrap_or(&Value::Null), wanted, &format!("{at}/{name}"))
        }),
        (Value::Array(found), Value::Array(wanted)) if found.len() == wanted.len() => {
            let mut pairs = found.iter().zip(wanted).enumerate();
            pairs.try_for_each(|(index, (found, wanted))| fits(found, wanted, &format!("{at}/{index}")))
        }
        (found, wanted) if found == wanted => Ok(()),
        _ => wrong(),
    }
}

/// [`run`] does all of them on each face.
#[test]
fn there_are_more_than_eighty_cases_each_with_a_name_of_its_own() {
    let files = [MEMORY, INTEROP, REACH, ALARMS].map(|cases| serde_json::from_str::<Vec<Case>>(cases).unwrap());
    let counts = files.each_ref().map(Vec::len);
    println!("{} cases on each face: {counts:?}", counts.iter().sum::<usize>());
    assert!(counts.iter().sum::<usize>() >= 80, "{counts:?}");
    for cases in files {
        let names: HashSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), cases.len(), "a name is given twice");
        let unclear = cases.iter().find(|case| case.response.is_some() == case.failure.is_some());
        assert!(unclear.is_none(), "{unclear:?} expects nothing, or two things");
    }
}
