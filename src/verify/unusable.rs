//! What keeps the user from working with the records that are shared with it: a user that cannot use the API proves
//! nothing, and one that cannot read what the criteria ask for is told.
//!
//! **Promise:** nothing is said that the org did not tell: where one of the user's permission sets is not known, it may
//! grant what the profile does not.

use super::subject::{Subject, subjects_of};
use crate::access;
use crate::clone;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::{Live, LiveUser, Need, profile_label as label};
use crate::manifest::{Manifest, Profile};
use crate::observe;
use crate::org::{OrgError, Reader};
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

/// What every integration needs.
const API: &str = "ApiEnabled";

/// What tells whether the user can work, as needs that can be met in the wave before the proof.
pub(super) fn needs(manifests: &[Manifest]) -> impl Iterator<Item = Need> {
    manifests.iter().flat_map(|manifest| {
        let profile = manifest.spec.profile.iter();
        let profile = profile.filter(|profile| !profile.absent);
        profile.flat_map(|profile| {
            let objects = manifest.spec.sharing.iter();
            objects.map(|sharing| {
                Need::ProfileFields(label(&profile.name), sharing.object.value.clone())
            })
        })
    })
}

fn names() -> BTreeSet<&'static str> {
    BTreeSet::from([API])
}

/// What keeps the users of the manifests from working, one finding each.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn unusable(
    manifests: &[Manifest],
    live: &Live,
    reader: &Reader,
) -> Result<Vec<Diagnostic>, OrgError> {
    let users = manifests.iter();
    let users: Vec<_> = users
        .filter_map(|manifest| doubtful_user(manifest, live))
        .collect();
    let subjects = subjects_of(manifests, live);
    let hidden: Vec<HiddenField> = subjects.iter().flat_map(hidden_fields).collect();
    if users.is_empty() && hidden.is_empty() {
        return Ok(Vec::new());
    }
    let sets = hidden.iter().flat_map(|hidden| set_names(hidden.user));
    let sets: BTreeSet<Need> = sets
        .map(|name| Need::PermissionSet(name.to_owned()))
        .collect();
    let users_held = users.iter();
    let held = users_held.map(|(_, user)| Need::HeldPermissions(user.username.clone(), names()));
    let mut told = Live::default();
    observe::ask_org(sets.into_iter().chain(held).collect(), reader, &mut told).await?;
    let without = users.iter();
    let mut found: Vec<Diagnostic> = without
        .filter_map(|(place, user)| without_api(place, user, &told))
        .collect();
    let hidden = hidden.iter().filter(|hidden| !hidden.may_be_granted(&told));
    found.extend(hidden.map(HiddenField::told));
    Ok(found)
}

/// The user of a manifest with the line that names it, where its profile does not show by itself that it can use the API.
fn doubtful_user<'a>(manifest: &'a Manifest, live: &'a Live) -> Option<(&'a Place, &'a LiveUser)> {
    let wanted = manifest.spec.user.as_ref()?;
    let user = live.user(&wanted.username).found()?;
    let profile = user.profile.as_deref().unwrap_or_default();
    let document = live.profile_document(profile).found();
    let is_granted = document.is_some_and(|document| clone::granted(document).contains(API));
    (!is_granted).then_some((&wanted.username.place, user))
}

fn without_api(place: &Place, user: &LiveUser, told: &Live) -> Option<Diagnostic> {
    let held = told.held_permissions(&user.username, &names()).learnt()?;
    if held.contains(API) {
        return None;
    }
    let message = format!(
        "`{}` cannot use the API: neither its profile nor a permission set that it holds grants `{API}`",
        user.username
    );
    let help = "no integration can connect as this user; plan again, and where that changes nothing, state \
                `ApiEnabled: true` under `profile.userPermissions`";
    let error = Diagnostic::error(Code::UserCannotWork, message).help(help);
    Some(error.at(place))
}

/// A field of the criteria that the user's profile does not let it read.
struct HiddenField<'a> {
    user: &'a LiveUser,
    profile: &'a Profile,
    /// `Lead.Email`.
    field: String,
    place: &'a Place,
}

/// The fields that the criteria of an object ask for and the profile does not grant. Only fields that profiles may grant
/// are meant, as the org describes them.
fn hidden_fields<'a>(subject: &Subject<'a>) -> Vec<HiddenField<'a>> {
    let (user, live, object) = (subject.user, subject.live, &subject.sharing.object);
    let profile = subject.manifest.spec.profile.as_ref();
    let Some(profile) =
        profile.filter(|profile| user.profile.as_ref() == Some(&profile.name.value))
    else {
        return Vec::new();
    };
    let readable = live.profile_fields(&label(&profile.name), object).learnt();
    let Some(readable) = readable.filter(|_| !reads_all_fields(profile, object, live)) else {
        return Vec::new();
    };
    let readable: BTreeSet<&str> = readable.into_iter().map(|(field, _)| field).collect();
    let rules = access::criteria_rules(subject.sharing, subject.manifest);
    let criteria = rules.flat_map(|(rule, _)| &rule.criteria);
    let asked: BTreeMap<&String, &Place> = criteria
        .map(|criterion| (&criterion.field.value, &criterion.field.place))
        .collect();
    let granted_by_profiles = |field: &str| {
        let field = live.field(object, field);
        field.is_some_and(|field| field.permissionable == Some(true))
    };
    asked
        .into_iter()
        .filter(|(field, _)| granted_by_profiles(field))
        .map(|(field, place)| (format!("{object}.{field}"), place))
        .filter(|(field, _)| !readable.contains(field.as_str()))
        .map(|(field, place)| HiddenField {
            user,
            profile,
            field,
            place,
        })
        .collect()
}

/// Whether the profile's document grants fields that the rows of the data API need not list.
fn reads_all_fields(profile: &Profile, object: &str, live: &Live) -> bool {
    let document = live.profile_document(&profile.name).found();
    document.is_none_or(|document| grants_all_fields(document, object))
}

fn grants_all_fields(document: &Element, object: &str) -> bool {
    let is_on = |entry: &Element, flag: &str| entry.text_of(flag) == Some("true");
    let mut objects = document.children_named("objectPermissions");
    let mut users = document.children_named("userPermissions");
    objects.any(|entry| entry.text_of("object") == Some(object) && is_on(entry, "viewAllFields"))
        || users.any(|entry| {
            let name = entry.text_of("name").unwrap_or_default();
            name.starts_with("ViewAllFields") && is_on(entry, "enabled")
        })
}

/// API names of the permission sets that a user holds besides its profile's.
fn set_names(user: &LiveUser) -> impl Iterator<Item = &str> {
    let held = user.assignments.all().iter();
    held.filter(|held| !held.of_profile)
        .map(|held| held.name.as_str())
}

impl HiddenField<'_> {
    /// Whether a permission set of the user's grants it, or may: its document was not told.
    fn may_be_granted(&self, told: &Live) -> bool {
        let object = self.field.split('.').next().unwrap_or_default();
        set_names(self.user).any(|name| match told.permission_set_document(name).found() {
            None => true,
            Some(document) => {
                grants_all_fields(document, object) || reads_field(document, &self.field)
            }
        })
    }

    fn told(&self) -> Diagnostic {
        let (username, field) = (&self.user.username, &self.field);
        let message = format!(
            "`{username}` cannot read `{field}`, which a rule asks for: neither its profile nor a permission set that \
             it holds grants it"
        );
        let help = format!(
            "the integration does not see the field; plan again, and where that changes nothing, let `{}` read it in Setup > \
             Object Manager > Fields > Set Field-Level Security",
            self.profile.name
        );
        let warning = Diagnostic::warning(Code::UserCannotWork, message).help(help);
        warning.at(self.place)
    }
}

fn reads_field(document: &Element, field: &str) -> bool {
    let mut fields = document.children_named("fieldPermissions");
    fields.any(|entry| {
        entry.text_of("field") == Some(field) && entry.text_of("readable") == Some("true")
    })
}
