//! What users can see and do, for machines.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

use super::ended::Ended;
use super::{FORMAT_VERSION, OrgJson, pretty};
use crate::access::{Escalation, SetStanding};
use crate::inventory::{
    Inventory, MfaClass, ObjectInventory, PermissionInventory, UserInventory, worst,
};
use crate::power::{Evidence, Tier};
use crate::report::Ending;
use crate::report::inventory::{NOT_ASKED, allowed, unknown};
use crate::tally::Tally;

/// The whole report.
pub fn inventory(inventory: &Inventory, ending: &Ending) -> String {
    let body = InventoryJson {
        format_version: FORMAT_VERSION,
        org: OrgJson::from(&inventory.org),
        users: inventory
            .users
            .iter()
            .map(UserInventoryJson::from)
            .collect(),
        api_requests: inventory.requests,
    };
    pretty(&Ended::new(body, ending))
}

#[derive(Serialize)]
struct InventoryJson<'a> {
    format_version: &'static str,
    org: OrgJson<'a>,
    users: Vec<UserInventoryJson<'a>>,
    api_requests: u64,
}

#[derive(Serialize)]
struct UserInventoryJson<'a> {
    username: &'a str,
    licence: Option<&'a str>,
    profile: Option<&'a str>,
    worst: Vec<String>,
    login: LogInJson<'a>,
    sets: Vec<HeldSetJson<'a>>,
    escalation_paths: Option<Vec<EscalationJson<'a>>>,
    permissions: Option<Vec<PermissionJson<'a>>>,
    permissions_in_an_activated_session: Option<Vec<PermissionJson<'a>>>,
    objects: Option<Vec<ObjectJson<'a>>>,
    fields: Option<FieldsJson>,
    unknown: BTreeMap<&'static str, String>,
}

impl<'a> From<&'a UserInventory> for UserInventoryJson<'a> {
    fn from(user: &'a UserInventory) -> Self {
        let permissions = |known: Option<&'a Vec<PermissionInventory>>| {
            known.map(|held| held.iter().map(PermissionJson::from).collect())
        };
        let objects = user.objects.as_ref().learnt();
        let licence = user.licence.as_ref().learnt().and_then(Option::as_deref);
        Self {
            username: &user.username,
            licence,
            profile: user.profile.as_deref(),
            worst: worst(user),
            login: LogInJson::from(user),
            sets: user.sets.iter().map(HeldSetJson::from).collect(),
            escalation_paths: user
                .escalations
                .as_ref()
                .learnt()
                .map(|paths| paths.iter().map(EscalationJson::from).collect()),
            permissions: permissions(user.permissions.as_ref().learnt()),
            permissions_in_an_activated_session: permissions(user.only_activated.as_ref().learnt()),
            objects: objects.map(|objects| objects.iter().map(ObjectJson::from).collect()),
            fields: objects.and_then(|objects| FieldsJson::of(objects)),
            unknown: unknown(user)
                .into_iter()
                .chain(NOT_ASKED.map(|(key, why)| (key, why.to_owned())))
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct LogInJson<'a> {
    active: bool,
    frozen: Option<bool>,
    api_only: Option<bool>,
    mfa: Option<MfaClass>,
    ip_ranges: Option<&'a [String]>,
    restricted_hours: Option<bool>,
    last: Option<&'a str>,
    user_type: Option<&'a str>,
}

impl<'a> From<&'a UserInventory> for LogInJson<'a> {
    fn from(user: &'a UserInventory) -> Self {
        let facts = &user.log_in;
        Self {
            active: facts.active,
            frozen: facts.frozen.clone().learnt(),
            api_only: facts.api_only.clone().learnt(),
            mfa: facts.mfa.clone().learnt(),
            ip_ranges: facts.ip_ranges.as_ref().learnt().map(Vec::as_slice),
            restricted_hours: facts.hours.clone().learnt(),
            last: facts.last.as_ref().learnt().and_then(Option::as_deref),
            user_type: facts.user_type.as_ref().learnt().and_then(Option::as_deref),
        }
    }
}

#[derive(Serialize)]
struct HeldSetJson<'a> {
    address: &'a str,
    standing: &'static str,
    day: Option<&'a str>,
}

impl<'a> From<&'a (String, SetStanding)> for HeldSetJson<'a> {
    fn from((address, standing): &'a (String, SetStanding)) -> Self {
        let (standing, day) = match standing {
            SetStanding::InForce => ("in_force", None),
            SetStanding::OnlyActivated => ("only_in_an_activated_session", None),
            SetStanding::Over(day) => ("over", day.as_deref()),
            SetStanding::TakenBack => ("taken_back", None),
        };
        Self {
            address,
            standing,
            day,
        }
    }
}

#[derive(Serialize)]
struct EscalationJson<'a> {
    path: &'static str,
    by: String,
    how: &'static str,
    evidence: Evidence,
    by_hand: bool,
    reaches: &'a [String],
    reaches_all_data: bool,
}

impl<'a> From<&'a Escalation> for EscalationJson<'a> {
    fn from(escalation: &'a Escalation) -> Self {
        Self {
            path: escalation.path,
            by: escalation.by.join(" + "),
            how: escalation.how,
            evidence: escalation.evidence,
            by_hand: escalation.by_hand,
            reaches: &escalation.reaches,
            reaches_all_data: escalation.reaches_all_data,
        }
    }
}

#[derive(Serialize)]
struct PermissionJson<'a> {
    name: &'a str,
    tier: Tier,
    from: &'a BTreeSet<String>,
}

impl<'a> From<&'a PermissionInventory> for PermissionJson<'a> {
    fn from(held: &'a PermissionInventory) -> Self {
        Self {
            name: &held.name,
            tier: held.tier,
            from: &held.from,
        }
    }
}

#[derive(Serialize)]
struct ObjectJson<'a> {
    object: &'a str,
    allow: Vec<&'static str>,
    view_all: bool,
    modify_all: bool,
    records: &'a Tally,
    readable: &'a Tally,
    editable: &'a Tally,
    readable_fields: Option<u64>,
    editable_fields: Option<u64>,
    from: &'a BTreeSet<String>,
    unknown: BTreeMap<&'static str, &'a str>,
}

impl<'a> From<&'a ObjectInventory> for ObjectJson<'a> {
    fn from(object: &'a ObjectInventory) -> Self {
        let reasons = [
            ("records", object.records.unknown()),
            ("readable", object.readable.unknown()),
            ("editable", object.editable.unknown()),
        ];
        let reasons = reasons.into_iter();
        Self {
            object: &object.object,
            allow: allowed(object.held.rights),
            view_all: object.held.rights.view_all,
            modify_all: object.held.rights.modify_all,
            records: &object.records,
            readable: &object.readable,
            editable: &object.editable,
            readable_fields: object.readable_fields.clone().learnt(),
            editable_fields: object.editable_fields.clone().learnt(),
            from: &object.held.from,
            unknown: reasons.filter_map(|(key, why)| Some((key, why?))).collect(),
        }
    }
}

/// Fields over all objects.
#[derive(Serialize)]
struct FieldsJson {
    readable: u64,
    editable: u64,
}

impl FieldsJson {
    /// `None` where any object's are not known.
    fn of(objects: &[ObjectInventory]) -> Option<Self> {
        let mut all = Self {
            readable: 0,
            editable: 0,
        };
        for object in objects {
            all.readable += object.readable_fields.clone().learnt()?;
            all.editable += object.editable_fields.clone().learnt()?;
        }
        Some(all)
    }
}
