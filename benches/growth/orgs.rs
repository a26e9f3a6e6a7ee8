//! Orgs and manifests of any size: what a plan has to look at before anything of it is there, and once all of it is.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

/// Text by path.
pub(crate) type Files = BTreeMap<String, String>;

/// A sort of thing that a manifest can own many of, or an org hold many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rules,
    Fields,
    PermissionSets,
    Defaults,
    Manifests,
    /// Roles of the org, of which the manifest owns none.
    Roles,
}

/// Rules of one object: the platform takes fifty by criteria.
const RULES_OF_AN_OBJECT: usize = 50;
/// Objects whose records a plan counts, where nothing of their sharing changes.
const MOST_COUNTED: usize = 25;
/// Fields of one object.
const FIELDS_OF_AN_OBJECT: usize = 100;

impl Kind {
    pub(crate) const ALL: [Kind; 6] = [
        Kind::Rules,
        Kind::Fields,
        Kind::PermissionSets,
        Kind::Defaults,
        Kind::Manifests,
        Kind::Roles,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Rules => "rules",
            Kind::Fields => "fields",
            Kind::PermissionSets => "permission sets",
            Kind::Defaults => "defaults",
            Kind::Manifests => "whole manifests",
            Kind::Roles => "roles of the org",
        }
    }

    /// How many there are, from few to many.
    pub(crate) fn sizes(self) -> &'static [usize] {
        match self {
            Kind::Rules | Kind::Fields | Kind::PermissionSets => &[50, 500, 2_500, 5_000],
            Kind::Defaults => &[50, 200, 500],
            Kind::Manifests => &[5, 50, 200],
            Kind::Roles => &[0, 500, 5_000, 10_000],
        }
    }

    /// API calls that a plan of so many may take: five, one for the tabs that a clone is held against, one for what a user
    /// needs and lacks, one about who loses sight; one for ten components that only `readMetadata` gives, one for fifty
    /// resources else; and, of objects whose records are counted, three queries each, of which five go to a call.
    pub(crate) fn most_calls(self, count: usize) -> usize {
        let objects = match self {
            Kind::Rules => count.div_ceil(RULES_OF_AN_OBJECT),
            Kind::Fields | Kind::PermissionSets => 0,
            Kind::Defaults | Kind::Manifests => count,
            Kind::Roles => 1,
        };
        let (components, others) = match self {
            Kind::Rules => (objects, objects),
            Kind::Fields | Kind::PermissionSets | Kind::Defaults => (0, count),
            // Profile, role and the rules of an object; user and default.
            Kind::Manifests => (3 * count, 2 * count),
            // Two thousand of them come on a page.
            Kind::Roles => (0, count / 40),
        };
        let counted = Some(objects).filter(|objects| *objects <= MOST_COUNTED);
        let counts = 3 * counted.unwrap_or_default();
        8 + components.div_ceil(10) + others.div_ceil(50) + counts.div_ceil(5)
    }

    /// Changes of a first plan; none where they do not depend on how many there are.
    pub(crate) fn first_changes(self, count: usize) -> Option<usize> {
        match self {
            Kind::Rules | Kind::Fields | Kind::PermissionSets | Kind::Defaults => Some(count),
            Kind::Manifests => Some(5 * count),
            Kind::Roles => None,
        }
    }

    /// What makes the emulator's own demo org as large, where no files have to be laid over an empty one.
    pub(crate) fn scale(self, count: usize) -> Option<String> {
        (self == Kind::Roles).then(|| format!("roles={}", count.max(1)))
    }

    /// What the org holds: everything that is wanted, or what has to be there beforehand.
    pub(crate) fn org(self, count: usize, whole: bool) -> Files {
        let mut files = Files::new();
        people(&mut files);
        match self {
            Kind::Rules => rules(&mut files, count, whole),
            Kind::Fields => fields(&mut files, count, whole),
            Kind::PermissionSets => sets(&mut files, count, whole),
            Kind::Defaults => objects(
                &mut files,
                count,
                if whole { "Private" } else { "ReadWrite" },
            ),
            Kind::Manifests => integrations(&mut files, count, whole),
            // The demo org has as many as it is told to.
            Kind::Roles => {}
        }
        files
    }

    /// The manifests that want it.
    pub(crate) fn manifests(self, count: usize) -> Files {
        let file = |number: usize, object: &str| {
            let name = format!("{number}.yaml");
            (name, integration(number, object).to_string())
        };
        let spec = match self {
            Kind::Rules => {
                json!({"user": wanted_user("uma"), "sharing": grouped(count, RULES_OF_AN_OBJECT, wanted_rules)})
            }
            Kind::Fields => json!({"fields": (0..count).map(wanted_field).collect::<Vec<_>>()}),
            Kind::PermissionSets => {
                let names: Vec<String> = (0..count).map(|number| format!("Set_{number}")).collect();
                json!({"user": wanted_user("uma"), "permissionSets": names})
            }
            Kind::Defaults => {
                let one = |number| json!({"object": object(number), "organizationWideDefault": "Private"});
                json!({"user": wanted_user("uma"), "sharing": (0..count).map(one).collect::<Vec<_>>()})
            }
            Kind::Manifests => {
                return (0..count)
                    .map(|number| file(number, &object(number)))
                    .collect();
            }
            Kind::Roles => return Files::from([file(0, "Lead")]),
        };
        Files::from([("0.yaml".to_owned(), manifest("grown", &spec).to_string())])
    }
}

/// Writes the files below a folder.
pub(crate) fn write(files: &Files, folder: &Path) -> std::io::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(())
}

fn manifest(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "orgwright/v1", "kind": "IntegrationUser", "metadata": {"name": name}, "spec": spec})
}

fn object(number: usize) -> String {
    format!("Thing{number}__c")
}

fn put(files: &mut Files, folder: &str, name: &str, kind: &str, suffix: &str, inner: &str) {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{inner}</{kind}>\n"
    );
    files.insert(format!("{folder}/{name}.{suffix}-meta.xml"), text);
}

/// A role, a profile and a user, whom every org here has.
fn people(files: &mut Files) {
    role(files, "Team", None);
    put(
        files,
        "profiles",
        "Reader",
        "Profile",
        "profile",
        &readers(""),
    );
    let users = "Username,FirstName,LastName,Email,Profile.Name,UserRole.DeveloperName\n\
                 uma@acme.example,Uma,Grown,uma@acme.example,Reader,Team\n";
    files.insert("User.csv".to_owned(), users.to_owned());
}

fn readers(more: &str) -> String {
    format!(
        "<custom>true</custom>{more}<objectPermissions><allowCreate>true</allowCreate><allowDelete>true</allowDelete>\
         <allowEdit>true</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>\
         <object>Lead</object><viewAllRecords>false</viewAllRecords></objectPermissions>\
         <userLicense>Salesforce</userLicense>\
         <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>"
    )
}

fn role(files: &mut Files, name: &str, parent: Option<&str>) {
    let parent = parent.map_or(String::new(), |parent| {
        format!("<parentRole>{parent}</parentRole>")
    });
    let inner = format!(
        "<caseAccessLevel>None</caseAccessLevel><contactAccessLevel>None</contactAccessLevel>\
         <mayForecastManagerShare>false</mayForecastManagerShare><name>{name}</name>\
         <opportunityAccessLevel>None</opportunityAccessLevel>{parent}"
    );
    put(files, "roles", name, "Role", "role", &inner);
}

fn objects(files: &mut Files, count: usize, model: &str) {
    for number in 0..count {
        let name = object(number);
        let inner = format!(
            "<deploymentStatus>Deployed</deploymentStatus><externalSharingModel>{model}</externalSharingModel>\
             <label>Thing {number}</label><nameField><label>Name</label><type>Text</type></nameField>\
             <pluralLabel>Things {number}</pluralLabel><sharingModel>{model}</sharingModel>"
        );
        put(
            files,
            &format!("objects/{name}"),
            &name,
            "CustomObject",
            "object",
            &inner,
        );
    }
}

/// So many things, a group of so many at a time.
fn grouped(
    count: usize,
    of: usize,
    group: impl Fn(usize, std::ops::Range<usize>) -> Value,
) -> Vec<Value> {
    let groups = 0..count.div_ceil(of);
    groups
        .map(|number| group(number, number * of..count.min((number + 1) * of)))
        .collect()
}

fn wanted_rule(name: &str) -> Value {
    json!({"name": name, "label": name, "access": "ReadWrite", "sharedTo": {"role": "Team"},
           "criteria": [{"field": "Name", "operator": "equals", "value": name}]})
}

fn wanted_rules(object_number: usize, numbers: std::ops::Range<usize>) -> Value {
    let rules: Vec<Value> = numbers
        .map(|number| wanted_rule(&format!("Rule_{number}")))
        .collect();
    json!({"object": object(object_number), "organizationWideDefault": "Private", "rules": rules})
}

fn rule(name: &str, role: &str) -> String {
    format!(
        "<sharingCriteriaRules><fullName>{name}</fullName><accessLevel>Edit</accessLevel><label>{name}</label>\
         <sharedTo><role>{role}</role></sharedTo><criteriaItems><field>Name</field><operation>equals</operation>\
         <value>{name}</value></criteriaItems><includeRecordsOwnedByAll>true</includeRecordsOwnedByAll>\
         </sharingCriteriaRules>"
    )
}

fn rules(files: &mut Files, count: usize, whole: bool) {
    let groups = count.div_ceil(RULES_OF_AN_OBJECT);
    objects(files, groups, "Private");
    for group in (0..groups).filter(|_| whole) {
        let numbers = group * RULES_OF_AN_OBJECT..count.min((group + 1) * RULES_OF_AN_OBJECT);
        let inner: String = numbers
            .map(|number| rule(&format!("Rule_{number}"), "Team"))
            .collect();
        put(
            files,
            "sharingRules",
            &object(group),
            "SharingRules",
            "sharingRules",
            &inner,
        );
    }
}

fn wanted_field(number: usize) -> Value {
    json!({"object": object(number / FIELDS_OF_AN_OBJECT), "name": format!("Field{number}__c"),
           "label": format!("Field {number}"), "type": "Text", "length": 80, "visibleTo": ["Reader"]})
}

fn fields(files: &mut Files, count: usize, whole: bool) {
    objects(files, count.div_ceil(FIELDS_OF_AN_OBJECT), "Private");
    let mut shown = String::new();
    for number in (0..count).filter(|_| whole) {
        let (object, name) = (
            object(number / FIELDS_OF_AN_OBJECT),
            format!("Field{number}__c"),
        );
        let inner = format!(
            "<fullName>{name}</fullName><label>Field {number}</label><length>80</length><type>Text</type>"
        );
        put(
            files,
            &format!("objects/{object}/fields"),
            &name,
            "CustomField",
            "field",
            &inner,
        );
        let _ = write!(
            shown,
            "<fieldPermissions><editable>true</editable><field>{object}.{name}</field><readable>true</readable>\
             </fieldPermissions>"
        );
    }
    put(
        files,
        "profiles",
        "Reader",
        "Profile",
        "profile",
        &readers(&shown),
    );
}

fn wanted_user(name: &str) -> Value {
    let address = format!("{name}@acme.example");
    json!({"username": address, "email": address, "firstName": "Uma", "lastName": "Grown"})
}

fn sets(files: &mut Files, count: usize, whole: bool) {
    let mut assignments = String::from("Assignee.Username,PermissionSet.Name\n");
    for number in 0..count {
        let name = format!("Set_{number}");
        let inner = format!(
            "<hasActivationRequired>false</hasActivationRequired><label>Set {number}</label>"
        );
        put(
            files,
            "permissionsets",
            &name,
            "PermissionSet",
            "permissionset",
            &inner,
        );
        if whole {
            let _ = writeln!(assignments, "uma@acme.example,{name}");
        }
    }
    files.insert("PermissionSetAssignment.csv".to_owned(), assignments);
}

fn integration(number: usize, object: &str) -> Value {
    let name = format!("Bot_{number}");
    let mut rule = wanted_rule(&name);
    rule["sharedTo"] = json!({"role": name});
    // What the rules match is not what is measured: nothing has such a name.
    rule["expectVisible"] = json!(0);
    let spec = json!({
        "profile": {"name": name, "cloneFrom": "Standard User"},
        "role": {"name": name, "label": name},
        "user": wanted_user(&format!("bot{number}")),
        "sharing": [{"object": object, "organizationWideDefault": "Private", "rules": [rule]}],
    });
    manifest(&format!("bot-{number}"), &spec)
}

fn integrations(files: &mut Files, count: usize, whole: bool) {
    objects(files, count, if whole { "Private" } else { "ReadWrite" });
    let mut users = files.remove("User.csv").unwrap_or_default();
    for number in (0..count).filter(|_| whole) {
        let name = format!("Bot_{number}");
        role(files, &name, None);
        put(files, "profiles", &name, "Profile", "profile", &readers(""));
        put(
            files,
            "sharingRules",
            &object(number),
            "SharingRules",
            "sharingRules",
            &rule(&name, &name),
        );
        let address = format!("bot{number}@acme.example");
        let _ = writeln!(users, "{address},Uma,Grown,{address},{name},{name}");
    }
    files.insert("User.csv".to_owned(), users);
}
