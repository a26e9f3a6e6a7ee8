//! An org whose administrator's profile has an entry of every list, and what it refuses.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Org, Run, finish};

/// How a run should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Applied and proved without the entry.
    LeftOut,
    /// Applied and proved, a little later.
    Waited,
    /// Ended with the org's words.
    Final,
    /// Ended for want of a right.
    Rights,
}

impl Expected {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LeftOut => "left out",
            Self::Waited => "waited for",
            Self::Final => "final",
            Self::Rights => "a right is missing",
        }
    }
}

/// What an org says, and to what.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) problem: String,
    body: Value,
}

impl Refusal {
    pub(super) fn of(kind: &str, problem: String) -> Self {
        let body = json!({"type": kind, "problem": problem});
        Self { problem, body }
    }

    pub(super) fn of_deploy(code: &str, problem: String) -> Self {
        let body = json!({"code": code, "problem": problem});
        Self { problem, body }
    }

    pub(super) fn of_record(object: &str, code: &str, problem: String) -> Self {
        let body = json!({"type": object, "code": code, "problem": problem});
        Self { problem, body }
    }

    pub(super) fn holding(mut self, texts: &[&str]) -> Self {
        self.body["holds"] = json!(texts);
        self
    }

    pub(super) fn twice(mut self) -> Self {
        self.body["times"] = json!(2);
        self
    }
}

/// Words as [`Run::words`] has them.
pub(super) fn squeezed(text: &str) -> String {
    crate::support::words(text)
}

const NAMESPACE: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

const MANIFEST: &str = "\
apiVersion: orgwright/v1
kind: IntegrationUser
metadata: {name: refused}
spec:
  fields:
    - {object: Lead, name: Moored__c, label: Moored, type: Checkbox, default: false}
  profile:
    name: HubSpot
    cloneFrom: System Administrator
    withoutDataAdministration: [Lead]
  role: {name: HubSpot, label: HubSpot}
  user:
    username: hubspot@harbour.example
    email: ops@harbour.example
    firstName: Hub
    lastName: Spot
  permissionSets: [Deckhand]
  sharing:
    - object: Lead
      organizationWideDefault: Private
      rules:
        - name: Moored
          label: Moored
          access: ReadWrite
          criteria: [{field: Company, operator: equals, value: Harbour}]
";

const LISTS: &str = "\
<applicationVisibilities><application>Harbour</application><default>true</default><visible>true</visible></applicationVisibilities>
<applicationVisibilities><application>Quay</application><default>false</default><visible>true</visible></applicationVisibilities>
<categoryGroupVisibilities><dataCategoryGroup>Knots</dataCategoryGroup><visibility>ALL</visibility></categoryGroupVisibilities>
<classAccesses><apexClass>TideTable</apexClass><enabled>true</enabled></classAccesses>
<custom>false</custom>
<customMetadataTypeAccesses><enabled>true</enabled><name>Berth__mdt</name></customMetadataTypeAccesses>
<customPermissions><enabled>true</enabled><name>Board</name></customPermissions>
<externalDataSourceAccesses><enabled>true</enabled><externalDataSource>Ledger</externalDataSource></externalDataSourceAccesses>
<fieldPermissions><editable>true</editable><field>Campaign.EndDate</field><readable>true</readable></fieldPermissions>
<fieldPermissions><editable>true</editable><field>Lead.Industry</field><readable>true</readable></fieldPermissions>
<flowAccesses><enabled>true</enabled><flow>Mooring</flow></flowAccesses>
<layoutAssignments><layout>Campaign-Regatta Layout</layout></layoutAssignments>
<objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete><allowEdit>true</allowEdit><allowRead>true</allowRead><modifyAllRecords>true</modifyAllRecords><object>Campaign</object><viewAllRecords>true</viewAllRecords></objectPermissions>
<objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete><allowEdit>true</allowEdit><allowRead>true</allowRead><modifyAllRecords>true</modifyAllRecords><object>Lead</object><viewAllRecords>true</viewAllRecords></objectPermissions>
<pageAccesses><apexPage>Tides</apexPage><enabled>true</enabled></pageAccesses>
<recordTypeVisibilities><default>true</default><recordType>Campaign.Regatta</recordType><visible>true</visible></recordTypeVisibilities>
<recordTypeVisibilities><default>false</default><recordType>Campaign.Race</recordType><visible>true</visible></recordTypeVisibilities>
<tabVisibilities><tab>standard-Campaign</tab><visibility>DefaultOn</visibility></tabVisibilities>
<userLicense>Salesforce</userLicense>
";

const PERMISSIONS: [&str; 8] = [
    "ApiEnabled",
    "EditTask",
    "ImportLeads",
    "ManageUsers",
    "ModifyAllData",
    "RunReports",
    "ViewAllData",
    "ViewSetup",
];

/// An org, and a folder with the manifest.
pub(super) struct Stage {
    folder: TempDir,
    org: Org,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with("", &[])
    }

    /// The same with more entries in the administrator's profile, as XML, and with these switches.
    pub(super) fn with(more: &str, switches: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seed = folder.path().join("seed");
        let permissions = PERMISSIONS.map(|name| {
            format!("<userPermissions><enabled>true</enabled><name>{name}</name></userPermissions>")
        });
        let admin = format!(
            "<Profile {NAMESPACE}>{LISTS}{}{more}</Profile>",
            permissions.concat()
        );
        write(&seed.join("profiles/Admin.profile-meta.xml"), &admin);
        let set = format!("<PermissionSet {NAMESPACE}><label>Deckhand</label></PermissionSet>");
        write(
            &seed.join("permissionsets/Deckhand.permissionset-meta.xml"),
            &set,
        );
        write(
            &seed.join("Lead.csv"),
            "LastName,Company\nAlder,Harbour\nBirch,Harbour\nCedar,Inland\n",
        );
        write(&folder.path().join("m.yaml"), MANIFEST);
        let seed = seed.to_string_lossy();
        let switches = switches.iter().flat_map(|switch| ["--platform", switch]);
        let arguments: Vec<&str> = ["--seed", &seed].into_iter().chain(switches).collect();
        let org = Org::start(folder.path(), &arguments);
        Self { folder, org }
    }

    pub(super) fn refuse(&self, refusals: &[Refusal]) {
        let bodies = refusals.iter().map(|refusal| &refusal.body);
        let body = Value::from_iter(bodies.cloned()).to_string();
        let headers = "Content-Type: application/json\r\n";
        let (status, answer) = self.org.send("PUT", "/emulator/refusals", headers, &body);
        assert_eq!(status, 200, "{answer}");
    }

    /// How many of its refusals the org has said.
    pub(super) fn refusals_said(&self) -> usize {
        let (_, answer) = self.org.send("GET", "/emulator/refusals", "", "");
        let refusals: Vec<Value> = serde_json::from_str(&answer).unwrap();
        refusals
            .iter()
            .filter(|refusal| refusal["said"] != 0)
            .count()
    }

    pub(super) fn apply(&self) -> Run {
        self.run(&["apply", "--yes"])
    }

    pub(super) fn run(&self, verb: &[&str]) -> Run {
        let words: Vec<&str> = verb.iter().copied().chain(["m.yaml"]).collect();
        finish(&mut self.org.program(self.folder.path(), &words))
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
