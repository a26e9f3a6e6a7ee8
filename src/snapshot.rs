//! Snapshots: what a plan is about to change, as it is before, in one archive that can be deployed. Pure.
//!
//! **Promise:** a snapshot holds settings only, never what records hold and never a secret, and the hash of each of its files:
//! one that is torn or was changed is not taken for one.

use crate::address::Address;
use crate::archive::{self, ArchiveError};
use crate::change::{Action, Component};
use crate::live::{Live, LiveUser, profile_full_name};
use crate::manifest::Word;
use crate::package::{self, Files, PackageError};
use crate::plan::Plan;
use crate::xml::{self, Element};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Where the package lies in the archive.
const BEFORE: &str = "before/";
/// The plan, as JSON.
const PLAN: &str = "plan.json";
/// Users, assignments and members, as JSON.
const SETUP: &str = "setup.json";
/// Documents that no package can hold one by one, by address.
const DOCUMENTS: &str = "documents.json";
/// What the archive consists of, with its hashes.
const CONTENTS: &str = "snapshot.json";
const FORMAT_VERSION: &str = "1.0";

/// What is said of an archive: of which org, which plan, and the hash of each of its files.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    format_version: String,
    org_id: String,
    org_name: String,
    plan: String,
    files: BTreeMap<String, String>,
}

/// A snapshot read back.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The plan that it is the way back from, as JSON.
    pub plan: String,
    /// Documents as they were before, by address.
    pub before: BTreeMap<Address, Element>,
}

/// Why an archive is not taken for a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotProblem {
    /// It is none.
    #[error("it is no snapshot: {0}")]
    None(String),
    /// It is not as it was written.
    #[error("it is not as it was written: {0}")]
    Edited(String),
}

impl From<ArchiveError> for SnapshotProblem {
    fn from(error: ArchiveError) -> Self {
        Self::None(error.to_string())
    }
}

/// The archive of what a plan is about to change. `plan_json` is the plan as it is saved.
///
/// # Errors
/// Text that XML cannot hold.
pub fn pack(plan: &Plan, plan_json: &str, live: &Live) -> Result<Vec<u8>, PackageError> {
    let before = before(plan, live);
    let components: Vec<Component> = before.iter().map(|(_, one)| one.clone()).collect();
    let package = package::files(&components, &plan.org.api_version)?;
    let mut files: Files = package
        .into_iter()
        .map(|(path, bytes)| (format!("{BEFORE}{path}"), bytes))
        .collect();
    files.insert(PLAN.to_owned(), plan_json.as_bytes().to_vec());
    files.insert(SETUP.to_owned(), pretty(&setup(plan, live)));
    let mut documents = BTreeMap::new();
    for (address, component) in &before {
        if let Some(body) = &component.body {
            let text = xml::write(body)
                .map_err(|error| PackageError::Document(address.to_string(), error))?;
            documents.insert(address.to_string(), text);
        }
    }
    files.insert(DOCUMENTS.to_owned(), pretty(&json!(documents)));
    let hashes = files
        .iter()
        .map(|(path, bytes)| (path.clone(), hash(bytes)));
    let contents = Contents {
        format_version: FORMAT_VERSION.to_owned(),
        org_id: plan.org.id.clone(),
        org_name: plan.org.name.clone(),
        plan: plan.digest.clone(),
        files: hashes.collect(),
    };
    files.insert(CONTENTS.to_owned(), pretty(&json!(contents)));
    Ok(archive::pack(&files)?)
}

/// Reads a snapshot back.
///
/// # Errors
/// Why it is none, or is not as it was written.
pub fn unpack(bytes: &[u8]) -> Result<Snapshot, SnapshotProblem> {
    let mut files = archive::unpack(bytes)?;
    let edited = |problem: &str| SnapshotProblem::Edited(problem.to_owned());
    let contents = files.remove(CONTENTS);
    let contents =
        contents.ok_or_else(|| SnapshotProblem::None(format!("it has no {CONTENTS}")))?;
    let contents: Contents = serde_json::from_slice(&contents)
        .map_err(|error| SnapshotProblem::Edited(format!("{CONTENTS}: {error}")))?;
    if contents.format_version.split('.').next() != Some("1") {
        let version = contents.format_version;
        let problem = format!("its format_version is {version}; this program reads 1.x");
        return Err(SnapshotProblem::None(problem));
    }
    let hashes: BTreeMap<String, String> = files
        .iter()
        .map(|(path, bytes)| (path.clone(), hash(bytes)))
        .collect();
    if let Some(path) = unlike(&hashes, &contents.files) {
        return Err(SnapshotProblem::Edited(format!(
            "`{path}` is not what its hash says"
        )));
    }
    let text = |name: &str| {
        let bytes = files.get(name).cloned().unwrap_or_default();
        String::from_utf8(bytes).map_err(|_| edited(&format!("{name} is no text")))
    };
    let documents: BTreeMap<String, String> = serde_json::from_str(&text(DOCUMENTS)?)
        .map_err(|error| SnapshotProblem::Edited(format!("{DOCUMENTS}: {error}")))?;
    let mut before = BTreeMap::new();
    for (address, document) in documents {
        let element = xml::read(&document)
            .map_err(|error| SnapshotProblem::Edited(format!("{address}: {error}")))?;
        before.extend(address_of(&address).map(|address| (address, element)));
    }
    Ok(Snapshot {
        plan: text(PLAN)?,
        before,
    })
}

/// The first file whose hash is not in both, or not the same.
fn unlike(found: &BTreeMap<String, String>, told: &BTreeMap<String, String>) -> Option<String> {
    let paths: BTreeSet<&String> = found.keys().chain(told.keys()).collect();
    let mut paths = paths.into_iter();
    let path = paths.find(|path| found.get(*path) != told.get(*path));
    path.cloned()
}

fn address_of(text: &str) -> Option<Address> {
    let (kind, name) = text.split_once('/')?;
    let kind = crate::kinds::KINDS
        .iter()
        .find(|known| known.name == kind)?;
    Some(Address::new(kind.name, name))
}

/// What the plan touches and the org has, as it is now.
fn before(plan: &Plan, live: &Live) -> Vec<(Address, Component)> {
    let mut touched: Vec<(Address, Component)> = Vec::new();
    for change in &plan.changes {
        let is_known = touched
            .iter()
            .any(|(address, _)| *address == change.address);
        if is_known || change.action == Action::Create {
            continue;
        }
        let component = component(&change.address, live);
        touched.extend(component.map(|component| (change.address.clone(), component)));
    }
    touched
}

/// A component as the org has it.
fn component(address: &Address, live: &Live) -> Option<Component> {
    let name = address.name.as_str();
    let plain = |kind: &'static str, root: &'static str, full_name: String, document: &Element| {
        let mut body = document.clone();
        body.name = root.into();
        body.attributes = Box::default();
        body.remove("fullName");
        Component::new(kind, full_name, body)
    };
    match address.kind {
        "role" => {
            let document = live.role_document(name).found()?;
            Some(plain("Role", "Role", name.to_owned(), &document))
        }
        "profile" => {
            let document = live.profile_document(name).found()?;
            Some(plain(
                "Profile",
                "Profile",
                profile_full_name(name),
                document,
            ))
        }
        "permission_set" => {
            let document = live.permission_set_document(name).found()?;
            let full_name = name.to_owned();
            Some(plain("PermissionSet", "PermissionSet", full_name, document))
        }
        "custom_field" => {
            let (object, own) = name.split_once('.')?;
            let document = live.object_document(object).found()?;
            let mut fields = document.children_named("fields");
            let field = fields.find(|field| field.text_of("fullName") == Some(own))?;
            Some(Component::new("CustomField", name, field.clone()))
        }
        "sharing_rule" => {
            let (object, own) = name.split_once('.')?;
            let rule = live.rules(object).find(|rule| rule.name == own)?;
            Some(Component::new(
                rule.kind.metadata_type(),
                name,
                rule.element.clone(),
            ))
        }
        "organization_wide_default" => {
            Some(Component::new("CustomObject", name, defaults(name, live)))
        }
        _ => None,
    }
}

/// The defaults of an object, as they were set.
fn defaults(object: &str, live: &Live) -> Element {
    let (internal, external) = live.requested_default(object);
    let mut document = Element::new("CustomObject");
    let models = [
        ("externalSharingModel", external),
        ("sharingModel", internal),
    ];
    for (element, model) in models {
        if let Some(model) = model {
            document.set_text(element, model.word());
        }
    }
    document
}

/// Users that the plan changes or gives something to, as they are, with the sets that they hold.
fn setup(plan: &Plan, live: &Live) -> Value {
    let mut users = BTreeMap::new();
    for change in &plan.changes {
        let user = match change.address.kind {
            "user" => live.user(&change.address.name).found(),
            "permission_set_assignment" => {
                let mut fields = change.fields.iter();
                let user = fields.find(|field| field.path == "user");
                let name = user.and_then(|field| field.after.as_str().or(field.before.as_str()));
                name.and_then(|name| live.user(name).found())
            }
            _ => None,
        };
        users.extend(user.map(|user| (user.username.clone(), user_json(user))));
    }
    json!({ "users": users })
}

fn user_json(user: &LiveUser) -> Value {
    let sets = user
        .assignments
        .all()
        .iter()
        .filter(|held| !held.of_profile);
    let sets: Vec<&str> = sets.map(|held| held.name.as_str()).collect();
    json!({
        "id": user.id,
        "active": user.active,
        "profile": user.profile,
        "role": user.role,
        "permission_sets": sets,
    })
}

fn pretty(value: &Value) -> Vec<u8> {
    // Text and numbers only: this cannot fail.
    serde_json::to_vec_pretty(value).unwrap_or_default()
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::OrgIdentity;

    fn packed() -> Vec<u8> {
        let plan = Plan {
            org: OrgIdentity {
                id: "00D000000000001AAA".to_owned(),
                api_version: "66.0".to_owned(),
                ..OrgIdentity::default()
            },
            ..Plan::default()
        };
        pack(&plan, "{\"digest\": \"sha256:00\"}", &Live::default()).unwrap()
    }

    #[test]
    fn a_snapshot_is_read_back_as_it_was_written_or_not_at_all() {
        let bytes = packed();
        let snapshot = unpack(&bytes).unwrap();
        assert!(snapshot.plan.contains("sha256:00"));
        assert!(matches!(unpack(b"no zip"), Err(SnapshotProblem::None(_))));
        assert!(unpack(&bytes[..bytes.len() / 2]).is_err());
        let check = |change: &dyn Fn(&mut Files)| {
            let mut files = archive::unpack(&bytes).unwrap();
            change(&mut files);
            let edited = archive::pack(&files).unwrap();
            assert!(matches!(unpack(&edited), Err(SnapshotProblem::Edited(_))));
        };
        check(&|files| drop(files.insert(PLAN.to_owned(), b"{}".to_vec())));
        check(&|files| drop(files.insert("more".to_owned(), Vec::new())));
        check(&|files| drop(files.remove(SETUP)));
        check(&|files| drop(files.insert(CONTENTS.to_owned(), b"{}".to_vec())));
    }
}
