//! Which server the values of a data set come from, as far as messages tell it.

use super::DataSet;
use crate::constant::set_application_uri;
use crate::encode::Prefixes;

impl DataSet {
    /// Takes the server's ApplicationUri out of its namespace table, where it is the one with index 1
    /// (OPC 10000-5 §6.3.1).
    pub(crate) fn learn_origin(&mut self, namespaces: &[String]) {
        let Some(uri) = namespaces.get(1).filter(|uri| **uri != self.application_uri) else { return };
        self.application_uri.clone_from(uri);
        if self.profile.is_full() {
            self.tell_origin();
        }
    }

    /// What the server is called; empty while nobody has told.
    pub(crate) fn application_uri(&self) -> &str {
        &self.application_uri
    }

    fn tell_origin(&mut self) {
        set_application_uri(&mut self.constants, &self.plan, &self.application_uri);
        if !self.profile.is_samples() {
            return;
        }
        let Self { plan, profile, application_uri, prefixes, events, .. } = self;
        *prefixes = Prefixes::of(*profile, plan, application_uri);
        if let Some(events) = events {
            events.tell_origin(*profile, plan, application_uri);
        }
    }
}
