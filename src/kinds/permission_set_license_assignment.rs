//! Seats of permission set licences. They are records: made and removed, never changed. A user takes them before its
//! permission sets, which may need them, and gives them back after.

use super::{Attributed, Draft, Kind, compare, unknown_name};
use crate::address::Address;
use crate::change::{Attributes, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::live::{AssignedThing, HeldSeat, Live, LiveSetLicence, Need, Reference, SetLicenceNeed};
use crate::manifest::{Manifest, SetLicenseRef, Sp};
use serde_json::json;

/// Assignments of permission set licences.
pub(super) static KIND: Kind = Kind {
    name: "permission_set_license_assignment",
    noun: "permission set licence assignment",
    needs,
    propose,
};

#[derive(Clone, Debug, PartialEq)]
struct SeatState {
    licence: String,
    user: String,
}

impl Attributed for SeatState {
    fn attributes(&self) -> Attributes {
        vec![
            ("permissionSetLicense".into(), json!(self.licence), None),
            ("user".into(), json!(self.user), None),
        ]
    }
}

fn needs(manifest: &Manifest) -> Vec<Need> {
    let spec = &manifest.spec;
    if spec.permission_set_licenses.is_empty() && spec.grants.is_empty() {
        return Vec::new();
    }
    let users = spec.user.iter().flat_map(|user| user.names());
    let seats = users.map(|name| SetLicenceNeed::Seats(name.clone()));
    let needs = std::iter::once(SetLicenceNeed::Licences).chain(seats);
    needs.map(Need::SetLicence).collect()
}

fn propose(manifest: &Manifest, live: &Live) -> Draft {
    let mut draft = Draft::default();
    for reference in &manifest.spec.permission_set_licenses {
        propose_one(reference, manifest, live, &mut draft);
    }
    draft
}

/// The seat of a permission set licence, by API name or label, that a user holds.
pub fn held_seat<'a>(licence: &str, username: &str, live: &'a Live) -> Option<&'a HeldSeat> {
    let licence = live.set_licence(licence)?;
    let mut seats = live.held_seats(username).learnt()?.iter();
    seats.find(|seat| seat.licence == licence.id)
}

fn propose_one(reference: &SetLicenseRef, manifest: &Manifest, live: &Live, draft: &mut Draft) {
    let name = &reference.name;
    let Some(user) = &manifest.spec.user else {
        let message = "a permission set licence is taken by nobody: `spec.user` is missing";
        let error = Diagnostic::error(Code::PermissionSetForNobody, message);
        draft.errors.push(error.at(&name.place));
        return;
    };
    let licence = live.set_licence(name);
    if !live.offline && licence.is_none() {
        draft.errors.push(unknown_licence(name, live));
        return;
    }
    let own = live.own_user(manifest);
    let held = own.and_then(|own| held_seat(name, &own.username, live));
    let state = SeatState {
        licence: licence.map_or_else(|| name.value.clone(), |licence| licence.name.clone()),
        user: user.username.value.clone(),
    };
    let address = Address::new(KIND.name, format!("{}@{}", state.licence, state.user));
    let (before, after, stage, write) = match (held, reference.absent) {
        (None, false) => {
            draft
                .errors
                .extend(licence.and_then(|licence| not_to_be_had(licence, name)));
            let record = record(licence, &state);
            (None, Some(&state), Stage::User, Write::Insert(record))
        }
        (Some(held), true) => {
            let object = AssignedThing::SetLicence.object().to_owned();
            let write = Write::Remove(object, held.id.clone());
            (Some(&state), None, Stage::Removals, write)
        }
        _ => return,
    };
    if let Some(comparison) = compare(before, after) {
        draft.change(address, comparison, stage, &name.place, write);
    }
}

fn record(licence: Option<&LiveSetLicence>, state: &SeatState) -> Record {
    let thing = AssignedThing::SetLicence;
    let taken = match licence {
        Some(licence) => RecordValue::Literal(json!(licence.id)),
        None => RecordValue::Lookup(Reference::SetLicence(state.licence.clone())),
    };
    let user = RecordValue::Lookup(Reference::Username(state.user.clone()));
    Record {
        object: thing.object(),
        values: [("AssigneeId".into(), user), (thing.column().into(), taken)].into(),
    }
}

fn unknown_licence(name: &Sp<String>, live: &Live) -> Diagnostic {
    let known = live.set_licences().learnt().into_iter().flatten();
    let known = known.map(|licence| licence.name.as_str());
    let what = "permission set licence";
    unknown_name(Code::UnknownSetLicence, what, name, &name.place, known)
}

/// That a licence is over, or has no seat left.
fn not_to_be_had(licence: &LiveSetLicence, name: &Sp<String>) -> Option<Diagnostic> {
    if licence.active == Some(false) {
        let message = format!(
            "the permission set licence `{}` is no longer active",
            licence.name
        );
        let help = "renew it with Salesforce, or name another; nothing has been written";
        let error = Diagnostic::error(Code::UnknownSetLicence, message);
        return Some(error.at(&name.place).help(help));
    }
    let (used, total) = licence.used.zip(licence.total)?;
    let message = format!(
        "no seat of the permission set licence `{}` is free: {used} of {total} are taken",
        licence.name
    );
    let help = "take one back from another user (Setup > Users > the user > Permission Set License Assignments), or buy one; \
                nothing has been written";
    let error = Diagnostic::error(Code::NoSetLicenceFree, message);
    (used >= total).then(|| error.at(&name.place).help(help))
}
