//! A map of which each version shares with the one before what the change between them left alone.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::ordered_set::{Difference, Edit, Keyed, OrderedSet};

/// Values by key, in the order of the keys. Cheap to clone; a change copies little.
pub struct Table<K, V>(OrderedSet<Row<K, V>>);

struct Row<K, V> {
    key: K,
    value: Arc<V>,
}

impl<K: Ord + Clone, V> Table<K, V> {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key).map(|row| &*row.value)
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.0.get(key).is_some()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(Row::pair)
    }

    /// From the first key that is not before this one.
    pub fn iter_from(&self, key: &K) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter_from(key).map(Row::pair)
    }

    /// The table with a value at a key, in the place of the one that is there.
    #[must_use]
    pub fn with(&self, key: K, value: V) -> Table<K, V> {
        Table(self.0.edited(&[Edit::Put(&Row { key, value: Arc::new(value) })]))
    }

    /// The table with nothing at a key.
    #[must_use]
    pub fn without(&self, key: &K) -> Table<K, V> {
        match self.0.get(key) {
            Some(row) => Table(self.0.edited(&[Edit::Remove(row)])),
            None => self.clone(),
        }
    }
}

impl<K: Ord + Clone, V: PartialEq> Table<K, V> {
    /// The keys that have another value in a newer version, each with that value, or `None` where they have none. Takes
    /// as long as the change between the two is large.
    pub fn changes_to<'t>(&'t self, newer: &'t Table<K, V>) -> impl Iterator<Item = (&'t K, Option<&'t V>)> {
        self.0.differences(&newer.0).map(|difference| match difference {
            Difference::Removed(row) => (&row.key, None),
            Difference::Added(row) | Difference::Replaced { new: row, .. } => (&row.key, Some(&*row.value)),
        })
    }
}

impl<K, V> Row<K, V> {
    fn pair(&self) -> (&K, &V) {
        (&self.key, &self.value)
    }
}

impl<K: Ord + Clone, V> Keyed for Row<K, V> {
    type Key<'k>
        = &'k K
    where
        Self: 'k;

    fn key(&self) -> &K {
        &self.key
    }

    fn compare<'k, 'l>(one: Self::Key<'k>, other: Self::Key<'l>) -> Ordering
    where
        Self: 'k + 'l,
    {
        one.cmp(other)
    }
}

impl<K: Clone, V> Clone for Row<K, V> {
    fn clone(&self) -> Self {
        Row { key: self.key.clone(), value: Arc::clone(&self.value) }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Row<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && (Arc::ptr_eq(&self.value, &other.value) || self.value == other.value)
    }
}

impl<K: Clone, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Table(self.0.clone())
    }
}

impl<K: Ord + Clone, V> Default for Table<K, V> {
    fn default() -> Self {
        Table(OrderedSet::default())
    }
}

impl<K: Ord + Clone, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Ord + Clone, V: Eq> Eq for Table<K, V> {}

impl<K: Ord + Clone + fmt::Debug, V: fmt::Debug> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_stays_as_it_was() {
        let one = Table::default().with("b", 1).with("a", 2);
        let other = one.with("a", 3).without(&"b").without(&"c");
        assert_eq!(one.iter().collect::<Vec<_>>(), [(&"a", &2), (&"b", &1)]);
        assert_eq!(one.iter_from(&"aa").collect::<Vec<_>>(), [(&"b", &1)]);
        assert_eq!((other.get(&"a"), other.get(&"b"), other.len()), (Some(&3), None, 1));
        assert_ne!(one, other);
        assert_eq!(one.changes_to(&other).collect::<Vec<_>>(), [(&"a", Some(&3)), (&"b", None)]);
        assert_eq!(other, Table::default().with("a", 3));
    }
}
