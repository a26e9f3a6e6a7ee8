//! Records.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Index;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// API name of a field. The demo org's are part of the program, which thousands of records need not copy.
pub type FieldName = Cow<'static, str>;

/// A record: API name of the field to its value, absent meaning null. The table that holds it knows its `Id`.
///
/// It behaves as a map in the order of names. A table may hold a million of them, so names and values are pointers that
/// records can share: `Press` makes such records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    names: Arc<[FieldName]>,
    values: Box<[Arc<Value>]>,
}

impl Row {
    /// The record without fields.
    pub fn new() -> Row {
        Row::default()
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|own| own.as_ref().cmp(name))
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let place = self.place(name).ok()?;
        self.values.get(place).map(Arc::as_ref)
    }

    /// Whether the field has a value.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets a field; the value it had is returned.
    pub fn insert(&mut self, name: impl Into<FieldName>, value: Value) -> Option<Value> {
        let name = name.into();
        match self.place(&name) {
            Ok(place) => {
                let own = self.values.get_mut(place)?;
                Some(Arc::unwrap_or_clone(std::mem::replace(own, value.into())))
            }
            Err(place) => {
                self.open(place, name, value);
                None
            }
        }
    }

    /// Puts a new field in its place.
    fn open(&mut self, place: usize, name: FieldName, value: Value) {
        let mut names = self.names.to_vec();
        let mut values = std::mem::take(&mut self.values).into_vec();
        names.insert(place, name);
        values.insert(place, value.into());
        (self.names, self.values) = (names.into(), values.into());
    }

    /// Sets a field that has no value.
    pub fn fill(&mut self, name: impl Into<FieldName>, value: impl FnOnce() -> Value) {
        let name = name.into();
        if let Err(place) = self.place(&name) {
            self.open(place, name, value());
        }
    }

    /// Empties a field; the value it had is returned.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let removed = self.get(name)?.clone();
        self.retain(|own, _| own != name);
        Some(removed)
    }

    /// Keeps the fields for which this holds.
    pub fn retain(&mut self, keep: impl Fn(&str, &Value) -> bool) {
        if self.iter().all(|(name, value)| keep(name, value)) {
            return;
        }
        let fields = self.names.iter().zip(&self.values);
        let kept = fields.filter(|(name, value)| keep(name, value));
        let (names, values): (Vec<FieldName>, Vec<Arc<Value>>) = kept
            .map(|(name, value)| (name.clone(), Arc::clone(value)))
            .unzip();
        (self.names, self.values) = (names.into(), values.into());
    }

    /// Fields and values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.into_iter()
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

/// Makes records that share what they have in common: the list of their names, and values that come again.
#[derive(Debug, Default)]
pub(crate) struct Press {
    /// Lists of names, the one used last at the end: most records have the names of the one before.
    names: Vec<Arc<[FieldName]>>,
    values: HashSet<Arc<Value>, BuildHasherDefault<ValueHasher>>,
}

impl Press {
    /// The record of these fields, which are in the order of their names already.
    pub(crate) fn row(&mut self, fields: impl Iterator<Item = (&'static str, Value)>) -> Row {
        let (names, values): (Vec<&'static str>, Vec<Value>) = fields.unzip();
        debug_assert!(names.is_sorted_by(|left, right| left < right));
        let values = values.into_iter().map(|value| self.value(value)).collect();
        let names = self.names(&names);
        Row { names, values }
    }

    fn names(&mut self, wanted: &[&'static str]) -> Arc<[FieldName]> {
        let found = self.names.iter().rposition(|known| **known == *wanted);
        let names = match found {
            Some(place) => self.names.remove(place),
            None => wanted.iter().map(|name| (*name).into()).collect(),
        };
        self.names.push(Arc::clone(&names));
        names
    }

    fn value(&mut self, value: Value) -> Arc<Value> {
        match self.values.get(&value) {
            Some(known) => Arc::clone(known),
            None => {
                let shared = Arc::new(value);
                self.values.insert(Arc::clone(&shared));
                shared
            }
        }
    }
}

/// Mixes the bytes of a value eight at a time: quick, and good enough for values that nobody chose to collide.
#[derive(Debug, Default)]
struct ValueHasher(u64);

impl Hasher for ValueHasher {
    fn write(&mut self, bytes: &[u8]) {
        for some in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..some.len()].copy_from_slice(some);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MIX);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
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
    /// Of two values for one field the later one stays.
    fn from_iter<Fields: IntoIterator<Item = (Name, Value)>>(fields: Fields) -> Row {
        let named = fields.into_iter().map(|(name, value)| (name.into(), value));
        let mut fields: Vec<(FieldName, Value)> = named.collect();
        fields.reverse();
        fields.sort_by(|(left, _), (right, _)| left.cmp(right));
        fields.dedup_by(|(later, _), (earlier, _)| later == earlier);
        let (names, values): (Vec<FieldName>, Vec<Arc<Value>>) = fields
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .unzip();
        Row {
            names: names.into(),
            values: values.into(),
        }
    }
}

impl<Name: Into<FieldName>, const COUNT: usize> From<[(Name, Value); COUNT]> for Row {
    fn from(fields: [(Name, Value); COUNT]) -> Row {
        fields.into_iter().collect()
    }
}

impl IntoIterator for Row {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        let values = self.values.into_iter().map(Arc::unwrap_or_clone);
        let named = self.names.iter().map(|name| name.clone().into_owned());
        named.zip(values).collect::<Vec<_>>().into_iter()
    }
}

type Borrowed<'row> = fn((&'row FieldName, &'row Arc<Value>)) -> (&'row str, &'row Value);

impl<'row> IntoIterator for &'row Row {
    type Item = (&'row str, &'row Value);
    type IntoIter = std::iter::Map<
        std::iter::Zip<std::slice::Iter<'row, FieldName>, std::slice::Iter<'row, Arc<Value>>>,
        Borrowed<'row>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        let fields = self.names.iter().zip(self.values.iter());
        fields.map(|(name, value)| (name.as_ref(), value))
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
        let mut fields = Vec::with_capacity(map.size_hint().unwrap_or_default());
        while let Some(field) = map.next_entry::<String, Value>()? {
            fields.push(field);
        }
        Ok(fields.into_iter().collect())
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

    #[test]
    fn pressed_records_share_names_and_values() {
        let mut press = Press::default();
        let mut row =
            |city: &str| press.row([("City", city.into()), ("Open", true.into())].into_iter());
        let (one, other) = (row("Ghent"), row("Lille"));
        assert_eq!(
            one,
            Row::from([("Open", true.into()), ("City", "Ghent".into())])
        );
        assert!(Arc::ptr_eq(&one.names, &other.names));
        assert!(std::ptr::eq(&one["Open"], &other["Open"]));
        assert_eq!(other["City"], "Lille");
    }
}
