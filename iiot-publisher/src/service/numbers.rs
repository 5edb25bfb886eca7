//! Numbers that mean the same for as long as they are in use: DataSetWriterIds and client handles.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::spool::{hash, identity};
use crate::plan::{EventPlan, FieldPlan, Plan, WriterPlan};

/// Which writer has which id, and which field of it which client handle.
///
/// A plan has them by position. Here they stay with what they were given to, while the process runs
/// and, where they are stored, over its restarts: subscribers know writers by their ids, and what
/// waits in logs and in the queues of servers refers to the handles. A handle is never given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Numbers {
    /// Names this assignment: with another one handles mean something else.
    pub(super) epoch: u64,
    writers: Vec<Numbered>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Numbered {
    group: String,
    writer: String,
    id: u16,
    /// All below were given to some field once.
    next_handle: u32,
    /// What each field is, as a hash, with its handle.
    fields: Handles,
}

/// Hashes of what fields are, with their handles. Stored as pairs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u32)>", into = "Vec<(u64, u32)>")]
struct Handles {
    identities: Vec<u64>,
    /// Empty where they are the positions.
    handles: Vec<u32>,
}

impl From<Vec<(u64, u32)>> for Handles {
    fn from(pairs: Vec<(u64, u32)>) -> Self {
        let (identities, handles): (Vec<u64>, Vec<u32>) = pairs.into_iter().unzip();
        let by_position = handles.iter().copied().eq(0..handles.len() as u32);
        Self { identities, handles: if by_position { Vec::new() } else { handles } }
    }
}

impl From<Handles> for Vec<(u64, u32)> {
    fn from(handles: Handles) -> Self {
        handles.pairs().collect()
    }
}

impl Handles {
    fn pairs(&self) -> impl Iterator<Item = (u64, u32)> {
        let handle = |position: usize| self.handles.get(position).copied().unwrap_or(position as u32);
        self.identities.iter().enumerate().map(move |(position, identity)| (*identity, handle(position)))
    }
}

impl Numbers {
    /// Nothing is numbered yet.
    pub(super) fn new() -> Self {
        Self { epoch: uuid::Uuid::new_v4().as_u64_pair().0, writers: Vec::new() }
    }

    /// Gives every writer and field of a plan its number; whether any is new or no longer needed.
    pub(super) fn number(&mut self, plan: &mut Plan) -> bool {
        let before = self.clone();
        let groups = || plan.writer_groups.iter();
        let in_use: HashSet<(String, String)> = groups()
            .flat_map(|group| group.writers.iter().map(|writer| (group.name.clone(), writer.name.clone())))
            .collect();
        let mut known: HashMap<(String, String), usize> = self
            .writers
            .iter()
            .enumerate()
            .map(|(at, known)| ((known.group.clone(), known.writer.clone()), at))
            .collect();
        let mut had: HashSet<u16> = self.writers.iter().map(|known| known.id).collect();
        for group in &mut plan.writer_groups {
            for writer in &mut group.writers {
                let name = (group.name.clone(), writer.name.clone());
                let at = known.remove(&name).unwrap_or_else(|| self.begin(name, writer.id, &mut had, &in_use));
                self.writers[at].number(writer);
            }
            group.writers.sort_by_key(|writer| writer.id);
        }
        known.into_values().for_each(|at| self.writers[at].fields = Handles::default());
        *self != before
    }

    /// A writer that is new gets the id it asks for, else the first that nobody had, else one that nobody
    /// has any more.
    fn begin(
        &mut self,
        (group, writer): (String, String),
        wanted: u16,
        had: &mut HashSet<u16>,
        in_use: &HashSet<(String, String)>,
    ) -> usize {
        let new = |id, next_handle| Numbered { group, writer, id, next_handle, fields: Handles::default() };
        if let Some(id) = std::iter::once(wanted).chain(1..=u16::MAX).find(|id| !had.contains(id)) {
            had.insert(id);
            self.writers.push(new(id, 0));
            return self.writers.len() - 1;
        }
        let free = |known: &Numbered| !in_use.contains(&(known.group.clone(), known.writer.clone()));
        let at = self.writers.iter().position(free).expect("a plan has no more writers than there are ids");
        self.writers[at] = new(self.writers[at].id, self.writers[at].next_handle);
        at
    }
}

impl Numbered {
    fn number(&mut self, writer: &mut WriterPlan) {
        writer.id = self.id;
        let known: HashMap<u64, u32> = self.fields.pairs().collect();
        let mut number = |field| {
            let identity = identity_of(writer.event.as_ref(), field);
            let handle = known.get(&identity).copied().unwrap_or_else(|| {
                self.next_handle += 1;
                self.next_handle - 1
            });
            (identity, handle)
        };
        self.fields = writer.fields.iter().map(&mut number).collect::<Vec<_>>().into();
        writer.handles.clone_from(&self.fields.handles);
    }
}

/// What a field is. An event is read by the places of its fields, so with others it is something else.
fn identity_of(event: Option<&EventPlan>, field: &FieldPlan) -> u64 {
    let selected = event.map_or(0, |event| hash(&format!("{:?} {}", event.selection, event.tracks_conditions())));
    identity(field) ^ selected
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config;

    fn plan(entries: &[(&str, &[&str])]) -> Plan {
        let entry = |(writer, nodes): &(&str, &[&str])| {
            let nodes: Vec<_> =
                nodes.iter().map(|node| serde_json::json!({ "Id": format!("ns=1;s={node}") })).collect();
            serde_json::json!({ "EndpointUrl": "opc.tcp://plc", "DataSetWriterGroup": "G",
                "DataSetWriterId": writer, "OpcNodes": nodes })
        };
        let entries: Vec<_> = entries.iter().map(entry).collect();
        config::load(&serde_json::to_string(&entries).unwrap()).unwrap().plan
    }

    fn numbered(numbers: &mut Numbers, entries: &[(&str, &[&str])]) -> Vec<(String, u16, Vec<u32>)> {
        let mut plan = plan(entries);
        numbers.number(&mut plan);
        let writers = plan.writer_groups.into_iter().flat_map(|group| group.writers);
        writers.map(|writer| (writer.name, writer.id, writer.handles)).collect()
    }

    fn writer(name: &str, id: u16, handles: &[u32]) -> (String, u16, Vec<u32>) {
        (name.into(), id, handles.to_vec())
    }

    #[test]
    fn the_first_plan_keeps_its_positions() {
        let mut numbers = Numbers::new();
        assert_eq!(
            numbered(&mut numbers, &[("V", &["a", "b"]), ("W", &["a"])]),
            [writer("V", 1, &[]), writer("W", 2, &[])]
        );
        assert!(!numbers.number(&mut plan(&[("V", &["a", "b"]), ("W", &["a"])])), "nothing is new");
    }

    #[test]
    fn what_stays_keeps_its_number_and_none_is_given_twice() {
        let mut numbers = Numbers::new();
        numbered(&mut numbers, &[("V", &["a", "b"]), ("W", &["a", "b", "c"])]);
        let changed = numbered(&mut numbers, &[("X", &["a"]), ("W", &["d", "c", "a"])]);
        assert_eq!(changed, [writer("W", 2, &[3, 2, 0]), writer("X", 3, &[])]);
        // `b` comes back as something new, a writer that comes back is known.
        let again = numbered(&mut numbers, &[("V", &["a"]), ("W", &["b"])]);
        assert_eq!(again, [writer("V", 1, &[2]), writer("W", 2, &[4])]);
        let text = serde_json::to_string(&numbers).unwrap();
        assert_eq!(serde_json::from_str::<Numbers>(&text).unwrap(), numbers);
    }

    #[test]
    fn when_all_ids_were_given_those_of_removed_writers_are_given_again() {
        let mut numbers = Numbers::new();
        let names: Vec<String> = (0..=u16::MAX).skip(1).map(|number| number.to_string()).collect();
        let all: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &["a"] as &[&str])).collect();
        let server = plan(&all[..1]).writer_groups.remove(0);
        let writers = (1..=u16::MAX).map(|id| WriterPlan { id, name: id.to_string(), ..server.writers[0].clone() });
        let mut full =
            Plan { writer_groups: vec![crate::plan::WriterGroupPlan { writers: writers.collect(), ..server }] };
        numbers.number(&mut full);
        full.writer_groups[0].writers[6].name = "other".into();
        numbers.number(&mut full);
        let other = full.writer_groups[0].writers.iter().find(|writer| writer.name == "other").unwrap();
        assert_eq!((other.id, &other.handles[..]), (7, &[1][..]));
    }
}
