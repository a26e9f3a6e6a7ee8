//! What the embedded org does not know it refuses: every type and operation of the vendor's WSDL is tried.
//!
//! `ORGWRIGHT_WSDL` names the folder with `metadata.xsd` and `metadata.wsdl`; without it one line says so.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use salesforce_emulator::http::{Request, Response};
use salesforce_emulator::world::World;
use salesforce_emulator::{router, seed};
use serde_json::{Value, json};

const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";

/// A file of the WSDL's folder; `None`, and a line that says so, where nobody has it.
fn vendor(file: &str) -> Option<String> {
    let folder = testing::material("wsdl", file)?;
    Some(std::fs::read_to_string(folder.join(file)).expect("the file is there"))
}

fn call(world: &mut World, operation: &str, inside: &str) -> Response {
    let token = world.org.organization.access_token.clone();
    let body = format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><e:Header><SessionHeader xmlns='http://soap.sforce.com/2006/04/metadata'><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body><{operation} xmlns='http://soap.sforce.com/2006/04/metadata'>{inside}</{operation}></e:Body></e:Envelope>"
    );
    let request = Request {
        method: "POST".to_owned(),
        path: "/services/Soap/m/66.0".to_owned(),
        headers: BTreeMap::from([("content-type".to_owned(), "text/xml".to_owned())]),
        body: body.into_bytes(),
        base_url: "http://127.0.0.1".to_owned(),
        ..Request::default()
    };
    router::handle(world, request)
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).expect("UTF-8")
}

/// Whether a call says that it did what it was told.
fn claims(response: &Response) -> bool {
    response.status == 200 && text(response).contains("<success>true</success>")
}

/// A REST request as the administrator: status and body.
fn rest(world: &mut World, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let token = world.org.organization.access_token.clone();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let request = Request {
        method: method.to_owned(),
        path: format!("/services/data/v66.0/{path}"),
        query: query.to_owned(),
        headers: BTreeMap::from([("authorization".to_owned(), format!("Bearer {token}"))]),
        body: body.to_string().into_bytes(),
        ..Request::default()
    };
    let response = router::handle(world, request);
    (
        response.status,
        serde_json::from_slice(&response.body).unwrap_or_default(),
    )
}

/// The state without what every request counts.
fn state(world: &World) -> Value {
    let mut org = world.org.clone();
    org.api_requests = 0;
    serde_json::to_value(&org).expect("it serialises")
}

/// The types a component can have: those that extend `Metadata`, and what extends them.
fn types(document: &Document<'_>) -> Vec<String> {
    let is = |node: &Node<'_, '_>, name: &str| node.has_tag_name((SCHEMA, name));
    let declared = document
        .descendants()
        .filter(|node| is(node, "complexType"));
    let extends = |node: &Node<'_, '_>| {
        let extension = node.descendants().find(|node| is(node, "extension"))?;
        let base = extension.attribute("base")?.rsplit(':').next()?;
        let name = node.attribute("name")?;
        matches!(base, "Metadata" | "MetadataWithContent").then(|| name.to_owned())
    };
    declared.filter_map(|node| extends(&node)).collect()
}

/// Creates a component of a type with nothing but its name; what the org claims must be there afterwards.
fn try_type(kind: &str) -> Result<bool, String> {
    let mut world = World::new(seed::standard());
    let name = "Lead.Silent_One__c";
    let read = format!("<type>{kind}</type><fullNames>{name}</fullNames>");
    let created = call(
        &mut world,
        "createMetadata",
        &format!("<metadata xsi:type='{kind}'><fullName>{name}</fullName></metadata>"),
    );
    let there = |world: &mut World| {
        let seen = call(world, "readMetadata", &read);
        seen.status == 200 && text(&seen).contains("<fullName>")
    };
    let claimed = claims(&created);
    if claimed != there(&mut world) {
        return Err(format!("{kind}: claimed {claimed}: {}", text(&created)));
    }
    if !claimed {
        return Ok(false);
    }
    let names = format!("<type>{kind}</type><fullNames>{name}</fullNames>");
    let deleted = call(&mut world, "deleteMetadata", &names);
    if claims(&deleted) == there(&mut world) {
        return Err(format!(
            "{kind}: deleted and still there, or the reverse: {}",
            text(&deleted)
        ));
    }
    Ok(true)
}

#[test]
fn no_type_is_created_in_words_only() {
    let Some(schema) = vendor("metadata.xsd") else {
        return;
    };
    let document = Document::parse(&schema).expect("the schema is XML");
    let types = types(&document);
    assert!(types.len() > 300, "{} types", types.len());
    let problems: Vec<String> = types
        .iter()
        .filter_map(|kind| try_type(kind).err())
        .collect();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn every_operation_is_served_or_refused() {
    let Some(wsdl) = vendor("metadata.wsdl") else {
        return;
    };
    let document = Document::parse(&wsdl).expect("the WSDL is XML");
    let ports = document
        .descendants()
        .filter(|node| node.has_tag_name((WSDL, "portType")));
    let operations = ports.flat_map(|port| {
        port.children()
            .filter(|node| node.has_tag_name((WSDL, "operation")))
            .filter_map(|node| node.attribute("name"))
    });
    let mut served = Vec::new();
    for operation in operations {
        let mut world = World::new(seed::standard());
        let before = serde_json::to_value(&world.org).expect("it serialises");
        let response = call(&mut world, operation, "");
        let told = text(&response);
        let answered = told.contains(&format!("<{operation}Response"));
        let refused = response.status == 500 && told.contains("<faultcode>");
        assert!(
            answered != refused,
            "{operation}: {} {told}",
            response.status
        );
        assert!(
            !told.contains("<success>true</success>"),
            "{operation}: {told}"
        );
        let after = serde_json::to_value(&world.org).expect("it serialises");
        assert!(
            refused || after == before || operation == "deploy" || operation == "retrieve",
            "{operation}"
        );
        if !told.contains("No operation available") {
            served.push(operation);
        }
    }
    let expected = [
        "cancelDeploy",
        "checkDeployStatus",
        "checkRetrieveStatus",
        "checkStatus",
        "createMetadata",
        "deleteMetadata",
        "deploy",
        "deployRecentValidation",
        "describeMetadata",
        "listMetadata",
        "readMetadata",
        "retrieve",
        "updateMetadata",
        "upsertMetadata",
    ];
    served.sort_unstable();
    assert_eq!(served, expected);
}

#[test]
fn unknown_types_are_refused_by_every_operation() {
    let mut world = World::new(seed::standard());
    let before = state(&world);
    let component = "<metadata xsi:type='Nonsense'><fullName>A</fullName></metadata>";
    let named = "<type>Nonsense</type><fullNames>A</fullNames>";
    for (operation, inside) in [
        ("createMetadata", component),
        ("updateMetadata", component),
        ("upsertMetadata", component),
        ("deleteMetadata", named),
        ("readMetadata", named),
        (
            "listMetadata",
            "<queries><type>Nonsense</type></queries><asOfVersion>66.0</asOfVersion>",
        ),
        ("nonsense", ""),
    ] {
        let response = call(&mut world, operation, inside);
        let told = text(&response);
        assert_eq!(response.status, 500, "{operation}: {told}");
        assert!(told.contains("<faultcode>"), "{operation}: {told}");
    }
    assert_eq!(state(&world), before);
}

/// Creates a component with an element nobody knows; it has to be refused, or to be there afterwards.
fn try_unknown_element(kind: &str) -> Option<String> {
    let mut world = World::new(seed::standard());
    let component = format!(
        "<metadata xsi:type='{kind}'><fullName>Lead.Silent_One__c</fullName><bogusElement>kept?</bogusElement></metadata>"
    );
    let created = call(&mut world, "createMetadata", &component);
    if !claims(&created) {
        return None;
    }
    let names = format!("<type>{kind}</type><fullNames>Lead.Silent_One__c</fullNames>");
    let told = text(&call(&mut world, "readMetadata", &names));
    (!told.contains("<bogusElement>kept?</bogusElement>")).then(|| format!("{kind}: {told}"))
}

#[test]
fn unknown_elements_are_refused_or_kept() {
    let Some(schema) = vendor("metadata.xsd") else {
        return;
    };
    let document = Document::parse(&schema).expect("the schema is XML");
    let types = types(&document);
    let problems: Vec<String> = types
        .iter()
        .filter_map(|kind| try_unknown_element(kind))
        .collect();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn unknown_fields_are_refused_on_every_object() {
    let mut world = World::new(seed::demo());
    let (_, described) = rest(&mut world, "GET", "sobjects", &Value::Null);
    let objects = described["sobjects"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let names: Vec<&str> = objects
        .iter()
        .filter_map(|object| object["name"].as_str())
        .collect();
    assert!(names.len() > 30, "{names:?}");
    let before = state(&world);
    for object in names {
        let bogus = json!({"Bogus__c": 1});
        let id = "001Ow00000000000AA";
        let requests = [
            ("POST", format!("sobjects/{object}"), &bogus),
            ("PATCH", format!("sobjects/{object}/{id}"), &bogus),
            (
                "GET",
                format!("query?q=SELECT+Bogus__c+FROM+{object}"),
                &Value::Null,
            ),
            (
                "GET",
                format!("query?q=SELECT+Id+FROM+{object}+ORDER+BY+Bogus__c"),
                &Value::Null,
            ),
            (
                "GET",
                format!("query?q=SELECT+COUNT()+FROM+{object}+WHERE+Bogus__c=null"),
                &Value::Null,
            ),
        ];
        for (method, path, body) in requests {
            let (status, answer) = rest(&mut world, method, &path, body);
            assert!(
                (400..500).contains(&status),
                "{method} {path}: {status} {answer}"
            );
            assert!(
                answer[0]["errorCode"].is_string(),
                "{method} {path}: {answer}"
            );
        }
    }
    assert_eq!(state(&world), before);
}

#[test]
fn unknown_resources_and_methods_are_refused() {
    let mut world = World::new(seed::standard());
    let before = state(&world);
    for path in [
        "bogus",
        "sobjects/Bogus__c",
        "sobjects/Lead/describe/bogus",
        "composite/bogus",
        "tooling/bogus",
        "jobs/ingest",
        "search",
        "graphql",
        "ui-api/object-info",
    ] {
        for method in ["GET", "POST", "PATCH", "PUT", "DELETE"] {
            let (status, answer) = rest(&mut world, method, path, &json!({"LastName": "A"}));
            assert!(
                (400..500).contains(&status),
                "{method} {path}: {status} {answer}"
            );
        }
    }
    assert_eq!(state(&world), before);
}
