//! Topics by browse path: which node has which, and that no two have the same.

use std::collections::HashMap;

use iiot_core::ua::QualifiedName;

use crate::encode::hash;
use crate::plan::Routing;
use crate::topic;

/// The levels of a topic that a browse path becomes.
pub(super) fn levels(path: &[QualifiedName], routing: Routing) -> String {
    let level = |name: &QualifiedName| match routing {
        Routing::BrowseNamesWithNamespaceIndex if name.namespace_index > 0 => {
            topic::level(&format!("{}:{}", name.namespace_index, name.name))
        }
        _ => topic::level(name.name.as_ref()),
    };
    path.iter().map(level).collect::<Vec<_>>().join("/")
}

/// Whose a topic is: a group, a writer in it and the client handle of a field.
type Owner = (u64, u16, u32);

/// The topics of a process that are given away by browse path, as hashes.
#[derive(Debug, Default)]
pub(super) struct Claims {
    owners: HashMap<u128, Owner>,
}

impl Claims {
    /// Lets go of the topics of a writer.
    pub(super) fn release(&mut self, group: &str, writer: u16) {
        let group = short(group);
        self.owners.retain(|_, owner| (owner.0, owner.1) != (group, writer));
    }

    /// Gives a field a topic below `base`: the levels themselves, or with a number behind them where another field has
    /// that topic. Those it had before are given again where they still say the same.
    pub(super) fn claim(
        &mut self,
        (group, writer, handle): (&str, u16, u32),
        base: &str,
        levels: &str,
        before: Option<&str>,
    ) -> String {
        let owner = (short(group), writer, handle);
        let numbered = (2..).map(|number| format!("{levels}_{number}"));
        let before = before.filter(|before| is_numbered(levels, before)).map(str::to_owned);
        let mut candidates = before.into_iter().chain(std::iter::once(levels.to_owned())).chain(numbered);
        let free = |levels: &String| *self.owners.entry(whole(base, levels)).or_insert(owner) == owner;
        candidates.find(free).expect("numbers do not end")
    }
}

/// Whether these levels are those, perhaps with a number behind them.
fn is_numbered(levels: &str, given: &str) -> bool {
    let Some(rest) = given.strip_prefix(levels) else { return false };
    rest.is_empty() || rest.strip_prefix('_').is_some_and(|number| number.parse::<u32>().is_ok())
}

fn whole(base: &str, levels: &str) -> u128 {
    hash(base.bytes().chain([b'/']).chain(levels.bytes()))
}

fn short(group: &str) -> u64 {
    hash(group.bytes()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browse_names_stay_one_level_each() {
        let path = [QualifiedName::new(0, "Objects"), QualifiedName::new(2, "a/b+c#")];
        assert_eq!(levels(&path, Routing::BrowseNames), r"Objects/a\x2fb\x2bc\x23");
        assert_eq!(levels(&path, Routing::BrowseNamesWithNamespaceIndex), r"Objects/2:a\x2fb\x2bc\x23");
    }

    #[test]
    fn no_two_fields_have_one_topic_and_each_keeps_its_own() {
        let mut claims = Claims::default();
        assert_eq!(claims.claim(("g", 1, 0), "p", "A/B", None), "A/B");
        assert_eq!(claims.claim(("g", 1, 0), "p", "A/B", None), "A/B", "its own");
        assert_eq!(claims.claim(("g", 1, 1), "p", "A/B", None), "A/B_2");
        assert_eq!(claims.claim(("h", 1, 0), "p", "A/B", None), "A/B_3");
        assert_eq!(claims.claim(("h", 1, 1), "q", "A/B", None), "A/B", "elsewhere");
        claims.release("g", 1);
        assert_eq!(claims.claim(("g", 2, 0), "p", "A/B", Some("A/B_2")), "A/B_2", "as before");
        assert_eq!(claims.claim(("g", 2, 1), "p", "A/C", Some("A/B_4")), "A/C", "the node lies elsewhere now");
        assert_eq!(claims.claim(("g", 2, 2), "p", "A/B", Some("A/Bx")), "A/B");
    }
}
