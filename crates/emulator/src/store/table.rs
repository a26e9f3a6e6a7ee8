//! The records of one object.
//!
//! A table may hold a million records and is copied whenever a request may have to be undone. It is cut into parts that
//! copies share until one of them is changed. A part also knows which of its records have a field in common, so that a
//! filter looks at each value once; the table knows how many records have each value of a field that was grouped by.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::part::Part;
use super::{Fielded, Id, Row, Tallied, Tally};

/// The records of one object, by id.
#[derive(Debug)]
pub struct Table<T = Row> {
    /// Neither empty nor longer than a part may be, in the order of ids.
    parts: Vec<Arc<Part<T>>>,
    count: usize,
    /// Fields that queries grouped by, by name. Worked out when first asked for, and again after a change.
    tallies: Mutex<HashMap<String, Arc<Vec<Tallied>>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table {
            parts: Vec::new(),
            count: 0,
            tallies: Mutex::default(),
        }
    }
}

impl<T> Clone for Table<T> {
    /// A copy is made to be changed, so it knows no tallies.
    fn clone(&self) -> Table<T> {
        Table {
            parts: self.parts.clone(),
            count: self.count,
            tallies: Mutex::default(),
        }
    }
}

impl<T> Table<T> {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The part that holds this id, or would.
    fn part_of(&self, id: &str) -> usize {
        let after = self.parts.partition_point(|part| part.first() <= id);
        after.saturating_sub(1)
    }

    /// The record with this id, and the id as the table holds it.
    pub fn get_key_value(&self, id: &str) -> Option<(&Id, &T)> {
        let part = self.parts.get(self.part_of(id))?;
        part.get(part.place(id).ok()?)
    }

    /// The record with this id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.get_key_value(id).map(|(_, row)| row)
    }

    /// Whether there is a record with this id.
    pub fn contains_key(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// The parts, to be changed: what is known of the whole table is forgotten.
    fn parts_mut(&mut self) -> &mut Vec<Arc<Part<T>>> {
        let tallies = self.tallies.get_mut();
        tallies.unwrap_or_else(PoisonError::into_inner).clear();
        &mut self.parts
    }

    /// Adds records whose ids are all greater than those of this table.
    pub(crate) fn append(&mut self, other: Table<T>) {
        self.parts_mut().extend(other.parts);
        self.count += other.count;
    }

    /// The records in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &T)> {
        self.parts.iter().flat_map(|part| part.iter())
    }

    /// The ids in their order.
    pub fn keys(&self) -> impl Iterator<Item = &Id> {
        self.iter().map(|(id, _)| id)
    }

    /// The records in the order of ids, without them.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, row)| row)
    }

    /// The parts, in the order of ids.
    pub fn parts(&self) -> impl Iterator<Item = &Part<T>> {
        self.parts.iter().map(Arc::as_ref)
    }
}

impl<T: Clone> Table<T> {
    /// The record with this id, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let part = self.part_of(id);
        let part = self.parts_mut().get_mut(part)?;
        let place = part.place(id).ok()?;
        let (_, row) = Arc::make_mut(part).rows_mut().get_mut(place)?;
        Some(row)
    }

    /// Adds a record, or replaces the one with this id, which is returned.
    pub fn insert(&mut self, id: Id, row: T) -> Option<T> {
        let at = self.part_of(&id);
        let parts = self.parts_mut();
        let Some(part) = parts.get_mut(at) else {
            parts.push(Arc::new(Part::of(vec![(id, row)])));
            self.count += 1;
            return None;
        };
        match part.place(&id) {
            Ok(place) => {
                let (_, own) = Arc::make_mut(part).rows_mut().get_mut(place)?;
                Some(std::mem::replace(own, row))
            }
            Err(place) => {
                let rest = Arc::make_mut(part).add(place, (id, row));
                parts.splice(at + 1..at + 1, rest.map(Part::of).map(Arc::new));
                self.count += 1;
                None
            }
        }
    }

    /// Takes the record with this id away.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        let at = self.part_of(id);
        let parts = self.parts_mut();
        let part = parts.get_mut(at)?;
        let place = part.place(id).ok()?;
        let (_, row) = Arc::make_mut(part).rows_mut().remove(place);
        if part.is_empty() {
            parts.remove(at);
        }
        self.count -= 1;
        Some(row)
    }

    /// The records in the order of ids, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let parts = self.parts_mut().iter_mut().map(Arc::make_mut);
        parts.flat_map(|part| part.rows_mut().iter_mut().map(|(_, row)| row))
    }
}

impl<T: Fielded> Table<T> {
    /// The values of a field in the order in which they occur first.
    pub fn tally(&self, field: &str) -> Arc<Vec<Tallied>> {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tallies.get(field) {
            return Arc::clone(known);
        }
        let mut tally = Tally::of(field);
        for (number, part) in self.parts().enumerate() {
            tally.add(number, part, &part.places());
        }
        let values = Arc::new(tally.values());
        tallies.insert(field.to_owned(), Arc::clone(&values));
        values
    }
}

impl<T: PartialEq> Table<T> {
    /// The records that another table does not hold in the same way. What two copies still share is not looked at.
    pub fn beyond<'t>(&'t self, other: &'t Table<T>) -> impl Iterator<Item = (&'t Id, &'t T)> {
        let shared = |part: &Arc<Part<T>>| {
            let there = other.parts.get(other.part_of(part.first()));
            there.is_some_and(|there| Arc::ptr_eq(there, part))
        };
        let own = self.parts.iter().filter(move |part| !shared(part));
        let rows = own.flat_map(|part| part.iter());
        rows.filter(|(id, row)| other.get(id) != Some(*row))
    }
}

impl<T: PartialEq> PartialEq for Table<T> {
    fn eq(&self, other: &Table<T>) -> bool {
        self.count == other.count && self.beyond(other).next().is_none()
    }
}

impl<T: Clone> IntoIterator for Table<T> {
    type Item = (Id, T);
    type IntoIter = std::vec::IntoIter<(Id, T)>;

    fn into_iter(self) -> Self::IntoIter {
        let parts = self.parts.into_iter().map(Arc::unwrap_or_clone);
        let records: Vec<(Id, T)> = parts.flat_map(Part::into_rows).collect();
        records.into_iter()
    }
}

impl<T: Clone> Extend<(Id, T)> for Table<T> {
    fn extend<Rows: IntoIterator<Item = (Id, T)>>(&mut self, rows: Rows) {
        for (id, row) in rows {
            self.insert(id, row);
        }
    }
}

impl<T: Clone> FromIterator<(Id, T)> for Table<T> {
    fn from_iter<Rows: IntoIterator<Item = (Id, T)>>(rows: Rows) -> Table<T> {
        let mut table = Table::default();
        table.extend(rows);
        table
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Clone + Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Table<T>, D::Error> {
        deserializer.deserialize_map(Records(PhantomData))
    }
}

struct Records<T>(PhantomData<T>);

impl<'de, T: Clone + Deserialize<'de>> Visitor<'de> for Records<T> {
    type Value = Table<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("records by id")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table<T>, A::Error> {
        let mut table = Table::default();
        while let Some((id, row)) = map.next_entry()? {
            table.insert(id, row);
        }
        Ok(table)
    }
}

#[cfg(test)]
impl<T> std::ops::Index<&Id> for Table<T> {
    type Output = T;

    fn index(&self, id: &Id) -> &T {
        self.get(id).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::numbered;
    use super::super::places::MOST;
    use super::*;

    fn row(number: u64) -> Row {
        Row::from([("Number", number.into())])
    }

    /// A table and the map it has to behave as, after insertions in an order that splits parts.
    fn filled() -> (Table, BTreeMap<Id, Row>) {
        let order = (0..3000)
            .chain((3000..9000).step_by(2))
            .chain((3001..9000).step_by(2));
        let records = order.map(|number| (numbered("00Q", number), row(number)));
        (records.clone().collect(), records.collect())
    }

    #[test]
    fn a_table_behaves_as_a_map() {
        let (mut table, mut map) = filled();
        for number in (0..9000).step_by(7) {
            let id = numbered("00Q", number);
            assert_eq!(table.remove(&id), map.remove(&id));
            assert_eq!(table.remove(&id), None);
        }
        let id = numbered("00Q", 4321);
        assert_eq!(table.insert(id.clone(), row(1)), map.insert(id, row(1)));
        assert!(table.iter().eq(map.iter()));
        assert_eq!(table.len(), map.len());
        assert!(map.keys().all(|id| table.get(id) == map.get(id)));
        assert!(
            table
                .parts
                .iter()
                .all(|part| (1..=MOST).contains(&part.len()))
        );
    }

    #[test]
    fn a_tally_follows_changes() {
        let (mut table, _) = filled();
        let third = |table: &Table| {
            let counts: Vec<usize> = table
                .tally("Third")
                .iter()
                .map(|value| value.count)
                .collect();
            counts
        };
        for (number, row) in (0_u64..).zip(table.values_mut()) {
            if number % 3 == 0 {
                row.insert("Third", "yes".into());
            }
        }
        assert_eq!(third(&table), [3000, 6000]);
        assert!(Arc::ptr_eq(&table.tally("Third"), &table.tally("Third")));
        let copy = table.clone();
        table.remove(&numbered("00Q", 0));
        table
            .get_mut(&numbered("00Q", 1))
            .unwrap()
            .insert("Third", "no".into());
        // The first record is the one with the new value now.
        assert_eq!(third(&table), [1, 5999, 2999]);
        table.insert(numbered("00Q", 0), row(0));
        assert_eq!(third(&table), [6000, 1, 2999]);
        assert_eq!(third(&copy), [3000, 6000]);
        let firsts: Vec<(usize, usize)> = table
            .tally("Third")
            .iter()
            .map(|value| (value.part, value.place))
            .collect();
        assert_eq!(firsts, [(0, 0), (0, 1), (0, 3)]);
    }

    #[test]
    fn copies_share_what_neither_changed() {
        let (table, _) = filled();
        let mut copy = table.clone();
        let id = numbered("00Q", 5);
        copy.get_mut(&id).unwrap().insert("Number", 0.into());
        assert_eq!(table.get(&id), Some(&row(5)));
        assert_eq!(
            copy.beyond(&table).map(|(id, _)| id).collect::<Vec<_>>(),
            [&id]
        );
        assert!(copy != table && copy.clone() == copy);
        let unshared = copy
            .parts
            .iter()
            .zip(&table.parts)
            .filter(|(a, b)| !Arc::ptr_eq(a, b));
        assert_eq!(unshared.count(), 1);
    }
}
