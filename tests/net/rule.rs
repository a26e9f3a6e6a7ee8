//! Sharing rules of generated manifests.

use serde_json::{Value, json};

use super::company::{Company, Start};
use super::dice::Dice;

pub(crate) fn rule(
    dice: &mut Dice,
    company: &Company,
    object: &str,
    default: &str,
    number: usize,
) -> Value {
    let name = format!("Generated_{number}");
    if dice.chance(5) {
        return json!({"name": name, "absent": true});
    }
    let access = match dice.pick(&["ReadOnly", "ReadWrite", "ReadWrite"]) {
        "ReadOnly" if default == "Read" && dice.chance(80) => "ReadWrite",
        access => access,
    };
    let mut rule = json!({"name": name, "label": "Generated & more", "access": access});
    if dice.chance(25) {
        rule["ownedBy"] = principal(dice, company);
    } else {
        let count = 1 + dice.below(3);
        let criteria: Vec<Value> = (0..count)
            .map(|_| criterion(dice, company, object))
            .collect();
        rule["criteria"] = json!(criteria);
        match (count, dice.below(3)) {
            (2, 0) => rule["logic"] = json!("1 OR 2"),
            (3, 0) => rule["logic"] = json!("1 AND (2 OR 3)"),
            _ => {}
        }
        if dice.chance(15) {
            rule["includeRecordsOwnedByAll"] = json!(false);
        }
    }
    if dice.chance(15) {
        rule["sharedTo"] = principal(dice, company);
    }
    if dice.chance(10) {
        rule["expectVisible"] = json!(dice.below(5));
    }
    if dice.chance(10) {
        rule["description"] = json!("Why it is there.");
    }
    if company.start == Start::Begun && dice.chance(15) {
        rule["renamedFrom"] = json!(format!("Earlier_{number}"));
    }
    rule
}

fn principal(dice: &mut Dice, company: &Company) -> Value {
    match company.party(dice) {
        ("allInternalUsers", _) => json!("allInternalUsers"),
        _ if company.queues > 0 && dice.chance(20) => json!({"queue": "Queue_0"}),
        (element, name) => json!({element: name}),
    }
}

pub(crate) fn criterion(dice: &mut Dice, company: &Company, object: &str) -> Value {
    let (field, operator, value) = match dice.below(16) {
        0..4 => ("Flag__c", "equals", json!(true)),
        4 => ("Flag__c", "notEqual", json!(true)),
        5 => ("Word__c", "equals", json!("North")),
        6 => ("Word__c", "equals", json!(["North", "East"])),
        7 => ("Word__c", "contains", json!("orth")),
        8 => ("Word__c", "notContain", json!("Nor")),
        9 => ("Word__c", "equals", json!("")),
        10 => ("Word__c", "startsWith", json!("N")),
        11 => ("Count__c", "greaterThan", json!(10)),
        12 => ("Count__c", "lessOrEqual", json!(25)),
        13 if company.queues > 0 && matches!(object, "Lead" | "Case") => {
            ("OwnerId", "equals", json!({"queue": "Queue_0"}))
        }
        14 if object == "Lead" => ("RecordTypeId", "equals", json!({"recordType": "Partner"})),
        _ => ("CreatedById", "equals", json!({"user": "this"})),
    };
    json!({"field": field, "operator": operator, "value": value})
}
