//! Values that many hold and hardly anybody changes.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A value that its clones share until one of them changes it.
///
/// A plan of a hundred thousand fields is held by several tasks; with it they hold the fields once.
#[derive(Default, PartialEq)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Whether both are one and the same, not only equal.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A changed value is no longer shared.
impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> FromIterator<T> for Shared<Vec<T>> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<'a, T> IntoIterator for &'a Shared<Vec<T>> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Keeps equal values once, as long as few differ.
#[derive(Debug)]
pub(crate) struct Interner<T>(Vec<Shared<T>>);

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq> Interner<T> {
    /// An equal value that was seen before, or this one.
    pub(crate) fn share(&mut self, value: Shared<T>) -> Shared<T> {
        if let Some(known) = self.0.iter().rev().find(|known| **known == value) {
            return known.clone();
        }
        if self.0.len() == KNOWN {
            self.0.remove(0);
        }
        self.0.push(value.clone());
        value
    }
}

/// Values that are looked through; there are few different ones, or sharing does not help.
const KNOWN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_not_seen_by_those_who_shared() {
        let mut one = Shared::from(vec![1]);
        let other = one.clone();
        assert!(one.is_same(&other));
        one.push(2);
        assert_eq!((&*one, &*other), (&vec![1, 2], &vec![1]));
        assert!(!one.is_same(&other));
    }

    #[test]
    fn equal_values_are_kept_once() {
        let mut interner = Interner::default();
        let first = interner.share("a".to_owned().into());
        for other in 0..KNOWN {
            assert!(interner.share("a".to_owned().into()).is_same(&first) || other > KNOWN - 2, "{other}");
            let _ = interner.share(other.to_string().into());
        }
        assert!(!interner.share("a".to_owned().into()).is_same(&first), "long ago");
    }
}
