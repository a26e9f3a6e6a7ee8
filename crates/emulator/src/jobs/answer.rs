//! A deploy as SOAP and REST answer it: one state, two serialisations.

use serde_json::{Value, json};

use super::{Detail, detail};
use crate::deploy::report::Message;
use crate::deploy::runs_tests;
use crate::store::{DeployJob, Org, short};
use crate::xml::Writer;

/// `2026-04-07T18:28:41.000Z`.
pub(crate) fn soap_date(millis: i64) -> String {
    date(millis, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// `2026-04-07T18:28:41.000+0000`.
pub(crate) fn rest_date(millis: i64) -> String {
    date(millis, "%Y-%m-%dT%H:%M:%S%.3f+0000")
}

fn date(millis: i64, format: &str) -> String {
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    moment.strftime(format).to_string()
}

fn user_name(org: &Org, id: &str) -> String {
    org.users
        .get(id)
        .map(|user| user.name())
        .unwrap_or_default()
}

struct Counters {
    deployed: usize,
    errors: usize,
    total: usize,
}

fn counters(detail: &Detail) -> Counters {
    match &detail.report {
        Some(report) => Counters {
            deployed: report.deployed,
            errors: report.errors,
            total: report.total,
        },
        None => Counters {
            deployed: 0,
            errors: 0,
            total: detail.total,
        },
    }
}

fn succeeded(detail: &Detail) -> bool {
    detail
        .report
        .as_ref()
        .is_some_and(|report| report.success())
}

/// Code and message of a deploy that was refused as a whole.
fn error(detail: &Detail) -> (Option<&str>, Option<&str>) {
    let report = detail.report.as_ref();
    let error = report.and_then(|report| report.error.as_ref());
    error
        .map(|(code, message)| (code.as_str(), message.as_str()))
        .unzip()
}

fn modified(job: &DeployJob) -> i64 {
    job.completed.or(job.started).unwrap_or(job.created)
}

/// Writes what is inside `result` of `checkDeployStatus`.
pub(crate) fn write(org: &Org, job: &DeployJob, with_details: bool, writer: &mut Writer) {
    let detail = detail(job);
    let counters = counters(&detail);
    if let Some(user) = &detail.canceled_by {
        writer.leaf("canceledBy", short(user));
        writer.leaf("canceledByName", &user_name(org, user));
    }
    writer.flag("checkOnly", job.check_only);
    writer.optional("completedDate", job.completed.map(soap_date).as_deref());
    writer.leaf("createdBy", short(&job.created_by));
    writer.leaf("createdByName", &user_name(org, &job.created_by));
    writer.leaf("createdDate", &soap_date(job.created));
    writer.within("details", |writer| {
        write_details(&detail, with_details, writer)
    });
    writer.flag("done", job.completed.is_some());
    let (code, message) = error(&detail);
    writer.optional("errorMessage", message);
    writer.optional("errorStatusCode", code);
    writer.leaf("id", &job.id);
    writer.flag("ignoreWarnings", detail.options.ignore_warnings);
    writer.leaf("lastModifiedDate", &soap_date(modified(job)));
    writer.number("numberComponentErrors", counters.errors);
    writer.number("numberComponentsDeployed", counters.deployed);
    writer.number("numberComponentsTotal", counters.total);
    for name in [
        "numberTestErrors",
        "numberTestsCompleted",
        "numberTestsTotal",
    ] {
        writer.number(name, 0);
    }
    writer.flag("rollbackOnError", detail.options.rollback_on_error);
    writer.flag("runTestsEnabled", runs_tests(&detail.options));
    writer.optional("startDate", job.started.map(soap_date).as_deref());
    writer.leaf("status", &job.status);
    writer.flag("success", succeeded(&detail));
    writer.number("zipSize", detail.zip_size);
}

fn write_details(detail: &Detail, with_details: bool, writer: &mut Writer) {
    let messages = detail
        .report
        .as_ref()
        .map(|report| report.messages.as_slice())
        .unwrap_or_default();
    let shown: &[Message] = if with_details { messages } else { &[] };
    for (element, success) in [("componentFailures", false), ("componentSuccesses", true)] {
        for message in shown.iter().filter(|message| message.success == success) {
            writer.within(element, |writer| write_message(message, writer));
        }
    }
    writer.within("runTestResult", |writer| {
        writer.number("numFailures", 0);
        writer.number("numTestsRun", 0);
        writer.leaf("totalTime", "0.0");
    });
}

fn write_message(message: &Message, writer: &mut Writer) {
    let number = |value: Option<u32>| value.map(|value| value.to_string());
    writer.flag("changed", message.changed);
    writer.optional("columnNumber", number(message.column).as_deref());
    writer.leaf("componentType", &message.kind);
    writer.flag("created", message.created);
    writer.leaf("createdDate", &soap_date(message.created_date));
    writer.flag("deleted", message.deleted);
    writer.leaf("fileName", &message.file_name);
    writer.leaf("fullName", &message.full_name);
    writer.optional("id", message.id.as_deref());
    writer.optional("lineNumber", number(message.line).as_deref());
    writer.optional("problem", message.problem.as_deref());
    writer.optional("problemType", message.problem_type.as_deref());
    writer.flag("success", message.success);
}

/// The whole answer of the REST resource: explicit nulls, further keys, other dates.
pub(crate) fn to_json(org: &Org, job: &DeployJob, with_details: bool) -> Value {
    let detail = detail(job);
    json!({
        "id": job.id,
        "validatedDeployRequestId": detail.validated,
        "deployOptions": options_json(&detail),
        "deployResult": result_json(org, job, &detail, with_details),
    })
}

fn options_json(detail: &Detail) -> Value {
    let options = &detail.options;
    json!({
        "checkOnly": options.check_only,
        "singlePackage": options.single_package,
        "allowMissingFiles": options.allow_missing_files,
        "performRetrieve": options.perform_retrieve,
        "autoUpdatePackage": options.auto_update_package,
        "rollbackOnError": options.rollback_on_error,
        "ignoreWarnings": options.ignore_warnings,
        "purgeOnDelete": options.purge_on_delete,
        "testLevel": options.test_level,
        "runTests": (!options.run_tests.is_empty()).then_some(&options.run_tests),
    })
}

fn result_json(org: &Org, job: &DeployJob, detail: &Detail, with_details: bool) -> Value {
    let counters = counters(detail);
    json!({
        "id": job.id, "messages": null, "retrieveResult": null,
        "success": succeeded(detail), "checkOnly": job.check_only,
        "ignoreWarnings": detail.options.ignore_warnings, "rollbackOnError": detail.options.rollback_on_error,
        "status": job.status,
        "numberComponentsDeployed": counters.deployed, "numberComponentsTotal": counters.total,
        "numberComponentErrors": counters.errors,
        "numberTestsCompleted": 0, "numberTestsTotal": 0, "numberTestErrors": 0,
        "details": if with_details { details_json(detail) } else { Value::Null },
        "createdDate": rest_date(job.created), "startDate": job.started.map(rest_date),
        "lastModifiedDate": rest_date(modified(job)), "completedDate": job.completed.map(rest_date),
        "errorStatusCode": error(detail).0, "errorMessage": error(detail).1, "stateDetail": null,
        "createdBy": short(&job.created_by), "createdByName": user_name(org, &job.created_by),
        "canceledBy": detail.canceled_by.as_deref().map(short),
        "canceledByName": detail.canceled_by.as_deref().map(|user| user_name(org, user)),
        "done": job.completed.is_some(), "runTestsEnabled": runs_tests(&detail.options), "runTestResult": null,
    })
}

fn details_json(detail: &Detail) -> Value {
    let messages = detail
        .report
        .as_ref()
        .map(|report| report.messages.as_slice())
        .unwrap_or_default();
    let of = |success: bool| -> Vec<Value> {
        messages
            .iter()
            .filter(|message| message.success == success)
            .map(message_json)
            .collect()
    };
    json!({
        "componentFailures": of(false), "componentSuccesses": of(true), "retrieveResult": null,
        "allComponentMessages": messages.iter().map(message_json).collect::<Vec<_>>(),
        "runTestResult": {
            "successes": [], "failures": [], "totalTime": 0.0, "apexLogId": null, "flowCoverage": [], "numFailures": 0,
            "codeCoverage": [], "codeCoverageWarnings": [], "flowCoverageWarnings": [], "numTestsRun": 0,
        },
    })
}

fn message_json(message: &Message) -> Value {
    json!({
        "componentType": message.kind, "fileName": message.file_name, "fullName": message.full_name,
        "id": message.id, "problem": message.problem, "success": message.success,
        "warning": message.problem_type.as_deref() == Some("Warning"),
        "created": message.created, "changed": message.changed, "deleted": message.deleted,
        "lineNumber": message.line, "columnNumber": message.column, "requiresProductionTestRun": false,
        "createdDate": rest_date(message.created_date), "knownPackagingProblem": false,
        "forPackageManifestFile": message.kind.is_empty() && message.full_name == "package.xml",
        "problemType": message.problem_type,
    })
}
