//! `org.json` of a seed: what neither metadata nor records say of an org.

mod territories;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::SeedError;
use crate::schema;
use crate::store::{Group, GroupKind, Org, Platform};
use territories::Territory;

/// The name of such a file, in whatever folder.
pub(super) const FILE: &str = "org.json";

/// What a file states; what it leaves out is as in the standard org.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Described {
    name: Option<String>,
    organization_type: Option<String>,
    is_sandbox: Option<bool>,
    language: Option<String>,
    administrator_language: Option<String>,
    external_sharing_model_enabled: Option<bool>,
    digital_experiences_enabled: Option<bool>,
    manager_groups: Option<bool>,
    /// Custom objects that do not grant access using hierarchies.
    without_hierarchies: BTreeSet<String>,
    /// Queues that do not.
    queues_without_hierarchies: BTreeSet<String>,
    territories: Vec<Territory>,
    platform: Platform,
}

/// Reads all files; a later one wins over an earlier one.
pub(super) fn read(files: &[PathBuf]) -> Result<Described, SeedError> {
    let mut described = Described::default();
    for path in files {
        described.lay(parse(path)?);
    }
    Ok(described)
}

fn parse(path: &Path) -> Result<Described, SeedError> {
    let text = fs::read_to_string(path).map_err(|source| SeedError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let described: Described = serde_json::from_str(&text)
        .map_err(|error| SeedError::unusable(path, error.to_string()))?;
    let edition = described.organization_type.as_deref();
    check_value(path, "Organization.OrganizationType", edition)?;
    for language in [&described.language, &described.administrator_language] {
        check_value(path, "User.LanguageLocaleKey", language.as_deref())?;
    }
    Ok(described)
}

/// Refuses a value that the platform does not have; the sentence names those it has.
fn check_value(path: &Path, column: &str, stated: Option<&str>) -> Result<(), SeedError> {
    let (object, name) = column.split_once('.').unwrap_or_default();
    let field = schema::setup_table(object).and_then(|object| object.field(name));
    let known = field.map(|field| field.picklist.as_slice());
    let (Some(stated), Some(known)) = (stated, known) else {
        return Ok(());
    };
    if known.iter().any(|value| value.value == stated) {
        return Ok(());
    }
    let known: Vec<&str> = known.iter().map(|value| value.value.as_str()).collect();
    let reason = format!(
        "{column} is never {stated:?}, but one of {}",
        known.join(", ")
    );
    Err(SeedError::unusable(path, reason))
}

impl Described {
    fn lay(&mut self, later: Described) {
        let Described {
            name,
            organization_type,
            is_sandbox,
            language,
            administrator_language,
            external_sharing_model_enabled,
            digital_experiences_enabled,
            manager_groups,
            without_hierarchies,
            queues_without_hierarchies,
            territories,
            platform,
        } = later;
        self.name = name.or(self.name.take());
        self.organization_type = organization_type.or(self.organization_type.take());
        self.is_sandbox = is_sandbox.or(self.is_sandbox);
        self.language = language.or(self.language.take());
        self.administrator_language = administrator_language.or(self.administrator_language.take());
        self.external_sharing_model_enabled =
            external_sharing_model_enabled.or(self.external_sharing_model_enabled);
        self.digital_experiences_enabled =
            digital_experiences_enabled.or(self.digital_experiences_enabled);
        self.manager_groups = manager_groups.or(self.manager_groups);
        self.without_hierarchies.extend(without_hierarchies);
        self.queues_without_hierarchies
            .extend(queues_without_hierarchies);
        self.territories.extend(territories);
        self.platform.lay(platform);
    }

    /// Says what the org is, before anything is laid over it: users without a language of their own have the org's.
    pub(super) fn lay_first(&self, org: &mut Org) {
        let organization = &mut org.organization;
        let lay = |place: &mut String, stated: &Option<String>| {
            if let Some(stated) = stated {
                place.clone_from(stated);
            }
        };
        lay(&mut organization.name, &self.name);
        lay(&mut organization.organization_type, &self.organization_type);
        lay(&mut organization.language, &self.language);
        organization.is_sandbox = self.is_sandbox.unwrap_or(organization.is_sandbox);
        organization.digital_experiences_enabled = self
            .digital_experiences_enabled
            .unwrap_or(organization.digital_experiences_enabled);
        let language = self
            .administrator_language
            .as_ref()
            .or(self.language.as_ref());
        let administrator = org
            .users
            .make_mut()
            .get_mut(&org.organization.administrator);
        if let Some((language, administrator)) = language.zip(administrator) {
            administrator.language.clone_from(language);
        }
    }

    /// Makes the groups that stand for users and territories, once users and records are there.
    ///
    /// # Errors
    /// A name that nothing in the seed has.
    pub(super) fn lay_groups(&self, org: &mut Org) -> Result<(), SeedError> {
        let unusable = |reason: String| SeedError::unusable(Path::new(FILE), reason);
        for object in &self.without_hierarchies {
            let custom = org.object(object).is_some_and(|object| object.custom);
            if !custom {
                let reason = format!("without_hierarchies: {object} is no custom object");
                return Err(unusable(reason));
            }
            org.without_hierarchies.insert(object.clone());
        }
        for name in &self.queues_without_hierarchies {
            let named = |group: &&mut Group| {
                let name = Some(name) == group.developer_name.as_ref();
                group.kind == GroupKind::Queue && name
            };
            let queue = org.groups.values_mut().find(named).ok_or_else(|| {
                unusable(format!(
                    "queues_without_hierarchies: there is no queue {name}"
                ))
            })?;
            queue.includes_bosses = false;
        }
        org.manager_groups = self.manager_groups.unwrap_or(org.manager_groups);
        org.complete_manager_groups();
        territories::lay(org, &self.territories).map_err(unusable)
    }

    /// Sets what concerns everything the org holds, after all of it is there.
    pub(super) fn lay_last(&self, org: &mut Org) {
        if let Some(enabled) = self.external_sharing_model_enabled {
            org.enable_external_defaults(enabled);
        }
        org.lay_platform(&self.platform);
    }
}
