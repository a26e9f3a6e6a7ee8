//! What an object's describe says, as far as anybody here reads it.

use serde::Deserialize;

/// An object as the org describes it (REST API guide, sObject Describe). Fields that the asking user cannot see are not
/// among it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Described {
    /// The three characters that every id of its records starts with.
    pub key_prefix: Option<String>,
    /// Its fields.
    pub fields: Vec<DescribedField>,
    /// Lookups and masters of other objects that lead here.
    pub child_relationships: Vec<ChildRelationship>,
}

/// A field of a described object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DescribedField {
    /// API name.
    pub name: String,
    /// The describe type, such as `picklist`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it may be blank, where that is said.
    pub nillable: Option<bool>,
    /// Whether a profile may grant it, where that is said.
    pub permissionable: Option<bool>,
    /// Whether it is a formula or a summary.
    pub calculated: bool,
    /// Characters of a text.
    pub length: u64,
    /// Objects that a reference may lead to.
    pub reference_to: Vec<String>,
    /// Which master it leads to, the first (0) or the second (1); `None` of everything but a master.
    pub relationship_order: Option<u64>,
}

/// A field of another object that leads to the described one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChildRelationship {
    /// The object that has the field.
    #[serde(rename = "childSObject")]
    pub child: String,
    /// Whether its records go with the record they belong to.
    pub cascade_delete: bool,
}

impl Described {
    /// A field, by name without regard to case.
    pub fn field(&self, name: &str) -> Option<&DescribedField> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    }
}
