//! Setup: what it remembers, whom it lets in, and what it refuses.

use serde_json::{Value, json};

use super::desk::{Desk, Package, rule, user};

/// Action, section and display of the audit trail, oldest first.
fn trail(desk: &mut Desk) -> Vec<(String, String, String)> {
    let rows = desk.query("SELECT Action, Section, Display, CreatedById, CreatedDate FROM SetupAuditTrail ORDER BY Id").unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    for row in &rows {
        assert_eq!(
            row["CreatedById"],
            desk.world.org.organization.administrator
        );
        assert!(row["CreatedDate"].is_string());
    }
    rows.iter()
        .map(|row| {
            (
                text(row, "Action"),
                text(row, "Section"),
                text(row, "Display"),
            )
        })
        .collect()
}

/// What an act adds to the audit trail, without the sentences.
fn remembered(desk: &mut Desk, act: impl FnOnce(&mut Desk)) -> Vec<(String, String)> {
    let before = trail(desk).len();
    act(desk);
    let added = trail(desk).split_off(before);
    added
        .into_iter()
        .map(|(action, section, _)| (action, section))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
        .collect()
}

#[test]
fn every_change_of_setup_is_remembered() {
    let mut desk = Desk::new();
    let mut check = |act: &dyn Fn(&mut Desk), expected: &[(&str, &str)]| {
        assert_eq!(remembered(&mut desk, |desk| act(desk)), pairs(expected));
    };
    let users = "Manage Users";
    check(
        &|desk| desk.deployed(&Package::default().role("Sales", "").role("Care", "")),
        &[("createdRole", users), ("createdRole", users)],
    );
    check(
        &|desk| desk.deployed(&Package::default().role("Sales", "")),
        &[],
    );
    let started = ("startedSharingRecalculation", "Sharing Defaults");
    let finished = ("finishedSharingRecalculation", "Sharing Defaults");
    check(
        &|desk| desk.deployed(&Package::default().model("Lead", "Private")),
        &[
            ("changedSharingModel", "Sharing Defaults"),
            started,
            finished,
        ],
    );
    check(
        &|desk| {
            desk.deployed(&Package::default().rules("Lead", &[rule("R", "Sales", "Company", "x")]))
        },
        &[
            ("createdSharingCriteriaRule", "Sharing Rules"),
            started,
            finished,
        ],
    );
    let role = "<metadata xsi:type='Role'><fullName>Care</fullName><description>d</description><name>Care</name></metadata>";
    check(
        &|desk| drop(desk.metadata("updateMetadata", role)),
        &[("changedRole", users)],
    );
    check(&|desk| drop(desk.metadata("updateMetadata", role)), &[]);
    check(
        &|desk| {
            drop(desk.metadata(
                "deleteMetadata",
                "<type>Role</type><fullNames>Care</fullNames>",
            ))
        },
        &[("deletedRole", users)],
    );
    check(
        &|desk| {
            let fields = user(desk, "ada", Value::Null);
            let id = desk.create("User", fields);
            assert_eq!(
                desk.rest(
                    "PATCH",
                    &format!("sobjects/User/{id}"),
                    &json!({"Title": "x"})
                )
                .0,
                204
            );
            let group = desk.create("Group", json!({"Name": "Partners", "Type": "Regular"}));
            let member = desk.create(
                "GroupMember",
                json!({"GroupId": group, "UserOrGroupId": id}),
            );
            assert_eq!(
                desk.rest(
                    "DELETE",
                    &format!("sobjects/GroupMember/{member}"),
                    &Value::Null
                )
                .0,
                204
            );
            assert_eq!(
                desk.rest("DELETE", &format!("sobjects/Group/{group}"), &Value::Null)
                    .0,
                204
            );
        },
        &[
            ("createduser", users),
            ("changeduser", users),
            ("groupcreated", users),
            ("groupMembership", users),
            ("groupMembership", users),
            ("groupdeleted", users),
        ],
    );
}

#[test]
fn the_audit_trail_is_queried_by_action_and_not_by_sentence() {
    let mut desk = Desk::new();
    desk.deployed(&Package::default().model("Lead", "Private"));
    let rows = desk
        .query("SELECT Display FROM SetupAuditTrail WHERE Action = 'changedSharingModel'")
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        rows[0]["Display"],
        "Changed organization-wide default of Lead from ReadWriteTransfer to Private"
    );
    let refused = desk.query("SELECT Id FROM SetupAuditTrail WHERE Display LIKE 'Changed%'");
    assert_eq!(refused, Err("INVALID_FIELD".to_owned()));
}

#[test]
fn a_recalculation_is_a_job_with_locks_and_is_remembered_from_start_to_end() {
    let mut desk = Desk::new().taking(0, 60);
    desk.deployed(&Package::default().role("Sales", ""));
    desk.deployed(
        &Package::default()
            .model("Contact", "Private")
            .model("Account", "Private")
            .model("Opportunity", "Private")
            .model("Case", "Private"),
    );
    let in_force = |desk: &mut Desk| {
        desk.text(
            "SELECT InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Account'",
        )
    };
    assert_eq!(in_force(&mut desk), "ReadWrite", "narrowing waits");
    let locked = |desk: &mut Desk, package: Package| {
        let result = desk.deploy(&package, Value::Null);
        let problem = result["details"]["componentFailures"][0]["problem"]
            .as_str()
            .unwrap_or_default();
        problem.starts_with("The sharing calculation you requested can't be processed right now")
    };
    assert!(
        locked(&mut desk, Package::default().model("Lead", "Private")),
        "no default at all changes meanwhile"
    );
    let case_rule = || Package::default().rules("Case", &[rule("R", "Sales", "Subject", "x")]);
    assert!(
        locked(&mut desk, case_rule()),
        "rules of coupled objects wait"
    );
    desk.advance(61);
    assert_eq!(in_force(&mut desk), "Private");
    desk.deployed(&case_rule());
    assert!(
        !locked(&mut desk, Package::default().role("Care", "")),
        "roles are not locked"
    );
    desk.advance(61);
    let of = |desk: &mut Desk, action: &str| {
        let soql = format!("SELECT Display FROM SetupAuditTrail WHERE Action = '{action}'");
        desk.query(&soql).unwrap().len()
    };
    assert_eq!(
        (
            of(&mut desk, "startedSharingRecalculation"),
            of(&mut desk, "finishedSharingRecalculation")
        ),
        (2, 2)
    );
}

#[test]
fn a_frozen_user_stays_a_user_and_does_not_get_in() {
    let mut desk = Desk::new();
    let fields = user(&mut desk, "ada", Value::Null);
    let id = desk.create("User", fields);
    let login = desk.text(&format!("SELECT Id FROM UserLogin WHERE UserId = '{id}'"));
    let log_in = |desk: &mut Desk| {
        let body = "<u:login xmlns:u='urn:partner.soap.sforce.com'><u:username>ada@company.example</u:username><u:password>x</u:password></u:login>";
        let envelope = format!(
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>{body}</e:Body></e:Envelope>"
        );
        let request = salesforce_emulator::http::Request {
            method: "POST".to_owned(),
            path: "/services/Soap/u/66.0".to_owned(),
            headers: [("content-type".to_owned(), "text/xml".to_owned())].into(),
            base_url: "http://127.0.0.1:1".to_owned(),
            body: envelope.into_bytes(),
            ..Default::default()
        };
        salesforce_emulator::router::handle(&mut desk.world, request).status
    };
    assert_eq!(log_in(&mut desk), 200);
    let path = format!("sobjects/UserLogin/{login}");
    for (frozen, status) in [(true, 500), (false, 200)] {
        assert_eq!(
            desk.rest("PATCH", &path, &json!({"IsFrozen": frozen})).0,
            204
        );
        assert_eq!(log_in(&mut desk), status);
        let seats = desk
            .query(&format!(
                "SELECT Id FROM User WHERE IsActive = true AND Id = '{id}'"
            ))
            .unwrap();
        assert_eq!(seats.len(), 1, "freezing is not deactivating");
    }
    assert_eq!(
        desk.refused("POST", "sobjects/UserLogin", json!({"IsFrozen": true})),
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    );
}

#[test]
fn users_are_refused_as_the_platform_refuses_them() {
    let mut desk = Desk::new();
    let fields = user(&mut desk, "ada", Value::Null);
    let id = desk.create("User", fields);
    let mut check = |more: Value, code: &str| {
        let fields = user(&mut desk, "bob", more);
        assert_eq!(
            desk.refused("POST", "sobjects/User", fields.clone()),
            code,
            "{fields}"
        );
    };
    for name in [
        "Username",
        "LastName",
        "Email",
        "Alias",
        "ProfileId",
        "TimeZoneSidKey",
        "LocaleSidKey",
        "EmailEncodingKey",
        "LanguageLocaleKey",
    ] {
        check(json!({name: null}), "REQUIRED_FIELD_MISSING");
    }
    check(
        json!({"Username": "ADA@company.example"}),
        "DUPLICATE_USERNAME",
    );
    check(json!({"Username": "bob"}), "INVALID_EMAIL_ADDRESS");
    check(
        json!({"CommunityNickname": "x", "Alias": "muchtoolong"}),
        "STRING_TOO_LONG",
    );
    check(
        json!({"ProfileId": "00e000000000999AAA"}),
        "INVALID_CROSS_REFERENCE_KEY",
    );
    assert_eq!(
        desk.refused("DELETE", &format!("sobjects/User/{id}"), Value::Null),
        "INVALID_TYPE_FOR_OPERATION"
    );
    // Five seats are free at first; a deactivated user gives its seat back.
    for name in ["c", "d", "e", "f"] {
        let fields = user(&mut desk, name, Value::Null);
        desk.create("User", fields);
    }
    let last = user(&mut desk, "last", Value::Null);
    assert_eq!(
        desk.refused("POST", "sobjects/User", last.clone()),
        "LICENSE_LIMIT_EXCEEDED"
    );
    assert_eq!(
        desk.rest(
            "PATCH",
            &format!("sobjects/User/{id}"),
            &json!({"IsActive": false})
        )
        .0,
        204
    );
    desk.create("User", last);
    assert_eq!(
        desk.refused(
            "PATCH",
            &format!("sobjects/User/{id}"),
            json!({"IsActive": true})
        ),
        "LICENSE_LIMIT_EXCEEDED"
    );
}

fn set(name: &str, more: &str) -> Package {
    let inside = format!(
        "    {more}\n    <label>{name}</label>\n    <objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>Lead</object><viewAllRecords>true</viewAllRecords></objectPermissions>"
    );
    Package::default().with(
        "PermissionSet",
        name,
        &format!("permissionsets/{name}.permissionset"),
        &inside,
    )
}

fn group(more: &str) -> Package {
    let inside = format!("    <label>Sight</label>\n{more}");
    Package::default().with(
        "PermissionSetGroup",
        "Sight",
        "permissionsetgroups/Sight.permissionsetgroup",
        &inside,
    )
}

#[test]
fn a_permission_set_group_gives_what_its_sets_give() {
    let mut desk = Desk::new();
    desk.deployed(&Package::default().model("Lead", "Private"));
    desk.deployed(&set("All_Leads", ""));
    desk.deployed(&group("    <permissionSets>All_Leads</permissionSets>"));
    let lead = desk.create("Lead", json!({"LastName": "L", "Company": "C"}));
    let fields = user(&mut desk, "ada", Value::Null);
    let id = desk.create("User", fields);
    let soql = format!(
        "SELECT HasReadAccess FROM UserRecordAccess WHERE UserId = '{id}' AND RecordId = '{lead}'"
    );
    assert_eq!(desk.query(&soql).unwrap()[0]["HasReadAccess"], false);
    let group_id = desk.text("SELECT Id FROM PermissionSetGroup WHERE DeveloperName = 'Sight'");
    desk.create(
        "PermissionSetAssignment",
        json!({"AssigneeId": id, "PermissionSetGroupId": group_id}),
    );
    assert_eq!(desk.query(&soql).unwrap()[0]["HasReadAccess"], true);
    let read = desk.metadata(
        "readMetadata",
        "<type>PermissionSetGroup</type><fullNames>Sight</fullNames>",
    );
    assert!(
        read.contains("<permissionSets>All_Leads</permissionSets><status>Updated</status>"),
        "{read}"
    );
    for (kind, name) in [
        ("PermissionSetGroup", "Sight"),
        ("PermissionSet", "All_Leads"),
    ] {
        let deleted = desk.metadata(
            "deleteMetadata",
            &format!("<type>{kind}</type><fullNames>{name}</fullNames>"),
        );
        assert!(deleted.contains("DELETE_FAILED"), "{deleted}");
    }
    desk.deployed(&group("    <hasActivationRequired>true</hasActivationRequired>\n    <permissionSets>All_Leads</permissionSets>"));
    assert_eq!(
        desk.query(&soql).unwrap()[0]["HasReadAccess"],
        false,
        "no session has activated it"
    );
}

#[test]
fn what_is_not_modelled_is_refused_in_the_platforms_words() {
    let check = |package: Package, problem: &str| {
        let mut desk = Desk::new();
        desk.deployed(
            &Package::default()
                .model("Lead", "Private")
                .role("Sales", ""),
        );
        let result = desk.deploy(&package, Value::Null);
        assert_eq!(result["status"], "Failed", "{result:#}");
        assert_eq!(
            result["details"]["componentFailures"][0]["problem"],
            problem
        );
    };
    let unavailable = "Not available for deploy for this organization";
    let other =
        |element: &str| rule("R", "Sales", "Company", "x").replace("sharingCriteriaRules", element);
    for element in ["sharingGuestRules", "sharingTerritoryRules"] {
        check(
            Package::default().rules("Lead", &[other(element)]),
            &format!("{element}: {unavailable}"),
        );
    }
    check(
        group("    <mutingPermissionSets>Mute</mutingPermissionSets>"),
        &format!("mutingPermissionSets: {unavailable}"),
    );
    check(
        group("    <permissionSets>Nothing</permissionSets>"),
        "In field: permissionSets - no PermissionSet named Nothing found",
    );
    check(
        Package::default().with(
            "MutingPermissionSet",
            "M",
            "mutingpermissionsets/M.mutingpermissionset",
            "    <label>M</label>",
        ),
        unavailable,
    );
    check(
        Package::default().with_root(
            "AccountSettings",
            "Settings",
            "Account",
            "settings/Account.settings",
            "    <enableAccountTeams>true</enableAccountTeams>",
        ),
        unavailable,
    );
    let target =
        |target: &str| rule("R", "Sales", "Company", "x").replace("<role>Sales</role>", target);
    check(
        Package::default().rules("Lead", &[target("<territory>West</territory>")]),
        "sharedTo not allowed:territory - West (8:24)",
    );
    check(
        Package::default().rules("Lead", &[target("<group>Nobody</group>")]),
        "sharedTo not allowed:group - Nobody (8:20)",
    );
}

#[test]
fn what_a_rule_names_cannot_be_deleted() {
    let mut desk = Desk::new();
    desk.deployed(
        &Package::default()
            .model("Lead", "Private")
            .role("Sales", ""),
    );
    let group = desk.create("Group", json!({"Name": "Partners", "Type": "Regular"}));
    let to_group =
        rule("G", "Sales", "Company", "x").replace("<role>Sales</role>", "<group>Partners</group>");
    desk.deployed(
        &Package::default().rules("Lead", &[rule("R", "Sales", "Company", "x"), to_group]),
    );
    let role = desk.text("SELECT Id FROM UserRole WHERE DeveloperName = 'Sales'");
    for path in [
        format!("sobjects/UserRole/{role}"),
        format!("sobjects/Group/{group}"),
    ] {
        assert_eq!(
            desk.refused("DELETE", &path, Value::Null),
            "DELETE_FAILED",
            "{path}"
        );
    }
}
