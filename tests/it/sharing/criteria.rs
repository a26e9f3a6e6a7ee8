//! What a criterion means: one table, read by the emulated org and by the program, each in its own words.
//!
//! The outcomes are those of the documentation (Salesforce Help, "Criteria-Based Sharing Rules", "Filter Operators") and
//! of rules that public orgs hold. Where it leaves an outcome open, the program must say so, and the org may do either.

use orgwright::criteria::{Criteria, Verdict};
use orgwright::soql::Row;
use orgwright::xml::Element;
use salesforce_emulator::store::{
    CriteriaItem, FieldSchema, FieldType, Id, ObjectAccess, Org, Principal, Role, RuleScope,
    SharingModel, SharingRule, SharingState, User, numbered, short,
};
use salesforce_emulator::{seed, sharing};
use serde_json::{Value, json};

use Outcome::{No, Open, Yes};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Yes,
    No,
    /// The documentation does not say.
    Open,
}

const RECORD_TYPE: &str = "012000000000001AAA";

/// Fields of the record, with the type that describe gives them and what they hold.
fn fields() -> Vec<(&'static str, FieldType, Value)> {
    vec![
        ("Text__c", FieldType::String, json!("North Sea")),
        ("Comma__c", FieldType::String, json!("East, by South")),
        ("Blank__c", FieldType::String, Value::Null),
        ("Area__c", FieldType::TextArea, json!("First\nsecond")),
        ("Mail__c", FieldType::Email, json!("Ada@Brightfen.example")),
        ("NoMail__c", FieldType::Email, Value::Null),
        ("Phone__c", FieldType::Phone, json!("+44 20 x")),
        ("Url__c", FieldType::Url, json!("https://Example.com")),
        ("Pick__c", FieldType::Picklist, json!("Web")),
        ("Many__c", FieldType::MultiPicklist, json!("Wind;Sun")),
        ("Flag__c", FieldType::Boolean, json!(true)),
        ("Unset__c", FieldType::Boolean, json!(false)),
        ("Count__c", FieldType::Double, json!(100.0)),
        ("Zero__c", FieldType::Double, json!(0)),
        ("NoCount__c", FieldType::Double, Value::Null),
        ("Rate__c", FieldType::Percent, json!(12.5)),
        ("Day__c", FieldType::Date, json!("2026-03-21")),
        ("Early__c", FieldType::Date, json!("2026-02-01")),
        ("NoDay__c", FieldType::Date, Value::Null),
        (
            "Moment__c",
            FieldType::DateTime,
            json!("2026-03-21T15:30:00.000+0000"),
        ),
        ("OwnerId", FieldType::Reference, json!(owner())),
        ("RecordTypeId", FieldType::Reference, json!(RECORD_TYPE)),
    ]
}

fn owner() -> Id {
    numbered("005", 77)
}

/// Field, operator, value as a rule stores it, outcome.
fn table() -> Vec<(&'static str, &'static str, String, Outcome)> {
    let plain = [
        // Text heeds case; several values are alternatives, of which negative operators want none.
        ("Text__c", "equals", "North Sea", Yes),
        ("Text__c", "equals", "north sea", No),
        ("Text__c", "equals", "North", No),
        ("Text__c", "equals", "South,North Sea", Yes),
        ("Text__c", "equals", "South, North Sea", Yes),
        ("Text__c", "notEqual", "North Sea", No),
        ("Text__c", "notEqual", "north sea", Yes),
        ("Text__c", "notEqual", "South,North Sea", No),
        ("Text__c", "contains", "th S", Yes),
        ("Text__c", "contains", "th s", No),
        ("Text__c", "contains", "x,Sea", Yes),
        ("Text__c", "notContain", "Sea", No),
        ("Text__c", "notContain", "sea", Yes),
        ("Text__c", "notContain", "x,Sea", No),
        ("Text__c", "startsWith", "North", Yes),
        ("Text__c", "startsWith", "north", No),
        ("Text__c", "startsWith", "Sea", No),
        ("Text__c", "startsWith", "x,Nor", Yes),
        ("Area__c", "contains", "second", Yes),
        // Commas inside a value stand in quotes.
        ("Comma__c", "equals", "\"East, by South\"", Yes),
        ("Comma__c", "equals", "East, by South", No),
        ("Comma__c", "equals", "x,\"East, by South\"", Yes),
        ("Comma__c", "notEqual", "\"East, by South\"", No),
        // An empty value is blank.
        ("Blank__c", "equals", "", Yes),
        ("Blank__c", "notEqual", "", No),
        ("Text__c", "equals", "", No),
        ("Text__c", "notEqual", "", Yes),
        ("Blank__c", "equals", ",North", Yes),
        ("Text__c", "equals", ",North Sea", Yes),
        ("Text__c", "equals", ",North", No),
        ("Blank__c", "notEqual", ",North", No),
        ("Blank__c", "equals", "North", No),
        ("Blank__c", "contains", "North", No),
        ("Blank__c", "startsWith", "North", No),
        ("Blank__c", "notEqual", "North", Open),
        ("Blank__c", "notContain", "North", Open),
        ("Text__c", "contains", "", Open),
        ("Blank__c", "startsWith", "", Open),
        ("Text__c", "notContain", "", Open),
        // E-mail and the like: a match but for case is not documented.
        ("Mail__c", "contains", "@", Yes),
        ("NoMail__c", "contains", "@", No),
        ("Mail__c", "equals", "Ada@Brightfen.example", Yes),
        ("Mail__c", "equals", "ada@brightfen.example", Open),
        ("Mail__c", "contains", "brightfen", Open),
        ("Mail__c", "contains", "acme", No),
        ("Phone__c", "startsWith", "+44", Yes),
        ("Phone__c", "contains", "X", Open),
        ("Url__c", "contains", "Example", Yes),
        ("Url__c", "notContain", "example", Open),
        ("Pick__c", "equals", "Web", Yes),
        ("Pick__c", "equals", "Phone,Web", Yes),
        ("Pick__c", "equals", ",Phone", No),
        ("Pick__c", "equals", "web", Open),
        ("Pick__c", "notEqual", "Phone", Yes),
        // A checkbox is never blank, and its values go in any case.
        ("Flag__c", "equals", "True", Yes),
        ("Flag__c", "equals", "true", Yes),
        ("Flag__c", "equals", "False", No),
        ("Flag__c", "notEqual", "False", Yes),
        ("Flag__c", "notEqual", "True", No),
        ("Unset__c", "equals", "False", Yes),
        ("Unset__c", "notEqual", "True", Yes),
        // Numbers compare as numbers; nothing is less or more than blank.
        ("Count__c", "equals", "100", Yes),
        ("Count__c", "equals", "100.00", Yes),
        ("Count__c", "equals", "1,100", Yes),
        ("Count__c", "notEqual", "100", No),
        ("Count__c", "greaterThan", "99", Yes),
        ("Count__c", "greaterThan", "100", No),
        ("Count__c", "greaterOrEqual", "100", Yes),
        ("Count__c", "lessThan", "20", No),
        ("Count__c", "lessThan", "1000", Yes),
        ("Count__c", "lessOrEqual", "100", Yes),
        ("Count__c", "greaterThan", "many", No),
        ("Zero__c", "equals", "0", Yes),
        ("Zero__c", "equals", "", No),
        ("Zero__c", "lessThan", "1", Yes),
        ("NoCount__c", "equals", "", Yes),
        ("NoCount__c", "equals", "0", No),
        ("NoCount__c", "lessThan", "5", No),
        ("NoCount__c", "greaterOrEqual", "0", No),
        ("Rate__c", "greaterThan", "12", Yes),
        ("Rate__c", "equals", "12.5", Yes),
        // Dates stand in the form of the org's locale.
        ("Day__c", "equals", "3/21/2026", Yes),
        ("Day__c", "equals", "2026-03-21", Yes),
        ("Day__c", "equals", "3/22/2026", No),
        ("Day__c", "notEqual", "3/21/2026", No),
        ("Day__c", "lessThan", "12/31/2800", Yes),
        ("Day__c", "greaterThan", "12/31/2800", No),
        ("Day__c", "greaterThan", "3/20/2026", Yes),
        ("Day__c", "greaterOrEqual", "3/21/2026", Yes),
        ("Day__c", "lessOrEqual", "3/20/26", No),
        ("Day__c", "greaterThan", "10/15/2025", Yes),
        ("Early__c", "equals", "2/1/2026", Open),
        ("Early__c", "greaterThan", "1/3/2026", Open),
        ("Early__c", "greaterThan", "1/3/2025", Yes),
        ("Day__c", "equals", "soon", No),
        ("NoDay__c", "equals", "", Yes),
        ("NoDay__c", "lessThan", "12/31/2800", No),
        ("Moment__c", "equals", "3/21/2026", Open),
        ("Moment__c", "lessThan", "3/22/2026", Open),
        ("Moment__c", "lessThan", "3/24/2026", Yes),
        ("Moment__c", "greaterThan", "3/15/2026 11:00 PM", Yes),
        // Record types are compared by label, owners by id in either length.
        ("RecordTypeId", "equals", "\"Inbound, web\"", Yes),
        ("RecordTypeId", "equals", "Other,\"Inbound, web\"", Yes),
        ("RecordTypeId", "equals", "Inbound", No),
        ("RecordTypeId", "notEqual", "Other", Yes),
        ("OwnerId", "startsWith", "005", Yes),
        ("OwnerId", "startsWith", "00G", No),
    ];
    let owner = owner();
    let ids = [
        ("OwnerId", "equals", short(&owner).to_owned(), Yes),
        ("OwnerId", "equals", owner, Yes),
        ("OwnerId", "equals", numbered("005", 78), No),
        ("OwnerId", "notEqual", numbered("005", 78), Yes),
    ];
    let plain = plain
        .into_iter()
        .map(|(field, operation, value, outcome)| (field, operation, value.to_owned(), outcome));
    plain.chain(ids).collect()
}

/// An org with private leads, one lead that holds the fields, and a user in a role that rules share to.
fn org() -> (Org, Id, Id) {
    let mut org = seed::standard();
    let lead = org.objects.make_mut().get_mut("Lead").unwrap();
    lead.sharing = SharingState::settled(SharingModel::Private, SharingModel::Private);
    let mut record = salesforce_emulator::store::Row::new();
    for (name, kind, value) in fields() {
        let standard = lead.fields.get(name).cloned();
        let field = FieldSchema {
            name: name.to_owned(),
            kind,
            length: 255,
            ..FieldSchema::default()
        };
        lead.fields
            .insert(name.to_owned(), standard.unwrap_or(field));
        if !value.is_null() {
            record.insert(name, value);
        }
    }
    let kind = salesforce_emulator::store::RecordType {
        id: RECORD_TYPE.to_owned(),
        name: "Inbound, web".to_owned(),
        developer_name: "Inbound".to_owned(),
        active: true,
    };
    lead.record_types.insert("Inbound".to_owned(), kind);
    let id = org.next_id("00Q");
    org.table_mut("Lead").insert(id.clone(), record);
    let role = Role {
        id: org.next_id("00E"),
        developer_name: "Sync".to_owned(),
        ..Role::default()
    };
    let profile = org.profile_by_label("Standard User").unwrap().clone();
    let own = org
        .containers
        .make_mut()
        .get_mut(&profile.container)
        .unwrap();
    own.object_permissions
        .insert("Lead".to_owned(), ObjectAccess::CRED);
    let user = User {
        id: org.next_id("005"),
        active: true,
        profile: profile.id,
        role: Some(role.id.clone()),
        user_type: "Standard".to_owned(),
        ..User::default()
    };
    let (user_id, role_id) = (user.id.clone(), role.id.clone());
    org.users.make_mut().insert(user_id.clone(), user);
    org.roles.insert(role_id.clone(), role);
    sharing::add_role_groups(&mut org, &role_id);
    (org, user_id, id)
}

/// Whether the org shares the lead by a rule of these criteria.
fn is_shared(
    (org, user, lead): &(Org, Id, Id),
    items: &[(&str, &str, &str)],
    filter: Option<&str>,
) -> bool {
    let mut org = org.clone();
    let item = |(field, operation, value): &(&str, &str, &str)| CriteriaItem {
        field: (*field).to_owned(),
        operation: (*operation).to_owned(),
        value: (*value).to_owned(),
    };
    let rule = SharingRule {
        object: "Lead".to_owned(),
        name: "Rule".to_owned(),
        scope: RuleScope::Criteria {
            items: items.iter().map(item).collect(),
            boolean_filter: filter.map(str::to_owned),
            include_records_owned_by_all: true,
        },
        shared_to: Principal {
            kind: "role".to_owned(),
            name: Some("Sync".to_owned()),
        },
        access: salesforce_emulator::store::AccessLevel::Read,
        ..SharingRule::default()
    };
    org.rules_in_force.insert(rule.full_name(), rule);
    sharing::access(&org, user, "Lead", lead, 0).read
}

/// What the program says of the same criteria and the row that a query would return.
fn verdict(items: &[(&str, &str, &str)], filter: Option<&str>) -> Option<Verdict> {
    let mut rule = Element::new("sharingCriteriaRules");
    if let Some(filter) = filter {
        rule = rule.with(Element::leaf("booleanFilter", filter));
    }
    for (field, operation, value) in items {
        let item = Element::new("criteriaItems")
            .with(Element::leaf("field", *field))
            .with(Element::leaf("operation", *operation))
            .with(Element::leaf("value", *value));
        rule = rule.with(item);
    }
    let mut row = serde_json::Map::new();
    for (name, _, value) in fields() {
        row.insert(name.to_owned(), value);
    }
    row.insert("RecordType".to_owned(), json!({"Name": "Inbound, web"}));
    let kind = |name: &str| {
        let field = fields().into_iter().find(|(field, ..)| *field == name);
        field.map(|(_, kind, _)| kind.as_str().to_owned())
    };
    Some(Criteria::of_element(&rule)?.verdict(&Row(row), &kind))
}

#[test]
fn both_read_the_same_table() {
    let org = org();
    let mut wrong = Vec::new();
    for (field, operation, value, outcome) in table() {
        let items = [(field, operation, value.as_str())];
        let shared = is_shared(&org, &items, None);
        let said = verdict(&items, None);
        let (org_agrees, program_agrees) = match outcome {
            Yes => (shared, said == Some(Verdict::Yes)),
            No => (!shared, said == Some(Verdict::No)),
            Open => (true, said == Some(Verdict::Either)),
        };
        if !(org_agrees && program_agrees) {
            wrong.push(format!(
                "{field} {operation} {value:?}: {outcome:?}, the org {shared}, the program {said:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn operators_that_no_rule_can_have_are_not_guessed_at() {
    let org = org();
    for (operation, value, shared) in [
        ("includes", "Sun,Rain", true),
        ("includes", "Rain", false),
        ("excludes", "Rain", true),
        ("excludes", "Rain,Wind", false),
        ("within", "Sun", false),
    ] {
        let items = [("Many__c", operation, value)];
        assert_eq!(is_shared(&org, &items, None), shared, "{operation} {value}");
        assert_eq!(verdict(&items, None), None, "{operation} {value}");
    }
}

#[test]
fn filters_combine_alike() {
    let org = org();
    let met = ("Text__c", "equals", "North Sea");
    let unmet = ("Text__c", "equals", "South");
    for (filter, holds) in [
        ("1 AND 2 AND 3", "111"),
        ("1 OR 2 OR 3", "001 010 011 100 101 110 111"),
        ("1 or 2 OR  3", "001 010 011 100 101 110 111"),
        ("1 AND (2 OR 3)", "101 110 111"),
        ("(1 AND 2)OR 3", "001 011 101 110 111"),
        ("((1)) and ((2) or (3))", "101 110 111"),
        ("3 AND (2 OR 1)", "011 101 111"),
    ] {
        for case in 0..8 {
            let items = [4, 2, 1].map(|bit| if case & bit == 0 { unmet } else { met });
            let expected = holds.contains(&format!("{case:03b}"));
            assert_eq!(
                is_shared(&org, &items, Some(filter)),
                expected,
                "{filter} {case:03b}"
            );
            let said = verdict(&items, Some(filter)).unwrap();
            assert_eq!(
                said,
                if expected { Verdict::Yes } else { Verdict::No },
                "{filter} {case:03b}"
            );
        }
    }
}

#[test]
fn a_filter_that_cannot_be_read_shares_nothing() {
    let org = org();
    let met = ("Text__c", "equals", "North Sea");
    for filter in [
        "1 AND",
        "1 2",
        "(1 AND 2",
        "1 AND NOT 2",
        "1 XOR 2",
        "0 OR 1",
    ] {
        assert!(!is_shared(&org, &[met, met], Some(filter)), "{filter}");
        assert_ne!(
            verdict(&[met, met], Some(filter)),
            Some(Verdict::Yes),
            "{filter}"
        );
    }
}
