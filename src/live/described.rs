//! What an object's describe says, as far as anybody here reads it.

use serde::{Deserialize, Deserializer};

/// An object as the org describes it (REST API guide, sObject Describe). Fields that the asking user cannot see are not
/// among it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Described {
    /// The three characters that every id of its records starts with.
    pub key_prefix: Option<String>,
    /// Its fields.
    #[serde(deserialize_with = "or_default")]
    pub fields: Vec<DescribedField>,
    /// Lookups and masters of other objects that lead here.
    #[serde(deserialize_with = "or_default")]
    pub child_relationships: Vec<ChildRelationship>,
    /// Its record types, inactive ones and the master among them.
    #[serde(rename = "recordTypeInfos", deserialize_with = "or_default")]
    pub record_types: Vec<DescribedRecordType>,
}

/// A record type of a described object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DescribedRecordType {
    /// Label, which is what criteria hold.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// API name.
    #[serde(deserialize_with = "or_default")]
    pub developer_name: String,
}

/// A value that a picklist lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PicklistEntry {
    /// API name, which is what records and criteria hold.
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    /// What people see.
    #[serde(deserialize_with = "or_default")]
    pub label: String,
    /// Whether it can be chosen, where that is said.
    pub active: Option<bool>,
}

/// A field of a described object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the platform has these flags"
)]
pub struct DescribedField {
    /// API name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// What people see.
    #[serde(deserialize_with = "or_default")]
    pub label: String,
    /// The describe type, such as `picklist`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// Whether it may be blank, where that is said.
    pub nillable: Option<bool>,
    /// Whether a profile may grant it, where that is said.
    pub permissionable: Option<bool>,
    /// The field that it is a part of, such as `MailingAddress` or `Name`.
    pub compound_field_name: Option<String>,
    /// Whether it is a formula or a summary.
    #[serde(deserialize_with = "or_default")]
    pub calculated: bool,
    /// Characters of a text.
    #[serde(deserialize_with = "or_default")]
    pub length: u64,
    /// Objects that a reference may lead to.
    #[serde(deserialize_with = "or_default")]
    pub reference_to: Vec<String>,
    /// Which master it leads to, the first (0) or the second (1); `None` of everything but a master.
    pub relationship_order: Option<u64>,
    /// Whether conditions can be about it, where that is said.
    pub filterable: Option<bool>,
    /// Whether the platform keeps it encrypted.
    #[serde(deserialize_with = "or_default")]
    pub encrypted: bool,
    /// What a picklist lists; nothing where the org does not say.
    #[serde(deserialize_with = "or_default")]
    pub picklist_values: Vec<PicklistEntry>,
    /// Whether a picklist holds what it lists and nothing else.
    #[serde(deserialize_with = "or_default")]
    pub restricted_picklist: bool,
    /// Whether the org's own administrators made it.
    #[serde(deserialize_with = "or_default")]
    pub custom: bool,
    /// Whether a new record can be given a value.
    #[serde(deserialize_with = "or_default")]
    pub createable: bool,
    /// Whether the value of a record can be changed, where that is said.
    pub updateable: Option<bool>,
    /// Whether the platform numbers records with it.
    #[serde(deserialize_with = "or_default")]
    pub auto_number: bool,
    /// Whether a new record gets a value by itself.
    #[serde(deserialize_with = "or_default")]
    pub defaulted_on_create: bool,
    /// The formula of the value that a new record gets.
    pub default_value_formula: Option<String>,
}

/// A field of another object that leads to the described one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChildRelationship {
    /// The object that has the field.
    #[serde(rename = "childSObject", deserialize_with = "or_default")]
    pub child: String,
    /// Whether its records go with the record they belong to.
    #[serde(deserialize_with = "or_default")]
    pub cascade_delete: bool,
}

impl Described {
    /// A field, by name without regard to case.
    pub fn field(&self, name: &str) -> Option<&DescribedField> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

impl DescribedField {
    /// Whether no profile or permission set may list it: the describe says so itself, or the field is required (a checkbox
    /// always has a value) or leads to a master, which alone has an order among the relationships.
    pub fn is_fixed(&self) -> bool {
        if let Some(permissionable) = self.permissionable {
            return !permissionable;
        }
        let required = self.nillable == Some(false) && self.kind != "boolean";
        required || self.relationship_order.is_some()
    }
}

/// Null says as little as a key that is not there.
fn or_default<'de, Source, Content>(source: Source) -> Result<Content, Source::Error>
where
    Source: Deserializer<'de>,
    Content: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(source)?.unwrap_or_default())
}

impl super::Live {
    /// The described object whose ids begin so.
    pub fn object_of_prefix(&self, prefix: &str) -> Option<&str> {
        let mut described = self.described.iter();
        let meant = |described: &Described| described.key_prefix.as_deref() == Some(prefix);
        let found = described.find(|(_, one)| one.as_deref().is_some_and(meant));
        found.map(|(object, _)| object.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_null_is_as_good_as_absent_and_unknown_keys_do_no_harm() {
        let nulls = r#"{"keyPrefix":null,"fields":[{"name":"Id","type":null,"nillable":null,"length":null,
            "referenceTo":null,"calculated":null,"relationshipOrder":null,"new":{"in":["API 70"]}}],
            "childRelationships":null,"urls":{}}"#;
        let described: Described = serde_json::from_str(nulls).expect("a describe");
        let id = DescribedField {
            name: "Id".to_owned(),
            ..DescribedField::default()
        };
        assert_eq!(described.field("id"), Some(&id));
        assert!(serde_json::from_str::<Described>(r#"{"fields":[{"name":1}]}"#).is_err());
    }

    #[test]
    fn fields_that_no_profile_may_list_are_told_apart() {
        for (field, expected) in [
            (json!({"permissionable": false}), true),
            (json!({"permissionable": true, "nillable": false}), false),
            (json!({"type": "string", "nillable": false}), true),
            (json!({"type": "boolean", "nillable": false}), false),
            (
                json!({"type": "reference", "nillable": true, "relationshipOrder": 0}),
                true,
            ),
            (
                json!({"type": "reference", "nillable": true, "relationshipOrder": null}),
                false,
            ),
        ] {
            let described: DescribedField = serde_json::from_value(field.clone()).expect("a field");
            assert_eq!(described.is_fixed(), expected, "{field}");
        }
    }
}
