//! What happens to a clone in an org: what falls link by link, what the org refuses, what its source gains later.

use orgwright::change::{Action, Component};
use orgwright::code::Code;
use orgwright::diagnostic::{Diagnostic, Exit};
use orgwright::org::{DeployOptions, Writer};
use orgwright::plan::Plan;
use orgwright::xml::Element;
use orgwright::{observe, package, plan};
use serde_json::json;

use super::org::{File, Org, manifest, manifest_of};
use super::profile::Profile;
use super::{sample, text};

/// An account's visits, and the lines of a visit: each sees all only where its master does.
fn child(name: &str, master: &str) -> String {
    format!(
        "<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
         <deploymentStatus>Deployed</deploymentStatus><fields><fullName>Master__c</fullName><label>Master</label>\
         <referenceTo>{master}</referenceTo><relationshipLabel>{name}s</relationshipLabel>\
         <relationshipName>{name}s</relationshipName><relationshipOrder>0</relationshipOrder>\
         <type>MasterDetail</type></fields><label>{name}</label>\
         <nameField><label>Name</label><type>Text</type></nameField><pluralLabel>{name}s</pluralLabel>\
         <sharingModel>ControlledByParent</sharingModel></CustomObject>"
    )
}

const ACCOUNTS: &str = "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata:\n  name: accounts\nspec:\n  profile:\n\
    \x20   name: HubSpot Copy\n    cloneFrom: System Administrator\n    withoutDataAdministration: [Account]\n";

/// An org whose accounts have visits with lines.
async fn org_with_visits(faults: &str) -> Org {
    let administrator = text(&sample());
    let (visit, line) = (child("Visit", "Account"), child("Line", "Visit__c"));
    let files = [
        File::new("Admin.profile-meta.xml", &administrator),
        File::new("Visit__c.object", &visit),
        File::new("Line__c.object", &line),
    ];
    Org::start(&files, faults).await
}

/// The faults of an org that tells nothing of what requires what.
fn silence() -> String {
    let refusal = r#"[{"errorCode": "INVALID_TYPE", "message": "no dependencies here"}]"#;
    let faults = json!([
        {"path": "/composite", "body": "tooling/query", "status": 400, "answer": refusal},
        {"path": "/tooling/query", "status": 400, "answer": refusal}
    ]);
    faults.to_string()
}

fn reason(plan: &Plan, path: &str) -> Option<String> {
    let mut fields = plan.changes.iter().flat_map(|change| &change.fields);
    fields.find(|field| field.path == path)?.reason.clone()
}

fn codes(findings: &[orgwright::diagnostic::Diagnostic]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.text()).collect()
}

#[tokio::test]
async fn what_falls_with_what_falls_goes_before_the_org_refuses_it() {
    let org = org_with_visits("[]").await;
    let manifests = manifest_of(ACCOUNTS);
    let facts = observe::observe(&manifests, &org.reader).await.unwrap();
    let planned = plan::plan(&manifests, &facts).unwrap();
    assert_eq!(
        reason(&planned, "objectPermissions.Line__c").as_deref(),
        Some("its View All requires View All on Visit__c, which requires View All on Account")
    );
    let applied = org.apply(&manifests).await;
    assert!(applied.failure.is_none(), "{:?}", applied.failure);
    let found = applied.verification.unwrap().findings;
    assert!(!codes(&found).contains(&"OW2024"), "{found:?}");
    org.stop().await;
}

#[tokio::test]
async fn what_the_org_refuses_and_nobody_stated_is_dropped_with_a_remark() {
    let org = org_with_visits(&silence()).await;
    let manifests = manifest_of(ACCOUNTS);
    let applied = org.apply(&manifests).await;
    assert!(applied.failure.is_none(), "{:?}", applied.failure);
    let found = applied.verification.unwrap().findings;
    let remarks = found
        .iter()
        .filter(|finding| finding.code == Code::EntryLeftOut);
    let left_out = applied.left_out;
    assert!(
        left_out
            .iter()
            .any(|dropped| dropped.entry.contains("Line__c")),
        "{left_out:?}"
    );
    for (remark, dropped) in remarks.zip(&left_out) {
        assert!(remark.message.contains(&dropped.entry), "{remark:?}");
        assert_eq!(dropped.address.to_string(), "profile/HubSpot Copy");
        assert!(dropped.problem.contains("depends on"), "{dropped:?}");
    }
    let clone = Profile::read(&org.profile("HubSpot Copy").await);
    let open = clone.entries("objectPermissions", "object", "viewAllRecords");
    assert!(
        open.contains("Lead") && !open.contains("Line__c"),
        "{open:?}"
    );
    org.stop().await;
}

/// An org that tells nothing of what requires what, and where each object of a chain sees all only where its master does.
async fn org_with_a_chain(length: usize) -> Org {
    let names: Vec<String> = (1..=length).map(|number| format!("L{number}__c")).collect();
    let masters = std::iter::once("Account").chain(names.iter().map(String::as_str));
    let chain: Vec<String> = names
        .iter()
        .zip(masters)
        .map(|(name, master)| child(name.trim_end_matches("__c"), master))
        .collect();
    let administrator = text(&sample());
    let mut files = vec![File::new("Admin.profile-meta.xml", &administrator)];
    let objects = names.iter().zip(&chain);
    files.extend(objects.map(|(name, text)| File::new(&format!("{name}.object"), text)));
    Org::start(&files, &silence()).await
}

/// What a run that the org refuses says, and nothing is made of the clone.
async fn refusals(org: &Org, manifest: &str) -> Vec<Diagnostic> {
    let applied = org.apply(&manifest_of(manifest)).await;
    let names = ["HubSpot Copy".to_owned()];
    let found = org.reader.read_metadata("Profile", &names).await.unwrap();
    assert!(found[0].is_none());
    let failure = applied.failure.unwrap();
    assert_eq!(failure.exit, Exit::Manifest);
    failure.diagnostics
}

#[tokio::test]
async fn each_round_may_show_another_refusal() {
    let org = org_with_a_chain(12).await;
    let applied = org.apply(&manifest_of(ACCOUNTS)).await;
    assert!(applied.failure.is_none(), "{:?}", applied.failure);
    let left_out: Vec<&str> = applied
        .left_out
        .iter()
        .map(|dropped| dropped.entry.as_str())
        .collect();
    let expected: Vec<String> = (1..=12)
        .map(|number| format!("Read All L{number}__c"))
        .collect();
    assert_eq!(left_out, expected);
    org.stop().await;
}

#[tokio::test]
async fn what_is_stated_is_never_dropped() {
    let org = org_with_a_chain(2).await;
    for rights in [
        "[read, create, edit, delete, viewAll, modifyAll]",
        "[read, viewAll]",
    ] {
        let stated = format!("{ACCOUNTS}    objectPermissions:\n      L1__c: {rights}\n");
        let told = refusals(&org, &stated).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            told[0].message,
            "the org refused profile/HubSpot Copy: Permission Read All L1__c depends on permission(s): Read All Account"
        );
        let help = told[0].help.as_deref().unwrap();
        assert!(
            help.starts_with("what the manifest states is never left out"),
            "{help}"
        );
        let line = stated
            .lines()
            .position(|line| line.contains("L1__c"))
            .unwrap()
            + 1;
        assert_eq!(told[0].place.as_ref().unwrap().line, line);
    }
    org.stop().await;
}

/// A custom administrator: the platform lets nobody change the standard one's permissions.
fn release_administrator() -> String {
    let newer = "<userPermissions><enabled>false</enabled><name>ApprovalAdmin</name></userPermissions></Profile>";
    let text = text(&sample()).replace("<custom>false</custom>", "<custom>true</custom>");
    text.replace("</Profile>", newer)
}

/// Grants a permission to the source, as a release of the platform does.
async fn grant(org: &Org, permission: &str) {
    let entry = Element::new("userPermissions")
        .with(Element::leaf("enabled", "true"))
        .with(Element::leaf("name", permission));
    let component = Component::new(
        "Profile",
        "Release Admin",
        Element::new("Profile").with(entry),
    );
    let files = package::files(&[component], "66.0").unwrap();
    let writer = Writer::new(org.reader.clone());
    let zip = package::zip(&files).unwrap();
    let id = writer.deploy(zip, DeployOptions::default()).await.unwrap();
    let status = org.reader.deploy_status(&id).await.unwrap();
    assert!(status.done && status.success, "{:?}", status.failures);
}

async fn planned(org: &Org, settings: &[String]) -> Plan {
    let manifests = manifest(settings);
    let facts = observe::observe(&manifests, &org.reader).await.unwrap();
    plan::plan(&manifests, &facts).unwrap()
}

#[tokio::test]
async fn what_the_source_gains_is_a_finding_and_with_follow_a_change() {
    let administrator = release_administrator();
    let files = [File::new("Release Admin.profile-meta.xml", &administrator)];
    let org = Org::start(&files, "[]").await;
    let cloning = "spec.profile.cloneFrom=Release Admin".to_owned();
    let following = [cloning.clone(), "spec.profile.follow=source".to_owned()];
    let applied = org.apply(&manifest(std::slice::from_ref(&cloning))).await;
    assert!(applied.failure.is_none(), "{:?}", applied.failure);
    grant(&org, "ApprovalAdmin").await;

    let silent = planned(&org, &[cloning]).await;
    assert!(silent.is_empty(), "{:?}", silent.changes);
    let behind = silent
        .findings
        .iter()
        .find(|finding| finding.code == Code::CloneFallsBehind);
    let behind = behind.expect("the finding");
    let help = behind.help.clone().unwrap_or_default();
    assert!(help.contains("ApprovalAdmin"), "{help}");
    assert_eq!(behind.names, ["ApprovalAdmin"]);

    let change = planned(&org, &following).await;
    let fields: Vec<_> = change
        .changes
        .iter()
        .flat_map(|change| {
            change
                .fields
                .iter()
                .map(move |field| (change.action, field.path.as_str()))
        })
        .collect();
    assert_eq!(fields, [(Action::Update, "userPermissions.ApprovalAdmin")]);
    let applied = org.apply(&manifest(&following)).await;
    assert!(applied.failure.is_none(), "{:?}", applied.failure);
    let clone = Profile::read(&org.profile("HubSpot Copy").await);
    assert!(clone.permissions().contains("ApprovalAdmin"));
    assert!(!clone.permissions().contains("ModifyAllData"));
    assert!(planned(&org, &following).await.is_empty());
    org.stop().await;
}
