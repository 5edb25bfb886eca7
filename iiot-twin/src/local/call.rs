//! Methods.

use std::collections::HashMap;

use futures::StreamExt;
use iiot_core::Result;
use iiot_core::session::{MethodExt, MethodSignature, SessionExt};
use iiot_core::ua::types::TypeLibrary;
use iiot_core::ua::{Argument, CallMethodRequest, CallMethodResult, NodeId, StatusCode, Variant};
use serde_json::Value;

use super::batch::sendable;
use super::convert::{Target, convert};
use super::visit::{Visit, at_most};
use crate::call::{
    ArgumentDescription, CallRequest, CallResponse, CallResult, Inputs, MethodCall, MethodDescription, MethodRequest,
    MethodResponse, Output,
};
use crate::data_type::DataTypeDescription;
use crate::{Status, ValueEncoding};

const MAX_METHODS: usize = 1_000;
/// Methods that are asked for at a time.
const AT_ONCE: usize = 8;

pub(super) async fn method(visit: &Visit, request: &MethodRequest) -> Result<MethodResponse> {
    at_most(MAX_METHODS, request.methods.len(), "#/methods")?;
    let (methods, places) = sendable(request.methods.iter().map(|method| visit.node(method)).collect());
    let signatures = visit.signatures(&methods).await;
    let data_types = signatures.iter().flatten().flat_map(arguments).map(|argument| argument.data_type.clone());
    let described = visit.describe_types(data_types.collect()).await?;
    let results = signatures.into_iter().map(|signature| describe(signature, &described)).collect();
    let bad = |status| MethodDescription { status, ..Default::default() };
    let results = places.fill(results)?.into_iter().map(|result| result.unwrap_or_else(bad)).collect();
    Ok(MethodResponse { results })
}

pub(super) async fn call(visit: &Visit, request: &CallRequest) -> Result<CallResponse> {
    at_most(MAX_METHODS, request.calls.len(), "#/calls")?;
    let methods: Vec<_> = request.calls.iter().map(|call| visit.node(&call.method)).collect();
    let mut known: Vec<NodeId> = methods.iter().flatten().cloned().collect();
    known.sort_by_cached_key(ToString::to_string);
    known.dedup();
    let signatures: HashMap<_, _> = known.iter().cloned().zip(visit.signatures(&known).await).collect();
    let data_types = signatures.values().flatten().flat_map(|signature| &signature.inputs);
    let data_types: Vec<_> = data_types.map(|argument| argument.data_type.clone()).collect();
    let values: Vec<&Value> = request.calls.iter().flat_map(|call| given(&call.inputs)).collect();
    let library = visit.load_types(&data_types, &values).await?;
    let prepared = request.calls.iter().zip(methods).map(|(call, method)| {
        let method = method?;
        let signature = signatures[&method].as_ref().map_err(Clone::clone)?;
        visit.prepare(call, &method, signature, library)
    });
    let (calls, places) = sendable(prepared.collect());
    let names: Vec<_> = calls.iter().map(|call| output_names(&signatures[&call.method_id])).collect();
    let results = if calls.is_empty() { Vec::new() } else { visit.session.call_methods(calls).await? };
    let results = visit.results(results, &names, request.encoding).await?;
    let bad = |status| CallResult { status, ..Default::default() };
    let results = places.fill(results)?.into_iter().map(|result| result.unwrap_or_else(bad)).collect();
    Ok(CallResponse { results })
}

type Signature = Result<MethodSignature, Status>;

impl Visit {
    /// What methods take and return, a few asked for at a time.
    async fn signatures(&self, methods: &[NodeId]) -> Vec<Signature> {
        let ask = |method: NodeId| async move {
            self.session.method_signature(&method).await.map_err(|error| Status::from(&error))
        };
        let asked: Vec<_> = methods.iter().cloned().map(ask).collect();
        futures::stream::iter(asked).buffered(AT_ONCE).collect().await
    }

    fn prepare(
        &self,
        call: &MethodCall,
        method: &NodeId,
        signature: &MethodSignature,
        library: &TypeLibrary,
    ) -> Result<CallMethodRequest, Status> {
        let given = in_order(&call.inputs, &signature.inputs)?;
        let types = library.types();
        let convert = |(argument, value): (&Argument, &Value)| {
            let kind = library.kind_of(&argument.data_type, &self.namespaces);
            let target = Target { kind, value_rank: argument.value_rank, present: None };
            convert(value, &target, &self.namespaces, &types).map_err(|status| of_argument(status, argument))
        };
        let inputs: Vec<Variant> = signature.inputs.iter().zip(given).map(convert).collect::<Result<_, _>>()?;
        Ok(CallMethodRequest {
            object_id: self.node(&call.object)?,
            method_id: method.clone(),
            input_arguments: Some(inputs).filter(|inputs| !inputs.is_empty()),
        })
    }

    async fn results(
        &self,
        results: Vec<CallMethodResult>,
        names: &[Vec<String>],
        encoding: ValueEncoding,
    ) -> Result<Vec<CallResult>> {
        let outputs = results.iter().flat_map(|result| result.output_arguments.iter().flatten().cloned());
        let outputs: Vec<Variant> = outputs.collect();
        let mut written = self.render(&outputs, encoding).await?.into_iter();
        let one = |(result, names): (CallMethodResult, &Vec<String>)| {
            let count = result.output_arguments.map_or(0, |outputs| outputs.len());
            let name = |index: usize| names.get(index).cloned().unwrap_or_default();
            // A value that cannot be written is null.
            let value = |written: Result<Value, Status>| written.unwrap_or(Value::Null);
            let outputs = written.by_ref().take(count).enumerate();
            CallResult {
                status: result.status_code.into(),
                inputs: result.input_argument_results.into_iter().flatten().map(Status::from).collect(),
                outputs: outputs.map(|(index, written)| Output { name: name(index), value: value(written) }).collect(),
            }
        };
        Ok(results.into_iter().zip(names).map(one).collect())
    }
}

fn arguments(signature: &MethodSignature) -> impl Iterator<Item = &Argument> {
    signature.inputs.iter().chain(&signature.outputs)
}

fn describe(signature: Signature, types: &HashMap<NodeId, DataTypeDescription>) -> MethodDescription {
    let argument = |argument: &Argument| ArgumentDescription {
        name: argument.name.as_ref().to_owned(),
        description: argument.description.text.as_ref().to_owned(),
        data_type: types.get(&argument.data_type).cloned().unwrap_or_default(),
        value_rank: argument.value_rank,
        array_dimensions: argument.array_dimensions.clone().unwrap_or_default(),
    };
    match signature {
        Err(status) => MethodDescription { status, ..Default::default() },
        Ok(MethodSignature { inputs, outputs }) => MethodDescription {
            status: Status::good(),
            inputs: inputs.iter().map(argument).collect(),
            outputs: outputs.iter().map(argument).collect(),
        },
    }
}

fn output_names(signature: &Signature) -> Vec<String> {
    let outputs = signature.iter().flat_map(|signature| &signature.outputs);
    outputs.map(|argument| argument.name.as_ref().to_owned()).collect()
}

fn given(inputs: &Inputs) -> Vec<&Value> {
    match inputs {
        Inputs::InOrder(values) => values.iter().collect(),
        Inputs::ByName(values) => values.values().collect(),
    }
}

/// One value for each argument.
fn in_order<'v>(inputs: &'v Inputs, arguments: &[Argument]) -> Result<Vec<&'v Value>, Status> {
    let by_name = match inputs {
        Inputs::InOrder(values) if values.len() == arguments.len() => return Ok(values.iter().collect()),
        Inputs::InOrder(values) => return Err(wrong_number(values.len(), arguments.len())),
        Inputs::ByName(values) => values,
    };
    let is_known = |name: &&String| arguments.iter().any(|argument| argument.name.as_ref() == name.as_str());
    if let Some(unknown) = by_name.keys().find(|name| !is_known(name)) {
        return Err(Status::because(StatusCode::BadInvalidArgument, format!("the method takes no argument {unknown}")));
    }
    let missing =
        |name: &str| Status::because(StatusCode::BadArgumentsMissing, format!("the argument {name} is missing"));
    let value = |argument: &Argument| {
        let name = argument.name.as_ref();
        by_name.get(name).ok_or_else(|| missing(name))
    };
    arguments.iter().map(value).collect()
}

fn wrong_number(given: usize, taken: usize) -> Status {
    let status = if given < taken { StatusCode::BadArgumentsMissing } else { StatusCode::BadTooManyArguments };
    Status::because(status, format!("the method takes {taken} arguments, not {given}"))
}

fn of_argument(status: Status, argument: &Argument) -> Status {
    let reason = status.reason.as_deref().unwrap_or_default();
    Status { reason: Some(format!("argument {}: {reason}", argument.name.as_ref())), ..status }
}
