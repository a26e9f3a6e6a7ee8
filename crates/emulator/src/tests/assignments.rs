//! What assignments grant: groups of permission sets, sets that end, sets of a session.

use super::*;

const LEADS: &str = "<label>Leads</label><objectPermissions><allowRead>true</allowRead><object>Lead</object><viewAllRecords>true</viewAllRecords></objectPermissions>";
const SALES: &str = "<label>Sales people</label><mutingPermissionSets>Quiet</mutingPermissionSets><permissionSets>Leads</permissionSets><permissionSets>Unknown</permissionSets>";
const USERS: &str = "Username,Profile.Name\nida@moss.example,Minimum Access - Salesforce\nbo@moss.example,Minimum Access - Salesforce\n";

/// Whether a user reads leads at this moment.
fn reads_leads(client: &Client, username: &str, now: i64) -> bool {
    let org = &client.world.org;
    let user = org.user_by_username(username).unwrap();
    let lead = org.object("Lead").unwrap();
    crate::sharing::object_permissions(org, user, lead, now).read
}

#[test]
fn a_seeded_group_of_permission_sets_grants_what_its_sets_grant() {
    let assigned =
        "Assignee.Username,PermissionSetGroup.DeveloperName\nbo@moss.example,Sales_People\n";
    let mut client = Client::seeded(&[
        (
            "permissionsets/Leads.permissionset",
            &document("PermissionSet", LEADS),
        ),
        (
            "permissionsetgroups/Sales_People.permissionsetgroup",
            &document("PermissionSetGroup", SALES),
        ),
        ("User.csv", USERS),
        ("PermissionSetAssignment.csv", assigned),
    ]);
    assert!(reads_leads(&client, "bo@moss.example", 0));
    assert!(!reads_leads(&client, "ida@moss.example", 0));
    let group = client.id("SELECT Id FROM PermissionSetGroup WHERE DeveloperName = 'Sales_People'");
    let user = client.id("SELECT Id FROM User WHERE Username = 'ida@moss.example'");
    let assignment = json!({"AssigneeId": user, "PermissionSetGroupId": group});
    assert_eq!(
        client
            .call("POST", "sobjects/PermissionSetAssignment", assignment)
            .0,
        201
    );
    assert!(reads_leads(&client, "ida@moss.example", 0));
    let soql = "SELECT PermissionSetGroupId FROM PermissionSetAssignment WHERE PermissionSet.Type = 'Group'";
    assert_eq!(client.query(soql)["totalSize"], 2);
    assert!(client.world.org.permission_set("Unknown").is_some());
}
