//! A writer is changed while it runs, and tells how its nodes stand.

use std::sync::Arc;

use iiot_core::session::Subscription;

use super::super::item::items;
use super::super::nodes;
use super::super::watchdog::Watchdog;
use super::Running;
use super::ways::subscription_options;
use crate::nodes::Node;
use crate::places::Places;
use crate::plan::WriterPlan;

impl Running {
    /// How the nodes stand.
    pub(super) fn nodes(&self) -> Vec<Node> {
        let node = |field| {
            let last = self.continuity.last(field);
            let mut node = Node {
                last_value_time: last.map(|(time, _)| time),
                last_status: last.map(|(_, status)| status.to_string()),
                ..nodes::node(&self.group, &self.plan, field)
            };
            (node.state, node.reason) = self.health[field].condition();
            node
        };
        (0..self.plan.fields.len()).map(node).collect()
    }

    /// Goes on as another plan says, or without any item where the writer leaves.
    pub(super) async fn change(&mut self, configured: Arc<WriterPlan>, leave: bool, subscription: &dyn Subscription) {
        let plan = self.learned.applied(&configured);
        let query = self.events.as_ref().map(|events| &events.selected.query);
        let wanted = if leave { Vec::new() } else { items(&plan, query) };
        if wanted != items(&self.plan, query)
            && let Err(error) = subscription.set_items(wanted).await
        {
            tracing::warn!("the items of writer {} could not be changed: {}", plan.name, error.report());
        }
        if leave {
            return;
        }
        self.configured = configured;
        self.learned.retain(&self.configured);
        self.paths.follow_again(&self.configured, self.shared.clock().now());
        let options = |plan| subscription_options(plan, None);
        if options(&plan) != options(&self.plan)
            && let Err(error) = subscription.modify(options(&plan)).await
        {
            tracing::warn!("the subscription of writer {} could not be changed: {}", plan.name, error.report());
        }
        self.take_over(plan);
    }

    fn take_over(&mut self, plan: Arc<WriterPlan>) {
        self.declare(|continuity| continuity.change(&plan));
        let before = |at: usize| self.places.position(plan.handle(at));
        let health = (0..plan.fields.len()).map(|at| before(at).map(|old| self.health[old]).unwrap_or_default());
        let health = health.collect();
        let described = (0..plan.fields.len()).map(|at| before(at).and_then(|old| self.described[old].clone()));
        let described = described.collect();
        (self.health, self.described, self.places) = (health, described, Places::of(&plan));
        self.watchdog = Watchdog::new(&plan);
        self.plan = plan;
        self.status.change_writer(&self.plan, &self.health);
        if self.created {
            self.read_types(false);
        }
    }
}
