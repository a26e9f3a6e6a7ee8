//! What becomes of each part: not asked, refused, and told.

use super::*;
use crate::xml;
use serde_json::{Value, json};

const CODE: &str = "INSUFFICIENT_ACCESS";

/// One need of each sort, with an answer that tells of it.
fn needs() -> Vec<(Need, Answer)> {
    let object = || "Lead".to_owned();
    let name = || "Ours".to_owned();
    let columns = BTreeSet::from(["Id".to_owned()]);
    let names = BTreeSet::from(["ApiEnabled".to_owned()]);
    let with = SharedWith {
        user: "005A".to_owned(),
        role: None,
        below: BTreeSet::new(),
        above: BTreeSet::new(),
    };
    let filter = Filter::owned_by("ada@acme.example");
    let accounts = AccountsOf {
        object: object(),
        records: filter.clone(),
        beside: None,
        besides: Vec::new(),
    };
    let given = GivenTo {
        object: object(),
        holders: BTreeSet::from([name()]),
        by_people: true,
        has_private: false,
        beside: None,
    };
    let selection = crate::soql::SelectionOfIds::of_id("Lead", "00Q1");
    let count = || rows(&[json!({"n": 3})]);
    let none = || rows(&[]);
    let document = || Answer::Component(None);
    let holding = super::holding::tests::needs().into_iter();
    let holding = holding.map(|need| (Need::Holding(need), none()));
    let capable = super::capability::tests::needs().into_iter();
    let capable = capable.map(|(need, told)| (Need::Capability(need), rows(&told)));
    let others = vec![
        (
            Need::Organization(Columns::All),
            rows(&[json!({"Name": "Acme"})]),
        ),
        (
            Need::TrialEnd,
            rows(&[json!({"TrialExpirationDate": null})]),
        ),
        (Need::Roles(Columns::All), none()),
        (Need::RoleDocument(name()), document()),
        (Need::Containers, none()),
        (Need::User(name()), none()),
        (Need::UserFields, Answer::Described(None)),
        (Need::CopiesOf(name()), none()),
        (
            Need::OfUser(UserNeed::Values(name(), columns.clone())),
            none(),
        ),
        (Need::OfUser(UserNeed::LogIns("005A".to_owned())), none()),
        (Need::Frozen(name()), none()),
        (Need::EndingAssignments(name()), none()),
        (Need::Administrators, none()),
        (Need::Members(name()), none()),
        (Need::Holders(name()), none()),
        (Need::UsersByProfile, none()),
        (Need::UsersByRole, none()),
        (Need::RolesOfUsers, none()),
        (Need::Sharing(SharingNeed::People), none()),
        (Need::Sharing(SharingNeed::Groups), none()),
        (Need::Sharing(SharingNeed::Members), none()),
        (Need::Sharing(SharingNeed::EveryoneGroups), none()),
        (Need::Sharing(SharingNeed::ApiOnly), none()),
        (Need::Groups, none()),
        (Need::Object(object()), Answer::Described(None)),
        (Need::ObjectDocument(object()), document()),
        (Need::FieldDocument(object(), "X__c".to_owned()), document()),
        (Need::DefaultInForce(object()), none()),
        (Need::SharingRules(object()), document()),
        (Need::Profile(name()), document()),
        (Need::ProfilePermissions(name()), none()),
        (Need::ProfileObjects(name()), none()),
        (Need::ProfileFields(name(), object()), none()),
        (Need::AllProfileFields(name()), none()),
        (Need::FieldViewers(object(), "X__c".to_owned()), none()),
        (Need::PermissionSet(name()), document()),
        (Need::Grants(object()), none()),
        (Need::Readers(object()), none()),
        (Need::Owners(object()), none()),
        (Need::Count(object(), Some(filter)), count()),
        (Need::AccountsOf(accounts), count()),
        (Need::GivenTo(given), count()),
        (Need::Shared(object(), with), count()),
        (
            Need::Sharing(SharingNeed::Portions("Case".to_owned(), None, false)),
            none(),
        ),
        (Need::Sharing(SharingNeed::Rows(object())), none()),
        (
            Need::Sharing(SharingNeed::GivenRows(object(), false)),
            none(),
        ),
        (
            Need::Sharing(SharingNeed::RowsThroughAccounts(object())),
            none(),
        ),
        (Need::Record(RecordNeed::ObjectOf("00Q".to_owned())), none()),
        (
            Need::Record(RecordNeed::Selected(selection, columns.clone())),
            none(),
        ),
        (
            Need::Record(RecordNeed::Shares(object(), Vec::new())),
            none(),
        ),
        (Need::Record(RecordNeed::Access(name(), Vec::new())), none()),
        (Need::Reference(Reference::Role(name())), none()),
        (Need::Dependencies(names.clone(), None), none()),
        (Need::DependenciesOf(names), none()),
        (Need::SetLicence(SetLicenceNeed::Licences), none()),
        (Need::SetLicence(SetLicenceNeed::Seats(name())), none()),
        (Need::Tabs, none()),
        (Need::RestrictionRules, none()),
        (Need::Records(object(), columns.clone()), none()),
        (Need::RunningUser(name()), none()),
        (Need::Licences, none()),
        (Need::PackagedSets(name()), none()),
        (
            Need::HeldPermissions(name(), BTreeSet::from(["ApiEnabled"])),
            none(),
        ),
        (Need::FirstRecords(object(), columns), none()),
        (Need::Deploys, none()),
    ];
    others.into_iter().chain(holding).chain(capable).collect()
}

fn rows(values: &[Value]) -> Answer {
    Answer::Rows(values.iter().map(crate::soql::Row::of).collect())
}

fn refusal() -> Answer {
    Answer::Refused {
        status: 400,
        code: CODE.to_owned(),
        message: "no".to_owned(),
    }
}

/// What was learnt of what a need is about, whatever that is. A new need has no place here until it is said by which part
/// it is read; `None` where it is read through another's.
fn part(live: &Live, need: &Need) -> Option<Known<()>> {
    fn learnt<T>(known: Known<T>) -> Option<Known<()>> {
        Some(known.map(|_| ()))
    }
    match need {
        Need::Organization(_) => learnt(live.organization()),
        Need::TrialEnd => learnt(live.trial_end()),
        Need::Roles(_) => learnt(live.roles()),
        Need::RoleDocument(name) => learnt(live.role_document(name)),
        Need::Containers => learnt(live.containers()),
        Need::User(name) => learnt(live.user(name)),
        Need::UserFields => learnt(live.user_fields()),
        Need::CopiesOf(name) => learnt(live.copies_of(name)),
        Need::Frozen(name) => learnt(live.frozen(name)),
        Need::EndingAssignments(name) => learnt(live.ending_assignments(name)),
        Need::Members(role) => learnt(live.members(role)),
        Need::Holders(profile) => learnt(live.holders(profile)),
        Need::UsersByProfile => learnt(live.users_by_profile()),
        Need::UsersByRole => learnt(live.users_by_role()),
        Need::RolesOfUsers => learnt(live.roles_of_users()),
        Need::Sharing(SharingNeed::People) => learnt(live.people()),
        Need::Sharing(SharingNeed::Groups) => learnt(live.sharing_groups()),
        Need::Sharing(SharingNeed::Members) => learnt(live.group_members()),
        Need::Sharing(SharingNeed::EveryoneGroups) => learnt(live.told_of_everyone()),
        Need::Sharing(SharingNeed::ApiOnly) => learnt(live.api_only()),
        Need::Groups => learnt(live.groups()),
        Need::Object(object) => learnt(live.object(object)),
        Need::ObjectDocument(object) => learnt(live.object_document(object)),
        Need::FieldDocument(..) => learnt(live.document(need)),
        Need::DefaultInForce(object) => learnt(live.definition(object)),
        Need::SharingRules(object) => learnt(live.sharing_rules(object)),
        Need::Profile(label) => learnt(live.profile_document(label)),
        Need::ProfilePermissions(label) => learnt(live.profile_permissions(label)),
        Need::ProfileObjects(label) => learnt(live.profile_objects(label)),
        Need::ProfileFields(label, object) => learnt(live.profile_fields(label, object)),
        Need::AllProfileFields(label) => learnt(live.all_profile_fields(label)),
        Need::FieldViewers(object, field) => learnt(live.field_editors(object, field)),
        Need::PermissionSet(name) => learnt(live.permission_set_document(name)),
        Need::Grants(object) => learnt(live.grants_on(object)),
        Need::Readers(object) => learnt(live.readers(object)),
        Need::Owners(object) => learnt(live.owners(object)),
        Need::Count(..) | Need::AccountsOf(_) | Need::GivenTo(_) | Need::Shared(..) => {
            learnt(live.count(need))
        }
        Need::Sharing(SharingNeed::Portions(object, filter, _)) => {
            learnt(live.portions(object, filter.as_ref()))
        }
        Need::Sharing(SharingNeed::Rows(object)) => learnt(live.share_rows(object)),
        Need::Sharing(SharingNeed::GivenRows(object, _)) => learnt(live.given_rows(object)),
        Need::Sharing(SharingNeed::RowsThroughAccounts(object)) => {
            learnt(live.rows_through_accounts(object))
        }
        Need::Record(RecordNeed::ObjectOf(prefix)) => learnt(live.object_of_id(prefix)),
        Need::Record(of @ RecordNeed::Selected(..)) => learnt(live.records_of(of)),
        Need::Record(of @ RecordNeed::Shares(..)) => learnt(live.shares_of(of)),
        Need::Record(of @ RecordNeed::Access(..)) => learnt(live.granted(of)),
        Need::Reference(reference) => learnt(live.reference(reference)),
        Need::Dependencies(..) | Need::DependenciesOf(_) => learnt(live.dependencies(need)),
        Need::OfUser(UserNeed::Values(name, columns)) => {
            learnt(live.user_values(name, columns.clone()))
        }
        Need::OfUser(UserNeed::LogIns(id)) => learnt(live.log_in_addresses(id)),
        Need::SetLicence(SetLicenceNeed::Licences) => learnt(live.set_licences()),
        Need::SetLicence(SetLicenceNeed::Seats(name)) => learnt(live.held_seats(name)),
        Need::Tabs => learnt(live.tabs()),
        Need::RestrictionRules => learnt(live.restriction_rules()),
        Need::Records(object, columns) => learnt(live.records(object, columns)),
        Need::RunningUser(name) => learnt(live.running_user(name)),
        Need::Licences => learnt(live.licences()),
        Need::PackagedSets(namespace) => learnt(live.packaged_sets(namespace)),
        Need::HeldPermissions(name, names) => learnt(live.held_permissions(name, names)),
        Need::Deploys => learnt(live.deploys()),
        Need::Holding(need) => Some(super::holding::tests::part(live, need)),
        Need::Capability(need) => Some(super::capability::tests::part(live, need)),
        // The users themselves tell, and the records.
        Need::Administrators | Need::FirstRecords(..) => None,
    }
}

#[test]
fn a_part_is_known_once_the_org_told_and_not_before() {
    for (need, answer) in needs() {
        let mut live = Live::default();
        let Some(before) = part(&live, &need) else {
            continue;
        };
        // The document of a role is made of its row, where nobody asked for it; what readers read is told by grants.
        assert_eq!(before, Known::NotAsked, "{need:?}");
        live.tell(need.clone(), answer);
        let expected = match need {
            Need::RoleDocument(_) | Need::Readers(_) => Known::NotAsked,
            _ => Known::Is(()),
        };
        assert_eq!(part(&live, &need), Some(expected), "{need:?}");
        assert!(live.was_asked(&need), "{need:?}");
    }
}

#[test]
fn a_refused_part_is_refused_in_the_orgs_words_and_counted_or_needed() {
    for (need, _) in needs() {
        let mut live = Live::default();
        live.tell(need.clone(), refusal());
        let expected = Refused {
            what: need.what(),
            status: 400,
            code: CODE.to_owned(),
            message: "no".to_owned(),
        };
        if let Some(known) = part(&live, &need) {
            assert_eq!(known, Known::Refused(expected.clone()), "{need:?}");
        }
        let needed: Vec<&Refused> = match need.is_only_counted() {
            true => Vec::new(),
            false => vec![&expected],
        };
        assert_eq!(live.refusals_of_needed(), needed, "{need:?}");
    }
}

#[test]
fn readers_of_several_objects_are_one_question_and_told_apart_by_what_their_sets_grant() {
    let objects = || ["Lead".to_owned(), "Case".to_owned()].into_iter();
    let asked = questions(objects().map(Need::Readers));
    let [
        Asked {
            question: Question::Query(soql),
            needs,
        },
    ] = asked.as_slice()
    else {
        panic!("{asked:?}");
    };
    let of =
        "FROM ObjectPermissions WHERE PermissionsRead = true AND SobjectType IN ('Case','Lead'))";
    assert!(soql.ends_with(of), "{soql}");
    let mut live = Live::default();
    let reader = |set: &str| json!({"AssigneeId": "005", "PermissionSetId": set});
    live.learn(
        needs,
        rows(&[reader("0PS1"), reader("0PS2"), reader("0PS1")]),
    );
    let grant = |set: &str, object: &str, read: bool| json!({"ParentId": set, "SobjectType": object, "PermissionsRead": read});
    let grants = [
        grant("0PS1", "Lead", true),
        grant("0PS2", "Case", true),
        grant("0PS2", "Lead", false),
    ];
    live.learn(
        &objects().map(Need::Grants).collect::<Vec<_>>(),
        rows(&grants),
    );
    for (object, set) in [("Lead", "0PS1"), ("Case", "0PS2")] {
        let sets = live
            .readers(object)
            .map(|readers| readers.iter().map(|reader| reader.set.clone()).collect());
        assert_eq!(sets, Known::Is(vec![set.to_owned()]), "{object}");
    }
}

#[test]
fn what_users_lack_is_one_question_for_all_and_told_of_each() {
    let names = || {
        [
            "bot@acme.example".to_owned(),
            "o'neill@acme.example".to_owned(),
        ]
        .into_iter()
    };
    let mut live = Live::default();
    let user = |id: &str, name: &str| json!({"Id": id, "Username": name});
    live.learn(
        &names().map(Need::User).collect::<Vec<_>>(),
        rows(&[
            user("005A", "Bot@acme.example"),
            user("005B", "o'neill@acme.example"),
        ]),
    );
    let ask = |needs: Vec<Need>| {
        let mut asked = questions(needs);
        let one = asked.remove(0);
        assert!(asked.is_empty(), "{asked:?}");
        let Question::Query(soql) = &one.question else {
            panic!("{one:?}")
        };
        assert!(
            soql.contains(r"IN ('bot@acme.example','o\'neill@acme.example')"),
            "{soql}"
        );
        one
    };
    let frozen = ask(names().map(Need::Frozen).collect());
    live.learn(&frozen.needs, rows(&[json!({"UserId": "005A"})]));
    let ending = ask(names().map(Need::EndingAssignments).collect());
    let row = json!({"Assignee": {"Username": "O'Neill@acme.example"}, "PermissionSetId": "0PS", "ExpirationDate": "2027-02-28"});
    live.learn(&ending.needs, rows(&[row]));
    let told = names().map(|name| {
        (
            live.frozen(&name).learnt(),
            live.ending_assignments(&name).learnt().map(<[_]>::len),
        )
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(Some(true), Some(0)), (Some(false), Some(1))]
    );
}

#[test]
fn what_is_refused_leaves_what_was_told_beside_it() {
    let mut live = Live::default();
    let grant = json!({"ParentId": "0PS", "SobjectType": "Lead", "PermissionsRead": true,
        "Parent": {"Profile": {"Name": "Sales"}}});
    live.tell(Need::Grants("Lead".to_owned()), rows(&[grant]));
    live.tell(Need::Grants("Case".to_owned()), refusal());
    let told = live.grants_on("Lead").map(<[_]>::len);
    assert_eq!(told, Known::Is(1));
    assert!(live.grants_on("Case").refused().is_some());
    // Rows that other needs brought are no answer to this one.
    assert_eq!(live.profile_objects("Sales"), Known::NotAsked);
}

#[test]
fn an_answer_that_does_not_say_is_not_known_either() {
    let object = || "Lead".to_owned();
    for (need, answer) in [
        (Need::Organization(Columns::All), rows(&[])),
        (Need::Count(object(), None), rows(&[json!({"n": "many"})])),
    ] {
        let mut live = Live::default();
        live.tell(need.clone(), answer);
        let known = part(&live, &need).and_then(|known| known.why_unknown());
        let told = format!(
            "the org did not tell {}: its answer does not say",
            need.what()
        );
        assert_eq!(known, Some(told));
    }
}

#[test]
fn columns_that_the_org_lacks_are_asked_for_without() {
    let mut live = Live::default();
    let lacking = || Answer::Refused {
        status: 400,
        code: "INVALID_FIELD".to_owned(),
        message: "No such column".to_owned(),
    };
    live.tell(Need::Organization(Columns::All), lacking());
    live.tell(Need::Roles(Columns::All), lacking());
    let again = live.needs_in_place_of_refused(&[]);
    let least = [
        Need::Organization(Columns::InEveryOrg),
        Need::Roles(Columns::InEveryOrg),
    ];
    assert_eq!(again, BTreeSet::from(least.clone()));
    assert_eq!(live.refusals_of_needed().len(), 2);
    live.tell(least[0].clone(), rows(&[json!({"Name": "Acme"})]));
    live.tell(least[1].clone(), rows(&[]));
    assert_eq!(live.refusals_of_needed(), Vec::<&Refused>::new());
    assert_eq!(live.roles().map(Roles::count), Known::Is(0));
}

#[test]
fn a_population_is_known_by_its_owners_or_by_itself() {
    let object = || "Lead".to_owned();
    let mut live = Live::default();
    live.tell(Need::Owners(object()), refusal());
    assert!(live.population("Lead").learnt().is_none());
    assert_eq!(live.refusals_of_counted(), Vec::<&Refused>::new());
    live.tell(Need::population("Lead"), refusal());
    assert_eq!(live.refusals_of_counted().len(), 2);
    live.tell(Need::population("Lead"), rows(&[json!({"n": 7})]));
    assert_eq!(live.population("Lead"), Known::Is(7));
    assert_eq!(live.refusals_of_counted(), Vec::<&Refused>::new());
}

#[test]
fn first_records_are_all_where_there_are_no_more() {
    let columns = BTreeSet::from(["Id".to_owned()]);
    let told = |population: u64| {
        let mut live = Live::default();
        let first = Need::FirstRecords("Lead".to_owned(), columns.clone());
        live.tell(first, rows(&[json!({"Id": "00Q1"})]));
        let population = rows(&[json!({"n": population})]);
        live.tell(Need::population("Lead"), population);
        live.records("Lead", &columns).map(<[_]>::len)
    };
    assert_eq!(told(1), Known::Is(1));
    assert_eq!(told(FIRST_PAGE + 1), Known::NotAsked);
}

#[test]
fn without_what_a_manifest_makes_the_rest_stays() {
    let document = || {
        let text = "<SharingRules><sharingOwnerRules/></SharingRules>";
        Answer::Component(Some(Box::new(xml::read(text).expect("XML"))))
    };
    let mut live = Live::default();
    live.tell(Need::SharingRules("Lead".to_owned()), document());
    live.tell(Need::SharingRules("Case".to_owned()), document());
    let user = json!({"Id": "005A", "Username": "Ada@acme.example"});
    live.tell(Need::User("ada@acme.example".to_owned()), rows(&[user]));
    let role = |id: &str, name: &str| json!({"Id": id, "DeveloperName": name});
    let roles = [role("1", "Ours"), role("2", "Theirs")];
    live.tell(Need::Roles(Columns::All), rows(&roles));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("m.yaml");
    let text = "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {name: m}\nspec:\n  role: {name: Ours}\n  \
                user: {username: ada@acme.example, email: ada@acme.example, lastName: Ada}\n  sharing:\n    - object: Lead\n";
    std::fs::write(&path, text).expect("a file");
    let manifests = crate::manifest::load(&[path], &[], &[], &|_| None).expect("a manifest");
    let without = live.without_what_is_made(&manifests);
    assert_eq!(without.sharing_rules("Lead"), Known::Is(None));
    assert!(without.sharing_rules("Case").found().is_some());
    assert_eq!(without.user("ada@acme.example"), Known::Is(None));
    assert!(live.user("ada@acme.example").found().is_some());
    let names = without
        .roles()
        .map(|roles| roles.names().map(str::to_owned).collect());
    assert_eq!(names, Known::Is(vec!["Theirs".to_owned()]));
}
