//! An org full of canaries, of which none may be in the record: names, labels, texts, formulas, records, base64.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{json, read, tested};
use crate::support::Org;

/// What every canary holds, whatever is written around it.
const BIRD: &str = "zqcanary";

/// Canaries, each another one, and how many there are.
#[derive(Default)]
struct Birds(usize);

impl Birds {
    fn next(&mut self) -> String {
        self.0 += 1;
        format!("Zqcanary{}x", self.0)
    }

    /// A text that somebody might write.
    fn text(&mut self) -> String {
        format!(
            "Call {} &amp; {} - Lead/Account (1.5)",
            self.next(),
            self.next()
        )
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

const NAMESPACE: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

fn fields(seed: &Path, birds: &mut Birds) -> Vec<String> {
    let mut names = Vec::new();
    for number in 0..300 {
        let name = format!("{}__c", birds.next());
        let (label, description, help) = (birds.next(), birds.text(), birds.text());
        let kind = match number % 3 {
            0 => format!(
                "<formula>{} &amp; Company</formula><type>Text</type>",
                birds.next()
            ),
            1 => "<length>80</length><type>Text</type>".to_owned(),
            _ => {
                let value = |birds: &mut Birds| {
                    format!(
                        "<value><fullName>{}</fullName><default>false</default><label>{}</label></value>",
                        birds.next(),
                        birds.next()
                    )
                };
                let values: String = (0..3).map(|_| value(birds)).collect();
                format!(
                    "<type>Picklist</type><valueSet><valueSetDefinition><sorted>false</sorted>{values}</valueSetDefinition></valueSet>"
                )
            }
        };
        let text = format!(
            "<CustomField {NAMESPACE}><fullName>{name}</fullName><description>{description}</description>\
             <inlineHelpText>{help}</inlineHelpText><label>{label}</label>{kind}</CustomField>"
        );
        write(
            &seed.join(format!("objects/Lead/fields/{name}.field-meta.xml")),
            &text,
        );
        names.push(name);
    }
    names
}

fn setup(seed: &Path, fields: &[String], birds: &mut Birds) {
    for _ in 0..60 {
        let (name, label, text) = (birds.next(), birds.next(), birds.text());
        let role = format!(
            "<Role {NAMESPACE}><description>{label}</description><mayForecastManagerShare>false</mayForecastManagerShare><name>{text}</name></Role>"
        );
        write(&seed.join(format!("roles/{name}.role-meta.xml")), &role);
    }
    for field in fields.iter().take(60) {
        let (name, label, text) = (birds.next(), birds.next(), birds.text());
        let set = format!(
            "<PermissionSet {NAMESPACE}><description>{text}</description><fieldPermissions><editable>false</editable>\
             <field>Lead.{field}</field><readable>true</readable></fieldPermissions><label>{label}</label><objectPermissions>\
             <allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead>\
             <modifyAllRecords>false</modifyAllRecords><object>Lead</object><viewAllRecords>false</viewAllRecords></objectPermissions></PermissionSet>"
        );
        write(
            &seed.join(format!("permissionsets/{name}.permissionset-meta.xml")),
            &set,
        );
    }
    let mut classes = String::new();
    for _ in 0..200 {
        let _ = write!(
            classes,
            "<classAccesses><apexClass>{}</apexClass><enabled>true</enabled></classAccesses>",
            birds.next()
        );
    }
    let visible = fields.iter().map(|field| {
        format!("<fieldPermissions><editable>true</editable><field>Lead.{field}</field><readable>true</readable></fieldPermissions>")
    });
    let visible: String = visible.collect();
    let profile = format!(
        "<Profile {NAMESPACE}>{classes}<custom>false</custom><description>{}</description>{visible}<userLicense>Salesforce</userLicense></Profile>",
        birds.text()
    );
    write(&seed.join("profiles/Admin.profile-meta.xml"), &profile);
    let rules: String = (0..40)
        .map(|_| {
            format!(
                "<sharingCriteriaRules><fullName>{}</fullName><accessLevel>Read</accessLevel><description>{}</description><label>{}</label>\
                 <sharedTo><allInternalUsers></allInternalUsers></sharedTo><criteriaItems><field>Company</field><operation>equals</operation>\
                 <value>{}</value></criteriaItems><includeRecordsOwnedByAll>true</includeRecordsOwnedByAll></sharingCriteriaRules>",
                birds.next(), birds.text(), birds.next(), birds.next()
            )
        })
        .collect();
    write(
        &seed.join("sharingRules/Lead.sharingRules-meta.xml"),
        &format!("<SharingRules {NAMESPACE}>{rules}</SharingRules>"),
    );
}

fn records(seed: &Path, birds: &mut Birds) {
    let mut users =
        String::from("Username,LastName,FirstName,Email,Alias,CommunityNickname,Profile.Name\n");
    for number in 0..40 {
        let name = birds.next();
        let _ = writeln!(
            users,
            "{0}@{1}.example,{2},{3},{0}@{1}.example,zq{number},{4},Standard User",
            name.to_lowercase(),
            birds.next().to_lowercase(),
            birds.next(),
            birds.next(),
            birds.next()
        );
    }
    write(&seed.join("User.csv"), &users);
    let mut leads = String::from("LastName,Company,Email,City,Description\n");
    for _ in 0..350 {
        let hidden = STANDARD.encode(format!("{BIRD} {}", birds.next()));
        let mail = birds.next().to_lowercase();
        let _ = writeln!(
            leads,
            "{},{},{mail}@acme.example,{},{hidden}",
            birds.next(),
            birds.next(),
            birds.next()
        );
    }
    write(&seed.join("Lead.csv"), &leads);
}

/// The manifest asks about fields, texts and people that are canaries as well.
fn manifest(fields: &[String], birds: &mut Birds) -> String {
    let bird = birds.next();
    let lower = bird.to_lowercase();
    // The org refuses to count by a field that is not there yet, and repeats the question.
    let new = format!("{}__c", birds.next());
    let texts: Vec<String> = (0..6).map(|_| birds.next()).collect();
    format!(
        "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {{name: {bird}}}\nspec:\n  fields:\n    - {{object: Lead, name: {new}, \
         label: {}, type: Checkbox, description: {}}}\n  profile: {{name: {bird} Profile, cloneFrom: System Administrator, description: {}}}\n  \
         role: {{name: {bird}_Role, label: {bird} and others}}\n  user: {{username: {lower}@acme.example, email: {lower}@acme.example, \
         firstName: {}, lastName: {}}}\n  sharing:\n    - object: Lead\n      organizationWideDefault: Private\n      rules:\n        \
         - name: {bird}_Rule\n          access: ReadWrite\n          criteria:\n            - {{field: {new}, operator: equals, value: true}}\n            \
         - {{field: {}, operator: contains, value: {}}}\n",
        texts[0], texts[1], texts[2], texts[3], texts[4], fields[1], texts[5]
    )
}

/// Every text of the record, what is packed in base64 unpacked too.
fn texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        let text = read(&path);
        let is_between = |c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c));
        let long = text.split(is_between).filter(|word| word.len() >= 16);
        let unpacked = long.filter_map(|word| STANDARD.decode(word).ok());
        texts.extend(unpacked.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
        texts.push(path.to_string_lossy().into_owned());
        texts.push(text);
    }
    texts
}

#[test]
fn of_five_thousand_canaries_none_is_in_the_record() {
    let folder = super::folder();
    let seed = folder.path().join("seed");
    let mut birds = Birds::default();
    let fields = fields(&seed, &mut birds);
    setup(&seed, &fields, &mut birds);
    records(&seed, &mut birds);
    write(
        &seed.join("org.json"),
        &format!(
            "{{\"is_sandbox\": true, \"name\": \"{} Ltd\"}}",
            birds.next()
        ),
    );
    write(
        &folder.path().join("orgwright.yaml"),
        &manifest(&fields, &mut birds),
    );
    assert!(birds.0 >= 5_000, "{}", birds.0);
    // A source that comes in part is retrieved: the members of the archive are content as well.
    let faults = folder.path().join("faults.json");
    write(
        &faults,
        r#"[{"body": "fullNames>Admin<", "without": ["classAccesses", "fieldPermissions"]}]"#,
    );
    let org = Org::start(
        folder.path(),
        &[
            "--seed",
            &seed.to_string_lossy(),
            "--faults",
            &faults.to_string_lossy(),
        ],
    );
    let run = tested(
        &org,
        folder.path(),
        &["--record", "record", "--names", "names.json"],
    );
    assert!(matches!(run.code, 0 | 2), "{}{}", run.out, run.err);
    for text in texts(&folder.path().join("record")) {
        let found = text.to_lowercase().find(BIRD);
        let around = found.map(|at| text.get(at.saturating_sub(80)..(at + 40).min(text.len())));
        assert_eq!(around, None);
    }
    // They were there to be found: what stands for what tells which of them were met.
    let names = json(&read(folder.path().join("names.json"))).to_string();
    let is_between = |c: char| !c.is_ascii_alphanumeric();
    let met: BTreeSet<&str> = names
        .split(is_between)
        .filter(|word| word.starts_with("Zqcanary"))
        .collect();
    assert!(met.len() >= 2_000, "{}", met.len());
    // The record holds the archive, the rules and the refusal, under other names.
    let record = read(folder.path().join("record/record.json"));
    for part in [
        "\"retrieve\"",
        "sharingCriteriaRules",
        "classAccesses",
        "INVALID_FIELD",
    ] {
        assert!(record.contains(part), "{part}");
    }
}
