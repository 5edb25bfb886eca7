//! What was read lately, for those who do not need it anew.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::ua::{BinaryEncodable, ContextOwned, DataValue, ReadValueId};

use crate::read::Timestamps;

/// Bytes of one value that is kept.
const MAX_VALUE: usize = 64 << 10;
/// Bytes of all values that are kept.
const MAX_BYTES: usize = 32 << 20;
/// Servers whose changes are counted.
const MAX_NAMES: usize = 10_000;
/// What a value costs besides its content.
const ENTRY: usize = 256;

/// Values by server, as they were read last. What is changed through this twin is forgotten with everything else of its
/// server, since nobody knows what hangs together.
#[derive(Debug, Default)]
pub(super) struct ReadCache {
    kept: HashMap<Key, Kept>,
    /// The oldest first; some are there no longer, or were read again.
    order: VecDeque<(Instant, Key)>,
    bytes: usize,
    /// How often something of a server was changed, where that was not long ago.
    changes: HashMap<Arc<str>, u64>,
    /// What counts begin with.
    base: u64,
}

/// What was read, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    endpoint: Arc<str>,
    locales: Vec<String>,
    timestamps: Timestamps,
    /// The namespace table of one connection: node ids mean nothing in another one.
    connection: usize,
    node: String,
    attribute: u32,
    index_range: String,
}

#[derive(Debug)]
struct Kept {
    value: DataValue,
    read: Instant,
    bytes: usize,
    /// So that its address belongs to nobody else while we know it.
    _connection: Arc<Vec<String>>,
}

/// Where the values of one request are kept.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    pub(super) endpoint: Arc<str>,
    pub(super) locales: Vec<String>,
    pub(super) timestamps: Timestamps,
    pub(super) connection: Arc<Vec<String>>,
}

impl Shelf {
    fn key(&self, node: &ReadValueId) -> Key {
        Key {
            endpoint: Arc::clone(&self.endpoint),
            locales: self.locales.clone(),
            timestamps: self.timestamps,
            connection: Arc::as_ptr(&self.connection).addr(),
            node: node.node_id.to_string(),
            attribute: node.attribute_id,
            index_range: format!("{:?}", node.index_range),
        }
    }
}

impl ReadCache {
    /// A value that was read not longer ago than `age`, and how long ago that is.
    pub(super) fn find(
        &self,
        shelf: &Shelf,
        node: &ReadValueId,
        age: Duration,
        now: Instant,
    ) -> Option<(DataValue, Duration)> {
        let kept = self.kept.get(&shelf.key(node))?;
        let passed = now.saturating_duration_since(kept.read);
        (passed <= age).then(|| (kept.value.clone(), passed))
    }

    /// How often a server was changed: what is read now can be kept while that stays so.
    pub(super) fn changes(&self, endpoint: &str) -> u64 {
        self.base + self.changes.get(endpoint).copied().unwrap_or_default()
    }

    /// Keeps a good value that was read at a time, unless its server was changed since `changes` was asked for.
    pub(super) fn keep(&mut self, shelf: &Shelf, node: &ReadValueId, value: &DataValue, read: Instant, changes: u64) {
        let is_good = value.status.is_none_or(|status| status.is_good());
        let size = value.byte_len(&ContextOwned::default().context());
        if !is_good || size > MAX_VALUE || self.changes(&shelf.endpoint) != changes {
            return;
        }
        let (key, bytes) = (shelf.key(node), size + ENTRY);
        let kept = Kept { value: value.clone(), read, bytes, _connection: Arc::clone(&shelf.connection) };
        self.order.push_back((read, key.clone()));
        self.bytes += bytes;
        if let Some(before) = self.kept.insert(key, kept) {
            self.bytes -= before.bytes;
        }
        self.make_room();
    }

    /// Something of a server is or was changed.
    pub(super) fn forget(&mut self, endpoint: &str) {
        self.count(endpoint);
        let bytes = &mut self.bytes;
        self.kept.retain(|key, kept| {
            let stays = &*key.endpoint != endpoint;
            *bytes -= if stays { 0 } else { kept.bytes };
            stays
        });
        self.order.retain(|(_, key)| &*key.endpoint != endpoint);
    }

    /// Anything can be named in a request, so names are forgotten when there are many; no count is then what it was.
    fn count(&mut self, endpoint: &str) {
        if self.changes.len() >= MAX_NAMES {
            self.changes.clear();
            self.base += 1 << 32;
        }
        *self.changes.entry(endpoint.into()).or_default() += 1;
    }

    /// Values that were read again stand in the order more than once, and go when the last of them does.
    fn make_room(&mut self) {
        while self.bytes > MAX_BYTES || self.order.len() > 2 * self.kept.len() + 1_000 {
            let Some((read, key)) = self.order.pop_front() else { return };
            if self.kept.get(&key).is_some_and(|kept| kept.read == read)
                && let Some(kept) = self.kept.remove(&key)
            {
                self.bytes -= kept.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use iiot_core::ua::{AttributeId, NodeId, StatusCode, Variant};

    use super::*;

    fn shelf(endpoint: &str) -> Shelf {
        Shelf {
            endpoint: endpoint.into(),
            locales: Vec::new(),
            timestamps: Timestamps::Both,
            connection: Arc::new(vec!["http://opcfoundation.org/UA/".into()]),
        }
    }

    fn node(id: u32) -> ReadValueId {
        ReadValueId { node_id: NodeId::new(1, id), attribute_id: AttributeId::Value as u32, ..Default::default() }
    }

    fn value(of: impl Into<Variant>) -> DataValue {
        DataValue { value: Some(of.into()), ..Default::default() }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_value_is_found_while_it_is_young_enough_with_its_age() {
        let (mut cache, shelf, start) = (ReadCache::default(), shelf("plc"), Instant::now());
        cache.keep(&shelf, &node(1), &value(1), start, 0);
        assert_eq!(cache.find(&shelf, &node(1), SECOND, start + SECOND), Some((value(1), SECOND)));
        assert_eq!(cache.find(&shelf, &node(1), SECOND, start + SECOND * 2), None);
        assert_eq!(cache.find(&shelf, &node(2), SECOND, start), None);
        cache.keep(&shelf, &node(1), &value(2), start + SECOND, 0);
        assert_eq!(cache.find(&shelf, &node(1), SECOND, start + SECOND * 2), Some((value(2), SECOND)));
    }

    #[test]
    fn another_server_connection_or_way_of_asking_has_values_of_its_own() {
        let (mut cache, shelf_of_one, now) = (ReadCache::default(), shelf("plc"), Instant::now());
        cache.keep(&shelf_of_one, &node(1), &value(1), now, 0);
        let others = [
            shelf("other"),
            shelf("plc"),
            Shelf { timestamps: Timestamps::Neither, ..shelf_of_one.clone() },
            Shelf { locales: vec!["de".into()], ..shelf_of_one.clone() },
        ];
        for other in others {
            assert_eq!(cache.find(&other, &node(1), SECOND, now), None, "{other:?}");
        }
        let description = ReadValueId { attribute_id: AttributeId::Description as u32, ..node(1) };
        assert_eq!(cache.find(&shelf_of_one, &description, SECOND, now), None);
    }

    #[test]
    fn a_change_forgets_its_server_and_what_was_read_while_it_was_made() {
        let (mut cache, one, other, now) = (ReadCache::default(), shelf("plc"), shelf("other"), Instant::now());
        for shelf in [&one, &other] {
            cache.keep(shelf, &node(1), &value(1), now, 0);
        }
        let before = cache.changes("plc");
        cache.forget("plc");
        assert_eq!(cache.find(&one, &node(1), SECOND, now), None);
        assert!(cache.find(&other, &node(1), SECOND, now).is_some());
        cache.keep(&one, &node(1), &value(1), now, before);
        assert_eq!(cache.find(&one, &node(1), SECOND, now), None, "it may be from before the change");
        cache.keep(&one, &node(1), &value(2), now, cache.changes("plc"));
        assert_eq!(cache.find(&one, &node(1), SECOND, now), Some((value(2), Duration::ZERO)));
    }

    #[test]
    fn names_that_nobody_knows_take_no_memory_and_change_nothing() {
        let mut cache = ReadCache::default();
        let before = cache.changes("plc");
        (0..MAX_NAMES).for_each(|n| cache.forget(&format!("made up {n}")));
        assert_eq!(cache.changes("plc"), before);
        cache.forget("one more");
        assert!(cache.changes.len() <= MAX_NAMES && cache.changes("plc") != before);
    }

    #[test]
    fn bad_and_large_values_are_not_kept_and_the_oldest_go_first() {
        let (mut cache, shelf, now) = (ReadCache::default(), shelf("plc"), Instant::now());
        let bad = DataValue { status: Some(StatusCode::BadNoCommunication), ..value(1) };
        let large = value("x".repeat(MAX_VALUE + 1));
        for unkept in [bad, large] {
            cache.keep(&shelf, &node(1), &unkept, now, 0);
            assert_eq!(cache.find(&shelf, &node(1), SECOND, now), None);
        }
        let half = value("x".repeat(MAX_VALUE / 2));
        let fit = (MAX_BYTES / (MAX_VALUE / 2 + ENTRY)) as u32;
        for id in 0..fit + 10 {
            cache.keep(&shelf, &node(id), &half, now, 0);
        }
        assert!(cache.bytes <= MAX_BYTES);
        assert_eq!(cache.find(&shelf, &node(0), SECOND, now), None);
        assert!(cache.find(&shelf, &node(fit + 9), SECOND, now).is_some());
        for _ in 0..100_000 {
            cache.keep(&shelf, &node(fit + 9), &value(1), now, 0);
        }
        assert!(cache.order.len() <= 2 * cache.kept.len() + 1_001, "reading one again and again takes no memory");
    }
}
