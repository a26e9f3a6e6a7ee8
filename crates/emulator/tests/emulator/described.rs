//! What the embedded org says of objects and of metadata types, against what real orgs said.
//!
//! The recordings are other people's and not part of this repository: `ORGWRIGHT_RESPONSES` names a folder of them.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};
use salesforce_emulator::http::{Request, Response};
use salesforce_emulator::world::World;
use salesforce_emulator::{router, seed};
use serde_json::{Map, Value};

/// Objects, and the recordings of their describe.
const OBJECTS: [(&str, &str); 4] = [
    ("Lead", "describe/lead_describe_org_with_packages.json"),
    (
        "Account",
        "cumulusci_bodies/GET_sobjects_Account_describe.00.json",
    ),
    (
        "Contact",
        "cumulusci_bodies/GET_sobjects_Contact_describe.00.json",
    ),
    (
        "Event",
        "cumulusci_bodies/GET_sobjects_Event_describe.00.json",
    ),
];

/// Where a recording differs from this org for a reason: object, field (`*` for all), key.
const DIFFERENT: [(&str, &str, &str); 19] = [
    // Values are the org's own.
    ("*", "*", "picklistValues"),
    // The recorded org shows picklists of accounts in the length they had in older versions.
    ("Account", "*", "length"),
    ("Account", "*", "byteLength"),
    // The recorded org manages no bounces.
    ("Lead", "EmailBouncedDate", "createable"),
    ("Lead", "EmailBouncedReason", "createable"),
    // This org lets profiles grant them; the recorded ones do not.
    ("*", "IndividualId", "permissionable"),
    ("Lead", "IsUnreadByOwner", "permissionable"),
    ("Event", "*", "permissionable"),
    // A text that leads to a record of another service.
    ("*", "JigsawCompanyId", "relationshipName"),
    ("*", "JigsawContactId", "relationshipName"),
    // This org has no calendars, and fewer objects an event can be about.
    ("Event", "OwnerId", "referenceTo"),
    ("Event", "OwnerId", "namePointing"),
    ("Event", "OwnerId", "polymorphicForeignKey"),
    ("Event", "WhatId", "referenceTo"),
    // Recurring events are described, nothing recurs.
    ("Event", "RecurrenceActivityId", "relationshipName"),
    ("Event", "RecurrenceActivityId", "searchPrefilterable"),
    ("Event", "*", "digits"),
    // Picklists with a default that may be emptied afterwards.
    ("Event", "*", "defaultedOnCreate"),
    ("Event", "ActivityDate", "aggregatable"),
];

/// Objects of which every recorded standard field is there.
const WHOLE: [&str; 1] = ["Event"];

/// Fields of this org that the recorded one keeps from the user who asked.
const UNSEEN: [&str; 3] = [
    "Contact.DoNotCall",
    "Contact.HasOptedOutOfEmail",
    "Contact.HasOptedOutOfFax",
];

/// A recording as JSON; `None`, and a line that says so, where nobody has it.
fn recorded(file: &str) -> Option<Value> {
    let folder = testing::material("responses", file)?;
    let text = std::fs::read_to_string(folder.join(file)).expect("the recording is there");
    let answer: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("the recording is JSON");
    Some(answer.get("result").cloned().unwrap_or(answer))
}

fn ask(world: &mut World, method: &str, path: &str, body: String) -> Response {
    let token = world.org.organization.access_token.clone();
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("content-type", "text/xml".to_owned()),
    ];
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
        body: body.into_bytes(),
        base_url: "http://127.0.0.1".to_owned(),
        ..Request::default()
    };
    router::handle(world, request)
}

fn described(world: &mut World, object: &str) -> Map<String, Value> {
    let path = format!("/services/data/v62.0/sobjects/{object}/describe");
    let response = ask(world, "GET", &path, String::new());
    serde_json::from_slice(&response.body).expect("an object")
}

fn fields(object: &Map<String, Value>) -> BTreeMap<String, Map<String, Value>> {
    let list = object["fields"].as_array().cloned().unwrap_or_default();
    let named = list.into_iter().filter_map(|field| {
        let field = field.as_object()?.clone();
        Some((field["name"].as_str()?.to_owned(), field))
    });
    named.collect()
}

fn is_explained(object: &str, field: &str, key: &str) -> bool {
    let fits = |known: &str, name: &str| known == "*" || known == name;
    DIFFERENT
        .iter()
        .any(|(o, f, k)| fits(o, object) && fits(f, field) && *k == key)
}

/// Keys of one that the other does not have, and values that differ.
fn differences(
    mine: &Map<String, Value>,
    theirs: &Map<String, Value>,
    skip: impl Fn(&str) -> bool,
) -> Vec<String> {
    let missing = theirs.keys().filter(|key| !mine.contains_key(*key));
    let mut found: Vec<String> = missing.map(|key| format!("{key} is missing")).collect();
    for (key, value) in mine.iter().filter(|(key, _)| !skip(key)) {
        match theirs.get(key) {
            Some(recorded) if recorded != value => {
                found.push(format!("{key} is {value}, recorded {recorded}"))
            }
            _ => {}
        }
    }
    found
}

fn compare(world: &mut World, object: &str, theirs: &Map<String, Value>) -> Vec<String> {
    let mine = described(world, object);
    // Lists are compared below, or are the org's own: layouts, children, record types.
    let own = |key: &str| theirs.get(key).is_some_and(|value| value.is_array()) || key == "urls";
    let mut found: Vec<String> = differences(&mine, theirs, own)
        .into_iter()
        .map(|problem| format!("{object}: {problem}"))
        .collect();
    let (mine, theirs) = (fields(&mine), fields(theirs));
    for (name, field) in mine.iter().filter(|(_, field)| field["custom"] == false) {
        let full_name = format!("{object}.{name}");
        match theirs.get(name) {
            Some(recorded) => found.extend(
                differences(field, recorded, |key| is_explained(object, name, key))
                    .into_iter()
                    .map(|problem| format!("{full_name}: {problem}")),
            ),
            None if UNSEEN.contains(&full_name.as_str()) => {}
            None => found.push(format!("{full_name} is recorded nowhere")),
        }
    }
    let is_whole = WHOLE.contains(&object);
    let missing = theirs
        .keys()
        .filter(|name| is_whole && !mine.contains_key(*name));
    found.extend(missing.map(|name| format!("{object}.{name} is missing")));
    found
}

#[test]
fn objects_are_described_as_real_orgs_describe_them() {
    let mut world = World::new(seed::demo());
    for (object, file) in OBJECTS {
        let Some(recorded) = recorded(file) else {
            return;
        };
        let theirs = recorded.as_object().expect("an object");
        let common = fields(theirs).len();
        assert!(common > 40, "{object} has {common} recorded fields");
        assert_eq!(
            compare(&mut world, object, theirs),
            Vec::<String>::new(),
            "{object}"
        );
    }
}

/// A metadata type as `describeMetadata` shows it, with its own children in the order of their names.
type Kind = (String, String, String, String, BTreeSet<String>);

fn kind_of_json(kind: &Value) -> (String, Kind) {
    let text = |key: &str| match &kind[key] {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    };
    let children = kind["childXmlNames"].as_array().into_iter().flatten();
    let children = children.filter_map(|name| name.as_str().map(str::to_owned));
    let words = ["directoryName", "suffix", "inFolder", "metaFile"].map(text);
    let [folder, suffix, in_folder, meta_file] = words;
    (
        text("xmlName"),
        (folder, suffix, in_folder, meta_file, children.collect()),
    )
}

fn kind_of_xml(kind: Node<'_, '_>) -> (String, Kind) {
    let texts = |name: &str| -> Vec<String> {
        let found = kind
            .children()
            .filter(|child| child.tag_name().name() == name);
        found
            .map(|child| child.text().unwrap_or_default().to_owned())
            .collect()
    };
    let text = |name: &str| texts(name).pop().unwrap_or_default();
    let words = ["directoryName", "suffix", "inFolder", "metaFile"].map(text);
    let [folder, suffix, in_folder, meta_file] = words;
    let children = texts("childXmlNames").into_iter().collect();
    (
        text("xmlName"),
        (folder, suffix, in_folder, meta_file, children),
    )
}

#[test]
fn metadata_types_are_described_as_a_real_org_describes_them() {
    let Some(recorded) = recorded("describe/describeMetadata_sf_cli.json") else {
        return;
    };
    let theirs: BTreeMap<String, Kind> = recorded["metadataObjects"]
        .as_array()
        .expect("a list")
        .iter()
        .map(kind_of_json)
        .collect();
    let mut world = World::new(seed::demo());
    let token = world.org.organization.access_token.clone();
    let envelope = format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Header><SessionHeader xmlns='http://soap.sforce.com/2006/04/metadata'><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body><describeMetadata xmlns='http://soap.sforce.com/2006/04/metadata'><asOfVersion>62.0</asOfVersion></describeMetadata></e:Body></e:Envelope>"
    );
    let response = ask(&mut world, "POST", "/services/Soap/m/62.0", envelope);
    let text = String::from_utf8(response.body).expect("UTF-8");
    let document = Document::parse(&text).expect("XML");
    let mine: BTreeMap<String, Kind> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "metadataObjects")
        .map(kind_of_xml)
        .collect();
    let differing: Vec<String> = theirs
        .iter()
        .filter_map(|(name, recorded)| {
            let own = mine.get(name)?;
            (own != recorded).then(|| format!("{name}: {own:?}, recorded {recorded:?}"))
        })
        .collect();
    assert_eq!(differing, Vec::<String>::new());
    let common = theirs
        .keys()
        .filter(|name| mine.contains_key(*name))
        .count();
    assert!(
        common * 10 >= theirs.len() * 9,
        "{common} of {} recorded types",
        theirs.len()
    );
}
