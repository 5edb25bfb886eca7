//! The metadata of a data set: what it says, when it is sent, and in which version.

use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::time::UtcTime;

use super::{DataSet, FieldMetaData, Time};
use crate::data_types::DataTypes;
use crate::encode::{MetaData, MetaDataVersion};
use crate::event_layout::EventLayout;
use crate::events::EventState;
use crate::meta_data_version::{KnownMetaData, fingerprint};
use crate::outbox::Outbox;
use crate::plan::{Shared, WriterPlan};
use crate::shared::Interner;

impl DataSet {
    /// Takes over what the server says of the fields; a change makes a new version. Sends the
    /// metadata where it is new.
    pub(crate) fn describe(
        &mut self,
        fields: &[impl Clone + Into<Shared<FieldMetaData>>],
        namespaces: &[String],
        outbox: &mut Outbox,
        utc: UtcTime,
    ) {
        self.learn_origin(namespaces);
        let mut known = Interner::default();
        let mut types: Vec<_> = fields.iter().map(|field| known.share(field.clone().into())).collect();
        types.resize(self.fields.len(), known.share(Shared::default()));
        let others = std::mem::take(&mut self.other_structures);
        if types == self.types && namespaces == self.type_namespaces && !(others && self.is_described_otherwise()) {
            return self.announce_once(outbox, utc);
        }
        self.types = types;
        namespaces.clone_into(&mut self.type_namespaces);
        self.announce(outbox, utc);
    }

    /// As [`describe`](Self::describe), of fields of events. Those that are published may be others
    /// for now, because events come from earlier times.
    pub(crate) fn describe_events(
        &mut self,
        layout: &Arc<EventLayout>,
        types: &[impl Clone + Into<Shared<FieldMetaData>>],
        namespaces: &[String],
        outbox: &mut Outbox,
        time: Time,
    ) {
        let Some(events) = self.events_mut() else { return };
        if let Some(first) = events.describe(layout, types) {
            self.set_event_layout(&first, time.now);
        }
        let types = self.events().map(EventState::types).unwrap_or_default();
        self.describe(&types, namespaces, outbox, time.utc);
    }

    /// Sends the metadata.
    pub(crate) fn announce(&mut self, outbox: &mut Outbox, utc: UtcTime) {
        if self.events().is_some_and(EventState::is_unknown) {
            return;
        }
        self.announced = true;
        if !outbox.announces() {
            return;
        }
        self.settle_version(utc);
        let fields = self.described();
        let meta_data = MetaData {
            plan: &self.plan,
            group_name: &self.group_name,
            fields: &fields,
            namespaces: &self.type_namespaces,
            data_types: self.data_types(),
            version: self.version,
        };
        outbox.announce(&meta_data, utc);
    }

    /// Names and types of all fields, the extension fields last.
    fn described(&self) -> Vec<(&str, &FieldMetaData)> {
        let names = self.plan.fields.iter().map(|field| &field.name).zip(self.types.iter().map(|types| &**types));
        let constants = self.constants.iter().map(|constant| (&constant.name, &constant.meta_data));
        names.chain(constants).map(|(name, types)| (name.as_str(), types)).collect()
    }

    /// Other metadata than what was sent before has another version, also after a restart.
    fn settle_version(&mut self, utc: UtcTime) {
        let fingerprint = self.described_as();
        if self.fingerprint == Some(fingerprint) {
            return;
        }
        if self.fingerprint.is_some() {
            self.version = self.version.next(utc);
            self.encoder.set_version(self.version);
        }
        self.fingerprint = Some(fingerprint);
        self.unsaved = true;
    }

    /// The version of what was sent last, if it is new.
    pub(crate) fn take_known(&mut self) -> Option<KnownMetaData> {
        let fingerprint = self.fingerprint.filter(|_| std::mem::take(&mut self.unsaved))?;
        let MetaDataVersion { major, minor } = self.version;
        let writer = self.plan.name.clone();
        Some(KnownMetaData { writer, fingerprint, major_version: major, minor_version: minor })
    }

    /// Metadata goes before the first data.
    pub(crate) fn announce_once(&mut self, outbox: &mut Outbox, utc: UtcTime) {
        if !self.announced {
            self.announce(outbox, utc);
        }
    }

    /// When the metadata is to be sent again though nothing has changed.
    pub(crate) fn meta_data_repeated_at(&self) -> Option<Instant> {
        self.repeated_at
    }

    /// Sends the metadata because it is time to.
    pub(crate) fn repeat_meta_data(&mut self, outbox: &mut Outbox, time: Time) {
        self.announce(outbox, time.utc);
        self.repeated_at = meta_data_interval(&self.plan).map(|interval| time.now + interval);
    }

    /// Whether what was sent is no longer what there is to be said.
    pub(super) fn is_described_otherwise(&self) -> bool {
        self.fingerprint != Some(self.described_as())
    }

    fn described_as(&self) -> u64 {
        fingerprint(&self.plan, &self.described(), &self.type_namespaces, &self.data_types())
    }

    /// The structures and enumerations that fields are of.
    fn data_types(&self) -> DataTypes<'_> {
        DataTypes::of(self.types.iter().map(|types| &**types), &self.type_namespaces, &self.structures)
    }
}

pub(super) fn meta_data_interval(plan: &WriterPlan) -> Option<Duration> {
    plan.metadata_interval.filter(|interval| !interval.is_zero())
}
