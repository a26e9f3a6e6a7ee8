//! The REST data API: queries and records.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::soql::{self, Row};

use super::answer::{HttpAnswer, json_refusal};
use super::error::{OrgError, Refusal};
use super::session::{Body, Request};
use super::{Reader, Writer};

/// What is written as bytes in a URL parameter: everything but the unreserved characters (RFC 3986).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// Pages of one query; at 2,000 rows each that is more than any plan or proof asks for.
pub(super) const MAX_PAGES: usize = 5_000;

/// Bytes of the path of an address that goes out: the platform takes 16,384 of an address and its headers (API request
/// limits, "Request Size Limits"), of which the token and the host's name take their part.
pub(super) const MOST_PATH_BYTES: usize = 12_000;

/// The path that runs a query, for [`Reader::together`] and [`Reader::get`].
pub fn query_path(soql: &str) -> String {
    format!("query?q={}", percent_encode(soql))
}

/// The path that runs a query on the Tooling API.
pub fn tooling_query_path(soql: &str) -> String {
    format!("tooling/query?q={}", percent_encode(soql))
}

impl Reader {
    /// One resource below `/services/data/vXX.0/`.
    ///
    /// # Errors
    /// [`OrgError::Refused`] with the platform's words, and the errors of transport.
    pub async fn get(&self, path: &str) -> Result<Value, OrgError> {
        self.fetch(&format!("read {}", operation(path)), self.data_path(path))
            .await
    }

    /// What the org says about the running user: `user_id`, `organization_id`, `preferred_username` and more.
    ///
    /// # Errors
    /// As [`Reader::get`].
    pub async fn user_info(&self) -> Result<Value, OrgError> {
        self.fetch(
            "read the running user",
            String::from("/services/oauth2/userinfo"),
        )
        .await
    }

    /// The same as part of the log-in, which is not counted.
    pub(super) async fn log_in_info(&self) -> Result<Value, OrgError> {
        let path = String::from("/services/oauth2/userinfo");
        self.fetch_counted("read the running user", path, 0).await
    }

    /// Every row of a query.
    ///
    /// # Errors
    /// As [`Reader::get`].
    pub async fn query(&self, soql: &str) -> Result<Vec<Row>, OrgError> {
        self.rows(&query_path(soql)).await
    }

    /// Every row of a query on the Tooling API.
    ///
    /// # Errors
    /// As [`Reader::get`].
    pub async fn tooling_query(&self, soql: &str) -> Result<Vec<Row>, OrgError> {
        self.rows(&tooling_query_path(soql)).await
    }

    async fn rows(&self, path: &str) -> Result<Vec<Row>, OrgError> {
        if self.data_path(path).len() > MOST_PATH_BYTES {
            return self.rows_of_part(path).await;
        }
        let mut page = self.fetch("run a query", self.data_path(path)).await?;
        self.complete(&mut page).await?;
        records(page)
    }

    /// The same with the query in the body of a request, which may be longer than an address.
    async fn rows_of_part(&self, path: &str) -> Result<Vec<Row>, OrgError> {
        let mut results = self.together(&[path.to_owned()]).await?;
        match results.pop() {
            Some(Ok(resource)) => resource.rows(),
            Some(Err(refusal)) => Err(refusal.of("run a query")),
            None => Ok(Vec::new()),
        }
    }

    /// Appends the records of all further pages, those of sub-queries included: they break off just as silently.
    pub(super) async fn complete(&self, page: &mut Value) -> Result<(), OrgError> {
        self.complete_one(page).await?;
        for inner in sub_queries(page) {
            Box::pin(self.complete(inner)).await?;
        }
        Ok(())
    }

    async fn complete_one(&self, page: &mut Value) -> Result<(), OrgError> {
        let mut seen = BTreeSet::new();
        while let Some(next) = next_page(page)? {
            if seen.len() >= MAX_PAGES || !seen.insert(next.clone()) {
                return Err(garbled("the pages of a query do not end", page));
            }
            let mut following = self.fetch("read the next page of a query", next).await?;
            let Some(Value::Array(more)) = following.get_mut("records").map(Value::take) else {
                return Err(garbled("a page of a query has no records", &following));
            };
            if let Some(records) = page.get_mut("records").and_then(Value::as_array_mut) {
                records.extend(more);
            }
            page["done"] = following["done"].take();
            page["nextRecordsUrl"] = following["nextRecordsUrl"].take();
        }
        Ok(())
    }

    pub(super) async fn fetch(&self, operation: &str, path: String) -> Result<Value, OrgError> {
        self.fetch_counted(operation, path, 1).await
    }

    async fn fetch_counted(
        &self,
        operation: &str,
        path: String,
        api_calls: u64,
    ) -> Result<Value, OrgError> {
        let request = Request {
            operation: operation.to_owned(),
            method: Method::GET,
            path,
            body: Body::None,
            write: false,
            api_calls,
        };
        self.session.call(&request).await?.json()
    }

    pub(super) fn data_path(&self, below: &str) -> String {
        format!("/services/data/v{}/{below}", self.identity().api_version)
    }
}

impl Writer {
    /// Creates one record and returns its id.
    ///
    /// # Errors
    /// [`OrgError::Refused`] with the platform's words; [`OrgError::LostAnswer`] where nobody knows: look it up.
    pub async fn create(
        &self,
        object: &str,
        fields: &Map<String, Value>,
    ) -> Result<String, OrgError> {
        let operation = format!("create a {object} record");
        let path = self.record_path(object, None)?;
        let answer = self
            .send(operation, Method::POST, path, Some(fields))
            .await?;
        let body = answer.json()?;
        if body.get("success") == Some(&Value::Bool(false)) {
            let refusal = body
                .get("errors")
                .and_then(|errors| json_refusal(errors, answer.status));
            return Err(answer
                .refused(refusal.unwrap_or_else(|| Refusal::new(answer.status, "UNKNOWN", ""))));
        }
        let id = body
            .get("id")
            .and_then(Value::as_str)
            .filter(|id| soql::is_id(id));
        id.map(str::to_owned)
            .ok_or_else(|| answer.unreadable("it holds no record id"))
    }

    /// Changes fields of one record.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub async fn update(
        &self,
        object: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), OrgError> {
        let path = self.record_path(object, Some(id))?;
        let operation = format!("update {object} {id}");
        done(
            &self
                .send(operation, Method::PATCH, path, Some(fields))
                .await?,
        )
    }

    /// Deletes one record.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub async fn delete(&self, object: &str, id: &str) -> Result<(), OrgError> {
        let path = self.record_path(object, Some(id))?;
        let operation = format!("delete {object} {id}");
        done(&self.send(operation, Method::DELETE, path, None).await?)
    }

    async fn send(
        &self,
        operation: String,
        method: Method,
        path: String,
        fields: Option<&Map<String, Value>>,
    ) -> Result<HttpAnswer, OrgError> {
        let body = match fields {
            Some(fields) => Body::Json(json!(fields).to_string().into_bytes()),
            None => Body::None,
        };
        let request = Request {
            operation,
            method,
            path,
            body,
            write: true,
            api_calls: 1,
        };
        self.reader.session.call(&request).await
    }

    /// The record's path; whatever could lead to another resource is refused.
    pub(super) fn record_path(&self, object: &str, id: Option<&str>) -> Result<String, OrgError> {
        let is_name = !object.is_empty()
            && object
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err(OrgError::Usage(format!(
                "`{}` is no object name",
                object.escape_debug()
            )));
        }
        match id {
            None => Ok(self.reader.data_path(&format!("sobjects/{object}"))),
            Some(id) if soql::is_id(id) => {
                Ok(self.reader.data_path(&format!("sobjects/{object}/{id}")))
            }
            Some(id) => Err(OrgError::Usage(format!(
                "`{}` is no record id",
                id.escape_debug()
            ))),
        }
    }
}

/// Whether a change was made: the platform answers 204 with nothing, and a page from somebody else does not count.
fn done(answer: &HttpAnswer) -> Result<(), OrgError> {
    match answer.status {
        204 => Ok(()),
        status => Err(answer.unreadable(&format!("it has status {status} instead of 204"))),
    }
}

/// The path of the next page. A page that says it is not the last and names no next one would hide records.
pub(super) fn next_page(page: &Value) -> Result<Option<String>, OrgError> {
    if page.get("done") != Some(&Value::Bool(false)) || page.get("records").is_none() {
        return Ok(None);
    }
    match page.get("nextRecordsUrl").and_then(Value::as_str) {
        Some(next) if next.starts_with("/services/data/") => Ok(Some(next.to_owned())),
        _ => Err(garbled(
            "a page of a query names no next page and is not the last",
            page,
        )),
    }
}

/// The answers of sub-queries inside the records of a page.
fn sub_queries(page: &mut Value) -> impl Iterator<Item = &mut Value> {
    let records = page
        .get_mut("records")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    let fields = records
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    fields.filter(|value| value.get("records").is_some())
}

pub(super) fn records(mut page: Value) -> Result<Vec<Row>, OrgError> {
    let Some(Value::Array(records)) = page.get_mut("records").map(Value::take) else {
        return Err(garbled("the answer to a query has no records", &page));
    };
    records.into_iter().map(row).collect()
}

fn row(record: Value) -> Result<Row, OrgError> {
    match record {
        Value::Object(row) => Ok(Row(row)),
        other => Err(garbled(
            "a record in the answer to a query is no object",
            &other,
        )),
    }
}

pub(super) fn garbled(what: &str, body: &Value) -> OrgError {
    OrgError::Garbled {
        what: what.to_owned(),
        excerpt: super::error::excerpt(&body.to_string()),
    }
}

/// The path without its query, which may be long.
fn operation(path: &str) -> &str {
    path.split_once('?').map_or(path, |(resource, _)| resource)
}

/// A text as the value of a URL parameter.
fn percent_encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_one_parameter() {
        assert_eq!(
            query_path("SELECT Id FROM A WHERE B='ü&c+%'"),
            "query?q=SELECT%20Id%20FROM%20A%20WHERE%20B%3D%27%C3%BC%26c%2B%25%27"
        );
    }

    #[test]
    fn pages_are_followed_on_the_org_only() {
        let page = |next: Value| json!({"done": false, "records": [], "nextRecordsUrl": next});
        assert_eq!(
            next_page(&json!({"done": true, "records": []})).unwrap(),
            None
        );
        assert_eq!(next_page(&json!({"fields": []})).unwrap(), None);
        let path = "/services/data/v66.0/query/01g-2000";
        assert_eq!(
            next_page(&page(json!(path))).unwrap().as_deref(),
            Some(path)
        );
        for next in [
            json!("https://evil.example/"),
            json!("//evil.example/services/data/"),
            json!(null),
        ] {
            assert!(next_page(&page(next)).is_err());
        }
    }
}
