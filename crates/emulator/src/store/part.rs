//! Some records of a table, and what is known of their fields.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::column::{Column, Held};
use super::places::{MOST, Places};
use super::{Id, Row};

/// What has fields that a filter can ask for.
pub trait Fielded {
    /// The value of a field, as far as it depends on nothing else than this; `None` where it holds none, and then the
    /// field shows the same in whatever holds none.
    fn held(&self, field: &str) -> Option<Cow<'_, Value>>;
}

impl Fielded for Row {
    fn held(&self, field: &str) -> Option<Cow<'_, Value>> {
        self.get(field).map(Cow::Borrowed)
    }
}

/// Some records of a table, which follow each other in the order of ids.
#[derive(Debug)]
pub struct Part<T = Row> {
    rows: Vec<(Id, T)>,
    /// Fields that filters asked for, by name. Worked out when first asked for, and again after a change.
    columns: Mutex<HashMap<String, Arc<Column>>>,
}

impl<T: Clone> Clone for Part<T> {
    fn clone(&self) -> Part<T> {
        Part::of(self.rows.clone())
    }
}

impl<T> Part<T> {
    pub(super) fn of(mut rows: Vec<(Id, T)>) -> Part<T> {
        if rows.len() >= MOST {
            rows.shrink_to_fit();
        }
        Part {
            rows,
            columns: Mutex::default(),
        }
    }

    pub(super) fn first(&self) -> &str {
        self.rows.first().map_or("", |(id, _)| id)
    }

    pub(super) fn place(&self, id: &str) -> Result<usize, usize> {
        self.rows.binary_search_by(|(own, _)| own.as_str().cmp(id))
    }

    pub(super) fn into_rows(self) -> Vec<(Id, T)> {
        self.rows
    }

    /// The records, to be changed: what is known of them is forgotten.
    pub(super) fn rows_mut(&mut self) -> &mut Vec<(Id, T)> {
        let columns = self.columns.get_mut();
        columns.unwrap_or_else(PoisonError::into_inner).clear();
        &mut self.rows
    }

    /// Adds a record. A part that is full gives some of its records away: the new one alone where it comes last, since
    /// new ids are the greatest.
    pub(super) fn add(&mut self, place: usize, record: (Id, T)) -> Option<Vec<(Id, T)>> {
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

    /// All of its records.
    pub fn places(&self) -> Places {
        Places::first(self.len())
    }

    /// The records in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &T)> {
        self.rows.iter().map(|(id, row)| (id, row))
    }

    /// The record at a place.
    pub fn get(&self, place: usize) -> Option<(&Id, &T)> {
        self.rows.get(place).map(|(id, row)| (id, row))
    }
}

impl<T: Fielded> Part<T> {
    /// One field of its records.
    pub fn field<'p>(&'p self, name: &'p str) -> Field<'p, T> {
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        let column = match columns.get(name) {
            Some(known) => Arc::clone(known),
            None => {
                let values = self.rows.iter().map(|(_, row)| row.held(name));
                let column = Arc::new(Column::of(values));
                columns.insert(name.to_owned(), Arc::clone(&column));
                column
            }
        };
        Field {
            part: self,
            name,
            column,
        }
    }
}

/// One field of the records of a part. A test that depends on this field alone is put to one record for each value.
pub struct Field<'p, T> {
    part: &'p Part<T>,
    name: &'p str,
    column: Arc<Column>,
}

impl<'p, T: Fielded> Field<'p, T> {
    fn value(&self, place: usize) -> Option<Cow<'p, Value>> {
        self.part.get(place)?.1.held(self.name)
    }

    /// The values of these records: for each the place of the first that has it, and how many have it.
    pub fn tallied(&self, among: &Places) -> Vec<(usize, usize)> {
        self.column.tallied(among)
    }

    /// Which of these records pass the test.
    pub fn passing(&self, among: &Places, test: impl Fn(usize) -> bool) -> Places {
        let verdict = |number| test(self.column.example(number));
        self.column.passing(among, verdict)
    }

    /// The records that pass a test which no text passes but those of these keys; it is asked about what is no text.
    pub fn looked_up(&self, keys: &[u32], test: impl Fn(usize) -> bool) -> Places {
        let verdict = |number| test(self.column.example(number));
        let value = |place| self.value(place);
        self.column.looked_up(keys, value, verdict)
    }

    /// Which of these records have a text that passes without its case; where that is no text, the test says.
    pub fn matching(
        &self,
        among: &Places,
        matches: impl Fn(&str) -> bool,
        test: impl Fn(usize) -> bool,
    ) -> Places {
        let value = |place| self.value(place);
        let verdict = |number| test(self.column.example(number));
        self.column.matching(among, value, matches, verdict)
    }

    /// Which of these records refer to something that passes; where that is no id, the test says.
    pub fn referring(
        &self,
        among: &Places,
        passes: impl Fn(Option<u128>) -> bool,
        test: impl Fn(usize) -> bool,
    ) -> Places {
        let verdict = |number, held| match held {
            Held::Nothing => passes(None),
            Held::Id(id) => passes(Some(id)),
            Held::Other => test(self.column.example(number)),
        };
        let value = |place| self.value(place);
        self.column.referring(among, value, verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Table, id_key, numbered, text_key};
    use super::*;

    fn row(text: Option<&str>, owner: u64) -> Row {
        let owner = ("Owner", Value::from(numbered("005", owner)));
        let text = text.map(|text| ("Text", Value::from(text)));
        text.into_iter().chain([owner]).collect()
    }

    fn table() -> Table {
        let texts = [Some("Ada"), None, Some("ÄRGER"), Some("ada"), Some("Bo")];
        let rows = texts.into_iter().zip([1, 2, 2, 3, 1]);
        let rows = rows.map(|(text, owner)| row(text, owner));
        (0..)
            .map(|number| numbered("00Q", number))
            .zip(rows)
            .collect()
    }

    fn only(table: &Table) -> &Part {
        table.parts().next().unwrap()
    }

    fn text_at(part: &Part, place: usize) -> Option<&str> {
        part.get(place)?.1["Text"].as_str()
    }

    #[test]
    fn texts_are_looked_up_in_any_case() {
        let table = table();
        let part = only(&table);
        let check = |texts: &[&str], expected: &[usize]| {
            let keys: Vec<u32> = texts.iter().map(|text| text_key(text)).collect();
            let is = |place| {
                let own = text_at(part, place).map(str::to_lowercase);
                own.is_some_and(|own| texts.iter().any(|text| text.to_lowercase() == own))
            };
            let found = part.field("Text").looked_up(&keys, is);
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{texts:?}");
        };
        check(&["ADA"], &[0, 3]);
        check(&["ärger", "bo"], &[2, 4]);
        check(&["nobody"], &[]);
        check(&[], &[]);
    }

    #[test]
    fn texts_are_matched_without_their_case() {
        let table = table();
        let part = only(&table);
        let check = |among: Places, wanted: &str, expected: &[usize]| {
            let found =
                part.field("Text")
                    .matching(&among, |text| text.contains(wanted), |_| false);
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{wanted}");
        };
        check(part.places(), "a", &[0, 3]);
        check(part.places(), "är", &[2]);
        check(part.places(), "", &[0, 2, 3, 4]);
        check(Places::first(2), "a", &[0]);
    }

    #[test]
    fn references_are_followed_by_id() {
        let table = table();
        let part = only(&table);
        let second = id_key(&numbered("005", 2));
        let found = part
            .field("Owner")
            .referring(&part.places(), |id| id == second, |_| false);
        assert_eq!(found.iter().collect::<Vec<_>>(), [1, 2]);
        let nobody = part
            .field("Text")
            .referring(&part.places(), |_| false, |place| place == 1);
        assert_eq!(nobody.iter().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn what_is_known_follows_changes() {
        let mut table = table();
        let adas = |table: &Table| {
            let part = only(table);
            let is =
                |place| text_at(part, place).is_some_and(|text| text.eq_ignore_ascii_case("ada"));
            let found = part.field("Text").looked_up(&[text_key("ada")], is);
            found.iter().collect::<Vec<_>>()
        };
        assert_eq!(adas(&table), [0, 3]);
        let first = table.get_mut(&numbered("00Q", 0)).unwrap();
        first.insert("Text", "Eve".into());
        table.remove(&numbered("00Q", 1));
        assert_eq!(adas(&table), [2]);
        table.insert(numbered("00Q", 9), row(Some("aDa"), 1));
        assert_eq!(adas(&table), [2, 4]);
    }
}
