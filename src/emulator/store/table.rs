//! The records of one object.
//!
//! A table may hold a million records and is copied whenever a request may have to be undone. It is cut into parts that
//! copies share until one of them is changed. A part also knows which of its records have a field in common, so that a
//! filter looks at each value once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Id, Row};

/// Records in a part at most.
const MOST: usize = 1024;

/// The records of one object, by id.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Neither empty nor longer than [`MOST`], in the order of ids.
    parts: Vec<Arc<Part>>,
    count: usize,
}

impl Table {
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
    pub fn get_key_value(&self, id: &str) -> Option<(&Id, &Row)> {
        let part = self.parts.get(self.part_of(id))?;
        let place = part.place(id).ok()?;
        part.rows.get(place).map(|(id, row)| (id, row))
    }

    /// The record with this id.
    pub fn get(&self, id: &str) -> Option<&Row> {
        self.get_key_value(id).map(|(_, row)| row)
    }

    /// Whether there is a record with this id.
    pub fn contains_key(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// The record with this id, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Row> {
        let part = self.part_of(id);
        let part = self.parts.get_mut(part)?;
        let place = part.place(id).ok()?;
        let (_, row) = Arc::make_mut(part).rows_mut().get_mut(place)?;
        Some(row)
    }

    /// Adds a record, or replaces the one with this id, which is returned.
    pub fn insert(&mut self, id: Id, row: Row) -> Option<Row> {
        let at = self.part_of(&id);
        let Some(part) = self.parts.get_mut(at) else {
            self.parts.push(Arc::new(Part::of(vec![(id, row)])));
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
                self.parts
                    .splice(at + 1..at + 1, rest.map(Part::of).map(Arc::new));
                self.count += 1;
                None
            }
        }
    }

    /// Adds records whose ids are all greater than those of this table.
    pub(in crate::emulator) fn append(&mut self, other: Table) {
        self.parts.extend(other.parts);
        self.count += other.count;
    }

    /// Takes the record with this id away.
    pub fn remove(&mut self, id: &str) -> Option<Row> {
        let at = self.part_of(id);
        let part = self.parts.get_mut(at)?;
        let place = part.place(id).ok()?;
        let (_, row) = Arc::make_mut(part).rows_mut().remove(place);
        if part.rows.is_empty() {
            self.parts.remove(at);
        }
        self.count -= 1;
        Some(row)
    }

    /// The records in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Row)> {
        self.parts.iter().flat_map(|part| part.iter())
    }

    /// The ids in their order.
    pub fn keys(&self) -> impl Iterator<Item = &Id> {
        self.iter().map(|(id, _)| id)
    }

    /// The records in the order of ids, without them.
    pub fn values(&self) -> impl Iterator<Item = &Row> {
        self.iter().map(|(_, row)| row)
    }

    /// The records in the order of ids, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        let parts = self.parts.iter_mut().map(Arc::make_mut);
        parts.flat_map(|part| part.rows_mut().iter_mut().map(|(_, row)| row))
    }

    /// The parts, in the order of ids.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().map(Arc::as_ref)
    }

    /// The records that another table does not hold in the same way. What two copies still share is not looked at.
    pub fn beyond<'t>(&'t self, other: &'t Table) -> impl Iterator<Item = (&'t Id, &'t Row)> {
        let shared = |part: &Arc<Part>| {
            let there = other.parts.get(other.part_of(part.first()));
            there.is_some_and(|there| Arc::ptr_eq(there, part))
        };
        let own = self.parts.iter().filter(move |part| !shared(part));
        let rows = own.flat_map(|part| part.iter());
        rows.filter(|(id, row)| other.get(id) != Some(*row))
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Table) -> bool {
        self.count == other.count && self.beyond(other).next().is_none()
    }
}

impl IntoIterator for Table {
    type Item = (Id, Row);
    type IntoIter = std::vec::IntoIter<(Id, Row)>;

    fn into_iter(self) -> Self::IntoIter {
        let parts = self.parts.into_iter().map(Arc::unwrap_or_clone);
        let records: Vec<(Id, Row)> = parts.flat_map(|part| part.rows).collect();
        records.into_iter()
    }
}

impl Extend<(Id, Row)> for Table {
    fn extend<Rows: IntoIterator<Item = (Id, Row)>>(&mut self, rows: Rows) {
        for (id, row) in rows {
            self.insert(id, row);
        }
    }
}

impl FromIterator<(Id, Row)> for Table {
    fn from_iter<Rows: IntoIterator<Item = (Id, Row)>>(rows: Rows) -> Table {
        let mut table = Table::default();
        table.extend(rows);
        table
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
        deserializer.deserialize_map(Records)
    }
}

struct Records;

impl<'de> Visitor<'de> for Records {
    type Value = Table;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("records by id")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table, A::Error> {
        let mut table = Table::default();
        while let Some((id, row)) = map.next_entry()? {
            table.insert(id, row);
        }
        Ok(table)
    }
}

/// Some records of a table, which follow each other in the order of ids.
#[derive(Debug)]
pub struct Part {
    rows: Vec<(Id, Row)>,
    /// Fields that filters asked for, by name. Worked out when first asked for, and again after a change.
    columns: Mutex<HashMap<String, Arc<Column>>>,
}

impl Clone for Part {
    fn clone(&self) -> Part {
        Part::of(self.rows.clone())
    }
}

impl Part {
    fn of(rows: Vec<(Id, Row)>) -> Part {
        Part {
            rows,
            columns: Mutex::default(),
        }
    }

    fn first(&self) -> &str {
        self.rows.first().map_or("", |(id, _)| id)
    }

    fn place(&self, id: &str) -> Result<usize, usize> {
        self.rows.binary_search_by(|(own, _)| own.as_str().cmp(id))
    }

    /// The records, to be changed: what is known of them is forgotten.
    fn rows_mut(&mut self) -> &mut Vec<(Id, Row)> {
        let columns = self.columns.get_mut();
        columns.unwrap_or_else(PoisonError::into_inner).clear();
        &mut self.rows
    }

    /// Adds a record. A part that is full gives some of its records away: the new one alone where it comes last, since
    /// new ids are the greatest.
    fn add(&mut self, place: usize, record: (Id, Row)) -> Option<Vec<(Id, Row)>> {
        let rows = self.rows_mut();
        if place == MOST {
            return Some(vec![record]);
        }
        rows.insert(place, record);
        (rows.len() > MOST).then(|| rows.split_off(MOST / 2))
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The records in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Row)> {
        self.rows.iter().map(|(id, row)| (id, row))
    }

    /// The record at a place.
    pub fn get(&self, place: usize) -> Option<(&Id, &Row)> {
        self.rows.get(place).map(|(id, row)| (id, row))
    }

    /// Which records have a value of a field in common.
    pub fn column(&self, field: &str) -> Arc<Column> {
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = columns.get(field) {
            return Arc::clone(known);
        }
        let column = Arc::new(Column::of(&self.rows, field));
        columns.insert(field.to_owned(), Arc::clone(&column));
        column
    }
}

/// Which records of a part have a value of one field in common.
#[derive(Debug, Default)]
pub struct Column {
    /// For each record the number of its value.
    numbers: Vec<u16>,
    /// For each number the place of a record that has this value.
    examples: Vec<u16>,
}

impl Column {
    /// Values are told apart by where they are kept: equal ones may have two numbers.
    fn of(rows: &[(Id, Row)], field: &str) -> Column {
        let mut column = Column::default();
        let mut known: HashMap<Option<usize>, u16> = HashMap::new();
        for (place, (_, row)) in (0..).zip(rows) {
            let kept_at = row.get(field).map(|value| std::ptr::from_ref(value).addr());
            let number = *known.entry(kept_at).or_insert_with(|| {
                column.examples.push(place);
                u16::try_from(column.examples.len() - 1).unwrap_or(u16::MAX)
            });
            column.numbers.push(number);
        }
        column
    }

    /// Which records pass a test that depends on this field alone; it is asked about one record for each value.
    pub fn passing(&self, mut test: impl FnMut(usize) -> bool) -> Vec<bool> {
        let verdicts: Vec<bool> = self
            .examples
            .iter()
            .map(|place| test(usize::from(*place)))
            .collect();
        let verdict = |number: &u16| verdicts.get(usize::from(*number)).copied();
        self.numbers
            .iter()
            .map(|number| verdict(number).unwrap_or_default())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::numbered;
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

    #[test]
    fn a_column_follows_changes() {
        let mut table: Table = (0..4)
            .map(|number| (numbered("00Q", number), row(number % 2)))
            .collect();
        let odd = |table: &Table| -> Vec<bool> {
            let part = table.parts().next().unwrap();
            let test = |place| part.get(place).unwrap().1["Number"] == 1;
            part.column("Number").passing(test)
        };
        assert_eq!(odd(&table), [false, true, false, true]);
        table
            .get_mut(&numbered("00Q", 0))
            .unwrap()
            .insert("Number", 1.into());
        table.remove(&numbered("00Q", 1));
        assert_eq!(odd(&table), [true, false, true]);
    }
}
