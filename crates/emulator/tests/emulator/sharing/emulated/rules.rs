//! What the company shares: rules, and rows by hand.

use salesforce_emulator::sharing;
use salesforce_emulator::store::{CriteriaItem, Org, Principal, RuleScope, ShareRow, SharingRule};

use super::super::company::{Company, Condition, Logic, Object, Party, Which};
use super::{Ids, account_levels, level};

pub(super) fn add_sharing(org: &mut Org, company: &Company, ids: &Ids) {
    for (number, rule) in company.rules.iter().enumerate() {
        let scope = match &rule.which {
            Which::OwnedBy(party) => RuleScope::Owner(principal(*party)),
            Which::Meeting {
                conditions,
                logic,
                owned_by_all,
            } => RuleScope::Criteria {
                items: conditions.iter().map(criterion).collect(),
                boolean_filter: filter(*logic, conditions.len()),
                include_records_owned_by_all: *owned_by_all,
            },
        };
        let stored = SharingRule {
            object: rule.object.name().to_owned(),
            name: format!("Rule_{number}"),
            label: format!("Rule {number}"),
            description: None,
            scope,
            shared_to: principal(rule.to),
            access: level(rule.level),
            account_levels: (rule.object == Object::Account).then(|| account_levels(rule.children)),
        };
        org.rules.insert(stored.full_name(), stored);
    }
    org.rules_in_force.clone_from(&org.rules);
    for share in &company.shares {
        let object = company.records[share.record].object;
        let row = ShareRow {
            id: org.next_id(sharing::share_prefix(object.name())),
            object: object.name().to_owned(),
            record: ids.records[share.record].clone(),
            user_or_group: ids.party(org, share.to),
            level: level(share.level),
            cause: "Manual".to_owned(),
            account_levels: (object == Object::Account).then(|| account_levels(share.children)),
            by: None,
        };
        org.manual_shares.insert(row.id.clone(), row);
    }
}

fn principal(party: Party) -> Principal {
    let (kind, name) = match party {
        Party::Role(role) => ("role", Some(format!("Role_{role}"))),
        Party::RoleAndBelow(role) => ("roleAndSubordinatesInternal", Some(format!("Role_{role}"))),
        Party::Group(group) => ("group", Some(format!("Group_{group}"))),
        Party::Queue(queue) => ("queue", Some(format!("Queue_{queue}"))),
        Party::Everybody => ("allInternalUsers", None),
        Party::User(_) => unreachable!("no rule names a single user"),
    };
    Principal {
        kind: kind.to_owned(),
        name,
    }
}

fn criterion(condition: &Condition) -> CriteriaItem {
    let quoted = |word: &&str| {
        if word.contains(',') {
            format!("\"{word}\"")
        } else {
            (*word).to_owned()
        }
    };
    let (field, operation, value) = match condition {
        Condition::Flag(flag) => (
            "Flag__c",
            "equals",
            if *flag { "True" } else { "False" }.to_owned(),
        ),
        Condition::Word(words) => (
            "Word__c",
            "equals",
            words.iter().map(quoted).collect::<Vec<_>>().join(","),
        ),
        Condition::WordIsNot(word) => ("Word__c", "notEqual", quoted(word)),
        Condition::WordContains(part) => ("Word__c", "contains", quoted(part)),
        Condition::WordLacks(part) => ("Word__c", "notContain", quoted(part)),
        Condition::CountAbove(bound) => ("Count__c", "greaterThan", bound.to_string()),
    };
    CriteriaItem {
        field: field.to_owned(),
        operation: operation.to_owned(),
        value,
    }
}

fn filter(logic: Logic, count: usize) -> Option<String> {
    let numbers = |from: usize| {
        (from..=count)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
    };
    match logic {
        Logic::All => None,
        Logic::Any => Some(numbers(1).join(" OR ")),
        Logic::FirstAndAny if count == 1 => Some("1".to_owned()),
        Logic::FirstAndAny => Some(format!("1 and ({})", numbers(2).join(" or "))),
    }
}
