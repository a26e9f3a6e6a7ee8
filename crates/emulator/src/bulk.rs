//! Query jobs of the Bulk API 1 below `/services/async/XX.0` (Bulk API guide, 1.0, bulk query).
//!
//! A query runs when it is posted and is told as queued once, so that clients have to ask for it. Jobs that write are
//! refused, and so are queries the platform does not take in bulk.

mod answer;
mod results;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::{Request, Response};
use crate::login;
use crate::store::{BulkBatch, BulkJob, canonical};
use crate::viewer::Viewer;
use crate::world::World;
use crate::xml;
use answer::{Failure, Form};

/// How many batches a job takes (Bulk API guide, limits).
const MOST_BATCHES: usize = 100;

/// Answers a request; `path` is what follows the version.
pub(crate) fn handle(
    world: &mut World,
    request: &Request,
    version: u32,
    path: &[&str],
) -> Response {
    let form = Form::of(request);
    let Some(user) = session(world, request) else {
        return Failure::new("InvalidSessionId", "Invalid session id").response(form);
    };
    world.org.api_requests += 1;
    if !Viewer::new(&world.org, &user, world.now(), version).allows("ApiEnabled") {
        return Failure::new(
            "FeatureNotEnabled",
            "API is not enabled for this Organization or Partner",
        )
        .response(form);
    }
    let answered = match (request.method.as_str(), path) {
        ("POST", ["job"]) => open(world, request, version, &user),
        ("GET", ["job", job]) => find(world, &user, job).map(|job| form.job(200, job)),
        ("POST", ["job", job]) => change_state(world, request, &user, job),
        ("POST", ["job", job, "batch"]) => post_batch(world, request, &user, job),
        ("GET", ["job", job, "batch"]) => find(world, &user, job).map(|job| form.batches(job)),
        ("GET", ["job", job, "batch", batch, rest @ ..]) => {
            find(world, &user, job).and_then(|job| read_batch(form, job, batch, rest))
        }
        _ => Err(Failure::new("InvalidUrl", "Invalid URL")),
    };
    answered.unwrap_or_else(|failure| failure.response(form))
}

/// The session header of this API; the usual one is taken as well.
fn session(world: &World, request: &Request) -> Option<String> {
    let token = request.header("x-sfdc-session");
    login::user_of(world, token.or_else(|| login::bearer(request))?)
}

fn find<'w>(world: &'w World, user: &str, id: &str) -> Result<&'w BulkJob, Failure> {
    let job = canonical(id).and_then(|id| world.bulk_jobs.get(&id));
    job.filter(|job| job.user == user)
        .ok_or_else(|| Failure::new("InvalidJob", format!("Invalid job id: {id}")))
}

fn open(
    world: &mut World,
    request: &Request,
    version: u32,
    user: &str,
) -> Result<Response, Failure> {
    let form = Form::of(request);
    let fields = fields(form, request)?;
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let operation = field("operation");
    if !matches!(operation.as_str(), "query" | "queryAll") {
        let message = format!(
            "The embedded org has no bulk operation '{operation}', only query and queryAll"
        );
        return Err(Failure::new("FeatureNotEnabled", message));
    }
    let content_type = match field("contentType") {
        stated if stated.is_empty() => form.content_type().to_owned(),
        stated => stated,
    };
    if !matches!(content_type.as_str(), "CSV" | "JSON") {
        let message = format!("Unsupported content type: {content_type}");
        return Err(Failure::new("InvalidJob", message));
    }
    let object = field("object");
    let viewer = Viewer::new(&world.org, user, world.now(), version);
    if crate::views::schema(&viewer, &object).is_none_or(|schema| !viewer.sees_object(&schema)) {
        let message = format!("Unable to find object: {object}");
        return Err(Failure::new("InvalidJob", message));
    }
    let job = BulkJob {
        id: world.org.next_id("750"),
        user: user.to_owned(),
        version,
        created: world.now(),
        operation,
        object,
        content_type,
        state: "Open".to_owned(),
        batches: Vec::new(),
    };
    let response = form.job(201, &job);
    world.bulk_jobs.insert(job.id.clone(), job);
    Ok(response)
}

fn change_state(
    world: &mut World,
    request: &Request,
    user: &str,
    id: &str,
) -> Result<Response, Failure> {
    let form = Form::of(request);
    let state = fields(form, request)?.remove("state").unwrap_or_default();
    let id = find(world, user, id)?.id.clone();
    let Some(job) = world.bulk_jobs.get_mut(&id) else {
        return Err(Failure::new("InvalidJob", format!("Invalid job id: {id}")));
    };
    if !matches!(state.as_str(), "Closed" | "Aborted") {
        let message = format!("Invalid job state: {state}");
        return Err(Failure::new("InvalidJobState", message));
    }
    if job.state != "Open" {
        let message = format!("Job is in state {}, it cannot become {state}", job.state);
        return Err(Failure::new("InvalidJobState", message));
    }
    job.state = state;
    Ok(form.job(200, job))
}

fn post_batch(
    world: &mut World,
    request: &Request,
    user: &str,
    id: &str,
) -> Result<Response, Failure> {
    let job = find(world, user, id)?;
    if job.state != "Open" {
        let message = format!("Job is in state {}, it takes no batches", job.state);
        return Err(Failure::new("InvalidJobState", message));
    }
    if job.batches.len() >= MOST_BATCHES {
        return Err(Failure::new(
            "ExceededQuota",
            "Too many batches in this job",
        ));
    }
    let query = request.text().trim().to_owned();
    let viewer = Viewer::new(&world.org, user, world.now(), job.version);
    let outcome = results::run(&viewer, job, &query);
    let (id, created) = (job.id.clone(), world.now());
    let batch = BulkBatch {
        id: world.org.next_id("751"),
        result_id: world.org.next_id("752"),
        created,
        query,
        outcome,
    };
    let Some(job) = world.bulk_jobs.get_mut(&id) else {
        return Err(Failure::new("InvalidJob", format!("Invalid job id: {id}")));
    };
    let response = Form::of_job(job).queued(job, &batch);
    job.batches.push(batch);
    Ok(response)
}

fn read_batch(form: Form, job: &BulkJob, id: &str, rest: &[&str]) -> Result<Response, Failure> {
    let wanted = canonical(id);
    let batch = job
        .batches
        .iter()
        .find(|batch| Some(&batch.id) == wanted.as_ref())
        .ok_or_else(|| Failure::new("InvalidBatch", format!("Invalid batch id: {id}")))?;
    match (rest, &batch.outcome) {
        ([], _) => Ok(form.batch(job, batch)),
        (["request"], _) => Ok(Response::text(200, &batch.query)),
        (["result"], Ok(_)) => Ok(form.result_list(batch)),
        (["result", result], Ok((_, file)))
            if canonical(result).as_ref() == Some(&batch.result_id) =>
        {
            Ok(answer::file(&job.content_type, file))
        }
        (["result", ..], Err(_)) => Err(Failure::new("InvalidBatch", "Batch not completed")),
        _ => Err(Failure::new("InvalidUrl", "Invalid URL")),
    }
}

/// The fields of a `jobInfo`, in XML or JSON.
fn fields(form: Form, request: &Request) -> Result<BTreeMap<String, String>, Failure> {
    let body = request.text();
    match form {
        Form::Json => match serde_json::from_str(&body) {
            Ok(Value::Object(fields)) => Ok(fields
                .into_iter()
                .map(|(name, value)| {
                    (
                        name,
                        value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned),
                    )
                })
                .collect()),
            _ => Err(Failure::new(
                "ClientInputError",
                "Failed to parse the job as JSON",
            )),
        },
        Form::Xml => {
            let document =
                xml::parse(&body).map_err(|error| Failure::new("InvalidXML", error.reason))?;
            let fields = xml::elements(document.root_element());
            Ok(fields
                .map(|field| {
                    (
                        field.tag_name().name().to_owned(),
                        xml::text(field).to_owned(),
                    )
                })
                .collect())
        }
    }
}

#[cfg(test)]
mod tests;
