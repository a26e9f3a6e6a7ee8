//! Reads that fail, and reads that give less than there is.

use super::*;

fn read(kind: &str, names: &[&str]) -> String {
    let names = names
        .iter()
        .map(|name| format!("<fullNames>{name}</fullNames>"));
    let names: String = names.collect();
    format!("<readMetadata {XMLNS}><type>{kind}</type>{names}</readMetadata>")
}

fn fault(org: &mut Org, kind: &str, names: &[&str]) -> Option<String> {
    let answer = org.call(&read(kind, names));
    let body = String::from_utf8(answer.body).expect("answers are UTF-8");
    (answer.status == 500).then(|| between(&body, "<faultstring>", "</faultstring>").to_owned())
}

#[test]
fn a_type_or_one_component_cannot_be_read() {
    let refused =
        "refused-reads=Profile/Admin+Role:UNKNOWN_EXCEPTION+CustomObject:REQUEST_RUNNING_TOO_LONG";
    let mut org = hard(refused);
    let rights = "INSUFFICIENT_ACCESS: EntityObject can not be initialized with null EntityInfo";
    let told = |fault: Option<String>| fault.unwrap_or_default();
    assert_eq!(
        told(fault(&mut org, "Profile", &["Standard", "Admin"])),
        rights
    );
    assert_eq!(fault(&mut org, "Profile", &["Standard", "ReadOnly"]), None);
    let thrown = "UNKNOWN_EXCEPTION: java.lang.NullPointerException";
    assert_eq!(told(fault(&mut org, "Role", &["Head_of_Sales"])), thrown);
    assert_eq!(fault(&mut org, "CustomObject", &["Lead"]), None);
    let several = told(fault(&mut org, "CustomObject", &["Lead", "Case"]));
    assert!(
        several.starts_with("REQUEST_RUNNING_TOO_LONG: "),
        "{several}"
    );
    let mut list = |kind: &str| {
        let list =
            format!("<listMetadata {XMLNS}><queries><type>{kind}</type></queries></listMetadata>");
        org.call(&list).status
    };
    assert_eq!([list("Role"), list("Profile")], [500, 200]);
    let (_, files) = org.retrieve(&[("Role", "Head_of_Sales")]);
    assert!(
        files["roles/Head_of_Sales.role"].contains("<name>"),
        "retrieves go on"
    );
}

#[test]
fn a_retrieve_fails_as_a_whole() {
    let mut org = hard(
        "refused-retrieves=CustomObject:REQUEST_RUNNING_TOO_LONG+Role/Head_of_Sales:UNKNOWN_EXCEPTION",
    );
    let mut retrieve = |members: &[(&str, &str)]| {
        let types = members.iter().map(|(kind, member)| {
            format!("<types><members>{member}</members><name>{kind}</name></types>")
        });
        let types: String = types.collect();
        let answer = org.ask(&format!(
            "<retrieve {XMLNS}><retrieveRequest><apiVersion>66.0</apiVersion><unpackaged>{types}</unpackaged></retrieveRequest></retrieve>"
        ));
        let id = between(&answer, "<id>", "</id>").to_owned();
        org.ask(&format!("<checkRetrieveStatus {XMLNS}><asyncProcessId>{id}</asyncProcessId></checkRetrieveStatus>"))
    };
    let alone = retrieve(&[("CustomObject", "Lead")]);
    assert!(alone.contains("<status>Succeeded</status>"), "{alone}");
    for (members, code) in [
        (
            [("CustomObject", "Lead"), ("CustomObject", "Case")],
            "REQUEST_RUNNING_TOO_LONG",
        ),
        (
            [("Role", "Head_of_Sales"), ("CustomObject", "Case")],
            "REQUEST_RUNNING_TOO_LONG",
        ),
        (
            [("Role", "Head_of_Sales"), ("Profile", "Admin")],
            "UNKNOWN_EXCEPTION",
        ),
    ] {
        let failed = retrieve(&members);
        assert_eq!(
            between(&failed, "<errorStatusCode>", "</errorStatusCode>"),
            code
        );
        assert!(
            failed.contains("<status>Failed</status><success>false</success>"),
            "{failed}"
        );
    }
}

#[test]
fn a_document_is_given_in_part_or_empty() {
    let mut org = hard(
        "missing-reads=Profile/Admin.fieldPermissions+Role,missing-retrieves=CustomObject/Lead+Profile.userPermissions",
    );
    let admin = org.read("Profile", "Admin");
    assert!(admin.contains("<objectPermissions>") && !admin.contains("<fieldPermissions>"));
    assert!(
        org.read("Profile", "Standard")
            .contains("<fieldPermissions>")
    );
    let role = org.read("Role", "Head_of_Sales");
    assert!(
        role.contains("<records xsi:type=\"Role\"><fullName>Head_of_Sales</fullName></records>"),
        "{role}"
    );
    assert!(org.read("Role", "Nobody").contains("xsi:nil"));
    let (_, files) = org.retrieve(&[
        ("CustomObject", "Lead"),
        ("CustomObject", "Case"),
        ("Profile", "Admin"),
    ]);
    assert_eq!(
        files["objects/Lead.object"],
        xml::empty_file("CustomObject")
    );
    assert!(files["objects/Case.object"].contains("<sharingModel>"));
    let admin = &files["profiles/Admin.profile"];
    assert!(admin.contains("<fieldPermissions>") && !admin.contains("<userPermissions>"));
    assert!(org.read("Profile", "Admin").contains("<userPermissions>"));
}
