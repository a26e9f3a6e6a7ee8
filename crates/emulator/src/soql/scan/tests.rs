//! A walk through a table finds what looking at each record by itself finds, whatever is changed in between.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::ast::Name;
use super::super::evaluate::{self, Scope};
use super::super::{compile, parser};
use super::*;
use crate::seed;
use crate::store::{Id, Org, Row, SharingModel, SharingState, User, numbered};
use crate::viewer::Viewer;

/// Texts that fields hold and queries ask for: the same one in other cases, texts whose lower case is longer, nothing.
const TEXTS: [&str; 10] = [
    "Ghent", "gHENT", "ghent", "ÄRGER", "ärger", "İzmir", "ΟΔΟΣ", "a%b_c", "", "Web",
];

const PATTERNS: [&str; 9] = [
    "%",
    "g%",
    "%ENT",
    "%r%",
    "_RGER",
    "%ΟΣ%",
    "a\\\\%b%",
    "%@%.example",
    "%i\u{307}z%",
];

/// One change between two queries.
#[derive(Clone, Debug)]
enum Change {
    SetText(Index, &'static str, Option<&'static str>),
    SetOwner(Index, Id),
    Remove(Index),
    Add(u64, &'static str),
    Promote(Index, Index),
}

fn owner() -> impl Strategy<Value = Id> {
    prop_oneof![
        (1..45u64).prop_map(|number| numbered("005", number)),
        Just(numbered("00G", 2)),
        Just(numbered("00Q", 2)),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let text = || select(&TEXTS[..]);
    let place = any::<Index>;
    prop_oneof![
        (
            place(),
            select(&["City", "Title"][..]),
            prop::option::of(text())
        )
            .prop_map(|(place, field, text)| Change::SetText(place, field, text)),
        (place(), owner()).prop_map(|(place, owner)| Change::SetOwner(place, owner)),
        place().prop_map(Change::Remove),
        (3000..3100u64, text()).prop_map(|(number, text)| Change::Add(number, text)),
        (place(), place()).prop_map(|(user, profile)| Change::Promote(user, profile)),
    ]
}

fn make(org: &mut Org, change: Change) {
    let leads: Vec<Id> = org.rows("Lead").map(|(id, _)| id.clone()).collect();
    match change {
        Change::SetText(place, field, text) => {
            let row = org
                .table_mut("Lead")
                .get_mut(&leads[place.index(leads.len())])
                .unwrap();
            row.remove(field);
            row.extend(text.map(|text| (field, Value::from(text))));
        }
        Change::SetOwner(place, owner) => {
            let row = org
                .table_mut("Lead")
                .get_mut(&leads[place.index(leads.len())])
                .unwrap();
            row.insert("OwnerId", owner.into());
        }
        Change::Remove(place) => {
            org.table_mut("Lead")
                .remove(&leads[place.index(leads.len())]);
        }
        Change::Add(number, text) => {
            let row = Row::from([("City", text.into()), ("LastName", "New".into())]);
            org.table_mut("Lead").insert(numbered("00Q", number), row);
        }
        Change::Promote(user, profile) => {
            let users: Vec<Id> = org.users.keys().cloned().collect();
            let profiles: Vec<Id> = org.profiles.keys().cloned().collect();
            let user = org
                .users
                .make_mut()
                .get_mut(&users[user.index(users.len())])
                .unwrap();
            user.profile
                .clone_from(&profiles[profile.index(profiles.len())]);
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

/// What is asked of a text.
fn of_text(field: &'static str, values: &'static [&'static str]) -> impl Strategy<Value = String> {
    let value = || select(values);
    let operator = select(&["=", "!=", "<", ">="][..]);
    let listed = prop::collection::vec(value(), 1..5).prop_map(|values| {
        let quoted: Vec<String> = values.into_iter().map(quoted).collect();
        quoted.join(", ")
    });
    prop_oneof![
        (operator, value())
            .prop_map(move |(operator, value)| format!("{field} {operator} '{value}'")),
        select(&["= null", "!= null"][..]).prop_map(move |null| format!("{field} {null}")),
        (select(&["IN", "NOT IN"][..]), listed, any::<bool>()).prop_map(
            move |(operator, listed, null)| {
                let null = if null { ", null" } else { "" };
                format!("{field} {operator} ({listed}{null})")
            }
        ),
        select(&PATTERNS[..]).prop_map(move |pattern| format!("{field} LIKE '{pattern}'")),
    ]
}

/// What is asked of a reference: few ids are looked up, many are not.
fn of_owner() -> impl Strategy<Value = String> {
    let several = prop_oneof![
        prop::collection::vec(owner(), 1..4),
        prop::collection::vec((1..300u64).prop_map(|number| numbered("005", number)), 100),
    ];
    let semi_join = "OwnerId IN (SELECT Id FROM User WHERE Profile.Name = 'Inside Sales')";
    prop_oneof![
        (select(&["=", "!="][..]), owner())
            .prop_map(|(operator, id)| format!("OwnerId {operator} '{}'", &id[..15])),
        (select(&["IN", "NOT IN"][..]), several).prop_map(|(operator, ids)| {
            let ids: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
            format!("OwnerId {operator} ({})", ids.join(", "))
        }),
        Just("OwnerId = null".to_owned()),
        Just(semi_join.to_owned()),
    ]
}

const PROFILES: &[&str] = &["Inside Sales", "standard user", "System Administrator", ""];

fn of_lead() -> impl Strategy<Value = String> {
    prop_oneof![
        of_text("City", &TEXTS),
        of_text("Title", &TEXTS),
        of_text("Email", &["unknown", "N/A", ""]),
        of_text("Owner.Profile.Name", PROFILES),
        of_text("Owner.Name", &["Ada Fenwright", "inbound leads"]),
        of_text("Owner.Type", &["Queue", "user"]),
        of_text("CreatedBy.UserRole.ParentRole.Name", &["Head of Sales"]),
        of_owner(),
        select(
            &[
                "Sync_to_HubSpot__c = true",
                "Score__c > 70",
                "NumberOfEmployees = null"
            ][..]
        )
        .prop_map(str::to_owned),
    ]
}

fn of_user() -> impl Strategy<Value = String> {
    prop_oneof![
        of_text("Username", &["ADA.Fenwright@acme.example", ""]),
        of_text("Profile.Name", PROFILES),
        of_text("UserRole.Name", &["Head of Sales", ""]),
        of_text("Title", &["account executive"]),
        of_text("CreatedBy.Name", &["Ada Fenwright", ""]),
        of_text("Manager.Name", &["Ada Fenwright", ""]),
        of_text("DigestFrequency", &["d", "N"]),
        Just("IsActive = true".to_owned()),
    ]
}

fn combined(one: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let leaf = one.boxed();
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} AND {other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} OR {other})")),
            inner.prop_map(|one| format!("(NOT {one})")),
        ]
    })
}

/// The first that only one of them has.
fn differing<'i>(found: &'i [String], expected: &'i [String]) -> Option<&'i String> {
    let known: HashSet<&String> = found.iter().collect();
    let wanted: HashSet<&String> = expected.iter().collect();
    known.symmetric_difference(&wanted).min().copied()
}

fn ids<'v>(viewer: &Viewer<'v>, records: impl IntoIterator<Item = Record<'v>>) -> Vec<String> {
    let records = records.into_iter();
    records.map(|record| record.id(viewer)).collect()
}

/// The walk and the plain loop over every record, side by side.
fn check(org: &Org, object: &str, condition: &str) {
    let viewer = Viewer::new(org, &org.organization.administrator, 0, 66);
    let query = format!("SELECT Id FROM {object} WHERE {condition}");
    let query = parser::parse(&query).unwrap();
    let schema = views::schema(&viewer, object).unwrap();
    let scope = Scope {
        viewer: &viewer,
        schema: &schema,
        alias: None,
    };
    let Ok(Some(test)) = compile::filter(&scope, &query) else {
        return;
    };
    let every = views::records(&viewer, object, &Hints::new()).unwrap();
    let plain = every
        .into_iter()
        .filter(|record| holds(&viewer, &test, record, 0));
    let expected = ids(&viewer, plain);
    let found = ids(
        &viewer,
        matching(&viewer, object, Some(&test), usize::MAX).unwrap(),
    );
    assert_eq!(differing(&found, &expected), None, "{object}: {condition}");
    assert!(found == expected, "{object}: {condition}, in another order");
    assert_eq!(
        count(&viewer, object, Some(&test)),
        Some(expected.len()),
        "{condition}"
    );
    let first = matching(&viewer, object, Some(&test), 3).unwrap();
    assert!(
        ids(&viewer, first).iter().eq(expected.iter().take(3)),
        "{condition}"
    );
}

/// Groups as a query tells of them and as a plain loop counts them: key, records, distinct references, least and greatest.
fn check_groups(viewer: &Viewer<'_>, object: &str, filter: &str, key: &str, reference: &str) {
    let query = format!(
        "SELECT {key} k, COUNT(Id) n, COUNT_DISTINCT({reference}) d, MIN({reference}) least, MAX({reference}) most FROM {object} {filter} GROUP BY {key} HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC, {key}"
    );
    let parsed = parser::parse(&query).unwrap();
    let Some(schema) = views::visible_schema(viewer, object) else {
        return;
    };
    let scope = Scope {
        viewer,
        schema: &schema,
        alias: None,
    };
    let reference = Name {
        text: reference.to_owned(),
        at: 0,
        part: None,
    };
    let paths = [&parsed.group_by[0], &reference].map(|name| scope.path(name));
    // Not everybody sees every object and field, and not every condition is taken.
    let ([Ok(key), Ok(reference)], Ok(test)) = (paths, compile::filter(&scope, &parsed)) else {
        return;
    };
    let found =
        evaluate::answer(viewer, &parsed).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let mut expected: BTreeMap<String, (usize, Vec<Value>)> = BTreeMap::new();
    for record in views::records(viewer, object, &Hints::new()).unwrap() {
        if test
            .as_ref()
            .is_none_or(|test| holds(viewer, test, &record, 0))
        {
            let value = key.value(viewer, &record).to_string().to_lowercase();
            let group = expected.entry(value).or_default();
            group.0 += 1;
            let referred = reference.value(viewer, &record).into_owned();
            if !referred.is_null() && !group.1.contains(&referred) {
                group.1.push(referred);
            }
        }
    }
    expected.retain(|_, (count, _)| *count > 1);
    let mut last = usize::MAX;
    for row in &found.records {
        let row: Value = serde_json::from_str(row).unwrap();
        let (count, distinct) = expected
            .remove(&row["k"].to_string().to_lowercase())
            .unwrap_or_else(|| panic!("{query}: {row}"));
        let folded = |value: &&Value| value.as_str().map(str::to_lowercase);
        let least = distinct.iter().min_by_key(folded).cloned();
        let most = distinct.iter().rev().max_by_key(folded).cloned();
        let in_any_case: BTreeSet<_> = distinct.iter().map(|value| folded(&value)).collect();
        let told = (&row["n"], &row["d"], &row["least"], &row["most"]);
        let counted = (Value::from(count), Value::from(in_any_case.len()));
        let (least, most) = (Value::from(least), Value::from(most));
        assert_eq!(
            told,
            (&counted.0, &counted.1, &least, &most),
            "{query}: {row}"
        );
        assert!(count <= last, "{query}: {row}");
        last = count;
    }
    assert!(expected.is_empty(), "{query}: {expected:?}");
}

const KEYS: [&str; 5] = [
    "OwnerId",
    "Owner.Profile.Name",
    "Owner.Type",
    "CALENDAR_MONTH(CreatedDate)",
    "Sync_to_HubSpot__c",
];

/// What is asked of leads in groups, once as the administrator and once as somebody who sees some of them.
fn check_leads_in_groups(org: &mut Org, condition: &str, key: &str) {
    let private = SharingState::settled(SharingModel::Private, SharingModel::Private);
    let lead = org.objects.make_mut().get_mut("Lead").unwrap();
    let public = std::mem::replace(&mut lead.sharing, private);
    let has_role = |user: &&User| user.active && user.role.is_some();
    let seller = org.users.values().filter(has_role).last();
    let users = [
        org.organization.administrator.clone(),
        seller.unwrap().id.clone(),
    ];
    for user in users {
        let viewer = Viewer::new(org, &user, 0, 66);
        check_groups(
            &viewer,
            "Lead",
            &format!("WHERE {condition}"),
            key,
            "OwnerId",
        );
    }
    org.objects.make_mut().get_mut("Lead").unwrap().sharing = public;
}

proptest! {
    #![proptest_config(testing::law(48))]

    #[test]
    fn a_walk_finds_what_a_plain_loop_finds(
        rounds in prop::collection::vec(
            (
                prop::collection::vec(change(), 0..12),
                combined(of_lead()),
                combined(of_user()),
                select(&KEYS[..]),
            ),
            1..4,
        )
    ) {
        let mut org = seed::demo();
        for (changes, of_leads, of_users, key) in rounds {
            for change in changes {
                make(&mut org, change);
            }
            check(&org, "Lead", &of_leads);
            check(&org, "User", &of_users);
            check_leads_in_groups(&mut org, &of_leads, key);
            let viewer = Viewer::new(&org, &org.organization.administrator, 0, 66);
            let of_users = format!("WHERE {of_users}");
            check_groups(&viewer, "User", &of_users, "Profile.Name", "ProfileId");
            check_groups(&viewer, "Lead", "", key, "OwnerId");
        }
    }
}
