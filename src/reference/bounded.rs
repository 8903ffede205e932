//! A map that holds a limited number of entries and lets the oldest go first, so that memory never grows without end.
//! Main type: `Bounded`. It knows nothing of what it holds.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A map of at most `capacity` entries.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    entries: HashMap<K, (u64, V)>,
    /// Keys by age; the number is that of the entry.
    ages: BTreeMap<u64, K>,
    next_age: u64,
    capacity: usize,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), ages: BTreeMap::new(), next_age: 0, capacity }
    }

    /// Takes out the entry that is in the way of another: its namesake, or else the oldest of a full map.
    pub(super) fn make_room(&mut self, key: &K) -> Option<(K, V)> {
        if let Some(value) = self.remove(key) {
            return Some((key.clone(), value));
        }
        if self.entries.len() < self.capacity {
            return None;
        }
        let (_, oldest) = self.ages.pop_first()?;
        let (_, value) = self.entries.remove(&oldest)?;
        Some((oldest, value))
    }

    /// Adds an entry, for which room is made.
    pub(super) fn insert(&mut self, key: K, value: V) {
        self.make_room(&key);
        let age = self.next_age;
        self.next_age += 1;
        self.ages.insert(age, key.clone());
        self.entries.insert(key, (age, value));
    }

    pub(super) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(super) fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    pub(super) fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let (age, value) = self.entries.remove(key)?;
        self.ages.remove(&age);
        Some(value)
    }

    /// The entries with their ages, the oldest first.
    pub(super) fn by_age(&self) -> impl Iterator<Item = (u64, &V)> {
        let entries = self.ages.iter();
        entries.filter_map(|(age, key)| self.entries.get(key).map(|(_, value)| (*age, value)))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    #[test]
    fn the_oldest_entry_makes_room() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        assert_eq!(map.make_room(&"a"), Some(("a", 1)));
        assert_eq!(map.make_room(&"a"), None);
        map.insert("a", 3);
        assert_eq!(map.make_room(&"c"), Some(("b", 2)));
        map.insert("c", 4);
        map.insert("d", 5);
        assert_eq!((map.get("a"), map.get("b"), map.len()), (None, None, 2));
        let by_age: Vec<_> = map.by_age().collect();
        assert_eq!(by_age, [(3, &4), (4, &5)]);
    }

    #[test]
    fn removed_entries_leave_no_age_behind() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        map.remove("a");
        map.make_room(&"b");
        assert_eq!((map.len(), map.ages.len()), (0, 0));
    }
}
