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

    /// Adds an entry, and gives back the one that had to make room: its namesake, or else the oldest.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let namesake = self.remove(&key);
        let age = self.next_age;
        self.next_age += 1;
        self.ages.insert(age, key.clone());
        self.entries.insert(key, (age, value));
        if self.entries.len() <= self.capacity {
            return namesake;
        }
        let (_, oldest) = self.ages.pop_first()?;
        self.entries.remove(&oldest).map(|(_, value)| value)
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

    /// Removes the entries that the question says no to.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&V) -> bool) {
        self.entries.retain(|_, (_, value)| is_kept(value));
        let entries = &self.entries;
        self.ages.retain(|_, key| entries.contains_key(key));
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
        assert_eq!(map.insert("a", 1), None);
        assert_eq!(map.insert("b", 2), None);
        assert_eq!(map.insert("a", 3), Some(1));
        assert_eq!(map.insert("c", 4), Some(2));
        assert_eq!((map.get("a"), map.get("b"), map.len()), (Some(&3), None, 2));
        let by_age: Vec<_> = map.by_age().collect();
        assert_eq!(by_age, [(2, &3), (3, &4)]);
    }

    #[test]
    fn removed_entries_leave_no_age_behind() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        map.remove("a");
        map.retain(|value| *value != 2);
        assert_eq!((map.len(), map.ages.len()), (0, 0));
    }
}
