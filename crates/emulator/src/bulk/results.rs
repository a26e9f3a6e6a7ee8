//! Queries of a job, and the files with their records.

use serde_json::Value;

use crate::http::Refusal;
use crate::soql;
use crate::store::BulkJob;
use crate::viewer::Viewer;

/// What a query without records gives as CSV.
const NOTHING: &str = "Records not found for this query";

/// Runs a query: the number of records and the file with them.
///
/// # Errors
/// The batch's `stateMessage`.
pub(super) fn run(
    viewer: &Viewer<'_>,
    job: &BulkJob,
    query: &str,
) -> Result<(usize, String), String> {
    let failed = |refusal: Refusal| {
        let (code, message) = (refusal.code, refusal.message);
        format!("InvalidBatch : Failed to process query: {code}: {message}")
    };
    let described = soql::columns(viewer, query).map_err(failed)?;
    let columns = described["columnMetadata"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    check(job, &described, columns)?;
    let found = soql::run(viewer, query).map_err(failed)?;
    let file = match job.content_type.as_str() {
        "JSON" => format!("[{}]", found.records.join(",")),
        _ => csv(columns, &found.records),
    };
    Ok((found.records.len(), file))
}

/// Grouped queries and sub-queries are not for bulk, and a job is over one object.
fn check(job: &BulkJob, described: &Value, columns: &[Value]) -> Result<(), String> {
    let object = described["entityName"].as_str().unwrap_or_default();
    if !object.eq_ignore_ascii_case(&job.object) {
        return Err(format!(
            "InvalidBatch : Failed to process query: INVALID_TYPE_FOR_OPERATION: The root entity of the requested query ({object}) does not match the entity of the requested Bulk API Job ({}).",
            job.object
        ));
    }
    let aggregated = columns.iter().any(|column| column["aggregate"] == true);
    if aggregated || described["groupBy"] == true {
        return Err(format!(
            "FeatureNotEnabled : Aggregate Relationships not supported in Bulk Query with {} content type",
            job.content_type
        ));
    }
    Ok(())
}

/// One column of a CSV file: the keys on the way to its value, and whether the value is a moment.
struct Column {
    keys: Vec<String>,
    moment: bool,
}

fn csv(columns: &[Value], records: &[String]) -> String {
    if records.is_empty() {
        return NOTHING.to_owned();
    }
    let mut flat = Vec::new();
    flatten(columns, &[], &mut flat);
    let header = flat.iter().map(|column| column.keys.join("."));
    let mut text = line(header);
    for record in records {
        let record: Value = serde_json::from_str(record).unwrap_or_default();
        text.push_str(&line(flat.iter().map(|column| column.value(&record))));
    }
    text
}

/// Fields of parents come in a column each, under the dotted name.
fn flatten(columns: &[Value], before: &[String], flat: &mut Vec<Column>) {
    for column in columns {
        let mut keys = before.to_vec();
        keys.push(column["columnName"].as_str().unwrap_or_default().to_owned());
        match column["joinColumns"]
            .as_array()
            .filter(|inner| !inner.is_empty())
        {
            Some(inner) => flatten(inner, &keys, flat),
            None => flat.push(Column {
                keys,
                moment: column["apexType"] == "Datetime",
            }),
        }
    }
}

impl Column {
    /// Null is an empty value; moments end with `Z` here.
    fn value(&self, record: &Value) -> String {
        let value = self
            .keys
            .iter()
            .fold(record, |value, key| &value[key.as_str()]);
        match value {
            Value::Null => String::new(),
            Value::String(text) if self.moment => text.replace("+0000", "Z"),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

fn line(values: impl Iterator<Item = String>) -> String {
    let quoted: Vec<String> = values
        .map(|value| format!("\"{}\"", value.replace('"', "\"\"")))
        .collect();
    format!("{}\n", quoted.join(","))
}
