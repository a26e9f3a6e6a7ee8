//! What a permission set of the manifest grants, completed downward: what something requires comes along, with why.

use crate::clone::{Grant, ObjectFlags, Requirements, Right};
use crate::live::{Live, Need};
use crate::manifest::{GrantedSet, Manifest, ObjectPermission};
use std::collections::{BTreeMap, BTreeSet};

/// Names asked for in one query, so that it stays within the length of a request.
const MOST_NAMES: usize = 200;

/// User permissions and rights on objects, each with why where the manifest does not state it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::kinds) struct Completed {
    /// User permissions.
    pub(in crate::kinds) users: BTreeMap<String, Option<String>>,
    /// Rights on objects.
    pub(in crate::kinds) objects: BTreeMap<String, (ObjectFlags, Option<String>)>,
}

/// What a set grants, as far as the org has told what requires what.
pub(in crate::kinds) fn completed(set: &GrantedSet, manifest: &Manifest, live: &Live) -> Completed {
    let (requirements, _) = walk(set, manifest, live);
    let stated = stated(set, manifest);
    let along = requirements.completing(&stated);
    let mut completed = Completed::default();
    let stated = stated.into_iter().map(|grant| (grant, None));
    let along = along.into_iter().map(|(grant, why)| (grant, Some(why)));
    for (grant, why) in stated.chain(along) {
        completed.add(grant, why);
    }
    completed
}

/// What to ask next about what requires what; `None` where nothing is left to ask.
pub(in crate::kinds) fn next_need(
    set: &GrantedSet,
    manifest: &Manifest,
    live: &Live,
) -> Option<Need> {
    walk(set, manifest, live).1
}

/// Follows what a set requires as far as the org has answered.
fn walk(set: &GrantedSet, manifest: &Manifest, live: &Live) -> (Requirements, Option<Need>) {
    let mut requirements = Requirements::built_in();
    for object in set.objects.keys() {
        learn_masters(&mut requirements, object, live);
    }
    let stated = stated(set, manifest);
    let mut asked: BTreeSet<String> = BTreeSet::new();
    loop {
        let along = requirements.completing(&stated);
        let grants = stated.iter().chain(along.keys());
        let names: BTreeSet<String> = grants.flat_map(Grant::spellings).collect();
        let names: BTreeSet<String> = names.difference(&asked).take(MOST_NAMES).cloned().collect();
        if names.is_empty() {
            return (requirements, None);
        }
        let need = Need::DependenciesOf(names.clone());
        if !live.was_asked(&need) {
            return (requirements, Some(need));
        }
        // Refused, the built-in knowledge has to do.
        let told = live.dependencies(&need).learnt().unwrap_or(&[]);
        requirements.learn(told);
        asked.extend(names);
    }
}

/// A custom object with a master is read only with the master.
fn learn_masters(requirements: &mut Requirements, object: &str, live: &Live) {
    if !object.ends_with("__c") {
        return;
    }
    let described = live.object(object).found().into_iter();
    let fields = described.flat_map(|described| &described.fields);
    let masters = fields.filter(|field| field.relationship_order.is_some());
    for master in masters.flat_map(|field| &field.reference_to) {
        requirements.learn_child(object, master);
    }
}

fn stated(set: &GrantedSet, manifest: &Manifest) -> BTreeSet<Grant> {
    let users = set.user_permissions.iter();
    let users = users.map(|name| Grant::User(name.value.clone()));
    let users = users.chain(by_api_only(set, manifest));
    let objects = set.objects.iter().flat_map(|(object, granted)| {
        let reads_fields = granted.fields.read.is_some() || granted.fields.edit.is_some();
        let rights = granted.allow.iter().copied().map(right_of);
        let rights = rights.chain(reads_fields.then_some(Right::Read));
        rights.map(|right| Grant::Object(object.clone(), right))
    });
    users.chain(objects).collect()
}

/// `login.apiOnly` is granted by the first of the sets, where the manifest has no profile of its own.
fn by_api_only(set: &GrantedSet, manifest: &Manifest) -> Option<Grant> {
    let spec = &manifest.spec;
    spec.login.as_ref().filter(|login| login.api_only)?;
    let first = spec.granted_sets().next()?;
    let here = spec.profile.is_none() && first.name == set.name;
    here.then(|| Grant::User("ApiUserOnly".to_owned()))
}

fn right_of(permission: ObjectPermission) -> Right {
    match permission {
        ObjectPermission::Read => Right::Read,
        ObjectPermission::Create => Right::Create,
        ObjectPermission::Edit => Right::Edit,
        ObjectPermission::Delete => Right::Delete,
        ObjectPermission::ViewAll => Right::ViewAll,
        ObjectPermission::ModifyAll => Right::ModifyAll,
        ObjectPermission::ViewAllFields => Right::ViewAllFields,
    }
}

impl Completed {
    fn add(&mut self, grant: Grant, why: Option<String>) {
        match grant {
            Grant::User(name) => {
                self.users.insert(name, why);
            }
            Grant::Object(object, right) => {
                let (flags, reasons) = self.objects.entry(object).or_default();
                *flags = flags.with(right);
                if let Some(why) = why {
                    let told = format!("{}: {why}", right.word());
                    *reasons = Some(match reasons.take() {
                        None => told,
                        Some(earlier) => format!("{earlier}; {told}"),
                    });
                }
            }
        }
    }
}
