//! Whether the user of a manifest can do what is demanded of it, by everything that it holds, each with what gives it. Pure.
//!
//! **Promise:** what the org does not show to who asks, or refused, is not known: never had, and never lacking.

mod holder;

use super::demanded::{Ability, Demand, DemandReason, demands};
use super::held::{Standings, held_sets};
use crate::diagnostic::Place;
use crate::live::{CapabilityNeed, HoldingNeed, Known, Live, Need};
use crate::manifest::{Manifest, ObjectPermission};
use holder::CapableUser;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What lets who asks see what sets grant, and who is frozen: without it the org shows fewer rows, and no error (object
/// reference, the access rules of PermissionSet, ObjectPermissions, FieldPermissions and UserLogin).
const OF_READER: [&str; 2] = ["ManageUsers", "ViewSetup"];
/// The user permission that reads all fields of whatever may be read.
const ALL_FIELDS: &str = "ViewAllFieldsGlobal";

/// Something that is demanded of a user, and whether it can do it.
#[derive(Clone, Debug)]
pub struct Capability {
    /// The manifest that demands it.
    pub manifest: String,
    /// The username.
    pub user: String,
    /// What it is about.
    pub ability: Ability,
    /// Whether the user has to be able to, or must not.
    pub wanted: bool,
    /// Why.
    pub reason: DemandReason,
    /// Whether it can.
    pub has: Known<bool>,
    /// Addresses of what gives it.
    pub from: BTreeSet<String>,
    /// What would give it and does not, each with why.
    pub void: Vec<String>,
    /// The line that demands it.
    pub place: Place,
}

impl Capability {
    /// Whether it is otherwise than demanded; never where that is not known.
    pub fn is_difference(&self) -> bool {
        matches!(self.has, Known::Is(has) if has != self.wanted)
    }

    /// Whether it is as demanded; never where that is not known.
    pub fn holds(&self) -> bool {
        matches!(self.has, Known::Is(has) if has == self.wanted)
    }
}

/// What has to be known to tell it, all of it asked for by names, so that one wave is enough.
pub fn capability_needs(manifest: &Manifest) -> BTreeSet<Need> {
    let demands = demands(manifest);
    let Some(user) = manifest.spec.user.as_ref().filter(|_| !demands.is_empty()) else {
        return BTreeSet::new();
    };
    let username = user.username.to_lowercase();
    let mut needs = BTreeSet::from([
        Need::Containers,
        Need::User(user.username.value.clone()),
        Need::Frozen(user.username.value.clone()),
        Need::Holding(HoldingNeed::Assigned(username.clone())),
        Need::Holding(HoldingNeed::Revoked(username.clone())),
        Need::Capability(CapabilityNeed::OfReader(OF_READER.into())),
        Need::Capability(permissions_need(&username, &demands)),
    ]);
    let fields = fields_need(&username, &demands);
    needs.extend(fields.map(Need::Capability));
    for demand in &demands {
        match &demand.ability {
            Ability::Object(object, right) => {
                needs.insert(Need::Grants(object.clone()));
                let all_fields = *right == ObjectPermission::ViewAllFields;
                let asked = all_fields.then(|| CapabilityNeed::AllFields(username.clone()));
                needs.extend(asked.map(Need::Capability));
            }
            Ability::Field(object, _) => {
                needs.insert(Need::Grants(object.clone()));
            }
            _ => {}
        }
    }
    needs
}

/// What has to be asked besides before a field is called hidden: a set may let read all fields of an object, or of all.
pub fn further_capability_needs(manifest: &Manifest, live: &Live) -> BTreeSet<Need> {
    let hidden = capabilities(manifest, live).into_iter().any(|one| {
        let is_field = matches!(one.ability, Ability::Field(..));
        is_field && one.has == Known::Is(false)
    });
    let Some(user) = manifest.spec.user.as_ref().filter(|_| hidden) else {
        return BTreeSet::new();
    };
    let username = user.username.to_lowercase();
    let vocabulary = live.user_permissions();
    let global = vocabulary.is_none_or(|known| known.contains(ALL_FIELDS));
    let global = global.then(|| global_need(&username));
    let by_object = CapabilityNeed::AllFields(username);
    let needs = global.into_iter().chain([by_object]).map(Need::Capability);
    needs.filter(|need| !live.was_asked(need)).collect()
}

fn permissions_need(username: &str, demands: &[Demand]) -> CapabilityNeed {
    let names = demands.iter().filter_map(|demand| match &demand.ability {
        Ability::Permission(name) => Some(name.clone()),
        _ => None,
    });
    CapabilityNeed::Permissions {
        username: username.to_owned(),
        names: names.collect(),
    }
}

fn global_need(username: &str) -> CapabilityNeed {
    CapabilityNeed::Permissions {
        username: username.to_owned(),
        names: BTreeSet::from([ALL_FIELDS.to_owned()]),
    }
}

/// The fields that are demanded, each with the compound field that it may be a part of: that one is granted, and not its
/// parts (Metadata API guide, FieldPermissions).
fn fields_need(username: &str, demands: &[Demand]) -> Option<CapabilityNeed> {
    let fields = demands.iter().filter_map(|demand| match &demand.ability {
        Ability::Field(object, field) => Some((object, field)),
        _ => None,
    });
    let both = fields.flat_map(|(object, field)| {
        let compound = compound_by_name(field);
        let names = std::iter::once(field.clone()).chain(compound);
        names.map(move |name| format!("{object}.{name}"))
    });
    let fields: BTreeSet<String> = both.collect();
    (!fields.is_empty()).then(|| CapabilityNeed::Fields {
        username: username.to_owned(),
        fields,
    })
}

/// The compound field that a field is a part of, by its name alone.
fn compound_by_name(field: &str) -> Option<String> {
    let parts = [
        "Street",
        "City",
        "StateCode",
        "State",
        "PostalCode",
        "CountryCode",
        "Country",
        "Latitude",
        "Longitude",
        "GeocodeAccuracy",
    ];
    let custom = ["__Latitude__s", "__Longitude__s"];
    if let Some(name) = custom.iter().find_map(|part| field.strip_suffix(part)) {
        return Some(format!("{name}__c"));
    }
    let before = parts.iter().find_map(|part| field.strip_suffix(part))?;
    (!field.ends_with("__c")).then(|| format!("{before}Address"))
}

/// Everything that is demanded of a manifest's user, and whether it can; nothing while the org has no such user.
pub fn capabilities(manifest: &Manifest, live: &Live) -> Vec<Capability> {
    let demands = demands(manifest);
    let user = manifest.spec.user.as_ref();
    let user = user.and_then(|user| live.user(&user.username).found());
    let Some(user) = user else {
        return Vec::new();
    };
    let standings = Standings::of(user, live);
    let holder = CapableUser {
        user,
        live,
        held: held_sets(user, live),
        doubt: standings.doubt().cloned(),
        permissions: permissions_need(&user.username.to_lowercase(), &demands),
        fields: fields_need(&user.username.to_lowercase(), &demands),
    };
    // A set that is stated until a day is not demanded after it.
    let is_due = |demand: &Demand| {
        let until = demand.until.and_then(|day| day.parse::<Date>().ok());
        until
            .zip(live.today)
            .is_none_or(|(until, today)| today <= until)
    };
    let told = demands.into_iter().filter(is_due).map(|demand| {
        let (has, from, void) = holder.can(&demand.ability).parts();
        Capability {
            manifest: manifest.name.value.clone(),
            user: user.username.clone(),
            ability: demand.ability,
            wanted: demand.wanted,
            reason: demand.reason,
            has,
            from,
            void,
            place: demand.place.clone(),
        }
    });
    told.collect()
}

#[cfg(test)]
mod tests;
