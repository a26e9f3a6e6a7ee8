//! Requests to an emulated org in this process, as an administrator and as others: REST, SOAP and deploys.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::time::Duration;

use salesforce_emulator::http::{Request, Response};
use salesforce_emulator::world::{Clock, World};
use salesforce_emulator::{router, seed};
use serde_json::{Value, json};

/// An org with a clock that stands still.
pub(crate) struct Desk {
    pub(crate) world: World,
}

/// What the metadata service is asked with.
const SERVICE: &str = "http://soap.sforce.com/2006/04/metadata";

impl Desk {
    /// A standard org without external defaults, which would have to be narrowed along.
    pub(crate) fn new() -> Desk {
        let mut org = seed::standard();
        org.organization.external_sharing_model_enabled = false;
        let world = World {
            clock: Clock::Manual,
            ..World::new(org)
        };
        Desk { world }
    }

    /// How long deploys and recalculations take, in seconds.
    pub(crate) fn taking(mut self, deploy: u64, recalculation: u64) -> Desk {
        self.world.deploy_time = Duration::from_secs(deploy);
        self.world.recalculation = Duration::from_secs(recalculation);
        self
    }

    pub(crate) fn advance(&mut self, seconds: u64) {
        self.world.advance(Duration::from_secs(seconds));
    }

    fn send(&mut self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Response {
        let token = self.world.org.organization.access_token.clone();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("content-type", kind.to_owned()),
        ];
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            base_url: "http://127.0.0.1:1".to_owned(),
            body,
            ..Request::default()
        };
        router::handle(&mut self.world, request)
    }

    /// A REST request; status and body.
    pub(crate) fn rest(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let path = format!("/services/data/v66.0/{path}");
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let response = self.send(method, &path, "application/json", body);
        let answer = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        (response.status, answer)
    }

    /// Creates a record and gives its id.
    pub(crate) fn create(&mut self, object: &str, fields: Value) -> String {
        let (status, answer) = self.rest("POST", &format!("sobjects/{object}"), &fields);
        assert_eq!(status, 201, "{object}: {answer}");
        answer["id"].as_str().expect("an id").to_owned()
    }

    /// The error code of a request that is refused.
    pub(crate) fn refused(&mut self, method: &str, path: &str, body: Value) -> String {
        let (status, answer) = self.rest(method, path, &body);
        assert!(status >= 400, "{method} {path}: {status} {answer}");
        answer[0]["errorCode"].as_str().expect("a code").to_owned()
    }

    /// The rows of a query, or the error code.
    pub(crate) fn query(&mut self, soql: &str) -> Result<Vec<Value>, String> {
        let encoded = soql
            .replace('%', "%25")
            .replace('+', "%2B")
            .replace(' ', "+");
        let (status, answer) = self.rest("GET", &format!("query?q={encoded}"), &Value::Null);
        match status {
            200 => Ok(answer["records"].as_array().cloned().unwrap_or_default()),
            _ => Err(answer[0]["errorCode"]
                .as_str()
                .unwrap_or_default()
                .to_owned()),
        }
    }

    /// One text of the first row of a query.
    pub(crate) fn text(&mut self, soql: &str) -> String {
        let rows = self.query(soql).expect(soql);
        let row = rows.first().and_then(Value::as_object).expect(soql);
        let text = row
            .iter()
            .find(|(name, _)| *name != "attributes")
            .and_then(|(_, value)| value.as_str());
        text.expect(soql).to_owned()
    }

    /// A call of the metadata service.
    pub(crate) fn metadata(&mut self, operation: &str, inside: &str) -> String {
        let token = self.world.org.organization.access_token.clone();
        let body = format!(
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><e:Header><SessionHeader xmlns='{SERVICE}'><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body><{operation} xmlns='{SERVICE}'>{inside}</{operation}></e:Body></e:Envelope>"
        );
        let response = self.send(
            "POST",
            "/services/Soap/m/66.0",
            "text/xml",
            body.into_bytes(),
        );
        String::from_utf8(response.body).expect("UTF-8")
    }

    /// Starts a deploy and gives its id.
    pub(crate) fn start(&mut self, package: &Package, options: Value) -> String {
        let mut all = json!({"rollbackOnError": true, "singlePackage": true});
        for (name, value) in options.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        let options = json!({"deployOptions": all});
        let mut body = format!("--B\r\nContent-Type: application/json\r\n\r\n{options}\r\n--B\r\nContent-Type: application/zip\r\n\r\n").into_bytes();
        body.extend(package.zip());
        body.extend(b"\r\n--B--\r\n");
        let path = "/services/data/v66.0/metadata/deployRequest";
        let response = self.send("POST", path, "multipart/form-data; boundary=B", body);
        assert_eq!(
            response.status,
            201,
            "{}",
            String::from_utf8_lossy(&response.body)
        );
        let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
        answer["id"].as_str().expect("an id").to_owned()
    }

    /// The result of a deploy as it is now.
    pub(crate) fn result(&mut self, id: &str) -> Value {
        let path = format!("metadata/deployRequest/{id}?includeDetails=true");
        let (status, mut answer) = self.rest("GET", &path, &Value::Null);
        assert_eq!(status, 200, "{answer}");
        answer["deployResult"].take()
    }

    /// Deploys and gives the result.
    pub(crate) fn deploy(&mut self, package: &Package, options: Value) -> Value {
        let id = self.start(package, options);
        self.result(&id)
    }

    /// Deploys what must go in.
    pub(crate) fn deployed(&mut self, package: &Package) {
        let result = self.deploy(package, Value::Null);
        assert_eq!(result["status"], "Succeeded", "{result:#}");
    }
}

/// Files of a deploy, with a manifest that names everything in them.
#[derive(Default)]
pub(crate) struct Package {
    files: BTreeMap<String, String>,
    members: BTreeMap<String, Vec<String>>,
}

impl Package {
    /// With one more component: its type, name, path, and what is inside its root.
    pub(crate) fn with(self, kind: &str, name: &str, path: &str, inside: &str) -> Package {
        self.with_root(kind, kind, name, path, inside)
    }

    /// A component whose file begins with another name than that of its type.
    pub(crate) fn with_root(
        mut self,
        root: &str,
        kind: &str,
        name: &str,
        path: &str,
        inside: &str,
    ) -> Package {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{SERVICE}\">\n{inside}\n</{root}>\n"
        );
        self.members
            .entry(kind.to_owned())
            .or_default()
            .push(name.to_owned());
        self.files.insert(path.to_owned(), text);
        self
    }

    pub(crate) fn role(self, name: &str, inside: &str) -> Package {
        let inside = format!("    <name>{name}</name>\n{inside}");
        self.with("Role", name, &format!("roles/{name}.role"), &inside)
    }

    pub(crate) fn model(self, object: &str, model: &str) -> Package {
        let inside = format!("    <sharingModel>{model}</sharingModel>");
        self.with(
            "CustomObject",
            object,
            &format!("objects/{object}.object"),
            &inside,
        )
    }

    pub(crate) fn rules(self, object: &str, rules: &[String]) -> Package {
        let path = format!("sharingRules/{object}.sharingRules");
        self.with("SharingRules", object, &path, &rules.join("\n"))
    }

    /// With a file that no manifest names.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Package {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    /// With a list of what to destroy: `destructiveChangesPre.xml` and the like.
    pub(crate) fn destroying(self, file: &str, members: &[(&str, &str)]) -> Package {
        let types = members.iter().map(|(kind, name)| {
            format!("<types><members>{name}</members><name>{kind}</name></types>")
        });
        let text = format!(
            "<Package xmlns=\"{SERVICE}\">{}</Package>",
            types.collect::<String>()
        );
        self.file(file, &text)
    }

    /// With one more name in the manifest.
    pub(crate) fn naming(mut self, kind: &str, name: &str) -> Package {
        self.members
            .entry(kind.to_owned())
            .or_default()
            .push(name.to_owned());
        self
    }

    /// The package as a zip archive.
    pub(crate) fn zip(&self) -> Vec<u8> {
        let types = self.members.iter().map(|(kind, names)| {
            let names = names
                .iter()
                .map(|name| format!("<members>{name}</members>"));
            format!(
                "<types>{}<name>{kind}</name></types>",
                names.collect::<String>()
            )
        });
        let manifest = format!(
            "<Package xmlns=\"{SERVICE}\">{}<version>66.0</version></Package>",
            types.collect::<String>()
        );
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (path, text) in self
            .files
            .iter()
            .chain([(&"package.xml".to_owned(), &manifest)])
        {
            writer.start_file(path.as_str(), options).expect("writable");
            writer.write_all(text.as_bytes()).expect("writable");
        }
        writer.finish().expect("writable").into_inner()
    }
}

/// A criteria rule to a role, with a field and a value.
pub(crate) fn rule(name: &str, role: &str, field: &str, value: &str) -> String {
    format!(
        "    <sharingCriteriaRules>\n        <fullName>{name}</fullName>\n        <accessLevel>Read</accessLevel>\n        <label>{name}</label>\n        \
         <sharedTo>\n            <role>{role}</role>\n        </sharedTo>\n        <criteriaItems>\n            <field>{field}</field>\n            \
         <operation>equals</operation>\n            <value>{value}</value>\n        </criteriaItems>\n        \
         <includeRecordsOwnedByAll>true</includeRecordsOwnedByAll>\n    </sharingCriteriaRules>"
    )
}

/// What every new user needs, with these fields besides.
pub(crate) fn user(desk: &mut Desk, name: &str, more: Value) -> Value {
    let profile = desk.text("SELECT Id FROM Profile WHERE Name = 'Standard User'");
    let mut fields = json!({
        "Username": format!("{name}@company.example"), "LastName": name, "Email": format!("{name}@company.example"),
        "Alias": name.chars().take(8).collect::<String>(), "ProfileId": profile, "TimeZoneSidKey": "GMT",
        "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        fields[name] = value.clone();
    }
    fields
}
