//! The metadata that came so far.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{DataSetMessage, DataSetMetaData};

/// The latest metadata of each writer, oldest first.
#[derive(Debug)]
pub(super) struct Known {
    all: VecDeque<Arc<DataSetMetaData>>,
    most: usize,
}

impl Known {
    pub(super) const fn new(most: usize) -> Self {
        Self { all: VecDeque::new(), most }
    }

    pub(super) fn insert(&mut self, meta_data: DataSetMetaData) {
        self.all.retain(|known| {
            known.publisher_id != meta_data.publisher_id
                || known.writer_group != meta_data.writer_group
                || known.writer_id != meta_data.writer_id
                || known.writer != meta_data.writer
        });
        if self.all.len() >= self.most {
            self.all.pop_front();
        }
        self.all.push_back(Arc::new(meta_data));
    }

    /// The metadata of the writer of a message. A message that does not tell its writer is taken to
    /// be of the only one, if there is one.
    pub(super) fn of(&self, message: &DataSetMessage) -> Option<Arc<DataSetMetaData>> {
        fn same<T: PartialEq>(told: Option<&T>, known: Option<&T>) -> bool {
            told.is_none() || known.is_none() || told == known
        }
        let mut fitting = self.all.iter().filter(|known| {
            same(message.publisher_id.as_ref(), known.publisher_id.as_ref())
                && same(message.writer_group.as_ref(), known.writer_group.as_ref())
                && same(message.writer_id.as_ref(), known.writer_id.as_ref())
                && same(message.writer.as_ref(), known.writer.as_ref())
        });
        let found = fitting.next();
        let told = message.writer_id.is_some() || message.writer.is_some();
        if told || fitting.next().is_none() { found.cloned() } else { None }
    }
}
