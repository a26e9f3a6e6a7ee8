use serde_json::json;

use super::*;
use crate::schema;
use crate::store::{Principal, RecordType, User, numbered, short};

fn org() -> Org {
    let mut org = Org {
        objects: crate::store::Shared::new(schema::standard_objects()),
        ..Org::default()
    };
    org.organization.locale = "en_US".into();
    let lead = org.objects.make_mut().get_mut("Lead").unwrap();
    let kind = RecordType {
        id: "012Ow0000000001AAA".into(),
        name: "Inbound, web".into(),
        developer_name: "Inbound".into(),
        active: true,
    };
    lead.record_types.insert("Inbound".into(), kind);
    let test = |name: &str, kind| crate::store::FieldSchema {
        name: name.into(),
        kind,
        ..Default::default()
    };
    let late = crate::store::FieldSchema {
        default_value: Some(true.into()),
        ..test("Late__c", FieldType::Boolean)
    };
    for field in [
        late,
        test("Flag__c", FieldType::Boolean),
        test("Day__c", FieldType::Date),
        test("Many__c", FieldType::MultiPicklist),
    ] {
        lead.fields.insert(field.name.clone(), field);
    }
    org
}

fn row() -> Row {
    let row = json!({
        "Company": "Brightfen Mills", "Email": "ada@brightfen.example", "Flag__c": true, "NumberOfEmployees": 100,
        "Day__c": "2026-03-01", "CreatedDate": "2026-03-01T15:30:00.000+0000", "Many__c": "Wind;Sun",
        "OwnerId": numbered("005", 1), "RecordTypeId": "012Ow0000000001AAA", "LeadSource": "Web",
    });
    serde_json::from_value(row).unwrap()
}

/// Whether the record of `row()` meets one criterion.
fn check(field: &str, operation: &str, value: &str, expected: bool) {
    let org = org();
    let item = CriteriaItem {
        field: field.into(),
        operation: operation.into(),
        value: value.into(),
    };
    let test = Test::new(&org, org.object("Lead").unwrap(), &item);
    assert_eq!(
        test.holds(&row()),
        expected,
        "{field} {operation} {value:?}"
    );
}

#[test]
fn text_heeds_case_and_takes_lists() {
    check("Company", "equals", "Brightfen Mills", true);
    check("Company", "equals", "brightfen mills", false);
    check("Company", "equals", "Oldmarsh,Brightfen Mills", true);
    check("Company", "notEqual", "Oldmarsh,Brightfen Mills", false);
    check("Company", "notEqual", "Oldmarsh", true);
    check("Company", "contains", "fen", true);
    check("Company", "contains", "Fen", false);
    check("Company", "notContain", "Fen,Sol", true);
    check("Company", "notContain", "Sol,fen", false);
    check("Company", "startsWith", "Old,Bright", true);
    check("Company", "startsWith", "fen", false);
    check("Email", "contains", "@", true);
    check("LeadSource", "equals", "Web", true);
    check("Company", "within", "x", false);
}

#[test]
fn empty_means_blank() {
    check("Title", "equals", "", true);
    check("Title", "notEqual", "", false);
    check("Email", "equals", "", false);
    check("Email", "notEqual", "", true);
    check("Title", "equals", ",Boss", true);
    check("Title", "notEqual", "Boss", true);
    check("Title", "notContain", "Boss", true);
    check("Title", "contains", "Boss", false);
    check("NumberOfEmployees", "notEqual", "", true);
    check("AnnualRevenue", "equals", "", true);
    check("AnnualRevenue", "lessThan", "5", false);
}

#[test]
fn quoted_values_may_hold_commas() {
    check("RecordTypeId", "equals", "\"Inbound, web\"", true);
    check("RecordTypeId", "equals", "Inbound, web", false);
    check("RecordTypeId", "equals", "Other,\"Inbound, web\"", true);
    check("RecordTypeId", "notEqual", "Inbound", true);
    assert_eq!(
        split("a, b ,\"c \"\"d\"\", e\",,"),
        ["a", "b", "c \"d\", e", "", ""]
    );
}

#[test]
fn checkboxes_numbers_and_dates_compare_as_such() {
    check("Flag__c", "equals", "True", true);
    check("Flag__c", "equals", "true", true);
    check("Flag__c", "equals", "False", false);
    check("Flag__c", "notEqual", "False", true);
    check("Flag__c", "equals", "yes", false);
    check("IsConverted", "equals", "False", true);
    check("Late__c", "equals", "True", true);
    check("NumberOfEmployees", "equals", "100.0", true);
    check("NumberOfEmployees", "greaterThan", "99", true);
    check("NumberOfEmployees", "lessThan", "100", false);
    check("NumberOfEmployees", "lessOrEqual", "100", true);
    check("NumberOfEmployees", "equals", "many", false);
    check("Day__c", "equals", "3/1/2026", true);
    check("Day__c", "lessThan", "12/31/2800", true);
    check("Day__c", "greaterOrEqual", "3/2/2026", false);
    check("CreatedDate", "equals", "3/1/2026", true);
    check("CreatedDate", "greaterThan", "3/1/2026 3:29 PM", true);
    check("Many__c", "includes", "Sun,Rain", true);
    check("Many__c", "excludes", "Sun", false);
}

#[test]
fn ids_go_in_both_lengths() {
    check("OwnerId", "equals", short(&numbered("005", 1)), true);
    check("OwnerId", "equals", &numbered("005", 1), true);
    check("OwnerId", "equals", &numbered("005", 2), false);
    check("OwnerId", "startsWith", "005", true);
    check("OwnerId", "startsWith", "00G", false);
    check("OwnerId", "startsWith", &numbered("005", 1), true);
}

#[test]
fn an_unusable_filter_shares_nothing() {
    let org = org();
    let item = |value: &str| CriteriaItem {
        field: "Company".into(),
        operation: "contains".into(),
        value: value.into(),
    };
    let shares = |boolean_filter: Option<&str>| {
        let items = vec![item("Bright"), item("nothing")];
        let scope = RuleScope::Criteria {
            items,
            boolean_filter: boolean_filter.map(str::to_owned),
            include_records_owned_by_all: true,
        };
        let rule = SharingRule {
            scope,
            ..SharingRule::default()
        };
        Scope::new(&org, org.object("Lead").unwrap(), &rule).matches(&row())
    };
    assert!(
        shares(Some("1 OR 2"))
            && !shares(Some("1 AND 2"))
            && !shares(None)
            && !shares(Some("1 OR"))
    );
}

#[test]
fn owners_without_a_possible_role_are_left_out_unless_asked_for() {
    let mut org = org();
    let robot = User {
        id: numbered("005", 1),
        user_type: "AutomatedProcess".into(),
        ..User::default()
    };
    org.users.make_mut().insert(robot.id.clone(), robot);
    for include_records_owned_by_all in [true, false] {
        let scope = RuleScope::Criteria {
            items: Vec::new(),
            boolean_filter: None,
            include_records_owned_by_all,
        };
        let rule = SharingRule {
            scope,
            shared_to: Principal::default(),
            ..SharingRule::default()
        };
        assert_eq!(
            Scope::new(&org, org.object("Lead").unwrap(), &rule).matches(&row()),
            include_records_owned_by_all
        );
    }
}
