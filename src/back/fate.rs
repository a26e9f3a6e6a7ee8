//! What becomes of each thing that was made: by what it was before, as what it was left, and what it is now.

use super::{BackBy, BackDraft, Made};
use crate::address::Address;
use crate::change::{Action, FieldChange};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::{Assignment, Live};
use crate::manifest::{SharingModel, Word};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of one thing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum BackFate {
    /// It is as it was before.
    AsBefore,
    /// It goes, because it was made.
    Goes,
    /// These attributes go back: as they are now, and as they were.
    Back(Vec<FieldChange>),
    /// It is made again, because it was removed.
    Again,
    /// It stays as it is.
    Stays,
}

/// Kinds whose things there is a way back for.
const HANDLED: [&str; 12] = [
    "custom_field",
    "permission_set",
    "public_group",
    "public_group_member",
    "profile",
    "role",
    "user",
    "permission_set_assignment",
    "permission_set_group_assignment",
    "permission_set_license_assignment",
    "organization_wide_default",
    "sharing_rule",
];

/// The kind of seats of permission set licences.
pub(super) const SEAT: &str = "permission_set_license_assignment";
/// The attribute that names a group of permission sets.
pub(super) const GROUP: &str = "permissionSetGroup";

/// The attributes of a thing as the org has it, by path.
pub(super) type StandingValues = BTreeMap<String, Value>;

/// A thing as the org has it; `None` where it is not there.
pub(super) fn standing(made: &Made, live: &Live) -> Option<StandingValues> {
    if is_assignment(made) {
        held(made, live)?;
        // A set may be called by its label: what is held is what was meant.
        let stated = made.fields.iter();
        return Some(
            stated
                .map(|field| (field.path.clone(), field.after.clone()))
                .collect(),
        );
    }
    if made.address.kind == SEAT {
        let (licence, user) = seat(made)?;
        kinds::held_seat(licence, user, live)?;
        let pair = [("permissionSetLicense", licence), ("user", user)];
        return Some(
            pair.map(|(path, value)| (path.to_owned(), json!(value)))
                .into(),
        );
    }
    let attributes = kinds::stands(&made.address, live)?;
    let mut standing: StandingValues = attributes
        .into_iter()
        .map(|(path, value, _)| (path, value))
        .collect();
    // What a profile or set does not list, it does not grant.
    let is_profile = made.address.kind == "profile";
    for field in &made.fields {
        let nothing = match field.path.split_once('.') {
            Some(("userPermissions" | "fieldPermissions", _)) if is_profile => json!(false),
            Some(("userPermissions" | "fieldPermissions" | "recordTypes", _)) => Value::Null,
            Some(("objectPermissions", _)) => json!([]),
            _ => continue,
        };
        standing.entry(field.path.clone()).or_insert(nothing);
    }
    Some(standing)
}

/// An assignment as the org has it: of a user that was asked for, or of one of the holders of a profile.
pub(super) fn held<'a>(made: &Made, live: &'a Live) -> Option<&'a Assignment> {
    let (set, user) = assignment(made)?;
    // A manifest may call a set by its label.
    let named = match made.text(GROUP) {
        Some(group) => live.containers().learnt()?.group_called(group),
        None => kinds::find_permission_set(live, set).ok().flatten(),
    };
    let set = named.map_or(set, |set| set.name.as_str());
    if let Some(user) = live.user(user).found() {
        return user.assignments.of(set);
    }
    live.holder(user)?.assignments.of(set)
}

/// The permission set and the user of an assignment.
pub(super) fn assignment(made: &Made) -> Option<(&str, &str)> {
    let set = made.text("permissionSet").or_else(|| made.text(GROUP))?;
    Some((set, made.text("user")?))
}

/// Whether a thing is the assignment of a permission set or of a group of them.
pub(super) fn is_assignment(made: &Made) -> bool {
    [
        "permission_set_assignment",
        "permission_set_group_assignment",
    ]
    .contains(&made.address.kind)
}

/// The permission set licence and the user of a seat.
pub(super) fn seat(made: &Made) -> Option<(&str, &str)> {
    Some((made.text("permissionSetLicense")?, made.text("user")?))
}

/// A value as two that mean the same are compared.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(entries) if entries.is_empty() => Value::Null,
        value => value.clone(),
    }
}

fn same(one: &Value, other: &Value) -> bool {
    plain(one) == plain(other)
}

impl BackDraft<'_> {
    /// Decides what becomes of everything: first each by itself, then what stays for the sake of something else.
    pub(super) fn decide(&mut self) {
        let fates = self.way.made.iter().map(|made| self.fate(made));
        let (fates, told): (Vec<BackFate>, Vec<Vec<Diagnostic>>) = fates.unzip();
        self.fates = fates;
        self.findings.extend(told.into_iter().flatten());
        self.leave_levels_without_meaning();
        self.keep_what_stands_in_for_defaults();
        self.keep_what_is_used();
    }

    /// Where the parent controls an object, the platform sets the levels that roles have on it, and takes no other.
    fn leave_levels_without_meaning(&mut self) {
        for (index, made) in self.way.made.iter().enumerate() {
            let BackFate::Back(fields) = &self.fates[index] else {
                continue;
            };
            let (levels, rest): (Vec<FieldChange>, Vec<FieldChange>) = fields
                .iter()
                .cloned()
                .partition(|field| made.address.kind == "role" && self.is_meaningless(field));
            for level in levels {
                let was = FieldChange {
                    before: level.after.clone(),
                    ..level
                };
                self.findings.push(by_hand(made, &was));
            }
            self.fates[index] = match rest.is_empty() {
                true => BackFate::Stays,
                false => BackFate::Back(rest),
            };
        }
    }

    fn is_meaningless(&self, field: &FieldChange) -> bool {
        let object = match field.path.as_str() {
            "contactAccess" => "Contact",
            "opportunityAccess" => "Opportunity",
            "caseAccess" => "Case",
            _ => return false,
        };
        let mut defaults = self.decided().filter(|(made, _)| {
            made.address.kind == "organization_wide_default" && made.address.name == object
        });
        defaults.any(|(_, fate)| match fate {
            BackFate::Back(fields) => fields.iter().any(|field| {
                field.path == "internal"
                    && model(&field.after) == Some(SharingModel::ControlledByParent)
            }),
            _ => false,
        })
    }

    fn fate(&self, made: &Made) -> (BackFate, Vec<Diagnostic>) {
        if !HANDLED.contains(&made.address.kind) {
            let words = format!("{} is not taken back", made.address);
            let finding = Diagnostic::warning(Code::NotPutBack, words)
                .help("take it back by hand, in Setup")
                .about(made.address.clone());
            return (BackFate::Stays, vec![finding]);
        }
        let standing = standing(made, self.live);
        match (made.action, standing) {
            (Action::Create, None) => (BackFate::AsBefore, Vec::new()),
            (Action::Create, Some(_)) if !made.is_recorded => (BackFate::Goes, Vec::new()),
            (Action::Create, Some(now)) => {
                let third = changed_since(made, &now);
                // Whoever uses the log-in has to be stopped, whatever it is called by now.
                match third.is_empty() || made.address.kind == "user" {
                    true => (BackFate::Goes, Vec::new()),
                    false => (BackFate::Stays, third),
                }
            }
            (Action::Delete, None) => (BackFate::Again, Vec::new()),
            (Action::Delete, Some(_)) => (BackFate::AsBefore, Vec::new()),
            (Action::Update | Action::Replace, None) => {
                let words = format!(
                    "{} is not there any more: nothing of it goes back",
                    made.address
                );
                let gone = Diagnostic::warning(Code::ChangedSincePlan, words);
                (BackFate::Stays, vec![gone.about(made.address.clone())])
            }
            (Action::Update | Action::Replace, Some(now)) => three_ways(made, &now),
        }
    }

    /// Rules that show others what a default shows no more stay as long as the default does.
    fn keep_what_stands_in_for_defaults(&mut self) {
        let kept = self.objects_that_stay_restricted();
        if kept.is_empty() {
            return;
        }
        let role = self.own("role").next().map(|role| format!("role:{role}"));
        let own_sets = self.sets_of_own_user();
        let for_others = |made: &Made| match made.address.kind {
            "sharing_rule" => {
                let object = made.address.name.split('.').next().unwrap_or_default();
                let shared_to = made.text("sharedTo");
                kept.iter().any(|kept| kept == object) && shared_to != role.as_deref()
            }
            "permission_set" if own_sets.contains(made.address.name.as_str()) => false,
            "permission_set" => made.fields.iter().any(|field| {
                let object = field.path.strip_prefix("objectPermissions.");
                object.is_some_and(|object| kept.iter().any(|kept| kept == object))
            }),
            _ => false,
        };
        let mut stay = Vec::new();
        for (index, made) in self.way.made.iter().enumerate() {
            if self.fates[index] == BackFate::Goes && for_others(made) {
                stay.push(index);
            }
        }
        for index in stay {
            self.fates[index] = BackFate::Stays;
            let address = self.way.made[index].address.clone();
            let words =
                format!("{address} stays: others see by it what the default does not show them");
            let note = Diagnostic::note(Code::DefaultStays, words);
            self.findings.push(note.about(address));
        }
        self.tell_of_kept_defaults();
    }

    fn tell_of_kept_defaults(&mut self) {
        for object in &self.way.kept_defaults {
            let words = format!("the default of {object} stays as it is");
            let note = Diagnostic::note(Code::DefaultStays, words)
                .help(
                    "`--restore-default` widens it again, from the snapshot or to the value given",
                )
                .about(Address::new("organization_wide_default", object.clone()));
            self.findings.push(note);
        }
    }

    /// The sets that the plan gave its own user: nobody else sees by them.
    fn sets_of_own_user(&self) -> BTreeSet<&str> {
        let user = self.user().map(|user| user.address.name.as_str());
        let given = self.way.made.iter().filter_map(assignment);
        let own = given.filter(|(_, of)| user.is_some_and(|user| of.eq_ignore_ascii_case(user)));
        own.map(|(set, _)| set).collect()
    }

    /// Objects whose default does not come to be what it was.
    fn objects_that_stay_restricted(&self) -> Vec<String> {
        let stays = self.decided().filter(|(made, fate)| {
            made.address.kind == "organization_wide_default" && **fate == BackFate::Stays
        });
        let stays = stays.map(|(made, _)| made.address.name.clone());
        stays
            .chain(self.way.kept_defaults.iter().cloned())
            .collect()
    }

    /// Whether this is undone, rather than retired.
    pub(super) fn is_undo(&self) -> bool {
        self.way.by == BackBy::Undo
    }
}

/// Attributes of a thing that was made which are not as they were left. What the platform moves by itself, a role's levels
/// with the defaults, is nobody's change.
fn changed_since(made: &Made, now: &StandingValues) -> Vec<Diagnostic> {
    let changed = made.fields.iter().filter(|field| {
        let is_level = made.address.kind == "role" && field.path.ends_with("Access");
        let known = now.get(&field.path);
        !is_level && known.is_some_and(|known| !same(known, &field.after))
    });
    changed
        .map(|field| third(made, field, &now[&field.path]))
        .collect()
}

/// What goes back of a thing that was changed, and what is told of the rest.
fn three_ways(made: &Made, now: &StandingValues) -> (BackFate, Vec<Diagnostic>) {
    let (mut back, mut told) = (Vec::new(), Vec::new());
    for field in &made.fields {
        let Some(known) = now.get(&field.path) else {
            told.push(by_hand(made, field));
            continue;
        };
        if same(known, &field.before) {
            continue;
        }
        let on_its_way = field.through.as_ref();
        let is_ours =
            same(known, &field.after) || on_its_way.is_some_and(|through| same(known, through));
        match is_ours || !made.is_recorded {
            true => back.push(FieldChange {
                path: field.path.clone(),
                before: known.clone(),
                after: field.before.clone(),
                reason: None,
                through: None,
            }),
            false => told.push(third(made, field, known)),
        }
    }
    let fate = match (back.is_empty(), told.is_empty()) {
        (true, true) => BackFate::AsBefore,
        (true, false) => BackFate::Stays,
        (false, _) => BackFate::Back(back),
    };
    (fate, told)
}

fn third(made: &Made, field: &FieldChange, now: &Value) -> Diagnostic {
    let words = format!(
        "`{}` of {} was {}, the plan made it {}, and it is {} now: somebody changed it since, and it stays",
        field.path,
        made.address,
        shown(&field.before),
        shown(&field.after),
        shown(now)
    );
    Diagnostic::warning(Code::ChangedSincePlan, words).about(made.address.clone())
}

/// An attribute that nothing here puts back.
pub(super) fn by_hand(made: &Made, field: &FieldChange) -> Diagnostic {
    let words = format!(
        "`{}` of {} is not put back: it was {}",
        field.path,
        made.address,
        shown(&field.before)
    );
    let help = "set it by hand, where it matters";
    Diagnostic::warning(Code::NotPutBack, words)
        .help(help)
        .about(made.address.clone())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "not there".to_owned(),
        Value::String(text) => format!("`{text}`"),
        value => format!("`{value}`"),
    }
}

/// The default that a value means.
pub(super) fn model(value: &Value) -> Option<SharingModel> {
    value.as_str().and_then(SharingModel::of)
}
