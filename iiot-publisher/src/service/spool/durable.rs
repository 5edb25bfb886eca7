//! The writing end of a group's log, as blocking code.

use std::collections::HashMap;
use std::sync::Arc;

use iiot_core::Result;

use super::codec::{Decoder, Schema, meta, store_batch};
use super::mark::{self, Mark};
use super::{Incoming, Place, SINK};
use crate::log::{Cursor, Entry, Log, Meta, Oldest};
use crate::plan::{EventLayout, WriterGroupPlan, WriterPlan};

/// A log with what its records refer to.
#[derive(Debug)]
pub(super) struct Durable {
    log: Log,
    writers: HashMap<u16, WriterPlan>,
    /// Where the schema of each writer lies in the segment, and for which namespace table.
    schemas: HashMap<u16, Written>,
    marks: HashMap<String, Mark>,
}

#[derive(Debug)]
struct Written {
    segment: u64,
    position: u64,
    namespaces: Arc<Vec<String>>,
    layout: Option<Arc<EventLayout>>,
}

impl Durable {
    /// Takes a log over; also returns which messages an earlier process has put there.
    pub(super) fn open(log: Log, plan: &WriterGroupPlan) -> Result<(Self, HashMap<String, Mark>)> {
        let marks = marks(&log, plan)?;
        let writers = plan.writers.iter().map(|writer| (writer.id, writer.clone())).collect();
        Ok((Self { log, writers, schemas: HashMap::new(), marks: marks.clone() }, marks))
    }

    /// Batches are of these writers, and of those that are still to hand in their last one, from now on.
    pub(super) fn change(&mut self, plan: &WriterGroupPlan) {
        for writer in &plan.writers {
            let before = self.writers.insert(writer.id, writer.clone());
            if before.is_none_or(|before| !Schema::is_same(&before, writer)) {
                self.schemas.remove(&writer.id);
            }
        }
    }

    /// Nothing more comes from a writer.
    pub(super) fn forget(&mut self, writer: u16) {
        self.schemas.remove(&writer);
        if let Some(plan) = self.writers.remove(&writer) {
            self.marks.remove(&plan.name);
        }
    }

    pub(super) fn end(&self) -> u64 {
        self.log.end().0
    }

    pub(super) fn bytes(&self) -> u64 {
        self.log.bytes()
    }

    pub(super) fn is_full(&self) -> bool {
        self.log.is_full()
    }

    /// Makes batches safe; returns where they lie. On an error none of them is safe.
    pub(super) fn commit(&mut self, batches: &[Incoming]) -> Result<Vec<Place>> {
        let (_, mut values) = self.log.end();
        let appended: Result<Vec<Place>> = batches.iter().map(|incoming| self.append(incoming, &mut values)).collect();
        let committed = appended.and_then(|places| self.log.commit().map(|_| places));
        match committed {
            Ok(_) => batches.iter().for_each(|incoming| self.mark(incoming)),
            Err(_) => {
                self.log.discard();
                self.schemas.clear();
            }
        }
        committed
    }

    fn append(&mut self, incoming: &Incoming, values: &mut u64) -> Result<Place> {
        let schema = self.schema(incoming)?;
        let meta = meta(&incoming.batch);
        let (position, next) = self.log.append(meta, |out| store_batch(schema, &incoming.batch, out))?;
        let this = Cursor { position, values: *values };
        *values += u64::from(meta.values);
        Ok(Place { position, this, next: Cursor { position: next, values: *values } })
    }

    /// Where the schema of a batch lies in the segment that the batch goes to.
    fn schema(&mut self, incoming: &Incoming) -> Result<u64> {
        let (segment, batch) = (self.log.segment(), &incoming.batch);
        let (namespaces, layout) = (batch.namespaces(), batch.layout());
        let fits = |written: &&Written| {
            written.segment == segment && written.namespaces == *namespaces && written.layout.as_ref() == layout
        };
        if let Some(written) = self.schemas.get(&incoming.writer).filter(fits) {
            return Ok(written.position);
        }
        let plan = self.writers.get(&incoming.writer).expect("batches come from writers of the plan");
        let schema = Schema::new(plan, namespaces, layout.map(AsRef::as_ref));
        let (position, _) = self.log.append(Meta::default(), |out| schema.store(out))?;
        let (namespaces, layout) = (Arc::clone(namespaces), layout.cloned());
        self.schemas.insert(incoming.writer, Written { segment, position, namespaces, layout });
        Ok(position)
    }

    /// Remembers that a batch needs not come again: it is safe, or it is declared lost.
    pub(super) fn mark(&mut self, incoming: &Incoming) {
        let Some(plan) = self.writers.get(&incoming.writer) else { return };
        let (subscription_id, sequence_number) = incoming.batch.origin();
        self.marks.insert(plan.name.clone(), Mark { subscription_id, sequence_number });
    }

    pub(super) fn pass(&mut self, cursor: Cursor) {
        self.log.pass(SINK, cursor.position, cursor.values);
    }

    /// Makes the cursor safe and gives room back.
    pub(super) fn store(&mut self) -> Result<()> {
        self.log.set_note(mark::write(&self.marks));
        self.log.store()
    }

    pub(super) fn oldest(&self) -> Result<Option<Oldest>> {
        self.log.oldest()
    }

    pub(super) fn drop_oldest(&mut self) -> Result<()> {
        self.log.set_note(mark::write(&self.marks));
        self.log.drop_oldest()
    }
}

/// What was remembered, and what was written after it.
fn marks(log: &Log, plan: &WriterGroupPlan) -> Result<HashMap<String, Mark>> {
    let (mut marks, mut tail, mut decoder) = (mark::read(log.note()), log.tail(), Decoder::new(plan));
    let mut schemas = log.tail();
    while let Some(entry) = tail.read()? {
        let Entry::Record(record) = entry else { continue };
        if let Some((writer, (subscription_id, sequence_number))) = decoder.origin(&record, &mut schemas) {
            marks.insert(writer, Mark { subscription_id, sequence_number });
        }
    }
    Ok(marks)
}
