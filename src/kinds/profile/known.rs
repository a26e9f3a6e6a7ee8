//! What is asked of the org about profiles, and what its answers say.

use super::super::profile_name::{full_name, label};
use super::dependencies::{Walk, walk};
use super::partial::{complete, without_user_permissions};
use super::wishes::wishes;
use crate::clone::{self, Baseline, ObjectFlags, Requirements};
use crate::facts::{
    DescribedField, FIELD_PERMISSIONS, Facts, OBJECT_PERMISSIONS, Question, Row, Selection,
};
use crate::manifest::{self, Manifest};
use crate::xml::Element;
use std::collections::{BTreeMap, BTreeSet};

/// What a new profile with the Salesforce licence starts from, from API 60 on.
const BASELINE: &str = "Minimum Access - Salesforce";
/// The first API version with that baseline; before it was Standard User.
const BASELINE_SINCE: u32 = 60;

/// What the first answers make necessary: what requires what falls, and user permissions a profile came without.
pub(super) fn ask_more(manifest: &Manifest, facts: &Facts) -> Vec<Question> {
    let Some(profile) = &manifest.spec.profile else {
        return Vec::new();
    };
    let own = [Some(&profile.name), profile.clone_from.as_ref()];
    let names = own.into_iter().flatten().map(|name| label(name));
    let partial = names
        .chain([BASELINE.to_owned()])
        .filter_map(|name| without_user_permissions(&name, facts));
    let next = walk(&wishes(profile, manifest), facts).next;
    next.map(Question::Tooling)
        .into_iter()
        .chain(partial)
        .collect()
}

pub(super) fn ask(manifest: &Manifest) -> Vec<Question> {
    let Some(profile) = &manifest.spec.profile else {
        return Vec::new();
    };
    let mut questions = vec![
        Question::Component("Profile", full_name(&profile.name)),
        Question::Describe("PermissionSet".to_owned()),
        Question::Rows(object_permissions(profile)),
    ];
    let dependencies = walk(&wishes(profile, manifest), &Facts::default()).next;
    questions.extend(dependencies.map(Question::Tooling));
    if let Some(source) = &profile.clone_from {
        questions.push(Question::Component("Profile", full_name(source)));
        questions.push(Question::Component("Profile", full_name(BASELINE)));
        questions.extend(field_permissions(manifest, profile).map(Question::Rows));
    }
    questions
}

/// What the profiles really grant on each object: cheaper and more exact than the metadata document.
fn object_permissions(profile: &manifest::Profile) -> Selection {
    let source = profile.clone_from.as_ref().map(|source| label(source));
    let baseline = source.as_ref().map(|_| BASELINE.to_owned());
    let names = std::iter::once(profile.name.value.clone());
    let names = names.chain(source).chain(baseline);
    Selection::of(OBJECT_PERMISSIONS, "Parent.Profile.Name", names)
}

/// What the source may see of the objects that matter. A profile read by itself may leave fields out.
fn field_permissions(manifest: &Manifest, profile: &manifest::Profile) -> Option<Selection> {
    let source = label(profile.clone_from.as_ref()?);
    let objects = named_objects(manifest, profile);
    if objects.is_empty() {
        return None;
    }
    let of_source = Selection::of(FIELD_PERMISSIONS, "Parent.Profile.Name", [source]);
    Some(of_source.and("SobjectType", objects))
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
    facts: &Facts,
) -> Requirements {
    let Walk {
        mut requirements,
        told,
        ..
    } = walk(&wishes(wanted, manifest), facts);
    if !told {
        for object in named_objects(manifest, wanted) {
            for child in custom_children(facts, &object) {
                requirements.learn_child(&child, &object);
            }
        }
    }
    requirements
}

/// Custom objects whose records go with a record of this object: those that have it as master.
fn custom_children(facts: &Facts, object: &str) -> Vec<String> {
    let described = facts.describe(object).into_iter();
    let relations = described.flat_map(|described| &described.child_relationships);
    relations
        .filter(|relation| relation.cascade_delete && relation.child.ends_with("__c"))
        .map(|relation| relation.child.clone())
        .collect()
}

/// Object permissions of one profile, or of all that were asked where none is named.
pub(super) fn exact_objects(
    facts: &Facts,
    wanted: &manifest::Profile,
    name: Option<&str>,
) -> BTreeMap<String, ObjectFlags> {
    let rows = facts.selected(&object_permissions(wanted)).iter();
    let of_profile =
        rows.filter(|row| name.is_none_or(|name| row.text("Parent.Profile.Name") == Some(name)));
    of_profile
        .filter_map(|row| {
            Some((
                row.text("SobjectType")?.to_owned(),
                ObjectFlags::of_row(row),
            ))
        })
        .collect()
}

/// Fields the source can read, and whether it can edit them. Rows that are only inferred have an id of zeros.
pub(super) fn exact_fields(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    facts: &Facts,
) -> BTreeMap<String, bool> {
    let rows = field_permissions(manifest, wanted).map_or(&[][..], |rows| facts.selected(&rows));
    let real = |row: &&Row| row.text("Id").is_none_or(|id| !id.starts_with("000"));
    let readable = rows
        .iter()
        .filter(real)
        .filter(|row| row.flag("PermissionsRead"));
    readable
        .filter_map(|row| Some((row.text("Field")?.to_owned(), row.flag("PermissionsEdit"))))
        .collect()
}

/// Fields that no profile may list, of the objects that were described.
pub(super) fn fixed_fields(
    manifest: &Manifest,
    wanted: &manifest::Profile,
    facts: &Facts,
) -> BTreeSet<String> {
    let described = named_objects(manifest, wanted)
        .into_iter()
        .filter_map(|object| {
            let fields = &facts.describe(&object)?.fields;
            Some((object, fields))
        });
    let fixed = described.flat_map(|(object, fields)| {
        let fixed = fields.iter().filter(|field| is_fixed(field));
        fixed.map(move |field| format!("{object}.{}", field.name))
    });
    fixed.collect()
}

/// The describe says it itself, or the field is required (a checkbox always has a value) or leads to a master, which
/// alone has an order among the relationships.
fn is_fixed(field: &DescribedField) -> bool {
    if let Some(permissionable) = field.permissionable {
        return !permissionable;
    }
    let required = field.nillable == Some(false) && field.kind != "boolean";
    required || field.relationship_order.is_some()
}

/// The user permissions this org knows: the `Permissions*` columns of its `PermissionSet`.
pub(super) fn vocabulary(facts: &Facts) -> BTreeSet<String> {
    let described = facts.describe("PermissionSet").into_iter();
    let fields = described.flat_map(|described| &described.fields);
    fields
        .filter_map(|field| field.name.strip_prefix("Permissions"))
        .map(str::to_owned)
        .collect()
}

/// What a new profile of the source's licence starts with. Where that was not read, because it is another profile, all
/// that the org knows may be granted before API 60; other licences start from their own standard profile, which is
/// what they are cloned from.
pub(super) fn baseline<'a>(
    source: &Element,
    wanted: &manifest::Profile,
    vocabulary: &BTreeSet<String>,
    facts: &'a Facts,
) -> Baseline<'a> {
    if facts.offline || source.text_of("userLicense") != Some("Salesforce") {
        return Baseline::default();
    }
    if !is_current(&facts.org.api_version) {
        return Baseline {
            user_permissions: vocabulary.clone(),
            ..Baseline::default()
        };
    }
    let document = facts.component("Profile", &full_name(BASELINE));
    Baseline {
        document,
        user_permissions: document
            .map(|document| clone::granted(&complete(document, BASELINE, facts)))
            .unwrap_or_default(),
        objects: exact_objects(facts, wanted, Some(BASELINE))
            .into_keys()
            .collect(),
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
    use crate::facts::Answer;
    use crate::manifest::Manifest;
    use serde_json::{Value, json};

    fn manifest() -> Manifest {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/clone.yaml");
        let manifests = manifest::load(&[file.into()], &[], &[], &|_| None).expect("valid");
        manifests.into_iter().next().expect("one")
    }

    fn row(value: Value) -> Row {
        Row(value.as_object().cloned().expect("an object"))
    }

    /// Facts with this describe of leads and these rows of `PermissionDependency`, and what they say goes.
    fn removed(describe: Value, rows: Vec<Row>) -> Vec<String> {
        let manifest = manifest();
        let wanted = manifest.spec.profile.as_ref().expect("a profile");
        let mut facts = Facts::default();
        let first = walk(&wishes(wanted, &manifest), &facts)
            .next
            .expect("a question");
        facts.record(Question::Tooling(first), Answer::Rows(rows));
        facts.record(
            Question::Describe("Lead".to_owned()),
            Answer::Describe(serde_json::from_value(describe).expect("a describe")),
        );
        let removals = requirements(&manifest, wanted, &facts).removals(&wishes(wanted, &manifest));
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
        let told = removed(children, vec![row(said)]);
        assert!(told.contains(&"Manage Drafts".to_owned()));
        assert!(!told.contains(&"View All on Visit__c".to_owned()));
    }

    #[test]
    fn fields_that_no_profile_may_list_are_told_apart() {
        for (field, expected) in [
            (json!({"permissionable": false}), true),
            (json!({"permissionable": true, "nillable": false}), false),
            (json!({"type": "string", "nillable": false}), true),
            (json!({"type": "boolean", "nillable": false}), false),
            (
                json!({"type": "reference", "nillable": true, "relationshipOrder": 0}),
                true,
            ),
            (
                json!({"type": "reference", "nillable": true, "relationshipOrder": null}),
                false,
            ),
        ] {
            let described = serde_json::from_value(field.clone()).expect("a field");
            assert_eq!(is_fixed(&described), expected, "{field}");
        }
    }

    #[test]
    fn inferred_and_unreadable_field_permissions_do_not_count() {
        let manifest = manifest();
        let wanted = manifest.spec.profile.as_ref().expect("a profile");
        let query = field_permissions(&manifest, wanted).expect("a source");
        let field = |id: &str, field: &str, read: bool| {
            row(
                json!({"Id": id, "Field": field, "PermissionsRead": read, "PermissionsEdit": false}),
            )
        };
        let rows = vec![
            field("01kA", "Lead.Email", true),
            field("0000", "Lead.Phone", true),
            field("01kB", "Lead.Fax", false),
        ];
        let mut facts = Facts::default();
        facts.record(Question::Rows(query), Answer::Rows(rows));
        let fields = exact_fields(&manifest, wanted, &facts);
        assert_eq!(fields, [("Lead.Email".to_owned(), false)].into());
    }

    #[test]
    fn the_baseline_depends_on_version_and_licence() {
        let manifest = manifest();
        let wanted = manifest.spec.profile.as_ref().expect("a profile");
        let granting = "<Profile><userPermissions><enabled>true</enabled><name>ViewHelpLink</name></userPermissions></Profile>";
        let minimum = crate::xml::read(granting).expect("well-formed");
        let vocabulary: BTreeSet<String> = ["RunReports".to_owned()].into();
        let check = |version: &str, licence: &str, expected: &[&str]| {
            let mut facts = Facts::default();
            facts.org.api_version = version.to_owned();
            let question = Question::Component("Profile", BASELINE.to_owned());
            facts.record(question, Answer::Component(Some(Box::new(minimum.clone()))));
            let source = Element::new("Profile").with(Element::leaf("userLicense", licence));
            let baseline = baseline(&source, wanted, &vocabulary, &facts);
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
