//! Values that no record has: of picklists and record types.

use super::*;

/// A picklist of these values: API name, label, whether it can be chosen.
fn picklist(name: &str, restricted: bool, values: &[(&str, &str, bool)]) -> String {
    let value = |(name, label, active): &(&str, &str, bool)| {
        let inactive = if *active {
            ""
        } else {
            "<isActive>false</isActive>"
        };
        format!(
            "<value><fullName>{name}</fullName><default>false</default>{inactive}<label>{label}</label></value>"
        )
    };
    let values: String = values.iter().map(value).collect();
    format!(
        "<CustomField xmlns=\"http://soap.sforce.com/2006/04/metadata\"><fullName>{name}</fullName><label>{name}</label>\
         <type>Picklist</type><valueSet><restricted>{restricted}</restricted><valueSetDefinition><sorted>false</sorted>\
         {values}</valueSetDefinition></valueSet></CustomField>"
    )
}

const REGION: &str = "objects/Lead/fields/Region__c.field-meta.xml";

fn regions(restricted: bool) -> Stage {
    let values = [
        ("N1", "North", true),
        ("S1", "South", true),
        ("W1", "Far West", false),
        ("Both", "N1", true),
    ];
    Stage::set(&[(REGION, &picklist("Region__c", restricted, &values))])
}

#[test]
fn a_label_in_place_of_an_api_name_is_refused_and_the_api_name_is_named() {
    for restricted in [true, false] {
        let stage = regions(restricted);
        let wanted = rule(&criterion("Region__c", "equals", "[N1, South]"));
        stage.refuses(
            &wanted,
            &["error[OW2127]", "`South` is a label", "write `S1`", ":22:"],
        );
        let wanted = rule(&criterion("region__C", "notEqual", "North"));
        stage.refuses(&wanted, &["`North` is a label", "write `N1`"]);
    }
}

#[test]
fn what_a_restricted_picklist_does_not_list_is_refused() {
    let stage = regions(true);
    let wanted = rule(&criterion("Region__c", "equals", "Bothh"));
    stage.refuses(&wanted, &["`Bothh` is no value", "did you mean `Both`?"]);
    let wanted = rule(&criterion("Region__c", "equals", "W1"));
    stage.refuses(&wanted, &["`W1` is an inactive value"]);
    let good = [
        criterion("Region__c", "equals", "[N1, S1, '']"),
        criterion("Region__c", "startsWith", "Sou"),
        criterion("Region__c", "equals", "Both"),
    ];
    for criterion in good {
        let run = stage.plan(&rule(&criterion));
        assert_eq!(run.code, 0, "{criterion}: {}", run.words());
        assert!(!run.words().contains("OW2127"), "{}", run.words());
    }
}

#[test]
fn what_an_open_picklist_does_not_list_is_told() {
    let stage = regions(false);
    for (value, told) in [
        ("East", "`East` is no value"),
        ("W1", "`W1` is an inactive value"),
    ] {
        let run = stage.plan(&rule(&criterion("Region__c", "equals", value)));
        assert_eq!(run.code, 0, "{}", run.words());
        says(&run, &["OW2127", told]);
    }
}

#[test]
fn a_picklist_that_the_manifest_makes_has_the_values_of_the_manifest() {
    let stage = Stage::set(&[]);
    let field = "  fields:\n    - {object: Lead, name: Tier__c, label: Tier, type: Picklist, values: [Gold, Tin]}\n";
    let wanted = rule(&criterion("Tier__c", "equals", "[Gold, Tinn]"));
    stage.refuses(
        &format!("{wanted}{field}"),
        &["`Tinn` is no value", "did you mean `Tin`?"],
    );
}

#[test]
fn a_record_type_is_asked_for_by_its_label() {
    let kind = "<RecordType xmlns=\"http://soap.sforce.com/2006/04/metadata\"><fullName>Trade_Fair</fullName>\
                <active>true</active><label>Met at a fair</label></RecordType>";
    let stage = Stage::set(&[(
        "objects/Lead/recordTypes/Trade_Fair.recordType-meta.xml",
        kind,
    )]);
    let wanted = rule(&criterion("RecordTypeId", "equals", "Trade_Fair"));
    stage.refuses(
        &wanted,
        &[
            "error[OW2108]",
            "`Trade_Fair` is the API name",
            "`Met at a fair`",
            "{recordType: Trade_Fair}",
        ],
    );
    let wanted = rule(&criterion("RecordTypeId", "equals", "Met at the fair"));
    stage.refuses(
        &wanted,
        &[
            "no record type labelled `Met at the fair`",
            "did you mean `Met at a fair`?",
        ],
    );
    for value in ["Met at a fair", "{recordType: Trade_Fair}"] {
        let run = stage.plan(&rule(&criterion("RecordTypeId", "equals", value)));
        assert_eq!(run.code, 0, "{value}: {}", run.words());
    }
}
