//! The REST side of the demo org, from request to answer.

mod assignments;
mod details;
mod licenses;
mod picklists;

use serde_json::{Value, json};

use crate::http::{Request, Response};
use crate::store::{Org, Platform};
use crate::world::World;
use crate::{router, seed};

struct Client {
    world: World,
    token: String,
}

impl Client {
    fn administrator() -> Client {
        Client::of(seed::demo())
    }

    /// The administrator of the standard org with these files laid over it: path, text.
    fn seeded(files: &[(&str, &str)]) -> Client {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Client::of(seed::from_files(&[folder.path().to_owned()]).unwrap())
    }

    fn of(org: Org) -> Client {
        let token = org.organization.access_token.clone();
        Client {
            world: World::new(org),
            token,
        }
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Response {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: [("authorization".to_owned(), format!("Bearer {}", self.token))].into(),
            body: body.as_bytes().to_vec(),
            base_url: "http://localhost:1".to_owned(),
            user: String::new(),
        };
        router::handle(&mut self.world, request)
    }

    fn call(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let response = self.send(
            method,
            &format!("/services/data/v66.0/{path}"),
            &body.to_string(),
        );
        (
            response.status,
            serde_json::from_slice(&response.body).unwrap_or(Value::Null),
        )
    }

    fn query(&mut self, soql: &str) -> Value {
        let encoded = soql.replace('%', "%25").replace('+', "%2B");
        self.call("GET", &format!("query?q={encoded}"), Value::Null)
            .1
    }

    fn id(&mut self, soql: &str) -> String {
        self.query(soql)["records"][0]["Id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn user(&mut self, username: &str) -> Value {
        let profile = self.id("SELECT Id FROM Profile WHERE Name = 'Standard User'");
        json!({
            "Username": username, "LastName": "Integration", "Email": "revops@acme.example", "Alias": "hubspot",
            "ProfileId": profile, "TimeZoneSidKey": "Europe/London", "LocaleSidKey": "en_GB",
            "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
        })
    }
}

/// A metadata document.
fn document(kind: &str, content: &str) -> String {
    format!("<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{content}</{kind}>")
}

fn code(answer: &Value) -> &str {
    answer[0]["errorCode"].as_str().unwrap_or_default()
}

#[test]
fn the_queries_of_a_plan_are_answered() {
    let mut client = Client::administrator();
    let queries = [
        "SELECT Id, Name, OrganizationType, IsSandbox, InstanceName, NamespacePrefix, TrialExpirationDate, TimeZoneSidKey, DefaultLocaleSidKey, LanguageLocaleKey, DefaultLeadAccess FROM Organization",
        "SELECT QualifiedApiName, InternalSharingModel, ExternalSharingModel, DurableId, Label, KeyPrefix FROM EntityDefinition WHERE QualifiedApiName = 'lead'",
        "SELECT Profile.Name, Profile.UserLicense.Name, UserRole.DeveloperName, (SELECT PermissionSet.Name FROM PermissionSetAssignments) FROM User WHERE Username LIKE 'ada%'",
        "SELECT ProfileId, COUNT(Id) FROM User WHERE IsActive = true GROUP BY ProfileId",
        "SELECT Id FROM PermissionSet WHERE (IsOwnedByProfile = true AND Profile.Name = 'System Administrator') OR Label IN ('HubSpot Integration Permissions')",
        "SELECT Parent.Profile.Name FROM ObjectPermissions WHERE SobjectType = 'Lead' AND (PermissionsViewAllRecords = true OR PermissionsModifyAllRecords = true)",
        "SELECT SobjectType, Field FROM FieldPermissions WHERE Field = 'Lead.Sync_to_HubSpot__c'",
        "SELECT AssigneeId FROM PermissionSetAssignment WHERE Assignee.IsActive = true AND PermissionSetId IN (SELECT ParentId FROM ObjectPermissions WHERE SobjectType = 'Lead' AND PermissionsModifyAllRecords = true)",
        "SELECT Name, TotalLicenses, UsedLicenses FROM UserLicense WHERE Name = 'Salesforce'",
        "SELECT Id FROM UserRole WHERE ParentRoleId = null",
        "SELECT Id FROM Group WHERE Type IN ('Role') AND RelatedId != null",
        "SELECT Queue.Name FROM QueueSobject WHERE SobjectType = 'Lead'",
        "SELECT RowCause, COUNT(Id) FROM LeadShare GROUP BY RowCause",
        "SELECT OwnerId, COUNT(Id) n FROM Lead GROUP BY OwnerId",
    ];
    for soql in queries {
        let answer = client.query(soql);
        assert!(
            answer["totalSize"].as_u64().is_some_and(|total| total > 0),
            "{soql}: {answer}"
        );
    }
}

#[test]
fn organization_and_definitions_show_the_defaults_each_in_its_own_words() {
    let mut client = Client::administrator();
    let organization = &client
        .query("SELECT DefaultLeadAccess, DefaultContactAccess FROM Organization")["records"][0];
    assert_eq!(organization["DefaultLeadAccess"], "ReadEditTransfer");
    assert_eq!(organization["DefaultContactAccess"], "ControlledByParent");
    let soql = "SELECT InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ('Contact', 'Lead')";
    let answer = client.query(soql);
    assert_eq!(
        answer["records"][0]["InternalSharingModel"], "ReadWrite",
        "a contact shows its account's model"
    );
    assert_eq!(
        answer["records"][1]["InternalSharingModel"],
        "ReadWriteTransfer"
    );
}

#[test]
fn refused_queries_have_the_platforms_words() {
    let mut client = Client::administrator();
    let cases = [
        (
            "SELECT Id, Bogus__c FROM Lead",
            "INVALID_FIELD",
            "No such column 'Bogus__c' on entity 'Lead'.",
        ),
        (
            "SELECT Id FROM Bogus__c",
            "INVALID_TYPE",
            "sObject type 'Bogus__c' is not supported.",
        ),
        (
            "SELECT Id FROM Lead WHERE",
            "MALFORMED_QUERY",
            "unexpected token: '<EOF>'",
        ),
        (
            "SELECT Bogus.Id FROM Lead",
            "INVALID_FIELD",
            "Didn't understand relationship 'Bogus' in field path.",
        ),
        (
            "SELECT (SELECT Id FROM Bogus) FROM Lead",
            "INVALID_TYPE",
            "Didn't understand relationship 'Bogus' in FROM part",
        ),
        (
            "SELECT Id FROM Lead WHERE IsConverted = 'x'",
            "INVALID_FIELD",
            "must be of type boolean and should not be enclosed",
        ),
        (
            "SELECT Id FROM Lead WHERE LastName = 3",
            "INVALID_FIELD",
            "must be of type string and should be enclosed",
        ),
        (
            "SELECT Id FROM Lead WHERE OwnerId = 'x'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: x",
        ),
        (
            "SELECT LastName, COUNT(Id) FROM Lead",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: LastName",
        ),
        (
            "SELECT Id FROM UserLicense WHERE UsedLicenses > 1",
            "INVALID_FIELD",
            "can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM FieldDefinition",
            "EXTERNAL_OBJECT_EXCEPTION",
            "A filter on a reified column is required",
        ),
        (
            "SELECT Id, id FROM Lead",
            "MALFORMED_QUERY",
            "duplicate field selected: id",
        ),
        (
            "SELECT Id FROM ContactShare",
            "INVALID_TYPE",
            "sObject type 'ContactShare' is not supported.",
        ),
        (
            "SELECT Id FROM DeployRequest",
            "INVALID_TYPE",
            "sObject type 'DeployRequest' is not supported.",
        ),
        (
            "SELECT RecordId FROM UserRecordAccess WHERE RecordId = '00QOw0000000001'",
            "MALFORMED_QUERY",
            "exactly one UserId",
        ),
    ];
    for (soql, expected, message) in cases {
        let answer = client.query(soql);
        assert_eq!(code(&answer), expected, "{soql}: {answer}");
        assert!(
            answer[0]["message"].as_str().unwrap().contains(message),
            "{soql}: {answer}"
        );
    }
}

#[test]
fn a_field_that_nothing_grants_does_not_exist() {
    let mut client = Client::administrator();
    let user = client.user("hubspot.integration@acme.example");
    let (status, created) = client.call("POST", "sobjects/User", user);
    assert_eq!(status, 201, "{created}");
    client.token = crate::login::issue(&mut client.world, created["id"].as_str().unwrap());
    assert_eq!(
        code(&client.query("SELECT Sync_to_HubSpot__c FROM Lead")),
        "INVALID_FIELD"
    );
    let (_, described) = client.call("GET", "sobjects/Lead/describe", Value::Null);
    let names: Vec<&str> = described["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|field| field["name"].as_str())
        .collect();
    assert!(names.contains(&"LastName") && !names.contains(&"Sync_to_HubSpot__c"));
    let lead = json!({"LastName": "A", "Company": "B", "Sync_to_HubSpot__c": true});
    let (status, refused) = client.call("POST", "sobjects/Lead", lead);
    assert_eq!((status, code(&refused)), (400, "INVALID_FIELD"));
}

#[test]
fn users_are_unique_counted_and_undeletable() {
    let mut client = Client::administrator();
    let user = client.user("HubSpot.Integration@acme.example");
    let (_, created) = client.call("POST", "sobjects/User", user.clone());
    let id = created["id"].as_str().unwrap().to_owned();
    let stored = client.query(&format!(
        "SELECT Username, CommunityNickname, UserType FROM User WHERE Id = '{}'",
        &id[..15]
    ));
    assert_eq!(
        stored["records"][0]["Username"],
        "hubspot.integration@acme.example"
    );
    assert_eq!(stored["records"][0]["UserType"], "Standard");
    let check = |client: &mut Client, change: Value, expected: &str| {
        let mut other = user.clone();
        for (name, value) in change.as_object().unwrap() {
            other[name] = value.clone();
        }
        let (status, refused) = client.call("POST", "sobjects/User", other);
        assert_eq!((status, code(&refused)), (400, expected), "{change}");
    };
    check(&mut client, json!({}), "DUPLICATE_USERNAME");
    check(
        &mut client,
        json!({"Username": "b@acme.example", "Email": null}),
        "REQUIRED_FIELD_MISSING",
    );
    check(
        &mut client,
        json!({"Username": "nobody"}),
        "INVALID_EMAIL_ADDRESS",
    );
    check(
        &mut client,
        json!({"Username": "b@acme.example", "Alias": "far too long"}),
        "STRING_TOO_LONG",
    );
    check(
        &mut client,
        json!({"Username": "b@acme.example", "LocaleSidKey": "English"}),
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    );
    check(
        &mut client,
        json!({"Username": "b@acme.example", "ProfileId": "00eOw000000zzzz"}),
        "INVALID_CROSS_REFERENCE_KEY",
    );
    let (status, refused) = client.call("DELETE", &format!("sobjects/User/{id}"), Value::Null);
    assert_eq!(
        (status, code(&refused)),
        (400, "INVALID_TYPE_FOR_OPERATION")
    );
}

#[test]
fn licence_seats_run_out_and_come_free_again() {
    let mut client = Client::administrator();
    let seats = client
        .query("SELECT TotalLicenses, UsedLicenses FROM UserLicense WHERE Name = 'Salesforce'");
    let seats = &seats["records"][0];
    let free = seats["TotalLicenses"].as_u64().unwrap() - seats["UsedLicenses"].as_u64().unwrap();
    let mut last = String::new();
    for number in 0..free {
        let user = client.user(&format!("u{number}@acme.example"));
        last = client.call("POST", "sobjects/User", user).1["id"]
            .as_str()
            .unwrap()
            .to_owned();
    }
    let user = client.user("one.more@acme.example");
    let (status, refused) = client.call("POST", "sobjects/User", user.clone());
    assert_eq!((status, code(&refused)), (400, "LICENSE_LIMIT_EXCEEDED"));
    assert_eq!(
        client
            .call(
                "PATCH",
                &format!("sobjects/User/{last}"),
                json!({"IsActive": false})
            )
            .0,
        204
    );
    assert_eq!(client.call("POST", "sobjects/User", user).0, 201);
    let (_, refused) = client.call(
        "PATCH",
        &format!("sobjects/User/{last}"),
        json!({"IsActive": true}),
    );
    assert_eq!(code(&refused), "LICENSE_LIMIT_EXCEEDED");
}

#[test]
fn permission_sets_are_assigned_once() {
    let mut client = Client::administrator();
    let user = client.user("hubspot.integration@acme.example");
    let user = client.call("POST", "sobjects/User", user).1["id"].clone();
    let set = client.id("SELECT Id FROM PermissionSet WHERE NamespacePrefix = 'HubSpot_Inc'");
    let assignment = json!({"AssigneeId": user, "PermissionSetId": set});
    let (status, created) = client.call(
        "POST",
        "sobjects/PermissionSetAssignment",
        assignment.clone(),
    );
    assert_eq!(status, 201, "{created}");
    let (_, refused) = client.call("POST", "sobjects/PermissionSetAssignment", assignment);
    assert_eq!(code(&refused), "DUPLICATE_VALUE");
    let own = client.id(&format!("SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = {user} AND PermissionSet.IsOwnedByProfile = true").replace('"', "'"));
    let (_, refused) = client.call(
        "DELETE",
        &format!("sobjects/PermissionSetAssignment/{own}"),
        Value::Null,
    );
    assert_eq!(code(&refused), "INSUFFICIENT_ACCESS_OR_READONLY");
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        client
            .call(
                "DELETE",
                &format!("sobjects/PermissionSetAssignment/{id}"),
                Value::Null
            )
            .0,
        204
    );
}

#[test]
fn chatter_users_get_no_set_their_licence_refuses() {
    let mut client = Client::administrator();
    let user = client.query("SELECT Id FROM User WHERE Profile.UserLicense.Name = 'Chatter Free'");
    let Some(user) = user["records"][0]["Id"].as_str().map(str::to_owned) else {
        panic!("the demo org has a Chatter user: {user}")
    };
    let (_, set) = client.call("POST", "sobjects/PermissionSet", json!({"Name": "Api", "Label": "Api", "PermissionsApiEnabled": true, "PermissionsViewSetup": true}));
    let (_, refused) = client.call(
        "POST",
        "sobjects/PermissionSetAssignment",
        json!({"AssigneeId": user, "PermissionSetId": set["id"]}),
    );
    assert_eq!(code(&refused), "FIELD_INTEGRITY_EXCEPTION");
    let message = refused[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("Can't assign permission set Api to user ")
            && message.contains("The user license doesn't allow the permission: "),
        "{message}"
    );
}

#[test]
fn user_record_access_answers_for_two_hundred_records_at_most() {
    let mut client = Client::administrator();
    let user = client
        .id("SELECT Id FROM User WHERE Profile.Name = 'Standard User' AND IsActive = true LIMIT 1");
    let leads = client.query("SELECT Id FROM Lead LIMIT 201");
    let ids: Vec<String> = leads["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lead| format!("'{}'", &lead["Id"].as_str().unwrap()[..15]))
        .collect();
    let soql = |ids: &[String]| {
        format!(
            "SELECT RecordId, HasReadAccess, HasEditAccess, MaxAccessLevel FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId IN ({})",
            ids.join(",")
        )
    };
    let answer = client.query(&soql(&ids[..200]));
    assert_eq!(answer["totalSize"], 200, "{answer}");
    assert_eq!(answer["records"][0]["HasEditAccess"], true);
    assert_eq!(code(&client.query(&soql(&ids))), "MALFORMED_QUERY");
}

#[test]
fn the_running_users_own_access_can_be_selected_but_not_filtered_on() {
    let mut client = Client::administrator();
    let answer =
        client.query("SELECT Id, UserRecordAccess.HasEditAccess, Owner.Type FROM Lead LIMIT 1");
    let lead = &answer["records"][0];
    assert_eq!(lead["UserRecordAccess"]["HasEditAccess"], true, "{answer}");
    assert_eq!(lead["Owner"]["attributes"]["type"], "Name");
    let soql = "SELECT Id FROM Lead WHERE UserRecordAccess.HasEditAccess = true";
    assert_eq!(code(&client.query(soql)), "INVALID_FIELD");
}

#[test]
fn everybody_is_told_of_the_permissions_that_are_its_own() {
    let mut client = Client::administrator();
    let query = "SELECT PermissionsViewSetup, PermissionsManageUsers FROM UserPermissionAccess";
    let rows = client.query(query);
    assert_eq!(rows["totalSize"], 1);
    assert_eq!(rows["records"][0]["PermissionsManageUsers"], true);
    let form =
        "grant_type=password&client_id=x&username=quentin.marlholt%40acme.example&password=secret";
    let answer = client.send("POST", "/services/oauth2/token", form);
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    answer["access_token"]
        .as_str()
        .unwrap()
        .clone_into(&mut client.token);
    let rows = client.query(query);
    assert_eq!(rows["totalSize"], 1);
    assert_eq!(rows["records"][0]["PermissionsManageUsers"], false);
}

#[test]
fn view_all_fields_came_with_version_63() {
    let mut client = Client::administrator();
    let soql = "query?q=SELECT+PermissionsViewAllFields+FROM+ObjectPermissions+LIMIT+1";
    for (version, expected) in [("62.0", 400), ("63.0", 200)] {
        let path = format!("/services/data/v{version}/{soql}");
        assert_eq!(client.send("GET", &path, "").status, expected, "{version}");
    }
}

#[test]
fn pages_follow_each_other() {
    let mut client = Client::administrator();
    let request = Request {
        method: "GET".to_owned(),
        path: "/services/data/v66.0/query".to_owned(),
        query: "q=SELECT+Id+FROM+Lead".to_owned(),
        headers: [
            (
                "authorization".to_owned(),
                format!("Bearer {}", client.token),
            ),
            (
                "sforce-query-options".to_owned(),
                "batchSize=900".to_owned(),
            ),
        ]
        .into(),
        ..Request::default()
    };
    let first: Value =
        serde_json::from_slice(&router::handle(&mut client.world, request).body).unwrap();
    assert_eq!(
        (first["totalSize"].as_u64(), first["done"].as_bool()),
        (Some(2000), Some(false))
    );
    let next = first["nextRecordsUrl"]
        .as_str()
        .unwrap()
        .trim_start_matches("/services/data/v66.0/")
        .to_owned();
    assert!(
        next.starts_with("query/01g") && next.ends_with("-900"),
        "{next}"
    );
    let (_, second) = client.call("GET", &next, Value::Null);
    assert_eq!(second["records"].as_array().unwrap().len(), 1100);
    assert_eq!(second["done"], true);
    assert_eq!(
        code(&client.call("GET", "query/01gOw0000000zzz-0", Value::Null).1),
        "INVALID_QUERY_LOCATOR"
    );
}

#[test]
fn what_is_too_long_is_refused_as_the_platform_refuses_it() {
    let mut client = Client::administrator();
    let soql = |length: usize| {
        let query = "SELECT Id FROM Lead WHERE Email = ''";
        query.replace(
            "''",
            &format!("'{}'", "ä".repeat(length - query.chars().count())),
        )
    };
    let mut parts = |length: usize| {
        let url = format!("/services/data/v66.0/query?q={}", soql(length));
        let part = json!({"method": "GET", "url": url, "referenceId": "part"});
        let other =
            json!({"method": "GET", "url": "/services/data/v66.0/limits", "referenceId": "limits"});
        let body = json!({"compositeRequest": [part, other]});
        let (status, answer) = client.call("POST", "composite", body);
        assert_eq!(status, 200, "{answer}");
        let parts = answer["compositeResponse"].as_array().unwrap().clone();
        assert_eq!(parts[1]["httpStatusCode"], 200, "{}", parts[1]);
        parts[0].clone()
    };
    let longest = parts(100_000);
    assert_eq!(longest["httpStatusCode"], 200, "{longest}");
    let refused = parts(100_001);
    assert_eq!(refused["httpStatusCode"], 400, "{refused}");
    assert_eq!(code(&refused["body"]), "MALFORMED_QUERY");
    let told = "SOQL statements can not be longer than 100000 characters.";
    assert_eq!(refused["body"][0]["message"], told);

    let start = "/services/data/v66.0/query?q=SELECT+Id+FROM+Lead+WHERE+Email='";
    let url = |bytes: usize| {
        let length = bytes - "http://localhost:1".len() - start.len() - 1;
        format!("{start}{}'", "x".repeat(length))
    };
    let longest = client.send("GET", &url(16_384), "");
    assert_eq!(longest.status, 200);
    let refused = client.send("GET", &url(16_385), "");
    assert_eq!(refused.status, 414);
    assert_eq!(refused.content_type, "text/html;charset=iso-8859-1");
}

#[test]
fn each_interface_has_a_composite_of_its_own() {
    let mut client = Client::administrator();
    let part = |url: &str, name: &str| json!({"method": "GET", "url": format!("/services/data/v66.0/{url}"), "referenceId": name});
    let body = json!({"compositeRequest": [
        part("tooling/query?q=SELECT+Id+FROM+CustomField+LIMIT+1", "tooling"),
        part("query?q=SELECT+Id+FROM+Lead+LIMIT+1", "plain"),
    ]});
    let statuses = |client: &mut Client, resource: &str| {
        let (status, answer) = client.call("POST", resource, body.clone());
        assert_eq!(status, 200, "{answer}");
        [0, 1].map(|part| answer["compositeResponse"][part]["httpStatusCode"].clone())
    };
    for resource in ["composite", "tooling/composite"] {
        assert_eq!(statuses(&mut client, resource), [200, 200], "{resource}");
    }
    client.world.org.platform = Platform::parse("tooling-in-composite=refused").unwrap();
    assert_eq!(statuses(&mut client, "composite"), [404, 200]);
    assert_eq!(statuses(&mut client, "tooling/composite"), [200, 404]);
    let nested = part("tooling/composite", "nested");
    let body = json!({"compositeRequest": [nested]});
    let (_, answer) = client.call("POST", "tooling/composite", body);
    assert_eq!(
        answer["compositeResponse"][0]["body"][0]["errorCode"],
        "INVALID_BATCH_REQUEST"
    );
    let (status, _) = client.call("GET", "tooling/composite", Value::Null);
    assert_eq!(status, 405);
}

#[test]
fn a_composite_is_all_or_none_and_refers_to_earlier_answers() {
    let mut client = Client::administrator();
    let lead = |reference: &str, body: Value| json!({"method": "POST", "url": "/services/data/v66.0/sobjects/Lead", "referenceId": reference, "body": body});
    let count = client.query("SELECT COUNT() FROM Lead")["totalSize"].clone();
    let good = lead("a", json!({"LastName": "A", "Company": "B"}));
    let patch = json!({"method": "PATCH", "url": "/services/data/v66.0/sobjects/Lead/@{a.id}", "referenceId": "b", "body": {"City": "@{a.id}"}});
    let dangling = json!({"method": "GET", "url": "/services/data/v66.0/sobjects/Lead/@{a.records[0].Id}", "referenceId": "c"});
    let (_, answer) = client.call(
        "POST",
        "composite",
        json!({"allOrNone": true, "compositeRequest": [good, patch, dangling]}),
    );
    let statuses: Vec<u64> = answer["compositeResponse"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|part| part["httpStatusCode"].as_u64())
        .collect();
    assert_eq!(statuses, [400, 400, 400], "{answer}");
    assert_eq!(
        answer["compositeResponse"][2]["body"][0]["message"],
        "Invalid reference specified. No value for a.records[0].Id found in a"
    );
    assert_eq!(client.query("SELECT COUNT() FROM Lead")["totalSize"], count);
    let (_, answer) = client.call(
        "POST",
        "composite",
        json!({"compositeRequest": [good, patch]}),
    );
    assert_eq!(
        answer["compositeResponse"][1]["httpStatusCode"], 204,
        "{answer}"
    );
}

#[test]
fn a_collection_fails_row_by_row_with_status_codes() {
    let mut client = Client::administrator();
    let records = json!([
        {"attributes": {"type": "Lead"}, "LastName": "A", "Company": "B"},
        {"attributes": {"type": "Lead"}, "LastName": "A"},
    ]);
    let (status, rows) = client.call(
        "POST",
        "composite/sobjects",
        json!({"allOrNone": false, "records": records}),
    );
    assert_eq!(status, 200);
    assert_eq!(rows[0]["success"], true);
    assert_eq!(rows[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    let (_, rows) = client.call(
        "POST",
        "composite/sobjects",
        json!({"allOrNone": true, "records": records}),
    );
    assert_eq!(
        rows[0]["errors"][0]["statusCode"],
        "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    );
}

#[test]
fn collections_are_read_and_upserted() {
    let mut client = Client::administrator();
    let found = client.query("SELECT Id, LastName FROM Lead ORDER BY Id LIMIT 2");
    let lead = found["records"][0].clone();
    let ids = json!([lead["Id"], "00Q000000000000AAA"]);
    let (status, rows) = client.call(
        "POST",
        "composite/sobjects/Lead",
        json!({"ids": ids, "fields": ["LastName"]}),
    );
    assert_eq!((status, &rows[1]), (200, &Value::Null));
    assert_eq!(rows[0]["LastName"], lead["LastName"]);
    let records = json!([
        {"attributes": {"type": "Lead"}, "id": lead["Id"], "LastName": "Kept"},
        {"attributes": {"type": "Lead"}, "LastName": "Nameless"}
    ]);
    let (_, rows) = client.call(
        "PATCH",
        "composite/sobjects/Lead/Id",
        json!({"records": records}),
    );
    assert_eq!(
        (&rows[0]["success"], &rows[0]["created"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(rows[1]["errors"][0]["statusCode"], "MISSING_ARGUMENT");
    let (status, _) = client.call("PATCH", "composite/sobjects/Lead", json!({}));
    assert_eq!(status, 405);
}

#[test]
fn a_batch_tells_of_each_request() {
    let mut client = Client::administrator();
    let requests = json!([{"method": "GET", "url": "v66.0/query?q=SELECT+COUNT()+FROM+Lead"}, {"method": "GET", "url": "v66.0/bogus"}]);
    let (_, answer) = client.call(
        "POST",
        "composite/batch",
        json!({"batchRequests": requests}),
    );
    assert_eq!(answer["hasErrors"], true);
    assert_eq!(answer["results"][0]["result"]["totalSize"], 2000);
    assert_eq!(answer["results"][1]["statusCode"], 404);
}

#[test]
fn the_log_in_refuses_strangers_and_inactive_users() {
    let mut client = Client::administrator();
    let mut ask = |form: &str| {
        let response = client.send("POST", "/services/oauth2/token", form);
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        (response.status, body)
    };
    let (status, granted) = ask(
        "grant_type=password&client_id=x&username=ada.fenwright%40acme.example&password=secret",
    );
    assert_eq!(status, 200, "{granted}");
    assert_eq!(granted["instance_url"], "http://localhost:1");
    assert_eq!(
        ask("grant_type=password&client_id=x&username=nobody%40acme.example&password=secret").1["error"],
        "invalid_grant"
    );
    assert_eq!(
        ask("grant_type=refresh_token&client_id=x&refresh_token=y").1["error_description"],
        "expired access/refresh token"
    );
    assert_eq!(ask("grant_type=magic").1["error"], "unsupported_grant_type");
    client.token = "00D!none".to_owned();
    assert_eq!(
        code(&client.query("SELECT Id FROM Lead")),
        "INVALID_SESSION_ID"
    );
}

#[test]
fn changes_in_setup_leave_a_trail() {
    let mut client = Client::administrator();
    let user = client.user("hubspot.integration@acme.example");
    client.call("POST", "sobjects/User", user);
    let trail = client.query("SELECT Action, Display, CreatedBy.Username FROM SetupAuditTrail");
    assert_eq!(trail["records"][0]["Action"], "createduser", "{trail}");
    assert_eq!(
        trail["records"][0]["CreatedBy"]["Username"],
        "ada.fenwright@acme.example"
    );
}

#[test]
fn foreign_input_never_panics() {
    let mut client = Client::administrator();
    let paths = [
        "",
        "/",
        "//",
        "/services",
        "/services/data/",
        "/services/data/v66.0/sobjects/Lead/%C3",
        "/services/data/v66.0/query?q=%",
        "/services/data/v66.0/query/x-y",
        "/services/data/v66.0/sobjects/ÄÖShare/describe",
        "/id/x/y",
        "/services/data/v66.0/composite/sobjects?ids=,,",
        "/services/data/v66.0/composite/sobjects/Lead?ids=,,",
        "/services/data/v66.0/composite/sobjects/Lead/Bogus__c",
    ];
    let bodies = [
        "",
        "[]",
        "{",
        "null",
        "{\"compositeRequest\":[{}]}",
        "{\"batchRequests\":[1]}",
        "{\"records\":[1]}",
        "\u{0}",
    ];
    for path in paths {
        for (method, body) in ["GET", "POST", "PATCH", "DELETE", "ODD"]
            .iter()
            .zip(bodies)
            .chain([(&"POST", bodies[5])])
        {
            assert!(client.send(method, path, body).status >= 200);
        }
    }
    for query in [
        "SELECT",
        "SELECT Id FROM Lead WHERE Id IN (",
        "(((",
        "'",
        "SELECT Id FROM Lead LIMIT 99999999999999999999",
        "SELECT COUNT(Id) FROM Lead ORDER BY Id",
        "SELECT a.b.c.d.e.f.g.h FROM Lead",
        "SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS:99999999999",
    ] {
        client.query(query);
    }
}

#[test]
fn relationships_lead_to_parents_and_children() {
    let mut client = Client::administrator();
    let contact = client
        .query("SELECT Id, AccountId, Account.Name FROM Contact WHERE AccountId != null LIMIT 1");
    let contact = contact["records"][0].clone();
    let (id, account) = (
        contact["Id"].as_str().unwrap(),
        contact["AccountId"].as_str().unwrap(),
    );
    let (status, parent) = client.call(
        "GET",
        &format!("sobjects/Contact/{id}/account"),
        Value::Null,
    );
    assert_eq!(
        (status, &parent["Name"]),
        (200, &contact["Account"]["Name"])
    );
    let (_, children) = client.call(
        "GET",
        &format!("sobjects/Account/{account}/Contacts"),
        Value::Null,
    );
    let counted = client.query(&format!(
        "SELECT COUNT() FROM Contact WHERE AccountId = '{account}'"
    ));
    assert_eq!(children["totalSize"], counted["totalSize"]);
    assert_eq!(children["records"][0]["AccountId"], *account);
    let orphan = client.id("SELECT Id FROM Contact WHERE AccountId = null LIMIT 1");
    for path in [
        format!("sobjects/Contact/{orphan}/Account"),
        format!("sobjects/Account/{account}/Bogus"),
        format!("sobjects/Account/{id}/Contacts"),
    ] {
        assert_eq!(client.call("GET", &path, Value::Null).0, 404, "{path}");
    }
}

#[test]
fn collections_are_read_by_id() {
    let mut client = Client::administrator();
    let lead = client.id("SELECT Id FROM Lead LIMIT 1");
    let missing = "00QOw0000000zzzAAA";
    let expected = |answer: &Value| {
        let rows = answer.as_array().unwrap();
        assert_eq!(
            (rows.len(), &rows[0]["Id"], &rows[1]),
            (2, &json!(lead), &Value::Null),
            "{answer}"
        );
    };
    let (_, posted) = client.call(
        "POST",
        "composite/sobjects/Lead",
        json!({"ids": [lead, missing], "fields": ["Id", "Name"]}),
    );
    expected(&posted);
    let path =
        format!("/services/data/v66.0/composite/sobjects/Lead?ids={lead},{missing}&fields=Id,Name");
    let got = client.send("GET", &path, "");
    expected(&serde_json::from_slice(&got.body).unwrap());
    let (status, refused) = client.call(
        "POST",
        "composite/sobjects/Lead",
        json!({"ids": [lead], "fields": ["Bogus"]}),
    );
    assert_eq!((status, code(&refused)), (400, "INVALID_FIELD"));
    assert_eq!(
        client
            .call("POST", "composite/sobjects/Lead", json!({"ids": [lead]}))
            .0,
        400
    );
}

#[test]
fn a_description_is_not_sent_again_before_setup_changes() {
    let mut client = Client::administrator();
    client.world.clock = crate::world::Clock::Manual;
    let describe = |client: &mut Client, since: Option<&str>| {
        client.world.advance(std::time::Duration::from_secs(60));
        let since = since.map(|since| ("if-modified-since".to_owned(), since.to_owned()));
        let token = (
            "authorization".to_owned(),
            format!("Bearer {}", client.token),
        );
        let request = Request {
            method: "GET".to_owned(),
            path: "/services/data/v66.0/sobjects/Lead/describe".to_owned(),
            headers: since.into_iter().chain([token]).collect(),
            ..Request::default()
        };
        let response = router::handle(&mut client.world, request);
        let stamp = response
            .headers
            .iter()
            .find(|(name, _)| name == "Last-Modified");
        (response.status, stamp.map(|(_, value)| value.clone()))
    };
    let (status, stamp) = describe(&mut client, None);
    assert_eq!(status, 200);
    assert_eq!(describe(&mut client, stamp.as_deref()).0, 304);
    client.call(
        "POST",
        "sobjects/Lead",
        json!({"LastName": "A", "Company": "B"}),
    );
    assert_eq!(
        describe(&mut client, stamp.as_deref()).0,
        304,
        "a record is no setup"
    );
    client.call(
        "POST",
        "sobjects/PermissionSet",
        json!({"Name": "New", "Label": "New"}),
    );
    assert_eq!(describe(&mut client, stamp.as_deref()).0, 200);
    assert_eq!(describe(&mut client, Some("yesterday")).0, 200);
}
