//! How a batch goes.

use iiot_core::operation::Details;
use iiot_core::{Error, ErrorKind, Result};
use serde_json::Value;

use super::batch::Batch;
use super::record::record;
use crate::Status;
use crate::read::DataValue;

/// What became of each item so far, told at each step.
pub(super) struct Course<'d, B: Batch> {
    details: &'d Details,
    items: Vec<Step<B::Result>>,
}

struct Step<R> {
    asked: Value,
    sent: bool,
    before: Option<DataValue>,
    result: Option<R>,
}

impl<'d, B: Batch> Course<'d, B> {
    pub(super) fn new(details: &'d Details, items: &[B::Item], refusals: Vec<Option<Status>>) -> Self {
        let step = |(item, refusal): (&B::Item, Option<Status>)| Step {
            asked: B::record(item),
            sent: refusal.is_none(),
            before: None,
            result: refusal.map(B::refused),
        };
        let course = Self { details, items: items.iter().zip(refusals).map(step).collect() };
        course.tell();
        course
    }

    /// The items that were not refused.
    pub(super) fn sendable(&self, items: Vec<B::Item>) -> Vec<B::Item> {
        items.into_iter().zip(&self.items).filter_map(|(item, step)| step.sent.then_some(item)).collect()
    }

    /// What was there before, of each that is sent.
    pub(super) fn before(&mut self, values: Vec<DataValue>) {
        self.sent().zip(values).for_each(|(step, value)| step.before = Some(value));
        self.tell();
    }

    /// How it went, of each that was sent.
    pub(super) fn after(&mut self, operation: &str, results: Vec<B::Result>) -> Result<()> {
        let (count, sent) = (results.len(), self.sent().count());
        self.sent().zip(results).for_each(|(step, result)| step.result = Some(result));
        self.tell();
        if count == sent {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Protocol, operation.to_owned(), format!("{count} results came to {sent} items")))
    }

    /// The answer, with what was read back if it is wanted.
    pub(super) fn response(self, read_back: bool) -> B::Response {
        let mut results: Vec<B::Result> = self.items.into_iter().filter_map(|step| step.result).collect();
        if !read_back {
            results.iter_mut().for_each(B::without_read_back);
        }
        B::response(results)
    }

    fn sent(&mut self) -> impl Iterator<Item = &mut Step<B::Result>> {
        self.items.iter_mut().filter(|step| step.sent)
    }

    fn tell(&self) {
        let of = |step: &Step<B::Result>| record(&step.asked, step.before.as_ref(), step.result.as_ref());
        self.details.set(self.items.iter().take(MAX_TOLD).map(of).collect());
    }
}

const MAX_TOLD: usize = 10_000;
