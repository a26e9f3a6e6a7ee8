//! What a user can do, told by hand-made orgs.

use super::holder::is_granted_by_itself;
use super::*;
use crate::live::{Answer, DescribedField};
use crate::soql::Row;
use serde_json::{Value, json};

const NAME_OF_USER: &str = "bot@acme.example";

fn manifest() -> Manifest {
    let text = "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {name: m}\nspec:\n  \
                profile: {name: Sync, userPermissions: {RunReports: true, ModifyAllData: false}, objectPermissions: {Case: [read]}}\n  \
                role: {name: Sync}\n  user: {username: bot@acme.example, email: a@b.example, lastName: Bot}\n  \
                permissionSets: [Extra]\n  sharing:\n    - object: Lead\n      organizationWideDefault: Private\n      rules:\n        \
                - {name: A, access: ReadWrite, criteria: [{field: Email, operator: contains, value: x}, {field: City, operator: equals, value: Rome}]}\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("m.yaml");
    std::fs::write(&file, text).expect("written");
    let manifests = crate::manifest::load(&[file], &[], &[], &|_| None).expect("valid");
    manifests.into_iter().next().expect("one")
}

fn rows(values: &[Value]) -> Answer {
    Answer::Rows(values.iter().map(Row::of).collect())
}

/// What an org says; the parts that a case changes.
struct Told {
    /// What who asks holds.
    reader: Value,
    /// Whether the assignment of the extra set is active.
    active: bool,
    /// Whether the extra set waits for a session.
    sleeps: bool,
    /// Fields that the extra set grants.
    fields: &'static [&'static str],
    frozen: bool,
}

const ALL: Told = Told {
    reader: Value::Null,
    active: true,
    sleeps: false,
    fields: &["Lead.Email", "Lead.Address"],
    frozen: false,
};

fn live(told: &Told) -> Live {
    let manifest = manifest();
    let mut live = Live::default();
    for need in capability_needs(&manifest) {
        let answer = answer(&need, told);
        live.tell(need, answer);
    }
    let fields = json!({"fields": [
        {"name": "Email", "permissionable": true},
        {"name": "City", "permissionable": true, "compoundFieldName": "Address"},
        {"name": "FirstName", "permissionable": true, "compoundFieldName": "Name"},
    ]});
    let described = serde_json::from_value(fields).expect("a describe");
    live.tell(
        Need::Object("Lead".into()),
        Answer::Described(Some(described)),
    );
    live
}

fn answer(need: &Need, told: &Told) -> Answer {
    let reader = match &told.reader {
        Value::Null => json!({"PermissionsViewSetup": true, "PermissionsManageUsers": true}),
        other => other.clone(),
    };
    match need {
        Need::Containers => rows(&[
            json!({"Id": "0PS1", "Name": "X00e", "IsOwnedByProfile": true, "ProfileId": "00e1", "Profile": {"Name": "Sync"}}),
            json!({"Id": "0PS2", "Name": "Extra", "HasActivationRequired": told.sleeps}),
        ]),
        Need::User(_) => rows(&[
            json!({"Id": "005A", "Username": NAME_OF_USER, "IsActive": true, "ProfileId": "00e1", "Profile": {"Name": "Sync"}}),
        ]),
        Need::Frozen(_) => match told.frozen {
            true => rows(&[json!({"UserId": "005A"})]),
            false => rows(&[]),
        },
        Need::Holding(HoldingNeed::Assigned(_)) => {
            let assigned = |set: &str, active: bool| {
                json!({"Id": format!("0Pa{set}"), "Assignee": {"Username": NAME_OF_USER}, "PermissionSetId": set, "IsActive": active,
                    "ExpirationDate": (!active).then_some("2026-03-01T00:00:00Z")})
            };
            rows(&[assigned("0PS1", true), assigned("0PS2", told.active)])
        }
        Need::Capability(CapabilityNeed::OfReader(_)) => rows(&[reader]),
        Need::Capability(CapabilityNeed::Permissions { .. }) => {
            let set = |id: &str, held: Value| json!({"PermissionSetId": id, "PermissionSet": held});
            rows(&[
                set("0PS1", json!({"PermissionsApiEnabled": true})),
                set(
                    "0PS2",
                    json!({"PermissionsRunReports": true, "PermissionsModifyAllData": true}),
                ),
            ])
        }
        Need::Capability(CapabilityNeed::Fields { .. }) => {
            let row = |field: &&str| json!({"Id": "01k1", "ParentId": "0PS2", "Field": field, "PermissionsRead": true});
            rows(&told.fields.iter().map(row).collect::<Vec<_>>())
        }
        Need::Grants(object) => {
            let row = json!({"ParentId": "0PS1", "SobjectType": object, "PermissionsRead": true, "Parent": {"Profile": {"Name": "Sync"}}});
            rows(&[row])
        }
        _ => rows(&[]),
    }
}

/// What is otherwise, and what is not known.
fn told(live: &Live) -> (Vec<String>, Vec<String>) {
    let all = capabilities(&manifest(), live);
    let names = |is_meant: fn(&Capability) -> bool| {
        let meant = all.iter().filter(|one| is_meant(one));
        meant.map(|one| one.ability.to_string()).collect()
    };
    let unknown = |one: &Capability| !matches!(one.has, Known::Is(_));
    (names(Capability::is_difference), names(unknown))
}

#[test]
fn everything_in_force_adds_up_and_what_is_denied_must_not_be_granted() {
    let live = live(&ALL);
    let (otherwise, unknown) = told(&live);
    assert_eq!(
        otherwise,
        ["user_permission/ModifyAllData", "object/Lead/edit"]
    );
    assert_eq!(unknown, Vec::<String>::new());
    let all = capabilities(&manifest(), &live);
    let reports = all
        .iter()
        .find(|one| one.ability == Ability::Permission("RunReports".into()));
    let from: Vec<&String> = reports.expect("it is stated").from.iter().collect();
    assert_eq!(from, ["permission_set/Extra"]);
}

#[test]
fn a_set_that_is_over_or_sleeps_gives_nothing_and_says_why() {
    for (case, why) in [
        (
            Told {
                active: false,
                ..ALL
            },
            "ended on 2026-03-01",
        ),
        (
            Told {
                sleeps: true,
                ..ALL
            },
            "until a session activates it",
        ),
    ] {
        let live = live(&case);
        let (otherwise, _) = told(&live);
        let expected = [
            "user_permission/RunReports",
            "permission_set/Extra",
            "object/Lead/edit",
            "field/Lead.Email/read",
            "field/Lead.City/read",
        ];
        assert_eq!(otherwise, expected);
        let all = capabilities(&manifest(), &live);
        let set = all
            .iter()
            .find(|one| one.ability == Ability::SetInForce("Extra".into()));
        let void = set.expect("it is stated").void.join("");
        assert!(void.contains(why), "{void}");
    }
}

#[test]
fn a_part_of_an_address_is_read_by_whoever_reads_the_address() {
    let (otherwise, _) = told(&live(&Told {
        fields: &["Lead.Email"],
        ..ALL
    }));
    assert!(
        otherwise.contains(&"field/Lead.City/read".to_owned()),
        "{otherwise:?}"
    );
    assert_eq!(
        compound_by_name("MailingCity").as_deref(),
        Some("MailingAddress")
    );
    assert_eq!(
        compound_by_name("Place__Latitude__s").as_deref(),
        Some("Place__c")
    );
    assert_eq!(compound_by_name("City__c"), None);
    let parts = [("FirstName", "Name", false), ("City", "Address", true)];
    for (name, compound, by_itself) in parts {
        let field = DescribedField {
            name: name.into(),
            permissionable: Some(true),
            compound_field_name: Some(compound.into()),
            ..DescribedField::default()
        };
        assert_eq!(is_granted_by_itself(&field), by_itself, "{name}");
    }
}

#[test]
fn who_sees_fewer_rows_knows_nothing_of_them() {
    let blind = json!({"PermissionsViewSetup": false, "PermissionsManageUsers": false});
    let (otherwise, unknown) = told(&live(&Told {
        reader: blind,
        ..ALL
    }));
    assert_eq!(otherwise, Vec::<String>::new());
    assert!(
        unknown.len() >= 8 && unknown.contains(&"user/not_frozen".to_owned()),
        "{unknown:?}"
    );
    let viewer = json!({"PermissionsViewSetup": true, "PermissionsManageUsers": false});
    let (_, unknown) = told(&live(&Told {
        reader: viewer,
        ..ALL
    }));
    assert_eq!(unknown, ["user/not_frozen"]);
}

#[test]
fn a_frozen_user_cannot_log_in_whoever_asks() {
    let blind = json!({"PermissionsViewSetup": true, "PermissionsManageUsers": false});
    let (otherwise, _) = told(&live(&Told {
        frozen: true,
        reader: blind,
        ..ALL
    }));
    assert!(
        otherwise.contains(&"user/not_frozen".to_owned()),
        "{otherwise:?}"
    );
}

#[test]
fn a_field_is_not_called_hidden_before_it_is_asked_whether_a_set_reads_all() {
    let manifest = manifest();
    let mut live = live(&Told { fields: &[], ..ALL });
    let more = further_capability_needs(&manifest, &live);
    assert_eq!(more.len(), 2);
    for need in more {
        let all = json!({"ParentId": "0PS2", "SobjectType": "Lead"});
        let answer = match need {
            Need::Capability(CapabilityNeed::AllFields(_)) => rows(&[all]),
            _ => rows(&[]),
        };
        live.tell(need, answer);
    }
    let (otherwise, _) = told(&live);
    assert!(
        !otherwise.iter().any(|one| one.starts_with("field/")),
        "{otherwise:?}"
    );
    assert!(further_capability_needs(&manifest, &live).is_empty());
}

/// Whether the user can do something that the manifest of this text demands.
fn can(text: &str, ability: &Ability, answer: impl Fn(&Need) -> Answer) -> Option<Known<bool>> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("m.yaml");
    let head = "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {name: m}\nspec:\n  user: {username: bot@acme.example, \
                email: a@b.example, lastName: Bot}\n";
    std::fs::write(&file, format!("{head}{text}")).expect("written");
    let manifests = crate::manifest::load(&[file], &[], &[], &|_| None).expect("valid");
    let manifest = manifests.first().expect("one");
    let mut live = Live::default();
    live.today = Some(jiff::civil::date(2026, 12, 1));
    for need in capability_needs(manifest) {
        let answer = answer(&need);
        live.tell(need, answer);
    }
    let all = capabilities(manifest, &live);
    let one = all.into_iter().find(|one| one.ability == *ability);
    one.map(|one| one.has)
}

#[test]
fn an_object_that_no_profile_lists_is_not_lacked() {
    let expected =
        "  expect:\n    - {query: \"SELECT Id FROM Task WHERE Status = 'Open'\", access: read}\n";
    let ability = Ability::Object("Task".into(), ObjectPermission::Read);
    let has = can(expected, &ability, |need| match need {
        Need::Grants(_) => rows(&[]),
        need => answer(need, &ALL),
    });
    assert!(matches!(has, Some(Known::Refused(_))), "{has:?}");
    let of_others = can(expected, &ability, |need| match need {
        Need::Grants(object) => rows(&[
            json!({"ParentId": "0PS9", "SobjectType": object, "PermissionsRead": true, "Parent": {"Profile": {"Name": "Other"}}}),
        ]),
        need => answer(need, &ALL),
    });
    assert!(matches!(of_others, Some(Known::Is(false))), "{of_others:?}");
}

#[test]
fn a_set_is_demanded_until_its_last_day_and_a_group_is_no_set() {
    let until = |day: &str| format!("  permissionSets: [{{name: Extra, expires: {day}}}]\n");
    let extra = Ability::SetInForce("Extra".into());
    let over = Told {
        active: false,
        ..ALL
    };
    let has = |day: &str| can(&until(day), &extra, |need| answer(need, &over));
    assert!(has("2026-11-30").is_none());
    assert!(matches!(has("2026-12-01"), Some(Known::Is(false))));
    // A set of that name is there and held; a group of it is not.
    let group = Ability::GroupInForce("Extra".into());
    let has = can("  permissionSets: [{group: Extra}]\n", &group, |need| {
        answer(need, &ALL)
    });
    assert!(matches!(has, Some(Known::Is(false))), "{has:?}");
}
