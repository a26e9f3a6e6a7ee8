//! What users hold, decoded.

use super::*;
use crate::live::Answer;
use serde_json::{Value, json};

/// One need of each sort.
pub(in crate::live) fn needs() -> Vec<HoldingNeed> {
    let name = || "ours".to_owned();
    let sets = || BTreeSet::from(["0PS1".to_owned()]);
    let names = BTreeSet::from(["ManageUsers".to_owned()]);
    let fields = |edits| HoldingNeed::Fields {
        sets: sets(),
        edits,
    };
    vec![
        HoldingNeed::Assigned(name()),
        HoldingNeed::Revoked(name()),
        HoldingNeed::LogIn(name()),
        HoldingNeed::Objects("0PS1".to_owned()),
        HoldingNeed::Permissions {
            names,
            sets: sets(),
        },
        fields(false),
        fields(true),
        HoldingNeed::OpenSets,
        HoldingNeed::Usernames,
    ]
}

/// What was learnt of what a need is about.
pub(in crate::live) fn part(live: &Live, need: &HoldingNeed) -> Known<()> {
    match need {
        HoldingNeed::Assigned(name) => live.held_assignments(name).map(|_| ()),
        HoldingNeed::Revoked(name) => live
            .known(
                &Need::Holding(HoldingNeed::Revoked(name.clone())),
                Some(&()),
            )
            .map(|()| ()),
        HoldingNeed::LogIn(name) => live.log_in(name).map(|_| ()),
        HoldingNeed::Objects(set) => live.objects_of_set(set).map(|_| ()),
        HoldingNeed::Permissions { names, sets } => {
            live.permissions_of_sets(names, sets).map(|_| ())
        }
        HoldingNeed::Fields { sets, edits } => live.fields_of_sets(sets, *edits).map(|_| ()),
        HoldingNeed::OpenSets => live.open_sets().map(|_| ()),
        HoldingNeed::Usernames => live.usernames().map(|_| ()),
    }
}

fn told(need: &HoldingNeed, values: &[Value]) -> Live {
    let mut live = Live::default();
    let need = Need::Holding(need.clone());
    live.learn(&[need], Answer::Rows(values.iter().map(Row::of).collect()));
    live
}

#[test]
fn an_assignment_is_active_over_or_taken_back() {
    let need = HoldingNeed::Assigned("bot@acme.example".into());
    let row = |id: &str, active: bool, end: Option<&str>| {
        json!({"Id": id, "Assignee": {"Username": "Bot@acme.example"}, "PermissionSetId": "0PS1", "IsActive": active,
            "ExpirationDate": end})
    };
    let rows = [
        row("0Pa1", true, None),
        row("0Pa2", false, Some("2026-03-01T00:00:00Z")),
        row("0Pa3", true, None),
    ];
    let mut live = told(&need, &rows);
    let revoked = Need::Holding(HoldingNeed::Revoked("bot@acme.example".into()));
    let taken = Row::of(&json!({"Id": "0Pa3"}));
    live.learn(&[revoked], Answer::Rows(vec![taken]));
    let held = live.held_assignments("BOT@acme.example").learnt().unwrap();
    let told = held
        .iter()
        .map(|held| (held.active, held.day.as_deref(), held.revoked));
    let expected = [
        (true, None, false),
        (false, Some("2026-03-01"), false),
        (true, None, true),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn an_org_without_user_access_policies_takes_nothing_back() {
    let refused = |code: &str| {
        let mut live = Live::default();
        let need = Need::Holding(HoldingNeed::Revoked("a@b".into()));
        let refusal = Answer::Refused {
            status: 400,
            code: code.into(),
            message: String::new(),
        };
        live.learn(&[need], refusal);
        live.revoked_refused("a@b").is_some()
    };
    assert!(!refused("INVALID_FIELD"));
    assert!(refused("QUERY_TIMEOUT"));
}

#[test]
fn permissions_and_fields_are_told_by_set_and_object() {
    let sets = BTreeSet::from(["0PS1".to_owned(), "0PS2".to_owned()]);
    let names = BTreeSet::from(["ManageUsers".to_owned(), "ViewSetup".to_owned()]);
    let need = HoldingNeed::Permissions {
        names: names.clone(),
        sets: sets.clone(),
    };
    let rows = [
        json!({"Id": "0PS1", "PermissionsManageUsers": true, "PermissionsViewSetup": false}),
        json!({"Id": "0PS2", "PermissionsManageUsers": false, "PermissionsViewSetup": true}),
    ];
    let live = told(&need, &rows);
    let granted = live.permissions_of_sets(&names, &sets).learnt().unwrap();
    assert_eq!(granted["0PS1"], BTreeSet::from(["ManageUsers".to_owned()]));
    assert_eq!(granted["0PS2"], BTreeSet::from(["ViewSetup".to_owned()]));
    let need = HoldingNeed::Fields {
        sets: sets.clone(),
        edits: true,
    };
    let live = told(&need, &[json!({"SobjectType": "Lead", "n": 27})]);
    let counts = live.fields_of_sets(&sets, true).learnt().unwrap();
    assert_eq!(counts["Lead"], 27);
    assert_eq!(live.fields_of_sets(&sets, false), Known::NotAsked);
}
