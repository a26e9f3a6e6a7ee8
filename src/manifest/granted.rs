//! What a manifest grants its user by permission sets of its own, and the profile of others that it builds on.
//!
//! The doc comments of keys become the descriptions in the JSON Schema, so they speak to the person who writes a manifest.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;

use super::schema;
use super::spanned::Sp;
use super::words::{NewFields, ObjectPermission};
use crate::diagnostic::Place;

/// A permission set of this manifest: made, owned whole and assigned to the user.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantedSet {
    /// API name of the permission set.
    pub name: Sp<String>,
    /// Label; absent: the name with spaces.
    pub label: Option<Sp<String>>,
    /// What the permission set is for.
    pub description: Option<Sp<String>>,
    /// The licence that it belongs to for good: a user licence, or a permission set licence by its API name; absent: none.
    pub license: Option<Sp<String>>,
    /// User permissions, by API name.
    #[schemars(default)]
    pub user_permissions: Vec<Sp<String>>,
    /// What the user may do with records and fields, by object.
    #[schemars(default)]
    pub objects: BTreeMap<String, GrantedObject>,
    /// `true` asks for the permission set to be taken away and deleted.
    #[schemars(default)]
    pub absent: bool,
    /// Where the entry is.
    #[schemars(skip)]
    pub place: Place,
}

/// What is granted on one object.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantedObject {
    /// What may be done with records; what one of these requires comes along.
    #[schemars(default, with = "Vec<ObjectPermission>")]
    pub allow: BTreeSet<ObjectPermission>,
    /// Which fields may be read and edited.
    #[schemars(default)]
    pub fields: GrantedFields,
    /// Record types that may be chosen: API names, or `all`.
    #[schemars(with = "Option<schema::AllOrNames>")]
    pub record_types: Option<AllOrNamed>,
    /// Where the object's key is.
    #[schemars(skip)]
    pub place: Place,
}

/// Which fields of an object are granted.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantedFields {
    /// Fields that may be read: API names, or `all` that there are.
    #[schemars(with = "Option<schema::AllOrNames>")]
    pub read: Option<AllOrNamed>,
    /// Fields that may be edited, and read: API names, or `all` that can be.
    #[schemars(with = "Option<schema::AllOrNames>")]
    pub edit: Option<AllOrNamed>,
    /// Fields that are neither read nor edited, whatever stands beside.
    #[schemars(default)]
    pub except: Vec<Sp<String>>,
    /// What becomes of fields that are made later, where `all` is said: `note` counts them, `true` grants them, `error`
    /// makes each a difference; absent: `note`.
    #[schemars(with = "Option<NewFields>")]
    pub follow: NewFields,
}

/// All that there are, or those that are named.
#[derive(Clone, Debug)]
pub enum AllOrNamed {
    /// All that there are.
    All(Place),
    /// Those that are named.
    Named(Vec<Sp<String>>),
}

impl AllOrNamed {
    /// Those that are named; none where it is all.
    pub fn named(&self) -> &[Sp<String>] {
        match self {
            Self::All(_) => &[],
            Self::Named(names) => names,
        }
    }

    /// Where all are asked for.
    pub fn all(&self) -> Option<&Place> {
        match self {
            Self::All(place) => Some(place),
            Self::Named(_) => None,
        }
    }
}

impl GrantedFields {
    /// Every field that is named.
    pub fn named(&self) -> impl Iterator<Item = &Sp<String>> {
        let lists = self.read.iter().chain(&self.edit);
        lists.flat_map(AllOrNamed::named).chain(&self.except)
    }

    /// Whether a field is left out, whatever stands beside.
    pub fn leaves_out(&self, field: &str) -> bool {
        let mut except = self.except.iter();
        except.any(|name| name.eq_ignore_ascii_case(field))
    }
}

/// Profiles that the org has, of which the first is the user's. Nothing of it is changed.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExistingProfile {
    /// Labels or API names; the first that the org has is used as it is.
    pub existing: Vec<Sp<String>>,
    /// Where the section is.
    #[schemars(skip)]
    pub place: Place,
}

/// A permission set licence whose seat the user takes.
#[derive(Clone, Debug)]
pub struct SetLicenseRef {
    /// API name, or label.
    pub name: Sp<String>,
    /// Whether the seat is to be given back.
    pub absent: bool,
}
