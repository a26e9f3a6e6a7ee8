//! Records that one request makes: a user with its assignments, and collections of assignments, whose answers get lost,
//! come late, or refuse one of them.

use std::collections::BTreeSet;

use orgwright::apply::ChangeResult as Became;
use orgwright::diagnostic::Exit;
use orgwright::manifest;
use salesforce_emulator::store::{Org, numbered};

use crate::cases::faults;
use crate::invariants;
use crate::run::{Run, Way};
use crate::{MANIFEST, Stage, runtime, state};

/// Sets that the org has beside the package's.
const SETS: [&str; 3] = ["First", "Second", "Third"];

/// A set of a permission set licence that has no seat for the user: the plan cannot tell, the org refuses it.
const FOR_OTHERS: &str = "For_Others";

/// What one request meets.
pub(crate) const FAILURES: [&str; 5] = [
    r#""drop": "before""#,
    r#""drop": "after""#,
    r#""spoil": "truncated""#,
    r#""status": 503, "code": "SERVER_UNAVAILABLE", "answer": "Try again.""#,
    r#""status": 400, "code": "UNABLE_TO_LOCK_ROW", "answer": "unable to obtain exclusive access""#,
];

/// The stage with more permission sets in the org, and in the manifest those that are named.
fn stage(more: &[&str]) -> Stage {
    let set = |name: &str| {
        let file = format!("permissionsets/{name}.permissionset");
        let text = format!(
            "<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>{name}</label></PermissionSet>"
        );
        (file, text)
    };
    let names = SETS.iter().chain([&FOR_OTHERS]);
    let seeds: Vec<(String, String)> = names.map(|name| set(name)).collect();
    let seeds: Vec<(&str, &str)> = seeds
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let mut seeded = state::seeded_with(&seeds);
    let mut sets = seeded.containers.make_mut().values_mut();
    let set = sets.find(|set| set.label == FOR_OTHERS).expect("a set");
    set.license = Some(numbered("0PL", 1));
    Stage {
        manifests: Stage::with_sets(more),
        seeded,
        ..Stage::new()
    }
}

impl Stage {
    /// The reference manifest with more permission sets.
    fn with_sets(more: &[&str]) -> Vec<manifest::Manifest> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("manifest.yaml");
        let lines: String = more.iter().map(|name| format!("    - {name}\n")).collect();
        let text = std::fs::read_to_string(MANIFEST).expect("the reference manifest");
        let text = text.replace("\n  sharing:\n", &format!("{lines}\n  sharing:\n"));
        std::fs::write(&file, text).expect("a file");
        let loaded = manifest::load(&[file], &[], &[], &|_| None);
        loaded.expect("a manifest")
    }
}

/// The sets that the user holds.
fn held(org: &Org) -> BTreeSet<String> {
    let user = org.user_by_username(state::USERNAME);
    let assignments = org.assignments.values();
    let own = assignments.filter(|one| user.is_some_and(|user| one.assignee == user.id));
    own.map(|one| org.containers[&one.container].label.clone())
        .filter(|label| label != "HubSpot Integration")
        .collect()
}

fn creates(run: &Run) -> Vec<&str> {
    let asked = run.asked.iter().map(|(asked, _)| asked.as_str());
    asked.filter(|asked| asked.starts_with("create ")).collect()
}

#[test]
fn a_user_is_made_once_with_its_assignments_whatever_becomes_of_the_answer() {
    let stage = stage(&SETS);
    runtime().block_on(async {
        let folder = stage.target();
        for failure in FAILURES {
            let server = stage.start().await;
            let text = format!(r#"[{{"body": "\"allOrNone\":true", "times": 1, {failure}}}]"#);
            server.set_faults(faults(&text));
            let run = stage.run(&server, &Way::Credentials(&folder)).await;
            assert_eq!(run.exit, Exit::Done, "{failure}: {}", run.told);
            assert!(server.struck() > 0, "{failure}");
            assert_eq!(
                invariants::nothing_goes_twice_blindly(&run),
                Ok(()),
                "{failure}"
            );
            let org = server.org();
            assert_eq!(state::users(&org), 1, "{failure}");
            assert_eq!(
                held(&org).len(),
                1 + SETS.len(),
                "{failure}: {:?}",
                held(&org)
            );
            let done = failure.contains("after") || failure.contains("truncated");
            let expected = if done { 1 } else { 2 };
            assert_eq!(
                creates(&run).len(),
                expected,
                "{failure}: {:?}",
                creates(&run)
            );
        }
    });
}

#[test]
fn assignments_of_a_user_that_exists_are_one_collection() {
    let (before, after) = (stage(&[]), stage(&SETS));
    runtime().block_on(async {
        let folder = before.target();
        let server = before.start().await;
        let run = before.run(&server, &Way::Credentials(&folder)).await;
        assert_eq!(run.exit, Exit::Done, "{}", run.told);
        let begun = server.org();
        for failure in FAILURES {
            let server = after.start_over(&begun).await;
            let text = format!(r#"[{{"path": "composite/sobjects", "times": 1, {failure}}}]"#);
            server.set_faults(faults(&text));
            let run = after.run(&server, &Way::Credentials(&folder)).await;
            assert_eq!(run.exit, Exit::Done, "{failure}: {}", run.told);
            assert!(server.struck() > 0, "{failure}");
            assert_eq!(
                invariants::nothing_goes_twice_blindly(&run),
                Ok(()),
                "{failure}"
            );
            assert_eq!(held(&server.org()).len(), 1 + SETS.len(), "{failure}");
            let created = creates(&run);
            assert_eq!(
                created[0], "create 3 PermissionSetAssignment records",
                "{failure}"
            );
        }
    });
}

#[test]
fn a_collection_that_succeeds_in_part_is_told_record_by_record() {
    let more = [SETS[0], FOR_OTHERS, SETS[1]];
    let (before, after) = (stage(&[]), stage(&more));
    runtime().block_on(async {
        let folder = before.target();
        let server = before.start().await;
        before.run(&server, &Way::Credentials(&folder)).await;
        let server = after.start_over(&server.org()).await;
        let run = after.run(&server, &Way::Credentials(&folder)).await;
        assert_eq!(run.exit, Exit::Failed, "{}", run.told);
        assert_eq!(
            held(&server.org()),
            ["First", "HubSpot", "Second"].map(str::to_owned).into()
        );
        let applied = run.applied.expect("it applied");
        let became = |name: &str| {
            let address = format!("permission_set_assignment/{name}");
            let mut outcomes = applied.outcomes.iter();
            outcomes
                .find(|one| one.address.to_string() == address)
                .map(|one| one.result)
        };
        assert_eq!(
            more.map(became),
            [
                Some(Became::Done),
                Some(Became::NotDone),
                Some(Became::Done)
            ]
        );
        let failure = applied.failure.expect("one of them was refused");
        let [told] = failure.diagnostics.as_slice() else {
            panic!("{failure:?}");
        };
        assert!(told.message.contains(FOR_OTHERS), "{}", told.message);
        assert!(told.place.is_some() && told.address.is_some(), "{told:?}");
    });
}

#[test]
fn a_user_whose_assignment_is_refused_is_not_made() {
    let stage = stage(&[FOR_OTHERS]);
    runtime().block_on(async {
        let folder = stage.target();
        let server = stage.start().await;
        let run = stage.run(&server, &Way::Credentials(&folder)).await;
        assert_eq!(run.exit, Exit::Failed, "{}", run.told);
        assert_eq!(state::users(&server.org()), 0);
        let failure = run.applied.and_then(|applied| applied.failure);
        let told = failure.expect("it was refused").diagnostics.remove(0);
        assert!(
            told.message
                .starts_with(&format!("permission_set_assignment/{FOR_OTHERS}")),
            "{}",
            told.message
        );
    });
}
