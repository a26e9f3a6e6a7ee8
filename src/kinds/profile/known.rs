//! What is asked of the org about profiles, and what its answers say.

use super::dependencies::{Walk, walk};
use super::partial::{lacks_user_permissions, with_own_permissions};
use super::wishes::wishes;
use crate::change::Attributes;
use crate::clone::{self, Baseline, ObjectFlags, Requirements};
use crate::live::{Live, Need};
use crate::manifest::{self, Manifest};
use crate::xml::Element;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What a new profile with the Salesforce licence starts from, from API 60 on.
const BASELINE: &str = "Minimum Access - Salesforce";
/// The first API version with that baseline; before it was Standard User.
const BASELINE_SINCE: u32 = 60;

/// What the first answers make necessary: what requires what falls, user permissions a profile came without, and whether
/// there are the objects on which no profile that was looked at grants anything.
pub(super) fn further_needs(manifest: &Manifest, live: &Live) -> Vec<Need> {
    let Some(profile) = &manifest.spec.profile else {
        return Vec::new();
    };
    let labels = labels(profile, live).into_iter();
    let partial = labels
        .filter(|label| lacks_user_permissions(label, live))
        .map(Need::ProfilePermissions);
    let next = walk(&wishes(profile, manifest), live).next;
    let granted = objects_granted(profile, live);
    let named = named_objects(manifest, profile).into_iter();
    let ungranted =
        named.filter(|object| !granted.is_empty() && !granted.contains(object.as_str()));
    let described = ungranted.map(Need::Object);
    let log_ins = super::login::further_needs(manifest, live);
    let needs = next.into_iter().chain(partial).chain(described);
    needs.chain(log_ins).collect()
}

pub(super) fn needs(manifest: &Manifest) -> Vec<Need> {
    if let Some(of_others) = &manifest.spec.existing_profile {
        let names = of_others.existing.iter();
        let unknown = Live::default();
        let labels = names.map(|name| unknown.profile_label(name));
        return labels.map(Need::Profile).collect();
    }
    let Some(profile) = &manifest.spec.profile else {
        return Vec::new();
    };
    let mut needs = vec![Need::Object("PermissionSet".to_owned())];
    let unknown = Live::default();
    for label in labels(profile, &unknown) {
        needs.push(Need::Profile(label.clone()));
        // What the profiles really grant on each object: cheaper and more exact than the metadata document.
        needs.push(Need::ProfileObjects(label));
    }
    needs.extend(walk(&wishes(profile, manifest), &unknown).next);
    needs.extend(super::login::needs(manifest, profile));
    if let Some(source) = &profile.clone_from {
        needs.push(Need::Tabs);
        // What source and clone may see of the objects that matter: a profile read by itself may leave fields out.
        for object in named_objects(manifest, profile) {
            needs.push(Need::ProfileFields(
                profile.name.value.clone(),
                object.clone(),
            ));
            needs.push(Need::ProfileFields(unknown.profile_label(source), object));
        }
    }
    needs
}

/// Labels of the profiles that are looked at: the manifest's own, its source, and what a new one starts from.
fn labels(profile: &manifest::Profile, live: &Live) -> Vec<String> {
    let source = profile
        .clone_from
        .as_ref()
        .map(|source| live.profile_label(source));
    let baseline = source.as_ref().map(|_| BASELINE.to_owned());
    let own = std::iter::once(live.profile_label(&profile.name));
    own.chain(source).chain(baseline).collect()
}

/// Objects that are synced selectively or stated.
fn named_objects(manifest: &Manifest, profile: &manifest::Profile) -> BTreeSet<String> {
    let wishes = wishes(profile, manifest);
    let stated = wishes.object_permissions.into_keys();
    wishes.selective.into_iter().chain(stated).collect()
}

/// What requires what: the org's own answer united with what is known of every org.
pub(super) fn requirements(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    live: &Live,
) -> Requirements {
    let Walk {
        mut requirements,
        told,
        ..
    } = walk(&wishes(wanted, manifest), live);
    if !told {
        for object in named_objects(manifest, wanted) {
            for child in custom_children(&object, live) {
                requirements.learn_child(&child, &object);
            }
        }
    }
    requirements
}

/// Custom objects whose records go with a record of this object: those that have it as master.
fn custom_children(object: &str, live: &Live) -> Vec<String> {
    let described = live.object(object).found().into_iter();
    let relations = described.flat_map(|described| &described.child_relationships);
    relations
        .filter(|relation| relation.cascade_delete && relation.child.ends_with("__c"))
        .map(|relation| relation.child.clone())
        .collect()
}

/// What a profile really grants on each object, by label.
pub(super) fn exact_objects(name: &str, live: &Live) -> BTreeMap<String, ObjectFlags> {
    let grants = live.profile_objects(name).learnt().into_iter().flatten();
    grants
        .map(|grant| (grant.object.clone(), grant.rights.into()))
        .collect()
}

/// A profile as the org has it, laid open: what it grants of user permissions and on objects.
pub(in crate::kinds) fn stands(name: &str, live: &Live) -> Option<Attributes> {
    let document = super::partial::complete_profile(name, live)?;
    let granted = clone::granted(&document).into_iter();
    let permissions = granted.map(|name| (format!("userPermissions.{name}"), json!(true), None));
    let mut objects = clone::document_objects(&document);
    objects.extend(exact_objects(name, live));
    let objects = objects.into_iter().map(|(object, flags)| {
        let path = format!("objectPermissions.{object}");
        (path, json!(flags.words()), None)
    });
    let description = document.text_of("description");
    let description = description.filter(|text| !text.is_empty());
    let description = ("description".to_owned(), json!(description), None);
    Some(
        std::iter::once(description)
            .chain(permissions)
            .chain(objects)
            .collect(),
    )
}

/// Objects on which the profiles that were looked at grant anything.
pub(super) fn objects_granted<'a>(wanted: &manifest::Profile, live: &'a Live) -> BTreeSet<&'a str> {
    let grants = labels(wanted, live)
        .into_iter()
        .filter_map(|label| live.profile_objects(&label).learnt());
    grants
        .flatten()
        .map(|grant| grant.object.as_str())
        .collect()
}

/// Fields the source can read, and whether it can edit them.
pub(super) fn exact_fields(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    live: &Live,
) -> BTreeMap<String, bool> {
    let Some(source) = &wanted.clone_from else {
        return BTreeMap::new();
    };
    let source = live.profile_label(source);
    let objects = named_objects(manifest, wanted).into_iter();
    let fields = objects.filter_map(|object| live.profile_fields(&source, &object).learnt());
    let owned = |(field, edits): (&str, bool)| (field.to_owned(), edits);
    fields.flatten().map(owned).collect()
}

/// Fields that no profile may list, of the objects that were described.
pub(super) fn fixed_fields(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    live: &Live,
) -> BTreeSet<String> {
    let described = named_objects(manifest, wanted)
        .into_iter()
        .filter_map(|object| {
            let fields = &live.object(&object).found()?.fields;
            Some((object, fields))
        });
    let fixed = described.flat_map(|(object, fields)| {
        let fixed = fields.iter().filter(|field| field.is_fixed());
        fixed.map(move |field| format!("{object}.{}", field.name))
    });
    fixed.collect()
}

/// What a new profile of the source's licence starts with. Where that was not read, because it is another profile, all
/// that the org knows may be granted before API 60; other licences start from their own standard profile, which is
/// what they are cloned from.
pub(super) fn baseline<'a>(
    source: &Element,
    vocabulary: &BTreeSet<String>,
    live: &'a Live,
) -> Baseline<'a> {
    if live.offline || source.text_of("userLicense") != Some("Salesforce") {
        return Baseline::default();
    }
    if !is_current(&live.org.api_version) {
        return Baseline {
            user_permissions: vocabulary.clone(),
            ..Baseline::default()
        };
    }
    let document = live.profile_document(BASELINE).found();
    Baseline {
        document,
        tabs_are_hidden: true,
        user_permissions: document
            .map(|document| clone::granted(&with_own_permissions(document, BASELINE, live)))
            .unwrap_or_default(),
        objects: exact_objects(BASELINE, live).into_keys().collect(),
    }
}

fn is_current(api_version: &str) -> bool {
    let major = api_version.split('.').next().unwrap_or_default();
    major
        .parse()
        .map_or(true, |major: u32| major >= BASELINE_SINCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Answer;
    use crate::manifest::Manifest;
    use crate::soql::Row;
    use serde_json::{Value, json};

    fn manifest() -> Manifest {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/clone.yaml");
        let manifests = manifest::load(&[file.into()], &[], &[], &|_| None).expect("valid");
        manifests.into_iter().next().expect("one")
    }

    /// An org with this describe of leads and these rows of `PermissionDependency`, and what they say goes.
    fn removed(describe: Value, rows: Vec<Row>) -> Vec<String> {
        let manifest = manifest();
        let wanted = manifest.spec.profile.as_ref().expect("a profile");
        let mut live = Live::default();
        let first = walk(&wishes(wanted, &manifest), &live).next;
        live.tell(first.expect("a need"), Answer::Rows(rows));
        let described = serde_json::from_value(describe).expect("a describe");
        let described = Answer::Described(Some(described));
        live.tell(Need::Object("Lead".to_owned()), described);
        let removals = requirements(&manifest, wanted, &live).removals(&wishes(wanted, &manifest));
        removals
            .all
            .iter()
            .map(|removal| removal.grant.to_string())
            .collect()
    }

    #[test]
    fn the_orgs_word_goes_before_what_a_describe_suggests() {
        let children = json!({"childRelationships": [
            {"childSObject": "Visit__c", "cascadeDelete": true},
            {"childSObject": "Note__c", "cascadeDelete": false},
            {"childSObject": "Task", "cascadeDelete": true},
        ]});
        let guessed = removed(children.clone(), Vec::new());
        assert!(guessed.contains(&"View All on Visit__c".to_owned()));
        assert!(
            !guessed
                .iter()
                .any(|grant| grant.contains("Note__c") || grant.contains("Task"))
        );
        let said = json!({"Permission": "ManageDrafts", "RequiredPermission": "ViewAllData"});
        let told = removed(children, vec![Row::of(&said)]);
        assert!(told.contains(&"Manage Drafts".to_owned()));
        assert!(!told.contains(&"View All on Visit__c".to_owned()));
    }

    #[test]
    fn an_object_that_no_profile_grants_is_asked_for_before_it_is_called_unknown() {
        let manifest = manifest();
        let profile = manifest.spec.profile.as_ref().expect("a profile");
        let described = |granted: &[&str]| {
            let grant = |object: &&str| {
                let parent = json!({"Profile": {"Name": profile.name.value}});
                Row::of(&json!({"ParentId": "0PS1", "SobjectType": object, "Parent": parent}))
            };
            let mut live = Live::default();
            let rows = Answer::Rows(granted.iter().map(grant).collect());
            live.tell(Need::ProfileObjects(profile.name.value.clone()), rows);
            let asked = Need::Object("Lead".to_owned());
            further_needs(&manifest, &live).contains(&asked)
        };
        assert!(described(&["Case"]));
        assert!(!described(&["Case", "Lead"]));
        assert!(!described(&[]));
    }

    #[test]
    fn inferred_and_unreadable_field_permissions_do_not_count() {
        let manifest = manifest();
        let wanted = manifest.spec.profile.as_ref().expect("a profile");
        let field = |id: &str, field: &str, read: bool| {
            Row::of(&json!({
                "Id": id, "Field": field, "PermissionsRead": read, "PermissionsEdit": false,
                "Parent": {"Profile": {"Name": "System Administrator"}},
            }))
        };
        let rows = vec![
            field("01kA", "Lead.Email", true),
            field("0000", "Lead.Phone", true),
            field("01kB", "Lead.Fax", false),
        ];
        let mut live = Live::default();
        let need = Need::ProfileFields("System Administrator".into(), "Lead".into());
        live.tell(need, Answer::Rows(rows));
        let fields = exact_fields(&manifest, wanted, &live);
        assert_eq!(fields, [("Lead.Email".to_owned(), false)].into());
    }

    #[test]
    fn the_baseline_depends_on_version_and_licence() {
        let granting = "<Profile><userPermissions><enabled>true</enabled><name>ViewHelpLink</name></userPermissions></Profile>";
        let minimum = crate::xml::read(granting).expect("well-formed");
        let vocabulary: BTreeSet<String> = ["RunReports".to_owned()].into();
        let check = |version: &str, licence: &str, expected: &[&str]| {
            let mut live = Live::default();
            live.org.api_version = version.to_owned();
            let document = Answer::Component(Some(Box::new(minimum.clone())));
            live.tell(Need::Profile(BASELINE.to_owned()), document);
            let source = Element::new("Profile").with(Element::leaf("userLicense", licence));
            let baseline = baseline(&source, &vocabulary, &live);
            let names: Vec<&str> = baseline
                .user_permissions
                .iter()
                .map(String::as_str)
                .collect();
            assert_eq!(names, expected, "{version} {licence}");
        };
        check("66.0", "Salesforce", &["ViewHelpLink"]);
        check("60.0", "Salesforce", &["ViewHelpLink"]);
        check("59.0", "Salesforce", &["RunReports"]);
        check("66.0", "Salesforce Platform", &[]);
    }
}
