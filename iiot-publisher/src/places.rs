//! From client handles to the positions of fields.

use crate::plan::WriterPlan;

/// Where the field of each client handle is. Handles are given in order and never again, so a plain
/// table does; none is needed where they are the positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    fields: usize,
    table: Vec<u32>,
}

impl Places {
    pub(crate) fn of(plan: &WriterPlan) -> Self {
        let fields = plan.fields.len();
        let given = plan.handles.iter().zip(0..).take(fields);
        if given.clone().all(|(handle, position)| *handle == position) {
            return Self { fields, table: Vec::new() };
        }
        let mut table = vec![NOWHERE; plan.handles.iter().max().map_or(0, |max| *max as usize + 1)];
        given.for_each(|(handle, position)| table[*handle as usize] = position);
        Self { fields, table }
    }

    /// The position of a field; `None` where no field has the handle.
    pub(crate) fn position(&self, handle: u32) -> Option<usize> {
        let handle = handle as usize;
        if self.table.is_empty() {
            return (handle < self.fields).then_some(handle);
        }
        self.table.get(handle).filter(|position| **position != NOWHERE).map(|position| *position as usize)
    }
}

const NOWHERE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use iiot_core::session::{ConnectOptions, ItemNode};
    use iiot_core::ua::NodeId;

    use super::*;
    use crate::plan::{Connection, FieldPlan};

    fn places(fields: u32, handles: &[u32]) -> Places {
        let node = |id: u32| ItemNode::Indexed(NodeId::new(0, id));
        let mut plan = WriterPlan::new(1, "w", Connection::new(ConnectOptions::new("opc.tcp://plc")));
        plan.fields = (0..fields).map(|id| FieldPlan::of_node(node(id), Duration::ZERO)).collect();
        plan.handles = handles.to_vec();
        Places::of(&plan)
    }

    #[test]
    fn a_handle_leads_to_its_field_wherever_it_stands() {
        let by_position = places(2, &[]);
        assert_eq!(by_position, places(2, &[0, 1]));
        assert_eq!([0, 1, 2].map(|handle| by_position.position(handle)), [Some(0), Some(1), None]);
        let moved = places(2, &[4, 1]);
        assert_eq!([0, 1, 4, 5].map(|handle| moved.position(handle)), [None, Some(1), Some(0), None]);
        assert_eq!(places(0, &[]).position(0), None);
    }
}
