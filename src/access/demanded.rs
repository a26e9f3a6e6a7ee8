//! What the user of a manifest has to be able to do: what the manifest states, and what its rules, its fields and any
//! integration need. Pure; the one place that lists it.

use super::reach::{criteria_rules, owner_rules};
use crate::criteria::Verdict;
use crate::diagnostic::Place;
use crate::live::profile_label;
use crate::manifest::{
    AllOrNamed, Field, GrantedObject, Manifest, ObjectPermission, RecordAccess, RecordsMeant, Rule,
    RuleAccess, Sharing, Sp, UserRef,
};
use std::collections::BTreeSet;
use std::fmt;

/// What every integration needs.
const API: &str = "ApiEnabled";

/// Something that a user can do, or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// Its user is active.
    Active,
    /// Nobody keeps it from logging in for the time being.
    NotFrozen,
    /// It holds a user permission, such as `ApiEnabled`.
    Permission(String),
    /// A permission set is in force for it, by the name that the manifest gives.
    SetInForce(String),
    /// A group of permission sets is.
    GroupInForce(String),
    /// What it may do with the records of an object.
    Object(String, ObjectPermission),
    /// It reads a field of an object.
    Field(String, String),
}

impl fmt::Display for Ability {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => out.write_str("user/active"),
            Self::NotFrozen => out.write_str("user/not_frozen"),
            Self::Permission(name) => write!(out, "user_permission/{name}"),
            Self::SetInForce(name) => write!(out, "permission_set/{name}"),
            Self::GroupInForce(name) => write!(out, "permission_set_group/{name}"),
            Self::Object(object, right) => write!(out, "object/{object}/{right}"),
            Self::Field(object, field) => write!(out, "field/{object}.{field}/read"),
        }
    }
}

/// Why something is demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemandReason {
    /// The manifest says so.
    Stated,
    /// No integration works without.
    Integration,
    /// A rule of the manifest gives or asks for it.
    Rule,
    /// The manifest expects access to records of it.
    Expectation,
}

impl DemandReason {
    /// The word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Integration => "integration",
            Self::Rule => "rule",
            Self::Expectation => "expectation",
        }
    }
}

/// Something that the user of a manifest has to be able to do, or must not be.
#[derive(Clone, Debug)]
pub struct Demand<'a> {
    /// What it is about.
    pub ability: Ability,
    /// Whether it has to be able to, or must not.
    pub wanted: bool,
    /// Why.
    pub reason: DemandReason,
    /// The last day on which it is demanded, where the manifest says one.
    pub until: Option<&'a str>,
    /// The line that says so.
    pub place: &'a Place,
}

impl<'a> Demand<'a> {
    fn new(ability: Ability, wanted: bool, reason: DemandReason, place: &'a Place) -> Self {
        Self {
            ability,
            wanted,
            reason,
            until: None,
            place,
        }
    }
}

/// Everything that is demanded of the user of a manifest, each ability once: what is stated goes before what is needed.
/// Nothing where the manifest has no user.
pub fn demands(manifest: &Manifest) -> Vec<Demand<'_>> {
    let all = log_in(manifest)
        .into_iter()
        .chain(permissions(manifest))
        .chain(sets(manifest))
        .chain(objects(manifest))
        .chain(fields(manifest));
    let mut seen = BTreeSet::new();
    let is_new = |demand: &Demand| seen.insert(demand.ability.clone());
    let none = manifest.spec.user.is_none();
    all.filter(|_| !none).filter(is_new).collect()
}

fn log_in(manifest: &Manifest) -> Vec<Demand<'_>> {
    let Some(user) = &manifest.spec.user else {
        return Vec::new();
    };
    let place = &user.username.place;
    let needed = |ability| Demand::new(ability, true, DemandReason::Integration, place);
    match &user.active {
        Some(active) => {
            let (wanted, place) = (active.value, &active.place);
            let stated = Demand::new(Ability::Active, wanted, DemandReason::Stated, place);
            let frozen = wanted.then(|| needed(Ability::NotFrozen));
            std::iter::once(stated).chain(frozen).collect()
        }
        None => vec![needed(Ability::Active), needed(Ability::NotFrozen)],
    }
}

fn permissions(manifest: &Manifest) -> Vec<Demand<'_>> {
    let profile = manifest.spec.profile.as_ref();
    let stated = profile.into_iter().flat_map(|it| &it.user_permissions);
    let stated = stated.map(|(name, on)| {
        let ability = Ability::Permission(name.clone());
        Demand::new(ability, on.value, DemandReason::Stated, &on.place)
    });
    let user = manifest.spec.user.iter();
    let needed = user.map(|user| {
        let ability = Ability::Permission(API.to_owned());
        let place = &user.username.place;
        Demand::new(ability, true, DemandReason::Integration, place)
    });
    let granted = manifest.spec.granted_sets();
    let granted = granted.flat_map(|set| &set.user_permissions);
    let granted = granted.map(|name| {
        let ability = Ability::Permission(name.value.clone());
        Demand::new(ability, true, DemandReason::Stated, &name.place)
    });
    stated.chain(granted).chain(needed).collect()
}

fn sets(manifest: &Manifest) -> Vec<Demand<'_>> {
    let demand = |ability, place| Demand::new(ability, true, DemandReason::Stated, place);
    let named = manifest.spec.permission_sets.iter();
    let named = named.filter(|set| !set.absent).map(|set| {
        let name = set.name.value.clone();
        let ability = match set.is_group {
            true => Ability::GroupInForce(name),
            false => Ability::SetInForce(name),
        };
        Demand {
            until: set.expires.as_ref().map(|day| day.as_str()),
            ..demand(ability, &set.name.place)
        }
    });
    let granted = manifest.spec.granted_sets();
    let granted = granted.map(|set| {
        let ability = Ability::SetInForce(set.name.value.clone());
        demand(ability, &set.name.place)
    });
    granted.chain(named).collect()
}

fn objects(manifest: &Manifest) -> Vec<Demand<'_>> {
    let profile = manifest.spec.profile.as_ref();
    let stated = profile.into_iter().flat_map(|it| &it.object_permissions);
    let stated = stated.flat_map(|(object, rights)| {
        rights.value.iter().map(move |right| {
            let ability = Ability::Object(object.clone(), *right);
            Demand::new(ability, true, DemandReason::Stated, &rights.place)
        })
    });
    let granted = granted_objects(manifest).flat_map(|(object, granted)| {
        granted.allow.iter().map(move |right| {
            let ability = Ability::Object(object.clone(), *right);
            Demand::new(ability, true, DemandReason::Stated, &granted.place)
        })
    });
    let sharing = manifest.spec.sharing.iter();
    let shared = sharing.flat_map(|sharing| shared_objects(sharing, manifest));
    let stated = stated.chain(granted);
    stated.chain(shared).chain(expected(manifest)).collect()
}

/// What the permission sets of the manifest grant, object by object.
fn granted_objects(manifest: &Manifest) -> impl Iterator<Item = (&String, &GrantedObject)> {
    let sets = manifest.spec.granted_sets();
    sets.flat_map(|set| &set.objects)
}

/// Rules that share with the manifest's user.
fn rules_for_user<'a>(
    sharing: &'a Sharing,
    manifest: &'a Manifest,
) -> impl Iterator<Item = &'a Rule> {
    let by_criteria = criteria_rules(sharing, manifest);
    let by_owner = owner_rules(sharing, manifest).map(|(rule, _, reach)| (rule, reach));
    let all = by_criteria.chain(by_owner);
    all.filter(|(_, reach)| *reach == Verdict::Yes)
        .map(|(rule, _)| rule)
}

/// What rules share takes the right on the object: to read it, and to edit it where one shares for editing.
fn shared_objects<'a>(sharing: &'a Sharing, manifest: &'a Manifest) -> Vec<Demand<'a>> {
    let object = &sharing.object;
    let needed = |right| {
        let ability = Ability::Object(object.value.clone(), right);
        Demand::new(ability, true, DemandReason::Rule, &object.place)
    };
    let rules: Vec<&Rule> = rules_for_user(sharing, manifest).collect();
    let mut writes = rules.iter();
    let edits = writes.any(|rule| rule.access.value == RuleAccess::ReadWrite);
    let read = (!rules.is_empty()).then(|| needed(ObjectPermission::Read));
    let edit = edits.then(|| needed(ObjectPermission::Edit));
    read.into_iter().chain(edit).collect()
}

/// Access to records that is expected of the user takes the right on their object.
fn expected(manifest: &Manifest) -> Vec<Demand<'_>> {
    let own = manifest.spec.expect.iter();
    let own = own.filter(|entry| entry.user.value == UserRef::This);
    let needed = own.flat_map(|entry| {
        let RecordsMeant::Query(selection) = &entry.records.value else {
            return Vec::new();
        };
        let rights: &[ObjectPermission] = match entry.access.value.access {
            RecordAccess::None => &[],
            RecordAccess::Read => &[ObjectPermission::Read],
            RecordAccess::Edit => &[ObjectPermission::Read, ObjectPermission::Edit],
        };
        let demand = |right: &ObjectPermission| {
            let ability = Ability::Object(selection.object.clone(), *right);
            let place = &entry.access.place;
            Demand::new(ability, true, DemandReason::Expectation, place)
        };
        rights.iter().map(demand).collect()
    });
    needed.collect()
}

fn fields(manifest: &Manifest) -> Vec<Demand<'_>> {
    let made = manifest.spec.fields.iter();
    let made = made.filter(|field| is_for_user(field, manifest));
    let stated = made.map(|field| {
        let ability = Ability::Field(field.object.value.clone(), field.name.value.clone());
        Demand::new(ability, true, DemandReason::Stated, &field.name.place)
    });
    let sharing = manifest.spec.sharing.iter();
    let asked = sharing.flat_map(|sharing| {
        let criteria = rules_for_user(sharing, manifest).flat_map(|rule| &rule.criteria);
        criteria.map(|criterion| {
            let field: &Sp<String> = &criterion.field;
            let ability = Ability::Field(sharing.object.value.clone(), field.value.clone());
            Demand::new(ability, true, DemandReason::Rule, &field.place)
        })
    });
    let granted = granted_objects(manifest).flat_map(|(object, granted)| {
        let fields = &granted.fields;
        let lists = fields.read.iter().chain(&fields.edit);
        let named = lists.flat_map(AllOrNamed::named);
        let named = named.filter(|name| !fields.leaves_out(name));
        named.map(|name| {
            let ability = Ability::Field(object.clone(), name.value.clone());
            Demand::new(ability, true, DemandReason::Stated, &name.place)
        })
    });
    stated.chain(granted).chain(asked).collect()
}

/// Whether the manifest makes a field that its own profile sees.
fn is_for_user(field: &Field, manifest: &Manifest) -> bool {
    let Some(profile) = &manifest.spec.profile else {
        return false;
    };
    let own = profile_label(&profile.name);
    let viewers = field.visible_to.as_ref();
    let sees = viewers.is_none_or(|all| all.iter().any(|viewer| profile_label(viewer) == own));
    !field.absent && !profile.absent && sees
}
