//! Jobs and batches as the Bulk API tells of them, in XML or JSON.

use serde_json::{Map, Value, json};

use crate::http::{Request, Response};
use crate::moment::rest_moment;
use crate::store::{BulkBatch, BulkJob, Millis};
use crate::xml::{INSTANCE, Writer};

const SPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";

/// How a client is answered: in the form it writes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Xml,
    Json,
}

/// What is refused: `exceptionCode` and `exceptionMessage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
        }
    }

    pub(super) fn response(&self, form: Form) -> Response {
        let fields = [
            ("exceptionCode", json!(self.code)),
            ("exceptionMessage", json!(self.message)),
        ];
        form.answer(400, "error", &fields)
    }
}

type Field = (&'static str, Value);

impl Form {
    /// JSON where the request says so, else XML.
    pub(super) fn of(request: &Request) -> Form {
        let stated = request.header("content-type").unwrap_or_default();
        if stated.starts_with("application/json") {
            Form::Json
        } else {
            Form::Xml
        }
    }

    /// The form of a job's batches.
    pub(super) fn of_job(job: &BulkJob) -> Form {
        if job.content_type == "JSON" {
            Form::Json
        } else {
            Form::Xml
        }
    }

    /// The content type of a job that states none.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Form::Xml => "XML",
            Form::Json => "JSON",
        }
    }

    pub(super) fn job(self, status: u16, job: &BulkJob) -> Response {
        self.answer(status, "jobInfo", &self.job_fields(job))
    }

    fn job_fields(self, job: &BulkJob) -> Vec<Field> {
        let failed = job
            .batches
            .iter()
            .filter(|batch| batch.outcome.is_err())
            .count();
        let records: usize = job.batches.iter().map(records).sum();
        vec![
            ("id", json!(job.id)),
            ("operation", json!(job.operation)),
            ("object", json!(job.object)),
            ("createdById", json!(job.user)),
            ("createdDate", self.moment(job.created)),
            ("systemModstamp", self.moment(job.created)),
            ("state", json!(job.state)),
            ("concurrencyMode", json!("Parallel")),
            ("contentType", json!(job.content_type)),
            ("numberBatchesQueued", json!(0)),
            ("numberBatchesInProgress", json!(0)),
            ("numberBatchesCompleted", json!(job.batches.len() - failed)),
            ("numberBatchesFailed", json!(failed)),
            ("numberBatchesTotal", json!(job.batches.len())),
            ("numberRecordsProcessed", json!(records)),
            ("numberRetries", json!(0)),
            ("apiVersion", json!(format!("{}.0", job.version))),
            ("numberRecordsFailed", json!(0)),
            ("totalProcessingTime", json!(0)),
            ("apiActiveProcessingTime", json!(0)),
            ("apexProcessingTime", json!(0)),
        ]
    }

    /// A batch that was posted just now.
    pub(super) fn queued(self, job: &BulkJob, batch: &BulkBatch) -> Response {
        self.answer(
            201,
            "batchInfo",
            &self.batch_fields(job, batch, "Queued", None, 0),
        )
    }

    pub(super) fn batch(self, job: &BulkJob, batch: &BulkBatch) -> Response {
        self.answer(200, "batchInfo", &self.done(job, batch))
    }

    fn done(self, job: &BulkJob, batch: &BulkBatch) -> Vec<Field> {
        match &batch.outcome {
            Ok((records, _)) => self.batch_fields(job, batch, "Completed", None, *records),
            Err(message) => self.batch_fields(job, batch, "Failed", Some(message), 0),
        }
    }

    fn batch_fields(
        self,
        job: &BulkJob,
        batch: &BulkBatch,
        state: &str,
        message: Option<&str>,
        records: usize,
    ) -> Vec<Field> {
        let mut fields = vec![
            ("id", json!(batch.id)),
            ("jobId", json!(job.id)),
            ("state", json!(state)),
        ];
        fields.extend(message.map(|message| ("stateMessage", json!(message))));
        fields.extend([
            ("createdDate", self.moment(batch.created)),
            ("systemModstamp", self.moment(batch.created)),
            ("numberRecordsProcessed", json!(records)),
            ("numberRecordsFailed", json!(0)),
            ("totalProcessingTime", json!(0)),
            ("apiActiveProcessingTime", json!(0)),
            ("apexProcessingTime", json!(0)),
        ]);
        fields
    }

    pub(super) fn batches(self, job: &BulkJob) -> Response {
        let batches: Vec<Vec<Field>> = job
            .batches
            .iter()
            .map(|batch| self.done(job, batch))
            .collect();
        match self {
            Form::Json => {
                let batches: Vec<Value> = batches.iter().map(|fields| object(fields)).collect();
                plain_json(200, &json!({"batchInfo": batches}))
            }
            Form::Xml => plain_xml(200, "batchInfoList", |writer| {
                for fields in &batches {
                    writer.within("batchInfo", |writer| write(writer, fields));
                }
            }),
        }
    }

    pub(super) fn result_list(self, batch: &BulkBatch) -> Response {
        match self {
            Form::Json => plain_json(200, &json!([batch.result_id])),
            Form::Xml => plain_xml(200, "result-list", |writer| {
                writer.leaf("result", &batch.result_id)
            }),
        }
    }

    fn answer(self, status: u16, name: &str, fields: &[Field]) -> Response {
        match self {
            Form::Json => plain_json(status, &object(fields)),
            Form::Xml => plain_xml(status, name, |writer| write(writer, fields)),
        }
    }

    /// XML ends a moment with `Z`, JSON with its offset (Bulk API guide, the examples of both).
    fn moment(self, at: Millis) -> Value {
        let text = rest_moment(at);
        match self {
            Form::Json => json!(text),
            Form::Xml => json!(text.replace("+0000", "Z")),
        }
    }
}

fn records(batch: &BulkBatch) -> usize {
    batch.outcome.as_ref().map_or(0, |(records, _)| *records)
}

fn object(fields: &[Field]) -> Value {
    let entries = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Value::Object(entries.collect::<Map<String, Value>>())
}

fn write(writer: &mut Writer, fields: &[Field]) {
    for (name, value) in fields {
        match value.as_str() {
            Some(text) => writer.leaf(name, text),
            None => writer.leaf(name, &value.to_string()),
        }
    }
}

fn plain_xml(status: u16, root: &str, inside: impl FnOnce(&mut Writer)) -> Response {
    let mut writer = Writer::compact();
    writer.declaration();
    let attributes = format!(" xmlns=\"{SPACE}\" xmlns:xsi=\"{INSTANCE}\"");
    writer.within_tag(root, &attributes, inside);
    Response {
        content_type: "application/xml".to_owned(),
        ..Response::xml(status, writer.finish())
    }
}

/// JSON without a character set: clients of this API compare the whole header.
fn plain_json(status: u16, body: &Value) -> Response {
    Response {
        content_type: "application/json".to_owned(),
        ..Response::json(status, body)
    }
}

/// The records of a batch.
pub(super) fn file(content_type: &str, file: &str) -> Response {
    match content_type {
        "JSON" => Response {
            content_type: "application/json".to_owned(),
            ..Response::json_text(200, file.to_owned())
        },
        _ => Response {
            content_type: "text/csv".to_owned(),
            ..Response::text(200, file)
        },
    }
}
