//! The records of a group's log: what a writer's client handles mean, and batches that refer to it.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use iiot_core::Result;
use iiot_core::session::{DataBatch, EventBatch};
use serde::{Deserialize, Serialize};

use super::super::received::Received;
use crate::log::{Lost, Meta, Reader, Record};
use crate::plan::{EventLayout, FieldPlan, WriterGroupPlan, WriterPlan};

/// What is needed to know a writer's batches again after a restart, perhaps with another
/// configuration. Each segment that has batches of a writer has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Schema {
    pub(super) writer: String,
    server: String,
    namespaces: Vec<String>,
    /// What the item of each client handle reads, as a hash.
    fields: Vec<u64>,
    /// The client handles; the positions of `fields` where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    handles: Vec<u32>,
    /// What the fields of events are, where it has events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<EventLayout>,
}

impl Schema {
    pub(super) fn new(plan: &WriterPlan, namespaces: &[String], events: Option<&EventLayout>) -> Self {
        Self {
            writer: plan.name.clone(),
            server: plan.connection.options.endpoint_url.clone(),
            namespaces: namespaces.to_vec(),
            fields: plan.fields.iter().map(identity).collect(),
            handles: plan.handles.clone(),
            events: events.cloned(),
        }
    }

    /// Whether two writers have the same.
    pub(super) fn is_same(a: &WriterPlan, b: &WriterPlan) -> bool {
        let url = |plan: &WriterPlan| plan.connection.options.endpoint_url.clone();
        let fields = |plan: &WriterPlan| plan.fields.iter().map(identity).collect::<Vec<_>>();
        a.name == b.name && url(a) == url(b) && a.handles == b.handles && fields(a) == fields(b)
    }

    pub(super) fn store(&self, out: &mut Vec<u8>) {
        out.push(SCHEMA);
        serde_json::to_writer(out, self).expect("names and numbers are JSON");
    }
}

/// Writes a batch that refers to the schema at this position.
pub(super) fn store_batch(schema: u64, batch: &Received, out: &mut Vec<u8>) {
    out.push(if batch.layout().is_some() { EVENTS } else { BATCH });
    out.extend_from_slice(&schema.to_le_bytes());
    match batch {
        Received::Data(batch) => batch.store(out),
        Received::Events(batch, _) => batch.store(out),
    }
}

/// What the log keeps beside a batch.
pub(super) fn meta(batch: &Received) -> Meta {
    Meta { values: batch.len() as u32, times: batch.span().times() }
}

/// A record, read.
#[derive(Debug)]
pub(super) enum Content {
    /// Nothing for the group.
    Schema,
    /// A batch with the client handles of today, and how many of its values nobody wants any more.
    Batch { writer: u16, batch: Received, unwanted: usize },
    /// A batch of a writer that is gone.
    Unwanted,
    /// It is whole and makes no sense, or its schema is damaged.
    Unreadable,
    /// Records that cannot be read.
    Lost(Lost),
}

/// Reads records with the plan of today.
#[derive(Debug)]
pub(super) struct Decoder {
    writers: HashMap<String, Today>,
    /// By position; forgotten when they become many.
    schemas: HashMap<u64, Option<Arc<Translation>>>,
}

#[derive(Debug)]
struct Today {
    id: u16,
    server: String,
    fields: HashMap<u64, u32>,
}

/// From the client handles of a schema to those of today.
#[derive(Debug)]
struct Translation {
    writer: String,
    namespaces: Arc<Vec<String>>,
    layout: Option<Arc<EventLayout>>,
    today: Option<(u16, HashMap<u32, u32>)>,
}

impl Decoder {
    pub(super) fn new(plan: &WriterGroupPlan) -> Self {
        let today = |writer: &WriterPlan| Today {
            id: writer.id,
            server: writer.connection.options.endpoint_url.clone(),
            fields: writer.fields.iter().enumerate().map(|(at, field)| (identity(field), writer.handle(at))).collect(),
        };
        let writers = plan.writers.iter().map(|writer| (writer.name.clone(), today(writer))).collect();
        Self { writers, schemas: HashMap::new() }
    }

    pub(super) fn decode(&mut self, record: &Record, reader: &mut Reader) -> Content {
        let Some((kind @ (BATCH | EVENTS), body)) = split(&record.payload) else { return Content::Schema };
        let Some(schema) = self.schema_of(&body, reader) else { return Content::Unreadable };
        let Some((writer, handles)) = &schema.today else { return Content::Unwanted };
        let read = match kind {
            BATCH => schema.values(&body.slice(8..), handles),
            _ => schema.events(&body.slice(8..), handles),
        };
        match read {
            Ok(Some((batch, unwanted))) => Content::Batch { writer: *writer, batch, unwanted },
            Ok(None) => Content::Unwanted,
            Err(_) => Content::Unreadable,
        }
    }

    /// The writer of a batch, its subscription, and the number of the message that it came with.
    pub(super) fn origin(&mut self, record: &Record, reader: &mut Reader) -> Option<(String, (u32, u32))> {
        let (kind, body) = split(&record.payload).filter(|(kind, _)| [BATCH, EVENTS].contains(kind))?;
        let schema = self.schema_of(&body, reader)?;
        let (stored, namespaces) = (body.slice(8..), Arc::clone(&schema.namespaces));
        let origin = match kind {
            BATCH => {
                DataBatch::restore(&stored, namespaces).map(|batch| (batch.subscription_id, batch.sequence_number))
            }
            _ => EventBatch::restore(&stored, namespaces).map(|batch| (batch.subscription_id, batch.sequence_number)),
        };
        Some((schema.writer.clone(), origin.ok()?))
    }

    fn schema_of(&mut self, body: &Bytes, reader: &mut Reader) -> Option<Arc<Translation>> {
        let position = u64::from_le_bytes(*body.first_chunk()?);
        if let Some(known) = self.schemas.get(&position) {
            return known.clone();
        }
        if self.schemas.len() >= MAX_SCHEMAS {
            self.schemas.clear();
        }
        let stored = reader.look(position).and_then(|record| split(&record.payload));
        let schema = stored.and_then(|(_, json)| serde_json::from_slice(&json).ok());
        let translation = schema.map(|schema| Arc::new(self.translate(schema)));
        self.schemas.insert(position, translation.clone());
        translation
    }

    fn translate(&self, schema: Schema) -> Translation {
        let today = self.writers.get(&schema.writer).filter(|writer| writer.server == schema.server);
        let handle = |position: usize| schema.handles.get(position).copied().unwrap_or(position as u32);
        let handles = |today: &Today| {
            let fields = schema.fields.iter().enumerate();
            fields.filter_map(|(position, field)| Some((handle(position), *today.fields.get(field)?))).collect()
        };
        Translation {
            today: today.map(|today| (today.id, handles(today))),
            writer: schema.writer,
            namespaces: Arc::new(schema.namespaces),
            layout: schema.events.map(Arc::new),
        }
    }
}

impl Translation {
    fn values(&self, stored: &Bytes, handles: &HashMap<u32, u32>) -> Result<Option<(Received, usize)>> {
        let mut batch = DataBatch::restore(stored, Arc::clone(&self.namespaces))?;
        let unwanted = batch.renumber(|handle| handles.get(&handle).copied());
        Ok(Some((Received::Data(Arc::new(batch)), unwanted)))
    }

    /// Events have the fields that they had, whatever is asked for today.
    fn events(&self, stored: &Bytes, handles: &HashMap<u32, u32>) -> Result<Option<(Received, usize)>> {
        let mut batch = EventBatch::restore(stored, Arc::clone(&self.namespaces))?;
        let wanted = batch.renumber(|handle| handles.get(&handle).copied());
        let Some(layout) = self.layout.as_ref().filter(|_| wanted) else { return Ok(None) };
        Ok(Some((Received::Events(Arc::new(batch), Arc::clone(layout)), 0)))
    }
}

fn split(payload: &Bytes) -> Option<(u8, Bytes)> {
    let kind = *payload.first()?;
    Some((kind, payload.slice(1..)))
}

/// What a field publishes under which name, as a hash (FNV-1a) that is the same in every process.
pub(in crate::service) fn identity(field: &FieldPlan) -> u64 {
    let mut text = format!("{}\0{}\0{}\0{}", field.name, field.node, field.attribute_id, field.index_range);
    if let Some(path) = &field.path {
        text += &format!("\0{path}");
    }
    hash(&text)
}

/// FNV-1a.
pub(in crate::service) fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

const SCHEMA: u8 = 0;
const BATCH: u8 = 1;
const EVENTS: u8 = 2;
const MAX_SCHEMAS: usize = 4096;
