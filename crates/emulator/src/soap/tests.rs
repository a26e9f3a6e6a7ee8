//! The Metadata API from request to answer, over the demo org.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

mod platform;

use super::metadata;
use crate::http::{Request, Response};
use crate::jobs;
use crate::seed;
use crate::store::{Millis, SharingModel};
use crate::world::{Clock, World};
use crate::xml::{self, child, child_text};

const XMLNS: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

/// The demo org with helpers to speak to it.
struct Org {
    world: World,
    answers: Vec<String>,
}

impl Org {
    fn new() -> Self {
        Self {
            world: World::new(seed::demo()),
            answers: Vec::new(),
        }
    }

    fn with_times(deploy: u64, recalculation: u64) -> Self {
        let mut org = Self::new();
        org.world.clock = Clock::Manual;
        org.world.org.manual_time = Some(1_790_000_000_000);
        org.world.deploy_time = Duration::from_secs(deploy);
        org.world.recalculation = Duration::from_secs(recalculation);
        org
    }

    fn wait(&mut self, seconds: i64) {
        let now = self.world.now();
        self.world.org.manual_time = Some(now + seconds * 1_000);
    }

    fn call(&mut self, operation: &str) -> Response {
        jobs::settle(&mut self.world);
        let token = self.world.org.organization.access_token.clone();
        let body = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Header><SessionHeader {XMLNS}><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body>{operation}</e:Body></e:Envelope>"
        );
        let request = Request {
            path: "/services/Soap/m/66.0".into(),
            body: body.into_bytes(),
            ..Request::default()
        };
        metadata(&mut self.world, &request)
    }

    /// The body of an answer that is no fault.
    fn ask(&mut self, operation: &str) -> String {
        let response = self.call(operation);
        let body = String::from_utf8(response.body).expect("answers are UTF-8");
        assert_eq!(response.status, 200, "{body}");
        self.answers.push(body.clone());
        body
    }

    fn start(&mut self, files: &[(&str, &str)], options: &str) -> String {
        let zip = BASE64.encode(pack(files));
        let answer = self.ask(&format!(
            "<deploy {XMLNS}><ZipFile>{zip}</ZipFile><DeployOptions>{options}<singlePackage>true</singlePackage></DeployOptions></deploy>"
        ));
        between(&answer, "<id>", "</id>").to_owned()
    }

    fn status(&mut self, id: &str) -> String {
        self.ask(&format!(
            "<checkDeployStatus {XMLNS}><asyncProcessId>{id}</asyncProcessId><includeDetails>true</includeDetails></checkDeployStatus>"
        ))
    }

    fn deploy(&mut self, files: &[(&str, &str)]) -> Deployed {
        let id = self.start(files, "<rollbackOnError>true</rollbackOnError>");
        Deployed::new(&self.status(&id))
    }

    fn read(&mut self, kind: &str, name: &str) -> String {
        self.ask(&format!(
            "<readMetadata {XMLNS}><type>{kind}</type><fullNames>{name}</fullNames></readMetadata>"
        ))
    }

    fn retrieve(&mut self, types: &[(&str, &str)]) -> (String, BTreeMap<String, String>) {
        let types: String = types
            .iter()
            .map(|(kind, member)| {
                format!("<types><members>{member}</members><name>{kind}</name></types>")
            })
            .collect();
        let answer = self.ask(&format!(
            "<retrieve {XMLNS}><retrieveRequest><apiVersion>66.0</apiVersion><singlePackage>true</singlePackage><unpackaged>{types}<version>66.0</version></unpackaged></retrieveRequest></retrieve>"
        ));
        let id = between(&answer, "<id>", "</id>").to_owned();
        let answer = self.ask(&format!("<checkRetrieveStatus {XMLNS}><asyncProcessId>{id}</asyncProcessId><includeZip>true</includeZip></checkRetrieveStatus>"));
        let files = unpack(
            &BASE64
                .decode(between(&answer, "<zipFile>", "</zipFile>"))
                .expect("base64"),
        );
        (answer, files)
    }

    fn model(&self, object: &str) -> (SharingModel, SharingModel) {
        let sharing = self.world.org.objects[object].sharing;
        (sharing.requested.internal, sharing.in_force.internal)
    }
}

/// What a deploy reported.
#[derive(Debug)]
struct Deployed {
    status: String,
    problems: Vec<String>,
    successes: Vec<String>,
    text: String,
}

impl Deployed {
    fn new(answer: &str) -> Self {
        let document = xml::parse(answer).expect("well formed");
        let entries = |name: &str, leaf: &str| {
            let named = document
                .descendants()
                .filter(|node| node.tag_name().name() == name);
            named
                .filter_map(|node| child_text(node, leaf))
                .map(str::to_owned)
                .collect()
        };
        Self {
            status: between(answer, "<status>", "</status>").to_owned(),
            problems: entries("componentFailures", "problem"),
            successes: entries("componentSuccesses", "fullName"),
            text: answer.to_owned(),
        }
    }

    #[track_caller]
    fn succeeded(self) -> Self {
        assert_eq!(
            (self.status.as_str(), self.problems.as_slice()),
            ("Succeeded", &[][..]),
            "{}",
            self.text
        );
        self
    }

    #[track_caller]
    fn failed(self, problems: &[&str]) {
        assert_eq!(
            (self.status.as_str(), self.problems.as_slice()),
            (
                "Failed",
                &problems.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>()[..]
            ),
            "{}",
            self.text
        );
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let rest = text
        .split_once(start)
        .unwrap_or_else(|| panic!("{start} in {text}"))
        .1;
    rest.split_once(end)
        .unwrap_or_else(|| panic!("{end} in {rest}"))
        .0
}

fn pack(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .expect("writable");
        writer.write_all(text.as_bytes()).expect("writable");
    }
    writer.finish().expect("writable").into_inner()
}

fn unpack(zip: &[u8]) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).expect("a zip");
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).expect("an entry");
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("text");
            (entry.name().expect("a name").into_owned(), text)
        })
        .collect()
}

fn manifest(types: &[(&str, &str)]) -> String {
    let types: String = types
        .iter()
        .map(|(kind, member)| {
            format!("<types><members>{member}</members><name>{kind}</name></types>")
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package {XMLNS}>{types}<version>66.0</version></Package>"
    )
}

fn component(kind: &str, inside: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} {XMLNS}>\n{inside}</{kind}>\n")
}

fn private(org: &mut Org, object: &str) -> Deployed {
    org.deploy(&[
        ("package.xml", &manifest(&[("CustomObject", object)])),
        (
            &format!("objects/{object}.object"),
            &component("CustomObject", "<externalSharingModel>Private</externalSharingModel><sharingModel>Private</sharingModel>"),
        ),
    ])
}

fn role(org: &mut Org, inside: &str) -> Deployed {
    org.deploy(&[
        ("package.xml", &manifest(&[("Role", "HubSpot_Integration")])),
        ("roles/HubSpot_Integration.role", &component("Role", inside)),
    ])
}

const ROLE: &str = "<name>HubSpot Integration</name>";

fn rule(inside: &str) -> String {
    format!(
        "    <sharingCriteriaRules>\n        <fullName>Sync_to_HubSpot</fullName>\n        <accessLevel>Edit</accessLevel>\n        <label>Sync to HubSpot</label>\n{inside}        <includeRecordsOwnedByAll>true</includeRecordsOwnedByAll>\n    </sharingCriteriaRules>\n"
    )
}

const TARGET: &str =
    "        <sharedTo>\n            <role>HubSpot_Integration</role>\n        </sharedTo>\n";
const CRITERIA: &str = "        <criteriaItems>\n            <field>Sync_to_HubSpot__c</field>\n            <operation>equals</operation>\n            <value>true</value>\n        </criteriaItems>\n";

fn share(org: &mut Org, rules: &str) -> Deployed {
    org.deploy(&[
        ("package.xml", &manifest(&[("SharingRules", "Lead")])),
        (
            "sharingRules/Lead.sharingRules",
            &component("SharingRules", rules),
        ),
    ])
}

#[test]
fn the_selective_sync_goes_in_step_by_step() {
    let mut org = Org::new();
    role(&mut org, ROLE).succeeded();
    share(&mut org, &rule(&format!("{TARGET}{CRITERIA}"))).failed(&[
        "Sharing rules are not supported for Lead since it's org wide default is Public Read/Write/Transfer",
    ]);
    let done = private(&mut org, "Lead").succeeded();
    assert_eq!(done.successes, ["Lead", "package.xml"]);
    assert_eq!(
        org.model("Lead"),
        (SharingModel::Private, SharingModel::Private)
    );
    let done = share(&mut org, &rule(&format!("{TARGET}{CRITERIA}"))).succeeded();
    assert_eq!(
        done.successes,
        ["Lead", "Lead.Sync_to_HubSpot", "package.xml"]
    );
    assert!(
        org.world
            .org
            .rules_in_force
            .contains_key("Lead.Sync_to_HubSpot")
    );
    let read = org.read("SharingRules", "Lead");
    assert!(
        read.contains("<operation>equals</operation><value>True</value>"),
        "{read}"
    );
    assert!(
        between(&read, "<records ", "</records>")
            .starts_with("xsi:type=\"SharingRules\"><fullName>Lead</fullName>")
    );
}

#[test]
fn a_rule_reports_every_problem_with_its_place() {
    let mut org = Org::new();
    private(&mut org, "Lead").succeeded();
    let nowhere =
        "        <sharedTo>\n            <role>CEO_of_Nothing</role>\n        </sharedTo>\n";
    let missing = CRITERIA.replace("Sync_to_HubSpot__c", "Absent__c");
    let done = share(&mut org, &rule(&format!("{nowhere}{missing}")));
    let line = "sharedTo not allowed:role - CEO_of_Nothing (8:19)";
    assert!(
        done.text.contains("<lineNumber>8</lineNumber>")
            && done.text.contains("<columnNumber>19</columnNumber>"),
        "{}",
        done.text
    );
    done.failed(&[
        line,
        "In field: field - no CustomField named Lead.Absent__c found",
    ]);
}

#[test]
fn rules_cannot_be_changed_in_everything() {
    let mut org = Org::new();
    role(&mut org, ROLE).succeeded();
    private(&mut org, "Lead").succeeded();
    let good = rule(&format!("{TARGET}{CRITERIA}"));
    share(&mut org, &good).succeeded();
    let other = good.replace(
        "<includeRecordsOwnedByAll>true",
        "<includeRecordsOwnedByAll>false",
    );
    share(&mut org, &other).failed(&[
        "field integrity exception: unknown (includeRecordsOwnedByAll cannot be changed after the sharing rule is created)",
    ]);
    let unchanged = share(&mut org, &good).succeeded();
    assert!(
        unchanged.text.contains("<changed>false</changed>"),
        "{}",
        unchanged.text
    );
    share(&mut org, &component("x", "").replace(|_: char| true, ""))
        .failed(&["Required field is missing: sharingCriteriaRules"]);
}

#[test]
fn role_levels_heed_the_default_in_force() {
    let mut org = Org::new();
    let narrow = format!("<caseAccessLevel>None</caseAccessLevel>{ROLE}");
    role(&mut org, &narrow).failed(&[
        "field integrity exception: unknown (Case access level below organization default)",
    ]);
    private(&mut org, "Case").succeeded();
    role(&mut org, &narrow).succeeded();
    let read = org.read("Role", "HubSpot_Integration");
    assert!(
        read.contains(
            "<caseAccessLevel>None</caseAccessLevel><contactAccessLevel>Edit</contactAccessLevel>"
        ),
        "{read}"
    );
    assert!(!read.contains("parentRole"), "{read}");
}

#[test]
fn narrowing_waits_for_the_recalculation_and_locks() {
    let mut org = Org::with_times(0, 30);
    role(&mut org, ROLE).succeeded();
    private(&mut org, "Lead").succeeded();
    assert_eq!(
        org.model("Lead"),
        (SharingModel::Private, SharingModel::ReadWriteTransfer)
    );
    let lock = crate::sharing::LOCKED;
    private(&mut org, "Case").failed(&[lock]);
    share(&mut org, &rule(&format!("{TARGET}{CRITERIA}"))).failed(&[lock]);
    private(&mut org, "Lead").succeeded();
    org.wait(31);
    jobs::settle(&mut org.world);
    assert_eq!(
        org.model("Lead"),
        (SharingModel::Private, SharingModel::Private)
    );
    private(&mut org, "Case").succeeded();
}

#[test]
fn models_and_rules_in_one_deploy_leave_the_model() {
    let mut org = Org::new();
    role(&mut org, ROLE).succeeded();
    org.world.org.organization.silent_sharing_no_op = true;
    let before = org.model("Lead");
    org.deploy(&[
        ("package.xml", &manifest(&[("CustomObject", "Lead"), ("SharingRules", "Lead")])),
        ("objects/Lead.object", &component("CustomObject", "<externalSharingModel>Private</externalSharingModel><sharingModel>Private</sharingModel>")),
        ("sharingRules/Lead.sharingRules", &component("SharingRules", &rule(&format!("{TARGET}{CRITERIA}")))),
    ])
    .succeeded();
    assert_eq!(org.model("Lead"), before);
}

#[test]
fn coupled_defaults_must_fit() {
    let mut org = Org::new();
    let done = private(&mut org, "Account");
    assert_eq!(done.status, "Failed");
    assert!(
        done.problems[0].ends_with("when Account sharing model is Private"),
        "{done:?}"
    );
    let text = component(
        "CustomObject",
        "<sharingModel>ControlledByParent</sharingModel>",
    );
    org.deploy(&[
        ("package.xml", &manifest(&[("CustomObject", "Opportunity")])),
        ("objects/Opportunity.object", &text),
    ])
    .failed(&["ControlledByParent is not a valid sharing model for Opportunity"]);
    let both = component(
        "CustomObject",
        "<externalSharingModel>Private</externalSharingModel><sharingModel>Private</sharingModel>",
    );
    org.deploy(&[
        (
            "package.xml",
            &manifest(&[
                ("CustomObject", "Account"),
                ("CustomObject", "Opportunity"),
                ("CustomObject", "Case"),
            ]),
        ),
        ("objects/Account.object", &both),
        ("objects/Opportunity.object", &both),
        ("objects/Case.object", &both),
    ])
    .succeeded();
}

#[test]
fn a_new_field_is_seen_by_those_the_deploy_names() {
    let mut org = Org::new();
    let field = "<fields><fullName>Marketing_Sync__c</fullName><defaultValue>false</defaultValue><label>Marketing Sync</label><type>Checkbox</type></fields>";
    let profile = "<fieldPermissions><editable>true</editable><field>Lead.Marketing_Sync__c</field><readable>true</readable></fieldPermissions>";
    let done = org
        .deploy(&[
            (
                "package.xml",
                &manifest(&[
                    ("CustomField", "Lead.Marketing_Sync__c"),
                    ("Profile", "Admin"),
                ]),
            ),
            ("objects/Lead.object", &component("CustomObject", field)),
            ("profiles/Admin.profile", &component("Profile", profile)),
        ])
        .succeeded();
    assert_eq!(
        done.successes,
        ["Lead.Marketing_Sync__c", "Admin", "package.xml"]
    );
    let granting = |org: &Org| {
        let containers = org.world.org.containers.values();
        containers
            .filter(|container| {
                container
                    .field_permissions
                    .contains_key("Lead.Marketing_Sync__c")
            })
            .count()
    };
    assert_eq!(granting(&org), 1);
    let (_, files) = org.retrieve(&[
        ("CustomField", "Lead.Marketing_Sync__c"),
        ("Profile", "Admin"),
    ]);
    assert!(
        files["profiles/Admin.profile"]
            .matches("<fieldPermissions>")
            .count()
            == 1,
        "{}",
        files["profiles/Admin.profile"]
    );
    assert!(
        files["objects/Lead.object"].contains("<trackHistory>false</trackHistory>"),
        "{}",
        files["objects/Lead.object"]
    );
}

fn clone_profile(org: &mut Org, without: &[&str]) -> String {
    let read = org.read("Profile", "Admin");
    let document = xml::parse(&read).expect("well formed");
    let record = document
        .descendants()
        .find(|node| node.tag_name().name() == "records")
        .expect("a record");
    xml::file("Profile", |writer| {
        for element in
            xml::elements(record).filter(|element| element.tag_name().name() != "fullName")
        {
            let name = child_text(element, "name").unwrap_or_default();
            match element.tag_name().name() {
                "custom" => writer.flag("custom", true),
                "userPermissions" if without.contains(&name) => {
                    writer.within("userPermissions", |writer| {
                        writer.flag("enabled", false);
                        writer.leaf("name", name);
                    })
                }
                "objectPermissions" if child_text(element, "object") == Some("Lead") => {
                    writer.raw("<objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete><allowEdit>true</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>Lead</object><viewAllRecords>false</viewAllRecords></objectPermissions>");
                }
                "fieldPermissions" if child(element, "readable").is_none() => {}
                _ => writer.copy(element),
            }
        }
    })
}

fn deploy_clone(org: &mut Org, profile: &str) -> Deployed {
    org.deploy(&[
        (
            "package.xml",
            &manifest(&[("Profile", "HubSpot Integration")]),
        ),
        ("profiles/HubSpot Integration.profile", profile),
    ])
}

const FIVE: [&str; 6] = [
    "ModifyAllData",
    "ViewAllData",
    "InstallPackaging",
    "CreatePackaging",
    "PublishPackaging",
    "QueryAllFiles",
];

#[test]
fn a_clone_of_the_administrator_loses_all_data_only_with_what_depends_on_it() {
    let mut org = Org::new();
    let partly = clone_profile(&mut org, &["ModifyAllData", "ViewAllData"]);
    let done = deploy_clone(&mut org, &partly);
    assert!(
        done.problems[0]
            .contains("Permission InstallPackaging depends on permission(s): ModifyAllData"),
        "{done:?}"
    );
    let whole = clone_profile(&mut org, &FIVE);
    deploy_clone(&mut org, &whole).succeeded();
    let profile = org
        .world
        .org
        .profile_by_full_name("HubSpot Integration")
        .expect("created")
        .clone();
    let lead = org.world.org.containers[&profile.container].object_permissions["Lead"];
    assert!(lead.edit && !lead.view_all && !lead.modify_all, "{lead:?}");
    let unchanged = deploy_clone(&mut org, &whole).succeeded();
    assert!(
        unchanged
            .text
            .contains("<changed>false</changed><componentType>Profile</componentType>"),
        "{}",
        unchanged.text
    );
}

#[test]
fn what_view_all_data_forces_cannot_be_taken_away() {
    let mut org = Org::new();
    let kept = clone_profile(&mut org, &[]);
    deploy_clone(&mut org, &kept).succeeded();
    let read = org.read("Profile", "HubSpot Integration");
    let lead = read
        .split("<objectPermissions>")
        .find(|entry| entry.contains("<object>Lead</object>"))
        .expect("a row");
    assert!(
        lead.contains("<viewAllRecords>true</viewAllRecords>"),
        "{lead}"
    );
}

#[test]
fn profiles_are_laid_over_and_permission_sets_replaced() {
    let mut org = Org::new();
    let profile = "<custom>true</custom><userLicense>Salesforce</userLicense><userPermissions><enabled>true</enabled><name>RunReports</name></userPermissions>";
    deploy_clone(&mut org, &component("Profile", profile)).succeeded();
    let more = "<userPermissions><enabled>true</enabled><name>EditTask</name></userPermissions>";
    deploy_clone(&mut org, &component("Profile", more)).succeeded();
    let read = org.read("Profile", "HubSpot Integration");
    assert!(
        read.contains("<name>RunReports</name>") && read.contains("<name>EditTask</name>"),
        "{read}"
    );
    let set = |org: &mut Org, permission: &str| {
        let text = component(
            "PermissionSet",
            &format!(
                "<label>A</label><userPermissions><enabled>true</enabled><name>{permission}</name></userPermissions>"
            ),
        );
        org.deploy(&[
            ("package.xml", &manifest(&[("PermissionSet", "A")])),
            ("permissionsets/A.permissionset", &text),
        ])
        .succeeded();
    };
    set(&mut org, "RunReports");
    set(&mut org, "EditTask");
    let read = org.read("PermissionSet", "A");
    assert!(
        !read.contains("RunReports") && read.contains("EditTask"),
        "{read}"
    );
}

#[test]
fn every_mistake_in_a_profile_is_reported() {
    let mut org = Org::new();
    let profile = "<custom>true</custom>\
<fieldPermissions><editable>true</editable><field>Lead.Absent__c</field><readable>true</readable></fieldPermissions>\
<fieldPermissions><editable>true</editable><field>Lead.LastName</field><readable>true</readable></fieldPermissions>\
<objectPermissions><allowRead>true</allowRead><object>Absent__c</object></objectPermissions>\
<userPermissions><enabled>true</enabled><name>FlyToTheMoon</name></userPermissions>";
    deploy_clone(&mut org, &component("Profile", profile)).failed(&[
        "Unknown user permission: FlyToTheMoon",
        "In field: field - no CustomObject named Absent__c found",
        "In field: field - no CustomField named Lead.Absent__c found",
        "You cannot deploy to a required field: Lead.LastName",
    ]);
}

#[test]
fn a_failure_takes_everything_back() {
    let mut org = Org::new();
    let before = org.world.org.clone();
    let done = org.deploy(&[
        ("package.xml", &manifest(&[("Role", "A"), ("Role", "B")])),
        ("roles/A.role", &component("Role", "<name>A</name>")),
        (
            "roles/B.role",
            &component("Role", "<name>B</name><parentRole>Absent</parentRole>"),
        ),
    ]);
    assert_eq!(done.successes, ["A", "package.xml"]);
    assert!(done.text.contains("<numberComponentErrors>1</numberComponentErrors><numberComponentsDeployed>1</numberComponentsDeployed><numberComponentsTotal>2</numberComponentsTotal>"), "{}", done.text);
    done.failed(&["In field: parentRole - no Role named Absent found"]);
    assert_eq!(org.world.org.roles, before.roles);
}

#[test]
fn manifests_and_files_must_agree() {
    let mut org = Org::new();
    let role = component("Role", "<name>A</name>");
    org.deploy(&[("roles/A.role", &role)])
        .failed(&["No package.xml found"]);
    org.deploy(&[("package.xml", &manifest(&[("Role", "A"), ("Role", "B")])), ("roles/A.role", &role)]).failed(&[
        "An object 'B' of type Role was named in package.xml, but was not found in zipped directory",
    ]);
    org.deploy(&[("package.xml", &manifest(&[])), ("roles/A.role", &role)]).failed(&[
        "An object 'A' of type Role was found in the zipped directory, but was not named in package.xml",
    ]);
    org.deploy(&[("package.xml", &manifest(&[("Nonsense", "A")]))])
        .failed(&["Unknown type name 'Nonsense' specified in package.xml"]);
}

#[test]
fn destroying_what_is_not_there_is_a_warning() {
    let mut org = Org::new();
    let destroy = manifest(&[("SharingCriteriaRule", "Lead.Absent")]);
    let files = [
        ("package.xml", manifest(&[])),
        ("destructiveChanges.xml", destroy),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    org.deploy(&files)
        .failed(&["No SharingCriteriaRule named: Lead.Absent found"]);
    let id = org.start(
        &files,
        "<ignoreWarnings>true</ignoreWarnings><rollbackOnError>true</rollbackOnError>",
    );
    let done = Deployed::new(&org.status(&id));
    assert_eq!(done.status, "Succeeded");
    assert!(
        done.text
            .contains("<problemType>Warning</problemType><success>true</success>"),
        "{}",
        done.text
    );
}

#[test]
fn what_is_in_use_is_not_destroyed() {
    let mut org = Org::new();
    role(&mut org, ROLE).succeeded();
    private(&mut org, "Lead").succeeded();
    share(&mut org, &rule(&format!("{TARGET}{CRITERIA}"))).succeeded();
    let destroy = |org: &mut Org, kind: &str, name: &str| {
        let (package, destroy) = (manifest(&[]), manifest(&[(kind, name)]));
        org.deploy(&[
            ("package.xml", &package),
            ("destructiveChangesPost.xml", &destroy),
        ])
    };
    let refused =
        |done: Deployed, start: &str| assert!(done.problems[0].starts_with(start), "{done:?}");
    refused(
        destroy(&mut org, "CustomField", "Lead.Sync_to_HubSpot__c"),
        "This custom field is referenced elsewhere in salesforce.com",
    );
    refused(
        destroy(&mut org, "Role", "HubSpot_Integration"),
        "Your attempt to delete this role",
    );
    refused(
        destroy(&mut org, "Profile", "Admin"),
        "Cannot delete standard profile",
    );
    let gone = destroy(&mut org, "SharingCriteriaRule", "Lead.Sync_to_HubSpot").succeeded();
    assert!(
        gone.text.contains("<deleted>true</deleted>"),
        "{}",
        gone.text
    );
    assert!(
        !org.world
            .org
            .rules_in_force
            .contains_key("Lead.Sync_to_HubSpot")
    );
    destroy(&mut org, "Role", "HubSpot_Integration").succeeded();
    destroy(&mut org, "CustomField", "Lead.Sync_to_HubSpot__c").succeeded();
    let left = org
        .world
        .org
        .rows("Lead")
        .any(|(_, row)| row.contains_key("Sync_to_HubSpot__c"));
    assert!(!left, "the values of a deleted field go with it");
}

#[test]
fn a_custom_object_comes_with_its_default_in_force() {
    let mut org = Org::new();
    let object = "<deploymentStatus>Deployed</deploymentStatus><fields><fullName>Ticked__c</fullName><defaultValue>false</defaultValue><label>Ticked</label><type>Checkbox</type></fields><label>Thing</label><nameField><label>Thing Name</label><type>Text</type></nameField><pluralLabel>Things</pluralLabel><sharingModel>Private</sharingModel>";
    let done = org
        .deploy(&[
            ("package.xml", &manifest(&[("CustomObject", "Thing__c")])),
            (
                "objects/Thing__c.object",
                &component("CustomObject", object),
            ),
        ])
        .succeeded();
    assert_eq!(
        done.successes,
        ["Thing__c", "Thing__c.Ticked__c", "package.xml"]
    );
    assert_eq!(
        org.model("Thing__c"),
        (SharingModel::Private, SharingModel::Private)
    );
    let read = org.read("CustomObject", "Thing__c");
    assert!(
        read.contains("<fullName>Ticked__c</fullName><defaultValue>false</defaultValue>"),
        "{read}"
    );
}

#[test]
fn what_is_retrieved_can_be_deployed_and_changes_nothing() {
    let mut org = Org::new();
    role(&mut org, ROLE).succeeded();
    private(&mut org, "Lead").succeeded();
    share(&mut org, &rule(&format!("{TARGET}{CRITERIA}"))).succeeded();
    let objects = ["Lead", "Contact", "Account", "Opportunity"].map(|name| ("CustomObject", name));
    let others = [
        ("Profile", "*"),
        ("Role", "*"),
        ("SharingRules", "Lead"),
        ("Queue", "*"),
    ];
    let (_, files) = org.retrieve(&[&objects[..], &others].concat());
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let before = org.world.org.clone();
    let done = org.deploy(&files).succeeded();
    let changed: Vec<&str> = done
        .text
        .split("<componentSuccesses>")
        .filter(|entry| entry.contains("<changed>true"))
        .collect();
    assert!(
        changed.len() == 1 && changed[0].contains("package.xml"),
        "{changed:?}"
    );
    assert_eq!(org.world.org.containers, before.containers);
    assert_eq!(org.world.org.rules, before.rules);
}

#[test]
fn a_partial_entry_is_skipped_by_a_single_call_alone() {
    let mut org = Org::new();
    let start = "<custom>true</custom><objectPermissions><allowRead>true</allowRead><object>Lead</object></objectPermissions>";
    deploy_clone(&mut org, &component("Profile", start)).succeeded();
    let grants = |org: &Org, flag: fn(&crate::store::ObjectAccess) -> bool| {
        let profile = org
            .world
            .org
            .profile_by_full_name("HubSpot Integration")
            .expect("created");
        org.world.org.containers[&profile.container]
            .object_permissions
            .get("Lead")
            .is_some_and(flag)
    };
    assert!(
        grants(&org, |lead| lead.read && !lead.edit),
        "flags left out of a deploy stay as they are"
    );
    let partial = "<metadata xsi:type=\"Profile\"><fullName>HubSpot Integration</fullName><objectPermissions><allowEdit>true</allowEdit><object>Lead</object></objectPermissions></metadata>";
    org.ask(&format!(
        "<updateMetadata {XMLNS}>{partial}</updateMetadata>"
    ));
    assert!(
        grants(&org, |lead| !lead.edit),
        "updateMetadata skips an entry that is not whole"
    );
}

#[test]
fn all_or_none_takes_back_what_went_in() {
    let mut org = Org::new();
    let metadata = |name: &str, parent: &str| {
        format!(
            "<metadata xsi:type=\"Role\"><fullName>{name}</fullName><name>{name}</name>{parent}</metadata>"
        )
    };
    let both = format!(
        "{}{}",
        metadata("A", ""),
        metadata("B", "<parentRole>Absent</parentRole>")
    );
    let token = org.world.org.organization.access_token.clone();
    let body = format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Header><SessionHeader {XMLNS}><sessionId>{token}</sessionId></SessionHeader><AllOrNoneHeader {XMLNS}><allOrNone>true</allOrNone></AllOrNoneHeader></e:Header><e:Body><createMetadata {XMLNS}>{both}</createMetadata></e:Body></e:Envelope>"
    );
    let request = Request {
        path: "/services/Soap/m/66.0".into(),
        body: body.into_bytes(),
        ..Request::default()
    };
    let answer = metadata_text(&mut org, &request);
    assert!(
        answer.contains("ALL_OR_NONE_OPERATION_ROLLED_BACK")
            && answer.contains("no Role named Absent found"),
        "{answer}"
    );
    assert!(org.world.org.role("A").is_none());
}

fn metadata_text(org: &mut Org, request: &Request) -> String {
    String::from_utf8(super::metadata(&mut org.world, request).body).expect("UTF-8")
}

#[test]
fn owner_rules_and_account_settings() {
    let mut org = Org::new();
    role(&mut org, ROLE).succeeded();
    private(&mut org, "Lead").succeeded();
    let owner = |settings: &str| {
        format!(
            "<sharingOwnerRules><fullName>Keep</fullName><accessLevel>Read</accessLevel>{settings}<label>Keep</label>{TARGET}<sharedFrom><allInternalUsers></allInternalUsers></sharedFrom></sharingOwnerRules>"
        )
    };
    let settings = "<accountSettings><caseAccessLevel>None</caseAccessLevel><contactAccessLevel>Read</contactAccessLevel><opportunityAccessLevel>None</opportunityAccessLevel></accountSettings>";
    share(&mut org, &owner(settings))
        .failed(&["AccountSettings is only allowed for account sharing rules"]);
    share(&mut org, &owner("")).succeeded();
    let read = org.read("SharingRules", "Lead");
    assert!(
        read.contains("</sharedTo><sharedFrom><allInternalUsers></allInternalUsers></sharedFrom>"),
        "{read}"
    );
    let criteria = rule(&format!("{TARGET}{CRITERIA}")).replace("Sync_to_HubSpot<", "Keep<");
    share(&mut org, &criteria)
        .failed(&["duplicate value found: DeveloperName duplicates value on record with id: Keep"]);
}

#[test]
fn a_rule_is_replaced_by_destroying_it_first() {
    let mut org = Org::new();
    role(&mut org, ROLE).succeeded();
    private(&mut org, "Lead").succeeded();
    let good = rule(&format!("{TARGET}{CRITERIA}"));
    share(&mut org, &good).succeeded();
    let other = component(
        "SharingRules",
        &good.replace("OwnedByAll>true", "OwnedByAll>false"),
    );
    org.deploy(&[
        (
            "package.xml",
            &manifest(&[("SharingCriteriaRule", "Lead.Sync_to_HubSpot")]),
        ),
        (
            "destructiveChangesPre.xml",
            &manifest(&[("SharingCriteriaRule", "Lead.Sync_to_HubSpot")]),
        ),
        ("sharingRules/Lead.sharingRules", &other),
    ])
    .succeeded();
    assert!(
        org.read("SharingRules", "Lead")
            .contains("<includeRecordsOwnedByAll>false</includeRecordsOwnedByAll>")
    );
}

#[test]
fn criteria_take_what_the_platform_takes() {
    let mut org = Org::new();
    role(&mut org, ROLE).succeeded();
    private(&mut org, "Lead").succeeded();
    let mut check = |field: &str, operation: &str, value: &str, problem: Option<&str>| {
        let criterion = format!(
            "<criteriaItems><field>{field}</field><operation>{operation}</operation><value>{value}</value></criteriaItems>"
        );
        let done = share(&mut org, &rule(&format!("{TARGET}{criterion}")));
        assert_eq!(
            done.problems.first().map(String::as_str),
            problem,
            "{field} {operation} {value}"
        );
    };
    check("Email", "contains", "@", None);
    check("LeadSource", "equals", "Web,Other", None);
    check("Email", "notEqual", "", None);
    check("Sync_to_HubSpot__c", "equals", "TRUE", None);
    check(
        "Sync_to_HubSpot__c",
        "equals",
        "perhaps",
        Some("Invalid value perhaps for field Sync_to_HubSpot__c"),
    );
    check(
        "Sync_to_HubSpot__c",
        "contains",
        "true",
        Some("Invalid operator contains for field Sync_to_HubSpot__c"),
    );
    check(
        "Email",
        "like",
        "@",
        Some("'like' is not a valid value for the enum 'FilterOperation'"),
    );
    check(
        "AnnualRevenue",
        "equals",
        "1",
        Some("Lead.AnnualRevenue: not valid workflow field"),
    );
    check(
        "Nothing",
        "equals",
        "1",
        Some("In field: field - no CustomField named Lead.Nothing found"),
    );
}

#[test]
fn deploys_wait_run_and_are_done_by_the_clock() {
    let mut org = Org::with_times(10, 0);
    let text = component("Role", "<name>A</name>");
    let files = [
        ("package.xml", manifest(&[("Role", "A")])),
        ("roles/A.role", text),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let (first, second) = (org.start(&files, ""), org.start(&files, ""));
    let check = |org: &mut Org, seconds: Millis, expected: [&str; 2]| {
        org.wait(seconds);
        let states = [&first, &second].map(|id| Deployed::new(&org.status(id)).status);
        assert_eq!(states, expected);
    };
    check(&mut org, 0, ["Pending", "Pending"]);
    check(&mut org, 5, ["InProgress", "Pending"]);
    check(&mut org, 5, ["Succeeded", "Pending"]);
    check(&mut org, 1, ["Succeeded", "InProgress"]);
    check(&mut org, 20, ["Succeeded", "Succeeded"]);
    let fault = org.call(&format!(
        "<cancelDeploy {XMLNS}><String>{first}</String></cancelDeploy>"
    ));
    assert!(
        String::from_utf8_lossy(&fault.body)
            .contains("INVALID_ID_FIELD: Deployment already completed")
    );
}

#[test]
fn calls_on_single_components() {
    let mut org = Org::new();
    let save = |org: &mut Org, verb: &str, kind: &str, inside: &str| {
        org.ask(&format!("<{verb}Metadata {XMLNS}><metadata xsi:type=\"{kind}\">{inside}</metadata></{verb}Metadata>"))
    };
    let role = "<fullName>A</fullName><name>A</name>";
    let created = save(&mut org, "upsert", "Role", role);
    assert!(
        created.contains(
            "<result><created>true</created><fullName>A</fullName><success>true</success></result>"
        ),
        "{created}"
    );
    let again = save(&mut org, "create", "Role", role);
    assert!(
        again.contains("<statusCode>DUPLICATE_DEVELOPER_NAME</statusCode>"),
        "{again}"
    );
    let model = "<fullName>Lead</fullName><externalSharingModel>Private</externalSharingModel><sharingModel>Private</sharingModel>";
    save(&mut org, "update", "CustomObject", model);
    assert_eq!(
        org.model("Lead"),
        (SharingModel::Private, SharingModel::Private)
    );
    let gone = org.ask(&format!("<deleteMetadata {XMLNS}><type>SharingCriteriaRule</type><fullNames>Lead.X</fullNames></deleteMetadata>"));
    assert!(
        gone.contains("<message>no SharingCriteriaRule named Lead.X found</message>"),
        "{gone}"
    );
}

#[test]
fn what_is_missing_is_null_or_a_message() {
    let mut org = Org::new();
    let read = org.read("Role", "Absent");
    assert!(read.contains("<records xsi:nil=\"true\"/>"), "{read}");
    let (answer, files) = org.retrieve(&[
        ("Role", "Absent"),
        ("SharingRules", "Contact"),
        ("Profile", "Admin"),
    ]);
    assert!(answer.contains("<problem>Entity of type &apos;Role&apos; named &apos;Absent&apos; cannot be found</problem>"), "{answer}");
    assert!(answer.contains("<success>true</success>"));
    assert_eq!(
        files["sharingRules/Contact.sharingRules"],
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<SharingRules {XMLNS}/>\n")
    );
    assert!(
        !files["profiles/Admin.profile"].contains("objectPermissions"),
        "a profile alone is partial"
    );
    assert!(files["profiles/Admin.profile"].contains("<name>ModifyAllData</name>"));
}

#[test]
fn sessions_and_operations_are_checked() {
    let mut org = Org::new();
    let unknown = org.call("<fly xmlns=\"urn:x\"/>");
    assert_eq!(unknown.status, 500);
    assert!(
        String::from_utf8_lossy(&unknown.body)
            .contains("No operation available for request {urn:x}fly")
    );
    org.world.org.sessions.clear();
    org.world.org.organization.administrator = "nobody".into();
    let fault = String::from_utf8(org.call("<describeMetadata/>").body).expect("UTF-8");
    assert!(fault.contains("<faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session</faultstring>"), "{fault}");
}

#[test]
fn requests_are_read_leniently() {
    let mut org = Org::new();
    let zip = BASE64.encode(pack(&[
        ("package.xml", &manifest(&[("Role", "A")])),
        ("roles/A.role", &component("Role", "<name>A</name>")),
    ]));
    let answer = org.ask(&format!(
        "<m:deploy xmlns:m=\"urn:any\"><m:zipFile>{zip}</m:zipFile><m:deployOptions>None<m:checkOnly>True</m:checkOnly><m:singlePackage>TRUE</m:singlePackage></m:deployOptions></m:deploy>"
    ));
    let id = between(&answer, "<id>", "</id>").to_owned();
    let short = id.get(..15).expect("an id").to_owned();
    let answer = org.ask(&format!("<checkDeployStatus><id>{short}</id><includeDetails>True</includeDetails></checkDeployStatus>"));
    assert!(
        answer.contains("<checkOnly>true</checkOnly>")
            && answer.contains("<status>Succeeded</status>"),
        "{answer}"
    );
    assert!(org.world.org.role("A").is_none(), "a check changes nothing");
    let answer = org.ask("<retrieve><request><unpackaged><types><name>Role</name></types><version>62.0</version></unpackaged></request></retrieve>");
    let id = between(&answer, "<id>", "</id>").to_owned();
    let answer = org.ask(&format!(
        "<checkStatus><asyncProcessId>{id}</asyncProcessId></checkStatus>"
    ));
    assert!(
        answer.contains("<done>true</done>") && answer.contains("<state>Completed</state>"),
        "{answer}"
    );
    let answer = org.ask(&format!(
        "<checkRetrieveStatus><id>{id}</id></checkRetrieveStatus>"
    ));
    let files = unpack(
        &BASE64
            .decode(between(&answer, "<zipFile>", "</zipFile>"))
            .expect("base64"),
    );
    assert_eq!(files.keys().collect::<Vec<_>>(), ["unpackaged/package.xml"]);
}

#[test]
fn the_partner_log_in_gives_a_token_that_works() {
    let mut org = Org::new();
    let username = org.world.org.users[&org.world.org.organization.administrator]
        .username
        .clone();
    let mut log_in = |password: &str| {
        let body = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><login xmlns=\"urn:partner.soap.sforce.com\"><username>{username}</username><password>{password}</password></login></e:Body></e:Envelope>"
        );
        let path = "/services/Soap/u/58.0".to_owned();
        let request = Request {
            path,
            base_url: "http://h:1".into(),
            body: body.into_bytes(),
            ..Request::default()
        };
        let response = super::partner(&mut org.world, &request);
        (
            response.status,
            String::from_utf8(response.body).expect("UTF-8"),
        )
    };
    let (status, fault) = log_in("");
    assert_eq!(status, 500);
    assert!(
        fault.contains("<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>"),
        "{fault}"
    );
    let (status, answer) = log_in("secret");
    assert_eq!(status, 200, "{answer}");
    assert!(
        answer.contains("<metadataServerUrl>http://h:1/services/Soap/m/58.0/00D"),
        "{answer}"
    );
    let token = between(&answer, "<sessionId>", "</sessionId>");
    assert!(crate::login::user_of(&org.world, token).is_some());
}

/// The element in the body of an answer as a document of its own.
fn body_alone(answer: &str) -> String {
    let body = between(answer, "<soapenv:Body>", "</soapenv:Body>");
    let (start, rest) = body.split_at(body.find(['>', '/', ' ']).unwrap_or(body.len()));
    format!("{start} {XMLNS} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{rest}")
}

/// Every answer of the calls a client makes against the vendor's schema, where it is at hand.
#[test]
fn answers_and_files_are_valid_against_the_schema() {
    let Some(schema) = testing::schema("answers of the Metadata API") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut org = Org::new();
    let whole = clone_profile(&mut org, &FIVE);
    deploy_clone(&mut org, &whole);
    role(&mut org, ROLE);
    private(&mut org, "Lead");
    share(&mut org, &rule(&format!("{TARGET}{CRITERIA}")));
    org.ask(&format!("<describeMetadata {XMLNS}/>"));
    for kind in [
        "Profile",
        "PermissionSet",
        "CustomObject",
        "SharingRules",
        "CustomField",
        "Layout",
        "Queue",
        "Group",
    ] {
        org.ask(&format!(
            "<listMetadata {XMLNS}><queries><type>{kind}</type></queries></listMetadata>"
        ));
        for name in crate::documents::names(&org.world.org, kind)
            .iter()
            .take(40)
        {
            org.read(kind, &crate::documents::shown_name(kind, name));
        }
    }
    let (_, files) = org.retrieve(&[
        ("Profile", "*"),
        ("CustomObject", "Lead"),
        ("CustomObject", "Contact"),
        ("SharingRules", "*"),
        ("Role", "*"),
        ("PermissionSet", "*"),
    ]);
    let mut paths = Vec::new();
    let bodies = org.answers.iter().map(|answer| body_alone(answer));
    for (index, text) in bodies.chain(files.into_values()).enumerate() {
        let path = folder.path().join(format!("{index}.xml"));
        std::fs::write(&path, text).expect("writable");
        paths.push(path);
    }
    let checked = std::process::Command::new("xmllint")
        .arg("--noout")
        .arg("--schema")
        .arg(schema)
        .args(&paths)
        .output()
        .expect("xmllint runs");
    let complaints = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{complaints}");
}
