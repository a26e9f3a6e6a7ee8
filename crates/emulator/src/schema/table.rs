//! Reads the tables of objects and fields beside this module. Their notation is explained at the top of each.
//!
//! The tables are part of the program: a test reads every line of them, so a line that cannot be read is left out here
//! without a word.

use std::collections::BTreeMap;

use super::{FieldSchema, FieldType, ObjectSchema, SharingModel};
use crate::store::{PicklistValue, SharingState};

/// The objects of a table, by API name.
pub(super) fn read(text: &str) -> BTreeMap<String, ObjectSchema> {
    let mut objects = BTreeMap::new();
    let mut current: Option<ObjectSchema> = None;
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(heading) = line.strip_prefix("object ") {
            let previous = std::mem::replace(&mut current, object(heading));
            objects.extend(previous.map(|object| (object.name.clone(), object)));
        } else if let Some(object) = &mut current {
            object.has_shares |= line.starts_with("@owned");
            for mut field in fields(line) {
                field.child_relationship = child_relationship(object, &field);
                object.fields.insert(field.name.clone(), field);
            }
        }
    }
    objects.extend(current.map(|object| (object.name.clone(), object)));
    objects
}

/// `NAME PREFIX | label | plural | models`, the out-of-the-box model first.
fn object(heading: &str) -> Option<ObjectSchema> {
    let mut columns = heading.split('|').map(str::trim);
    let (name, key_prefix) = columns.next()?.split_once(' ')?;
    let (label, label_plural) = (columns.next()?, columns.next()?);
    let models: Vec<SharingModel> = columns
        .next()?
        .split(' ')
        .filter_map(SharingModel::parse)
        .collect();
    let default = models.first().copied().unwrap_or_default();
    Some(ObjectSchema {
        name: name.to_owned(),
        durable_id: name.to_owned(),
        label: label.to_owned(),
        label_plural: label_plural.to_owned(),
        key_prefix: if key_prefix == "-" {
            String::new()
        } else {
            key_prefix.to_owned()
        },
        sharing: SharingState::settled(default, default),
        allowed_models: models,
        ..ObjectSchema::default()
    })
}

/// The fields of a line: one, or those of a group that many objects share.
fn fields(line: &str) -> Vec<FieldSchema> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let text = match word {
        "@system" => SYSTEM.replace("OBJECT", rest),
        "@dates" => DATES.replace("OBJECT", rest),
        "@owned" => OWNED.to_owned(),
        "@owned-or-queued" => OWNED.replace("-> User", "-> Group,User"),
        "@viewed" => VIEWED.to_owned(),
        "@active" => ACTIVE.to_owned(),
        "@address" => address(rest),
        "@permissions" => String::new(),
        _ => line.to_owned(),
    };
    text.lines().filter_map(field).collect()
}

const SYSTEM: &str = "Id | id | OBJECT ID
IsDeleted | boolean | Deleted | fixed
CreatedDate | datetime | | required fixed
CreatedById | reference -> User | Created By ID | required fixed
LastModifiedDate | datetime | | required fixed
LastModifiedById | reference -> User | Last Modified By ID | required fixed
SystemModstamp | datetime | | required fixed";

const DATES: &str = "Id | id | OBJECT ID
CreatedDate | datetime | | required fixed
CreatedById | reference -> User | Created By ID | required fixed
LastModifiedDate | datetime | | required fixed
LastModifiedById | reference -> User | Last Modified By ID | required fixed
SystemModstamp | datetime | | required fixed";

const OWNED: &str = "OwnerId | reference -> User | Owner ID | owner";
const VIEWED: &str = "LastViewedDate | datetime | | fixed\nLastReferencedDate | datetime | | fixed";
const ACTIVE: &str = "LastActivityDate | date | Last Activity | fixed";

/// The parts of an address, with a prefix in names and labels; `-` stands for none.
fn address(rest: &str) -> String {
    let (prefix, label) = rest.split_once(' ').unwrap_or((rest, rest));
    let (prefix, label) = if prefix == "-" {
        ("", String::new())
    } else {
        (prefix, format!("{label} "))
    };
    format!(
        "{prefix}Street | textarea 255 | {label}Street
{prefix}City | string 40 | {label}City
{prefix}State | string 80 | {label}State/Province
{prefix}PostalCode | string 20 | {label}Zip/Postal Code
{prefix}Country | string 80 | {label}Country
{prefix}Latitude | double 18.15 | {label}Latitude
{prefix}Longitude | double 18.15 | {label}Longitude
{prefix}GeocodeAccuracy | picklist 40 | {label}Geocode Accuracy | restricted | Address;NearAddress;Block;Street;ExtendedZip;Zip;Neighborhood;City;County;State;Unknown
{prefix}Address | address | {label}Address | guarded"
    )
}

/// `NAME | type | label | options | picklist values`.
fn field(line: &str) -> Option<FieldSchema> {
    let mut columns = line.split('|').map(str::trim);
    let (name, kind) = (columns.next()?, columns.next()?);
    let label = columns
        .next()
        .filter(|label| !label.is_empty())
        .map_or_else(|| words(name), str::to_owned);
    let options: Vec<&str> = columns.next().unwrap_or_default().split(' ').collect();
    let mut field = typed(kind)?;
    field.name = name.to_owned();
    field.label = label;
    field.picklist = columns
        .next()
        .unwrap_or_default()
        .split(';')
        .filter(|value| !value.is_empty())
        .map(value)
        .collect();
    field.relationship_name = (field.kind == FieldType::Reference).then(|| relationship(name));
    apply(&mut field, &options);
    Some(field)
}

/// `string 80`, `currency 18.2`, `reference -> User,Group`.
fn typed(text: &str) -> Option<FieldSchema> {
    let (text, targets) = text.split_once("->").unwrap_or((text, ""));
    let (word, size) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let (whole, scale) = size.split_once('.').unwrap_or((size, "0"));
    let whole: u32 = whole.parse().unwrap_or_default();
    let mut field = FieldSchema {
        kind: type_named(word)?,
        ..FieldSchema::default()
    };
    field.reference_to = targets
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    match field.kind {
        FieldType::Id | FieldType::Reference => field.length = 18,
        FieldType::Double | FieldType::Currency | FieldType::Percent => {
            (field.precision, field.scale) = (whole, scale.parse().ok()?);
        }
        _ => field.length = whole,
    }
    Some(field)
}

fn type_named(word: &str) -> Option<FieldType> {
    use FieldType as Type;
    let types = [
        Type::Id,
        Type::String,
        Type::Boolean,
        Type::Int,
        Type::Double,
        Type::Currency,
        Type::Percent,
        Type::Date,
        Type::DateTime,
        Type::Email,
        Type::Phone,
        Type::Url,
        Type::TextArea,
        Type::Combobox,
        Type::Picklist,
        Type::MultiPicklist,
        Type::Reference,
        Type::Address,
    ];
    types.into_iter().find(|kind| kind.as_str() == word)
}

/// Which of required, writable and under field-level security a field is.
fn apply(field: &mut FieldSchema, options: &[&str]) {
    let has = |option: &str| options.contains(&option);
    let read_only = has("fixed") || has("guarded") || field.kind == FieldType::Id;
    let always_filled = matches!(field.kind, FieldType::Boolean | FieldType::Id);
    field.nillable = !(has("required") || has("owner") || always_filled);
    field.createable = !read_only;
    field.updateable = !read_only && !has("once");
    field.name_field = has("name");
    field.auto_number = has("name") && has("fixed") && field.name != "Name";
    field.defaulted_on_create = has("owner")
        || always_filled
        || !field.nillable && !field.name_field && (read_only || default_of(field).is_some());
    field.restricted_picklist = has("restricted");
    field.permissionable = !(read_only && !has("guarded")
        || has("open")
        || has("required")
        || has("owner")
        || has("once"));
    field.default_value = default_of(field);
}

fn default_of(field: &FieldSchema) -> Option<serde_json::Value> {
    if field.kind == FieldType::Boolean {
        return Some(false.into());
    }
    let default = field.picklist.iter().find(|value| value.default)?;
    Some(default.value.clone().into())
}

/// A picklist value; the default is starred.
fn value(text: &str) -> PicklistValue {
    let value = text.trim_start_matches('*');
    PicklistValue {
        value: value.to_owned(),
        label: value.to_owned(),
        default: text.starts_with('*'),
        active: true,
    }
}

/// `OwnerId` leads to `Owner`.
fn relationship(name: &str) -> String {
    name.strip_suffix("Id").unwrap_or(name).to_owned()
}

/// A parent names its children by their plural where the field is called after the parent: `Account.Contacts`.
fn child_relationship(object: &ObjectSchema, field: &FieldSchema) -> Option<String> {
    let parent = field.reference_to.first()?;
    (field.name.strip_suffix("Id") == Some(parent)).then(|| object.label_plural.replace(' ', ""))
}

/// `LastName` in words: `Last Name`.
pub(super) fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase()
            && words.ends_with(|last: char| last.is_lowercase() || last.is_ascii_digit())
        {
            words.push(' ');
        }
        words.push(character);
    }
    words
}
