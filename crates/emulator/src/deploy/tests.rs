//! What a refused component leaves behind.

use std::io::{Cursor, Write as _};

use super::*;
use crate::seed;

const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// A component that is refused only once most of it was read: type, name, path, what is inside its root.
const REFUSED: [(&str, &str, &str, &str); 8] = [
    (
        "CustomObject",
        "Lead",
        "objects/Lead.object",
        "<description>Changed</description><recordTypes><fullName>Web</fullName><active>true</active><label>Web</label></recordTypes><sharingModel>Nonsense</sharingModel>",
    ),
    (
        "CustomObject",
        "New__c",
        "objects/New__c.object",
        "<deploymentStatus>Deployed</deploymentStatus><label>New</label><nameField><label>Name</label><type>Text</type></nameField><pluralLabel>New</pluralLabel><sharingModel>ControlledByParent</sharingModel>",
    ),
    (
        "CustomObject",
        "Contact",
        "objects/Contact.object",
        "<fields><fullName>Of__c</fullName><label>Of</label><referenceTo>Absent__c</referenceTo><relationshipName>Of</relationshipName><type>Lookup</type></fields>",
    ),
    (
        "Role",
        "Lost",
        "roles/Lost.role",
        "<name>Lost</name><parentRole>Absent</parentRole>",
    ),
    (
        "Queue",
        "Lost",
        "queues/Lost.queue",
        "<name>Lost</name><queueMembers><users><user>nobody@nowhere.example</user></users></queueMembers><queueSobject><sobjectType>Lead</sobjectType></queueSobject>",
    ),
    (
        "PermissionSet",
        "Broken",
        "permissionsets/Broken.permissionset",
        "<label>Broken</label><objectPermissions><allowCreate>true</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>false</allowRead><modifyAllRecords>false</modifyAllRecords><object>Lead</object><viewAllRecords>false</viewAllRecords></objectPermissions>",
    ),
    (
        "Profile",
        "Broken",
        "profiles/Broken.profile",
        "<custom>true</custom><objectPermissions><allowCreate>true</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>false</allowRead><modifyAllRecords>false</modifyAllRecords><object>Lead</object><viewAllRecords>false</viewAllRecords></objectPermissions><userLicense>Salesforce</userLicense>",
    ),
    (
        "SharingRules",
        "Lead",
        "sharingRules/Lead.sharingRules",
        "<sharingOwnerRules><fullName>Lost</fullName><accessLevel>Read</accessLevel><label>Lost</label><sharedTo><role>Absent</role></sharedTo><sharedFrom><role>Absent</role></sharedFrom></sharingOwnerRules>",
    ),
];

fn zip(components: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut write = |path: &str, text: &str| {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(path, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    };
    let mut types = String::new();
    for (kind, name, path, inside) in components {
        write(
            path,
            &format!("<{kind} xmlns=\"{NAMESPACE}\">{inside}</{kind}>"),
        );
        types += &format!("<types><members>{name}</members><name>{kind}</name></types>");
    }
    let manifest =
        format!("<Package xmlns=\"{NAMESPACE}\">{types}<version>66.0</version></Package>");
    write("package.xml", &manifest);
    writer.finish().unwrap().into_inner()
}

fn deployed(org: &mut Org, components: &[(&str, &str, &str, &str)]) -> Report {
    let options = Options {
        single_package: true,
        ..Options::default()
    };
    let occasion = Occasion {
        user: org.organization.administrator.clone(),
        now: 0,
        timing: sharing::Timing::Due(1_000),
    };
    run(org, &zip(components), &options, &occasion)
}

#[test]
fn a_refused_component_leaves_the_org_as_it_was() {
    for component in REFUSED {
        let mut org = seed::demo();
        let before = org.clone();
        let report = deployed(&mut org, &[component]);
        let failed: Vec<&str> = report
            .messages
            .iter()
            .filter(|message| !message.success)
            .map(|message| message.kind.as_str())
            .collect();
        assert!(!failed.is_empty(), "{component:?}: {report:?}");
        // What went in beside it (the object around a refused field) is the same as before.
        assert!(org.objects == before.objects, "{component:?}");
        assert!(
            org.counters == before.counters,
            "{component:?}: ids were given out"
        );
        assert!(org == before, "{component:?}");
    }
}

#[test]
fn one_refusal_does_not_touch_what_goes_in_beside_it() {
    let mut org = seed::demo();
    let good = ("Role", "Found", "roles/Found.role", "<name>Found</name>");
    let all: Vec<_> = REFUSED.into_iter().chain([good]).collect();
    let report = deployed(&mut org, &all);
    assert_eq!(report.status, "SucceededPartial");
    let mut expected = seed::demo();
    assert_eq!(deployed(&mut expected, &[good]).status, "Succeeded");
    assert!(org == expected);
}

#[test]
fn a_locked_rule_is_taken_back_and_another_objects_rule_goes_in() {
    let rule = |object: &'static str, path: &'static str| {
        let inside = "<sharingOwnerRules><fullName>All</fullName><accessLevel>Read</accessLevel><label>All</label><sharedTo><role>Head_of_Sales</role></sharedTo><sharedFrom><allInternalUsers></allInternalUsers></sharedFrom></sharingOwnerRules>";
        ("SharingRules", object, path, inside)
    };
    let mut org = seed::demo();
    for object in ["Lead", "Campaign"] {
        let schema = org.objects.make_mut().get_mut(object).unwrap();
        schema.sharing = crate::store::SharingState::settled(
            crate::store::SharingModel::Private,
            crate::store::SharingModel::Private,
        );
    }
    let lead = rule("Lead", "sharingRules/Lead.sharingRules");
    assert_eq!(deployed(&mut org, &[lead]).status, "Succeeded");
    assert!(org.rules.contains_key("Lead.All"));
    org.rules.remove("Lead.All");
    let campaign = rule("Campaign", "sharingRules/Campaign.sharingRules");
    let report = deployed(&mut org, &[lead, campaign]);
    assert_eq!(report.status, "SucceededPartial", "{report:?}");
    let told = report
        .messages
        .iter()
        .find_map(|message| message.problem.as_deref());
    assert_eq!(told, Some(sharing::LOCKED));
    let names: Vec<&String> = org
        .rules
        .keys()
        .filter(|name| name.ends_with(".All"))
        .collect();
    assert_eq!(names, ["Campaign.All"]);
}
