//! The embedded org as other programs meet it: how long its work takes, and that no request is too rude for it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use proptest::sample::select;
use salesforce_emulator::http::{Request, Response};
use salesforce_emulator::world::World;
use salesforce_emulator::{router, seed};
use serde_json::{Value, json};

use crate::program::Org;
use crate::sharing::desk::Package;

/// Narrows the default of leads; the deploy's id.
fn narrow_leads(org: &Org) -> String {
    org.deploy(&Package::default().model("Lead", "Private"))
}

/// How the deploy stands, and the default of leads in force.
fn standing(org: &Org, deploy: &str) -> (String, String) {
    let path = format!("/services/data/v66.0/metadata/deployRequest/{deploy}");
    let (status, answer) = org.send("GET", &path, "", "");
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let soql = "SELECT InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Lead'";
    let rows = org.query(soql);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&answer["deployResult"]["status"]),
        text(&rows[0]["InternalSharingModel"]),
    )
}

#[test]
fn deploys_and_recalculations_take_as_long_as_they_are_told() {
    let times = [
        "--clock",
        "manual",
        "--deploy-time",
        "6",
        "--recalculation",
        "30s",
    ];
    let org = Org::start(&times);
    let deploy = narrow_leads(&org);
    let mut last = 0;
    let mut check = |second: u64, status: &str, model: &str| {
        let body = json!({"advance": format!("{}s", second - last)}).to_string();
        assert_eq!(org.send("POST", "/emulator/clock", "", &body).0, 200);
        last = second;
        let expected = (status.to_owned(), model.to_owned());
        assert_eq!(standing(&org, &deploy), expected, "after {second} s");
    };
    let before = "ReadWriteTransfer";
    check(0, "Pending", before);
    check(5, "InProgress", before);
    check(6, "Succeeded", before);
    check(35, "Succeeded", before);
    check(36, "Succeeded", "Private");
}

#[test]
fn without_times_everything_is_done_at_the_first_look() {
    let org = Org::start(&["--clock", "manual"]);
    let deploy = narrow_leads(&org);
    let expected = ("Succeeded".to_owned(), "Private".to_owned());
    assert_eq!(standing(&org, &deploy), expected);
}

/// One request to the REST API.
#[derive(Clone, Debug)]
struct Nonsense {
    method: &'static str,
    path: String,
    query: String,
    body: Vec<u8>,
}

const OBJECTS: [&str; 16] = [
    "Lead",
    "contact",
    "User",
    "UserLogin",
    "Profile",
    "PermissionSet",
    "PermissionSetAssignment",
    "ObjectPermissions",
    "FieldPermissions",
    "Group",
    "GroupMember",
    "UserRole",
    "LeadShare",
    "EntityDefinition",
    "Nope__c",
    "%00%ff",
];

const IDS: [&str; 9] = [
    "00QOw0000000001MAA",
    "00QOw0000000001",
    "005Ow0000000001MAA",
    "00eOw0000000001MAA",
    "00GOw0000000002MAA",
    "xyz",
    "%F0%9F%92%A5",
    "describe",
    "",
];

const FIELDS: [&str; 18] = [
    "Id",
    "Name",
    "LastName",
    "Email",
    "OwnerId",
    "Sync_to_HubSpot__c",
    "CreatedDate",
    "Score__c",
    "ProfileId",
    "UserRoleId",
    "IsActive",
    "Username",
    "AssigneeId",
    "PermissionSetId",
    "LeadId",
    "attributes",
    "nothing__c",
    "\u{1f4a5}",
];

const WORDS: [&str; 34] = [
    "SELECT",
    "FROM",
    "WHERE",
    "Id",
    "Lead",
    "User",
    "Owner.Name",
    "COUNT()",
    "COUNT(Id)",
    "(",
    ")",
    ",",
    "=",
    "!=",
    "<",
    "LIKE",
    "IN",
    "NOT",
    "AND",
    "OR",
    "'x'",
    "'%\\'",
    "'",
    "null",
    "1e999",
    "-9999999999999999999",
    "LAST_N_DAYS:99999999999",
    "ORDER",
    "BY",
    "GROUP",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "\u{1f4a5}",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(&IDS[..]).prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        (1..5u32).prop_map(|power| "x".repeat(10_usize.pow(power)).into()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let fields = prop::collection::vec((select(&FIELDS[..]), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| {
                let named = fields.into_iter();
                Value::Object(
                    named
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

/// What composite resources and collections are sent, with nonsense where something else should be.
fn envelope() -> impl Strategy<Value = Value> {
    let record = (select(&OBJECTS[..]), value()).prop_map(|(object, value)| {
        let mut record = match value {
            Value::Object(fields) => Value::Object(fields),
            other => json!({ "LastName": other }),
        };
        record["attributes"] = json!({"type": object, "referenceId": "one"});
        record
    });
    let records = prop::collection::vec(record, 0..4);
    let parts = prop::collection::vec((method(), path(), value()), 0..4);
    prop_oneof![
        value(),
        (records, any::<bool>())
            .prop_map(|(records, all)| json!({"allOrNone": all, "records": records})),
        (parts, value()).prop_map(|(parts, all)| {
            let part = |(method, url, body): (&str, String, Value)| {
                json!({"method": method, "url": url, "referenceId": "one", "body": body, "richInput": body})
            };
            let parts: Vec<Value> = parts.into_iter().map(part).collect();
            json!({"allOrNone": all, "compositeRequest": parts, "batchRequests": parts})
        }),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => envelope().prop_map(|value| value.to_string().into_bytes()),
        1 => (envelope(), 0..40_usize).prop_map(|(value, cut)| {
            let mut text = value.to_string().into_bytes();
            text.truncate(cut);
            text
        }),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => Just("[".repeat(5_000).into_bytes()),
    ]
}

fn method() -> impl Strategy<Value = &'static str> {
    select(&["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "BREW"][..])
}

fn path() -> impl Strategy<Value = String> {
    let (object, id, field) = (select(&OBJECTS[..]), select(&IDS[..]), select(&FIELDS[..]));
    let below = (object, id, field, 0..19_usize).prop_map(|(object, id, field, which)| {
        let paths = [
            String::new(),
            "/limits".to_owned(),
            "/sobjects".to_owned(),
            format!("/sobjects/{object}"),
            format!("/sobjects/{object}/describe"),
            format!("/sobjects/{object}/{id}"),
            format!("/sobjects/{object}/{id}/{field}"),
            format!("/sobjects/{object}/{field}/{id}"),
            "/composite".to_owned(),
            "/composite/batch".to_owned(),
            format!("/composite/tree/{object}"),
            "/composite/sobjects".to_owned(),
            format!("/composite/sobjects/{object}"),
            format!("/composite/sobjects/{object}/{field}"),
            "/query".to_owned(),
            format!("/query/{id}-2000"),
            "/tooling/query".to_owned(),
            format!("/tooling/sobjects/{object}/{id}"),
            format!("/metadata/deployRequest/{id}"),
        ];
        paths.into_iter().nth(which).unwrap()
    });
    (select(&["v66.0", "v51.0", "v50.0", "v66", "x"][..]), below)
        .prop_map(|(version, below)| format!("/services/data/{version}{below}"))
}

fn query() -> impl Strategy<Value = String> {
    let soql = prop::collection::vec(select(&WORDS[..]), 0..14).prop_map(|words| {
        let text = format!("SELECT Id FROM {}", words.join(" "));
        let encoded = text.bytes().map(|byte| format!("%{byte:02X}"));
        format!("q={}", encoded.collect::<String>())
    });
    let fields = prop::collection::vec(select(&FIELDS[..]), 0..4);
    prop_oneof![
        3 => soql,
        1 => fields.prop_map(|fields| format!("fields={}", fields.join(","))),
        1 => select(&["", "q=", "q=%", "ids=,,", "ids=xyz&allOrNone=maybe", "%%%=&&="][..]).prop_map(str::to_owned),
    ]
}

fn nonsense() -> impl Strategy<Value = Nonsense> {
    (method(), path(), query(), body()).prop_map(|(method, path, query, body)| Nonsense {
        method,
        path,
        query,
        body,
    })
}

fn ask(world: &mut World, nonsense: &Nonsense) -> Response {
    let token = world.org.organization.access_token.clone();
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("content-type", "application/json".to_owned()),
    ];
    let request = Request {
        method: nonsense.method.to_owned(),
        path: nonsense.path.clone(),
        query: nonsense.query.clone(),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
        body: nonsense.body.clone(),
        base_url: "http://127.0.0.1".to_owned(),
        ..Request::default()
    };
    router::handle(world, request)
}

/// Whether a refusal is a list of codes with sentences, as all of the REST API are but those of a tree of records.
fn is_in_shape(response: &Response) -> bool {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    are_refusals(&body, "errorCode") || is_refused_tree(&body)
}

/// Whether this is a list of codes, each under this key and with a sentence.
fn are_refusals(list: &Value, key: &str) -> bool {
    let is_code = |code: &str| {
        code.bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'_' | b'0'..=b'9'))
    };
    let refused = |entry: &Value| {
        let message = entry["message"].as_str().unwrap_or_default();
        entry[key].as_str().is_some_and(is_code) && !message.is_empty()
    };
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    !entries.is_empty() && entries.iter().all(refused)
}

/// Whether this names records of a tree by their references, with what is wrong with each (REST API guide, sObject Tree).
fn is_refused_tree(body: &Value) -> bool {
    let refused = |result: &Value| {
        result["referenceId"].is_string() && are_refusals(&result["errors"], "statusCode")
    };
    let results = body["results"].as_array().map(Vec::as_slice);
    let results = results.unwrap_or_default();
    body["hasErrors"] == true && !results.is_empty() && results.iter().all(refused)
}

/// Asks all of it one after the other; every answer is one that the platform gives.
fn check_answers(requests: &[Nonsense]) -> Result<(), TestCaseError> {
    let mut world = World::new(seed::demo());
    for nonsense in requests {
        let response = ask(&mut world, nonsense);
        let told = String::from_utf8_lossy(&response.body);
        let told: String = told.chars().take(300).collect();
        prop_assert!(
            (200..500).contains(&response.status),
            "{}: {told}",
            response.status
        );
        // A composite of which every part failed still succeeded; a HEAD has no body to look at.
        let looked_at = response.status >= 400 && nonsense.method != "HEAD";
        prop_assert!(
            !looked_at || is_in_shape(&response),
            "{}: {told}",
            response.status
        );
    }
    let users = &world.org.users;
    prop_assert!(users.contains_key(&world.org.organization.administrator));
    Ok(())
}

#[test]
fn a_tree_that_is_refused_names_the_record() {
    let records =
        json!({"records": [{"attributes": {"type": "Lead", "referenceId": "one"}, "Nope__c": 1}]});
    let tree = Nonsense {
        method: "POST",
        path: "/services/data/v66.0/composite/tree/Lead".to_owned(),
        query: String::new(),
        body: records.to_string().into_bytes(),
    };
    let response = ask(&mut World::new(seed::demo()), &tree);
    assert_eq!(response.status, 400);
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    assert!(is_refused_tree(&body), "{body}");
    assert_eq!(body["results"][0]["referenceId"], "one");
    check_answers(&[tree]).unwrap();
}

proptest! {
    #![proptest_config(testing::law(600))]

    #[test]
    fn nonsense_is_refused_in_the_platforms_shape(
        requests in prop::collection::vec(nonsense(), 1..5)
    ) {
        check_answers(&requests)?;
    }
}
