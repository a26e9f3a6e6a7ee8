//! Deploys that succeed with a warning, without an effect, or with more of it than was asked for.

use super::*;

fn set(org: &mut Org, name: &str, options: &str) -> Deployed {
    let inside = format!("<label>{name}</label>{}", permission("RunReports", true));
    let path = format!("permissionsets/{name}.permissionset");
    let files = [
        ("package.xml", manifest(&[("PermissionSet", name)])),
        (path.as_str(), component("PermissionSet", &inside)),
    ];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let id = org.start(&files, options);
    Deployed::new(&org.status(&id))
}

const IGNORED: &str =
    "<ignoreWarnings>true</ignoreWarnings><rollbackOnError>true</rollbackOnError>";
const HEEDED: &str =
    "<ignoreWarnings>false</ignoreWarnings><rollbackOnError>false</rollbackOnError>";

#[test]
fn a_warning_stands_with_the_success_or_fails_the_deploy() {
    let mut org = hard("warnings=PermissionSet/Windy");
    let calm = set(&mut org, "Calm", HEEDED).succeeded();
    assert!(!calm.text.contains("<problemType>"));
    let windy = set(&mut org, "Windy", HEEDED);
    assert_eq!((windy.status.as_str(), windy.problems.len()), ("Failed", 1));
    assert!(windy.text.contains("<problemType>Warning</problemType>"));
    assert!(
        org.world.org.permission_set("Windy").is_none(),
        "it is treated like an error"
    );
    let windy = set(&mut org, "Windy", IGNORED).succeeded();
    let told = between(&windy.text, "<componentSuccesses>", "</componentSuccesses>");
    assert!(
        told.contains("<problemType>Warning</problemType><success>true</success>"),
        "{told}"
    );
    assert!(
        windy
            .text
            .contains("<numberComponentErrors>0</numberComponentErrors>")
    );
    assert!(org.world.org.permission_set("Windy").is_some());
}

#[test]
fn a_type_is_deployed_without_effect() {
    let mut org = hard("ineffective=SharingRules+Role/HubSpot_Integration");
    role(&mut org, ROLE).succeeded();
    assert!(org.world.org.role("HubSpot_Integration").is_none());
    private(&mut org, "Lead").succeeded();
    let before = org.world.org.rules.clone();
    let inside = rule(&format!(
        "<sharedTo><role>Head_of_Sales</role></sharedTo>{CRITERIA}"
    ));
    share(&mut org, &inside).succeeded();
    assert_eq!(org.world.org.rules, before);
    let missing = rule(&format!(
        "<sharedTo><role>Nobody</role></sharedTo>{CRITERIA}"
    ));
    assert_eq!(
        share(&mut org, &missing).status,
        "Failed",
        "mistakes are told all the same"
    );
}

#[test]
fn a_list_of_a_profile_is_deployed_without_effect() {
    let inside = new_profile(
        &tab("standard-Lead", "Hidden"),
        &permission("RunWild", true),
    );
    let mut org = hard("ineffective=Profile.tabVisibilities");
    profile(&mut org, "Copy", &inside).failed(&["Unknown user permission: RunWild"]);
    let inside = inside.replace("RunWild", "TransferAnyLead");
    profile(&mut org, "Copy", &inside).succeeded();
    let read = org.read("Profile", "Copy");
    assert!(
        read.contains("TransferAnyLead") && !read.contains("<visibility>Hidden"),
        "{read}"
    );
    let mut org = Org::new();
    profile(&mut org, "Copy", &inside).succeeded();
    assert!(org.read("Profile", "Copy").contains("<visibility>Hidden"));
}

#[test]
fn an_element_that_is_read_is_refused() {
    let mut org = hard("refused-elements=CustomObject/Partner_Deal__c.enableHistory");
    let mut deploy = |inside: &str| {
        org.deploy(&[
            (
                "package.xml",
                &manifest(&[("CustomObject", "Partner_Deal__c")]),
            ),
            (
                "objects/Partner_Deal__c.object",
                &component("CustomObject", inside),
            ),
        ])
    };
    deploy("<description>Deals</description>").succeeded();
    let refused = deploy("<enableHistory>true</enableHistory>");
    let words = "enableHistory cannot be set by a deploy";
    assert!(
        refused.problems.iter().any(|problem| problem == words),
        "{}",
        refused.text
    );
}

#[test]
fn a_list_of_a_file_that_others_share_is_deployed_without_effect() {
    let mut org = hard("ineffective=CustomObject/Partner_Deal__c.description");
    let field = "<fields><fullName>Wind__c</fullName><label>Wind</label><length>9</length><type>Text</type></fields>";
    org.deploy(&[
        (
            "package.xml",
            &manifest(&[("CustomObject", "Partner_Deal__c")]),
        ),
        (
            "objects/Partner_Deal__c.object",
            &component(
                "CustomObject",
                &format!("<description>Deals</description>{field}"),
            ),
        ),
    ])
    .succeeded();
    let read = org.read("CustomObject", "Partner_Deal__c");
    assert!(
        read.contains("Wind__c") && !read.contains(">Deals<"),
        "{read}"
    );
}

#[test]
fn a_sparse_object_keeps_its_settings_or_loses_them() {
    let deploy = |org: &mut Org, inside: &str| {
        org.deploy(&[
            (
                "package.xml",
                &manifest(&[("CustomObject", "Partner_Deal__c")]),
            ),
            (
                "objects/Partner_Deal__c.object",
                &component("CustomObject", inside),
            ),
        ])
        .succeeded();
    };
    let whole = "<description>Deals</description><enableHistory>true</enableHistory><enableReports>true</enableReports><enableSharing>true</enableSharing>";
    for (switches, kept) in [
        ("sparse-objects=keep", true),
        ("sparse-objects=reset", false),
    ] {
        let mut org = hard(switches);
        deploy(&mut org, whole);
        deploy(
            &mut org,
            "<enableReports>true</enableReports><label>Partner Deal</label>",
        );
        let read = org.read("CustomObject", "Partner_Deal__c");
        assert!(
            read.contains(&format!("<enableHistory>{kept}</enableHistory>")),
            "{read}"
        );
        assert_eq!(read.contains("<description>Deals</description>"), kept);
        assert!(read.contains("<enableReports>true</enableReports>"));
        assert!(read.contains("<enableSharing>true</enableSharing>"));
        assert!(read.contains("<sharingModel>Private</sharingModel>"));
    }
}

#[test]
fn an_org_without_external_defaults_neither_shows_nor_takes_one() {
    let mut org = Org::new();
    let off = Platform::parse("external-defaults=off").expect("a switch");
    org.world.org.lay_platform(&off);
    assert!(
        !org.read("CustomObject", "Lead")
            .contains("externalSharingModel")
    );
    private(&mut org, "Lead")
        .failed(&["externalSharingModel: Not available for deploy for this organization"]);
    let on = Platform::parse("external-defaults=on").expect("a switch");
    org.world.org.lay_platform(&on);
    private(&mut org, "Lead").succeeded();
    assert!(
        org.read("CustomObject", "Lead")
            .contains("<externalSharingModel>Private<")
    );
}
