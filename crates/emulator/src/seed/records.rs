//! Lays records over an org: what `sf data export tree` writes, and CSV.
//!
//! Records name one another by reference (`@LeadRef1`, in any file), or by a field of the other (`Owner.Username`).

mod assignments;
mod found;
mod shares;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{SeedError, csv, standard};
use crate::store::{FieldSchema, FieldType, Id, Org, Row, User, canonical};
use found::{found, typed};

/// When seeded records were made, unless they say so.
const CREATED: &str = "2026-01-05T09:00:00.000+0000";

/// A record before its references are looked up.
struct Draft {
    path: PathBuf,
    object: String,
    reference: Option<String>,
    fields: Vec<(String, Value)>,
}

/// Lays the records of all files over the org.
pub(super) fn lay(org: &mut Org, files: &[PathBuf]) -> Result<(), SeedError> {
    let mut drafts = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).map_err(|source| SeedError::Unreadable {
            path: path.clone(),
            source,
        })?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => read_csv(org, path, &text, &mut drafts)?,
            _ => read_json(org, path, &text, &mut drafts)?,
        }
    }
    // Users come first: they own what follows. What is shared comes last.
    drafts.sort_by_key(|draft| {
        let last = draft.object.ends_with("Share") || draft.object.ends_with("TeamMember");
        (draft.object != "User", last)
    });
    let ids: Vec<Id> = drafts.iter().map(|draft| id_of(org, draft)).collect();
    let named = drafts
        .iter()
        .zip(&ids)
        .filter_map(|(draft, id)| Some((draft.reference.clone()?, id.clone())));
    let references: BTreeMap<String, Id> = named.collect();
    let mut roles = shares::TeamRoles::new();
    drafts
        .into_iter()
        .zip(ids)
        .try_for_each(|(draft, id)| insert(org, draft, id, &references, &mut roles))
}

fn read_csv(org: &Org, path: &Path, text: &str, drafts: &mut Vec<Draft>) -> Result<(), SeedError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let object = object_name(org, &stem)
        .ok_or_else(|| SeedError::unusable(path, format!("there is no object {stem}")))?;
    let mut lines = csv::read(text).into_iter();
    let header = lines.next().unwrap_or_default();
    for line in lines {
        if line.len() != header.len() {
            let reason = format!(
                "a line has {} fields, the first has {}",
                line.len(),
                header.len()
            );
            return Err(SeedError::unusable(path, reason));
        }
        let fields = header
            .iter()
            .cloned()
            .zip(line.into_iter().map(Value::from))
            .collect();
        drafts.push(Draft {
            path: path.to_owned(),
            object: object.clone(),
            reference: None,
            fields,
        });
    }
    Ok(())
}

/// Data objects, and the setup objects that can be seeded as records.
fn object_name(org: &Org, name: &str) -> Option<String> {
    let setup = [
        "User",
        "PermissionSetAssignment",
        "PermissionSetLicenseAssign",
        "GroupMember",
        "LoginHistory",
    ]
    .into_iter()
    .find(|setup| setup.eq_ignore_ascii_case(name));
    let shared = || shares::schema(org, name).map(|object| object.name.clone());
    setup
        .map(str::to_owned)
        .or_else(|| org.object(name).map(|object| object.name.clone()))
        .or_else(shared)
}

/// Files without `records` are something else: plans that list other files, settings of tools.
fn read_json(org: &Org, path: &Path, text: &str, drafts: &mut Vec<Draft>) -> Result<(), SeedError> {
    let parsed: Value =
        serde_json::from_str(text).map_err(|error| SeedError::unusable(path, error.to_string()))?;
    let records = parsed.get("records").and_then(Value::as_array);
    records
        .into_iter()
        .flatten()
        .try_for_each(|record| read_record(org, path, record, None, drafts))
}

fn read_record(
    org: &Org,
    path: &Path,
    record: &Value,
    parent: Option<(String, String)>,
    drafts: &mut Vec<Draft>,
) -> Result<(), SeedError> {
    let attribute = |name: &str| {
        record
            .get("attributes")
            .and_then(|attributes| attributes.get(name)?.as_str())
    };
    let stated = attribute("type")
        .ok_or_else(|| SeedError::unusable(path, "a record has no attributes.type"))?;
    let object = object_name(org, stated)
        .ok_or_else(|| SeedError::unusable(path, format!("there is no object {stated}")))?;
    let reference = attribute("referenceId").map_or_else(
        || format!("{}#{}", path.display(), drafts.len()),
        str::to_owned,
    );
    let mut fields: Vec<(String, Value)> = parent
        .into_iter()
        .map(|(field, parent)| (field, format!("@{parent}").into()))
        .collect();
    let mut nested = Vec::new();
    for (name, value) in record.as_object().into_iter().flatten() {
        match value.get("records").and_then(Value::as_array) {
            Some(children) => nested.push((name, children)),
            None if name == "attributes" => {}
            None => fields.push((name.clone(), value.clone())),
        }
    }
    drafts.push(Draft {
        path: path.to_owned(),
        object: object.clone(),
        reference: Some(reference.clone()),
        fields,
    });
    for (relationship, children) in nested {
        let field = child_field(org, &object, relationship);
        let field = field.ok_or_else(|| {
            SeedError::unusable(path, format!("{object} has no children {relationship}"))
        })?;
        for child in children {
            read_record(
                org,
                path,
                child,
                Some((field.clone(), reference.clone())),
                drafts,
            )?;
        }
    }
    Ok(())
}

/// The field by which the children of this relationship name their parent.
fn child_field(org: &Org, parent: &str, relationship: &str) -> Option<String> {
    let fields = org
        .objects
        .values()
        .flat_map(|object| object.fields.values());
    let mut leading =
        fields.filter(|field| field.reference_to.iter().any(|target| target == parent));
    leading
        .find(|field| field.child_relationship.as_deref() == Some(relationship))
        .map(|field| field.name.clone())
}

/// The id a record states, or the next free one.
fn id_of(org: &mut Org, draft: &Draft) -> Id {
    let stated = draft
        .fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Id"));
    let stated = stated.and_then(|(_, id)| canonical(id.as_str()?));
    let prefix = match draft.object.as_str() {
        "User" => "005".to_owned(),
        "PermissionSetAssignment" => "0Pa".to_owned(),
        "PermissionSetLicenseAssign" => "2LA".to_owned(),
        "GroupMember" => "011".to_owned(),
        "LoginHistory" => "0Ya".to_owned(),
        object => org
            .object(object)
            .map(|object| object.key_prefix.clone())
            .unwrap_or_default(),
    };
    stated
        .filter(|id| id.starts_with(&prefix))
        .unwrap_or_else(|| org.next_id(&prefix))
}

fn insert(
    org: &mut Org,
    draft: Draft,
    id: Id,
    references: &BTreeMap<String, Id>,
    roles: &mut shares::TeamRoles,
) -> Result<(), SeedError> {
    let mut values = BTreeMap::new();
    for (name, value) in &draft.fields {
        let (name, value) = resolve(org, &draft, name, value, references)
            .map_err(|reason| SeedError::unusable(&draft.path, reason))?;
        values.insert(name, value);
    }
    match draft.object.as_str() {
        "User" => insert_user(org, &id, values)
            .map_err(|reason| SeedError::unusable(&draft.path, reason))?,
        "PermissionSetAssignment" => assignments::insert(org, id, &values),
        "PermissionSetLicenseAssign" => assignments::insert_seat(org, id, &values),
        "GroupMember" => assignments::insert_member(org, id, &values),
        "LoginHistory" => assignments::insert_log_in(org, id, values),
        object => {
            let shared = shares::insert(org, object, &id, &values, roles)
                .map_err(|reason| SeedError::unusable(&draft.path, reason))?;
            if !shared {
                insert_row(org, object, id, values);
            }
        }
    }
    Ok(())
}

/// A field under its own name with its value in its own type; references as ids.
fn resolve(
    org: &Org,
    draft: &Draft,
    name: &str,
    value: &Value,
    references: &BTreeMap<String, Id>,
) -> Result<(String, Value), String> {
    let (stem, by) = name
        .split_once('.')
        .map_or((name, None), |(relationship, by)| (relationship, Some(by)));
    let known = crate::schema::setup_table(&draft.object).or_else(|| org.object(&draft.object));
    let schema = known
        .map(Cow::Borrowed)
        .or_else(|| shares::schema(org, &draft.object));
    let fields = schema.iter().flat_map(|object| object.fields.values());
    let is_meant = |field: &&FieldSchema| match by {
        None => field.name.eq_ignore_ascii_case(stem),
        Some(_) => field
            .relationship_name
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(stem)),
    };
    let field = fields
        .into_iter()
        .find(is_meant)
        .ok_or_else(|| format!("{} has no field {name}", draft.object))?;
    let reference = value
        .as_str()
        .and_then(|text| text.strip_prefix('@'))
        .filter(|_| field.kind == FieldType::Reference);
    let value = match (reference, by) {
        (Some(reference), _) => references
            .get(reference)
            .cloned()
            .map(Value::from)
            .ok_or_else(|| format!("nothing is called @{reference}"))?,
        (None, Some(by)) => found(org, field, by, value.as_str().unwrap_or_default())?,
        (None, None) => typed(field, value)?,
    };
    Ok((field.name.clone(), value))
}

fn insert_row(org: &mut Org, object: &str, id: Id, values: BTreeMap<String, Value>) {
    let Some(schema) = org.object(object).cloned() else {
        return;
    };
    let mut row: Row = values.into_iter().collect();
    row.remove("Id");
    let administrator = &org.organization.administrator;
    for name in ["OwnerId", "CreatedById", "LastModifiedById"]
        .into_iter()
        .filter(|name| schema.fields.contains_key(*name))
    {
        row.fill(name, || administrator.as_str().into());
    }
    for name in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
        row.fill(name, || CREATED.into());
    }
    for field in schema.fields.values() {
        if let Some(default) = &field.default_value {
            row.fill(field.name.clone(), || default.clone());
        }
    }
    let part = |name: &str| {
        row.get(name)
            .and_then(Value::as_str)
            .filter(|part| !part.is_empty())
    };
    if let Some(last) = part("LastName").filter(|_| schema.fields.contains_key("Name")) {
        let name =
            part("FirstName").map_or_else(|| last.to_owned(), |first| format!("{first} {last}"));
        row.insert("Name", name.into());
    }
    row.retain(|_, value| !value.is_null());
    org.table_mut(object).insert(id, row);
}

fn insert_user(org: &mut Org, id: &Id, values: BTreeMap<String, Value>) -> Result<(), String> {
    let part = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
    let username = part("Username")
        .ok_or("a user has no Username")?
        .to_lowercase();
    let stem: String = username
        .split('@')
        .next()
        .unwrap_or_default()
        .chars()
        .take(8)
        .collect();
    let user = User {
        email: part("Email").unwrap_or_else(|| username.clone()),
        first_name: part("FirstName"),
        last_name: part("LastName").unwrap_or_else(|| stem.clone()),
        alias: part("Alias").unwrap_or(stem),
        nickname: part("CommunityNickname").unwrap_or_else(|| username.clone()),
        role: part("UserRoleId"),
        manager: part("ManagerId"),
        username,
        ..User::default()
    };
    if org.user_by_username(&user.username).is_some() {
        return Err(format!("there are two users {}", user.username));
    }
    let profile = part("ProfileId")
        .and_then(|profile| org.profiles.get(&profile))
        .map(|profile| profile.label.clone());
    let added = standard::add_user(org, profile.as_deref().unwrap_or("Standard User"), user);
    let Some(mut user) = org.users.make_mut().remove(&added) else {
        return Ok(());
    };
    user.active = values
        .get("IsActive")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    for (name, place) in [
        ("TimeZoneSidKey", &mut user.time_zone),
        ("LocaleSidKey", &mut user.locale),
        ("LanguageLocaleKey", &mut user.language),
        ("EmailEncodingKey", &mut user.email_encoding),
    ] {
        if let Some(stated) = part(name) {
            *place = stated;
        }
    }
    user.other = values
        .into_iter()
        .filter(|(name, _)| is_further_column(name))
        .collect();
    user.id.clone_from(id);
    org.users.make_mut().insert(id.clone(), user);
    Ok(())
}

/// Columns of `User` without a place of their own in the store.
fn is_further_column(name: &str) -> bool {
    let own = [
        "Id",
        "Username",
        "Email",
        "FirstName",
        "LastName",
        "Alias",
        "CommunityNickname",
        "UserRoleId",
        "ManagerId",
        "ProfileId",
        "IsActive",
    ];
    !own.contains(&name)
}
