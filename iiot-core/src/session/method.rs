//! Methods: what they take and return, and calls that are checked before they are sent.

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Result};
use crate::session::{Session, SessionExt};
use crate::ua::{
    Argument, Array, BrowsePath, BrowsePathResult, CallMethodRequest, CallMethodResult, NodeId, QualifiedName,
    ReferenceTypeId, RelativePath, RelativePathElement, StatusCode, Variant,
};

/// The arguments of a method.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MethodSignature {
    /// What it takes, in order.
    pub inputs: Vec<Argument>,
    /// What it returns, in order.
    pub outputs: Vec<Argument>,
}

/// Calls of methods on any [`Session`].
#[async_trait]
pub trait MethodExt: Session {
    /// What a method takes and returns. A method without arguments need not say so.
    ///
    /// # Errors
    /// If the service fails, or the server says something else than arguments.
    async fn method_signature(&self, method: &NodeId) -> Result<MethodSignature> {
        let paths = ["InputArguments", "OutputArguments"].map(|name| property(method, name));
        let found = self.translate(paths.to_vec()).await?;
        let nodes: Vec<Option<NodeId>> = found.into_iter().map(first_target).collect::<Result<_>>()?;
        let present: Vec<NodeId> = nodes.iter().flatten().cloned().collect();
        let mut values = self.read_values(&present).await?.into_iter();
        let mut next = |node: &Option<NodeId>| match node {
            Some(_) => arguments(values.next().and_then(|value| value.value), method),
            None => Ok(Vec::new()),
        };
        Ok(MethodSignature { inputs: next(&nodes[0])?, outputs: next(&nodes[1])? })
    }

    /// Calls a method of an object and returns its outputs.
    ///
    /// # Errors
    /// The status of the call; where the server names the argument that it refuses, so does the error.
    async fn call_method(&self, object: &NodeId, method: &NodeId, inputs: Vec<Variant>) -> Result<Vec<Variant>> {
        let request = CallMethodRequest {
            object_id: object.clone(),
            method_id: method.clone(),
            input_arguments: Some(inputs).filter(|inputs| !inputs.is_empty()),
        };
        let result = self.call_methods(vec![request]).await?.remove(0);
        if result.status_code.is_bad() {
            return Err(refusal(&result, method));
        }
        Ok(result.output_arguments.unwrap_or_default())
    }
}

impl<T: Session + ?Sized> MethodExt for T {}

impl MethodSignature {
    /// Whether values can be the inputs, as far as that shows without the server's types: their
    /// number, the built-in types among them, scalar or array.
    ///
    /// # Errors
    /// `InvalidArgument`, which names the argument.
    pub fn check(&self, inputs: &[Variant]) -> Result<()> {
        if inputs.len() != self.inputs.len() {
            let message = format!("the method takes {} arguments, not {}", self.inputs.len(), inputs.len());
            return Err(Error::new(ErrorKind::InvalidArgument, "call a method", message));
        }
        let wrong =
            self.inputs.iter().zip(inputs).find_map(|(argument, value)| Some((argument, wrong(argument, value)?)));
        match wrong {
            None => Ok(()),
            Some((argument, message)) => {
                let error = Error::new(ErrorKind::InvalidArgument, "call a method", message);
                Err(error.with("argument", argument.name.as_ref()))
            }
        }
    }
}

/// The built-in types that have values of their own (OPC 10000-6 §5.1.2).
const BUILT_IN: std::ops::RangeInclusive<u32> = 1..=25;
const BASE_DATA_TYPE: u32 = 24;

fn wrong(argument: &Argument, value: &Variant) -> Option<String> {
    let built_in = argument.data_type.as_u32().filter(|id| argument.data_type.namespace == 0 && BUILT_IN.contains(id));
    let given = value.scalar_type_id().map(|given| given as u32);
    if let (Some(wanted), Some(given)) = (built_in.filter(|id| *id != BASE_DATA_TYPE), given)
        && wanted != given
    {
        return Some(format!("it is of the built-in type {given}, the method takes {wanted}"));
    }
    match (argument.value_rank, value) {
        (-1, Variant::Array(_)) => Some("it is an array, the method takes a scalar".into()),
        (0.., Variant::Array(array)) => wrong_rank(argument.value_rank, array),
        (0.., Variant::Empty) => None,
        (0.., _) => Some("it is a scalar, the method takes an array".into()),
        _ => None,
    }
}

fn wrong_rank(rank: i32, array: &Array) -> Option<String> {
    let dimensions = array.dimensions.as_ref().map_or(1, Vec::len);
    let fits = rank == 0 || dimensions == rank as usize;
    (!fits).then(|| format!("it has {dimensions} dimensions, the method takes {rank}"))
}

fn property(method: &NodeId, name: &str) -> BrowsePath {
    let element = RelativePathElement {
        reference_type_id: ReferenceTypeId::HasProperty.into(),
        is_inverse: false,
        include_subtypes: true,
        target_name: QualifiedName::new(0, name),
    };
    BrowsePath { starting_node: method.clone(), relative_path: RelativePath { elements: Some(vec![element]) } }
}

fn first_target(result: BrowsePathResult) -> Result<Option<NodeId>> {
    if result.status_code.is_bad() && result.status_code != StatusCode::BadNoMatch {
        return Err(Error::from_status("TranslateBrowsePathsToNodeIds", result.status_code));
    }
    Ok(result.targets.unwrap_or_default().into_iter().next().map(|target| target.target_id.node_id))
}

fn arguments(value: Option<Variant>, method: &NodeId) -> Result<Vec<Argument>> {
    let Some(Variant::Array(array)) = value else { return Ok(Vec::new()) };
    let argument = |value| match value {
        Variant::ExtensionObject(object) => object.into_inner_as::<Argument>().map(|argument| *argument),
        _ => None,
    };
    let found: Option<Vec<Argument>> = array.values.into_iter().map(argument).collect();
    let error = || Error::new(ErrorKind::Protocol, "read the arguments", "they are not arguments").with("node", method);
    found.ok_or_else(error)
}

fn refusal(result: &CallMethodResult, method: &NodeId) -> Error {
    let error = Error::from_status("Call", result.status_code).with("method", method);
    let statuses = result.input_argument_results.iter().flatten();
    match statuses.enumerate().find(|(_, status)| status.is_bad()) {
        Some((index, status)) => error.with("argument", format!("{} ({status})", index + 1)),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ua::{DataTypeId, LocalizedText};

    fn argument(name: &str, data_type: DataTypeId, value_rank: i32) -> Argument {
        Argument {
            name: name.into(),
            data_type: data_type.into(),
            value_rank,
            array_dimensions: None,
            description: LocalizedText::null(),
        }
    }

    #[test]
    fn inputs_are_checked_by_number_type_and_rank() {
        let signature = MethodSignature {
            inputs: vec![
                argument("speed", DataTypeId::Double, -1),
                argument("steps", DataTypeId::Int32, 1),
                argument("anything", DataTypeId::BaseDataType, -2),
                argument("number", DataTypeId::Number, -1),
            ],
            outputs: Vec::new(),
        };
        let good = || vec![Variant::from(1.5), Variant::from(vec![1, 2]), Variant::from("text"), Variant::from(7_u8)];
        assert!(signature.check(&good()).is_ok());
        let cases: [(usize, Variant, &str); 4] = [
            (0, 1_i32.into(), "speed"),
            (0, vec![1.5].into(), "speed"),
            (1, 1_i32.into(), "steps"),
            (1, vec![1_u32].into(), "steps"),
        ];
        for (index, value, name) in cases {
            let mut inputs = good();
            inputs[index] = value;
            let error = signature.check(&inputs).expect_err(name);
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(signature.check(&good()[..3]).is_err());
    }
}
