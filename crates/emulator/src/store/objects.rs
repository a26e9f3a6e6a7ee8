//! Objects, their fields and their organization-wide defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Id;

/// An object the org has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectSchema {
    /// API name.
    pub name: String,
    /// Label of one.
    pub label: String,
    /// Label of many.
    pub label_plural: String,
    /// The three characters its ids start with.
    pub key_prefix: String,
    /// Whether it is a custom object.
    pub custom: bool,
    /// `EntityDefinition.DurableId`: the API name of a standard object, `01I…` of a custom one.
    pub durable_id: String,
    /// Fields by API name.
    pub fields: BTreeMap<String, FieldSchema>,
    /// Sharing models asked for and in force.
    pub sharing: SharingState,
    /// The internal sharing models the platform allows; empty where the sharing of the object cannot be set.
    pub allowed_models: Vec<SharingModel>,
    /// Whether records have owners and share rows.
    pub has_shares: bool,
    /// Record types by developer name.
    pub record_types: BTreeMap<String, RecordType>,
    /// Other parts of the object's metadata, by element name, as XML text of each child.
    pub other: BTreeMap<String, Vec<String>>,
}

/// A record type of an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordType {
    /// `012…`.
    pub id: Id,
    /// Label.
    pub name: String,
    /// Metadata name.
    pub developer_name: String,
    /// Whether it can be used.
    pub active: bool,
}

/// A field of an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldSchema {
    /// API name.
    pub name: String,
    /// Label.
    pub label: String,
    /// Type as describe names it.
    pub kind: FieldType,
    /// Greatest number of characters of a text.
    pub length: u32,
    /// Digits in all, of a number.
    pub precision: u32,
    /// Digits after the point, of a number.
    pub scale: u32,
    /// Whether the field may be empty.
    pub nillable: bool,
    /// Whether it can be set at creation.
    pub createable: bool,
    /// Whether it can be changed.
    pub updateable: bool,
    /// Whether the platform fills it where a creation leaves it out.
    pub defaulted_on_create: bool,
    /// Whether it is a custom field.
    pub custom: bool,
    /// Whether it is a formula or otherwise computed.
    pub calculated: bool,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether it is an external id.
    pub external_id: bool,
    /// Whether it is the record's name.
    pub name_field: bool,
    /// Whether it numbers itself.
    pub auto_number: bool,
    /// Whether comparisons heed case.
    pub case_sensitive: bool,
    /// Whether field-level security applies: not to required, system and master-detail fields.
    pub permissionable: bool,
    /// Objects a reference can point at.
    pub reference_to: Vec<String>,
    /// Name of the relationship from here to the parent (`Owner`).
    pub relationship_name: Option<String>,
    /// Name of the relationship from the parent to here (`Contacts`).
    pub child_relationship: Option<String>,
    /// Whether the reference is a master-detail one.
    pub master_detail: bool,
    /// Whether who reads the master writes the details.
    pub write_requires_master_read: bool,
    /// Values of a picklist.
    pub picklist: Vec<PicklistValue>,
    /// Whether other values than those are refused.
    pub restricted_picklist: bool,
    /// What a creation leaves out gets this.
    pub default_value: Option<Value>,
    /// Free text.
    pub description: Option<String>,
    /// Help beside the field.
    pub help_text: Option<String>,
    /// The metadata of a custom field as XML text of its children, as deployed.
    pub document: Option<String>,
    /// `00N…` of a custom field.
    pub id: Option<Id>,
}

/// A value of a picklist.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PicklistValue {
    /// API value.
    pub value: String,
    /// Label.
    pub label: String,
    /// Whether it is the default.
    pub default: bool,
    /// Whether it can be chosen.
    pub active: bool,
}

/// Types of fields, spelt as describe spells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names are the platform's own and say what they are
pub enum FieldType {
    Id,
    #[default]
    String,
    Boolean,
    Int,
    Double,
    Currency,
    Percent,
    Date,
    DateTime,
    Time,
    Email,
    Phone,
    Url,
    TextArea,
    Picklist,
    MultiPicklist,
    Combobox,
    Reference,
    Address,
    Location,
    EncryptedString,
    Base64,
    AnyType,
}

impl FieldType {
    /// The word describe uses.
    pub fn as_str(self) -> &'static str {
        match self {
            FieldType::Id => "id",
            FieldType::String => "string",
            FieldType::Boolean => "boolean",
            FieldType::Int => "int",
            FieldType::Double => "double",
            FieldType::Currency => "currency",
            FieldType::Percent => "percent",
            FieldType::Date => "date",
            FieldType::DateTime => "datetime",
            FieldType::Time => "time",
            FieldType::Email => "email",
            FieldType::Phone => "phone",
            FieldType::Url => "url",
            FieldType::TextArea => "textarea",
            FieldType::Picklist => "picklist",
            FieldType::MultiPicklist => "multipicklist",
            FieldType::Combobox => "combobox",
            FieldType::Reference => "reference",
            FieldType::Address => "address",
            FieldType::Location => "location",
            FieldType::EncryptedString => "encryptedstring",
            FieldType::Base64 => "base64",
            FieldType::AnyType => "anyType",
        }
    }

    /// Whether values are texts.
    pub fn is_text(self) -> bool {
        !matches!(
            self,
            FieldType::Boolean
                | FieldType::Int
                | FieldType::Double
                | FieldType::Currency
                | FieldType::Percent
                | FieldType::Date
                | FieldType::DateTime
                | FieldType::Time
                | FieldType::Address
                | FieldType::Location
        )
    }
}

/// Organization-wide defaults of one object: what was asked for last, and what decides access now.
///
/// They differ while a recalculation runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingState {
    /// Last asked for; metadata shows this.
    pub requested: Models,
    /// What decides access; `EntityDefinition` shows this.
    pub in_force: Models,
}

impl SharingState {
    /// The same asked for and in force.
    pub fn settled(internal: SharingModel, external: SharingModel) -> SharingState {
        let models = Models { internal, external };
        SharingState {
            requested: models,
            in_force: models,
        }
    }
}

/// The defaults for internal and for external users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {
    /// `sharingModel`.
    pub internal: SharingModel,
    /// `externalSharingModel`.
    pub external: SharingModel,
}

/// A sharing model, as metadata spells it, from narrow to wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SharingModel {
    /// Owner, superiors and shares only.
    Private,
    /// As the parent record.
    ControlledByParent,
    /// Price books: may be used.
    ReadSelect,
    /// Public Read Only.
    Read,
    /// Public Read/Write.
    #[default]
    ReadWrite,
    /// Public Read/Write/Transfer, Lead and Case.
    ReadWriteTransfer,
    /// Public Full Access, Campaign.
    FullAccess,
}

impl SharingModel {
    /// Every model.
    pub const ALL: [SharingModel; 7] = [
        SharingModel::Private,
        SharingModel::ControlledByParent,
        SharingModel::ReadSelect,
        SharingModel::Read,
        SharingModel::ReadWrite,
        SharingModel::ReadWriteTransfer,
        SharingModel::FullAccess,
    ];

    /// The word in metadata and in `EntityDefinition`.
    pub fn as_str(self) -> &'static str {
        match self {
            SharingModel::Private => "Private",
            SharingModel::ControlledByParent => "ControlledByParent",
            SharingModel::ReadSelect => "ReadSelect",
            SharingModel::Read => "Read",
            SharingModel::ReadWrite => "ReadWrite",
            SharingModel::ReadWriteTransfer => "ReadWriteTransfer",
            SharingModel::FullAccess => "FullAccess",
        }
    }

    /// The model metadata means by this word.
    pub fn parse(word: &str) -> Option<SharingModel> {
        Self::ALL.into_iter().find(|model| model.as_str() == word)
    }

    /// The word in `Organization.Default…Access` (object reference, Organization).
    pub fn organization_word(self) -> &'static str {
        match self {
            SharingModel::Private => "None",
            SharingModel::ControlledByParent => "ControlledByParent",
            SharingModel::ReadSelect => "ReadSelect",
            SharingModel::Read => "Read",
            SharingModel::ReadWrite => "Edit",
            SharingModel::ReadWriteTransfer => "ReadEditTransfer",
            SharingModel::FullAccess => "All",
        }
    }
}
