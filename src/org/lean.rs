//! JSON without what nobody here reads of describes: hundreds of fields of sixty keys each, which take longer to keep
//! than everything else that a plan asks for.
//!
//! **Promise:** whatever is no such key comes as it stands, in its order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Keys of a described field or relation (REST API guide, sObject Describe) that nothing here reads, sorted. Columns of
/// records begin with a capital letter, so none of theirs is among them.
const UNREAD: [&str; 44] = [
    "aggregatable",
    "aiPredictionField",
    "autoNumber",
    "byteLength",
    "calculatedFormula",
    "caseSensitive",
    "compoundFieldName",
    "controllerName",
    "createable",
    "defaultValueFormula",
    "defaultedOnCreate",
    "dependentPicklist",
    "deprecatedAndHidden",
    "digits",
    "displayLocationInDecimal",
    "externalId",
    "extraTypeInfo",
    "filteredLookupInfo",
    "formulaTreatNullNumberAsZero",
    "groupable",
    "highScaleNumber",
    "htmlFormatted",
    "idLookup",
    "inlineHelpText",
    "junctionIdListNames",
    "junctionReferenceTo",
    "mask",
    "maskType",
    "nameField",
    "namePointing",
    "polymorphicForeignKey",
    "precision",
    "queryByDistance",
    "referenceTargetField",
    "restrictedDelete",
    "scale",
    "searchPrefilterable",
    "soapType",
    "sortable",
    "unique",
    "updateable",
    "urls",
    "validFor",
    "writeRequiresMasterRead",
];

/// A value without those keys.
pub(super) struct Lean(pub(super) Value);

impl<'de> Deserialize<'de> for Lean {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Self)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Lean(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(Key(key)) = entries.next_key()? {
            match key {
                Some(key) => {
                    let Lean(value) = entries.next_value()?;
                    values.insert(key, value);
                }
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(values))
    }
}

/// A key that is read, or none.
struct Key(Option<String>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Keys)
    }
}

struct Keys;

impl Visitor<'_> for Keys {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
        let unread = UNREAD.binary_search(&key).is_ok();
        Ok(Key((!unread).then(|| key.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lean(text: &str) -> String {
        let Lean(value) = serde_json::from_str(text).expect("JSON");
        value.to_string()
    }

    #[test]
    fn what_nobody_reads_is_left_out_at_any_depth_and_nothing_else() {
        let described = r#"{"fields":[{"name":"A","soapType":"x","unique":{"a":[1]},"type":"string"}],"urls":{}}"#;
        assert_eq!(
            lean(described),
            r#"{"fields":[{"name":"A","type":"string"}]}"#
        );
        let record = r#"{"totalSize":1,"records":[{"Name":"ü\n","n":-1,"Unique":null,"x":1.5,"y":18446744073709551615,"z":[true,false]}]}"#;
        assert_eq!(lean(record), record);
    }

    #[test]
    fn the_keys_are_sorted() {
        assert!(UNREAD.is_sorted());
    }
}
