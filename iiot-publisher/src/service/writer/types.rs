//! The types of a writer's fields, and the values that wait for them.

use std::sync::Arc;

use futures::FutureExt;
use iiot_core::Result;
use iiot_core::json::{Format, write_variant};
use iiot_core::session::{DataBatch, ItemNode, Row, Subscription};
use iiot_core::ua::types::{TypeSet, UnknownType};

use super::super::event_type::Selected;
use super::super::outlet::{Described, Event, Outlet};
use super::super::received::Received;
use super::topics::FieldLevels;
use super::{Running, SharedMetaData, events, topics};

/// What the server says of the fields that were not known.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) types: Vec<SharedMetaData>,
    /// What events have.
    pub(super) selected: Option<Selected>,
    /// How it calls nodes.
    pub(super) names: Vec<(Arc<ItemNode>, String)>,
}

/// What was found, what stands behind the topics of fields, and the namespaces of that time; the fields are those of the writer then.
pub(super) type TypesRead = (Result<Read>, Result<FieldLevels>, Arc<Vec<String>>);

impl Running {
    /// Gives the values back unless they are held until their types are known.
    pub(super) fn hold(&mut self, batch: Arc<DataBatch>) -> Option<Arc<DataBatch>> {
        self.probe(&batch);
        if !self.library.has_missing() {
            return Some(batch);
        }
        self.held = Some(batch);
        self.read_types(false);
        None
    }

    /// Looks at the first structure of each field, so that the library notes what it lacks.
    fn probe(&mut self, batch: &DataBatch) {
        let types = self.library.types();
        let format = Format { types: Some(&types), ..Format::compact(&batch.namespaces) };
        let mut text = Vec::new();
        for row in batch.rows().filter(|row| may_hold_structures(row)) {
            if self.probed.insert(row.client_handle) {
                text.clear();
                // What is malformed is declared when it is published.
                let _ = write_variant(&mut text, row.value, &format);
            }
        }
    }

    /// Reads the types of the fields that are not known yet; of all of them where the server may be
    /// another one.
    pub(super) fn read_types(&mut self, again: bool) {
        self.probed.clear();
        if again {
            self.described.fill(None);
        }
        let (session, library, plan) = (Arc::clone(&self.session), self.library.clone(), Arc::clone(&self.plan));
        let (known, selected) = (self.described.clone(), self.events.as_ref().map(|events| events.selected.clone()));
        let read = async move {
            let read = events::read(session.as_ref(), &plan, (known, selected), &library, again).await;
            let levels = topics::read(session.as_ref(), &plan).await;
            (read, levels, session.namespaces())
        };
        self.types = Some(read.boxed());
    }

    pub(super) async fn types_read(
        &mut self,
        (read, levels, namespaces): TypesRead,
        subscription: &dyn Subscription,
        outlet: Option<&Outlet>,
    ) {
        self.types = None;
        self.levels_read(levels, outlet).await;
        let answered = read.is_ok();
        match (read, outlet) {
            (Ok(Read { types, selected, names }), Some(outlet)) => {
                self.take_names(names);
                let layout = selected.as_ref().map(|selected| Arc::clone(&selected.layout));
                match selected {
                    Some(selected) => self.change_selection(selected, subscription).await,
                    None => self.described = types.iter().cloned().map(Some).collect(),
                }
                let structures = self.library.types();
                self.report_unknown(&structures);
                let fields = self.fields_if_learned();
                let handles = self.plan.handles.clone();
                let described = Described { handles, layout, fields, types, namespaces, structures };
                outlet.send(self.plan.id, Event::Types(Box::new(described))).await;
            }
            (Err(error), _) => {
                let (writer, url) = (&self.plan.name, &self.plan.connection.options.endpoint_url);
                tracing::warn!("the types of writer {writer} on {url} stay as they are known: {}", error.report());
            }
            (Ok(_), None) => {}
        }
        // A server that does not answer must not hold values back for ever.
        let held = if answered { self.held.take().and_then(|batch| self.hold(batch)) } else { self.held.take() };
        if let (Some(batch), Some(outlet)) = (held, outlet) {
            outlet.send(self.plan.id, Event::Received(Received::Data(batch))).await;
        }
    }

    /// Says once of each type that its values stay opaque.
    fn report_unknown(&mut self, structures: &TypeSet) {
        let url = &self.plan.connection.options.endpoint_url;
        for UnknownType { encoding, reason, .. } in structures.unknown() {
            let Some(reason) = reason else { continue };
            if self.unknown.insert(encoding.clone()) {
                tracing::warn!("values of type {encoding} on {url} are published without field names: {reason}");
            }
        }
    }
}

/// Structures, and DataValues and Variants that may hold some.
fn may_hold_structures(row: &Row<'_>) -> bool {
    matches!(row.value.bytes().first().map(|mask| mask & 0x3f), Some(22..=24))
}
