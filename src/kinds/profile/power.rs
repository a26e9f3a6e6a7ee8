//! What the profile leaves its user to do besides its own records.

use crate::address::Address;
use crate::clone::{ObjectFlags, Right, document_objects, granted};
use crate::code::Code;
use crate::count::{count, first_few};
use crate::diagnostic::{Diagnostic, Place};
use crate::kinds::permission_set::{granted_objects, granted_permissions};
use crate::kinds::user::unchanged_profile;
use crate::live::Live;
use crate::manifest::{AcceptedPower, Manifest};
use crate::power::{ESCALATION_PATHS, Gain, NEEDS_PASSKEY};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What a profile will grant.
pub(super) struct Kept<'a> {
    /// User permissions.
    pub(super) permissions: BTreeSet<String>,
    /// Rights on objects.
    pub(super) objects: BTreeMap<String, ObjectFlags>,
    /// Objects whose records are selected: what it may do with them is told elsewhere.
    pub(super) selective: &'a BTreeSet<String>,
    /// Objects that permission sets of the manifest open.
    pub(super) opened: BTreeSet<String>,
    /// What somebody has accepted, and the day on which it is asked.
    pub(super) accepted: (&'a [AcceptedPower], Option<Date>),
}

impl<'a> Kept<'a> {
    /// What a profile grants by itself.
    pub(super) fn new(
        permissions: BTreeSet<String>,
        objects: BTreeMap<String, ObjectFlags>,
        selective: &'a BTreeSet<String>,
    ) -> Self {
        Self {
            permissions,
            objects,
            selective,
            opened: BTreeSet::new(),
            accepted: (&[], None),
        }
    }

    /// The same, and what the permission sets of the manifest grant besides.
    pub(super) fn and_granted(mut self, manifest: &'a Manifest, live: &Live) -> Self {
        self.accepted = (&manifest.spec.accepts, live.today);
        self.permissions.extend(granted_permissions(manifest, live));
        for (object, granted) in granted_objects(manifest, live) {
            if granted.view_all || granted.modify_all {
                self.opened.insert(object.clone());
            }
            let flags = self.objects.entry(object).or_default();
            let has = Right::ALL.into_iter().filter(|right| granted.has(*right));
            *flags = has.fold(*flags, ObjectFlags::with);
        }
        self
    }
}

/// What a profile of which nothing is changed leaves its user to do, with the permission sets of the manifest. What the
/// profile grants is told as far as the org gave its document.
pub(super) fn of_unchanged(manifest: &Manifest, live: &Live) -> Vec<Diagnostic> {
    let Some(named) = &manifest.spec.existing_profile else {
        return Vec::new();
    };
    let profile = unchanged_profile(manifest, live);
    let label = profile.map(|profile| profile.label.clone());
    let document = label
        .as_ref()
        .and_then(|label| live.profile_document(label).found());
    let sharing = manifest.spec.sharing.iter();
    let selective = sharing
        .map(|sharing| sharing.object.value.clone())
        .collect();
    let permissions = document.map(granted).unwrap_or_default();
    let objects = document.map(document_objects).unwrap_or_default();
    let kept = Kept::new(permissions, objects, &selective);
    let address = Address::new("profile", label.unwrap_or_default());
    remarks(&kept.and_granted(manifest, live), &named.place, &address)
}

/// Ways up, what log-in by hand needs, and objects that lie open beside those that are selected.
pub(super) fn remarks(kept: &Kept, place: &Place, address: &Address) -> Vec<Diagnostic> {
    let found = [escalation(kept), passkey(kept), open_objects(kept)];
    let found = found.into_iter().flatten();
    let found = found.map(|remark| remark.at(place));
    let (accepts, _) = kept.accepted;
    let accepted = accepts.iter().map(|power| accepted(power, kept));
    let all = found.chain(accepted);
    all.map(|remark| remark.about(address.clone())).collect()
}

/// What somebody accepted: as such while it is, and what became of it after.
fn accepted(power: &AcceptedPower, kept: &Kept) -> Diagnostic {
    let (name, place) = (&power.permission, &power.permission.place);
    let note = |message: String| Diagnostic::note(Code::PowerAccepted, message).at(place);
    if !kept.permissions.contains(&name.value) {
        let message = format!("`{name}` is accepted, and the user does not hold it");
        return note(message).help("take the entry out of `accepts`");
    }
    if !kept.accepts(name) {
        let message = format!(
            "`{name}` was accepted until {}: it is a finding again",
            power.until
        );
        let warning = Diagnostic::warning(Code::PowerAccepted, message).at(place);
        return warning.help("take the permission away, or accept it anew with another day");
    }
    let message = format!(
        "`{name}` is accepted until {}: {}",
        power.until, power.reason
    );
    note(message)
        .help("what it lets the user do stays what it is; after that day it is a finding again")
}

fn held(kept: &Kept, names: &[&str]) -> Vec<String> {
    let held = names
        .iter()
        .filter(|name| kept.permissions.contains(**name));
    held.map(|name| (*name).to_owned()).collect()
}

impl Kept<'_> {
    /// Whether somebody has accepted a permission, and the day has not passed.
    fn accepts(&self, name: &str) -> bool {
        let (accepted, today) = self.accepted;
        let mut entries = accepted
            .iter()
            .filter(|power| power.permission.value == name);
        entries.any(|power| {
            let until: Option<Date> = power.until.parse().ok();
            until.is_some_and(|until| today.is_none_or(|today| today <= until))
        })
    }
}

/// One call to the API gives the user more than any of this proves.
fn escalation(kept: &Kept) -> Option<Diagnostic> {
    let (paths, ways) = open_paths(kept);
    if paths == 0 {
        return None;
    }
    let message = format!(
        "{}: whoever holds the user's log-in can give it more than this manifest does, by {}",
        count(paths, "escalation path"),
        ways.join(", ")
    );
    let help = "what is proved of records holds until somebody does; `orgwright access FILE` tells each, once the user is there; state \
                `withoutAdministration: true` in the profile to take these away, with all others of an administrator";
    let warning = Diagnostic::warning(Code::EscalationPaths, message);
    Some(warning.help(help).naming(&ways))
}

/// How many ways to more are open, and the permissions that open them. What sleeps in sets that a session wakes is none of
/// the profile's.
fn open_paths(kept: &Kept) -> (u64, Vec<String>) {
    let held = kept.permissions.iter().filter(|name| !kept.accepts(name));
    let held = held.map(String::as_str).collect();
    let paths = ESCALATION_PATHS.iter();
    let paths = paths.filter(|path| path.gains != Gain::SleepingSets);
    let open: Vec<Vec<&str>> = paths.filter_map(|path| path.opened_by(&held)).collect();
    let mut ways: Vec<String> = Vec::new();
    for name in open.iter().flatten() {
        if !ways.iter().any(|known| known == name) {
            ways.push((*name).to_owned());
        }
    }
    (open.len() as u64, ways)
}

fn passkey(kept: &Kept) -> Option<Diagnostic> {
    let privileged = held(kept, &NEEDS_PASSKEY);
    if privileged.is_empty() {
        return None;
    }
    let message = format!(
        "a person who logs in as the user needs a passkey or security key: it holds {}",
        privileged.join(", ")
    );
    let help = "register one for the user before the integration is connected by hand (multi-factor log-in of privileged users, \
                since July 2026), or take the permissions away: `withoutAdministration: true`";
    Some(Diagnostic::warning(Code::PasskeyNeeded, message).help(help))
}

fn open_objects(kept: &Kept) -> Option<Diagnostic> {
    let opens = |flags: &ObjectFlags| flags.view_all || flags.modify_all;
    let open = kept.objects.iter();
    let open = open.filter(|(object, flags)| opens(flags) && !kept.selective.contains(*object));
    let open: Vec<String> = open.map(|(object, _)| object.clone()).collect();
    if open.is_empty() {
        return None;
    }
    if open.iter().all(|object| kept.opened.contains(object)) {
        let message = format!(
            "the user gets View All or Modify All on {}: {}",
            count(open.len() as u64, "object"),
            first_few(&open)
        );
        let help = "it sees every record of these, whatever sharing says; take `viewAll` and `modifyAll` out of `allow` where that is \
                    not meant; `orgwright access FILE` counts their records, once the user is there";
        let note = Diagnostic::note(Code::OtherObjectsOpen, message);
        return Some(note.help(help).naming(&open));
    }
    let message = format!(
        "the user keeps View All or Modify All on {}: {}",
        count(open.len() as u64, "other object"),
        first_few(&open)
    );
    let help = "it sees every record of these, whatever sharing says; name them under `withoutDataAdministration`, or state what it \
                may do with each under `objectPermissions`; `orgwright access FILE` counts their records, once the user is there";
    let note = Diagnostic::note(Code::OtherObjectsOpen, message);
    Some(note.help(help).naming(&open))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(permissions: &[&str], open: &[&str]) -> Vec<String> {
        let flags = ObjectFlags {
            read: true,
            view_all: true,
            ..ObjectFlags::default()
        };
        let selective = BTreeSet::from(["Lead".to_owned()]);
        let kept = Kept {
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
            objects: open
                .iter()
                .map(|name| ((*name).to_owned(), flags))
                .collect(),
            selective: &selective,
            opened: BTreeSet::new(),
            accepted: (&[], None),
        };
        let found = [escalation(&kept), passkey(&kept), open_objects(&kept)];
        let found = found.into_iter().flatten();
        found
            .map(|one| format!("{}: {}", one.code, one.message))
            .collect()
    }

    #[test]
    fn what_lets_do_more_is_named_and_nothing_else() {
        assert_eq!(told(&["ApiEnabled", "ViewSetup"], &["Lead"]), [""; 0]);
        let told = told(
            &["ResetPasswords", "CustomizeApplication"],
            &["Lead", "Case"],
        );
        assert_eq!(
            told,
            [
                "OW2055: 1 escalation path: whoever holds the user's log-in can give it more than this manifest does, by ResetPasswords",
                "OW2056: a person who logs in as the user needs a passkey or security key: it holds CustomizeApplication",
                "OW2057: the user keeps View All or Modify All on 1 other object: Case",
            ]
        );
    }
}
