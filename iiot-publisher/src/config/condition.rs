//! Where clauses: a list of operators that refer to each other becomes a condition.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use iiot_core::session::{Condition, ItemNode, Operand};
use iiot_core::time::UtcTime;
use iiot_core::ua::{ByteString, FilterOperator, Guid, LocalizedText, NodeId, QualifiedName, StatusCode, Variant};

use super::event::{field, node};
use super::json::Json;
use super::object::Object;
use super::property::{FILTER_ELEMENT, FILTER_OPERAND, WHERE_CLAUSE};

/// The condition of an event filter; `None` within where there is none, `None` if it is wrong, which is reported.
pub(super) fn read(filter: &Object<'_>) -> Option<Option<Condition>> {
    if filter.get("WhereClause").is_none_or(Json::is_off) {
        return Some(None);
    }
    let clause = filter.object("WhereClause", WHERE_CLAUSE, LEFT_OUT)?;
    let elements = clause.objects("Elements", FILTER_ELEMENT);
    if elements.is_empty() {
        return Some(None);
    }
    let mut left = MAX_ELEMENTS;
    element(&elements, 0, &mut left).map(Some)
}

/// An operator with its operands. Those that are operators stand behind it in the list.
fn element(elements: &[Object<'_>], index: usize, left: &mut usize) -> Option<Condition> {
    let object = &elements[index];
    *left = left.checked_sub(1).or_else(|| {
        object.invalid("", &format!("the condition has more than {MAX_ELEMENTS} operators"), LEFT_OUT);
        None
    })?;
    let Some(operator) = object.choice("FilterOperator", OPERATORS, LEFT_OUT).ok()? else {
        object.invalid("FilterOperator", "the element does not say which", LEFT_OUT);
        return None;
    };
    let given = object.objects("FilterOperands", FILTER_OPERAND);
    let (least, most) = arity(operator);
    if !(least..=most).contains(&given.len()) {
        let wanted = if least == most { format!("{least}") } else { format!("at least {least}") };
        let message = format!("it takes {wanted} operands, and there are {}", given.len());
        object.invalid("FilterOperands", &message, LEFT_OUT);
        return None;
    }
    let operand = |(place, given)| operand(given, operator, place, elements, index, left);
    let operands: Option<Vec<Operand>> = given.iter().enumerate().map(operand).collect();
    Some(Condition::of(operator, operands?))
}

fn operand(
    object: &Object<'_>,
    operator: FilterOperator,
    place: usize,
    elements: &[Object<'_>],
    index: usize,
    left: &mut usize,
) -> Option<Operand> {
    if object.get("Alias").is_some() {
        object.invalid("Alias", "an event filter knows no aliases", LEFT_OUT);
        return None;
    }
    if object.get("Index").is_some() {
        let referred = object.count("Index", u32::MAX)? as usize;
        if referred <= index || referred >= elements.len() {
            object.invalid("Index", "it names no element behind its own", LEFT_OUT);
            return None;
        }
        return element(elements, referred, left).map(Into::into);
    }
    if object.get("BrowsePath").is_some() || object.get("AttributeId").is_some() {
        return field(object, "NodeId").map(Into::into);
    }
    if object.get("NodeId").is_some() {
        return node(object, "NodeId", LEFT_OUT)?.map(Into::into);
    }
    literal(object, names_node(operator, place))
}

/// Whether the operand in this place is a node, so that a text is its id.
fn names_node(operator: FilterOperator, place: usize) -> bool {
    use FilterOperator as O;
    match operator {
        O::OfType | O::InView => true,
        O::RelatedTo => place < 3,
        O::Cast => place == 1,
        _ => false,
    }
}

fn literal(object: &Object<'_>, is_node: bool) -> Option<Operand> {
    let Some(value) = object.get("Value") else {
        object.invalid("Value", "the operand has neither Index, Value, NodeId nor BrowsePath", LEFT_OUT);
        return None;
    };
    let by_name = object.text("DataType").map(|name| name.rsplit('=').next().unwrap_or(name));
    let literal = match (value, by_name) {
        (Json::Text(text), None) if is_node => text.parse::<ItemNode>().ok().map(Operand::Node),
        (Json::Text(text), Some("NodeId" | "17" | "ExpandedNodeId" | "18")) => {
            text.parse::<ItemNode>().ok().map(Operand::Node)
        }
        (value, None) => plain(value).map(Operand::Literal),
        (value, Some(name)) => typed(value, name).map(Operand::Literal),
    };
    if literal.is_none() {
        let cause = match by_name {
            Some(name) => format!("it is {}, and no {name}", value.type_name()),
            None => format!("it is {}, and no value that can be compared", value.type_name()),
        };
        object.invalid("Value", &cause, LEFT_OUT);
    }
    literal
}

fn plain(value: &Json) -> Option<Variant> {
    Some(match value {
        Json::Bool(value) => (*value).into(),
        Json::Number(number) if number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX) => (*number as i32).into(),
        Json::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => (*number as i64).into(),
        Json::Number(number) => (*number).into(),
        Json::Text(text) => text.as_str().into(),
        _ => return None,
    })
}

/// A value of a built-in type, by its name or number (OPC 10000-6 Table 1).
fn typed(value: &Json, data_type: &str) -> Option<Variant> {
    let text = match value {
        Json::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let number = match value {
        Json::Number(number) => Some(*number),
        _ => text.and_then(|text| text.trim().parse().ok()),
    };
    let whole = |least: f64, most: f64| number.filter(|n: &f64| n.fract() == 0.0 && (least..=most).contains(n));
    Some(match data_type.to_ascii_lowercase().as_str() {
        "boolean" | "1" => match value {
            Json::Bool(value) => (*value).into(),
            _ => text?.to_ascii_lowercase().parse::<bool>().ok()?.into(),
        },
        "sbyte" | "2" => (whole(-128.0, 127.0)? as i8).into(),
        "byte" | "3" => (whole(0.0, 255.0)? as u8).into(),
        "int16" | "4" => (whole(i16::MIN.into(), i16::MAX.into())? as i16).into(),
        "uint16" | "5" => (whole(0.0, u16::MAX.into())? as u16).into(),
        "int32" | "6" => (whole(i32::MIN.into(), i32::MAX.into())? as i32).into(),
        "uint32" | "7" => (whole(0.0, u32::MAX.into())? as u32).into(),
        "int64" | "8" => text.map_or_else(|| whole(-9e15, 9e15).map(|n| n as i64), |text| text.parse().ok())?.into(),
        "uint64" | "9" => text.map_or_else(|| whole(0.0, 9e15).map(|n| n as u64), |text| text.parse().ok())?.into(),
        "float" | "10" => (number? as f32).into(),
        "double" | "11" => number?.into(),
        "string" | "12" => text?.into(),
        "datetime" | "utctime" | "13" => iiot_core::ua::DateTime::from(text?.parse::<UtcTime>().ok()?).into(),
        "guid" | "14" => Guid::from(text?.parse::<uuid::Uuid>().ok()?).into(),
        "bytestring" | "15" => ByteString::from(BASE64_STANDARD.decode(text?).ok()?).into(),
        "nodeid" | "17" => text?.parse::<ItemNode>().ok().and_then(indexed)?.into(),
        "statuscode" | "19" => StatusCode::from(whole(0.0, u32::MAX.into())? as u32).into(),
        "qualifiedname" | "20" => {
            let (index, name) = text?.split_once(':').unwrap_or(("0", text?));
            QualifiedName::new(index.parse::<u16>().ok()?, name).into()
        }
        "localizedtext" | "21" => LocalizedText::new("", text?).into(),
        _ => return None,
    })
}

fn indexed(node: ItemNode) -> Option<NodeId> {
    match node {
        ItemNode::Indexed(node) => Some(node),
        ItemNode::Uri(..) => None,
    }
}

/// The least and the most operands (OPC 10000-4 Tables 119 and 120).
fn arity(operator: FilterOperator) -> (usize, usize) {
    use FilterOperator as O;
    match operator {
        O::IsNull | O::Not | O::InView | O::OfType => (1, 1),
        O::Between => (3, 3),
        O::InList => (2, usize::MAX),
        O::RelatedTo => (3, 6),
        _ => (2, 2),
    }
}

const LEFT_OUT: &str = "the node is left out";
const MAX_ELEMENTS: usize = 256;
pub(super) const OPERATORS: &[(&str, FilterOperator)] = &[
    ("Equals", FilterOperator::Equals),
    ("IsNull", FilterOperator::IsNull),
    ("GreaterThan", FilterOperator::GreaterThan),
    ("LessThan", FilterOperator::LessThan),
    ("GreaterThanOrEqual", FilterOperator::GreaterThanOrEqual),
    ("LessThanOrEqual", FilterOperator::LessThanOrEqual),
    ("Like", FilterOperator::Like),
    ("Not", FilterOperator::Not),
    ("Between", FilterOperator::Between),
    ("InList", FilterOperator::InList),
    ("And", FilterOperator::And),
    ("Or", FilterOperator::Or),
    ("Cast", FilterOperator::Cast),
    ("InView", FilterOperator::InView),
    ("OfType", FilterOperator::OfType),
    ("RelatedTo", FilterOperator::RelatedTo),
    ("BitwiseAnd", FilterOperator::BitwiseAnd),
    ("BitwiseOr", FilterOperator::BitwiseOr),
];
