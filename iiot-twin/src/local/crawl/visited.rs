//! Which nodes were met before, in few bytes.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use iiot_core::ua::NodeId;

/// 128 bits of each node: two nodes that are taken for one are less likely than a broken machine, and a server cannot
/// seek them since the keys are ours.
#[derive(Debug, Default)]
pub(super) struct Visited {
    keys: [RandomState; 2],
    met: HashSet<u128>,
}

impl Visited {
    /// Whether it is met for the first time.
    pub(super) fn is_new(&mut self, node: &NodeId) -> bool {
        let [high, low] = self.keys.each_ref().map(|key| u128::from(key.hash_one(node)));
        self.met.insert(high << 64 | low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_new_once() {
        let mut visited = Visited::default();
        let nodes: Vec<NodeId> = (0..1000_u32).map(|id| NodeId::new((id % 3) as u16, id / 3)).collect();
        assert!(nodes.iter().all(|node| visited.is_new(node)));
        assert!(!nodes.iter().any(|node| visited.is_new(node)));
        assert!(visited.is_new(&NodeId::new(0, "0")), "a text is no number");
    }
}
