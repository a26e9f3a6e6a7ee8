//! What an org holds when it starts: the standard org, the demo org, and files laid over the standard one.
//!
//! Everything is the same at every start: ids, names, records and the token.

mod csv;
pub mod demo;
mod files;
mod metadata;
mod named;
mod organization;
mod records;
mod standard;

use std::path::{Path, PathBuf};

use crate::documents::{restriction_rules, sharing_rules};
use crate::sharing;
use crate::store::{Container, FieldAccess, ObjectAccess, Org, Scale, Shared};

/// Why a seed could not be laid over the standard org.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A file or folder cannot be read.
    #[error("read the seed {path}: {source}", path = .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file does not hold what its name promises.
    #[error("the seed {path} cannot be used: {reason}", path = .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why, with the place where there is one.
        reason: String,
    },
}

impl SeedError {
    fn unusable(path: &Path, reason: impl Into<String>) -> SeedError {
        SeedError::Unusable {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}

/// An org as it comes: standard objects and profiles, one administrator, five free Salesforce licences.
pub fn standard() -> Org {
    standard::org()
}

/// The demo org: a company with some forty users, a role tree and a few thousand records.
pub fn demo() -> Org {
    demo_of(Scale::default())
}

/// The demo org with as many leads, users and roles as this, or as many as it has anyway.
pub fn demo_of(scale: Scale) -> Org {
    demo::org(scale)
}

/// The standard org with these files and folders laid over it: metadata of either layout, records as the Salesforce CLI
/// exports them (`sf data export tree`) or as CSV, and `org.json`, which describes the org itself. A later seed replaces
/// what an earlier one holds.
///
/// A component replaces the standard org's of that name, whole. What a document names and nothing defines exists as a
/// minimal component.
///
/// # Errors
/// A file that cannot be read, is malformed, or holds records that do not fit the objects.
pub fn from_files(seeds: &[PathBuf]) -> Result<Org, SeedError> {
    let found = files::find(seeds)?;
    let described = organization::read(&found.organizations)?;
    let mut org = standard::org();
    described.lay_first(&mut org);
    metadata::lay(&mut org, &found.documents)?;
    settle_models(&mut org);
    records::lay(&mut org, &found.records)?;
    sharing_rules::read_guest_rules(&mut org);
    restriction_rules::read_restrictions(&mut org);
    described.lay_groups(&mut org)?;
    settle(&mut org);
    keep_seats_free(&mut org);
    described.lay_last(&mut org);
    org.administrator_rights = Shared::new(Some(every_right(&org)));
    Ok(org)
}

/// The defaults that the seed asks for are in force from the start: which objects have share rows hangs on them.
fn settle_models(org: &mut Org) {
    for object in org.objects.make_mut().values_mut() {
        object.sharing.in_force = object.sharing.requested;
    }
}

/// So is everything else.
fn settle(org: &mut Org) {
    settle_models(org);
    org.rules_in_force.clone_from(&org.rules);
    let roles: Vec<String> = org.roles.keys().cloned().collect();
    roles
        .iter()
        .for_each(|role| sharing::add_role_groups(org, role));
}

/// Five Salesforce seats are free, however many users the seed brings.
fn keep_seats_free(org: &mut Org) {
    const FREE: u32 = 5;
    let used: Vec<(String, u32)> = org
        .licenses
        .keys()
        .map(|id| (id.clone(), org.seats_used(id)))
        .collect();
    for (id, used) in used {
        let Some(license) = org.licenses.get_mut(&id) else {
            continue;
        };
        let free = if license.name == "Salesforce" {
            FREE
        } else {
            0
        };
        license.total = license.total.max(used + free);
    }
}

/// The administrator keeps full rights even where the seeded System Administrator profile holds less, as one that was
/// retrieved in part does.
fn every_right(org: &Org) -> Container {
    let all_fields = org
        .objects
        .values()
        .flat_map(|object| object.fields.values().map(move |field| (object, field)));
    let secured = all_fields.filter(|(_, field)| field.permissionable);
    Container {
        user_permissions: org.vocabulary.clone(),
        object_permissions: org
            .objects
            .keys()
            .map(|name| (name.clone(), ObjectAccess::FULL))
            .collect(),
        field_permissions: secured
            .map(|(object, field)| {
                (
                    format!("{}.{}", object.name, field.name),
                    FieldAccess {
                        read: true,
                        edit: true,
                    },
                )
            })
            .collect(),
        ..Container::default()
    }
}

#[cfg(test)]
mod tests;
