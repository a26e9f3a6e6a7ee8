//! Many records in one request: a record with those that refer to it, and collections of one object.
//!
//! **Promise:** every record has its own answer or refusal, in the order given; an answer that leaves one out leaves the
//! outcome open.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::soql;

use super::Writer;
use super::answer::{HttpAnswer, json_refusal};
use super::composite::{Json, numbered_results, reference};
use super::error::{OrgError, Refusal};
use super::session::{Body, Request};

/// Records of one collection (REST API guide, sObject Collections).
pub const MOST_IN_COLLECTION: usize = 200;

/// Requests of one composite (REST API guide, Composite).
pub const MOST_TOGETHER: usize = 25;

/// What stands for the id of the first record of [`Writer::create_together`] in the values of the others.
pub const FIRST_ID: &str = "@{r0.id}";

/// A record to make: its object and its values.
pub type NewRecord<'a> = (&'a str, &'a Map<String, Value>);

/// What became of each record: its id, or why it was not made.
pub type Rows = Vec<Result<String, Refusal>>;

/// One row of the answer about a collection.
#[derive(Deserialize)]
struct Saved {
    id: Option<String>,
    success: bool,
    #[serde(default)]
    errors: Value,
}

impl Writer {
    /// Creates records that may refer to the first by [`FIRST_ID`], all or none: where one is refused, the others are
    /// rolled back. At most [`MOST_TOGETHER`].
    ///
    /// # Errors
    /// As [`Writer::create`], for the request as a whole.
    pub async fn create_together(&self, records: &[NewRecord<'_>]) -> Result<Rows, OrgError> {
        let numbers: Vec<usize> = (0..records.len()).collect();
        let mut parts = Vec::new();
        for (number, (object, fields)) in records.iter().enumerate() {
            let url = self.record_path(object, None)?;
            parts.push(json!({"method": "POST", "url": url, "referenceId": reference(number), "body": fields}));
        }
        let first = records.first().map_or("", |(object, _)| object);
        let operation = format!("create a {first} with {} more records", records.len() - 1);
        let body = json!({"allOrNone": true, "compositeRequest": parts});
        let answer = self
            .write_many(operation, Method::POST, "composite".to_owned(), Some(&body))
            .await?;
        let results = numbered_results(&answer, &numbers)?;
        let row = |result: Result<Json, Refusal>| match result {
            Ok(json) => saved_row(&answer, json.read().ok()),
            Err(refusal) => Ok(Err(refusal)),
        };
        results.into_iter().map(row).collect()
    }

    /// Creates records of one object, each for itself. At most [`MOST_IN_COLLECTION`].
    ///
    /// # Errors
    /// As [`Writer::create`], for the request as a whole.
    pub async fn create_many(
        &self,
        object: &str,
        records: &[&Map<String, Value>],
    ) -> Result<Rows, OrgError> {
        let typed = |fields: &&Map<String, Value>| {
            let mut record = Map::from_iter([("attributes".to_owned(), json!({"type": object}))]);
            record.extend((*fields).clone());
            record
        };
        let records: Vec<_> = records.iter().map(typed).collect();
        let body = json!({"allOrNone": false, "records": records});
        let operation = format!("create {} {object} records", records.len());
        let path = "composite/sobjects".to_owned();
        let answer = self
            .write_many(operation, Method::POST, path, Some(&body))
            .await?;
        saved_rows(&answer, records.len())
    }

    /// Deletes records, each for itself. At most [`MOST_IN_COLLECTION`].
    ///
    /// # Errors
    /// As [`Writer::create`], for the request as a whole.
    pub async fn delete_many(&self, ids: &[&str]) -> Result<Rows, OrgError> {
        if let Some(id) = ids.iter().find(|id| !soql::is_id(id)) {
            let shown = id.escape_debug();
            return Err(OrgError::Usage(format!("`{shown}` is no record id")));
        }
        let operation = format!("delete {} records", ids.len());
        let path = format!("composite/sobjects?ids={}&allOrNone=false", ids.join(","));
        let answer = self
            .write_many(operation, Method::DELETE, path, None)
            .await?;
        saved_rows(&answer, ids.len())
    }

    async fn write_many(
        &self,
        operation: String,
        method: Method,
        path: String,
        body: Option<&Value>,
    ) -> Result<HttpAnswer, OrgError> {
        let body = body.map_or(Body::None, |body| Body::Json(body.to_string().into_bytes()));
        let request = Request {
            operation,
            method,
            path: self.reader.data_path(&path),
            body,
            write: true,
            api_calls: 1,
        };
        self.reader.session.call(&request).await
    }
}

/// What became of each record of a collection.
fn saved_rows(answer: &HttpAnswer, records: usize) -> Result<Rows, OrgError> {
    let rows: Vec<Saved> = answer.read()?;
    if rows.len() != records {
        return Err(answer.unreadable("it does not hold one result for each record"));
    }
    let rows = rows.into_iter().map(|row| saved_row(answer, Some(row)));
    rows.collect()
}

fn saved_row(answer: &HttpAnswer, row: Option<Saved>) -> Result<Result<String, Refusal>, OrgError> {
    let Some(row) = row else {
        return Err(answer.unreadable("it does not say what became of a record"));
    };
    if !row.success {
        let refusal = json_refusal(&row.errors, 400);
        return Ok(Err(
            refusal.unwrap_or_else(|| Refusal::new(400, "UNKNOWN", ""))
        ));
    }
    let id = row.id.filter(|id| soql::is_id(id));
    id.map(Ok)
        .ok_or_else(|| answer.unreadable("it holds no record id"))
}
