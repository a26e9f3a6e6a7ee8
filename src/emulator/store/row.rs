//! Records.

use std::borrow::Cow;
use std::fmt;
use std::ops::Index;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// API name of a field. The demo org's are part of the program, which thousands of records need not copy.
pub type FieldName = Cow<'static, str>;

/// A record: API name of the field to its value, absent meaning null. `Id` is among them.
///
/// It behaves as a map in the order of names, and is one vector: a table holds thousands of small records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(Vec<(FieldName, Value)>);

impl Row {
    /// A record without fields.
    pub fn new() -> Row {
        Row::default()
    }

    /// The record of these fields, which are in the order of their names already.
    pub(in crate::emulator) fn from_sorted(fields: Vec<(FieldName, Value)>) -> Row {
        debug_assert!(fields.is_sorted_by(|left, right| left.0 < right.0));
        Row(fields)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.as_ref().cmp(name))
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let place = self.place(name).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// Whether the field has a value.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets a field; the value it had is returned.
    pub fn insert(&mut self, name: impl Into<FieldName>, value: Value) -> Option<Value> {
        let name = name.into();
        match self.place(&name) {
            Ok(place) => self
                .0
                .get_mut(place)
                .map(|(_, own)| std::mem::replace(own, value)),
            Err(place) => {
                self.0.insert(place, (name, value));
                None
            }
        }
    }

    /// Sets a field that has no value.
    pub fn fill(&mut self, name: impl Into<FieldName>, value: impl FnOnce() -> Value) {
        let name = name.into();
        if let Err(place) = self.place(&name) {
            self.0.insert(place, (name, value()));
        }
    }

    /// Empties a field; the value it had is returned.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.place(name).ok().map(|place| self.0.remove(place).1)
    }

    /// Keeps the fields for which this holds.
    pub fn retain(&mut self, keep: impl Fn(&str, &Value) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// Fields and values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Fields, in the order of names.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Values, in the order of names.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }
}

impl Index<&str> for Row {
    type Output = Value;

    /// The value of a field, null where it has none.
    fn index(&self, name: &str) -> &Value {
        const NULL: &Value = &Value::Null;
        self.get(name).unwrap_or(NULL)
    }
}

impl<Name: Into<FieldName>> Extend<(Name, Value)> for Row {
    fn extend<Fields: IntoIterator<Item = (Name, Value)>>(&mut self, fields: Fields) {
        for (name, value) in fields {
            self.insert(name, value);
        }
    }
}

impl<Name: Into<FieldName>> FromIterator<(Name, Value)> for Row {
    fn from_iter<Fields: IntoIterator<Item = (Name, Value)>>(fields: Fields) -> Row {
        let mut row = Row::new();
        row.extend(fields);
        row
    }
}

impl<Name: Into<FieldName>, const COUNT: usize> From<[(Name, Value); COUNT]> for Row {
    fn from(fields: [(Name, Value); COUNT]) -> Row {
        fields.into_iter().collect()
    }
}

impl IntoIterator for Row {
    type Item = (String, Value);
    type IntoIter = std::iter::Map<
        std::vec::IntoIter<(FieldName, Value)>,
        fn((FieldName, Value)) -> (String, Value),
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0
            .into_iter()
            .map(|(name, value)| (name.into_owned(), value))
    }
}

type Borrowed<'row> = fn(&'row (FieldName, Value)) -> (&'row str, &'row Value);

impl<'row> IntoIterator for &'row Row {
    type Item = (&'row str, &'row Value);
    type IntoIter = std::iter::Map<std::slice::Iter<'row, (FieldName, Value)>, Borrowed<'row>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the fields of a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Row(Vec::with_capacity(map.size_hint().unwrap_or_default()));
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            row.insert(name, value);
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_behaves_as_a_map() {
        let mut row = Row::from([("Name", Value::from("A")), ("Email", Value::from("b"))]);
        assert_eq!(row.insert("Name", "C".into()), Some("A".into()));
        assert_eq!(row.insert("Id".to_owned(), 1.into()), None);
        assert_eq!(row.keys().collect::<Vec<_>>(), ["Email", "Id", "Name"]);
        assert_eq!((row.get("Nothing"), &row["Nothing"]), (None, &Value::Null));
        assert_eq!(row.remove("Email"), Some("b".into()));
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(text, r#"{"Id":1,"Name":"C"}"#);
        assert_eq!(serde_json::from_str::<Row>(&text).unwrap(), row);
        assert_eq!(
            serde_json::from_str::<Row>(r#"{"b":1,"a":2,"b":3}"#).unwrap(),
            Row::from([("a", 2.into()), ("b", 3.into())])
        );
    }
}
