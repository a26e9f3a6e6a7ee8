//! Laws that hold for whatever values there are: differences, criteria, packages and the profile clone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use orgwright::change::{Attributes, Component, differences};
use orgwright::clone::{self, Baseline, ObjectFlags, Requirements, Right, Source, Wishes};
use orgwright::code::Code;
use orgwright::criteria::{Criteria, join_values, split_values};
use orgwright::manifest::{Manifest, load};
use orgwright::render::{Layout, render};
use orgwright::xml::{self, Element};
use orgwright::{archive, package, soql};
use proptest::prelude::*;
use serde_json::Value;

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9]{0,8}"
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::collection::vec("[a-c]{1,3}", 0..4).prop_map(Value::from),
    ]
}

/// Attributes with every path once, as kinds lay them open.
fn attributes() -> impl Strategy<Value = Attributes> {
    prop::collection::btree_map(name(), value(), 0..8).prop_map(|entries| {
        let entries = entries.into_iter();
        entries.map(|(path, value)| (path, value, None)).collect()
    })
}

/// What attributes are once the differences are applied to them.
fn applied(before: &Attributes, after: &Attributes) -> BTreeMap<String, Value> {
    let mut all: BTreeMap<String, Value> = before
        .iter()
        .map(|(path, value, _)| (path.clone(), value.clone()))
        .collect();
    for change in differences(before, after) {
        assert_ne!(change.before, change.after, "no change is none");
        all.insert(change.path, change.after);
    }
    all.retain(|_, value| !value.is_null());
    all
}

proptest! {
    #![proptest_config(testing::law(256))]

    #[test]
    fn nothing_differs_from_itself(one in attributes()) {
        prop_assert_eq!(differences(&one, &one), vec![]);
    }

    #[test]
    fn differences_lead_from_one_to_the_other(before in attributes(), after in attributes()) {
        prop_assert_eq!(applied(&before, &after), applied(&after, &after));
    }

    #[test]
    fn differences_backwards_are_the_same_paths(before in attributes(), after in attributes()) {
        let paths = |from, to| -> BTreeSet<String> {
            differences(from, to).into_iter().map(|change| change.path).collect()
        };
        prop_assert_eq!(paths(&before, &after), paths(&after, &before));
    }
}

/// A value that a rule can hold: a quote only inside, where no comma stands beside it.
fn rule_value() -> impl Strategy<Value = String> {
    prop_oneof!["[ a-z@.,]{1,12}", "[a-z][ a-z\"]{0,10}", "\\PC{1,10}"].prop_filter(
        "a value that a rule can hold",
        |value| {
            let awkward = value.starts_with('"') || (value.contains('"') && value.contains(','));
            !awkward && value.trim() == value && !value.is_empty()
        },
    )
}

/// The element of a rule with these conditions.
fn rule(conditions: &[(String, &str, Vec<String>)], filter: Option<&str>) -> Element {
    let mut rule = Element::new("sharingCriteriaRules");
    if let Some(filter) = filter {
        rule = rule.with(Element::leaf("booleanFilter", filter));
    }
    for (field, operation, values) in conditions {
        rule = rule.with(
            Element::new("criteriaItems")
                .with(Element::leaf("field", field.clone()))
                .with(Element::leaf("operation", *operation))
                .with(Element::leaf("value", join_values(values))),
        );
    }
    rule
}

fn read(rule: &Element) -> Criteria {
    Criteria::of_element(rule).expect("criteria")
}

fn conditions() -> impl Strategy<Value = Vec<(String, &'static str, Vec<String>)>> {
    let operation = prop::sample::select(vec!["equals", "notEqual", "contains", "startsWith"]);
    let values = prop::collection::vec(rule_value(), 1..4);
    prop::collection::vec((name(), operation, values), 1..5)
}

proptest! {
    #![proptest_config(testing::law(256))]

    #[test]
    fn values_that_are_joined_come_apart_again(values in prop::collection::vec(rule_value(), 1..6)) {
        prop_assert_eq!(split_values(&join_values(&values)), values);
    }

    #[test]
    fn canonical_is_canonical(conditions in conditions()) {
        let every = (1..=conditions.len()).map(|item| item.to_string()).collect::<Vec<_>>();
        let all = read(&rule(&conditions, Some(&every.join(" AND ")))).canonical();
        prop_assert_eq!(&all.canonical(), &all);
        let silent = read(&rule(&conditions, None)).canonical();
        prop_assert_eq!(&silent, &all, "every item, ANDed, is what no logic says");
    }

    #[test]
    fn criteria_are_read_as_they_are_written(conditions in conditions()) {
        let any = (1..=conditions.len()).map(|item| item.to_string()).collect::<Vec<_>>();
        let criteria = read(&rule(&conditions, Some(&any.join(" OR "))));
        let mut written = Element::new("sharingCriteriaRules");
        written.children = criteria.elements();
        prop_assert_eq!(read(&written), criteria);
    }

    #[test]
    fn a_literal_ends_where_it_should(text in "\\PC{0,20}") {
        let literal = soql::literal(&text);
        let inner = &literal[1..literal.len() - 1];
        let mut escaped = false;
        for character in inner.chars() {
            prop_assert!(escaped || character != '\'', "{literal}");
            escaped = !escaped && character == '\\';
        }
        prop_assert!(!escaped, "{literal}");
    }
}

/// What a clone of System Administrator gives up.
const REMOVED: [&str; 6] = [
    "CreatePackaging",
    "InstallPackaging",
    "ModifyAllData",
    "PublishPackaging",
    "QueryAllFiles",
    "ViewAllData",
];

/// A profile document: permissions, objects and fields, each with some of its flags on.
fn profile() -> impl Strategy<Value = Element> {
    let known = REMOVED.map(str::to_owned).to_vec();
    let permission = prop_oneof![prop::sample::select(known), name()];
    let permissions = prop::collection::btree_map(permission, any::<bool>(), 0..12);
    let object = prop_oneof![Just("Lead".to_owned()), Just("Account".to_owned()), name()];
    let flags = (any::<[bool; 6]>(), prop::option::of(any::<bool>()));
    let objects = prop::collection::btree_map(object, flags, 0..6);
    let fields = prop::collection::btree_map(name(), any::<bool>(), 0..6);
    (permissions, objects, fields).prop_map(|(permissions, objects, fields)| {
        let mut document = Element::new("Profile").with(Element::leaf("custom", "false"));
        for (field, editable) in fields {
            clone::set_field_permission(&mut document, &format!("Lead.{field}"), editable);
        }
        for (object, ([read, create, edit, delete, view_all, modify_all], view_all_fields)) in
            objects
        {
            let flags = ObjectFlags {
                read,
                create,
                edit,
                delete,
                view_all,
                modify_all,
                view_all_fields,
            };
            clone::set_object_permission(&mut document, &object, flags);
        }
        for (name, enabled) in permissions {
            clone::set_user_permission(&mut document, &name, enabled);
        }
        document
    })
}

fn cloned(document: &Element, wishes: &Wishes) -> clone::ClonedProfile {
    let source = Source {
        document,
        objects: BTreeMap::new(),
        fields: BTreeMap::new(),
        fixed_fields: BTreeSet::new(),
        vocabulary: BTreeSet::new(),
        tabs: BTreeSet::new(),
        baseline: Baseline::default(),
    };
    clone::clone(&source, wishes, &Requirements::built_in().removals(wishes))
}

fn selective() -> Wishes {
    Wishes {
        selective: ["Lead".to_owned()].into(),
        ..Wishes::default()
    }
}

proptest! {
    #![proptest_config(testing::law(256))]

    #[test]
    fn what_is_granted_is_removed_or_kept(source in profile()) {
        let clone = cloned(&source, &selective());
        let removed = clone.removed.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
        let kept = clone::granted(&clone.document);
        prop_assert!(removed.is_disjoint(&kept));
        prop_assert_eq!(&removed | &kept, clone::granted(&source));
        for name in REMOVED {
            prop_assert!(!kept.contains(name), "{name} is kept");
        }
    }

    #[test]
    fn a_clone_of_the_clone_changes_nothing(source in profile()) {
        let once = cloned(&source, &selective());
        let twice = cloned(&once.document, &selective());
        prop_assert_eq!(&twice.document, &once.document);
        prop_assert_eq!(twice.removed, vec![]);
        prop_assert_eq!(twice.objects, vec![]);
    }

    #[test]
    fn only_the_selective_objects_lose_sight(source in profile()) {
        let clone = cloned(&source, &selective());
        let after = clone::document_objects(&clone.document);
        for (object, flags) in clone::document_objects(&source) {
            let expected = if object == "Lead" { flags.without(Right::ViewAll) } else { flags };
            prop_assert_eq!(after.get(&object), Some(&expected.consistent()), "{}", object);
        }
        prop_assert!(after.get("Lead").is_some_and(|lead| !lead.view_all && !lead.modify_all));
    }

    #[test]
    fn documents_are_read_as_they_are_written(source in profile()) {
        let text = xml::write(&source).unwrap();
        prop_assert_eq!(xml::read(&text).unwrap(), source);
    }

    #[test]
    fn packages_are_the_same_bytes_in_any_order(source in profile(), objects in prop::collection::btree_set(name(), 1..5)) {
        let mut components = vec![Component::new("Profile", "P", source)];
        for object in objects {
            let body = Element::new("CustomObject").with(Element::leaf("sharingModel", "Private"));
            components.push(Component::new("CustomObject", object, body));
        }
        let files = package::files(&components, "66.0").unwrap();
        components.reverse();
        prop_assert_eq!(&package::files(&components, "66.0").unwrap(), &files);
        let packed = package::zip(&files).unwrap();
        prop_assert_eq!(&package::zip(&files).unwrap(), &packed);
        prop_assert_eq!(archive::unpack(&packed).unwrap(), files);
    }
}

fn loaded(text: &str) -> Vec<Manifest> {
    overlaid(text, &[])
}

/// The manifest of `text` with each overlay laid over it in turn.
fn overlaid(text: &str, overlays: &[&str]) -> Vec<Manifest> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let manifest = file("m.yaml", text);
    let overlays = overlays.iter().enumerate();
    let overlays: Vec<_> = overlays
        .map(|(number, text)| file(&format!("{number}.yaml"), text))
        .collect();
    load(&[manifest], &overlays, &[], &|_| None)
        .unwrap_or_else(|failure| panic!("{failure:?}\n{text}"))
}

proptest! {
    #![proptest_config(testing::law(64))]

    #[test]
    fn an_overlay_laid_twice_is_an_overlay_laid_once(text in crate::generated::manifest(), label in "[A-Z][a-z]{1,12}", delegated in any::<bool>()) {
        let overlay = format!(
            "spec:\n  profile:\n    userPermissions: {{ApiEnabled: true, ViewSetup: {delegated}}}\n  role:\n    label: {label}\n"
        );
        let files = |overlays: &[&str]| render(&overlaid(&text, overlays), None, Layout::Source).unwrap();
        let once = files(&[&overlay]);
        prop_assert_eq!(&files(&[&overlay, &overlay]), &once);
        prop_assert_ne!(&once, &files(&[]));
    }

    #[test]
    fn what_is_rendered_can_be_read_and_is_the_same_each_time(text in crate::generated::manifest()) {
        check_rendered(&text);
    }
}

fn check_rendered(text: &str) {
    let manifests = loaded(text);
    for layout in [Layout::Source, Layout::Mdapi] {
        let files = render(&manifests, None, layout).unwrap();
        assert_eq!(render(&loaded(text), None, layout).unwrap(), files);
        for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with("xml")) {
            let document = xml::read_bytes(bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
            let written = xml::write(&document).unwrap();
            assert_eq!(written.as_bytes(), bytes.as_slice(), "{path}");
        }
    }
}

/// The least manifest that was once taken for one that can be rendered.
#[test]
fn a_rule_on_an_object_that_everybody_reads_is_not_rendered() {
    let manifests = loaded(
        "\
apiVersion: orgwright/v1
kind: IntegrationUser
metadata:
  name: law
spec:
  fields:
    - object: Lead
      name: Fa__c
      label: \"Aa\"
      type: Checkbox
  profile:
    name: \"Aa\"
    cloneFrom: System Administrator
  role:
    name: Ra
    label: \"Aa\"
  user:
    username: ua@acme.example
    email: a@acme.example
    lastName: \"Aa\"
  sharing:
    - object: Lead
      organizationWideDefault: Read
      rules:
        - name: Sa
          label: \"Aa\"
          access: ReadOnly
          criteria:
            - field: Company
              operator: equals
              value: \"a\"
",
    );
    let refused = render(&manifests, None, Layout::Source).unwrap_err();
    let codes: Vec<Code> = refused.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, [Code::RuleOverWideDefault]);
}
