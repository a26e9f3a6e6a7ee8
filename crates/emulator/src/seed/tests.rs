use std::fs;

use super::*;
use crate::documents;
use crate::sharing::Sight;
use crate::store::{AccessLevel, ListedTabs, RuleScope, SharingModel, User};
use crate::xml::Writer;

/// The org over these files: path in the seed, content.
fn org(files: &[(&str, &str)]) -> Result<Org, SeedError> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    from_files(&[folder.path().to_owned()])
}

fn document(kind: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{content}</{kind}>"
    )
}

fn check_refused(path: &str, text: &str, expected: &str) {
    let message = org(&[(path, text)]).map(drop).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn the_standard_org_has_five_free_seats_and_one_administrator() {
    let org = from_files(&[]).unwrap();
    let license = org.license("Salesforce").unwrap();
    assert_eq!(
        (org.users.len(), license.total - org.seats_used(&license.id)),
        (1, 5)
    );
    assert_eq!(
        org.object("Contact").unwrap().sharing.in_force.internal,
        SharingModel::ControlledByParent
    );
}

/// What the org would answer to a read of a component, between its name and its end.
fn read_back(org: &Org, kind: &str, name: &str) -> String {
    let rendering = documents::Rendering {
        version: 66,
        scope: documents::Scope::everything(),
    };
    let mut writer = Writer::compact();
    assert!(documents::write(org, kind, name, &rendering, &mut writer));
    writer.finish()
}

#[test]
fn rules_for_guests_are_read_once_and_share_what_their_fields_allow() {
    let rule = |name: &str, field: &str| {
        format!(
            "<sharingGuestRules><fullName>{name}</fullName><accessLevel>Edit</accessLevel><label>Open</label><sharedTo><guestUser>Site</guestUser></sharedTo><criteriaItems><field>{field}</field><operation>equals</operation><value>Web</value></criteriaItems><includeHVUOwnedRecords>true</includeHVUOwnedRecords></sharingGuestRules>"
        )
    };
    let rules = rule("Web", "LeadSource") + &rule("Odd", "Absent__c");
    let org = org(&[(
        "sharingRules/Lead.sharingRules",
        &document("SharingRules", &rules),
    )])
    .unwrap();
    let names: Vec<&str> = org.guest_rules.keys().map(String::as_str).collect();
    assert_eq!(names, ["Lead.Web"]);
    let web = &org.guest_rules["Lead.Web"];
    assert_eq!(web.access, AccessLevel::Read);
    assert_eq!(web.shared_to.name.as_deref(), Some("Site"));
}

#[test]
fn what_the_org_does_not_model_is_served_back() {
    let guest = "<sharingGuestRules><fullName>Open</fullName><accessLevel>Read</accessLevel><label>Open</label><sharedTo><guestUser>Site</guestUser></sharedTo></sharingGuestRules>";
    let owner = "<sharingOwnerRules><fullName>All</fullName><accessLevel>Read</accessLevel></sharingOwnerRules>";
    let kind = "<recordTypes><fullName>Web</fullName><active>true</active><description>From the site</description><label>Web</label></recordTypes>";
    let fields = "<fields><fullName>Rating</fullName><trackHistory>true</trackHistory></fields><fields><fullName>Where__c</fullName><label>Where</label><type>Address</type></fields>";
    let name = "<nameField><displayFormat>P-{0}</displayFormat><label>Number</label><type>AutoNumber</type></nameField>";
    let set = "<label>Old</label><userLicense>Salesforce</userLicense>";
    let granted = "<fieldPermissions><editable>false</editable><field>User.Code__c</field><readable>true</readable></fieldPermissions>";
    let org = org(&[
        (
            "sharingRules/Lead.sharingRules",
            &document("SharingRules", guest),
        ),
        (
            "sharingRules/User.sharingRules",
            &document("SharingRules", owner),
        ),
        (
            "objects/Lead.object",
            &document("CustomObject", &format!("{fields}{kind}")),
        ),
        ("objects/Part__c.object", &document("CustomObject", name)),
        (
            "objects/User.object",
            &document("CustomObject", "<enableFeeds>true</enableFeeds>"),
        ),
        (
            "permissionsets/Old.permissionset",
            &document("PermissionSet", set),
        ),
        ("profiles/Some.profile", &document("Profile", granted)),
    ])
    .unwrap();
    let check = |kind: &str, name: &str, stated: &str| {
        let text = read_back(&org, kind, name);
        assert!(text.contains(stated), "{kind} {name}: {stated}: {text}");
    };
    check("SharingRules", "Lead", guest);
    check("SharingRules", "User", owner);
    check("CustomObject", "Lead", kind);
    check("CustomObject", "Lead", "<trackHistory>true</trackHistory>");
    check(
        "CustomField",
        "Lead.Rating",
        "<trackHistory>true</trackHistory>",
    );
    check("CustomField", "Lead.Where__c", "<type>Address</type>");
    check("CustomObject", "Part__c", name);
    check("CustomObject", "User", "<enableFeeds>true</enableFeeds>");
    check("PermissionSet", "Old", "<license>Salesforce</license>");
    check("Profile", "Some", granted);
}

#[test]
fn both_layouts_and_loose_files_are_read() {
    let field = "<fullName>Sync__c</fullName><defaultValue>false</defaultValue><label>Sync</label><type>Checkbox</type>";
    let private = "<sharingModel>Private</sharingModel>";
    for (object, field_file, field) in [
        (
            "force-app/objects/Lead/Lead.object-meta.xml",
            "force-app/objects/Lead/fields/Sync__c.field-meta.xml",
            document("CustomField", field),
        ),
        (
            "objects/Lead.object",
            "Lead.Sync__c.field",
            document("CustomField", field),
        ),
    ] {
        let org = org(&[
            (object, &document("CustomObject", private)),
            (field_file, &field),
            (
                "package.xml",
                &document("Package", "<version>66.0</version>"),
            ),
        ])
        .unwrap();
        assert_eq!(
            org.object("Lead").unwrap().sharing.in_force.internal,
            SharingModel::Private,
            "{object}"
        );
        assert_eq!(
            org.field("Lead", "Sync__c").unwrap().kind.as_str(),
            "boolean",
            "{field_file}"
        );
    }
    let inline = document(
        "CustomObject",
        &format!("<fields>{field}</fields>{private}"),
    );
    assert!(
        org(&[("Lead.object", &inline)])
            .unwrap()
            .field("Lead", "Sync__c")
            .is_some()
    );
}

#[test]
fn a_profile_replaces_the_standard_one_whole_and_names_what_it_needs() {
    let content = "<custom>false</custom>\
        <applicationVisibilities><application>Depot</application><default>true</default><visible>true</visible></applicationVisibilities>\
        <fieldPermissions><editable>true</editable><field>Crate__c.Weight__c</field><readable>true</readable></fieldPermissions>\
        <objectPermissions><allowCreate>false</allowCreate><allowRead>true</allowRead><object>WorkOrder</object></objectPermissions>\
        <recordTypeVisibilities><default>true</default><recordType>Lead.Web</recordType><visible>true</visible></recordTypeVisibilities>\
        <userLicense>Salesforce</userLicense>\
        <userPermissions><enabled>true</enabled><name>FlyToTheMoon</name></userPermissions>";
    let org = org(&[(
        "profiles/Admin.profile-meta.xml",
        &document("Profile", content),
    )])
    .unwrap();
    let profile = org.profile_by_full_name("Admin").unwrap();
    let granted = &org.containers[&profile.container];
    assert_eq!(profile.label, "System Administrator");
    assert_eq!(
        granted.user_permissions.iter().collect::<Vec<_>>(),
        ["FlyToTheMoon"]
    );
    assert_eq!(
        granted.object_permissions.keys().collect::<Vec<_>>(),
        ["WorkOrder"]
    );
    assert!(
        org.vocabulary.contains("FlyToTheMoon") && org.field("Crate__c", "Weight__c").is_some()
    );
    assert!(org.object("WorkOrder").is_some_and(|object| !object.custom));
    assert!(org.object("Lead").unwrap().record_types.contains_key("Web"));
    assert!(org.documents["CustomApplication"].contains_key("Depot"));
    let sight = Sight::new(&org, &org.organization.administrator, "Lead", 0).unwrap();
    assert!(sight.sees_all(), "the administrator keeps full rights");
}

#[test]
fn rules_roles_and_records_work_together() {
    let role = document("Role", "<name>HubSpot</name>");
    let rule = document(
        "SharingRules",
        "<sharingCriteriaRules><fullName>Sync</fullName><accessLevel>Edit</accessLevel><label>Sync</label>\
         <sharedTo><role>HubSpot</role></sharedTo>\
         <criteriaItems><field>Sync__c</field><operation>equals</operation><value>True</value></criteriaItems>\
         <includeRecordsOwnedByAll>true</includeRecordsOwnedByAll></sharingCriteriaRules>",
    );
    let lead = document("CustomObject", "<sharingModel>Private</sharingModel>");
    let org = org(&[
        ("sharingRules/Lead.sharingRules", &rule),
        ("objects/Lead.object", &lead),
        ("roles/HubSpot.role", &role),
        ("User.csv", "Username,LastName,UserRole.DeveloperName,Profile.Name\nhub@acme.example,Hub,HubSpot,Standard User\n"),
        ("data/Lead.csv", "LastName,FirstName,Company,Sync__c,Owner.Username\nA,Ada,X,true,\nB,,Y,false,\nC,,Z,,hub@acme.example\n"),
    ])
    .unwrap();
    let user = org.user_by_username("hub@acme.example").unwrap();
    let sight = Sight::new(&org, &user.id, "Lead", 0).unwrap();
    let seen: Vec<&str> = org
        .rows("Lead")
        .filter(|(id, row)| sight.shows(id, row))
        .filter_map(|(_, row)| row["Name"].as_str())
        .collect();
    assert_eq!(seen, ["Ada A", "C"]);
    assert!(matches!(
        org.rules["Lead.Sync"].scope,
        RuleScope::Criteria { .. }
    ));
}

#[test]
fn exported_trees_keep_their_references() {
    let accounts = r#"{"records":[{"attributes":{"type":"Account","referenceId":"AccountRef1"},"Name":"Oldmarsh","Contacts":{"records":[
        {"attributes":{"type":"Contact","referenceId":"ContactRef1"},"LastName":"Ashcombe","Email":"a@oldmarsh.example"}]}}]}"#;
    let cases = r#"{"records":[{"attributes":{"type":"Case","referenceId":"CaseRef1"},"Subject":"Noise","AccountId":"@AccountRef1","ContactId":"@ContactRef1"}]}"#;
    let plan =
        r#"[{"sobject":"Account","saveRefs":true,"resolveRefs":false,"files":["Account.json"]}]"#;
    let org = org(&[
        ("a-cases.json", cases),
        ("Account.json", accounts),
        ("plan.json", plan),
    ])
    .unwrap();
    let (account, _) = org.rows("Account").next().unwrap();
    let (contact, row) = org.rows("Contact").next().unwrap();
    assert_eq!(row["AccountId"], account.as_str());
    let (_, case) = org.rows("Case").next().unwrap();
    assert_eq!(
        (&case["AccountId"], &case["ContactId"]),
        (&account.as_str().into(), &contact.as_str().into())
    );
    assert_eq!(case["Status"], "New");
}

#[test]
fn org_json_describes_the_org_itself() {
    let described = r#"{"name": "Moss", "organization_type": "Professional Edition", "is_sandbox": true, "language": "fr",
        "administrator_language": "de", "platform": {"tabs": "stale", "unlicensed-permissions": ["Fly"]}}"#;
    let users = "Username,Profile.Name\nluc@moss.example,Standard User\n";
    let org = org(&[
        (
            "a/org.json",
            r#"{"name": "Fern", "external_sharing_model_enabled": false}"#,
        ),
        ("b/org.json", described),
        ("User.csv", users),
    ])
    .unwrap();
    let organization = &org.organization;
    assert_eq!(organization.name, "Moss");
    assert_eq!(organization.organization_type, "Professional Edition");
    assert!(organization.is_sandbox && !organization.external_sharing_model_enabled);
    let language = |user: Option<&User>| user.map(|user| user.language.clone()).unwrap();
    assert_eq!(organization.language, "fr");
    assert_eq!(language(org.users.get(&organization.administrator)), "de");
    assert_eq!(language(org.user_by_username("luc@moss.example")), "fr");
    assert_eq!(org.platform.tabs, Some(ListedTabs::Stale));
    let unlicensed = Some(vec!["Fly".to_owned()]);
    assert_eq!(org.platform.unlicensed_permissions, unlicensed);
}

#[test]
fn org_json_states_nothing_else() {
    check_refused(
        "org.json",
        r#"{"edition": "Enterprise"}"#,
        "`organization_type`",
    );
    let edition = r#"{"organization_type": "Giant Edition"}"#;
    check_refused(
        "org.json",
        edition,
        "one of Team Edition, Professional Edition",
    );
    let switch = r#"{"platform": {"tab": "stale"}}"#;
    check_refused("org.json", switch, "unknown field `tab`");
}

#[test]
fn what_does_not_fit_is_refused() {
    check_refused(
        "Lead.csv",
        "LastName,Shoe\nA,44\n",
        "Lead has no field Shoe",
    );
    check_refused("Lead.csv", "LastName,Company\nA\n", "a line has 1 fields");
    check_refused(
        "Lead.csv",
        "LastName,NumberOfEmployees\nA,many\n",
        "NumberOfEmployees cannot be \"many\"",
    );
    check_refused(
        "Lead.csv",
        "LastName,Owner.Username\nA,nobody@x.example\n",
        "OwnerId names no record",
    );
    check_refused("Ship.csv", "Name\nA\n", "there is no object Ship");
    check_refused(
        "x.json",
        "{\"records\":[{\"LastName\":\"A\"}]}",
        "attributes.type",
    );
    check_refused("x.json", "{", "x.json");
    check_refused("x.profile", "<Profile>", "line 1");
    check_refused(
        "field/X__c.field",
        &document("CustomField", "<fullName>X__c</fullName>"),
        "which object",
    );
    assert!(
        from_files(&["/no/such/folder".into()])
            .map(drop)
            .unwrap_err()
            .to_string()
            .contains("/no/such/folder")
    );
}
