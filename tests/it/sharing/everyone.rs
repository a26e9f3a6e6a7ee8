//! `keepAccess: everyone` in generated companies: what the plan says that each person loses, and what the org lets each person
//! see once it is applied. What is right is said without a word of how the group is made: everybody but integrations has what
//! the rule gives, and nobody has it through somebody else.

use std::collections::BTreeMap;

use orgwright::diagnostic::Exit;
use proptest::prelude::*;
use salesforce_emulator::store::Id;

use super::company::{
    Children, Company, Condition, Group, Level, Logic, Party, Rule, Which, company,
};
use super::losing::judged_by;
use super::predicted::{Rehearsal, few, run};
use super::wish::{Wish, wishes};
use super::{emulated, evaluator, records_of};

/// The permission set that makes its users integrations, where the company has one.
const API_ONLY: usize = 0;

const PRIVATE: &str = "organizationWideDefault: Private\n";

fn manifest(company: &Company, wish: &Wish, level: Level) -> String {
    let access = match level {
        Level::Edit => "ReadWrite",
        _ => "ReadOnly",
    };
    let kept = format!("{PRIVATE}      keepAccess: [{{everyone: true, access: {access}}}]\n");
    wish.manifest(company).replace(PRIVATE, &kept)
}

fn is_integration(company: &Company, user: usize) -> bool {
    company.users[user].sets.contains(&API_ONLY)
}

/// The company once the manifest is applied, and the number of its user.
fn kept(company: &Company, wish: &Wish, level: Level) -> (Company, usize) {
    let (mut after, own) = wish.granted(company);
    let users = 0..after.users.len();
    let kept = users.filter(|user| {
        let one = &after.users[*user];
        *user != own && one.active && !one.system && !is_integration(&after, *user)
    });
    let members = kept.map(Party::User).collect();
    after.groups.push(Group {
        members,
        bosses: false,
    });
    let everything = Which::Meeting {
        conditions: vec![Condition::Flag(true), Condition::Flag(false)],
        logic: Logic::Any,
        owned_by_all: true,
    };
    after.rules.push(Rule {
        object: wish.object,
        level,
        children: Children::default(),
        which: everything,
        to: Party::Group(after.groups.len() - 1),
    });
    (after, own)
}

/// An org of the company in which one permission set is for the API only.
async fn rehearsal(company: &Company, wish: &Wish, level: Level) -> (Rehearsal, emulated::Ids) {
    let (mut org, ids) = emulated::org(company);
    if let Some(set) = ids.sets.get(API_ONLY) {
        let set = org.containers.make_mut().get_mut(set).unwrap();
        set.user_permissions.insert("ApiUserOnly".into());
    }
    let rehearsal = Rehearsal::over(org, manifest(company, wish, level)).await;
    (rehearsal, ids)
}

/// What a user may do with records, as the org says: read and edit.
async fn told(rehearsal: &Rehearsal, user: &Id, records: &[&Id]) -> BTreeMap<Id, (bool, bool)> {
    let ids: Vec<String> = records.iter().map(|id| format!("'{id}'")).collect();
    let query = format!(
        "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId IN ({})",
        ids.join(",")
    );
    let rows = rehearsal.reader.query(&query).await.unwrap();
    let row = |row: &orgwright::soql::Row| {
        let id = row.text("RecordId").unwrap().to_owned();
        (id, (row.flag("HasReadAccess"), row.flag("HasEditAccess")))
    };
    rows.iter().map(row).collect()
}

/// What the org lets a user do otherwise than it should.
async fn wrong(
    rehearsal: &Rehearsal,
    ids: &emulated::Ids,
    wish: &Wish,
    (after, own): (&Company, usize),
) -> Option<String> {
    let numbers = records_of(after, wish.object);
    if numbers.is_empty() {
        return None;
    }
    let records: Vec<&Id> = numbers.iter().map(|number| &ids.records[*number]).collect();
    let query = "SELECT Id FROM User WHERE Username = 'integration@company.example'";
    let made = rehearsal.reader.query(query).await.unwrap();
    for user in 0..after.users.len() {
        let id = match ids.users.get(user) {
            Some(id) => id.clone(),
            None => made.first()?.text("Id")?.to_owned(),
        };
        if !after.users[user].active {
            continue;
        }
        let has = told(rehearsal, &id, &records).await;
        for (number, record) in numbers.iter().zip(&records) {
            let right = evaluator::access(after, user, *number);
            let right = (right.read, right.edit);
            if has.get(*record) != Some(&right) {
                let has = has.get(*record);
                return Some(format!(
                    "user {user} (own {own}), record {number}: {has:?}, right {right:?}"
                ));
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn nobody_loses_but_those_who_are_left_out(
        (company, wish) in wishes(company()), edits in any::<bool>()
    ) {
        let level = if edits { Level::Edit } else { Level::Read };
        let (after, own) = kept(&company, &wish, level);
        let planned = run(async {
            let (rehearsal, _) = rehearsal(&company, &wish, level).await;
            let planned = rehearsal.plan().await;
            rehearsal.server.stop().await;
            planned
        });
        let judged = judged_by(&company, (&after, own), wish.object, &planned.impact[0]);
        if let Err(wrong) = judged {
            prop_assert!(false, "{}\n{:?}\n{}", wrong, company, manifest(&company, &wish, level));
        }
    }

    #[test]
    fn everybody_but_integrations_sees_every_record(
        (company, wish) in wishes(company()), edits in any::<bool>()
    ) {
        let level = if edits { Level::Edit } else { Level::Read };
        let kept = kept(&company, &wish, level);
        let (wrong, left) = run(async {
            let (rehearsal, ids) = rehearsal(&company, &wish, level).await;
            let planned = rehearsal.plan().await;
            let applied = rehearsal.apply(&planned).await;
            // What others share with the user is a leak all the same, and told by the proof.
            let ended = applied.failure.map(|failure| failure.exit);
            assert!(matches!(ended, None | Some(Exit::ProofFailed)), "{ended:?}");
            let left = rehearsal.plan().await.changes;
            let wrong = wrong(&rehearsal, &ids, &wish, (&kept.0, kept.1)).await;
            rehearsal.server.stop().await;
            (wrong, left)
        });
        prop_assert!(wrong.is_none(), "{:?}\n{:?}\n{}", wrong, company, manifest(&company, &wish, level));
        prop_assert!(left.is_empty(), "{:?}\n{}", left, manifest(&company, &wish, level));
    }
}
