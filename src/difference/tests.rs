use super::*;
use crate::xml;
use proptest::prelude::*;

fn element(text: &str) -> Element {
    xml::read(text).expect("well-formed")
}

/// The differences as people would write them, one a line.
fn shown(before: &str, after: &str) -> String {
    let (before, after) = (element(before), element(after));
    let found = differences(&before, &after);
    let patched = apply(&before, &found).expect("it fits");
    assert_eq!(differences(&patched, &after), [], "what was applied");
    let text = |element: &Option<Element>| match element {
        None => "none".to_owned(),
        Some(element) if element.children.is_empty() => element.text.to_string(),
        Some(_) => "...".to_owned(),
    };
    let lines = found.iter().map(|difference| {
        let steps: Vec<String> = difference.path.iter().map(ToString::to_string).collect();
        let (before, after) = (text(&difference.before), text(&difference.after));
        format!("{}: {before} -> {after}", steps.join(" / "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(before: &str, after: &str, expected: &str) {
    assert_eq!(shown(before, after), expected, "{before}\n{after}");
}

const A: &str = "<userPermissions><enabled>true</enabled><name>A</name></userPermissions>";
const B: &str = "<userPermissions><enabled>True</enabled><name>B</name></userPermissions>";
const A_OFF: &str = "<userPermissions><enabled>false</enabled><name>A</name></userPermissions>";

fn profile(entries: &[&str]) -> String {
    format!("<Profile>{}</Profile>", entries.concat())
}

#[test]
fn order_spelling_and_what_is_off_do_not_count() {
    check(&profile(&[A, B]), &profile(&[B, A]), "");
    check(
        &profile(&[A, B]),
        &profile(&[A, &B.replace("True", "true")]),
        "",
    );
    check(&profile(&[A_OFF]), &profile(&[]), "");
    check(&profile(&[]), &profile(&[A_OFF, A_OFF]), "");
    check(&profile(&["<custom>false</custom>"]), &profile(&[]), "");
    check(
        "<Role><name>a&amp;&#98;</name></Role>",
        "<?xml version='1.0'?><!-- x --><Role xmlns='urn:x'>\n <name> a<![CDATA[&]]>b\n</name></Role>",
        "",
    );
    check("<a><b/></a>", "<a><b></b></a>", "");
}

#[test]
fn entries_are_keyed_and_values_shown_where_they_differ() {
    check(
        &profile(&[A]),
        &profile(&[B]),
        "userPermissions A: ... -> none\nuserPermissions B: none -> ...",
    );
    check(
        &profile(&[A]),
        &profile(&[A_OFF]),
        "userPermissions A / enabled: true -> false",
    );
    check(
        "<Role><name>x</name></Role>",
        "<Role><name>y</name></Role>",
        "name: x -> y",
    );
    check(
        "<Role><name>True</name></Role>",
        "<Role><name>true</name></Role>",
        "name: True -> true",
    );
    let layout = |record_type: &str| {
        format!(
            "<layoutAssignments><layout>L</layout><recordType>{record_type}</recordType></layoutAssignments>"
        )
    };
    check(
        &profile(&[&layout("Lead.A"), &layout("Lead.B")]),
        &profile(&[&layout("Lead.B"), &layout("Lead.C")]),
        "layoutAssignments L, Lead.A: ... -> none\nlayoutAssignments L, Lead.C: none -> ...",
    );
}

#[test]
fn duplicates_count() {
    check(
        &profile(&[A, A]),
        &profile(&[A]),
        "userPermissions A: ... -> none",
    );
    check(
        &profile(&[A, A_OFF]),
        &profile(&[A]),
        "userPermissions A: ... -> none",
    );
    check("<a><m>x</m><m>x</m></a>", "<a><m>x</m></a>", "m: x -> none");
    check(
        "<a><m>x</m><m>y</m></a>",
        "<a><m>y</m><m>z</m></a>",
        "m: x -> none\nm: none -> z",
    );
}

#[test]
fn a_filter_is_compared_by_what_it_means() {
    let rule = |logic: &str, fields: &[&str]| {
        let logic = if logic.is_empty() {
            String::new()
        } else {
            format!("<booleanFilter>{logic}</booleanFilter>")
        };
        let items: String = fields
            .iter()
            .map(|field| {
                format!("<criteriaItems><field>{field}</field><value>1</value></criteriaItems>")
            })
            .collect();
        format!("<sharingCriteriaRules>{logic}{items}</sharingCriteriaRules>")
    };
    let same = |one: String, other: String| check(&one, &other, "");
    same(rule("1 OR 2", &["X", "Y"]), rule(" (1  or 2)", &["X", "Y"]));
    same(rule("1 OR 2", &["X", "Y"]), rule("2 OR 1", &["Y", "X"]));
    same(rule("", &["X", "Y"]), rule("1 AND 2", &["Y", "X"]));
    same(
        rule("1 AND (2 OR 3)", &["X", "Y", "Z"]),
        rule("(1 OR 3) AND 2", &["Z", "X", "Y"]),
    );
    same(
        rule("1 and 2 or 3", &["X", "Y"]),
        rule("1 AND  2 OR 3", &["X", "Y"]),
    );
    same(rule("", &["X", "Y"]), rule("", &["Y", "X"]));
    check(
        &rule("1 AND (2 OR 3)", &["X", "Y", "Z"]),
        &rule("1 AND (2 OR 3)", &["Y", "X", "Z"]),
        "criteriaItems 1 / field: X -> Y\ncriteriaItems 2 / field: Y -> X",
    );
    check(
        &rule("1 OR 2", &["X", "Y"]),
        &rule("1 AND 2", &["X", "Y"]),
        "booleanFilter: 1 OR 2 -> 1 AND 2",
    );
    check(
        &rule("1 OR 2 OR 3", &["X", "Y", "X"]),
        &rule("1 OR 2", &["X", "Y"]),
        "booleanFilter: 1 OR 2 OR 3 -> 1 OR 2\ncriteriaItems 3: ... -> none",
    );
}

#[test]
fn what_is_not_known_is_text() {
    check("<a b='1'/>", "<a b='2'/>", ":  -> ");
    check("<a><b>x</b></a>", "<a><b><c/></b></a>", "b: x -> ...");
    check(
        "<a><b> </b></a>",
        "<a><b><c>1</c></b></a>",
        "b / c: none -> 1",
    );
    check("<a><b>x  y</b></a>", "<a><b>x y</b></a>", "b: x  y -> x y");
    check("<a><b/></a>", "<a></a>", "b:  -> none");
}

#[test]
fn differences_that_do_not_fit_are_refused() {
    let (before, after) = (element(&profile(&[A])), element(&profile(&[A_OFF])));
    let found = differences(&before, &after);
    assert_eq!(
        apply(&element("<Profile/>"), &found)
            .unwrap_err()
            .to_string(),
        "there is no userPermissions A / enabled"
    );
    assert!(matches!(apply(&after, &found), Err(ApplyError::Changed(_))));
}

fn leaf() -> impl Strategy<Value = Element> {
    let name = prop::sample::select(vec![
        "enabled",
        "name",
        "field",
        "label",
        "value",
        "x",
        "booleanFilter",
    ]);
    let text = prop::sample::select(vec![
        "true", "True", "false", "", "a", " a ", "1", "1 OR 2", "2 or 1",
    ]);
    (name, text).prop_map(|(name, text)| Element::leaf(name, text))
}

fn tree() -> impl Strategy<Value = Element> {
    let name = prop::sample::select(vec![
        "userPermissions",
        "criteriaItems",
        "fields",
        "x",
        "types",
    ]);
    leaf().prop_recursive(3, 30, 6, move |inner| {
        (name.clone(), prop::collection::vec(inner, 0..6)).prop_map(|(name, children)| Element {
            children,
            ..Element::new(name)
        })
    })
}

fn root() -> impl Strategy<Value = Element> {
    prop::collection::vec(tree(), 0..8).prop_map(|children| Element {
        children,
        ..Element::new("Profile")
    })
}

/// The same document with its elements in another order, criteria apart.
fn reversed(element: &Element) -> Element {
    let mut reversed = element.clone();
    reversed.children = element.children.iter().rev().map(self::reversed).collect();
    let is_criterion = |child: &Element| groups::is_criterion(&child.name);
    let mut criteria = element.children.iter().filter(|child| is_criterion(child));
    for child in reversed
        .children
        .iter_mut()
        .filter(|child| is_criterion(child))
    {
        criteria.next().expect("as many").clone_into(child);
    }
    reversed
}

/// The document without siblings that cannot be told apart: which of them pairs with which is the only thing that
/// order decides.
fn without_twins(element: &Element) -> Element {
    let mut seen = std::collections::HashSet::new();
    let mut rest = element.clone();
    rest.children = rest.children.iter().map(without_twins).collect();
    rest.children
        .retain(|child| seen.insert((child.name.clone(), key_of(child))));
    rest
}

fn key_of(element: &Element) -> String {
    match groups::own_locator(element) {
        Locator::Key(key) => key.into_owned(),
        _ => String::new(),
    }
}

proptest! {
    #![proptest_config(testing::law(256))]

    #[test]
    fn a_document_has_no_differences_to_itself(document in root()) {
        prop_assert_eq!(differences(&document, &document), []);
        prop_assert_eq!(differences(&document, &reversed(&document)), []);
        let written = xml::write(&document).expect("writable");
        prop_assert_eq!(differences(&document, &xml::read(&written).expect("well-formed")), []);
    }

    #[test]
    fn differences_applied_leave_none(before in root(), after in root()) {
        let found = differences(&before, &after);
        let patched = apply(&before, &found).expect("it fits");
        prop_assert_eq!(differences(&patched, &after), []);
        prop_assert_eq!(found.is_empty(), differences(&after, &before).is_empty());
    }

    #[test]
    fn the_order_of_input_never_changes_the_output(before in root(), after in root()) {
        let shown = |found: &[Difference]| -> Vec<String> {
            let mut shown: Vec<String> = found
                .iter()
                .map(|difference| format!("{:?} {:?} {:?}",
                    difference.path.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    difference.before.as_ref().map(canonical::text),
                    difference.after.as_ref().map(canonical::text)))
                .collect();
            shown.sort();
            shown
        };
        let (before, after) = (without_twins(&before), without_twins(&after));
        prop_assert_eq!(
            shown(&differences(&before, &after)),
            shown(&differences(&reversed(&before), &reversed(&after)))
        );
    }
}
