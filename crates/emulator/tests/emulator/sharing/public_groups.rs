//! Public groups, made by a deploy, with members that are records.

use serde_json::{Value, json};

use super::desk::{Desk, Package, rule, user};

const DESCRIPTION: &str = "Everybody but one";

fn group(name: &str, bosses: bool) -> Package {
    let inside = format!(
        "    <description>{DESCRIPTION}</description>\n    <doesIncludeBosses>{bosses}</doesIncludeBosses>\n    <name>Some of us</name>"
    );
    Package::default().with("Group", name, &format!("groups/{name}.group"), &inside)
}

fn join(desk: &mut Desk, group: &str, member: &str) -> String {
    let fields = json!({"GroupId": group, "UserOrGroupId": member});
    desk.create("GroupMember", fields)
}

/// Whether a user reads a record.
fn reads(desk: &mut Desk, user: &str, record: &str) -> bool {
    let soql = format!(
        "SELECT HasReadAccess FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId = '{record}'"
    );
    desk.query(&soql).unwrap()[0]["HasReadAccess"] == true
}

/// A user with a role.
fn of_role(desk: &mut Desk, name: &str, role: &str) -> String {
    let role = desk.text(&format!(
        "SELECT Id FROM UserRole WHERE DeveloperName = '{role}'"
    ));
    let fields = user(desk, name, json!({"UserRoleId": role}));
    desk.create("User", fields)
}

fn role_group(desk: &mut Desk, role: &str) -> String {
    let role = desk.text(&format!(
        "SELECT Id FROM UserRole WHERE DeveloperName = '{role}'"
    ));
    desk.text(&format!(
        "SELECT Id FROM Group WHERE Type = 'RoleAndSubordinatesInternal' AND RelatedId = '{role}'"
    ))
}

#[test]
fn a_public_group_holds_roles_and_people_and_may_leave_superiors_out() {
    let mut desk = Desk::new();
    let roles = Package::default()
        .role("Head", "")
        .role("Sales", "<parentRole>Head</parentRole>")
        .role("Field", "<parentRole>Sales</parentRole>");
    desk.deployed(&roles.model("Lead", "Private"));
    desk.deployed(&group("Some", false));
    let described = "SELECT Id FROM Group WHERE Name = 'Some of us' AND DoesIncludeBosses = false";
    let some = desk.text(described);
    let told = format!("SELECT Description FROM Group WHERE Id = '{some}'");
    assert_eq!(desk.text(&told), DESCRIPTION);
    let [head, field] =
        [("head", "Head"), ("field", "Field")].map(|(name, role)| of_role(&mut desk, name, role));
    let alone = user(&mut desk, "alone", Value::Null);
    let alone = desk.create("User", alone);
    let lead = desk.create("Lead", json!({"LastName": "L", "Company": "x"}));
    let shared =
        rule("R", "Sales", "Company", "x").replace("<role>Sales</role>", "<group>Some</group>");
    desk.deployed(&Package::default().rules("Lead", &[shared]));
    let sales = role_group(&mut desk, "Sales");
    let membership = join(&mut desk, &some, &sales);
    join(&mut desk, &some, &alone);
    let sight = |desk: &mut Desk| [&head, &field, &alone].map(|user| reads(desk, user, &lead));
    assert_eq!(sight(&mut desk), [false, true, true]);
    assert_eq!(join(&mut desk, &some, &sales), membership, "it is in it");
    let unknown = json!({"GroupId": some, "UserOrGroupId": "00G000000000000AAA"});
    desk.refused("POST", "sobjects/GroupMember", unknown);
    desk.deployed(&group("Some", true));
    assert_eq!(sight(&mut desk), [true, true, true], "superiors as well");
    let path = format!("sobjects/GroupMember/{membership}");
    assert_eq!(desk.rest("DELETE", &path, &Value::Null).0, 204);
    assert_eq!(sight(&mut desk), [false, false, true]);
    let delete = "<type>Group</type><fullNames>Some</fullNames>";
    assert!(
        desk.metadata("deleteMetadata", delete)
            .contains("DELETE_FAILED")
    );
    let gone = "<type>SharingCriteriaRule</type><fullNames>Lead.R</fullNames>";
    desk.metadata("deleteMetadata", gone);
    assert!(
        desk.metadata("deleteMetadata", delete)
            .contains("<success>true</success>")
    );
    assert!(desk.query(&told).unwrap().is_empty());
}
