//! Nodes that stand for the variables below them.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::ItemNode;

use super::json::Json;
use super::object::{IGNORED, Object};
use super::property::{EXPANSION, MODEL_CHANGE_HANDLING};
use super::timespan;
use crate::expand::{ExpansionPlan, MAX_DEPTH, PathFilter, Search};
use crate::plan::FieldPlan;

/// Whether a node stands for others.
pub(super) fn is_there(object: &Object<'_>) -> bool {
    object.get(NAME).is_some_and(|value| !matches!(value, Json::Bool(false)))
}

/// What a node with `Expand` stands for; `None` if it cannot be used, which is reported. `named` says whether its name
/// stands before the paths.
pub(super) fn read(object: &Object<'_>, field: &FieldPlan, named: bool) -> Option<ExpansionPlan> {
    let expansion = object.object(NAME, EXPANSION, LEFT_OUT)?;
    for name in OF_VARIABLES.iter().filter(|name| object.get(name).is_some_and(|value| !value.is_off())) {
        object.invalid(name, "it says something of one variable", "it has no effect on those below a node");
    }
    let again = again(object);
    let mut settings = field.settings.clone();
    (settings.path, settings.class_field_id, settings.named_by_server) = (None, None, false);
    let search = search(&expansion, field);
    expansion.check_unseen();
    let prefix = if named { format!("{}/", field.name) } else { String::new() };
    Some(ExpansionPlan { search: search?, prefix, settings, again })
}

fn search(expansion: &Object<'_>, field: &FieldPlan) -> Option<Search> {
    Some(Search {
        node: Arc::clone(&field.node),
        path: field.path.clone(),
        filter: filter(expansion)?,
        of_type: of_type(expansion)?,
        max_depth: expansion.count("MaxDepth", MAX_DEPTH).filter(|depth| *depth > 0).unwrap_or(MAX_DEPTH),
        properties: expansion.flag("Properties").unwrap_or(false),
    })
}

/// How often the server is asked again.
fn again(object: &Object<'_>) -> Duration {
    const TIMER: &str = "RebrowseIntervalTimespan";
    let Some(handling) = object.object("ModelChangeHandling", MODEL_CHANGE_HANDLING, IGNORED) else {
        return HALF_A_DAY;
    };
    let interval = handling.text(TIMER).map(timespan::parse);
    if interval == Some(None) {
        handling.invalid(TIMER, "it is not a time span like 00:00:01.5", IGNORED);
    }
    interval.flatten().filter(|interval| !interval.is_zero()).unwrap_or(HALF_A_DAY).max(SHORTEST)
}

fn filter(object: &Object<'_>) -> Option<PathFilter> {
    let include = object.texts("Include", LEFT_OUT)?;
    let exclude = object.texts("Exclude", LEFT_OUT)?;
    for (name, patterns) in [("Include", &include), ("Exclude", &exclude)] {
        if let Err(error) = PathFilter::new(patterns.iter().copied(), []) {
            object.invalid(name, error.message(), LEFT_OUT);
            return None;
        }
    }
    PathFilter::new(include, exclude).ok()
}

fn of_type(object: &Object<'_>) -> Option<Option<ItemNode>> {
    const NAME: &str = "TypeDefinitionId";
    let Some(text) = object.text(NAME) else { return Some(None) };
    let node = text.parse().map_err(|error: iiot_core::Error| {
        object.invalid(NAME, &format!("{text:?}: {}", error.message()), LEFT_OUT);
    });
    node.ok().map(Some)
}

const NAME: &str = "Expand";
const LEFT_OUT: &str = "the node is left out";
const OF_VARIABLES: &[&str] = &["TriggeredNodes", "FetchDisplayName", "DataSetClassFieldId"];
const HALF_A_DAY: Duration = Duration::from_secs(12 * 3600);
/// Whoever asks more often is a burden to the server.
const SHORTEST: Duration = Duration::from_secs(1);
