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

#[test]
fn an_assignment_ends_on_its_day() {
    let assigned = "Assignee.Username,PermissionSet.Name,ExpirationDate\nbo@moss.example,Leads,2026-03-01T00:00:00Z\nida@moss.example,Leads,\n";
    let mut client = Client::seeded(&[
        (
            "permissionsets/Leads.permissionset",
            &document("PermissionSet", LEADS),
        ),
        ("User.csv", USERS),
        ("PermissionSetAssignment.csv", assigned),
    ]);
    let end = crate::moment::moment("2026-03-01T00:00:00Z").unwrap();
    assert!(reads_leads(&client, "bo@moss.example", end - 1));
    assert!(!reads_leads(&client, "bo@moss.example", end));
    assert!(reads_leads(&client, "ida@moss.example", end));
    client.world.clock = crate::world::Clock::Manual;
    client.world.org.manual_time = Some(end);
    let soql = "SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Leads' AND IsActive = false";
    let ended = client.query(soql);
    assert_eq!(
        ended["records"][0]["Assignee"]["Username"], "bo@moss.example",
        "{ended}"
    );
}

#[test]
fn a_set_of_a_session_grants_nothing_by_itself() {
    let session = format!("{LEADS}<hasActivationRequired>true</hasActivationRequired>");
    let assigned = "Assignee.Username,PermissionSet.Name,PermissionSetGroup.DeveloperName\nbo@moss.example,Leads,\nida@moss.example,,Sales_People\n";
    let mut client = Client::seeded(&[
        (
            "permissionsets/Leads.permissionset",
            &document("PermissionSet", &session),
        ),
        (
            "permissionsetgroups/Sales_People.permissionsetgroup",
            &document("PermissionSetGroup", SALES),
        ),
        ("User.csv", USERS),
        ("PermissionSetAssignment.csv", assigned),
    ]);
    for username in ["bo@moss.example", "ida@moss.example"] {
        assert!(!reads_leads(&client, username, 0), "{username}");
    }
    let soql = "SELECT Type FROM PermissionSet WHERE HasActivationRequired = true";
    assert_eq!(client.query(soql)["records"][0]["Type"], "Session");
}

#[test]
fn what_a_set_opens_is_listed() {
    let opens = "<label>Doors</label><classAccesses><apexClass>Loom</apexClass><enabled>true</enabled></classAccesses><pageAccesses><apexPage>Gate</apexPage><enabled>false</enabled></pageAccesses>";
    let mut client = Client::seeded(&[(
        "permissionsets/Doors.permissionset",
        &document("PermissionSet", opens),
    )]);
    let soql =
        "SELECT SetupEntityType, SetupEntityId FROM SetupEntityAccess WHERE Parent.Name = 'Doors'";
    let listed = client.query(soql);
    assert_eq!(listed["totalSize"], 1, "{listed}");
    assert_eq!(listed["records"][0]["SetupEntityType"], "ApexClass");
    let soql = "SELECT Id, (SELECT Id FROM SetupEntityAccessItems) FROM PermissionSet WHERE Name = 'Doors'";
    assert_eq!(
        client.query(soql)["records"][0]["SetupEntityAccessItems"]["totalSize"],
        1
    );
    let soql = "SELECT COUNT() FROM SetupEntityAccess WHERE Parent.Profile.Name = 'Standard User' AND SetupEntityType = 'TabSet'";
    assert_eq!(client.query(soql)["totalSize"], 4);
}
