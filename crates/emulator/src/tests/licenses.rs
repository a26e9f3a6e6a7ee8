//! The licence of programs, and permission set licences.

use super::*;

const READS_LEADS: &str =
    "<objectPermissions><allowRead>true</allowRead><object>Lead</object></objectPermissions>";
/// The same with every flag, as single calls of the metadata service want it.
const WHOLE: &str = "<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>Lead</object><viewAllRecords>false</viewAllRecords></objectPermissions>";
const PROGRAM: &str = "Username,Profile.Name\nprobe@moss.example,Minimum Access - API Only Integrations\nhand@moss.example,Standard User\n";

/// An org with a set that reads leads, one that reads moss, and one that names a permission set licence.
fn moss(platform: &str) -> Client {
    let moss = "<objectPermissions><allowRead>true</allowRead><object>Moss__c</object></objectPermissions>";
    let set = |label: &str, inside: &str| {
        document("PermissionSet", &format!("<label>{label}</label>{inside}"))
    };
    let mut client = Client::seeded(&[
        (
            "permissionsets/Leads.permissionset",
            &set("Leads", READS_LEADS),
        ),
        ("permissionsets/Moss.permissionset", &set("Moss", moss)),
        (
            "permissionsets/Paid.permissionset",
            &set("Paid", "<license>MossCounterPsl</license>"),
        ),
        ("User.csv", PROGRAM),
    ]);
    if !platform.is_empty() {
        let stated = Platform::parse(platform).unwrap();
        client.world.org.lay_platform(&stated);
    }
    client
}

/// Assigns a set, or says why not.
fn assign(client: &mut Client, set: &str, username: &str) -> Result<(), String> {
    let set = client.id(&format!(
        "SELECT Id FROM PermissionSet WHERE Name = '{set}'"
    ));
    let user = client.id(&format!(
        "SELECT Id FROM User WHERE Username = '{username}'"
    ));
    let assignment = json!({"AssigneeId": user, "PermissionSetId": set});
    match client.call("POST", "sobjects/PermissionSetAssignment", assignment) {
        (201, _) => Ok(()),
        (_, refused) => Err(refused[0]["message"].as_str().unwrap().to_owned()),
    }
}

/// Gives a user a seat of a permission set licence.
fn seat(client: &mut Client, license: &str, username: &str) -> (u16, Value) {
    let license = client.id(&format!(
        "SELECT Id FROM PermissionSetLicense WHERE DeveloperName = '{license}'"
    ));
    let user = client.id(&format!(
        "SELECT Id FROM User WHERE Username = '{username}'"
    ));
    let seat = json!({"AssigneeId": user, "PermissionSetLicenseId": license});
    client.call("POST", "sobjects/PermissionSetLicenseAssign", seat)
}

#[test]
fn the_licence_of_programs_reaches_standard_objects_with_its_set_licence_alone() {
    let mut client = moss("");
    assert_eq!(assign(&mut client, "Moss", "probe@moss.example"), Ok(()));
    let refused = assign(&mut client, "Leads", "probe@moss.example").unwrap_err();
    let reason = "The user license doesn't allow the permission: Read Lead";
    assert!(refused.ends_with(reason), "{refused}");
    assert_eq!(assign(&mut client, "Leads", "hand@moss.example"), Ok(()));
    let license = "SalesforceAPIIntegrationPsl";
    assert_eq!(seat(&mut client, license, "probe@moss.example").0, 201);
    assert_eq!(assign(&mut client, "Leads", "probe@moss.example"), Ok(()));
    let mut lenient = moss("integration-objects=accepted");
    assert_eq!(assign(&mut lenient, "Leads", "probe@moss.example"), Ok(()));
}

#[test]
fn a_profile_of_that_licence_takes_no_standard_object() {
    let deployed = |platform: &str| {
        let mut client = moss(platform);
        let inside = format!("{WHOLE}<userLicense>Salesforce Integration</userLicense>");
        details::apply(&mut client, "Profile", "Probe", &inside)
    };
    let refused = deployed("").unwrap_err();
    let reason = "The user license doesn't allow the permission: Read Lead";
    assert!(
        refused[0].message.ends_with(reason),
        "{}",
        refused[0].message
    );
    assert!(deployed("integration-objects=accepted").is_ok());
}

#[test]
fn nor_does_a_record_give_it_one() {
    let mut client = moss("");
    let profile = "Minimum Access - API Only Integrations";
    let own = client.id(&format!(
        "SELECT Id FROM PermissionSet WHERE Profile.Name = '{profile}'"
    ));
    let granted =
        |object: &str| json!({"ParentId": own, "SobjectType": object, "PermissionsRead": true});
    let (_, refused) = client.call("POST", "sobjects/ObjectPermissions", granted("Lead"));
    assert_eq!(code(&refused), "FIELD_INTEGRITY_EXCEPTION", "{refused}");
    let (status, _) = client.call("POST", "sobjects/ObjectPermissions", granted("Moss__c"));
    assert_eq!(status, 201);
}

#[test]
fn a_set_with_a_set_licence_goes_to_those_who_hold_it() {
    let mut client = moss("");
    let refused = assign(&mut client, "Paid", "hand@moss.example").unwrap_err();
    assert!(
        refused.contains("permission set license MossCounter"),
        "{refused}"
    );
    assert_eq!(
        seat(&mut client, "MossCounterPsl", "hand@moss.example").0,
        201
    );
    let (status, again) = seat(&mut client, "MossCounterPsl", "hand@moss.example");
    assert_eq!((status, code(&again)), (400, "DUPLICATE_VALUE"));
    assert_eq!(assign(&mut client, "Paid", "hand@moss.example"), Ok(()));
    let soql = "SELECT TotalLicenses, UsedLicenses FROM PermissionSetLicense WHERE DeveloperName = 'MossCounterPsl'";
    let seats = client.query(soql)["records"][0].clone();
    assert_eq!(
        (&seats["TotalLicenses"], &seats["UsedLicenses"]),
        (&json!(5), &json!(1))
    );
    let held = client.id("SELECT Id FROM PermissionSetLicenseAssign");
    let path = format!("sobjects/PermissionSetLicenseAssign/{held}");
    assert_eq!(client.call("DELETE", &path, Value::Null).0, 204);
}

#[test]
fn the_assignment_of_such_a_set_may_take_the_seat() {
    let mut client = moss("set-licenses=taken");
    assert_eq!(assign(&mut client, "Paid", "hand@moss.example"), Ok(()));
    let soql =
        "SELECT Id FROM PermissionSetLicenseAssign WHERE Assignee.Username = 'hand@moss.example'";
    assert_eq!(client.query(soql)["totalSize"], 1);
    for license in client.world.org.set_licenses.values_mut() {
        license.total = 1;
    }
    let refused = assign(&mut client, "Paid", "probe@moss.example").unwrap_err();
    let expected = "All MossCounter permission set licenses are in use. For more licenses, contact your salesforce.com representative.";
    assert_eq!(refused, expected);
}

#[test]
fn log_ins_are_those_of_the_seed() {
    let log_ins = "User.Username,LoginTime,SourceIp\nprobe@moss.example,2026-01-02T03:04:05Z,192.0.2.7\nhand@moss.example,2026-01-03T03:04:05Z,192.0.2.8\n";
    let mut client = Client::seeded(&[("User.csv", PROGRAM), ("LoginHistory.csv", log_ins)]);
    let probe = client.id("SELECT Id FROM User WHERE Username = 'probe@moss.example'");
    let soql = format!(
        "SELECT SourceIp FROM LoginHistory WHERE UserId = '{probe}' ORDER BY LoginTime DESC"
    );
    let found = client.query(&soql);
    assert_eq!(found["totalSize"], 1);
    assert_eq!(found["records"][0]["SourceIp"], "192.0.2.7");
    assert_eq!(client.query("SELECT Id FROM LoginHistory")["totalSize"], 2);
}
