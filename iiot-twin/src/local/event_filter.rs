//! Which events are wanted, and which of their fields: from a request to what the session takes.

use iiot_core::json::{self, ReadOptions};
use iiot_core::operation::POINTER;
use iiot_core::session::{self, BrowseName, Condition, EventQuery, ItemNode};
use iiot_core::ua::{FilterOperator, QualifiedName, Variant};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::Value;

use super::convert::is_typed;
use super::visit::at_most;
use crate::event::{EventCondition, EventField, Operand, Operator, WatchEventsRequest};

const MAX_FIELDS: usize = 200;
const MAX_PATH: usize = 20;
const MAX_OPERATORS: usize = 256;

/// What is asked of the server.
pub(super) fn query(request: &WatchEventsRequest) -> Result<EventQuery> {
    at_most(MAX_FIELDS, request.fields.len(), "#/fields")?;
    let query = match request.fields.as_slice() {
        [] => EventQuery::base(),
        fields => EventQuery::new(fields.iter().map(|each| field(each, "#/fields")).collect::<Result<Vec<_>>>()?),
    };
    match &request.condition {
        None => Ok(query),
        Some(wanted) => Ok(query.matching(condition(wanted, &mut MAX_OPERATORS.clone())?)),
    }
}

/// The name of a field in answers.
pub(super) fn name_of(field: &EventField) -> String {
    if field.path.is_empty() { "ConditionId".into() } else { field.path.join("/") }
}

/// The node that a part of the request names.
pub(super) fn node_at(text: &str, pointer: &'static str) -> Result<ItemNode> {
    text.parse().map_err(|error: Error| invalid("it names no node", pointer).because(error))
}

fn field(field: &EventField, pointer: &'static str) -> Result<session::EventField> {
    at_most(MAX_PATH, field.path.len(), pointer)?;
    let start =
        if field.path.is_empty() { session::EventField::condition_id() } else { session::EventField::default() };
    let path = field.path.iter().map(|name| browse_name(name));
    let read = path.fold(start, session::EventField::then);
    let read = match &field.event_type {
        Some(event_type) => read.of_type(node_at(event_type, pointer)?),
        None => read,
    };
    Ok(session::EventField { index_range: field.index_range.clone().unwrap_or_default(), ..read })
}

/// `nsu=urn:plant;Pressure`, `2:Pressure`, or a name of OPC UA itself.
fn browse_name(text: &str) -> BrowseName {
    if let Some((uri, name)) = text.strip_prefix("nsu=").and_then(|rest| rest.split_once(';')) {
        return BrowseName::Uri(uri.replace("%3B", ";").replace("%25", "%"), name.to_owned());
    }
    let indexed = text.split_once(':').and_then(|(index, name)| Some((index.parse::<u16>().ok()?, name)));
    let (index, name) = indexed.unwrap_or((0, text));
    QualifiedName::new(index, name).into()
}

fn condition(wanted: &EventCondition, left: &mut usize) -> Result<Condition> {
    *left = left.checked_sub(1).ok_or_else(|| invalid("it has more than 256 operators", CONDITION))?;
    let (operator, least, most) = operator(wanted.operator);
    if !(least..=most).contains(&wanted.operands.len()) {
        let message = format!("{operator:?} does not take {} operands", wanted.operands.len());
        return Err(invalid(message, CONDITION));
    }
    let operands: Result<Vec<_>> = wanted.operands.iter().map(|each| operand(each, left)).collect();
    Ok(Condition::of(operator, operands?))
}

fn operand(operand: &Operand, left: &mut usize) -> Result<session::Operand> {
    match operand {
        Operand { field: Some(given), value: None, node: None, condition: None } => Ok(field(given, CONDITION)?.into()),
        Operand { field: None, value: Some(value), node: None, condition: None } => Ok(literal(value)?.into()),
        Operand { field: None, value: None, node: Some(node), condition: None } => Ok(node_at(node, CONDITION)?.into()),
        Operand { field: None, value: None, node: None, condition: Some(nested) } => {
            Ok(condition(nested, left)?.into())
        }
        _ => Err(invalid("an operand is a field, a value, a node or a condition, and one of them", CONDITION)),
    }
}

/// A value whose type nobody tells.
pub(super) fn literal(value: &Value) -> Result<Variant> {
    let other = || invalid("a value is a Variant, a boolean, a number or a text", CONDITION);
    match value {
        typed if is_typed(typed) => {
            json::read_variant(typed, &ReadOptions::default()).map_err(|error| other().because(error))
        }
        Value::Bool(flag) => Ok((*flag).into()),
        Value::String(text) => Ok(text.as_str().into()),
        Value::Number(number) => Ok(match (number.as_i64().map(i32::try_from), number.as_i64()) {
            (Some(Ok(small)), _) => small.into(),
            (_, Some(large)) => large.into(),
            _ => number.as_f64().ok_or_else(other)?.into(),
        }),
        _ => Err(other()),
    }
}

/// The operator with the least and the most operands.
const fn operator(operator: Operator) -> (FilterOperator, usize, usize) {
    match operator {
        Operator::Equals => (FilterOperator::Equals, 2, 2),
        Operator::IsNull => (FilterOperator::IsNull, 1, 1),
        Operator::GreaterThan => (FilterOperator::GreaterThan, 2, 2),
        Operator::LessThan => (FilterOperator::LessThan, 2, 2),
        Operator::GreaterThanOrEqual => (FilterOperator::GreaterThanOrEqual, 2, 2),
        Operator::LessThanOrEqual => (FilterOperator::LessThanOrEqual, 2, 2),
        Operator::Like => (FilterOperator::Like, 2, 2),
        Operator::Not => (FilterOperator::Not, 1, 1),
        Operator::Between => (FilterOperator::Between, 3, 3),
        Operator::InList => (FilterOperator::InList, 2, MAX_OPERATORS),
        Operator::And => (FilterOperator::And, 2, 2),
        Operator::Or => (FilterOperator::Or, 2, 2),
        Operator::Cast => (FilterOperator::Cast, 2, 2),
        Operator::InView => (FilterOperator::InView, 1, 1),
        Operator::OfType => (FilterOperator::OfType, 1, 1),
        Operator::BitwiseAnd => (FilterOperator::BitwiseAnd, 2, 2),
        Operator::BitwiseOr => (FilterOperator::BitwiseOr, 2, 2),
    }
}

const CONDITION: &str = "#/condition";

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>, pointer: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "watch events", message).with(POINTER, pointer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use iiot_core::session::Comparable;
    use serde_json::json;

    use super::*;

    fn read(request: Value) -> Result<EventQuery> {
        let mut request = request;
        request["endpoint"] = "boiler".into();
        query(&serde_json::from_value(request).unwrap())
    }

    #[test]
    fn a_request_says_what_the_session_takes() {
        let severity = json!({ "field": { "path": ["Severity"] } });
        let serious = json!({ "operator": "greaterThanOrEqual", "operands": [severity, { "value": { "UaType": 5, "Value": 500 } }] });
        let alarms = json!({ "operator": "ofType", "operands": [{ "node": "i=2915" }] });
        let both = json!({ "operator": "and", "operands": [{ "condition": serious }, { "condition": alarms }] });
        let fields = json!([{ "path": ["nsu=urn:plant;Pressure"], "eventType": "nsu=urn:plant;i=7" }, { "path": [] }]);
        let found = read(json!({ "fields": fields, "condition": both })).unwrap();
        let of = ItemNode::Uri("urn:plant".into(), iiot_core::ua::NodeId::new(0, 7));
        let expected = session::EventField::new(("urn:plant", "Pressure")).of_type(of);
        assert_eq!(found.fields, [expected, session::EventField::condition_id()]);
        let serious = session::EventField::new("Severity").at_least(500_u16);
        let alarms = Condition::of_type(iiot_core::ua::ObjectTypeId::AlarmConditionType);
        assert_eq!(found.condition, Some(serious.and(alarms)));
        assert_eq!(read(json!({})).unwrap(), EventQuery::base());
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        let nested = |depth: usize| {
            let start = json!({ "operator": "isNull", "operands": [{ "field": { "path": ["Message"] } }] });
            (0..depth).fold(start, |inner, _| json!({ "operator": "not", "operands": [{ "condition": inner }] }))
        };
        let wide = json!({ "operator": "inList", "operands": vec![json!({ "condition": nested(0) }); 256] });
        let wrong = [
            json!({ "operator": "not", "operands": [] }),
            json!({ "operator": "isNull", "operands": [{}] }),
            json!({ "operator": "isNull", "operands": [{ "node": "i=1", "value": 1 }] }),
            json!({ "operator": "isNull", "operands": [{ "value": [1] }] }),
            json!({ "operator": "ofType", "operands": [{ "node": "what" }] }),
            wide,
        ];
        for condition in wrong {
            let error = read(json!({ "condition": condition })).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.context().iter().any(|(key, value)| key == POINTER && value == CONDITION), "{error:?}");
        }
        assert!(read(json!({ "condition": nested(30) })).is_ok());
    }
}
