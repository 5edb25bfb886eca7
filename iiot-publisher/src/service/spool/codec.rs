//! The records of a group's log: what a writer's client handles mean, and batches that refer to it.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use iiot_core::session::DataBatch;
use serde::{Deserialize, Serialize};

use crate::log::{Lost, Meta, Reader, Record};
use crate::plan::{FieldPlan, WriterGroupPlan, WriterPlan};

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
}

impl Schema {
    pub(super) fn new(plan: &WriterPlan, namespaces: &[String]) -> Self {
        Self {
            writer: plan.name.clone(),
            server: plan.connection.0.endpoint_url.clone(),
            namespaces: namespaces.to_vec(),
            fields: plan.fields.iter().map(identity).collect(),
            handles: plan.handles.clone(),
        }
    }

    /// Whether two writers have the same.
    pub(super) fn is_same(a: &WriterPlan, b: &WriterPlan) -> bool {
        let url = |plan: &WriterPlan| plan.connection.0.endpoint_url.clone();
        let fields = |plan: &WriterPlan| plan.fields.iter().map(identity).collect::<Vec<_>>();
        a.name == b.name && url(a) == url(b) && a.handles == b.handles && fields(a) == fields(b)
    }

    pub(super) fn store(&self, out: &mut Vec<u8>) {
        out.push(SCHEMA);
        serde_json::to_writer(out, self).expect("names and numbers are JSON");
    }
}

/// Writes a batch that refers to the schema at this position.
pub(super) fn store_batch(schema: u64, batch: &DataBatch, out: &mut Vec<u8>) {
    out.push(BATCH);
    out.extend_from_slice(&schema.to_le_bytes());
    batch.store(out);
}

/// What the log keeps beside a batch.
pub(super) fn meta(batch: &DataBatch) -> Meta {
    let times =
        || batch.rows().filter_map(|row| row.source_timestamp.or(row.server_timestamp)).map(|time| time.ticks());
    Meta { values: batch.len() as u32, times: (times().min().unwrap_or(i64::MAX), times().max().unwrap_or(i64::MIN)) }
}

/// A record, read.
#[derive(Debug)]
pub(super) enum Content {
    /// Nothing for the group.
    Schema,
    /// A batch with the client handles of today, and how many of its values nobody wants any more.
    Batch { writer: u16, batch: Box<DataBatch>, unwanted: usize },
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
    today: Option<(u16, HashMap<u32, u32>)>,
}

impl Decoder {
    pub(super) fn new(plan: &WriterGroupPlan) -> Self {
        let today = |writer: &WriterPlan| Today {
            id: writer.id,
            server: writer.connection.0.endpoint_url.clone(),
            fields: writer.fields.iter().enumerate().map(|(at, field)| (identity(field), writer.handle(at))).collect(),
        };
        let writers = plan.writers.iter().map(|writer| (writer.name.clone(), today(writer))).collect();
        Self { writers, schemas: HashMap::new() }
    }

    pub(super) fn decode(&mut self, record: &Record, reader: &mut Reader) -> Content {
        let Some((BATCH, body)) = split(&record.payload) else { return Content::Schema };
        let Some(schema) = self.schema_of(&body, reader) else { return Content::Unreadable };
        let Some((writer, handles)) = &schema.today else { return Content::Unwanted };
        match DataBatch::restore(&body.slice(8..), Arc::clone(&schema.namespaces)) {
            Ok(mut batch) => {
                let unwanted = batch.renumber(|handle| handles.get(&handle).copied());
                Content::Batch { writer: *writer, batch: Box::new(batch), unwanted }
            }
            Err(_) => Content::Unreadable,
        }
    }

    /// The writer of a batch, and the batch as it was.
    pub(super) fn original(&mut self, record: &Record, reader: &mut Reader) -> Option<(String, DataBatch)> {
        let (_, body) = split(&record.payload).filter(|(kind, _)| *kind == BATCH)?;
        let schema = self.schema_of(&body, reader)?;
        let batch = DataBatch::restore(&body.slice(8..), Arc::clone(&schema.namespaces)).ok()?;
        Some((schema.writer.clone(), batch))
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
        }
    }
}

fn split(payload: &Bytes) -> Option<(u8, Bytes)> {
    let kind = *payload.first()?;
    Some((kind, payload.slice(1..)))
}

/// What a field publishes under which name, as a hash (FNV-1a) that is the same in every process.
pub(in crate::service) fn identity(field: &FieldPlan) -> u64 {
    let text = format!("{}\0{}\0{}\0{}", field.name, field.node, field.attribute_id, field.index_range);
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

const SCHEMA: u8 = 0;
const BATCH: u8 = 1;
const MAX_SCHEMAS: usize = 4096;
