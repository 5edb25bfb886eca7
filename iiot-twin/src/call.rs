//! Methods (OPC 10000-4 §5.12).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::data_type::DataTypeDescription;
use crate::{Header, Status, ValueEncoding};

/// Asks what methods take and return.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MethodRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// The methods, at most 1,000.
    #[schemars(length(max = 1_000), extend("x-iiot-each" = "method"))]
    pub methods: Vec<String>,
}

/// What they take and return.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MethodResponse {
    /// One for each method.
    pub results: Vec<MethodDescription>,
}

/// What one takes and returns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MethodDescription {
    /// How it went.
    pub status: Status,
    /// What it takes, in order.
    pub inputs: Vec<ArgumentDescription>,
    /// What it returns, in order.
    pub outputs: Vec<ArgumentDescription>,
}

/// An argument (OPC 10000-3 §8.6).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArgumentDescription {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The type of it or its elements.
    pub data_type: DataTypeDescription,
    /// -1 scalar, 1 array, more for matrices; 0 any array, -2 anything, -3 scalar or array.
    pub value_rank: i32,
    /// The lengths of a matrix, where they are fixed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub array_dimensions: Vec<u32>,
}

/// Calls methods.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// How outputs are written.
    #[serde(default)]
    pub encoding: ValueEncoding,
    /// The calls, at most 1,000.
    #[schemars(length(max = 1_000))]
    pub calls: Vec<MethodCall>,
}

/// A call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MethodCall {
    /// The object whose method it is.
    pub object: String,
    /// The method.
    pub method: String,
    /// What it is given.
    #[serde(default)]
    pub inputs: Inputs,
}

/// What a method is given. Values are as those that are written: Variants, or values alone, whose types are looked up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Inputs {
    /// In the order of the arguments.
    InOrder(Vec<Value>),
    /// By the names of the arguments.
    ByName(Map<String, Value>),
}

impl Default for Inputs {
    fn default() -> Self {
        Self::InOrder(Vec::new())
    }
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallResponse {
    /// One for each call.
    pub results: Vec<CallResult>,
}

/// How one went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallResult {
    /// What the server said, or why it was not asked: `BadTypeMismatch` if a value does not fit its argument.
    pub status: Status,
    /// What the server said of each input, if it said anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Status>,
    /// What the method returned, in order.
    pub outputs: Vec<Output>,
}

/// Something that a method returned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The name of the argument; empty if the server names none.
    pub name: String,
    /// The value, in the encoding that was asked for.
    pub value: Value,
}
