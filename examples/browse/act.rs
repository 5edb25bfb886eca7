//! What is asked once.

use clap::Args;
use iiot::core::time::UtcTime;
use iiot::core::{Error, ErrorKind, Result};
use iiot::twin::ValueEncoding;
use iiot::twin::alarm::AlarmsRequest;
use iiot::twin::call::{CallRequest, Inputs, MethodCall};
use iiot::twin::condition::{ConditionEvent, ConditionEventsRequest};
use iiot::twin::history::{HistoryDetails, HistoryReadRequest};
use iiot::twin::read::{ReadItem, ReadRequest};
use iiot::twin::write::{WriteItem, WriteRequest};
use serde_json::{Map, Value};

use crate::Server;
use crate::print::{alarm, data_value, json, judge, line, status, with_time};

#[derive(Args)]
pub(crate) struct Call {
    object: String,
    method: String,
    /// What it is given, by the names of its arguments; or all of it as one JSON array or object
    #[arg(value_name = "NAME=VALUE")]
    inputs: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Acknowledgement {
    /// The node of the alarm
    condition: String,
    /// What is to be said to it
    #[arg(long)]
    comment: Option<String>,
    /// Which event of it, as `alarms --json` tells; without it the newest
    #[arg(long, value_name = "EVENT_ID")]
    event: Option<String>,
}

#[derive(Args)]
pub(crate) struct Span {
    node: String,
    /// Where it begins, as 2026-01-01T00:00:00Z
    #[arg(long, required_unless_present = "to")]
    from: Option<UtcTime>,
    /// Where it ends; without a beginning the values come backwards from there
    #[arg(long)]
    to: Option<UtcTime>,
    /// So many values at most
    #[arg(long, default_value_t = 1_000)]
    max_values: u32,
}

impl Server {
    pub(crate) async fn read(&self, nodes: Vec<String>) -> Result<()> {
        let items = nodes.iter().map(|node| ReadItem { node: node.clone(), ..ReadItem::default() }).collect();
        let answer = self.twin.read(self.values(items)).await?;
        if self.json {
            json(serde_json::to_value(&answer))?;
        } else {
            let mut pairs = nodes.iter().zip(&answer.results);
            pairs.try_for_each(|(node, read)| line(format!("{node}  {}", data_value(read))))?;
        }
        judge("read", answer.results.iter().map(|read| &read.status))
    }

    /// The request for values alone.
    pub(crate) fn values(&self, nodes: Vec<ReadItem>) -> ReadRequest {
        ReadRequest { endpoint: self.endpoint.clone(), encoding: ValueEncoding::Raw, nodes, ..ReadRequest::default() }
    }

    pub(crate) async fn write(&self, node: String, text: &str) -> Result<()> {
        let wanted = parsed(text);
        let item = WriteItem { node, value: wanted.clone(), ..WriteItem::default() };
        let endpoint = self.endpoint.clone();
        let answer = self.twin.write(WriteRequest {
            endpoint,
            encoding: ValueEncoding::Raw,
            nodes: vec![item],
            read_back: true,
            ..WriteRequest::default()
        });
        let answer = answer.await?;
        let back = answer.results.iter().filter_map(|result| result.read_back.as_ref());
        if self.json {
            json(serde_json::to_value(&answer))?;
        } else {
            answer.results.iter().try_for_each(|result| line(status(&result.status)))?;
            back.clone().try_for_each(|read| line(format!("reads back as {}", data_value(read))))?;
        }
        judge("write", answer.results.iter().map(|result| &result.status))?;
        judge("read back", back.clone().map(|read| &read.status))?;
        back.clone().find(|read| differ(&wanted, &read.value)).map_or(Ok(()), |read| {
            let message = "the server took the value and has another one now";
            Err(Error::new(ErrorKind::Conflict, "write", message).with("value", &read.value))
        })
    }

    pub(crate) async fn call(&self, call: Call) -> Result<()> {
        let Call { object, method, inputs } = call;
        let calls = vec![MethodCall { object, method, inputs: inputs_of(&inputs)? }];
        let (endpoint, encoding) = (self.endpoint.clone(), ValueEncoding::Raw);
        let answer = self.twin.call(CallRequest { endpoint, encoding, calls, ..CallRequest::default() }).await?;
        if self.json {
            json(serde_json::to_value(&answer))?;
        } else {
            answer.results.iter().try_for_each(|result| line(status(&result.status)))?;
            let mut outputs = answer.results.iter().flat_map(|result| &result.outputs);
            outputs.try_for_each(|output| line(format!("{} = {}", output.name, output.value)))?;
        }
        judge("call", answer.results.iter().map(|result| &result.status))
    }

    pub(crate) async fn alarms(&self) -> Result<()> {
        let request = AlarmsRequest { endpoint: self.endpoint.clone(), ..AlarmsRequest::default() };
        let answer = self.twin.alarms(request).await?;
        if self.json {
            json(serde_json::to_value(&answer))?;
        } else {
            answer.alarms.iter().try_for_each(|one| line(alarm(one)))?;
        }
        judge("list alarms", [&answer.status])
    }

    pub(crate) async fn acknowledge(&self, acknowledgement: Acknowledgement) -> Result<()> {
        let Acknowledgement { condition, comment, event: event_id } = acknowledgement;
        let events = vec![ConditionEvent { condition, event_id, comment, branch: None }];
        let endpoint = self.endpoint.clone();
        let answer =
            self.twin.acknowledge(ConditionEventsRequest { endpoint, events, ..ConditionEventsRequest::default() });
        let answer = answer.await?;
        if self.json {
            json(serde_json::to_value(&answer))?;
        } else {
            answer.results.iter().try_for_each(|result| line(status(&result.status)))?;
        }
        judge("acknowledge", answer.results.iter().map(|result| &result.status))
    }

    pub(crate) async fn history(&self, span: Span) -> Result<()> {
        let request = HistoryReadRequest {
            endpoint: self.endpoint.clone(),
            header: Default::default(),
            encoding: ValueEncoding::Raw,
            nodes: vec![span.node],
            details: HistoryDetails::Raw { start: span.from, end: span.to, bounds: false },
            max_values: Some(span.max_values),
        };
        let answer = self.twin.history_read(request).await?;
        if self.json {
            json(serde_json::to_value(&answer))?;
        } else {
            let mut values = answer.results.iter().flat_map(|result| &result.values);
            values.try_for_each(|value| line(with_time(value)))?;
            if answer.results.iter().any(|result| result.more) {
                eprintln!("there are more of them; ask with --from behind the last one, or with another --max-values");
            }
        }
        judge("read history", answer.results.iter().map(|result| &result.status))
    }
}

/// JSON, or else the text as it is.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn inputs_of(words: &[String]) -> Result<Inputs> {
    if let [word] = words {
        match serde_json::from_str(word) {
            Ok(Value::Array(inputs)) => return Ok(Inputs::InOrder(inputs)),
            Ok(Value::Object(inputs)) => return Ok(Inputs::ByName(inputs)),
            _ => {}
        }
    }
    let pairs = words.iter().map(|word| {
        let pair = word.split_once('=').map(|(name, value)| (name.to_owned(), parsed(value)));
        let message = "inputs are NAME=VALUE, or one JSON array or object";
        pair.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "read the command line", message).with("input", word))
    });
    let pairs = pairs.collect::<Result<Map<_, _>>>()?;
    Ok(if pairs.is_empty() { Inputs::default() } else { Inputs::ByName(pairs) })
}

/// Whether they are surely not the same. Texts may stand for something that is written in several ways, as times do, and
/// a Float is less precise than what was typed.
fn differ(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Bool(wanted), Value::Bool(found)) => wanted != found,
        (Value::Number(wanted), Value::Number(found)) => match (wanted.as_f64(), found.as_f64()) {
            (Some(wanted), Some(found)) => (wanted - found).abs() > wanted.abs() * f64::from(f32::EPSILON),
            _ => wanted != found,
        },
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() != found.len() || wanted.iter().zip(found).any(|(wanted, found)| differ(wanted, found))
        }
        _ => false,
    }
}
