//! Which events are reported: conditions over their fields (OPC 10000-4 §7.7).

use std::ops::Not;

use super::{EventField, resolve_node};
use crate::session::ItemNode;
use crate::ua::{
    ContentFilter, ContentFilterElement, DataTypeId, ElementOperand, ExtensionObject, FilterOperator, LiteralOperand,
    NodeId, StatusCode, Variant,
};

/// An operator with its operands, which may be conditions again.
///
/// Comparisons are made by [`Comparable`], conditions are joined by [`and`](Self::and),
/// [`or`](Self::or) and `!`.
///
/// ```
/// use iiot_core::session::{Comparable, Condition, EventField};
///
/// let severity = || EventField::new("Severity");
/// let condition = severity().between(100_u16, 800_u16).and(!EventField::new("SourceName").like("Test%"));
/// assert_eq!(condition.elements(), 4);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is done with the operands.
    pub operator: FilterOperator,
    /// As many as the operator takes.
    pub operands: Vec<Operand>,
}

/// What an operator works on.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A field of the event.
    Field(EventField),
    /// A value.
    Literal(Variant),
    /// A node, as a value.
    Node(ItemNode),
    /// What another operator yields.
    Condition(Box<Condition>),
}

/// What can be compared: fields, and what operators yield.
pub trait Comparable: Into<Operand> {
    /// They are equal.
    fn equals(self, other: impl Into<Operand>) -> Condition {
        Condition::of(FilterOperator::Equals, [self.into(), other.into()])
    }

    /// It has no value.
    fn has_no_value(self) -> Condition {
        Condition::of(FilterOperator::IsNull, [self.into()])
    }

    /// It is greater.
    fn greater_than(self, other: impl Into<Operand>) -> Condition {
        Condition::of(FilterOperator::GreaterThan, [self.into(), other.into()])
    }

    /// It is less.
    fn less_than(self, other: impl Into<Operand>) -> Condition {
        Condition::of(FilterOperator::LessThan, [self.into(), other.into()])
    }

    /// It is greater or equal.
    fn at_least(self, other: impl Into<Operand>) -> Condition {
        Condition::of(FilterOperator::GreaterThanOrEqual, [self.into(), other.into()])
    }

    /// It is less or equal.
    fn at_most(self, other: impl Into<Operand>) -> Condition {
        Condition::of(FilterOperator::LessThanOrEqual, [self.into(), other.into()])
    }

    /// It matches a pattern: `%` any text, `_` one character, `[]` a set, `[^]` its complement, `\` escapes.
    fn like(self, pattern: &str) -> Condition {
        Condition::of(FilterOperator::Like, [self.into(), pattern.into()])
    }

    /// It is at least the one and at most the other.
    fn between(self, least: impl Into<Operand>, most: impl Into<Operand>) -> Condition {
        Condition::of(FilterOperator::Between, [self.into(), least.into(), most.into()])
    }

    /// It equals one of them.
    fn in_list<T: Into<Operand>>(self, list: impl IntoIterator<Item = T>) -> Condition {
        let list = list.into_iter().map(Into::into);
        Condition::of(FilterOperator::InList, std::iter::once(self.into()).chain(list))
    }

    /// The value as another type, to be compared.
    fn cast(self, to: DataTypeId) -> Condition {
        Condition::of(FilterOperator::Cast, [self.into(), Operand::Literal(NodeId::from(to).into())])
    }

    /// The bits that both have, to be compared.
    fn bitwise_and(self, other: impl Into<Operand>) -> Condition {
        Condition::of(FilterOperator::BitwiseAnd, [self.into(), other.into()])
    }

    /// The bits that either has, to be compared.
    fn bitwise_or(self, other: impl Into<Operand>) -> Condition {
        Condition::of(FilterOperator::BitwiseOr, [self.into(), other.into()])
    }
}

impl Comparable for EventField {}
impl Comparable for Condition {}
impl Comparable for Operand {}

impl Condition {
    /// An operator on its operands.
    #[must_use]
    pub fn of(operator: FilterOperator, operands: impl IntoIterator<Item = Operand>) -> Self {
        Self { operator, operands: operands.into_iter().collect() }
    }

    /// The event is of this type or of a subtype.
    #[must_use]
    pub fn of_type(event_type: impl Into<NodeId>) -> Self {
        Self::of_type_node(ItemNode::Indexed(event_type.into()))
    }

    /// The event is of this type, which may be named by URI, or of a subtype.
    #[must_use]
    pub fn of_type_node(event_type: ItemNode) -> Self {
        Self::of(FilterOperator::OfType, [Operand::Node(event_type)])
    }

    /// The event's source is part of a view.
    #[must_use]
    pub fn in_view(view: ItemNode) -> Self {
        Self::of(FilterOperator::InView, [Operand::Node(view)])
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of(FilterOperator::And, [self.into(), other.into()])
    }

    /// One of them holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::of(FilterOperator::Or, [self.into(), other.into()])
    }

    /// How many operators there are in all. On the wire each comes before its operands, from left
    /// to right.
    #[must_use]
    pub fn elements(&self) -> usize {
        let nested = |operand: &Operand| match operand {
            Operand::Condition(condition) => condition.elements(),
            _ => 0,
        };
        1 + self.operands.iter().map(nested).sum::<usize>()
    }

    pub(super) fn resolve(&self, namespaces: &[String]) -> Result<ContentFilter, StatusCode> {
        let mut elements = Vec::with_capacity(self.elements());
        self.append(namespaces, &mut elements)?;
        Ok(ContentFilter { elements: Some(elements) })
    }

    /// Appends its elements and returns the index of the first. An operator may only refer to
    /// elements behind it.
    fn append(&self, namespaces: &[String], elements: &mut Vec<ContentFilterElement>) -> Result<u32, StatusCode> {
        let index = elements.len();
        elements.push(ContentFilterElement { filter_operator: self.operator, filter_operands: None });
        let operands: Result<Vec<_>, _> =
            self.operands.iter().map(|operand| operand.resolve(namespaces, elements)).collect();
        elements[index].filter_operands = Some(operands?);
        Ok(index as u32)
    }
}

impl Not for Condition {
    type Output = Self;

    fn not(self) -> Self {
        Self::of(FilterOperator::Not, [self.into()])
    }
}

impl Operand {
    fn resolve(
        &self,
        namespaces: &[String],
        elements: &mut Vec<ContentFilterElement>,
    ) -> Result<ExtensionObject, StatusCode> {
        Ok(match self {
            Self::Field(field) => ExtensionObject::from_message(field.resolve(namespaces)?),
            Self::Literal(value) => literal(value.clone()),
            Self::Node(node) => literal(resolve_node(node, namespaces)?.into()),
            Self::Condition(condition) => {
                let index = condition.append(namespaces, elements)?;
                ExtensionObject::from_message(ElementOperand { index })
            }
        })
    }
}

fn literal(value: Variant) -> ExtensionObject {
    ExtensionObject::from_message(LiteralOperand { value })
}

impl From<EventField> for Operand {
    fn from(field: EventField) -> Self {
        Self::Field(field)
    }
}

impl From<Condition> for Operand {
    fn from(condition: Condition) -> Self {
        Self::Condition(Box::new(condition))
    }
}

impl From<ItemNode> for Operand {
    fn from(node: ItemNode) -> Self {
        Self::Node(node)
    }
}

impl<T: Into<Variant>> From<T> for Operand {
    fn from(value: T) -> Self {
        Self::Literal(value.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn severity() -> EventField {
        EventField::new("Severity")
    }

    fn index_of(operand: &ExtensionObject) -> Option<u32> {
        operand.inner_as::<ElementOperand>().map(|element| element.index)
    }

    #[test]
    fn every_operator_has_its_operands() {
        use FilterOperator as O;
        let pressure = || EventField::new("Pressure");
        let node = || ItemNode::Indexed(NodeId::new(0, 1));
        let cases = [
            (severity().equals(1_u16), O::Equals, 2),
            (severity().has_no_value(), O::IsNull, 1),
            (severity().greater_than(pressure()), O::GreaterThan, 2),
            (severity().less_than(1_u16), O::LessThan, 2),
            (severity().at_least(1_u16), O::GreaterThanOrEqual, 2),
            (severity().at_most(1_u16), O::LessThanOrEqual, 2),
            (severity().like("a%"), O::Like, 2),
            (!severity().has_no_value(), O::Not, 1),
            (severity().between(1_u16, 2_u16), O::Between, 3),
            (severity().in_list([1_u16, 2, 3]), O::InList, 4),
            (severity().has_no_value().and(pressure().has_no_value()), O::And, 2),
            (severity().has_no_value().or(pressure().has_no_value()), O::Or, 2),
            (severity().cast(DataTypeId::Double), O::Cast, 2),
            (Condition::in_view(node()), O::InView, 1),
            (Condition::of_type_node(node()), O::OfType, 1),
            (Condition::of(O::RelatedTo, [node().into(), node().into(), node().into()]), O::RelatedTo, 3),
            (severity().bitwise_and(1_u16).equals(1_u16), O::Equals, 2),
            (severity().bitwise_or(1_u16), O::BitwiseOr, 2),
        ];
        for (condition, operator, operands) in cases {
            let elements = condition.resolve(&[]).unwrap().elements.unwrap();
            assert_eq!(elements[0].filter_operator, operator);
            assert_eq!(elements[0].filter_operands.as_ref().map(Vec::len), Some(operands), "{operator:?}");
        }
    }

    #[test]
    fn a_nested_condition_is_flat_on_the_wire() {
        let condition = (!severity().has_no_value()).and(severity().greater_than(5_u16).or(severity().equals(3_u16)));
        let elements = condition.resolve(&[]).unwrap().elements.unwrap();
        let operators: Vec<_> = elements.iter().map(|element| element.filter_operator).collect();
        use FilterOperator as O;
        assert_eq!(operators, [O::And, O::Not, O::IsNull, O::Or, O::GreaterThan, O::Equals]);
        let children = |index: usize| -> Vec<_> {
            elements[index].filter_operands.iter().flatten().filter_map(index_of).collect()
        };
        assert_eq!((children(0), children(1), children(3)), (vec![1, 3], vec![2], vec![4, 5]));
    }

    fn tree() -> impl Strategy<Value = Condition> {
        let leaf = any::<u16>().prop_map(|value| severity().equals(value));
        leaf.prop_recursive(8, 64, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(left, right)| left.and(right)),
                (inner.clone(), inner.clone()).prop_map(|(left, right)| left.or(right)),
                inner.prop_map(|condition| !condition),
            ]
        })
    }

    proptest! {
        /// OPC 10000-4 §7.7.1: no loops, no element outside, none that nobody refers to.
        #[test]
        fn every_element_but_the_first_is_referred_to_once_from_before(condition in tree()) {
            let elements = condition.resolve(&[]).unwrap().elements.unwrap();
            prop_assert_eq!(elements.len(), condition.elements());
            let mut referred = vec![0; elements.len()];
            for (from, element) in elements.iter().enumerate() {
                for to in element.filter_operands.iter().flatten().filter_map(index_of) {
                    prop_assert!(to as usize > from);
                    referred[to as usize] += 1;
                }
            }
            prop_assert_eq!(referred.remove(0), 0);
            prop_assert!(referred.iter().all(|count| *count == 1));
        }
    }
}
