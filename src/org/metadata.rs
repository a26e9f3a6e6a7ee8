//! The Metadata API over SOAP: read, list, retrieve, deploy.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::percent_decode_str;
use reqwest::Method;

use crate::archive;
use crate::xml::Element;

use super::answer::HttpAnswer;
use super::deploy::{DeployOptions, DeployStatus, flag, some_text, text};
use super::error::OrgError;
use super::session::{Body, Request};
use super::soap::{METADATA, metadata, repeated};
use super::{Reader, Rehearser, Writer, all, poll};

/// Components of one `readMetadata` (Metadata API guide).
const MAX_READ: usize = 10;
/// Looks at a retrieve before giving up; by the schedule that is half an hour.
const MAX_LOOKS: usize = 220;

/// A component as the org lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileProperties {
    /// Metadata type.
    pub kind: String,
    /// Full name, percent-encoded where the name holds more than letters.
    pub full_name: String,
    /// Path in a retrieved archive.
    pub file_name: String,
    /// Record id; standard objects have none.
    pub id: Option<String>,
    /// Namespace of the managed package it came with.
    pub namespace_prefix: Option<String>,
    /// Who changed it last.
    pub last_modified_by: Option<String>,
    /// When, in the platform's form. Built-in components say 1970.
    pub last_modified_date: Option<String>,
}

/// A retrieved package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retrieved {
    /// The files by their path in the package.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What the org says about members it did not give: a missing member is no failure of the retrieve.
    pub messages: Vec<String>,
    /// What the org says about each file.
    pub properties: Vec<FileProperties>,
}

impl Reader {
    /// Components by name, in the order asked; `None` where the org has none of that name. Each is the root of a
    /// metadata file: named by its type, in the metadata namespace. Ten go to a request, requests in parallel.
    ///
    /// # Errors
    /// [`OrgError::Refused`] with the platform's words, and the errors of transport.
    pub async fn read_metadata(
        &self,
        kind: &str,
        full_names: &[String],
    ) -> Result<Vec<Option<Element>>, OrgError> {
        let requests = full_names.chunks(MAX_READ).map(|names| {
            let (reader, kind, names) = (self.clone(), kind.to_owned(), names.to_vec());
            async move { reader.read_chunk(&kind, &names).await }
        });
        let chunks = all(requests).await?;
        Ok(chunks.into_iter().flatten().collect())
    }

    async fn read_chunk(
        &self,
        kind: &str,
        names: &[String],
    ) -> Result<Vec<Option<Element>>, OrgError> {
        let operation = read_operation(kind, names);
        let (answer, mut response) = self
            .soap(format!("read metadata of type {kind}"), operation)
            .await?;
        let records = match response.child_mut("result") {
            Some(result) => std::mem::take(&mut result.children),
            None => return Err(answer.unreadable("it has no result")),
        };
        in_order(kind, names, records)
            .ok_or_else(|| answer.unreadable("it holds components that were not asked for"))
    }

    /// Every component of a type.
    ///
    /// # Errors
    /// As [`Reader::read_metadata`].
    pub async fn list_metadata(&self, kind: &str) -> Result<Vec<FileProperties>, OrgError> {
        let operation = list_operation(kind, &self.identity().api_version);
        let (_, response) = self
            .soap(format!("list metadata of type {kind}"), operation)
            .await?;
        Ok(response
            .children_named("result")
            .map(FileProperties::read)
            .collect())
    }

    /// Members by type, as a package; waits until the org has packed it.
    ///
    /// # Errors
    /// As [`Reader::read_metadata`]; [`OrgError::Garbled`] for an archive that cannot be read.
    pub async fn retrieve(
        &self,
        types: &BTreeMap<String, Vec<String>>,
    ) -> Result<Retrieved, OrgError> {
        let operation = retrieve_operation(types, &self.identity().api_version);
        let (answer, response) = self
            .soap(String::from("start a retrieve"), operation)
            .await?;
        let id = started(&answer, &response)?;
        for wait in poll::schedule().take(MAX_LOOKS) {
            self.session.http.pause(wait).await;
            if flag(&self.retrieve_status(&id, false).await?, "done") {
                // The platform may forget the archive once it has handed it over, so it is asked for at the end only.
                return retrieved(&self.retrieve_status(&id, true).await?);
            }
        }
        Err(OrgError::Busy {
            host: self.identity().instance_url.clone(),
            reason: String::from("a retrieve does not end"),
            retry_after: None,
        })
    }

    async fn retrieve_status(&self, id: &str, include_zip: bool) -> Result<Element, OrgError> {
        let operation = retrieve_status_operation(id, include_zip);
        self.result(String::from("look at a retrieve"), operation)
            .await
    }

    /// Where a deploy stands, with what it says about each component.
    ///
    /// # Errors
    /// As [`Reader::read_metadata`].
    pub async fn deploy_status(&self, id: &str) -> Result<DeployStatus, OrgError> {
        let operation = deploy_status_operation(id);
        let result = self
            .result(String::from("look at a deploy"), operation)
            .await?;
        Ok(DeployStatus::read(&result))
    }

    /// The one `result` of an operation.
    async fn result(&self, operation: String, body: Element) -> Result<Element, OrgError> {
        let (answer, mut response) = self.soap(operation, body).await?;
        let result = response.child_mut("result").map(std::mem::take);
        result.ok_or_else(|| answer.unreadable("it has no result"))
    }

    async fn soap(
        &self,
        operation: String,
        body: Element,
    ) -> Result<(HttpAnswer, Element), OrgError> {
        self.send_soap(operation, body, false).await
    }

    async fn send_soap(
        &self,
        operation: String,
        body: Element,
        write: bool,
    ) -> Result<(HttpAnswer, Element), OrgError> {
        let expected = format!("{}Response", body.name);
        let request = Request {
            operation,
            method: Method::POST,
            path: format!("/services/Soap/m/{}", self.identity().api_version),
            body: Body::Soap(body),
            write,
            api_calls: 1,
        };
        let answer = self.session.call(&request).await?;
        let response = answer.soap()?;
        if response.name != expected {
            return Err(
                answer.unreadable(&format!("it is a `{}`, not a `{expected}`", response.name))
            );
        }
        Ok((answer, response))
    }
}

impl Writer {
    /// Hands a package over and returns the id of the deploy, to be looked at with [`Reader::deploy_status`].
    ///
    /// # Errors
    /// [`OrgError::LostAnswer`] where the org may have taken it: it is never sent again, the caller looks it up.
    pub async fn deploy(&self, zip: Vec<u8>, options: DeployOptions) -> Result<String, OrgError> {
        let operation = deploy_operation(&zip, &options);
        let sent = self
            .reader
            .send_soap(String::from("start a deploy"), operation, true)
            .await;
        let (answer, response) = sent?;
        started(&answer, &response)
    }
}

impl Rehearser {
    /// Hands a package over to be checked, saving nothing, and returns the id of the check-only deploy.
    ///
    /// # Errors
    /// As [`Writer::deploy`].
    pub async fn check(&self, zip: Vec<u8>) -> Result<String, OrgError> {
        let options = DeployOptions {
            check_only: true,
            ..DeployOptions::default()
        };
        let operation = deploy_operation(&zip, &options);
        let what = String::from("start a check-only deploy");
        let (answer, response) = self.reader.send_soap(what, operation, true).await?;
        started(&answer, &response)
    }

    /// Cancels a check-only deploy of ours; says whether it has ended by that. One that is running may be cancelled a
    /// little later (Metadata API guide, cancelDeploy).
    ///
    /// # Errors
    /// What the org or the way to it made impossible; one that has ended by itself is refused.
    pub async fn cancel(&self, id: &str) -> Result<bool, OrgError> {
        let operation = cancel_operation(id);
        let what = String::from("cancel a check-only deploy");
        let (_, response) = self.reader.send_soap(what, operation, true).await?;
        Ok(response
            .child("result")
            .is_some_and(|result| flag(result, "done")))
    }
}

impl FileProperties {
    fn read(properties: &Element) -> Self {
        Self {
            kind: text(properties, "type"),
            full_name: text(properties, "fullName"),
            file_name: text(properties, "fileName"),
            id: some_text(properties, "id"),
            namespace_prefix: some_text(properties, "namespacePrefix"),
            last_modified_by: some_text(properties, "lastModifiedByName"),
            last_modified_date: some_text(properties, "lastModifiedDate"),
        }
    }
}

fn read_operation(kind: &str, names: &[String]) -> Element {
    repeated(
        metadata("readMetadata").with(Element::leaf("type", kind)),
        "fullNames",
        names,
    )
}

fn list_operation(kind: &str, api_version: &str) -> Element {
    metadata("listMetadata")
        .with(Element::new("queries").with(Element::leaf("type", kind)))
        .with(Element::leaf("asOfVersion", api_version))
}

fn retrieve_status_operation(id: &str, include_zip: bool) -> Element {
    metadata("checkRetrieveStatus")
        .with(Element::leaf("asyncProcessId", id))
        .with(Element::leaf("includeZip", include_zip.to_string()))
}

/// The operation that deploys an archive with `package.xml` at its root.
fn deploy_operation(zip: &[u8], options: &DeployOptions) -> Element {
    let flags = [
        ("allowMissingFiles", false),
        ("autoUpdatePackage", false),
        ("checkOnly", options.check_only),
        ("ignoreWarnings", options.ignore_warnings),
        ("performRetrieve", false),
        ("purgeOnDelete", false),
        ("rollbackOnError", options.rollback_on_error),
        ("singlePackage", true),
    ];
    let mut deploy_options = flags
        .iter()
        .fold(Element::new("DeployOptions"), |parent, (name, value)| {
            parent.with(Element::leaf(*name, value.to_string()))
        });
    if let Some(level) = &options.test_level {
        deploy_options = deploy_options.with(Element::leaf("testLevel", level));
    }
    metadata("deploy")
        .with(Element::leaf("ZipFile", BASE64.encode(zip)))
        .with(deploy_options)
}

fn deploy_status_operation(id: &str) -> Element {
    metadata("checkDeployStatus")
        .with(Element::leaf("asyncProcessId", id))
        .with(Element::leaf("includeDetails", "true"))
}

fn cancel_operation(id: &str) -> Element {
    metadata("cancelDeploy").with(Element::leaf("String", id))
}

fn retrieve_operation(types: &BTreeMap<String, Vec<String>>, api_version: &str) -> Element {
    let package = types
        .iter()
        .fold(Element::new("unpackaged"), |package, (kind, members)| {
            let types = repeated(Element::new("types"), "members", members);
            package.with(types.with(Element::leaf("name", kind)))
        });
    let request = Element::new("retrieveRequest")
        .with(Element::leaf("apiVersion", api_version))
        .with(Element::leaf("singlePackage", "true"))
        .with(package.with(Element::leaf("version", api_version)));
    metadata("retrieve").with(request)
}

/// The id of what was started.
fn started(answer: &HttpAnswer, response: &Element) -> Result<String, OrgError> {
    let id = response
        .child("result")
        .and_then(|result| some_text(result, "id"));
    id.ok_or_else(|| answer.unreadable("it names no id"))
}

fn retrieved(result: &Element) -> Result<Retrieved, OrgError> {
    let failed = |what: String| OrgError::Garbled {
        what,
        excerpt: String::from("(an archive)"),
    };
    if !flag(result, "success") {
        let code = text(result, "errorStatusCode");
        return Err(OrgError::Refused {
            operation: String::from("retrieve metadata"),
            refusal: Box::new(super::Refusal::new(
                200,
                &code,
                &text(result, "errorMessage"),
            )),
            request_id: None,
        });
    }
    let encoded: String = text(result, "zipFile").split_ascii_whitespace().collect();
    let zip = BASE64
        .decode(encoded)
        .map_err(|error| failed(format!("a retrieved archive is not base64: {error}")))?;
    let files =
        archive::unpack(&zip).map_err(|error| failed(format!("a retrieved archive: {error}")))?;
    Ok(Retrieved {
        files,
        messages: result
            .children_named("messages")
            .map(|message| text(message, "problem"))
            .collect(),
        properties: result
            .children_named("fileProperties")
            .map(FileProperties::read)
            .collect(),
    })
}

/// The records in the order of the names asked for. The org answers in that order with nil records for what it
/// lacks; a name is looked at first all the same, since a wrong profile would be a wrong plan.
fn in_order(kind: &str, names: &[String], records: Vec<Element>) -> Option<Vec<Option<Element>>> {
    let mut found: Vec<Option<Element>> = vec![None; names.len()];
    let in_step = records.len() == names.len();
    for (index, record) in records.into_iter().enumerate() {
        if record.is_nil() || record.children.is_empty() {
            continue;
        }
        let full_name = decoded(record.text_of("fullName").unwrap_or_default());
        let by_name = names
            .iter()
            .position(|name| decoded(name).eq_ignore_ascii_case(&full_name));
        let place = by_name.or(in_step.then_some(index))?;
        *found.get_mut(place)? = Some(document(kind, record));
    }
    Some(found)
}

/// The record as the root of its file.
fn document(kind: &str, record: Element) -> Element {
    let kind = record.attribute("xsi:type").map_or(kind, |kind| {
        kind.rsplit_once(':').map_or(kind, |(_, kind)| kind)
    });
    let root = Element::new(kind).with_attribute("xmlns", METADATA);
    Element {
        children: record.children,
        ..root
    }
}

/// A full name without its percent encoding: `Force%2Ecom - Free User`.
fn decoded(name: &str) -> String {
    percent_decode_str(name).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::soap::envelope;
    use crate::secret::Secret;
    use crate::xml;

    const ID: &str = "0Af000000000001AAA";

    fn operations() -> Vec<Element> {
        let names = [String::from("Admin"), String::from("HubSpot & Co.")];
        let types = BTreeMap::from([
            (String::from("Profile"), names.to_vec()),
            (String::from("Role"), vec![String::from("*")]),
        ]);
        let tested = DeployOptions {
            check_only: true,
            test_level: Some(String::from("NoTestRun")),
            ..Default::default()
        };
        vec![
            read_operation("Profile", &names),
            list_operation("SharingRules", "66.0"),
            deploy_operation(b"zip", &tested),
            deploy_status_operation(ID),
            cancel_operation(ID),
            retrieve_operation(&types, "66.0"),
            retrieve_status_operation(ID, true),
        ]
    }

    /// The operations and headers against the vendor's schema, where both it and `xmllint` are at hand.
    #[test]
    fn every_request_is_what_the_schema_asks_for() {
        let Some(schema) = testing::schema("SOAP requests") else {
            return;
        };
        let scratch = tempfile::tempdir().unwrap();
        let document = scratch.path().join("operation.xml");
        let whole = envelope(Element::new("x"), &Secret::new("00D!x"));
        let headers = whole.child("soapenv:Header").unwrap().children.clone();
        for part in operations().into_iter().chain(headers) {
            std::fs::write(&document, xml::write(&part).unwrap()).unwrap();
            let checked = std::process::Command::new("xmllint")
                .args(["--noout", "--schema"])
                .args([&schema, &document])
                .output()
                .unwrap();
            let complaint = String::from_utf8_lossy(&checked.stderr);
            assert!(checked.status.success(), "{}: {complaint}", part.name);
        }
    }

    /// The order that the schema asks for, for when it is not at hand.
    #[test]
    fn children_stand_in_the_schemas_order() {
        let deploy = deploy_operation(
            b"zip",
            &DeployOptions {
                test_level: Some(String::from("NoTestRun")),
                ..Default::default()
            },
        );
        let names = |element: &Element| {
            element
                .children
                .iter()
                .map(|child| child.name.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(names(&deploy), "ZipFile DeployOptions");
        assert_eq!(
            names(deploy.child("DeployOptions").unwrap()),
            "allowMissingFiles autoUpdatePackage checkOnly ignoreWarnings performRetrieve purgeOnDelete rollbackOnError \
             singlePackage testLevel"
        );
        let types = BTreeMap::from([(
            String::from("Role"),
            vec![String::from("A"), String::from("B")],
        )]);
        let retrieve = retrieve_operation(&types, "66.0");
        let request = retrieve.child("retrieveRequest").unwrap();
        assert_eq!(names(request), "apiVersion singlePackage unpackaged");
        let package = request.child("unpackaged").unwrap();
        assert_eq!(names(package), "types version");
        assert_eq!(
            names(package.child("types").unwrap()),
            "members members name"
        );
    }

    #[test]
    fn names_are_decoded_once_and_never_cut() {
        for (name, expected) in [
            ("Force%2Ecom - Free User", "Force.com - Free User"),
            ("100%", "100%"),
            ("%", "%"),
            ("%zz%41", "%zzA"),
            ("%C3%BC", "ü"),
            ("ü%2", "ü%2"),
        ] {
            assert_eq!(decoded(name), expected);
        }
    }
}
