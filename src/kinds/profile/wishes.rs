//! What the manifest says of a profile, and where it says two things that cannot both be.

use crate::clone::{Contradiction, Grant, ObjectFlags, Removals, Wishes};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};
use crate::live::profile_label as label;
use crate::manifest::{self, LoginRestrictions, Manifest, ObjectPermission, Sp};
use crate::power::power_of;
use std::collections::BTreeSet;

/// What lets its holder log in by the API only.
const API_ONLY: &str = "ApiUserOnly";

/// What the manifest wants of the profile.
pub(super) fn wishes(wanted: &manifest::Profile, manifest: &Manifest) -> Wishes {
    let objects = wanted.object_permissions.iter();
    let users = wanted.user_permissions.iter();
    let description = wanted.description.as_ref();
    let by_api_only = manifest.spec.login.as_ref().filter(|login| login.api_only);
    let by_api_only = by_api_only.map(|_| ());
    Wishes {
        selective: selective(wanted, manifest)
            .into_iter()
            .map(|object| object.value.clone())
            .collect(),
        object_permissions: objects
            .map(|(object, stated)| (object.clone(), flags_of(stated)))
            .collect(),
        user_permissions: users
            .map(|(name, on)| (name.clone(), on.value))
            .chain(by_api_only.map(|()| (API_ONLY.to_owned(), true)))
            .collect(),
        without_administration: without_administration(wanted),
        fields: fields(wanted, manifest),
        readable: BTreeSet::new(),
        leave_out: wanted.leave_out.clone().unwrap_or_default(),
        login_restrictions: wanted.login_restrictions == LoginRestrictions::Clone,
        description: description.map(|description| description.value.clone()),
    }
}

/// The permissions of an administrator that stay, where the others go.
fn without_administration(wanted: &manifest::Profile) -> Option<BTreeSet<String>> {
    let without = wanted.without_administration.as_ref()?;
    Some(without.keep.iter().map(|name| name.value.clone()).collect())
}

/// Objects without View All and Modify All: those that are said, or every one under `sharing`.
fn selective<'a>(wanted: &'a manifest::Profile, manifest: &'a Manifest) -> Vec<&'a Sp<String>> {
    match &wanted.without_data_administration {
        Some(stated) => stated.iter().collect(),
        None => manifest
            .spec
            .sharing
            .iter()
            .map(|sharing| &sharing.object)
            .collect(),
    }
}

/// The fields of the manifest that this profile sees. A source that may not see a field says so in its document, and
/// the clone must not repeat that: laid over the field's own permission, it would take it away again.
fn fields(wanted: &manifest::Profile, manifest: &Manifest) -> BTreeSet<String> {
    let sees = |field: &&manifest::Field| {
        let viewers = field.visible_to.as_ref();
        let named = |viewers: &Vec<Sp<String>>| {
            viewers
                .iter()
                .any(|viewer| label(viewer) == wanted.name.value)
        };
        !field.absent && viewers.is_none_or(named)
    };
    let fields = manifest.spec.fields.iter().filter(sees);
    fields
        .map(|field| format!("{}.{}", field.object, field.name))
        .collect()
}

fn flags_of(stated: &BTreeSet<ObjectPermission>) -> ObjectFlags {
    let has = |permission| stated.contains(&permission);
    ObjectFlags {
        read: has(ObjectPermission::Read),
        create: has(ObjectPermission::Create),
        edit: has(ObjectPermission::Edit),
        delete: has(ObjectPermission::Delete),
        view_all: has(ObjectPermission::ViewAll),
        modify_all: has(ObjectPermission::ModifyAll),
        view_all_fields: has(ObjectPermission::ViewAllFields).then_some(true),
    }
}

/// What the manifest grants although something else in it takes away what that requires: both lines are named.
pub(super) fn contradictions(
    removals: &Removals,
    wanted: &manifest::Profile,
    manifest: &Manifest,
) -> Vec<Diagnostic> {
    let found = removals.contradictions.iter();
    found
        .map(|found| contradiction(found, wanted, manifest))
        .collect()
}

fn contradiction(
    found: &Contradiction,
    wanted: &manifest::Profile,
    manifest: &Manifest,
) -> Diagnostic {
    let message = format!(
        "{} cannot be granted: it requires {}, which this manifest takes away",
        found.stated, found.required
    );
    let diagnostic = Diagnostic::error(Code::GrantWithoutRequirement, message)
        .at(stated_at(&found.stated, wanted))
        .help(format!(
            "take {} out, or let the profile keep {}",
            found.stated, found.required
        ));
    match taken_at(&found.root, wanted, manifest) {
        Some(place) => diagnostic.see(place, format!("{} goes because of this", found.required)),
        None => diagnostic,
    }
}

/// The line that states a grant.
fn stated_at<'a>(grant: &Grant, wanted: &'a manifest::Profile) -> &'a Place {
    let place = match grant {
        Grant::User(name) => {
            let stated = wanted.user_permissions.get(name).map(|on| &on.place);
            stated.or_else(|| {
                let kept = wanted.without_administration.iter();
                let mut kept = kept.flat_map(|without| &without.keep);
                let kept = kept.find(|kept| kept.value == *name);
                kept.map(|kept| &kept.place)
            })
        }
        Grant::Object(object, _) => wanted
            .object_permissions
            .get(object)
            .map(|stated| &stated.place),
    };
    place.unwrap_or(&wanted.place)
}

/// The line that takes an administrator's permissions away, where this is one of them.
fn taken_with_administration<'a>(name: &str, wanted: &'a manifest::Profile) -> Option<&'a Place> {
    let without = wanted.without_administration.as_ref()?;
    power_of(name).map(|_| &without.place)
}

/// The line that takes a grant away: the one that states it, or names the object as selective.
fn taken_at<'a>(
    root: &Grant,
    wanted: &'a manifest::Profile,
    manifest: &'a Manifest,
) -> Option<&'a Place> {
    let selective = selective(wanted, manifest);
    match root {
        Grant::User(name) => wanted
            .user_permissions
            .get(name)
            .map(|on| &on.place)
            .or_else(|| taken_with_administration(name, wanted))
            .or_else(|| selective.first().map(|object| &object.place)),
        Grant::Object(object, _) => wanted
            .object_permissions
            .get(object)
            .map(|stated| &stated.place)
            .or_else(|| {
                let named = selective.into_iter().find(|named| named.value == *object);
                named.map(|named| &named.place)
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clone::Requirements;

    /// The message, its line and the line it points at, of every contradiction in a profile.
    fn contradictions_of(profile: &str, sharing: &str) -> Vec<(String, usize, usize)> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata:\n  name: m\nspec:\n  profile:\n    name: P\n\
             \u{20}   cloneFrom: System Administrator\n{profile}{sharing}"
        );
        std::fs::write(&file, text).expect("written");
        let manifests = manifest::load(&[file], &[], &[], &|_| None).expect("valid");
        let manifest = manifests.first().expect("one");
        let wanted = manifest.spec.profile.as_ref().expect("a profile");
        let removals = Requirements::built_in().removals(&wishes(wanted, manifest));
        let found = contradictions(&removals, wanted, manifest);
        let line = |place: Option<&Place>| place.map_or(0, |place| place.line);
        found
            .iter()
            .map(|found| {
                let related = found.related.first().map(|(place, _)| place);
                (
                    found.message.clone(),
                    line(found.place.as_ref()),
                    line(related),
                )
            })
            .collect()
    }

    #[test]
    fn both_lines_of_a_contradiction_are_named() {
        let found = contradictions_of(
            "    objectPermissions:\n      Contract: [read, viewAll]\n",
            "  sharing:\n    - object: Account\n      organizationWideDefault: Private\n",
        );
        let message = "View All on Contract cannot be granted: it requires View All on Account, which this manifest \
                       takes away";
        assert_eq!(found, [(message.to_owned(), 10, 12)]);
    }

    #[test]
    fn what_is_kept_of_an_administrators_permissions_may_need_what_goes() {
        let found = contradictions_of(
            "    withoutAdministration: {keep: [InstallPackaging]}\n",
            "  sharing: []\n",
        );
        let message = "Install Packaging cannot be granted: it requires Modify All Data, which this manifest takes away";
        let named: Vec<_> = found
            .iter()
            .map(|(told, line, _)| (told.as_str(), *line))
            .collect();
        assert_eq!(named, [(message, 9)]);
    }

    #[test]
    fn what_is_stated_may_contradict_what_is_stated() {
        let found = contradictions_of(
            "    objectPermissions:\n      Account: [read]\n    userPermissions:\n      ConvertLeads: true\n",
            "",
        );
        let message = "Convert Leads cannot be granted: it requires Create on Account, which this manifest takes away";
        assert_eq!(found, [(message.to_owned(), 12, 10)]);
        let consistent = "    objectPermissions:\n      Account: [read, create]\n    userPermissions:\n      ConvertLeads: true\n";
        assert_eq!(contradictions_of(consistent, ""), []);
    }
}
