//! Who has what whom: the laws of hierarchy and groups, on a small company.

use super::*;
use crate::live::{Answer, Columns, Need, SharingNeed};
use crate::manifest::load;
use crate::soql::Row;
use serde_json::{Value, json};

fn rows(values: &[Value]) -> Answer {
    Answer::Rows(values.iter().map(Row::of).collect())
}

/// *cat* above *mia* above *ann* and *bob*; *sue* in a branch of her own, *zoe* without a role, *pat* from outside.
fn live(version: &str) -> Live {
    let role = |id: &str, parent: Option<&str>| json!({"Id": id, "DeveloperName": id, "ParentRoleId": parent});
    let person = |id: &str, role: Option<&str>, kind: &str| json!({"Id": format!("005{id}"), "Username": id, "UserRoleId": role, "IsActive": true, "UserType": kind});
    let group = |id: &str, kind: &str, role: Option<&str>, bosses: Option<bool>| json!({"Id": format!("00G{id}"), "DeveloperName": id, "Type": kind, "RelatedId": role, "DoesIncludeBosses": bosses});
    let member = |group: &str, member: &str| json!({"GroupId": format!("00G{group}"), "UserOrGroupId": member});
    let mut live = Live::default();
    live.org.api_version = version.to_owned();
    let roles = [
        role("Top", None),
        role("Head", Some("Top")),
        role("Reps", Some("Head")),
        role("Side", Some("Top")),
    ];
    live.tell(Need::Roles(Columns::All), rows(&roles));
    let standard = "Standard";
    let people = [
        person("cat", Some("Top"), standard),
        person("mia", Some("Head"), standard),
        person("ann", Some("Reps"), standard),
        person("bob", Some("Reps"), standard),
        person("sue", Some("Side"), standard),
        person("zoe", None, standard),
        person("pat", Some("Portal"), "PowerPartner"),
    ];
    live.tell(Need::Sharing(SharingNeed::People), rows(&people));
    let groups = [
        group("Reps", "Role", Some("Reps"), None),
        group("Branch", "RoleAndSubordinatesInternal", Some("Head"), None),
        group("All", "Organization", None, None),
        group("Open", "Regular", None, Some(true)),
        group("Shut", "Regular", None, Some(false)),
        group("Outer", "Regular", None, Some(true)),
        group("Queue", "Queue", None, Some(false)),
        group("Mixed", "Regular", None, Some(true)),
    ];
    live.tell(Need::Sharing(SharingNeed::Groups), rows(&groups));
    let members = [
        member("Open", "005ann"),
        member("Shut", "005ann"),
        member("Outer", "00GShut"),
        member("Queue", "005bob"),
        member("Mixed", "00GReps"),
        member("Mixed", "00GManagers"),
    ];
    live.tell(Need::Sharing(SharingNeed::Members), rows(&members));
    live
}

/// Who surely has what a holder has, and who may.
fn reached(people: &People, holder: &str) -> (Vec<String>, Vec<String>) {
    let of = |verdict: Verdict| {
        let all = people
            .all()
            .filter(|person| people.reaches(person, holder) == verdict);
        all.map(|person| person.username.clone()).collect()
    };
    (of(Verdict::Yes), of(Verdict::Either))
}

#[test]
fn what_somebody_has_superiors_have_and_nobody_beside_or_below() {
    let live = live("67.0");
    let people = People::of(&live).learnt().expect("people");
    let check = |holder: &str, surely: &[&str], perhaps: &[&str]| {
        let (yes, either) = reached(&people, holder);
        assert_eq!(
            (yes, either),
            (
                surely.iter().map(ToString::to_string).collect(),
                perhaps.iter().map(ToString::to_string).collect()
            ),
            "{holder}"
        );
    };
    check("005ann", &["ann", "cat", "mia"], &[]);
    check("005zoe", &["zoe"], &[]);
    // Where a partner's role hangs, nobody told.
    check("005pat", &["pat"], &["ann", "bob", "cat", "mia", "sue"]);
    check("00GReps", &["ann", "bob", "cat", "mia"], &[]);
    check("00GBranch", &["ann", "bob", "cat", "mia"], &[]);
    check("00GAll", &["ann", "bob", "cat", "mia", "sue", "zoe"], &[]);
    check("00GOpen", &["ann", "cat", "mia"], &[]);
    check("00GShut", &["ann"], &[]);
    check("00GOuter", &["ann"], &["cat", "mia"]);
    check("00GQueue", &["bob"], &[]);
    check(
        "00GMixed",
        &["ann", "bob", "cat", "mia"],
        &["pat", "sue", "zoe"],
    );
    check(
        "00GManagers",
        &[],
        &["ann", "bob", "cat", "mia", "pat", "sue", "zoe"],
    );
    check("005Automated", &[], &[]);
}

#[test]
fn a_queue_is_not_believed_before_it_can_say() {
    let live = live("66.0");
    let people = People::of(&live).learnt().expect("people");
    let expected = (
        vec!["bob".to_owned()],
        vec!["cat".to_owned(), "mia".to_owned()],
    );
    assert_eq!(reached(&people, "00GQueue"), expected);
}

#[test]
fn a_rule_shares_with_members_and_superiors_what_members_alone_own() {
    let live = live("67.0");
    let people = People::of(&live).learnt().expect("people");
    let shared = |target: &Principal| {
        let all = people
            .all()
            .filter(|person| people.is_shared_with(person, target) == Verdict::Yes);
        all.map(|person| person.username.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let owned = |source: &Principal| {
        let owners = [
            "005ann", "005mia", "005cat", "005sue", "005zoe", "00GQueue", "005pat",
        ];
        let all = owners
            .into_iter()
            .filter(|owner| people.owns_for(source, owner) == Verdict::Yes);
        all.collect::<Vec<_>>().join(" ")
    };
    let check = |principal: Principal, with: &str, of: &str| {
        assert_eq!(
            (shared(&principal).as_str(), owned(&principal).as_str()),
            (with, of),
            "{principal:?}"
        );
    };
    check(Principal::Role("reps".into()), "ann bob cat mia", "005ann");
    check(
        Principal::RoleAndSubordinates("Head".into()),
        "ann bob cat mia",
        "005ann 005mia",
    );
    check(Principal::Group("Open".into()), "ann cat mia", "005ann");
    check(Principal::Queue("Queue".into()), "bob", "00GQueue");
    check(
        Principal::AllInternalUsers,
        "ann bob cat mia sue zoe",
        "005ann 005mia 005cat 005sue 005zoe",
    );
    assert_eq!(
        people.is_shared_with(
            people.person("005ann").expect("ann"),
            &Principal::Group("Nobody".into())
        ),
        Verdict::Either
    );
}

#[test]
fn a_role_that_moves_takes_its_users_and_the_manifests_user_goes_to_its_role() {
    let mut live = live("67.0");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("m.yaml");
    let text = "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {name: m}\nspec:\n  role: {name: Reps, parent: Side}\n  user: {username: zoe@a.example, email: a@b.example, lastName: Zoe}\n";
    std::fs::write(&path, text).expect("a file");
    let manifest = load(&[path], &[], &[], &|_| None)
        .expect("a manifest")
        .remove(0);
    let user = json!({"Id": "005zoe", "Username": "zoe@a.example", "IsActive": true});
    live.tell(Need::User("zoe@a.example".to_owned()), rows(&[user]));
    let people = People::after(&live, &manifest).learnt().expect("people");
    assert_eq!(reached(&people, "005ann").0, ["ann", "cat", "sue"]);
    assert_eq!(reached(&people, "005zoe").0, ["cat", "sue", "zoe"]);
    assert_eq!(reached(&people, "00GOpen").0, ["ann", "cat", "sue"]);
}
