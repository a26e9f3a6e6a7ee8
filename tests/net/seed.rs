//! The files that an emulated org is seeded from: metadata and records of a company.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::company::{
    Company, EARLIER_PROFILE, EARLIER_ROLE, FIELDS, Grants, PROFILE, ROLE, Rights, Role, Rule,
    Start,
};

/// Text by path.
pub(crate) type Files = BTreeMap<String, String>;

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

/// All files of a company.
pub(crate) fn files(company: &Company) -> Files {
    let mut files = Files::new();
    objects(company, &mut files);
    people(company, &mut files);
    for (number, grants) in company.profiles.iter().enumerate() {
        let text = profile(grants);
        files.insert(format!("profiles/Profile {number}.profile-meta.xml"), text);
    }
    for (number, grants) in company.sets.iter().enumerate() {
        let inner = format!(
            "<hasActivationRequired>false</hasActivationRequired><label>Set {number}</label>{}",
            granted(grants)
        );
        let path = format!("permissionsets/Set_{number}.permissionset-meta.xml");
        files.insert(path, document("PermissionSet", &inner));
    }
    for number in 0..company.groups {
        let inner =
            format!("<doesIncludeBosses>true</doesIncludeBosses><name>Group {number}</name>");
        let path = format!("groups/Group_{number}.group-meta.xml");
        files.insert(path, document("Group", &inner));
    }
    for number in 0..company.queues {
        let objects = ["Lead", "Case"].map(|object| {
            format!("<queueSobject><sobjectType>{object}</sobjectType></queueSobject>")
        });
        let inner = format!("<name>Queue {number}</name>{}", objects.concat());
        let path = format!("queues/Queue_{number}.queue-meta.xml");
        files.insert(path, document("Queue", &inner));
    }
    rules(company, &mut files);
    records(company, &mut files);
    files
}

/// A metadata document.
pub(crate) fn document(kind: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{inner}</{kind}>\n"
    )
}

fn objects(company: &Company, files: &mut Files) {
    for (object, internal, external) in &company.models {
        let models = format!(
            "<externalSharingModel>{external}</externalSharingModel><sharingModel>{internal}</sharingModel>"
        );
        let inner = match object.ends_with("__c") {
            true => format!(
                "<deploymentStatus>Deployed</deploymentStatus><label>Vessel</label><nameField><label>Vessel Name</label>\
                 <type>Text</type></nameField><pluralLabel>Vessels</pluralLabel>{models}"
            ),
            false => models,
        };
        let path = format!("objects/{object}/{object}.object-meta.xml");
        files.insert(path, document("CustomObject", &inner));
        for (field, kind) in FIELDS {
            let path = format!("objects/{object}/fields/{field}.field-meta.xml");
            files.insert(path, document("CustomField", &custom_field(field, kind)));
        }
    }
    let partner = "<fullName>Partner</fullName><active>true</active><label>Partner lead</label>";
    let path = "objects/Lead/recordTypes/Partner.recordType-meta.xml";
    files.insert(path.to_owned(), document("RecordType", partner));
}

/// What a custom field consists of.
pub(crate) fn custom_field(field: &str, kind: &str) -> String {
    let more = match kind {
        "Checkbox" => "<defaultValue>false</defaultValue>",
        "Text" => "<length>80</length>",
        "Number" => "<precision>18</precision><scale>0</scale>",
        "Picklist" => {
            "<valueSet><valueSetDefinition><sorted>false</sorted><value><fullName>Old</fullName><default>false</default>\
             <label>Old</label></value><value><fullName>New</fullName><default>false</default><label>New</label></value>\
             </valueSetDefinition></valueSet>"
        }
        _ => "",
    };
    let label = field.trim_end_matches("__c");
    format!("<fullName>{field}</fullName><label>{label}</label>{more}<type>{kind}</type>")
}

fn people(company: &Company, files: &mut Files) {
    for (number, role) in company.roles.iter().enumerate() {
        let path = format!("roles/Role_{number}.role-meta.xml");
        files.insert(path, document("Role", &role_text(role)));
    }
    let names = match company.start {
        Start::Fresh => None,
        Start::Begun | Start::Renamed => Some((PROFILE, ROLE)),
        Start::Earlier => Some((EARLIER_PROFILE, EARLIER_ROLE)),
    };
    if let Some((profile_name, role_name)) = names {
        let own = Role {
            above: None,
            label: role_name.replace('_', " "),
            levels: ["None"; 3],
        };
        let path = format!("roles/{role_name}.role-meta.xml");
        files.insert(path, document("Role", &role_text(&own)));
        let path = format!("profiles/{profile_name}.profile-meta.xml");
        files.insert(path, profile(&company.profiles[0]));
    }
    let mut users =
        String::from("Username,FirstName,LastName,IsActive,Profile.Name,UserRole.DeveloperName\n");
    let mut assignments = String::from("Assignee.Username,PermissionSet.Name\n");
    for user in &company.users {
        let stem = user.username.split('@').next().unwrap_or_default();
        let (name, profile, role) = (&user.username, &user.profile, &user.role);
        line(
            &mut users,
            &format!("{name},Uma,{stem},{},{profile},{role}", user.active),
        );
        for set in &user.sets {
            line(&mut assignments, &format!("{name},Set_{set}"));
        }
    }
    files.insert("User.csv".to_owned(), users);
    files.insert("PermissionSetAssignment.csv".to_owned(), assignments);
}

fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

fn role_text(role: &Role) -> String {
    let [contacts, opportunities, cases] = role.levels;
    let parent = role.above.map_or(String::new(), |above| {
        format!("<parentRole>Role_{above}</parentRole>")
    });
    format!(
        "<caseAccessLevel>{cases}</caseAccessLevel><contactAccessLevel>{contacts}</contactAccessLevel>\
         <mayForecastManagerShare>false</mayForecastManagerShare><name>{}</name>\
         <opportunityAccessLevel>{opportunities}</opportunityAccessLevel>{parent}",
        role.label.replace('&', "&amp;")
    )
}

fn profile(grants: &Grants) -> String {
    let granted = granted(grants);
    let inner = format!("<custom>true</custom>{granted}<userLicense>Salesforce</userLicense>");
    document("Profile", &inner)
}

/// What a profile and a permission set have in common.
pub(crate) fn granted(grants: &Grants) -> String {
    let mut text = String::new();
    for (object, _) in &grants.objects {
        for field in &grants.fields {
            text += &format!(
                "<fieldPermissions><editable>true</editable><field>{object}.{field}</field><readable>true</readable>\
                 </fieldPermissions>"
            );
        }
    }
    for (object, rights) in &grants.objects {
        text += &object_permissions(object, *rights);
    }
    for permission in &grants.permissions {
        text += &format!(
            "<userPermissions><enabled>true</enabled><name>{permission}</name></userPermissions>"
        );
    }
    text
}

fn object_permissions(object: &str, rights: Rights) -> String {
    let may = |bit: u32| rights & (1 << bit) != 0;
    format!(
        "<objectPermissions><allowCreate>{}</allowCreate><allowDelete>{}</allowDelete><allowEdit>{}</allowEdit>\
         <allowRead>{}</allowRead><modifyAllRecords>{}</modifyAllRecords><object>{object}</object>\
         <viewAllRecords>{}</viewAllRecords></objectPermissions>",
        may(1),
        may(3),
        may(2),
        may(0),
        may(5),
        may(4)
    )
}

fn rules(company: &Company, files: &mut Files) {
    let mut by_object: BTreeMap<&str, String> = BTreeMap::new();
    for rule in &company.rules {
        *by_object.entry(rule.object).or_default() += &rule_text(rule);
    }
    for (object, inner) in by_object {
        let path = format!("sharingRules/{object}.sharingRules-meta.xml");
        files.insert(path, document("SharingRules", &inner));
    }
}

fn rule_text(rule: &Rule) -> String {
    let (name, access) = (&rule.name, rule.access);
    let label = name.replace('_', " ");
    let settings = match rule.object {
        "Account" => {
            "<accountSettings><caseAccessLevel>None</caseAccessLevel><contactAccessLevel>None</contactAccessLevel>\
             <opportunityAccessLevel>None</opportunityAccessLevel></accountSettings>"
        }
        _ => "",
    };
    let common = format!(
        "<fullName>{name}</fullName><accessLevel>{access}</accessLevel>{settings}<label>{label}</label>\
         <sharedTo>{}</sharedTo>",
        party(&rule.to)
    );
    if let Some(owner) = &rule.owned_by {
        return format!(
            "<sharingOwnerRules>{common}<sharedFrom>{}</sharedFrom></sharingOwnerRules>",
            party(owner)
        );
    }
    let logic = rule.logic.map_or(String::new(), |logic| {
        format!("<booleanFilter>{logic}</booleanFilter>")
    });
    let items = rule.criteria.iter().map(|(field, operation, value)| {
        format!(
            "<criteriaItems><field>{field}</field><operation>{operation}</operation><value>{value}</value></criteriaItems>"
        )
    });
    let items: String = items.collect();
    format!(
        "<sharingCriteriaRules>{common}{logic}{items}<includeRecordsOwnedByAll>true</includeRecordsOwnedByAll>\
         </sharingCriteriaRules>"
    )
}

fn party((element, name): &(&str, String)) -> String {
    match *element {
        "allInternalUsers" => String::from("<allInternalUsers></allInternalUsers>"),
        element => format!("<{element}>{name}</{element}>"),
    }
}

fn records(company: &Company, files: &mut Files) {
    for (number, record) in company.records.iter().enumerate() {
        let (header, own) = match record.object {
            "Account" => (
                "Name",
                format!("Account {}", account_number(company, number)),
            ),
            "Lead" => {
                let email = if record.email {
                    format!("r{number}@x.example")
                } else {
                    String::new()
                };
                (
                    "LastName,Company,Email",
                    format!("Record {number},Mills,{email}"),
                )
            }
            "Contact" => ("LastName", format!("Record {number}")),
            "Case" => ("Subject", format!("Record {number}")),
            "Opportunity" => (
                "Name,StageName,CloseDate",
                format!("Record {number},Prospecting,2026-12-31"),
            ),
            _ => ("Name", format!("Record {number}")),
        };
        let hangs = matches!(record.object, "Contact" | "Case" | "Opportunity");
        let parent = record
            .parent
            .map_or(String::new(), |parent| format!("Account {parent}"));
        let (head, parent) = match hangs {
            true => (",Account.Name", format!(",{parent}")),
            false => ("", String::new()),
        };
        let path = format!("{}.csv", record.object);
        let text = files
            .entry(path)
            .or_insert_with(|| format!("{header}{head},Flag__c,Word__c,Count__c,Owner.Username\n"));
        let (flag, word, count, owner) = (record.flag, record.word, record.count, &record.owner);
        line(
            text,
            &format!("{own}{parent},{flag},{word},{count},{owner}"),
        );
    }
}

/// Accounts are numbered among themselves, since others name them.
fn account_number(company: &Company, number: usize) -> usize {
    let before = company.records[..number].iter();
    before.filter(|record| record.object == "Account").count()
}
